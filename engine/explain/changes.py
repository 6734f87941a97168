"""What could be different about an applicant: single changes of single signals, each with its distance.

A signal may be declared anew, taken again by the check that gave it, or supplied where it is missing. Who a person is
cannot be changed: signals with personal data, of nationality, birth, sex, standing on a list, and lists of facts are
left alone unless the caller names them; supplying one that is missing is always possible. Values come from the pack's
own thresholds, and for what is computed from a signal from the point where the computed value crosses one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from engine.explain.thresholds import Thresholds
from engine.pack.model import Expr, SignalSpec
from engine.pack.pack import Pack

DECLARED, RETAKEN, SUPPLIED = "declared", "retaken", "supplied"
_IDENTITY: Final = re.compile(
    r"(?:^|[._])(?:nationality|citizenship|birth|gender|sex|name|is_nri|residence|country|deceased)(?:[._]|$)"
)
_SCREENING: Final = re.compile(
    r"(?:^|[._])(?:screening|sanctions?|pep|watchlist|adverse|lists?|misuse|fraud)(?:[._]|$)"
)
_LOWEST_DATE, _HIGHEST_DATE = date(1900, 1, 1), date(2199, 12, 31)
_MAX_STEPS: Final = 10**12  # how far a number is moved, in units of its last digit
_FAR: Final = 1000  # without a declared range a number is moved to this multiple of itself
_WIDE: Final = 100  # a declared range this many times the value says little of what is near
_TYPICAL_YEARS: Final = (-30, 1)  # a missing date of birth or of expiry


@dataclass(frozen=True, slots=True)
class Change:
    """One signal with another value. `distance` is 0 for none, about 1 for another word or a number's whole range."""

    signal: str
    before: Any
    after: Any
    how: str
    distance: float
    gap: int | Decimal | None = None

    @property
    def near(self) -> bool:
        """Whether it moves a number or a date, rather than putting one word for another."""
        return self.gap is not None


@dataclass(frozen=True, slots=True)
class Origins:
    """Where each signal comes from and which may be changed by default."""

    check: Mapping[str, str]
    changeable: frozenset[str]
    sensitive: frozenset[str]

    @staticmethod
    def of(pack: Pack) -> Origins:
        """Read from the checks that provide the signals and from the signals' declarations and names."""
        check = {name: one.id for one in pack.checks.values() for name in one.provides}
        grave = {one.id for one in pack.checks.values() if _SCREENING.search(one.id)}
        sensitive = {
            name
            for name in pack.typed.signals
            if check.get(name) in grave or _SCREENING.search(name) or name.startswith(("facts.", "patterns."))
        }
        changeable = {
            name
            for name, spec in pack.signals.items()
            if not spec.pii
            and spec.type != "list"
            and name not in sensitive
            and (name in check or not _IDENTITY.search(name))  # what a check found can be found anew
        }
        return Origins(check, frozenset(changeable), frozenset(sensitive))

    def how(self, name: str, before: Any) -> str:
        """In which way a signal would come to another value."""
        if before is None:
            return SUPPLIED
        return RETAKEN if name in self.check else DECLARED


