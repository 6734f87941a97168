"""FEEL values as formulas: what an expression is worth for every input at once.

A boolean is the pair of formulas "it is true" and "it is false"; neither holds where it is null, so Kleene's logic is
plain logic over pairs. A number, string, date or duration is a z3 term with the formula that says when it is null. Plain
Python booleans stand for formulas that are settled, so that what the text alone decides never reaches the solver. An
`Opaque` value is one that is not translated: it may be anything of its kind, which can only weaken a proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final, TypeAlias

import z3

Formula: TypeAlias = Any
"""A Python boolean or a z3 boolean; z3 ships no types."""

Term: TypeAlias = Any
"""A z3 number: strings by their place in order, dates by day, durations by days or months."""

PRECISION: Final = 34
"""Digits of FEEL's numbers."""

LARGEST: Final = 6_176
"""Digits on either side of the point that decimal128 reaches at most."""

WIDEST: Final = 6_000
"""Digits on either side of the point beyond which a result may overflow decimal128 or vanish."""


MAX_OPTIONS: Final = 64
"""Constants that a value is kept apart by; beyond them it is a term like others."""


def _joined(make: Callable[..., Any], parts: Sequence[Any]) -> Formula:
    # z3.And and z3.Or look at the sort of every argument again; a pack has tens of thousands of them, all boolean.
    context = parts[0].ctx
    arguments = (z3.Ast * len(parts))(*(part.ast for part in parts))
    return z3.BoolRef(make(context.ref(), len(parts), arguments), context)


def conj(parts: Iterable[Formula]) -> Formula:
    """All of them."""
    open_ = []
    for part in parts:
        if part is False:
            return False
        if part is not True:
            open_.append(part)
    return True if not open_ else open_[0] if len(open_) == 1 else _joined(z3.Z3_mk_and, open_)


def disj(parts: Iterable[Formula]) -> Formula:
    """Any of them."""
    open_ = []
    for part in parts:
        if part is True:
            return True
        if part is not False:
            open_.append(part)
    return False if not open_ else open_[0] if len(open_) == 1 else _joined(z3.Z3_mk_or, open_)


def neg(part: Formula) -> Formula:
    """Not it."""
    if isinstance(part, bool):
        return not part
    return z3.BoolRef(z3.Z3_mk_not(part.ctx.ref(), part.ast), part.ctx)


_RELATIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "=": z3.Z3_mk_eq,
    "<": z3.Z3_mk_lt,
    "<=": z3.Z3_mk_le,
    ">": z3.Z3_mk_gt,
    ">=": z3.Z3_mk_ge,
}


def relation(operator: str, left: Term, right: Term) -> Formula:
    """One term compared with another of the same sort."""
    return z3.BoolRef(_RELATIONS[operator](left.ctx.ref(), left.ast, right.ast), left.ctx)


def both(*parts: Formula) -> Formula:
    """`conj` of these."""
    return conj(parts)


def either(*parts: Formula) -> Formula:
    """`disj` of these."""
    return disj(parts)


def choose(condition: Formula, one: Formula, other: Formula) -> Formula:
    """One formula where the condition holds, else the other."""
    if isinstance(condition, bool):
        return one if condition else other
    return either(both(condition, one), both(neg(condition), other))


def pick(condition: Formula, one: Term, other: Term) -> Term:
    """One term where the condition holds, else the other."""
    if isinstance(condition, bool):
        return one if condition else other
    if one.eq(other):
        return one
    context = condition.ctx
    return z3.ArithRef(z3.Z3_mk_ite(context.ref(), condition.ast, one.ast, other.ast), context)


@dataclass(frozen=True, slots=True)
class Grid:
    """What is known of a number's digits: a multiple of 10**-places, less than 10**digits in size.

    A sum or product that keeps within 34 digits on its grid is exact; any other may have been rounded.
    """

    places: int
    digits: int

    @property
    def exact(self) -> bool:
        """Whether every such number fits decimal128."""
        return self.places + self.digits <= PRECISION

    @property
    def safe(self) -> bool:
        """Whether no such number can overflow decimal128 or be rounded to nothing."""
        return max(self.places, self.digits) <= WIDEST

    @property
    def clamped(self) -> Grid:
        """The grid of what decimal128 can still hold of it."""
        return Grid(min(self.places, LARGEST), min(self.digits, LARGEST))

    def join(self, other: Grid) -> Grid:
        """The grid of a number that lies on one of two."""
        return Grid(max(self.places, other.places), max(self.digits, other.digits))


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """A boolean: when it is true, and when it is false; never both."""

    yes: Formula
    no: Formula
    kind: str = field(default="boolean", init=False)

    @property
    def null(self) -> Formula:
        """When it is null."""
        return neg(either(self.yes, self.no))

    @property
    def maybe(self) -> Formula:
        """When it is not false."""
        return neg(self.no)


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """A number, string, date or duration.

    `options` lists its values with their conditions where they are constants of the pack; `before` is a number's exact
    value where `term` may be rounded; `among` are the numbers that it is one of, where it is chosen by conditions.
    """

    kind: str
    term: Term
    null: Formula = False
    grid: Grid = Grid(0, 0)
    options: tuple[tuple[Formula, Any], ...] = ()
    before: Term | None = None
    among: tuple[Scalar, ...] = ()

    def leaves(self) -> Iterator[Scalar]:
        """The numbers that it is one of, or itself."""
        yield from self.among or (self,)

    @property
    def constant(self) -> Any:
        """The one value it has; None where there are several."""
        return self.options[0][1] if len(self.options) == 1 and self.null is False else None


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """A list whose items are known, each with the condition under which it is in the list."""

    null: Formula
    items: tuple[tuple[Formula, Value], ...]
    kind: str = field(default="list", init=False)


