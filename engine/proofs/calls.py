"""Calls and properties in formulas: the built-ins that rules use, and the parts of dates and durations.

A built-in that is not here is a free value of its result's type: null where an argument is, and with a warning.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import z3

from engine.feel import nodes
from engine.feel.builtins import FUNCTIONS
from engine.feel.runtime.access import call_builtin
from engine.proofs import calendar
from engine.proofs.arithmetic import added
from engine.proofs.comparing import equal
from engine.proofs.terms import (
    Fields,
    Formula,
    Grid,
    Items,
    Opaque,
    Scalar,
    Term,
    Truth,
    Value,
    both,
    conj,
    disj,
    either,
    inverted,
    known_if,
    neg,
    pick,
    settled,
)
from engine.proofs.translate import Translator, dotted, guarded, translates
from engine.proofs.world import DAYS, MONTHS

_TOTAL: Final = {
    "starts with": ("boolean", 2),
    "ends with": ("boolean", 2),
    "contains": ("boolean", 2),
    "upper case": ("string", 1),
    "lower case": ("string", 1),
    "string length": ("number", 1),
}
"""Functions of strings that always have a value, their result and how many strings they take."""


@translates(nodes.Path)
def path(translator: Translator, node: nodes.Path) -> Value:
    """`base.member`; a dotted name wins over a path of the same letters."""
    named = translator.resolve(dotted(node) or "")
    if named is not None:
        return named
    return _member(translator, node, translator.value(node.base), node.member)


def _member(translator: Translator, node: nodes.Path, base: Value, member: str) -> Value:
    if isinstance(base, Fields) and member in base.fields:
        return guarded(neg(base.null), base.fields[member])
    if isinstance(base, Items) and all(isinstance(item, Fields) and member in item.fields for _, item in base.items):
        items = ((guard, _member(translator, node, item, member)) for guard, item in base.items)
        return Items(base.null, tuple(items))
    if isinstance(base, Scalar):
        found = _property(translator, base, member)
        if found is not None:
            return Scalar("number", z3.ToReal(found), base.null, Grid(0, 12))
    return translator.opaque(node)


def _property(translator: Translator, base: Scalar, member: str) -> Term | None:
    if base.kind == "date" and member in {"year", "month", "day"}:
        parts = calendar.parts_of(translator.world, base.term)
        return {"year": parts.month / 12, "month": parts.month % 12 + 1, "day": parts.day}[member]
    if base.kind == "date" and member == "weekday":
        return (base.term - 1) % 7 + 1
    if base.kind == MONTHS and member in {"years", "months"}:
        years = calendar.years(base.term)
        return years if member == "years" else base.term - 12 * years
    if base.kind == DAYS and member == "days":
        return z3.If(base.term >= 0, z3.ToInt(base.term), -z3.ToInt(-base.term))
    return None


@translates(nodes.Call)
def call(translator: Translator, node: nodes.Call) -> Value:
    """A built-in by its name."""
    named = node.function.name if isinstance(node.function, nodes.Name) else ""
    function = FUNCTIONS.get(named)
    if function is None or translator.resolve(named) is not None:
        return translator.opaque(node)
    arguments = _arguments(node)
    if arguments is None:
        return translator.opaque(node)
    values = [translator.value(argument) for argument in arguments]
    folded = _fold(translator, named, values)
    if folded is not None:
        return folded
    known = _KNOWN.get(named)
    found = None if known is None else known(translator, node, values)
    if found is not None:
        return found
    total = _TOTAL.get(named)
    if total and len(values) == total[1] and all(isinstance(one, Scalar) and one.kind == "string" for one in values):
        return _of_strings(translator, node, total[0], values)
    return translator.opaque(node, _result(named, values))


def _arguments(node: nodes.Call) -> tuple[nodes.Node, ...] | None:
    """The arguments by position; None where the names are not those of a signature."""
    if node.names is None:
        return node.arguments
    assert isinstance(node.function, nodes.Name)
    signature = FUNCTIONS[node.function.name].named(node.names)
    if signature is None:
        return None
    given = dict(zip(node.names, node.arguments, strict=True))
    return tuple(given[one.name] for one in signature.parameters if one.name in given)


def _fold(translator: Translator, named: str, values: list[Value]) -> Value | None:
    constants = [value.constant for value in values if isinstance(value, Scalar)]
    if not values or len(constants) < len(values) or any(one is None for one in constants):
        return None
    warnings: list[tuple[str, str]] = []
    found = call_builtin(FUNCTIONS[named], constants, warnings)
    if warnings or found is None:
        return None
    value = translator.world.constant(found)
    return None if isinstance(value, Opaque) else value


def _result(named: str, values: list[Value]) -> str:
    """The kind of a built-in's result, where its table names one."""
    kinds = {getattr(one.result, "name", "any") for one in FUNCTIONS[named].signatures}
    del values
    found = kinds.pop() if len(kinds) == 1 else "any"
    return "any" if found in {"list", "context", "range", "function", "null"} else found


