"""Loops at run time: `for`, `some`, `every`, filters and positions in lists, all of them bounded.

A loop counts its turns in the sink where the sink can count (`Warnings`); past `limits.MAX_STEPS` over the whole
evaluation, or `limits.MAX_ITEMS` in one loop, its value is null with a warning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from engine.feel import limits
from engine.feel.failure import Failure
from engine.feel.numbers import to_int
from engine.feel.operators.logic import every, some
from engine.feel.temporal.calendar import date_of, day_number
from engine.feel.values import Range, WarningSink, WideDate, kind_of

Source = Callable[..., object]
"""A function of the variables bound before it: what an iteration runs over."""


class Warnings(list[tuple[str, str]]):
    """A sink that also counts the steps and the depth of calls of one evaluation."""

    __slots__ = ("depth", "steps")

    def __init__(self) -> None:
        super().__init__()
        self.steps = 0
        self.depth = 0


def spend(warnings: WarningSink, steps: int = 1) -> None:
    """Count steps. Raises `Failure` beyond the limit."""
    if isinstance(warnings, Warnings):
        warnings.steps += steps
        if warnings.steps > limits.MAX_STEPS:
            raise Failure("limit", f"the evaluation takes more than {limits.MAX_STEPS} steps")


class Span:
    """What `for i in a..b` runs over: not a list, so that nothing is held in memory."""

    __slots__ = ("items",)

    def __init__(self, items: Iterable[object]) -> None:
        self.items = items


def span(low: object, high: object, warnings: WarningSink) -> Span | None:
    """The whole numbers or days from one to another, upward or downward."""
    if low is None or high is None:
        return None
    try:
        return Span(_steps(low, high, 0, 0, either_way=True))
    except Failure as failure:
        warnings.append((failure.code, failure.message))
        return None


def _steps(low: object, high: object, skip_low: int, skip_high: int, *, either_way: bool) -> Iterable[object]:
    days = isinstance(low, date | WideDate) and isinstance(high, date | WideDate) and kind_of(low) == kind_of(high)
    if days and kind_of(low) == "date":
        assert isinstance(low, date | WideDate)
        assert isinstance(high, date | WideDate)
        return map(date_of, _numbers(day_number(low), day_number(high), skip_low, skip_high, either_way=either_way))
    if kind_of(low) != "number" or kind_of(high) != "number":
        raise Failure("type", "only whole numbers and dates can be counted through")
    assert isinstance(low, int | Decimal)
    assert isinstance(high, int | Decimal)
    first, last = to_int(low), to_int(high)
    if first is None or last is None:
        raise Failure("argument", "the ends of an iteration are whole numbers")
    return _numbers(first, last, skip_low, skip_high, either_way=either_way)


def _numbers(first: int, last: int, skip_low: int, skip_high: int, *, either_way: bool) -> range:
    if first > last and either_way:
        return _bounded(range(first, last - 1, -1))
    return _bounded(range(first + skip_low, last + 1 - skip_high))


def _bounded(numbers: range) -> range:
    size = abs(numbers.stop - numbers.start)
    if size > limits.MAX_ITEMS:
        raise Failure("limit", f"the iteration has more than {limits.MAX_ITEMS} items")
    return numbers


def items_of(source: object) -> Iterable[object] | None:
    """The items a source runs over; None for null. Raises `Failure` for a range that cannot be counted through."""
    if source is None:
        return None
    if isinstance(source, Span):
        return source.items
    if isinstance(source, list):
        return source
    if isinstance(source, Range):
        if source.low is None or source.high is None:
            raise Failure("type", "an unbounded range cannot be counted through")
        return _steps(source.low, source.high, not source.low_closed, not source.high_closed, either_way=False)
    return [source]


def _turns(sources: Sequence[Source], warnings: WarningSink) -> Iterator[tuple[object, ...]]:
    """Every combination of the sources' items, the last turning fastest. Raises `Failure`; null raises `_NullSource`."""

    def turn(bound: tuple[object, ...]) -> Iterator[tuple[object, ...]]:
        if len(bound) == len(sources):
            yield bound
            return
        items = items_of(sources[len(bound)](*bound))
        if items is None:
            raise _NullSource
        for item in items:
            spend(warnings)
            yield from turn((*bound, item))

    return turn(())


