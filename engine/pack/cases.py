"""Runs a pack's cases and says, for each that fails, what differed.

`fired`, `not_fired`, `undecided`, `skipped` and `unknown_signals` name what must be among the rules or signals of that
kind; `verdict`, `risk.score`, `risk.category`, `route` (the queue, or null), `route.id` and `customer_reasons` must be equal;
`warnings` lists codes that must appear, and an empty list says there are none. A case that names an unknown rule or
posts refused signals fails with that as its difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.pack.canonical import to_json
from engine.pack.decision import Decision
from engine.pack.model import Case
from engine.pack.pack import Pack
from engine.pack.problems import Place, SignalError, nearest

_STATES = ("fired", "not_fired", "undecided", "skipped")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing a case expected and did not get."""

    key: str
    expected: Any
    got: Any
    place: Place

    def __str__(self) -> str:
        return f"{self.key}: expected {to_json(self.expected)!r}, got {to_json(self.got)!r}"


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How one case went. `decision` is None where the signals were refused."""

    case: Case
    decision: Decision | None
    differences: tuple[Difference, ...]

    @property
    def passed(self) -> bool:
        """Whether everything came out as expected."""
        return not self.differences

    def to_dict(self) -> dict[str, Any]:
        """The result for JSON."""
        return {
            "case": self.case.name,
            "file": self.case.place.file,
            "line": self.case.place.line,
            "passed": self.passed,
            "differences": [
                {"key": one.key, "expected": to_json(one.expected), "got": to_json(one.got)} for one in self.differences
            ],
        }


def run_cases(pack: Pack) -> list[CaseResult]:
    """Decide every case of the pack, in file order."""
    return [run_case(pack, case) for case in pack.source.cases]


def run_case(pack: Pack, case: Case) -> CaseResult:
    """Decide one case and compare."""
    try:
        decision = pack.decide(case.signals, case.as_of)
    except SignalError as error:
        wrong = Difference("signals", "signals the pack accepts", str(error), case.place)
        return CaseResult(case, None, (wrong,))
    found: list[Difference] = []
    for key, expected in case.expect.items():
        place = case.expect_places.get(key, case.place)
        if key in _STATES and isinstance(expected, tuple):
            found += _rules(pack, decision, key, expected, place)
        elif key in {"unknown_signals", "warnings"} and isinstance(expected, tuple):
            found += _among(decision, key, expected, place)
        else:
            got = _value(decision, key)
            wanted = list(expected) if isinstance(expected, tuple) else expected
            if not _equal(wanted, got):
                found.append(Difference(key, wanted, got, place))
    return CaseResult(case, decision, tuple(found))


def _rules(pack: Pack, decision: Decision, state: str, names: tuple[str, ...], place: Place) -> list[Difference]:
    found = []
    states = {outcome.rule.id: outcome.state for outcome in decision.outcomes}
    for name in names:
        if name not in states:
            found.append(Difference(state, name, nearest(name, pack.rules, "no such rule"), place))
        elif states[name] != state:
            found.append(Difference(state, name, f"{name} {states[name]}", place))
    return found


def _among(decision: Decision, key: str, names: tuple[str, ...], place: Place) -> list[Difference]:
    if key == "warnings":
        got = sorted({warned.code for warned in decision.warnings})
        wrong = bool(got) if not names else not set(names) <= set(got)
    else:
        got = sorted({unknown.signal for unknown in decision.unknowns if unknown.signal})
        wrong = not set(names) <= set(got)
    return [Difference(key, list(names), got, place)] if wrong else []


def _value(decision: Decision, key: str) -> Any:
    if key == "verdict":
        return decision.verdict.value
    if key == "risk.score":
        return decision.risk.score
    if key == "risk.category":
        return decision.risk.category
    if key == "route":
        return None if decision.route is None else decision.route.queue
    if key == "route.id":
        return None if decision.route is None else decision.route.id
    return list(decision.customer_reasons)


def _equal(expected: Any, got: Any) -> bool:
    numbers = (int, Decimal)
    if isinstance(expected, numbers) and isinstance(got, numbers):
        return not isinstance(expected, bool) and expected == got
    return type(expected) is type(got) and bool(expected == got)
