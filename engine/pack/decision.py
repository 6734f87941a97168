"""A decision: what the one run found, read when somebody asks.

Holds the tuple that the generated function returned and renders verdict, reasons, unknowns, warnings, route, trace and
digest from it; nothing is evaluated again, so the explanation is that of the answer. Reasons go to officers;
`customer_reasons` holds only what rules say to the applicant in `tell`, or a neutral sentence: never screening,
suspicion or risk category (invariant 11). Every verdict cites a rule (invariant 4): NO_RULE and ON_MISSING are the
engine's own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from engine.pack.canonical import to_json
from engine.pack.digests import ENGINE_VERSION
from engine.pack.emit import Run
from engine.pack.model import Route
from engine.pack.outcomes import Outcome, Part
from engine.pack.problems import Place
from engine.pack.reasons import Reason, weighed
from engine.pack.rules import RuleInfo
from engine.pack.verdict import Verdict

if TYPE_CHECKING:
    from engine.pack.pack import Pack

_NEUTRAL: Final = {
    Verdict.REVIEW: "We need to look at your application more closely before we can go on",
    Verdict.REJECT: "We cannot go on with your application",
}
_WARNINGS: Final = {
    "unique_violation": "more than one rule of a UNIQUE table matched",
    "any_violation": "matching rules of an ANY table differ",
    "null_output": "the outcome of a matching rule has no value",
    "output_outside_values": "the outcome of a rule is none of the listed values",
    "mixed_kinds": "values of different kinds cannot be aggregated",
    "not_a_number": "the sum is too large",
    "no_band": "the input lies in no band",
    "no_value_in_force": "a parameter has no value in force on this date",
    "null_score": "the reported decision has no value",
}


@dataclass(frozen=True, slots=True)
class Risk:
    """The reported score and category; None where the pack reports none or it is unknown."""

    score: int | Decimal | None
    category: str | None


class Unknown(NamedTuple):
    """A signal that an undecided rule needed and that is missing; no signal where the null has another cause."""

    signal: str | None
    rule: str | None
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """The unknown for JSON."""
        return {"signal": self.signal, "rule": self.rule, "reason": self.reason}


class Warned(NamedTuple):
    """A failure that became null, with the rule or decision where it happened."""

    code: str
    rule: str | None
    message: str

    def to_dict(self) -> dict[str, Any]:
        """The warning for JSON."""
        return {"code": self.code, "rule": self.rule, "message": self.message}


class Decision:
    """The result of one run; immutable."""

    def __init__(self, pack: Pack, run: Run, as_of: date, lapsed: tuple[str, ...]) -> None:
        own = self.__dict__  # attributes cannot be set; one by one is quicker than `update`
        own["_pack"], own["_run"], own["as_of"], own["_lapsed"] = pack, run, as_of, lapsed
        own["verdict"] = _VERDICTS[run.verdict]

    as_of: date
    verdict: Verdict
    _pack: Pack
    _run: Run
    _lapsed: tuple[str, ...]

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a decision does not change: {name}")

    def __eq__(self, other: object) -> bool:
        return self.digest == other.digest if isinstance(other, Decision) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"Decision({self.verdict.value}, pack={self._pack.id}, as_of={self.as_of})"

    @property
    def run(self) -> Run:
        """The raw record of the run."""
        return self._run

    # -- what was decided

    @cached_property
    def risk(self) -> Risk:
        """The reported score and category."""
        spec = self._pack.source.verdict
        score, category = (self.value(name) if name else None for name in (spec.score, spec.category))
        number = score if isinstance(score, int | Decimal) and not isinstance(score, bool) else None
        return Risk(number, category if isinstance(category, str) else None)

    def value(self, decision: str) -> Any:
        """The value of a decision of the graph; None where it is unknown. Raises `KeyError` for an unknown name."""
        return self._run.decisions[self._pack.decision_index[decision]]

    @cached_property
    def parts(self) -> list[Part]:
        """The run by table, scorecard, patterns and verdict."""
        return self._pack.outlook.parts(self._run)

    @cached_property
    def outcomes(self) -> tuple[Outcome, ...]:
        """What became of every rule, in pack order."""
        return tuple(chain.from_iterable([part.outcomes for part in self.parts]))

    @cached_property
    def notable(self) -> tuple[Outcome, ...]:
        """The outcomes of the rules that fired, were skipped or are undecided, in pack order."""
        return tuple(chain.from_iterable([part.notable for part in self.parts]))

    def rules(self, state: str) -> tuple[str, ...]:
        """The ids of the rules that are `fired`, `not_fired`, `undecided` or `skipped`."""
        outcomes = self.outcomes if state == "not_fired" else self.notable
        return tuple(outcome.rule.id for outcome in outcomes if outcome.state == state)

    @property
    def fired(self) -> tuple[str, ...]:
        """The ids of the rules that fired."""
        return self.rules("fired")

    @cached_property
    def reasons(self) -> tuple[Reason, ...]:
        """Why: by severity of verdict, then by points, then in pack order."""
        found = [*chain.from_iterable([part.reasons for part in self.parts])]
        last = len(self._pack.rules)
        if not self._run.earned:
            found.append(weighed(Reason("NO_RULE", "No rule gave a verdict", None, Verdict.REVIEW, ()), last))
        if self._run.floored:
            found.append(weighed(Reason("ON_MISSING", self._floor_text(), None, self._pack.on_missing, ()), last + 1))
        found.sort()
        return tuple([reason for _, reason in found])

    def _floor_text(self) -> str:
        names = sorted({unknown.signal for unknown in self.unknowns if unknown.signal})
        if names:
            return f"Not known: {', '.join(names)}"
        return "A rule could not be decided" if self.unknowns else "A value could not be computed"

    @cached_property
    def customer_reasons(self) -> tuple[str, ...]:
        """What the applicant may be told; nothing where the verdict is approve."""
        if self.verdict is Verdict.APPROVE:
            return ()
        told = dict(chain.from_iterable([part.told for part in self.parts]))
        ordered = [told.pop(reason.rule) for reason in self.reasons if reason.rule in told]
        return tuple(dict.fromkeys([*ordered, *told.values()])) or (_NEUTRAL[self.verdict],)

    @cached_property
    def unknowns(self) -> tuple[Unknown, ...]:
        """Every missing signal that an undecided rule needed, with the reason it is missing."""
        reasons = {name: missing.reason.value for name, missing in self._run.missing.items()}
        at_fault = {warned.rule or "" for warned in self.warnings if warned.code in {"null_output", "null_score"}}
        found: list[Unknown] = []
        for outcome in self.notable:
            rule = outcome.rule
            if outcome.state == "undecided" or rule.id in at_fault:
                found += _unknown(rule.id, rule.needs, reasons)
        for name in sorted(rule for rule in at_fault if rule in self._pack.decision_index):
            found += _unknown(name, tuple(sorted(self._pack.reach[name])), reasons)
        return tuple(dict.fromkeys(found))

    @cached_property
    def warnings(self) -> tuple[Warned, ...]:
        """Every failure that became null: of the language, of a table, of a parameter without a value."""
        found = [Warned("no_value_in_force", name, _WARNINGS["no_value_in_force"]) for name in self._lapsed]
        found += [Warned(code, origin, message) for origin, code, message in self._run.warnings]
        for index, (code, row) in self._run.faults:
            found.append(Warned(code, self._pack.fault_rule(index, row), _WARNINGS[code]))
        spec = self._pack.source.verdict
        found += [
            Warned("null_score", name, _WARNINGS["null_score"])
            for name in (spec.score, spec.category)
            if name and self.value(name) is None
        ]
        return tuple(dict.fromkeys(found))

    @cached_property
    def route(self) -> Route | None:
        """Where the case goes; None when the verdict is approve."""
        return self._pack.source.routes[self._run.route] if self._run.route >= 0 else None

    # -- for the record

    @cached_property
    def trace_json(self) -> str:
        """Every rule's outcome, the values compared, decisions and parameters, as JSON; personal data is left out."""
        parameters = self._pack.program.shown_parameters(self.as_of)
        return self._pack.tracer.text(self._run, self.parts, parameters, self.as_of)

    @cached_property
    def trace(self) -> dict[str, Any]:
        """The trace as a dictionary."""
        found: dict[str, Any] = json.loads(self.trace_json)
        return found

    @cached_property
    def digest(self) -> str:
        """SHA-256 over pack digest, engine version, date, signals and everything decided: equal on any machine."""
        route = None if self.route is None else self.route.id
        warned = [(one.code, one.rule) for one in self.warnings]
        return self._pack.digester.digest(self._run, self.as_of, self.parts, route, warned)

    def answer(self) -> dict[str, Any]:
        """The contract's JSON without `trace`, which `trace_json` holds ready; id and reference are null."""
        return {
            "id": None,
            "reference": None,
            "pack": {"id": self._pack.id, "version": self._pack.version, "digest": self._pack.digest},
            "engine_version": ENGINE_VERSION,
            "as_of": self.as_of.isoformat(),
            "verdict": self.verdict.value,
            "risk": {"score": to_json(self.risk.score), "category": self.risk.category},
            "reasons": [reason.to_dict() for reason in self.reasons],
            "customer_reasons": list(self.customer_reasons),
            "unknowns": [unknown.to_dict() for unknown in self.unknowns],
            "warnings": [warned.to_dict() for warned in self.warnings],
            "route": None if self.route is None else route_dict(self.route),
            "digest": self.digest,
        }

    def to_dict(self) -> dict[str, Any]:
        """The decision as the contract's JSON; id and reference are null, for the engine knows neither."""
        return self.answer() | {"trace": self.trace}


_VERDICTS: Final = (None, *Verdict)


def _unknown(rule: str, needs: tuple[str, ...], reasons: Mapping[str, str]) -> list[Unknown]:
    """The missing signals among those that a rule needs; one without a name where none is missing."""
    named = [Unknown(name, rule, reasons[name]) for name in needs if name in reasons]
    return named or [Unknown(None, rule, "null_value")]


def route_dict(route: Route) -> dict[str, Any]:
    """A route for JSON; `due` is an ISO 8601 duration, which the service turns into a time."""
    return {
        "id": route.id,
        "queue": route.queue,
        "priority": route.priority,
        "due": route.due,
        "role": route.role,
        "four_eyes": route.four_eyes,
        "actions": list(route.actions),
    }


__all__ = ["ENGINE_VERSION", "Decision", "Place", "Reason", "Risk", "RuleInfo", "Unknown", "Warned", "route_dict"]
