"""What rounding cannot change: on which side of a constant a rounded number lies.

Rounding to 34 digits never carries a number past one that decimal128 can hold. So a quotient of unknowns compared with a
constant becomes a linear condition on the two, exact but for the one step to the constant's neighbours; through a
product with a constant it is carried on. Most thresholds on ratios need no more, and no product of unknowns.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal, Inexact
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import z3

from engine.proofs.terms import PRECISION, Scalar, Term

if TYPE_CHECKING:
    from engine.proofs.world import World

_EXACT: Final = Context(prec=PRECISION, Emin=-6143, Emax=6144, traps=[Inexact])


@dataclass(frozen=True, slots=True)
class Quotient:
    """A rounded number that is one term by another."""

    dividend: Term
    divisor: Term


@dataclass(frozen=True, slots=True)
class Scaled:
    """A rounded number that is another times a constant."""

    inner: Scalar
    factor: Fraction


def representable(value: Fraction) -> bool:
    """Whether decimal128 holds a number exactly."""
    try:
        _EXACT.divide(Decimal(value.numerator), Decimal(value.denominator))
    except Inexact:
        return False
    return abs(value.numerator) < 10**PRECISION or value.denominator == 1


def _neighbours(value: Fraction) -> list[Fraction]:
    """A constant and the numbers of 34 digits beside it."""
    if value == 0:
        return [value]
    shown = _EXACT.divide(Decimal(value.numerator), Decimal(value.denominator))
    step = Fraction(Decimal((0, (1,), shown.adjusted() - PRECISION + 1)))
    return [value - step, value, value + step]


def keep_order(world: World, number: Scalar, value: Fraction) -> list[Fraction]:
    """Say on which side of a constant a rounded number lies; the constants for which it was said."""
    key = ("order", number.term.get_id(), value)
    known: list[Fraction] | None = world.defined.get(key)
    if known is not None:
        return known
    world.keep(number.term)
    origin = world.origins.get(number.term.get_id())
    if not representable(value):
        ends = []
    elif isinstance(origin, Scaled) and origin.factor != 0:
        inner = keep_order(world, origin.inner, value / origin.factor)
        ends = sorted({value, *(end * origin.factor for end in inner if representable(end * origin.factor))})
    else:
        ends = _neighbours(value)
    world.defined[key] = ends
    for end in ends:
        _say(world, number, origin, end)
    return ends


def _say(world: World, number: Scalar, origin: object, value: Fraction) -> None:
    end, term = world.real(value), number.term
    if isinstance(origin, Quotient):
        at = origin.divisor * end
        low, high = origin.dividend <= at, origin.dividend >= at
        positive, negative = origin.divisor > 0, origin.divisor < 0
        world.rounded_sums += [
            z3.Implies(z3.Or(z3.And(positive, low), z3.And(negative, high)), term <= end),
            z3.Implies(z3.Or(z3.And(positive, high), z3.And(negative, low)), term >= end),
        ]
    elif number.before is not None:
        world.bucket(term).append(
            z3.And(z3.Implies(number.before <= end, term <= end), z3.Implies(number.before >= end, term >= end))
        )