class Candidates:
    """The single changes of one decision's signals; `run` gives the value of a decision for other signals."""

    def __init__(
        self,
        pack: Pack,
        values: Mapping[str, Any],
        as_of: date,
        limits: Thresholds,
        run: Callable[[Mapping[str, Any], str], Any],
    ) -> None:
        self.pack = pack
        self.values = values
        self.as_of = as_of
        self.limits = limits
        self.run = run
        self.origins = Origins.of(pack)
        self._derived = _derived(pack)

    def of(self, name: str) -> list[Change]:
        """The changes of one signal, the nearest first; never a value that the signal's declaration refuses."""
        spec, before = self.pack.signals[name], self.values.get(name)
        how = self.origins.how(name, before)
        found = {}
        for value in self._values(name, spec, before):
            if value != before and _admits(spec, value) and repr(value) not in found:
                found[repr(value)] = Change(name, before, value, how, *_distance(spec, before, value))
        return sorted(found.values(), key=lambda one: (one.distance, repr(one.after)))

    def _values(self, name: str, spec: SignalSpec, before: Any) -> Iterator[Any]:
        if spec.values:
            yield from spec.values
        elif spec.type == "boolean":
            yield from (True, False)
        elif spec.type == "list":
            yield []
            if isinstance(before, list):
                yield from (before[:place] + before[place + 1 :] for place in range(min(len(before), 8)))
        elif spec.type == "string":
            yield from (value for value in self.limits.get(name, ()) if isinstance(value, str))
        elif spec.type == "number":
            yield from self._numbers(name, before)
        elif spec.type == "date":
            yield from self._dates(name, before)

    def _numbers(self, name: str, before: Any) -> Iterator[Any]:
        ends = [value for value in self.limits.get(name, ()) if _is_number(value)]
        for end in ends:
            step = min(_unit(end), _unit(before)) if before is not None else _unit(end)
            yield from (end, end - step, end + step)
        if before is not None:
            spec = self.pack.signals[name]
            unit = min([_unit(before), *(_unit(end) for end in ends)])
            low = spec.low if _is_number(spec.low) else min(-_FAR, -_FAR * abs(before))
            high = spec.high if _is_number(spec.high) else max(_FAR, _FAR * abs(before))
            yield from self._crossings(
                name, lambda steps: before + steps * unit, int((low - before) / unit), int((high - before) / unit)
            )
        elif not ends:
            yield from (end for end in (self.pack.signals[name].low, self.pack.signals[name].high) if _is_number(end))

    def _dates(self, name: str, before: Any) -> Iterator[Any]:
        days = (-1, 0, 1)
        ends = [value for value in self.limits.get(name, ()) if isinstance(value, date)]
        for end in ends:
            yield from _moved(end, days)
        if "as_of" in self._companions(name):
            yield from _moved(self.as_of, days)
        if before is None:
            yield from _moved(self.as_of, [365 * years for years in _TYPICAL_YEARS])
            return
        low, high = (_LOWEST_DATE - before).days, (_HIGHEST_DATE - before).days
        yield from self._crossings(name, lambda steps: before + timedelta(days=steps), low, high)

    def _companions(self, name: str) -> set[str]:
        needs = self.pack.typed.needs.values()
        return set().union(*(names for names in needs if name in names))

    def _crossings(self, name: str, at: Callable[[int], Any], low: int, high: int) -> Iterator[Any]:
        """Where a decision computed from the signal crosses one of its thresholds, found by halving; both neighbours.

        The computed value need not be monotonic: a change that does not do what it should is found out when it is run.
        """
        low, high = max(low, -_MAX_STEPS), min(high, _MAX_STEPS)
        for decision in self._derived.get(name, ()):
            here = self._value(decision, name, at(0))
            for end in self.limits.get(decision, ()):
                if not _is_number(end) or not _is_number(here):
                    continue
                for far in (low, high):
                    yield from (at(steps) for steps in self._halved(decision, name, at, far, end) if steps)

    def _halved(
        self, decision: str, name: str, at: Callable[[int], Any], far: int, end: int | Decimal
    ) -> tuple[int, ...]:
        """The steps on both sides of the crossing between here and `far`; none where there is none."""

        def side(steps: int) -> int | None:
            value = self._value(decision, name, at(steps))
            return None if not _is_number(value) else (value > end) - (value < end)

        here, there = side(0), side(far)
        if here is None or there is None or here == there:
            return ()
        near, beyond = 0, far
        while abs(beyond - near) > 1:
            middle = (near + beyond) // 2
            found = side(middle)
            if found is None:
                return ()
            if found == here:
                near = middle
            else:
                beyond = middle
        after = beyond + (1 if far > 0 else -1)
        return (near, beyond, after) if abs(after) <= abs(far) else (near, beyond)

    def _value(self, decision: str, name: str, value: Any) -> Any:
        return self.run({**self.values, name: value}, decision)


def _derived(pack: Pack) -> dict[str, tuple[str, ...]]:
    """For each signal, the decisions that compute a number from it by expressions alone."""
    found: dict[str, list[str]] = {}
    through: dict[str, frozenset[str]] = {}
    for one in pack.typed.decisions:
        if isinstance(one.source.logic, Expr):
            names = pack.typed.needs.get(one.source.id, frozenset())
            signals = frozenset().union(
                *(through.get(name, frozenset()) for name in names), names & pack.signals.keys()
            )
            through[one.source.id] = signals
            for name in sorted(signals):
                found.setdefault(name, []).append(one.source.id)
    return {name: tuple(decisions) for name, decisions in found.items()}


def _moved(day: date, steps: Iterable[int]) -> Iterator[date]:
    """A date some days on; 9999-12-31 often stands for "without end", and nothing lies after it."""
    for step in steps:
        if 1 <= day.toordinal() + step <= date.max.toordinal():
            yield day + timedelta(days=step)


def _admits(spec: SignalSpec, value: Any) -> bool:
    """Whether a value is within the signal's declared limits; the pack itself has the last word."""
    return (spec.low is None or value >= spec.low) and (spec.high is None or value <= spec.high)


def _distance(spec: SignalSpec, before: Any, after: Any) -> tuple[float, int | Decimal | None]:
    """How far a value is moved: of the declared range, else of the value; and the plain gap, in units or days."""
    if _is_number(before) and _is_number(after):
        gap = abs(after - before)
        whole = spec.high - spec.low if _is_number(spec.low) and _is_number(spec.high) else None  # type: ignore[operator]
        own = max(abs(before), abs(after))
        # Counts are measured by themselves, as is what has a range that only says what is no number at all.
        counted = _unit(before) == _unit(after) == 1
        scale = own if whole is None or counted or (own and whole > _WIDE * own) else whole
        return (float(gap / scale) if scale else 1.0), gap
    if isinstance(before, date) and isinstance(after, date):
        days = abs((after - before).days)
        return days / (days + 365), days
    return 1.0, None


def _unit(value: int | Decimal) -> int | Decimal:
    """One in the last written place: 0.60 gives 0.01."""
    exponent = value.as_tuple().exponent if isinstance(value, Decimal) else 0
    return Decimal((0, (1,), exponent)) if isinstance(exponent, int) and exponent < 0 else 1


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


__all__ = ["DECLARED", "RETAKEN", "SUPPLIED", "Candidates", "Change", "Origins"]
