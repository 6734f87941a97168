"""Boxed expressions from XML to records, all problems of a file collected on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from engine.dmn.errors import DmnProblem
from engine.dmn.model import (
    Binding,
    Conditional,
    Context,
    ContextEntry,
    DecisionTable,
    Expression,
    Filter,
    ForIterator,
    FunctionDefinition,
    HitPolicy,
    InputClause,
    Invocation,
    ListExpression,
    LiteralExpression,
    OutputClause,
    Quantified,
    Relation,
    Rule,
    UnaryTestsText,
    Variable,
)
from engine.dmn.xml_tree import XmlElement

FEEL_MARK: Final = "feel"
"""What the names of all versions of FEEL's namespace hold, in any case of letters."""


_XML_SCHEMA: Final = "http://www.w3.org/2001/XMLSchema"
_SCHEMA_TYPES: Final = {
    **dict.fromkeys(("decimal", "double", "float", "integer", "int", "long", "short", "byte"), "number"),
    "duration": "Any",
    "anyType": "Any",
}
"""Types of XML Schema that FEEL names otherwise; some modellers refer to them."""


class Reading:
    """What the reading of one file shares: its name, its prefixes and the problems found."""

    def __init__(self, file: str, prefixes: dict[str, str], namespace: str, imports: dict[str, str]) -> None:
        self.file = file
        self.problems: list[DmnProblem] = []
        self._prefixes = prefixes
        self._namespace = namespace
        self._imports = imports

    def problem(self, element: XmlElement, message: str, remedy: str = "") -> None:
        """Keep a finding at an element."""
        self.problems.append(DmnProblem(message, self.file, element.line, remedy))

    def type_ref(self, element: XmlElement, attribute: str = "typeRef") -> str:
        """A type's name. One with the prefix of a namespace, as DMN 1.1 has it, is resolved here."""
        written = (element.get(attribute) or (element.text_of(attribute) if attribute == "typeRef" else "")).strip()
        prefix, colon, name = written.partition(":")
        uri = self._prefixes.get(prefix, "")
        if not colon or not (prefix == FEEL_MARK or uri):
            return written
        if prefix == FEEL_MARK or FEEL_MARK in uri.lower() or uri == self._namespace:
            return name
        if uri == _XML_SCHEMA:
            return _SCHEMA_TYPES.get(name, name)
        imported = self._imports.get(uri)
        return f"{imported}.{name}" if imported else name

    def common(self, element: XmlElement) -> dict[str, Any]:
        """The fields that every record has."""
        extensions = element.first("extensionElements")
        return {
            "id": element.get("id"),
            "label": element.get("label"),
            "description": element.text_of("description"),
            "line": element.line,
            "extensions": tuple(extensions.children) if extensions is not None else (),
        }

    def variable(self, element: XmlElement, name: str | None = None) -> Variable:
        """A `variable`, `parameter`, `formalParameter` or `column`."""
        written = " ".join((element.get("name") or name or "").split())
        if not written:
            self.problem(element, f"a {element.name} has no name", "give it one")
        return Variable(name=written, type_ref=self.type_ref(element), **self.common(element))

    def tests(self, element: XmlElement | None) -> UnaryTestsText | None:
        """The text of unary tests."""
        if element is None:
            return None
        return UnaryTestsText(
            text=element.text_of("text"), constraint_type=element.get("constraintsType"), **self.common(element)
        )

    # -- expressions

    def expression_in(self, element: XmlElement | None) -> Expression | None:
        """The first boxed expression among an element's children; None where there is none."""
        return None if element is None else next(iter(self.expressions_in(element)), None)

    def expressions_in(self, element: XmlElement) -> Iterable[Expression]:
        """All boxed expressions among an element's children."""
        return [_READERS[child.name](self, child) for child in element.children if child.name in _READERS]

    def typed(self, element: XmlElement) -> dict[str, Any]:
        """The fields that every boxed expression has."""
        return {"type_ref": self.type_ref(element), **self.common(element)}

    def literal(self, element: XmlElement) -> LiteralExpression:
        """A `literalExpression`, `inputExpression`, `outputEntry` or `defaultOutputEntry`."""
        return LiteralExpression(
            text=element.text_of("text"), language=element.get("expressionLanguage"), **self.typed(element)
        )

    def function(self, element: XmlElement) -> FunctionDefinition:
        """A `functionDefinition` or `encapsulatedLogic`."""
        return FunctionDefinition(
            kind=element.get("kind") or "FEEL",
            parameters=tuple(self.variable(part) for part in element.all("formalParameter")),
            body=self.expression_in(element),
            **self.typed(element),
        )


def _context(reading: Reading, element: XmlElement) -> Context:
    entries: list[ContextEntry] = []
    for part in element.all("contextEntry"):
        variable = part.first("variable")
        entries.append(
            ContextEntry(
                variable=None if variable is None else reading.variable(variable),
                expression=reading.expression_in(part),
                **reading.common(part),
            )
        )
    return Context(entries=tuple(entries), **reading.typed(element))


def _invocation(reading: Reading, element: XmlElement) -> Invocation:
    bindings: list[Binding] = []
    for part in element.all("binding"):
        parameter = part.first("parameter")
        if parameter is None:
            reading.problem(part, "a binding has no parameter", "name the parameter it is for")
            continue
        expression = reading.expression_in(part)
        bindings.append(Binding(parameter=reading.variable(parameter), expression=expression, **reading.common(part)))
    return Invocation(function=reading.expression_in(element), bindings=tuple(bindings), **reading.typed(element))


