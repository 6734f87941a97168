"""From a solver's model to an input that can be run: signals, facts and a date.

A model of the formulas is a suspicion; only the scalar engine's own run makes it a witness. What the formulas left free
(facts, texts, rounded numbers) is filled in here as well as it can be; the run then says whether it shows what was asked.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import z3

from engine.feel.numbers import CONTEXT
from engine.pack.decision import Decision
from engine.pack.pack import Pack
from engine.pack.problems import SignalError
from engine.proofs.encoding import Encoding
from engine.proofs.facts import facts_for
from engine.proofs.terms import Formula, Opaque, Scalar, Term, Truth, Value

_DIGITS: Final = 30


@dataclass(frozen=True, slots=True)
class Witness:
    """An input and what the engine decides on it."""

    signals: Mapping[str, object]
    as_of: date
    decision: Decision


def run(pack: Pack, signals: Mapping[str, object], as_of: date) -> Witness | None:
    """The engine's decision on an input; None where the pack refuses the signals."""
    try:
        return Witness(signals, as_of, pack.decide(signals, as_of))
    except SignalError:
        return None


class Reader:
    """Reads inputs out of the models of one encoding."""

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        self.world = encoding.world

    def inputs(self, model: Any) -> Iterator[tuple[dict[str, object], date]]:
        """The input of a model; several where facts are to be tried, or days and their parts do not agree yet."""
        yield from self._inputs(model, by_parts=False)
        if self.world.dated:
            yield from self._inputs(model, by_parts=True)

    def _inputs(self, model: Any, *, by_parts: bool) -> Iterator[tuple[dict[str, object], date]]:
        as_of = self._date(model, self.world.as_of.term, by_parts=by_parts)
        signals: dict[str, object] = {}
        texts: dict[Fraction, str] = {}
        lists: list[str] = []
        for name, value in self.world.signals.items():
            if _true(model, value.null):
                continue
            if isinstance(value, Opaque) and self.encoding.typed.signals[name].type == "list":
                lists.append(name)
            elif isinstance(value, Opaque):
                signals |= self._from_a_case(name)
            else:
                signals[name] = self.plain(model, value, texts, by_parts=by_parts)
        wanted = [self._wanted(model, one) for one in self.encoding.patterns]
        for facts in facts_for(self.encoding, wanted, as_of, lists):
            yield signals | facts, as_of

    def _from_a_case(self, name: str) -> dict[str, object]:
        """A value of a kind that has no form as formulas, such as a date and time: one of the pack's own cases, if any."""
        cases = self.encoding.typed.source.cases
        return next(({name: case.signals[name]} for case in cases if case.signals.get(name) is not None), {})

    @staticmethod
    def _wanted(model: Any, answer: Truth) -> bool | None:
        return True if _true(model, answer.yes) else False if _true(model, answer.no) else None

    def _date(self, model: Any, day: Term, *, by_parts: bool) -> date:
        parts = self.world.defined.get(("parts", day.get_id())) if by_parts else None
        if parts is None:
            return date.fromordinal(model.eval(day, model_completion=True).as_long())
        month, of_month = (model.eval(one, model_completion=True).as_long() for one in parts)
        year = min(max(month // 12, 1), 9999)
        return date(year, month % 12 + 1, min(of_month, monthrange(year, month % 12 + 1)[1]))

    def plain(self, model: Any, value: Value, texts: dict[Fraction, str], *, by_parts: bool = False) -> object:
        """A value that is not null, as Python."""
        if isinstance(value, Truth):
            return _true(model, value.yes)
        assert isinstance(value, Scalar)
        found = model.eval(value.term, model_completion=True)
        if value.kind == "date":
            return self._date(model, value.term, by_parts=by_parts)
        exact = _fraction(found)
        if value.kind == "string":
            text = texts[exact] = self.world.texts.text_at(exact, texts)
            return text
        return _number(exact)


def _true(model: Any, formula: Formula) -> bool:
    if isinstance(formula, bool):
        return formula
    return bool(z3.is_true(model.eval(formula, model_completion=True)))


def _fraction(found: Any) -> Fraction:
    if z3.is_algebraic_value(found):
        found = found.approx(_DIGITS)
    return Fraction(found.numerator_as_long(), found.denominator_as_long())


def _number(exact: Fraction) -> int | Decimal:
    if exact.denominator == 1 and abs(exact) < 10**_DIGITS:
        return int(exact)
    return CONTEXT.divide(Decimal(exact.numerator), Decimal(exact.denominator))