class _NullSource(Exception):
    """A loop runs over null."""


def loop(sources: Sequence[Source], body: Source, warnings: WarningSink) -> list[object] | None:
    """`for`: the list of the body's values; the body's last argument is the list so far (`partial`)."""
    results: list[object] = []
    try:
        for bound in _turns(sources, warnings):
            if len(results) >= limits.MAX_ITEMS:
                warnings.append(("limit", f"the list has more than {limits.MAX_ITEMS} items"))
                return None
            results.append(body(*bound, results))
    except _NullSource:
        return None
    except Failure as failure:
        warnings.append((failure.code, failure.message))
        return None
    return results


def snapshot(results: list[object], warnings: WarningSink) -> list[object]:
    """The list so far of a loop (`partial`) as it is now. Raises `Failure` when copying takes too many steps."""
    spend(warnings, len(results) // 32)
    return results[:]


def quantified(*, all_of: bool, sources: Sequence[Source], condition: Source, warnings: WarningSink) -> bool | None:
    """`every` (`all_of`) or `some`, in Kleene's logic."""
    answers = (condition(*bound) for bound in _turns(sources, warnings))
    try:
        return every(answers) if all_of else some(answers)
    except _NullSource:
        return None
    except Failure as failure:
        warnings.append((failure.code, failure.message))
        return None


Condition = Callable[[object], object]


def filtered(base: object, condition: Condition, warnings: WarningSink, *, perhaps_position: bool = False) -> object:
    """`base[condition]` by the standard: the items for which it is true, or the item at the position it gives.

    `perhaps_position` says that the text does not tell which of the two the condition is; the items must.
    """
    items = _filter_items(base, condition, warnings, perhaps_position=perhaps_position)
    if not isinstance(items, _Kept):
        return items
    return [item for item, answer in items if answer is True]


def filtered_known(
    base: object, condition: Condition, warnings: WarningSink, *, perhaps_position: bool = False
) -> object:
    """`base[condition]` where null is unknown: null when the condition of any item is."""
    items = _filter_items(base, condition, warnings, perhaps_position=perhaps_position)
    if not isinstance(items, _Kept):
        return items
    if any(not isinstance(answer, bool) for _, answer in items):
        return None
    return [item for item, answer in items if answer]


class _Kept(list[tuple[object, object]]):
    """Items with the answers of a filter's condition."""


def _filter_items(base: object, condition: Condition, warnings: WarningSink, *, perhaps_position: bool) -> object:
    if base is None:
        return None
    try:
        items = list(items_of(base) or ())
        spend(warnings, len(items))
    except Failure as failure:
        warnings.append((failure.code, failure.message))
        return None
    if perhaps_position:
        first = condition(items[0] if items else None)
        if first is None and not items:
            return None
        if first is not None and kind_of(first) == "number":
            return at(items, first, warnings)
    answered = _Kept((item, condition(item)) for item in items)
    if any(answer is not None and not isinstance(answer, bool) for _, answer in answered):
        warnings.append(("type", "the condition of a filter is not a boolean"))
    return answered


def at(base: object, position: object, warnings: WarningSink) -> object:
    """The item at a position from 1, or from the end by a negative one; null outside of the list."""
    if base is None or position is None:
        return None
    items = base if isinstance(base, list) else [base]
    index = to_int(position) if isinstance(position, int | Decimal) else None
    if index is None or index == 0 or abs(index) > len(items):
        warnings.append(("argument", "there is no item at that position"))
        return None
    return items[index - 1 if index > 0 else index]
