"""The DMN test kit's files: cases read from XML, run on a model, and held against what they expect.

Numbers compare within 1e-8, lists by order, contexts by their keys, temporal values by value, null only with null. A
case passes when every result it names is as expected; what it may not do is stop the run: a model that cannot be read
fails its cases with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from engine.dmn.errors import DmnError, DmnProblem
from engine.dmn.evaluate import Model
from engine.dmn.xml_tree import XmlElement, read_xml
from engine.feel import FeelError
from engine.feel.builtins.conversion import to_text
from engine.feel.failure import Failure
from engine.feel.numbers import CONTEXT, ArithmeticFailure, from_outside
from engine.feel.operators.comparison import same
from engine.feel.temporal.text import parse_date, parse_datetime, parse_duration, parse_time
from engine.feel.values import Function, kind_of

TOLERANCE: Final = Decimal("0.00000001")
"""How far apart two numbers may be that count as equal."""


@dataclass(frozen=True, slots=True)
class Expected:
    """A result that a case names: the decision, and the value it should have."""

    name: str
    value: object


@dataclass(frozen=True, slots=True)
class TestCase:
    """One case: what is given by name (and namespace, where it is told), what runs, and what should come out."""

    __test__ = False

    id: str
    kind: str
    invocable: str
    inputs: tuple[tuple[str, str, object], ...]
    results: tuple[Expected, ...]

    @property
    def expects_null(self) -> bool:
        """Whether null is all that it expects."""
        return all(expected.value is None for expected in self.results)


@dataclass(frozen=True, slots=True)
class TestFile:
    """A file of cases, and the name of the model's file they are for."""

    __test__ = False

    model: str
    cases: tuple[TestCase, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a case: `message` says why it did not pass, and is empty where it did."""

    passed: bool
    message: str = ""


def read_tests(content: bytes, name: str) -> TestFile:
    """The cases of a file. Raises `DmnError` for what is no test file."""
    root = read_xml(content, name).root
    if root.name != "testCases":
        raise DmnError([DmnProblem("the file holds no test cases", name, root.line, "give a file of the DMN TCK")])
    return TestFile(root.text_of("modelName"), tuple(_case(part) for part in root.all("testCase")))


def _case(element: XmlElement) -> TestCase:
    return TestCase(
        id=element.get("id"),
        kind=element.get("type", "decision"),
        invocable=element.get("invocableName"),
        inputs=tuple((part.get("namespace"), part.get("name"), _value(part)) for part in element.all("inputNode")),
        results=tuple(
            Expected(part.get("name"), _value(expected))
            for part in element.all("resultNode")
            if (expected := part.first("expected")) is not None
        ),
    )


def _value(element: XmlElement) -> object:
    """The value that an element holds in one of the kit's three forms."""
    if element.first("component") is not None:
        return {part.get("name"): _value(part) for part in element.all("component")}
    listed = element.first("list")
    if listed is not None:
        return None if listed.get("nil") == "true" else [_value(item) for item in listed.all("item")]
    value = element.first("value")
    if value is None or value.get("nil") == "true":
        return None
    return _scalar(value.get("type").rpartition(":")[2], value.text)


_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "date": parse_date,
    "dateTime": parse_datetime,
    "time": parse_time,
    "duration": parse_duration,
    "boolean": lambda text: text in ("true", "1"),
}
_NUMBERS: Final = frozenset({"decimal", "double", "float", "integer", "int", "long"})


def _scalar(kind: str, text: str) -> object:
    """A value by its XML Schema type. What cannot be read stays an `Unreadable`, which equals nothing."""
    try:
        if kind in _NUMBERS:
            return from_outside(Decimal(text.strip()))
        reader = _READERS.get(kind)
        return text if reader is None else reader(text.strip())
    except (InvalidOperation, Failure):
        return Unreadable(text)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A value of a test file that is not what its type says."""

    text: str


def run_case(model: Model, case: TestCase, *, now: datetime | None = None) -> Verdict:
    """Run a case and compare. Raises nothing for what a model or a case can be wrong about."""
    try:
        inputs = _inputs(model, case)
        return (_run_service if case.invocable else _run_decisions)(model, case, inputs, now)
    except (DmnError, FeelError) as refusal:
        return Verdict(passed=False, message=str(refusal) or "the case cannot be run")


def _inputs(model: Model, case: TestCase) -> dict[str, object]:
    given: dict[str, object] = {}
    for namespace, name, value in case.inputs:
        if isinstance(value, Unreadable):
            raise FeelError(f"the input {name} has an unreadable value")
        # A model may be imported on several ways: the value is given on each.
        paths = [path for path, found in model.import_paths() if namespace and found == namespace] or [()]
        given.update({".".join((*path, name)): value for path in paths})
    return given


def _run_decisions(model: Model, case: TestCase, inputs: Mapping[str, object], now: datetime | None) -> Verdict:
    for expected in case.results:
        outcome = model.decide(expected.name, inputs, now=now)
        if not equal(expected.value, outcome.value):
            return _failed(expected, outcome.value, [str(warning) for warning in outcome.warnings])
    return Verdict(passed=True)


def _run_service(model: Model, case: TestCase, inputs: Mapping[str, object], now: datetime | None) -> Verdict:
    outcome = model.invoke(case.invocable, inputs, now=now)
    values: Any = outcome.value
    for expected in case.results:
        value = values
        if len(case.results) > 1 or (isinstance(values, dict) and expected.name in values):
            value = values.get(expected.name) if isinstance(values, dict) else None
        if not equal(expected.value, value):
            return _failed(expected, value, [str(warning) for warning in outcome.warnings])
    return Verdict(passed=True)


def _failed(expected: Expected, value: object, warnings: Sequence[str]) -> Verdict:
    why = f" ({'; '.join(warnings[:3])})" if warnings else ""
    message = f"{expected.name}: expected {_shown(expected.value)}, found {_shown(value)}{why}"
    return Verdict(passed=False, message=message[:600])


def _shown(value: object) -> str:
    try:
        return to_text(value)
    except (Failure, TypeError):
        return "a function" if isinstance(value, Function) else "an unreadable value"


def equal(expected: Any, found: Any) -> bool:
    """Whether a value is the expected one by the kit's rules of comparison."""
    if expected is None or found is None:
        return expected is found
    if isinstance(expected, Unreadable) or kind_of(expected) != kind_of(found):
        return False
    return _EQUAL.get(kind_of(expected), _same)(expected, found)


def _same(expected: Any, found: Any) -> bool:
    return expected == found or same(expected, found, []) is True


def _same_number(expected: Any, found: Any) -> bool:
    try:
        return abs(CONTEXT.subtract(Decimal(expected), Decimal(found))) < TOLERANCE
    except ArithmeticFailure:
        return False


def _same_list(expected: Any, found: Any) -> bool:
    return len(expected) == len(found) and all(equal(a, b) for a, b in zip(expected, found, strict=True))


def _same_context(expected: Any, found: Any) -> bool:
    return expected.keys() == found.keys() and all(equal(value, found[key]) for key, value in expected.items())


_EQUAL: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "number": _same_number,
    "list": _same_list,
    "context": _same_context,
}