def _of_strings(translator: Translator, node: nodes.Call, kind: str, values: list[Value]) -> Value:
    null = disj(value.null for value in values)
    found = translator.opaque(node, kind, null, warns=False)
    if kind == "number" and isinstance(found, Scalar):
        translator.world.facts.append(z3.And(found.term >= 0, z3.IsInt(found.term)))
        return Scalar(kind, found.term, found.null, Grid(0, 7))
    return found


# -- one by one


def _not(translator: Translator, node: nodes.Call, values: list[Value]) -> Value | None:
    del node
    return inverted(translator.truth(values[0])) if len(values) == 1 else None


def _numbers(values: list[Value]) -> list[tuple[Formula, Scalar]] | None:
    """The numbers of a list, or given one by one; None where something else is among them."""
    given: list[tuple[Formula, Value]] = [(True, value) for value in values]
    if len(values) == 1 and isinstance(values[0], Items):
        given = list(values[0].items)
    found = [(guard, one) for guard, one in given if isinstance(one, Scalar) and one.kind == "number"]
    return found if len(found) == len(given) else None


def _absent(values: list[Value], items: list[tuple[Formula, Scalar]]) -> Formula:
    whole = values[0].null if len(values) == 1 else False
    return either(whole, *(both(guard, one.null) for guard, one in items))


def _extreme(sign: int) -> Callable[[Translator, nodes.Call, list[Value]], Value | None]:
    def extreme(translator: Translator, node: nodes.Call, values: list[Value]) -> Value | None:
        del node
        items = _numbers(values)
        if not items:
            return None
        null = _absent(values, items)
        empty = conj(neg(guard) for guard, _ in items)
        translator.warn(both(neg(null), empty))
        seen, term, grid = items[0][0], items[0][1].term, items[0][1].grid
        for guard, one in items[1:]:
            ahead = one.term < term if sign < 0 else one.term > term
            term = pick(both(guard, either(neg(seen), ahead)), one.term, term)
            seen, grid = either(seen, guard), grid.join(one.grid)
        return Scalar(
            "number",
            term,
            either(null, empty),
            grid,
            (),
            None,
            tuple(leaf for _, one in items for leaf in one.leaves()),
        )

    return extreme


def _sum(translator: Translator, node: nodes.Call, values: list[Value]) -> Value | None:
    del node
    items = _numbers(values)
    if not items:
        return None
    null = _absent(values, items)
    empty = conj(neg(guard) for guard, _ in items)
    translator.warn(both(neg(null), empty))
    zero = translator.world.real(0)
    found = Scalar("number", zero, False)
    for guard, one in items:
        found = added(translator, found, Scalar("number", pick(guard, one.term, zero), False, one.grid))
    return Scalar("number", found.term, either(null, empty), found.grid, (), found.before, found.among)


