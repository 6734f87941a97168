"""Arithmetic in formulas: `+ - * / **` on numbers, dates and durations.

Sums of numbers that decimal128 holds exactly are sums here. Whatever may be rounded, products of two unknowns and
quotients are left free and defined apart (`World.definitions`). A division warns and is null where its divisor is zero.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import z3

from engine.feel import nodes
from engine.feel.operators import arithmetic as runtime
from engine.proofs import calendar
from engine.proofs.terms import (
    NOTHING,
    Formula,
    Grid,
    Nothing,
    Scalar,
    Term,
    Truth,
    Value,
    both,
    either,
    neg,
    pick,
    rational,
)
from engine.proofs.thresholds import Quotient, Scaled
from engine.proofs.translate import Translator, translates
from engine.proofs.world import DAYS, MONTHS

_DAY: Final = timedelta(days=1)
_NONLINEAR: Final = "a product of unknowns"
_MAX_POWER: Final = 8
"""Exponents that are written out as products."""


@translates(nodes.Arithmetic)
def arithmetic(translator: Translator, node: nodes.Arithmetic) -> Value:
    """`+ - * / **`."""
    left = translator.value(node.left)
    right = translator.value(node.right)
    if isinstance(left, Nothing) or isinstance(right, Nothing):
        return NOTHING
    if isinstance(left, Scalar) and isinstance(right, Scalar):
        if left.constant is not None and right.constant is not None:
            warnings: list[tuple[str, str]] = []
            found = runtime.calculate(node.operator, left.constant, right.constant, warnings)
            return translator.opaque(node) if warnings else translator.world.constant(found)
        kinds = (node.operator, left.kind, right.kind)
        if left.kind == right.kind == "number":
            return number(translator, node.operator, left, right, node)
        found_value = _temporal(translator, kinds, left, right)
        if found_value is not None:
            return found_value
        if kinds == ("+", "string", "string"):
            return translator.opaque(node, "string", either(left.null, right.null), warns=False)
    return translator.opaque(node)


def number(translator: Translator, operator: str, left: Scalar, right: Scalar, node: nodes.Node | None = None) -> Value:
    """Arithmetic of two numbers; `node` is the text it stands for."""
    null = either(left.null, right.null)
    if operator == "+":
        return added(translator, left, right)
    if operator == "-":
        return _result(translator, left.term - right.term, _sum_grid(left, right), null)
    if operator == "*":
        grid = Grid(left.grid.places + right.grid.places, left.grid.digits + right.grid.digits)
        return _result(translator, product(left, right), grid, null, origin=_product_of(left, right))
    if operator == "/":
        return _quotient(translator, left, right)
    return _power(translator, left, right, node)


def added(translator: Translator, left: Scalar, right: Scalar) -> Scalar:
    """The sum of two numbers."""
    return _result(translator, left.term + right.term, _sum_grid(left, right), either(left.null, right.null))


def _sum_grid(left: Scalar, right: Scalar) -> Grid:
    return Grid(max(left.grid.places, right.grid.places), max(left.grid.digits, right.grid.digits) + 1)


def _result(translator: Translator, term: Term, grid: Grid, null: Formula, *, origin: object = None) -> Scalar:
    """A number by its exact term: itself where it cannot have been rounded."""
    if grid.exact and (origin is None or isinstance(origin, Scaled)):
        return Scalar("number", term, null, grid)
    world = translator.world
    # The same exact value is rounded the same way wherever it stands.
    world.keep(term)
    if not grid.safe:
        lost = world.lost(term)
        translator.warn(both(neg(null), lost))
        null, grid = either(null, lost), grid.clamped
    found = world.once(
        ("rounded", term.get_id(), _id(null)), lambda: world.rounded(term, grid, null, "rounded", origin)
    )
    assert isinstance(found, Scalar)
    return found


def _id(null: Formula) -> object:
    return null if isinstance(null, bool) else null.get_id()


def _product_of(left: Scalar, right: Scalar) -> object:
    """How a product came about: by a constant, by one of several, or of two unknowns."""
    for constants, other in ((left, right), (right, left)):
        if constants.constant is not None:
            return Scaled(other, rational(constants.constant))
        if constants.options:
            return None
    return _NONLINEAR


def product(left: Scalar, right: Scalar) -> Term:
    """A product: linear where one factor is one of a few constants."""
    for constants, other in ((left, right), (right, left)):
        if constants.options:
            found = _scaled(other.term, constants.options[-1][1])
            for when, value in reversed(constants.options[:-1]):
                found = pick(when, _scaled(other.term, value), found)
            return found
    return left.term * right.term


def _scaled(term: Term, factor: object) -> Term:
    return term * z3.RealVal(str(rational(factor)), term.ctx)


def _quotient(translator: Translator, left: Scalar, right: Scalar) -> Value:
    null = either(left.null, right.null)
    zeros = [when for when, value in right.options if value == 0]
    zero = either(*zeros) if right.options else right.term == 0
    translator.warn(both(neg(null), zero))
    grid = Grid(left.grid.places + right.grid.digits + 35, left.grid.digits + right.grid.places + 1)
    origin: object = Quotient(left.term, right.term)
    if right.options and all(value != 0 for _, value in right.options):
        origin = Scaled(left, 1 / rational(right.constant)) if right.constant else None
        exact = _scaled(left.term, 1 / rational(right.options[-1][1]))
        for when, value in reversed(right.options[:-1]):
            exact = pick(when, _scaled(left.term, 1 / rational(value)), exact)
    else:
        exact = left.term / right.term
    return _result(translator, exact, grid, either(null, zero), origin=origin)


def _power(translator: Translator, left: Scalar, right: Scalar, node: nodes.Node | None) -> Value:
    exponent = right.constant
    if isinstance(exponent, int) and 1 <= exponent <= _MAX_POWER:
        term, grid = left.term, left.grid
        for _ in range(exponent - 1):
            term = term * left.term
            grid = Grid(grid.places + left.grid.places, grid.digits + left.grid.digits)
        return _result(translator, term, grid, left.null, origin=None if exponent == 1 else _NONLINEAR)
    return _unbounded(translator, node)


def _unbounded(translator: Translator, node: nodes.Node | None) -> Value:
    """A number of which nothing is known, that may warn."""
    if node is not None:
        return translator.opaque(node, "number")
    translator.warn(translator.world.fresh("Bool", "number!"))
    return translator.world.any_value("number", "number")


# -- dates and durations


def _temporal(translator: Translator, kinds: tuple[str, str, str], left: Scalar, right: Scalar) -> Value | None:
    null = either(left.null, right.null)
    operator, one, other = kinds
    if kinds == ("-", "date", "date"):
        return Scalar(DAYS, z3.ToReal(left.term - right.term), null, Grid(0, 12))
    if operator in {"+", "-"} and one == other and one in {DAYS, MONTHS}:
        grid = Grid(max(left.grid.places, right.grid.places), 12)
        return Scalar(one, left.term + right.term if operator == "+" else left.term - right.term, null, grid)
    if operator in {"+", "-"} and one == "date" and other in {DAYS, MONTHS}:
        return _moved(translator, operator, left, right)
    if operator == "+" and other == "date" and one in {DAYS, MONTHS}:
        return _moved(translator, operator, right, left)
    if operator == "/" and one == other and one in {DAYS, MONTHS}:
        return _ratio(translator, left, right)
    return None


def _moved(translator: Translator, operator: str, day: Scalar, length: Scalar) -> Value:
    null = either(day.null, length.null)
    term = length.term if operator == "+" else -length.term
    if length.constant is None:  # a move that is not written out might leave the calendar
        world = translator.world
        world.keep(day.term, term)
        left = world.free(("left", day.term.get_id(), term.get_id()), lambda: Truth(world.fresh("Bool", "left"), False))
        assert isinstance(left, Truth)
        translator.warn(both(neg(null), left.yes))
        null = either(null, left.yes)
    if length.kind == MONTHS:
        return Scalar("date", calendar.moved(translator.world, day, term), null)
    return Scalar("date", z3.ToInt(z3.ToReal(day.term) + term), null)


def _ratio(translator: Translator, left: Scalar, right: Scalar) -> Value:
    """How often one duration goes into another; whole days by one day are exact."""
    null = either(left.null, right.null)
    mine, theirs = (z3.ToReal(one.term) if one.kind == MONTHS else one.term for one in (left, right))
    world = translator.world
    if left.kind == DAYS and right.constant == _DAY and _in_whole_days(left):
        return Scalar("number", left.term, null, Grid(0, 12))
    zero = False if right.constant is not None and bool(right.constant) else theirs == 0
    translator.warn(both(neg(null), zero))
    world.keep(mine, theirs)
    origin = None if right.constant is not None else Quotient(mine, theirs)
    exact = mine / theirs
    key = ("ratio", mine.get_id(), theirs.get_id(), _id(null))
    return world.once(key, lambda: world.rounded(exact, Grid(60, 30), either(null, zero), "ratio", origin))


def _in_whole_days(length: Scalar) -> bool:
    return length.grid.digits == 12 and length.grid.places == 0
