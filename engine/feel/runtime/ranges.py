"""Ranges and membership at run time: making a range, asking whether a value lies in it, and what `in` means."""

from __future__ import annotations

from engine.feel.operators.comparison import order, same, same_known
from engine.feel.operators.logic import every, some
from engine.feel.values import Range, WarningSink, kind_of


def make_range(
    low: object,
    high: object,
    low_closed: bool,  # noqa: FBT001 - the code generated for a literal calls it by position
    high_closed: bool,  # noqa: FBT001 - likewise
    warnings: WarningSink,
) -> Range | None:
    """A range of a literal; null where an end is, or the ends are of different kinds or the wrong way round."""
    if low is None or high is None:
        return None
    found = order(low, high, warnings)
    if found is None:
        return None
    if found > 0:
        warnings.append(("argument", "the range ends before it starts"))
        return None
    return Range(low, high, low_closed, high_closed)


def half_range(bound: object, *, upper: bool, closed: bool) -> Range | None:
    """The range of `(< bound)` and its like: unbounded on the other side."""
    if bound is None:
        return None
    if upper:
        return Range(None, bound, low_closed=False, high_closed=closed, low_unbounded=True)
    return Range(bound, None, low_closed=closed, high_closed=False, high_unbounded=True)


def in_range(value: object, span: Range | None, warnings: WarningSink) -> bool | None:
    """Whether a value lies in a range; null for null and for other kinds."""
    if value is None or span is None:
        return None
    return every((_above(value, span, warnings), _below(value, span, warnings)))


def _above(value: object, span: Range, warnings: WarningSink) -> bool | None:
    if span.low_unbounded:
        return True
    found = order(value, span.low, warnings)
    return None if found is None else found > 0 or (found == 0 and span.low_closed)


def _below(value: object, span: Range, warnings: WarningSink) -> bool | None:
    if span.high_unbounded:
        return True
    found = order(value, span.high, warnings)
    return None if found is None else found < 0 or (found == 0 and span.high_closed)


def matches(value: object, test: object, warnings: WarningSink) -> bool | None:
    """Whether a value passes a test that is a value itself: in a range, in a list, or equal to it (standard)."""
    return _matches(value, test, warnings, known=False)


def matches_known(value: object, test: object, warnings: WarningSink) -> bool | None:
    """`matches` where null is unknown."""
    if value is None or test is None:
        return None
    return _matches(value, test, warnings, known=True)


def _matches(value: object, test: object, warnings: WarningSink, *, known: bool) -> bool | None:
    equality = same_known if known else same
    if isinstance(test, Range) and not isinstance(value, Range):
        return in_range(value, test, warnings)
    if isinstance(test, list):
        # The clashes of single items are what a mixed list is; they warn of nothing.
        quiet: list[tuple[str, str]] = []
        if isinstance(value, list) and equality(value, test, quiet) is True:
            return True
        found = some(_item_matches(value, item, quiet, known=known) for item in test)
        if found is None and any(code == "limit" for code, _ in quiet):
            warnings.append(("limit", "the items are too large to compare"))
            return None
        # In the standard, an item of another kind is simply not the value.
        return False if found is None and not known and value is not None else found
    return equality(value, test, warnings)


def _item_matches(value: object, item: object, warnings: WarningSink, *, known: bool) -> bool | None:
    equality = same_known if known else same
    if isinstance(item, Range) and not isinstance(value, Range):
        return in_range(value, item, warnings)
    if known and value is not None and item is not None and kind_of(value) != kind_of(item):
        return False
    return equality(value, item, warnings)


def test_value(value: object, test: object, warnings: WarningSink) -> bool | None:
    """A cell's expression by its value: a boolean about a subject that is none is the answer itself."""
    if isinstance(test, bool) and not isinstance(value, bool):
        return test if value is not None else None
    return matches(value, test, warnings)


def test_value_known(value: object, test: object, warnings: WarningSink) -> bool | None:
    """`test_value` where null is unknown."""
    if isinstance(test, bool) and not isinstance(value, bool):
        return test if value is not None else None
    return matches_known(value, test, warnings)
