"""Built-in functions on points and ranges: the relations of Allen's interval algebra, as DMN names them.

A point is any value of an ordered kind. Every relation is true or false, or null where the two do not compare or an end
that matters is unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from engine.feel.builtins.table import Table
from engine.feel.failure import Failure
from engine.feel.operators.comparison import order
from engine.feel.range_text import parse_range
from engine.feel.types import BOOLEAN, RANGE
from engine.feel.values import Range

TABLE: Final = Table()


@TABLE.add("range", "from: string", RANGE)
def range_of_text(text: str) -> Range:
    """A range of its text, with literals for ends: `[1..10)`, or `[2..)` and `(..2]` where one end is open."""
    return parse_range(text)


def _order(left: object, right: object) -> int:
    found = order(left, right, [])
    if found is None:
        raise Failure("argument", "the two do not compare")
    return found


def _as_range(value: object) -> Range:
    if isinstance(value, Range):
        return value
    return Range(value, value, low_closed=True, high_closed=True)


def _low_before(left: Range, right: Range) -> int:
    """Which of two ranges starts first: -1, 0 or 1."""
    if left.low_unbounded or right.low_unbounded:
        return right.low_unbounded - left.low_unbounded
    return _order(left.low, right.low) or right.low_closed - left.low_closed


def _high_before(left: Range, right: Range) -> int:
    """Which of two ranges ends first: -1, 0 or 1."""
    if left.high_unbounded or right.high_unbounded:
        return left.high_unbounded - right.high_unbounded
    return _order(left.high, right.high) or left.high_closed - right.high_closed


def _is_before(left: Range, right: Range) -> bool:
    """Whether one ends before the other starts, without a common point."""
    if left.high_unbounded or right.low_unbounded:
        return False
    found = _order(left.high, right.low)
    return found < 0 or (found == 0 and not (left.high_closed and right.low_closed))


def before(left: object, right: object) -> bool:
    """Ends before the other starts."""
    return _is_before(_as_range(left), _as_range(right))


def after(left: object, right: object) -> bool:
    """Starts after the other ends."""
    return before(right, left)


def meets(left: Range, right: Range) -> bool:
    """Ends with the point that the other starts with."""
    if left.high_unbounded or right.low_unbounded or not (left.high_closed and right.low_closed):
        return False
    return _order(left.high, right.low) == 0


def met_by(left: Range, right: Range) -> bool:
    """Starts with the point that the other ends with."""
    return meets(right, left)


def overlaps(left: Range, right: Range) -> bool:
    """Have a point in common."""
    return not _is_before(left, right) and not _is_before(right, left)


def overlaps_before(left: Range, right: Range) -> bool:
    """Starts first, ends inside of the other or with it."""
    return overlaps(left, right) and _low_before(left, right) < 0 and _high_before(left, right) <= 0


def overlaps_after(left: Range, right: Range) -> bool:
    """Starts inside of the other after it does, ends last or with it."""
    return overlaps_before(right, left)


def includes(left: object, right: object) -> bool:
    """Holds every point of the other."""
    outer, inner = _as_range(left), _as_range(right)
    return _low_before(outer, inner) <= 0 and _high_before(outer, inner) >= 0


def during(left: object, right: object) -> bool:
    """Has every point inside of the other."""
    return includes(right, left)


def starts(left: object, right: object) -> bool:
    """Starts together with the other, and does not end after it."""
    inner, outer = _as_range(left), _as_range(right)
    return _low_before(inner, outer) == 0 and _high_before(inner, outer) <= 0


def started_by(left: object, right: object) -> bool:
    """The other starts it."""
    return starts(right, left)


def finishes(left: object, right: object) -> bool:
    """Ends together with the other, and does not start before it."""
    inner, outer = _as_range(left), _as_range(right)
    return _high_before(inner, outer) == 0 and _low_before(inner, outer) >= 0


def finished_by(left: object, right: object) -> bool:
    """The other finishes it."""
    return finishes(right, left)


def coincides(left: object, right: object) -> bool:
    """Start and end together."""
    first, second = _as_range(left), _as_range(right)
    return _low_before(first, second) == 0 and _high_before(first, second) == 0


def _declare(name: str, relation: Callable[..., bool], *shapes: str) -> None:
    for shape in shapes:
        TABLE.add(name, shape, BOOLEAN)(relation)


_POINTS: Final = "point1: {0}, point2: {0}".format(
    "number|string|date|time|date and time|days and time duration|years and months duration"
)
_POINT_RANGE: Final = _POINTS.split(",", maxsplit=1)[0].replace("point1", "point") + ", range: range"
_RANGE_POINT: Final = "range: range, " + _POINTS.split(",", maxsplit=1)[0].replace("point1", "point")
_RANGES: Final = "range1: range, range2: range"

_declare("before", before, _POINTS, _POINT_RANGE, _RANGE_POINT, _RANGES)
_declare("after", after, _POINTS, _POINT_RANGE, _RANGE_POINT, _RANGES)
_declare("meets", meets, _RANGES)
_declare("met by", met_by, _RANGES)
_declare("overlaps", overlaps, _RANGES)
_declare("overlaps before", overlaps_before, _RANGES)
_declare("overlaps after", overlaps_after, _RANGES)
_declare("finishes", finishes, _POINT_RANGE, _RANGES)
_declare("finished by", finished_by, _RANGE_POINT, _RANGES)
_declare("includes", includes, _RANGE_POINT, _RANGES)
_declare("during", during, _POINT_RANGE, _RANGES)
_declare("starts", starts, _POINT_RANGE, _RANGES)
_declare("started by", started_by, _RANGE_POINT, _RANGES)
_declare("coincides", coincides, _POINTS, _RANGES)