@dataclass(frozen=True, slots=True, eq=False)
class Fields:
    """A context with known entries."""

    null: Formula
    fields: Mapping[str, Value]
    kind: str = field(default="context", init=False)


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """A range as a value; an end of None is unbounded."""

    null: Formula
    low: Value | None
    high: Value | None
    low_closed: bool
    high_closed: bool
    kind: str = field(default="range", init=False)


@dataclass(frozen=True, slots=True, eq=False)
class Opaque:
    """A value that is not translated. `kind` is `any` where even that is not known; `about` describes a signal's items."""

    null: Formula
    kind: str = "any"
    about: Any = None


@dataclass(frozen=True, slots=True, eq=False)
class Nothing:
    """The word `null` itself."""

    null: Formula = True
    kind: str = field(default="null", init=False)


Value: TypeAlias = Truth | Scalar | Items | Fields | Span | Opaque | Nothing

NOTHING: Final = Nothing()
TRUE: Final = Truth(True, False)
UNKNOWN: Final = Truth(False, False)


def every(answers: Iterable[Truth]) -> Truth:
    """Kleene's `and`."""
    known = list(answers)
    return Truth(conj(one.yes for one in known), disj(one.no for one in known))


def some(answers: Iterable[Truth]) -> Truth:
    """Kleene's `or`."""
    known = list(answers)
    return Truth(disj(one.yes for one in known), conj(one.no for one in known))


def inverted(answer: Truth) -> Truth:
    """Kleene's `not`."""
    return Truth(answer.no, answer.yes)


def known_if(condition: Formula, answer: Truth) -> Truth:
    """An answer where the condition holds, else null."""
    return Truth(both(condition, answer.yes), both(condition, answer.no))


def settled(condition: Formula) -> Truth:
    """A boolean that is never null."""
    return Truth(condition, neg(condition))


def merged(condition: Formula, one: Value, other: Value) -> Value | None:
    """One value where the condition holds, else the other; None where they are of kinds that have no common form."""
    if isinstance(condition, bool):
        return one if condition else other
    kinds = {one.kind, other.kind} - {"null"}
    if not kinds:
        return NOTHING
    if kinds == {"boolean"}:
        mine, theirs = (value if isinstance(value, Truth) else UNKNOWN for value in (one, other))
        return Truth(choose(condition, mine.yes, theirs.yes), choose(condition, mine.no, theirs.no))
    null = choose(condition, one.null, other.null)
    scalars = [value for value in (one, other) if isinstance(value, Scalar)]
    if len(kinds) == 1 and all(isinstance(value, Scalar | Nothing) for value in (one, other)):
        return _chosen(condition, scalars[0], scalars[-1], null, whole=len(scalars) == 2)
    if isinstance(one, Fields) and isinstance(other, Fields) and one.fields.keys() == other.fields.keys():
        fields = {key: merged(condition, value, other.fields[key]) for key, value in one.fields.items()}
        known = {key: value for key, value in fields.items() if value is not None}
        return Fields(null, known) if len(known) == len(fields) else None
    return None


def _chosen(condition: Formula, one: Scalar, other: Scalar, null: Formula, *, whole: bool) -> Scalar:
    """One of two scalars; where they are not the `whole` choice, the other half of it is null."""
    options: tuple[tuple[Formula, Any], ...] = ()
    if whole and one.options and other.options and len(one.options) + len(other.options) <= MAX_OPTIONS:
        options = tuple((both(condition, when), value) for when, value in one.options)
        options += tuple((both(neg(condition), when), value) for when, value in other.options)
    term = pick(condition, one.term, other.term)
    rounded = tuple(leaf for number in (one, other) for leaf in number.leaves() if leaf.before is not None)
    return Scalar(one.kind, term, null, one.grid.join(other.grid), options, None, rounded)


def rational(value: Any) -> Fraction:
    """A Python number as a fraction."""
    return Fraction(value)
