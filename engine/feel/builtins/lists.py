"""Built-in functions on lists. Positions count from 1, or from the end when negative."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import cmp_to_key
from typing import Any, Final

from engine.feel import limits
from engine.feel.builtins.table import Builtin, Table
from engine.feel.conform import conform
from engine.feel.failure import Failure
from engine.feel.numbers import CONTEXT, Number, to_int, truncate
from engine.feel.operators.arithmetic import number_add, number_divide, number_multiply
from engine.feel.operators.comparison import order, same
from engine.feel.operators.logic import every, some
from engine.feel.size import measure
from engine.feel.types import ANY, BOOLEAN, LIST, NUMBER, FeelType, join, list_of
from engine.feel.values import FeelFunction

TABLE: Final = Table()
Items = list[Any]


def _element(*given: FeelType) -> FeelType:
    """What a list, or the items given one by one, hold."""
    if len(given) == 1:
        return given[0].element or ANY if given[0].name == "list" else given[0]
    result = given[0]
    for kind in given[1:]:
        result = join(result, kind)
    return result


def _same_list(*given: FeelType) -> FeelType:
    return given[0] if given[0].name == "list" else LIST


def _grown(*given: FeelType) -> FeelType:
    """A list with more items."""
    first = given[0].element or ANY if given[0].name == "list" else given[0]
    for kind in given[1:]:
        first = join(first, kind)
    return list_of(first)


def _joined(*given: FeelType) -> FeelType:
    result = given[0]
    for kind in given[1:]:
        result = join(result, kind)
    return result if result.name == "list" else LIST


def _equal(left: object, right: object) -> bool:
    warnings: list[tuple[str, str]] = []
    found = same(left, right, warnings)
    if found is None and any(code == "limit" for code, _ in warnings):
        raise Failure("limit", "the items are too large to compare")
    return found is True


@TABLE.add("list contains", "list: list, element: any?", BOOLEAN)
def list_contains(items: Items, element: object) -> bool:
    """Whether an item equals the element."""
    return any(_equal(item, element) for item in items)


@TABLE.add("count", "list: list", NUMBER, looks_at_items=False)
def count(items: Items) -> int:
    """How many items a list has, nulls included."""
    return len(items)


def _extreme(items: Items, sign: int) -> object:
    if not items:
        raise Failure("argument", "the list is empty")
    best = items[0]
    for item in items:
        warnings: list[tuple[str, str]] = []
        found = order(item, best, warnings)
        if found is None:
            raise Failure("argument", "the items have no common order")
        if found * sign > 0:
            best = item
    return best


@TABLE.add("min", "list: ...any", _element)
def minimum(items: Items) -> object:
    """The least item."""
    return _extreme(items, -1)


@TABLE.add("max", "list: ...any", _element)
def maximum(items: Items) -> object:
    """The greatest item."""
    return _extreme(items, 1)


def _numbers(items: Items) -> Items:
    if not items:
        raise Failure("argument", "the list is empty")
    if any(item is None for item in items):
        raise Failure("argument", "an item is null")
    return items


@TABLE.add("sum", "list: ...number", NUMBER)
def total(items: Items) -> Number:
    """The sum of numbers."""
    result: Number = 0
    for item in _numbers(items):
        result = number_add(result, item)
    return result


@TABLE.add("product", "list: ...number", NUMBER)
def product(items: Items) -> Number:
    """The product of numbers."""
    result: Number = 1
    for item in _numbers(items):
        result = number_multiply(result, item)
    return result


@TABLE.add("mean", "list: ...number", NUMBER)
def mean(items: Items) -> Number:
    """The arithmetic mean."""
    return number_divide(total(items), len(items))


@TABLE.add("median", "list: ...number", NUMBER)
def median(items: Items) -> Number | None:
    """The middle number, or the mean of the two middle ones."""
    if not items:
        return None
    ranked = sorted(_numbers(items))
    middle = len(ranked) // 2
    if len(ranked) % 2:
        found: Number = ranked[middle]
        return found
    return number_divide(number_add(ranked[middle - 1], ranked[middle]), 2)


@TABLE.add("stddev", "list: ...number", NUMBER)
def standard_deviation(items: Items) -> Number:
    """The standard deviation of a sample: over one less than the count."""
    if len(_numbers(items)) < 2:
        raise Failure("argument", "a deviation needs two numbers")
    centre = mean(items)
    squares: Number = 0
    for item in items:
        gap = CONTEXT.subtract(item, centre)
        squares = number_add(squares, CONTEXT.multiply(gap, gap))
    return CONTEXT.sqrt(Decimal(number_divide(squares, len(items) - 1)))


@TABLE.add("mode", "list: ...number", list_of(NUMBER))
def mode(items: Items) -> Items:
    """The most frequent numbers, ascending."""
    if not items:
        return []
    counts: dict[Number, int] = {}
    for item in _numbers(items):
        counts[item] = counts.get(item, 0) + 1
    most = max(counts.values())
    return sorted(item for item, times in counts.items() if times == most)


def _kleene(items: Items) -> Sequence[object]:
    if any(item is not None and not isinstance(item, bool) for item in items):
        raise Failure("argument", "an item is not a boolean")
    return items


@TABLE.add("all", "list: ...any", BOOLEAN, looks_at_items=False)
def all_true(items: Items) -> bool | None:
    """Kleene's `and` over a list."""
    return every(_kleene(items))


@TABLE.add("any", "list: ...any", BOOLEAN, looks_at_items=False)
def any_true(items: Items) -> bool | None:
    """Kleene's `or` over a list."""
    return some(_kleene(items))