def _list(reading: Reading, element: XmlElement) -> ListExpression:
    return ListExpression(items=tuple(reading.expressions_in(element)), **reading.typed(element))


def _relation(reading: Reading, element: XmlElement) -> Relation:
    columns = tuple(reading.variable(part) for part in element.all("column"))
    rows = tuple(tuple(reading.expressions_in(part)) for part in element.all("row"))
    for part, row in zip(element.all("row"), rows, strict=True):
        if len(row) != len(columns):
            reading.problem(part, f"a row has {len(row)} entries for {len(columns)} columns", "give one for each")
    return Relation(columns=columns, rows=rows, **reading.typed(element))


def _conditional(reading: Reading, element: XmlElement) -> Conditional:
    return Conditional(
        condition=reading.expression_in(element.first("if")),
        chosen=reading.expression_in(element.first("then")),
        other=reading.expression_in(element.first("else")),
        **reading.typed(element),
    )


def _filter(reading: Reading, element: XmlElement) -> Filter:
    return Filter(
        source=reading.expression_in(element.first("in")),
        match=reading.expression_in(element.first("match")),
        **reading.typed(element),
    )


def _iterator_name(reading: Reading, element: XmlElement) -> str:
    name = " ".join(element.get("iteratorVariable").split())
    if not name:
        reading.problem(element, f"a {element.name} has no iteratorVariable", "name the variable of the loop")
    return name


def _for(reading: Reading, element: XmlElement) -> ForIterator:
    return ForIterator(
        variable=_iterator_name(reading, element),
        source=reading.expression_in(element.first("in")),
        result=reading.expression_in(element.first("return")),
        **reading.typed(element),
    )


def _quantified(reading: Reading, element: XmlElement) -> Quantified:
    return Quantified(
        every=element.name == "every",
        variable=_iterator_name(reading, element),
        source=reading.expression_in(element.first("in")),
        condition=reading.expression_in(element.first("satisfies")),
        **reading.typed(element),
    )


# -- decision tables


def _table(reading: Reading, element: XmlElement) -> DecisionTable:
    inputs = tuple(_input(reading, part) for part in element.all("input"))
    outputs = tuple(_output(reading, part) for part in element.all("output"))
    policy = _policy(reading, element)
    if not outputs:
        reading.problem(element, "a decision table has no output column", "give it one")
    if policy in (HitPolicy.SUM, HitPolicy.MIN, HitPolicy.MAX, HitPolicy.COUNT) and len(outputs) > 1:
        reading.problem(element, f"{policy} aggregates one output, not {len(outputs)}", "keep one output column")
    rules = tuple(_rule(reading, part) for part in element.all("rule"))
    for part, rule in zip(element.all("rule"), rules, strict=True):
        if len(rule.inputs) != len(inputs) or len(rule.outputs) != len(outputs):
            reading.problem(
                part,
                f"a rule has {len(rule.inputs)} input and {len(rule.outputs)} output entries for "
                f"{len(inputs)} and {len(outputs)} columns",
                "give one entry for each column",
            )
    return DecisionTable(
        hit_policy=policy,
        inputs=inputs,
        outputs=outputs,
        rules=rules,
        annotations=tuple(part.get("name") for part in element.all("annotation")),
        output_label=element.get("outputLabel"),
        orientation=element.get("preferredOrientation"),
        **reading.typed(element),
    )


def _policy(reading: Reading, element: XmlElement) -> HitPolicy:
    written = element.get("hitPolicy") or "UNIQUE"
    aggregation = element.get("aggregation")
    name = f"{written} {aggregation}" if aggregation else written
    try:
        return HitPolicy(" ".join(name.upper().replace("_", " ").split()))
    except ValueError:
        known = ", ".join(policy.value for policy in HitPolicy)
        reading.problem(element, f"{name!r} is no hit policy", f"use one of {known}")
        return HitPolicy.UNIQUE


def _input(reading: Reading, element: XmlElement) -> InputClause:
    expression = element.first("inputExpression")
    if expression is None:
        reading.problem(element, "an input column has no inputExpression", "say what it tests")
    return InputClause(
        expression=LiteralExpression(text="null") if expression is None else reading.literal(expression),
        values=reading.tests(element.first("inputValues")),
        **reading.common(element),
    )


def _output(reading: Reading, element: XmlElement) -> OutputClause:
    default = element.first("defaultOutputEntry")
    return OutputClause(
        name=" ".join(element.get("name").split()),
        type_ref=reading.type_ref(element),
        values=reading.tests(element.first("outputValues")),
        default=None if default is None else reading.literal(default),
        **reading.common(element),
    )


def _rule(reading: Reading, element: XmlElement) -> Rule:
    entries = (reading.tests(part) for part in element.all("inputEntry"))
    return Rule(
        inputs=tuple(entry for entry in entries if entry is not None),
        outputs=tuple(reading.literal(part) for part in element.all("outputEntry")),
        annotations=tuple(part.text_of("text") for part in element.all("annotationEntry")),
        **reading.common(element),
    )


_READERS: Final[dict[str, Callable[[Reading, XmlElement], Expression]]] = {
    "literalExpression": Reading.literal,
    "decisionTable": _table,
    "context": _context,
    "invocation": _invocation,
    "functionDefinition": Reading.function,
    "list": _list,
    "relation": _relation,
    "conditional": _conditional,
    "filter": _filter,
    "for": _for,
    "some": _quantified,
    "every": _quantified,
}