def _count(translator: Translator, node: nodes.Call, values: list[Value]) -> Value | None:
    if len(values) != 1:
        return None
    if isinstance(values[0], Items):
        world = translator.world
        total = world.real(0)
        for guard, _ in values[0].items:
            total = total + pick(guard, world.real(1), world.real(0))
        return Scalar("number", total, values[0].null, Grid(0, 6))
    if isinstance(values[0], Opaque) and values[0].kind == "list":
        found = translator.opaque(node, "number", values[0].null, warns=False)
        assert isinstance(found, Scalar)
        translator.world.facts.append(z3.And(found.term >= 0, z3.IsInt(found.term)))
        return Scalar("number", found.term, found.null, Grid(0, 6))
    return None


def _contains(translator: Translator, node: nodes.Call, values: list[Value]) -> Value | None:
    del node
    if len(values) != 2 or not isinstance(values[0], Items) or not isinstance(values[1], Scalar | Truth):
        return None
    items, element = values[0], values[1]
    if any(item.kind == "any" for _, item in items.items):
        return None  # it might be the element
    quiet = Translator(translator.world, translator.names)
    answers = [both(guard, equal(quiet, item, element).yes) for guard, item in items.items if item.kind == element.kind]
    null = either(items.null, element.null, *(both(guard, item.null) for guard, item in items.items))
    return known_if(neg(null), settled(disj(answers)))


def _abs(translator: Translator, node: nodes.Call, values: list[Value]) -> Value | None:
    del translator, node
    one = values[0] if len(values) == 1 else None
    if not isinstance(one, Scalar) or one.kind not in {"number", DAYS, MONTHS}:
        return None
    return Scalar(one.kind, z3.If(one.term >= 0, one.term, -one.term), one.null, one.grid)


_HALF: Final = 0.5


def _half_even(exact: Term) -> Term:
    low = z3.ToInt(exact)
    rest = exact - z3.ToReal(low)
    up = z3.Or(rest > _HALF, z3.And(rest == _HALF, low % 2 == 1))
    return z3.If(up, low + 1, low)


_ROUNDINGS: Final[dict[str, Callable[[Term], Term]]] = {
    "floor": z3.ToInt,
    "ceiling": lambda exact: -z3.ToInt(-exact),
    "round up": lambda exact: z3.If(exact >= 0, -z3.ToInt(-exact), z3.ToInt(exact)),
    "round down": lambda exact: z3.If(exact >= 0, z3.ToInt(exact), -z3.ToInt(-exact)),
    "round half up": lambda exact: z3.If(exact >= 0, z3.ToInt(exact + _HALF), -z3.ToInt(-exact + _HALF)),
    "round half down": lambda exact: z3.If(exact >= 0, -z3.ToInt(_HALF - exact), z3.ToInt(exact + _HALF)),
    "decimal": _half_even,
    "round": _half_even,
}


def _rounding(named: str) -> Callable[[Translator, nodes.Call, list[Value]], Value | None]:
    def rounding(translator: Translator, node: nodes.Call, values: list[Value]) -> Value | None:
        del node
        one = values[0] if values else None
        scale: Any = 0
        if len(values) == 2:
            scale = values[1].constant if isinstance(values[1], Scalar) else None
        whole = isinstance(scale, int | Decimal) and not isinstance(scale, bool) and scale == int(scale)
        if not isinstance(one, Scalar) or one.kind != "number" or not whole or not 0 <= scale <= 30:
            return None
        factor = translator.world.real(10 ** int(scale))
        term = z3.ToReal(_ROUNDINGS[named](one.term * factor)) / factor
        return Scalar("number", term, one.null, Grid(int(scale), one.grid.digits + 1))

    return rounding


def _months(translator: Translator, node: nodes.Call, values: list[Value]) -> Value | None:
    del node
    dates = [one for one in values if isinstance(one, Scalar) and one.kind == "date"]
    if len(dates) != 2 or len(values) != 2:
        return None
    return calendar.months_between(translator.world, dates[0], dates[1])


_KNOWN: Final[dict[str, Callable[[Translator, nodes.Call, list[Value]], Value | None]]] = {
    "not": _not,
    "min": _extreme(-1),
    "max": _extreme(1),
    "sum": _sum,
    "count": _count,
    "list contains": _contains,
    "abs": _abs,
    "years and months duration": _months,
    **{name: _rounding(name) for name in _ROUNDINGS},
}
