"""Order and equality, in the standard's meaning of null and in that of packs.

`same` follows the standard (null equals null and nothing else); `same_known` takes null for unknown, also deep inside
lists and contexts. Values of different kinds neither are equal nor differ: that is null, with a warning.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from engine.feel.failure import Failure
from engine.feel.operators.logic import every
from engine.feel.size import measure
from engine.feel.temporal.calendar import instant, local_nanos, time_instant
from engine.feel.types import ORDERED
from engine.feel.values import NANOS_PER_SECOND, FeelTime, Range, WarningSink, WideDateTime, kind_of

Items = list[Any]
Entries = dict[str, Any]

_PLAIN: Final = frozenset(
    {"number", "string", "boolean", "date", "days and time duration", "years and months duration"}
)
"""Kinds whose Python values say themselves whether they are equal."""


def order(left: object, right: object, warnings: WarningSink) -> int | None:
    """-1, 0 or 1 for two values of one ordered kind; null for nulls and for other kinds."""
    if left is None or right is None:
        return None
    kind = kind_of(left)
    other = kind_of(right)
    if kind != other or kind not in ORDERED:
        warnings.append(("type", f"{kind} and {other} have no order"))
        return None
    first: Any = left
    second: Any = right
    if isinstance(left, FeelTime) and isinstance(right, FeelTime):
        first, second = _times(left, right)
    elif isinstance(left, datetime | WideDateTime) and isinstance(right, datetime | WideDateTime):
        first, second = _moments(left, right)
    return int(first > second) - int(first < second)


def _times(left: FeelTime, right: FeelTime) -> tuple[int, int]:
    """Two times as nanoseconds. Where only one has an offset, the other is taken to have the same."""
    if (left.zone is None) != (right.zone is None):
        return left.nanos, right.nanos
    return time_instant(left)[0], time_instant(right)[0]


def _moments(left: datetime | WideDateTime, right: datetime | WideDateTime) -> tuple[int, int]:
    """Two date-times as nanoseconds, an offset taken over as in `_times`."""
    first, second = instant(left), instant(right)
    if first[1] != second[1]:
        return local_nanos(left), local_nanos(right)
    return first[0], second[0]


def less(left: object, right: object, warnings: WarningSink) -> bool | None:
    """`left < right`."""
    found = order(left, right, warnings)
    return None if found is None else found < 0


def at_most(left: object, right: object, warnings: WarningSink) -> bool | None:
    """`left <= right`."""
    found = order(left, right, warnings)
    return None if found is None else found <= 0


def more(left: object, right: object, warnings: WarningSink) -> bool | None:
    """`left > right`."""
    found = order(left, right, warnings)
    return None if found is None else found > 0


def at_least(left: object, right: object, warnings: WarningSink) -> bool | None:
    """`left >= right`."""
    found = order(left, right, warnings)
    return None if found is None else found >= 0


def same(left: object, right: object, warnings: WarningSink) -> bool | None:
    """`=` as the standard has it: null equals null and nothing else; different kinds give null."""
    if left is None or right is None:
        return left is right
    return _same(left, right, warnings, same)


def same_known(left: object, right: object, warnings: WarningSink) -> bool | None:
    """`=` where null is unknown: null whenever a part that decides is null."""
    if left is None or right is None:
        return None
    return _same(left, right, warnings, same_known)


_Equality = Callable[[object, object, WarningSink], bool | None]


def _same(left: Any, right: Any, warnings: WarningSink, equality: _Equality) -> bool | None:
    kind = kind_of(left)
    if kind != kind_of(right):
        warnings.append(("type", f"{kind} and {kind_of(right)} cannot be equal"))
        return None
    if kind in _PLAIN:
        return bool(left == right)
    try:
        measure(left)
        measure(right)
    except Failure as failure:
        warnings.append((failure.code, failure.message))
        return None
    return _COMPOUND[kind](left, right, warnings, equality)


def _same_list(left: Items, right: Items, warnings: WarningSink, equality: _Equality) -> bool | None:
    if len(left) != len(right):
        return False
    return every(equality(a, b, warnings) for a, b in zip(left, right, strict=True))


def _same_context(left: Entries, right: Entries, warnings: WarningSink, equality: _Equality) -> bool | None:
    if left.keys() != right.keys():
        return False
    return every(equality(value, right[key], warnings) for key, value in left.items())


def _same_function(left: object, right: object, warnings: WarningSink, equality: _Equality) -> bool | None:
    del warnings, equality
    return left is right


def _same_moment(left: object, right: object, warnings: WarningSink, equality: _Equality) -> bool | None:
    del equality
    found = order(left, right, warnings)
    return None if found is None else found == 0


def _same_time(left: FeelTime, right: FeelTime, warnings: WarningSink, equality: _Equality) -> bool | None:
    del equality, warnings
    # The standard compares hour, minute, second and offset; its test kit holds fractions of a second for nothing.
    first, second = _times(left, right)
    return first // NANOS_PER_SECOND == second // NANOS_PER_SECOND


def _same_range(left: Range, right: Range, warnings: WarningSink, equality: _Equality) -> bool | None:
    shape = (left.low_closed, left.high_closed, left.low_unbounded, left.high_unbounded)
    if shape != (right.low_closed, right.high_closed, right.low_unbounded, right.high_unbounded):
        return False
    low = True if left.low_unbounded else equality(left.low, right.low, warnings)
    high = True if left.high_unbounded else equality(left.high, right.high, warnings)
    return every((low, high))


_COMPOUND: Final[dict[str, Callable[[Any, Any, WarningSink, _Equality], bool | None]]] = {
    "list": _same_list,
    "context": _same_context,
    "time": _same_time,
    "date and time": _same_moment,
    "range": _same_range,
    "function": _same_function,
}
