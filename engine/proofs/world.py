"""What a pack's formulas speak of: signals, parameters and the date, as variables that range over all they may be.

Every signal is a value of its declared type, range and values, and a formula that says it is missing; the date is any
date; a parameter is the constant that is in force on it, unknown before its first day.

`facts` always hold. What numbers that were left free really are is said apart and may be asserted later: `definitions` of
dates and `rounded_sums` without a product of unknowns, `products` and `rounded_products` with. Leaving them out can only
lose a proof, never make a false one. `unrounded_sums` and `unrounded_products` stand in for the rounded ones and say more
than is so, that nothing is rounded: they help to find inputs and prove nothing. Each world has a solver context of its own
and belongs to one thread.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import z3

from engine.feel.types import FeelType
from engine.feel.values import YearsMonths
from engine.pack.limits import MAX_NUMBER_DIGITS, MAX_NUMBER_EXPONENT
from engine.pack.model import Constant, Parameter, SignalSpec
from engine.pack.names import signal_type
from engine.pack.typed import Typed
from engine.proofs.terms import (
    LARGEST,
    PRECISION,
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
    neg,
    pick,
    rational,
    settled,
)
from engine.proofs.texts import Texts
from engine.proofs.thresholds import Scaled

DAYS: Final = "days and time duration"
MONTHS: Final = "years and months duration"
WIDE: Final = Grid(MAX_NUMBER_EXPONENT + MAX_NUMBER_DIGITS, MAX_NUMBER_EXPONENT + 1)
"""Any number that a caller may post."""

_SORTS: Final = {"number": "Real", "string": "Real", "date": "Int", DAYS: "Real", MONTHS: "Int"}
"""The sort of the terms of each kind."""

_DAY: Final = timedelta(days=1)
_VANISHING: Final = Fraction(1, 10**300)  # far over what decimal128 rounds to nothing
_ROUNDING: Final = Fraction(1, 10 ** (PRECISION - 1))


class World:
    """The variables of one pack and what holds of them."""

    def __init__(self, typed: Typed) -> None:
        self.typed = typed
        self.context = z3.Context()
        self.facts: list[Formula] = []
        self.definitions: list[Formula] = []
        self.products: list[Formula] = []
        self.rounded_sums: list[Formula] = []
        self.rounded_products: list[Formula] = []
        self.unrounded_sums: list[Formula] = []
        self.unrounded_products: list[Formula] = []
        self.linear: set[int] = set()
        self.origins: dict[int, object] = {}
        self.dated: list[tuple[Term, Any]] = []
        self.dates: list[date] = []
        self.texts = Texts()
        self._count = 0
        self.signals: dict[str, Value] = {}
        self._parameters: dict[str, Value] = {}
        self._free: dict[Any, Value] = {}
        self.defined: dict[Any, Any] = {}
        self._spans: list[tuple[Formula, dict[str, Any]]] | None = None
        self._kept: list[Any] = []
        day = z3.Int("as_of", self.context)
        self.facts.append(z3.And(day >= 1, day <= date.max.toordinal()))
        self.as_of = Scalar("date", day)

    @property
    def left_open(self) -> int:
        """How many values were left free, or defined by products of unknowns, so far."""
        return len(self._free) + len(self.unrounded_products)

    # -- variables

    def fresh(self, kind: str, hint: str) -> Term:
        """A new variable: `Bool`, `Int` or `Real`."""
        self._count += 1
        make: Callable[..., Term] = getattr(z3, kind)
        return make(f"{hint}#{self._count}", self.context)

    def real(self, value: object) -> Term:
        """A rational constant."""
        return z3.RealVal(str(rational(value)), self.context)

    def whole(self, value: int) -> Term:
        """An integer constant."""
        return z3.IntVal(value, self.context)

    def free(self, key: object, make: Callable[[], Value], *kept: object) -> Value:
        """The one free value of a key; `kept` are objects whose identity is part of the key."""
        found = self._free.get(key)
        if found is None:
            found = self._free[key] = make()
            self._kept.extend(kept)
        return found

    def any_value(self, kind: str, hint: str, null: Formula | None = None) -> Value:
        """A free value of a kind; `null` says when it is null, where that is known."""
        absent = self.fresh("Bool", f"{hint}?") if null is None else null
        if kind == "boolean":
            return self.any_truth(hint, absent)
        sort = _SORTS.get(kind)
        if sort is None:
            return Opaque(absent, kind)
        grid = Grid(LARGEST, LARGEST) if kind == "number" else Grid(0, 0)
        return Scalar(kind, self.fresh(sort, hint), absent, grid)

    def any_truth(self, hint: str, null: Formula | None = None) -> Truth:
        """A free boolean, null exactly where `null` says so, or anywhere."""
        answer = self.fresh("Bool", hint)
        absent = self.fresh("Bool", f"{hint}?") if null is None else null
        return Truth(both(answer, neg(absent)), both(z3.Not(answer), neg(absent)))

    def once(self, key: object, make: Callable[[], Value]) -> Value:
        """The one value of a key, which is defined and so not free."""
        found: Value | None = self.defined.get(key)
        if found is None:
            found = self.defined[key] = make()
        return found

    def keep(self, *objects: object) -> None:
        """Keep objects alive whose identity is part of a key."""
        self._kept.extend(objects)

    # -- constants

    def constant(self, value: object) -> Value:
        """A Python value of FEEL."""
        if isinstance(value, bool):
            return settled(value)
        if isinstance(value, list | tuple):
            return Items(False, tuple((True, self.constant(item)) for item in value))
        found = self._scalar(value)
        if found is None:
            return Opaque(value is None, "any")
        kind, term, grid = found
        return Scalar(kind, term, False, grid, ((True, value),))

    def _scalar(self, value: object) -> tuple[str, Term, Grid] | None:
        if isinstance(value, int | Decimal):
            return "number", self.real(value), grid_of(value)
        if isinstance(value, str):
            return "string", self.real(self.texts.place(value)), Grid(0, 0)
        if type(value) is date:
            self.dates.append(value)
            return "date", self.whole(value.toordinal()), Grid(0, 0)
        if isinstance(value, timedelta):
            return (
                DAYS,
                self.real(Fraction(value // timedelta(microseconds=1), _DAY // timedelta(microseconds=1))),
                Grid(0, 0),
            )
        if isinstance(value, YearsMonths):
            return MONTHS, self.whole(value.total), Grid(0, 0)
        return None

    # -- signals

    def signal(self, name: str) -> Value:
        """A declared signal, or one that patterns set."""
        found = self.signals.get(name)
        if found is None:
            found, allowed = self.declared(self.typed.signals[name])
            self.signals[name] = found
            self.facts.append(allowed)
        return found

    def declared(self, spec: SignalSpec, null: Formula | None = None) -> tuple[Value, Formula]:
        """A value as a signal or a field of a fact declares it, and what holds of it."""
        value = self.any_value(spec.type, spec.id, null)
        if isinstance(value, Opaque):
            return Opaque(value.null, signal_type(spec).name, spec), True
        if not isinstance(value, Scalar):
            return value, True
        if spec.type == "number":
            value = Scalar("number", value.term, value.null, _signal_grid(spec))
        return value, self._domain(spec, value)

    def _domain(self, spec: SignalSpec, value: Scalar) -> Formula:
        """What a posted value may be; a missing one is whatever suits."""
        allowed: list[Formula] = []
        if spec.values is not None:
            known = [self._scalar(one) for one in spec.values]
            allowed.append(disj(value.term == one[1] for one in known if one is not None))
        for end, low in ((spec.low, True), (spec.high, False)):
            known_end = None if end is None else self._scalar(end)
            if known_end is not None:
                allowed.append(value.term >= known_end[1] if low else value.term <= known_end[1])
        if spec.type == "date":
            allowed.append(z3.And(value.term >= 1, value.term <= date.max.toordinal()))
        return conj(allowed)

    def generic(self, spec: FeelType, hint: str) -> Value:
        """Any value of a type: what an item of a list may be."""
        if spec.name == "context" and spec.fields is not None:
            fields = {name: self.generic(kind, f"{hint}.{name}") for name, kind in spec.fields}
            return Fields(False, fields)
        return self.any_value(spec.name, hint)

    # -- parameters

    def parameter(self, name: str) -> Value:
        """The constant in force on the date; null before its first day."""
        found = self._parameters.get(name)
        if found is None:
            found = self._parameters[name] = self._parameter(self.typed.source.parameters[name])
        return found

    def in_force(self, start: date, end: date | None) -> Formula:
        """Whether the date lies in a span; `end` is the first day after it."""
        day = self.as_of.term
        after = True if start <= date.min else day >= start.toordinal()
        return both(after, True if end is None else day < end.toordinal())

    def spans(self) -> list[tuple[Formula, dict[str, Any]]]:
        """Every span of dates between changes of parameters, with the constants in force in it (None before the first)."""
        if self._spans is None:
            parameters = self.typed.source.parameters
            starts = sorted({value.start for one in parameters.values() for value in one.values} | {date.min})
            ends: list[date | None] = [*starts[1:], None]
            self._spans = []
            for start, end in zip(starts, ends, strict=True):
                in_force = {name: one.in_force(start) for name, one in parameters.items()}
                constants = {name: None if value is None else _plain(value.value) for name, value in in_force.items()}
                self._spans.append((self.in_force(start, end), constants))
        return self._spans

    def _parameter(self, parameter: Parameter) -> Value:
        values = parameter.values
        if not values:
            return Opaque(True)
        ends: list[date | None] = [*(value.start for value in values[1:]), None]
        spans = [self.in_force(value.start, end) for value, end in zip(values, ends, strict=True)]
        absent = neg(self.in_force(values[0].start, None))
        constants = [self.constant(_plain(value.value)) for value in values]
        if all(isinstance(one, Items) for one in constants):
            items = [
                (both(span, guard), item)
                for span, one in zip(spans, constants, strict=True)
                if isinstance(one, Items)
                for guard, item in one.items
            ]
            return Items(absent, tuple(items))
        if all(isinstance(one, Truth) for one in constants):
            truths = [one for one in constants if isinstance(one, Truth)]
            yes = disj(both(span, one.yes) for span, one in zip(spans, truths, strict=True))
            return Truth(yes, both(neg(yes), neg(absent)))
        scalars = [one for one in constants if isinstance(one, Scalar)]
        if len(scalars) < len(constants) or len({one.kind for one in scalars}) > 1:
            return Opaque(either(absent, self.fresh("Bool", f"{parameter.id}?")))
        return self._dated(scalars, spans, absent)

    @staticmethod
    def _dated(scalars: list[Scalar], spans: list[Formula], absent: Formula) -> Scalar:
        term, grid = scalars[-1].term, scalars[-1].grid
        for one, span in zip(reversed(scalars[:-1]), reversed(spans[:-1]), strict=True):
            term, grid = pick(span, one.term, term), grid.join(one.grid)
        options = tuple((span, one.options[0][1]) for one, span in zip(scalars, spans, strict=True))
        return Scalar(scalars[0].kind, term, absent, grid, options)

    # -- rounding

    def lost(self, term: Term) -> Formula:
        """Whether a number that may be too large for decimal128 is."""
        found = self.once(("lost", term.get_id()), lambda: Truth(self.fresh("Bool", "too large"), False))
        assert isinstance(found, Truth)
        if ("lost exactly", term.get_id()) not in self.defined:
            self.defined["lost exactly", term.get_id()] = True
            self.unrounded_sums.append(neg(found.yes))
        return found.yes

    def bucket(self, term: Term) -> list[Formula]:
        """Where what is said of a rounded number belongs."""
        return self.rounded_sums if term.get_id() in self.linear else self.rounded_products

    def rounded(self, exact: Term, grid: Grid, null: Formula, hint: str, origin: object = None) -> Scalar:
        """A number that decimal128 may have rounded: free, until its definition is asserted.

        `origin` says how it came about where that is more than a sum of terms.
        """
        term = self.fresh("Real", hint)
        self.origins[term.get_id()] = origin
        linear = origin is None or isinstance(origin, Scaled)
        error = self.real(_ROUNDING)
        tiny = self.real(0 if grid.safe else _VANISHING)
        if linear:
            self.linear.add(term.get_id())
        (self.unrounded_sums if linear else self.unrounded_products).append(term == exact)
        size = z3.If(exact >= 0, exact, -exact) * error + tiny
        self.bucket(term).append(z3.And(term >= exact - size, term <= exact + size))
        return Scalar("number", term, null, grid, before=exact)


def grid_of(value: int | Decimal) -> Grid:
    """The grid of a constant."""
    if isinstance(value, int):
        return Grid(0, len(str(abs(value))))
    exponent = int(value.normalize().as_tuple().exponent) if value else 0
    return Grid(max(0, -exponent), max(0, value.adjusted() + 1))


def _signal_grid(spec: SignalSpec) -> Grid:
    ends = [end for end in (spec.low, spec.high) if isinstance(end, int | Decimal) and not isinstance(end, bool)]
    if spec.values and all(isinstance(one, int | Decimal) for one in spec.values):
        ends = [one for one in spec.values if isinstance(one, int | Decimal)]
        places = max(grid_of(end).places for end in ends)
        return Grid(places, max(grid_of(end).digits for end in ends))
    if len(ends) < 2:
        return WIDE
    return Grid(WIDE.places, max(grid_of(end).digits for end in ends) + 1)


def _plain(value: Constant) -> Any:
    return list(value) if isinstance(value, tuple) else value
