"""One evaluation of a FEEL text as the DMN standard means it, on values of a scope.

The text is compiled (once for the names it is used with) and run with the scope's values; values from outside become
FEEL values first: floats become decimals by their shortest spelling, tuples lists, mappings contexts. What has no
counterpart in FEEL is refused, so no Python object can be reached from a text.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType

from engine.feel import limits
from engine.feel.builtins.table import Builtin
from engine.feel.clock import CLOCK_NAMES, clock_functions
from engine.feel.errors import FeelError
from engine.feel.numbers import from_outside
from engine.feel.prepared import Run, Vocabulary, prepare_expression, prepare_tests
from engine.feel.runtime.loops import Warnings
from engine.feel.types import FeelType
from engine.feel.values import FeelFunction, FeelTime, Range, WideDate, WideDateTime, WideDuration, YearsMonths

_NOTHING: Mapping[str, object] = MappingProxyType({})
_FEEL_VALUES = (
    str,
    bool,
    date,
    datetime,
    timedelta,
    FeelTime,
    WideDate,
    WideDateTime,
    WideDuration,
    YearsMonths,
    FeelFunction,
    Builtin,
)


def evaluate(text: str, scope: Mapping[str, object] = _NOTHING, *, now: datetime | None = None) -> object:
    """The value of an expression with the names of a scope (which may hold spaces).

    `now` is what `now()` and `today()` go by; without it they are null. Raises `FeelError` for a text that cannot be
    read and for values of the scope that FEEL does not have. What fails while running is null, as DMN has it;
    `evaluate_with_warnings` also says why.
    """
    return evaluate_with_warnings(text, scope, now=now)[0]


def evaluate_with_warnings(
    text: str,
    scope: Mapping[str, object] = _NOTHING,
    types: Mapping[str, FeelType] = MappingProxyType({}),
    *,
    now: datetime | None = None,
) -> tuple[object, tuple[tuple[str, str], ...]]:
    """The value, and a (code, message) for each failure that became null. `types` are names for `instance of`."""
    values = {name: to_feel(value) for name, value in scope.items()}
    members = frozenset(key for value in values.values() for key in _keys(value))
    if any(name in text for name in CLOCK_NAMES):
        values = {**clock_functions(now), **values}
    run = _runner(text, tuple(values), members, tuple(types.items()))
    warnings = Warnings()
    try:
        result = run(values, warnings)
    except RecursionError:
        return None, (*warnings, ("limit", "the value is nested too deeply"))
    return result, tuple(warnings)


def evaluate_unary_tests(text: str, subject: object, scope: Mapping[str, object] = _NOTHING) -> bool | None:
    """Whether a value passes a decision-table cell: true, false or null. Raises `FeelError` as `evaluate` does."""
    values = {name: to_feel(value) for name, value in scope.items()}
    values["?"] = to_feel(subject)
    members = frozenset(key for value in values.values() for key in _keys(value))
    result = _runner(text, tuple(values), members, (), cell=True)(values, Warnings())
    return result if isinstance(result, bool) else None


@lru_cache(maxsize=2048)
def _runner(
    text: str,
    names: tuple[str, ...],
    members: frozenset[str],
    types: tuple[tuple[str, FeelType], ...],
    *,
    cell: bool = False,
) -> Run:
    vocabulary = Vocabulary(names, members, dict(types))
    return (prepare_tests if cell else prepare_expression)(text, vocabulary).run


def _keys(value: object) -> list[str]:
    """The keys of contexts inside a value, to read names with spaces after a dot."""
    found: list[str] = []
    pending = [value]
    while pending:
        current = pending.pop()
        if isinstance(current, dict):
            found.extend(current)
            pending.extend(current.values())
        elif isinstance(current, list):
            pending.extend(current)
    return [key for key in found if not key.isidentifier()]


def to_feel(value: object, depth: int = 0) -> object:
    """A value from outside as a FEEL value. Raises `FeelError` for what FEEL does not have."""
    if value is None or isinstance(value, _FEEL_VALUES):
        return value
    if isinstance(value, int | float | Decimal):
        number = from_outside(value)
        if number is None:
            raise FeelError("a number of the scope is not finite or too large", remedy="give a decimal128 number")
        return number
    if depth > limits.MAX_NESTING:
        raise FeelError("a value of the scope is nested too deeply", remedy="flatten it")
    if isinstance(value, Mapping):
        return {str(key): to_feel(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_feel(item, depth + 1) for item in value]
    if isinstance(value, Range):
        return value
    if isinstance(value, time):
        seconds = (value.hour * 60 + value.minute) * 60 + value.second
        return FeelTime(seconds * 1_000_000_000 + value.microsecond * 1000, value.tzinfo)
    raise FeelError(
        f"a {type(value).__name__} is not a FEEL value", remedy="give text, numbers, dates, lists or mappings"
    )