@TABLE.add("sublist", "list: list, start position: number, length?: number", _same_list, looks_at_items=False)
def sublist(items: Items, start: Number, length: Number | None = None) -> Items:
    """Items from a position, so many or to the end."""
    begin = _position(items, start)
    if length is None:
        return items[begin:]
    size = truncate(length)
    if size is None or size < 1 or begin + size > len(items):
        raise Failure("argument", "the length does not fit the list")
    return items[begin : begin + size]


def _position(items: Items, position: Number) -> int:
    index = to_int(position)
    if index is None or index == 0 or abs(index) > len(items):
        raise Failure("argument", "there is no item at that position")
    return index - 1 if index > 0 else len(items) + index


@TABLE.add("append", "list: list, item: *any?", _grown, keeps_items=True)
def append(items: Items, *more: object) -> Items:
    """The list with items more at its end."""
    return _bounded([*items, *more])


@TABLE.add("concatenate", "list: *list", _joined, looks_at_items=False)
def concatenate(*lists: Items) -> Items:
    """Lists one after another."""
    return _bounded([item for one in lists for item in one])


@TABLE.add("union", "list: *list", _joined)
def union(*lists: Items) -> Items:
    """Lists one after another, without duplicates."""
    return distinct_values(concatenate(*lists))


@TABLE.add("insert before", "list: list, position: number, newItem: any?", _same_list, looks_at_items=False)
def insert_before(items: Items, position: Number, item: object) -> Items:
    """The list with an item more before a position."""
    index = _position(items, position)
    return _bounded([*items[:index], item, *items[index:]])


@TABLE.add("remove", "list: list, position: number", _same_list, looks_at_items=False)
def remove(items: Items, position: Number) -> Items:
    """The list without the item at a position."""
    index = _position(items, position)
    return [*items[:index], *items[index + 1 :]]


@TABLE.add("list replace", "list: list, position: number, newItem: any?", _same_list)
def replace_at(items: Items, position: Number, item: object) -> Items:
    """The list with another item at a position."""
    index = _position(items, position)
    return [*items[:index], item, *items[index + 1 :]]


@TABLE.add("list replace", "list: list, match: function, newItem: any?", _same_list)
def replace_matching(items: Items, match: object, item: object) -> Items:
    """The list with another item for each for which `match(item, newItem)` is true."""
    out: Items = []
    for old in items:
        answer = apply(match, [old, item])
        if not isinstance(answer, bool):
            raise Failure("argument", "the function does not give a boolean")
        out.append(item if answer else old)
    return out


@TABLE.add("reverse", "list: list", _same_list, looks_at_items=False)
def reverse(items: Items) -> Items:
    """The list from its end."""
    return items[::-1]


@TABLE.add("index of", "list: list, match: any?", list_of(NUMBER))
def index_of(items: Items, match: object) -> Items:
    """The positions of the items that equal a value."""
    return [position for position, item in enumerate(items, 1) if _equal(item, match)]


@TABLE.add("distinct values", "list: list", _same_list)
def distinct_values(items: Items) -> Items:
    """The list without duplicates, each where it first stands."""
    out: Items = []
    seen: set[tuple[type, object]] = set()
    for item in items:
        if isinstance(item, str | bool | int | Decimal):
            key = (bool if isinstance(item, bool) else str if isinstance(item, str) else int, item)
            if key not in seen:
                seen.add(key)
                out.append(item)
        elif not any(_equal(item, known) for known in out):
            if len(out) > limits.MAX_ITEMS // 100:
                raise Failure("limit", "too many different items to compare")
            out.append(item)
    return out


@TABLE.add("flatten", "list: list", LIST)
def flatten(items: Items) -> Items:
    """All items of nested lists in one list."""
    measure(items)
    out: Items = []
    pending = list(reversed(items))
    while pending:
        item = pending.pop()
        if isinstance(item, list):
            pending.extend(reversed(item))
        else:
            out.append(item)
    return out


@TABLE.add("partition", "list: list, size: number", LIST, looks_at_items=False)
def partition(items: Items, size: Number) -> Items:
    """The list cut into lists of a size, the last perhaps shorter."""
    width = to_int(size)
    if width is None or width < 1:
        raise Failure("argument", "the size is not a positive whole number")
    return [items[start : start + width] for start in range(0, len(items), width)]


@TABLE.add("sort", "list: list, precedes?: function?", _same_list)
def sort(items: Items, precedes: object = None) -> Items:
    """The list in order: by `precedes(a, b)`, or ascending. Equal items keep their order."""
    if len(items) > limits.MAX_ITEMS // 10:
        raise Failure("limit", "the list is too long to sort")

    def compare(left: object, right: object) -> int:
        if precedes is None:
            found = order(left, right, [])
            if found is None:
                raise Failure("argument", "the items have no common order")
            return found
        for first, second, answer in ((left, right, -1), (right, left, 1)):
            before = apply(precedes, [first, second])
            if not isinstance(before, bool):
                raise Failure("argument", "the function does not give a boolean")
            if before:
                return answer
        return 0

    return sorted(items, key=cmp_to_key(compare))


def apply(function: object, arguments: list[object]) -> object:
    """A function value inside a built-in. Raises `Failure`."""
    if isinstance(function, Builtin):
        return function.call(arguments)
    if not isinstance(function, FeelFunction) or len(function.parameters) != len(arguments):
        raise Failure("argument", f"the function does not take {len(arguments)} arguments")
    if function.types:
        arguments = [conform(argument, kind) for argument, kind in zip(arguments, function.types, strict=True)]
    return function.call(*arguments)


def _bounded(items: Items) -> Items:
    if len(items) > limits.MAX_ITEMS:
        raise Failure("limit", f"the list has more than {limits.MAX_ITEMS} items")
    return items
