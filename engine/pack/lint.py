"""Lints: what loads and may still be wrong.

An error is what the format forbids a published pack (a gap in a single-hit table without default, an overlap in a UNIQUE
table, a case that fails); a warning is what an author should look at: a row that can never be reached, a signal or
parameter nobody reads, a table of sums without a default, a rule without a hit, a miss or an unknown case. Every lint
has a place, and where an input shows it, a witness.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.pack.canonical import to_json
from engine.pack.cases import CaseResult
from engine.pack.lint_tables import lint_tables
from engine.pack.model import AGGREGATING, SINGLE_HIT, HitPolicy, Scorecard, Table
from engine.pack.pack import Pack
from engine.pack.problems import Place

_REVEALING = (
    "sanction",
    "pep ",
    "politically exposed",
    "screen",
    "watchlist",
    "watch list",
    "suspic",
    "launder",
    "terror",
    "risk",
    "adverse",
)


@dataclass(frozen=True, slots=True)
class Lint:
    """One finding. `witness` maps columns to values that show it."""

    level: str
    code: str
    message: str
    remedy: str
    place: Place
    witness: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        shown = ", ".join(f"{name} = {to_json(value)}" for name, value in self.witness.items())
        example = f" (for example {shown})" if shown else ""
        at = self.place
        return f"{at.file}:{at.line}:{at.column}: {self.level}: {self.message}{example} — {self.remedy}"

    def to_dict(self) -> dict[str, Any]:
        """The lint for JSON."""
        return {
            "level": self.level,
            "code": self.code,
            "message": self.message,
            "remedy": self.remedy,
            "file": self.place.file,
            "line": self.place.line,
            "column": self.place.column,
            "witness": {name: to_json(value) for name, value in self.witness.items()},
        }


def lint_pack(pack: Pack, results: Iterable[CaseResult]) -> list[Lint]:
    """All lints of a pack; `results` are those of its cases, for coverage."""
    found = [
        Lint(one.level, one.code, one.message, one.remedy, one.place, one.witness) for one in lint_tables(pack.typed)
    ]
    found += _unread(pack)
    found += _defaults(pack)
    found += _ends(pack)
    found += _tells(pack)
    found += _coverage(pack, results)
    return sorted(found, key=lambda one: (one.place, one.code, one.message))


def _unread(pack: Pack) -> list[Lint]:
    read = pack.program.read | {name for rule in pack.rules.values() for name in rule.reads}
    read |= {name for check in pack.source.checks.values() for name in check.needs}
    reported = {name for name in (pack.source.verdict.score, pack.source.verdict.category) if name}
    kinds: tuple[tuple[str, Mapping[str, Place], frozenset[str]], ...] = (
        ("signal", {key: one.place for key, one in pack.source.signals.items()}, frozenset()),
        ("parameter", {key: one.place for key, one in pack.source.parameters.items()}, frozenset()),
        ("decision", {key: one.place for key, one in pack.source.decisions.items()}, frozenset(reported)),
    )
    found = [
        Lint("warning", f"unread_{kind}", f"nobody reads {kind} {name}", "use it, or remove it", place)
        for kind, names, used in kinds
        for name, place in names.items()
        if name not in read | used
    ]
    cited = {source for rule in pack.rules.values() for source in rule.cite}
    cited |= {value.source for parameter in pack.source.parameters.values() for value in parameter.values}
    found += [
        Lint("warning", "uncited_source", f"nothing cites source {name}", "cite it, or remove it", source.place)
        for name, source in pack.source.sources.items()
        if name not in cited | _band_cites(pack)
    ]
    return found


def _band_cites(pack: Pack) -> set[str]:
    cards = [one.logic for one in pack.source.decisions.values() if isinstance(one.logic, Scorecard)]
    return {
        source for card in cards for one in card.characteristics for band in one.bands for source in band.words.cite
    }


def _defaults(pack: Pack) -> list[Lint]:
    found = []
    for decision in pack.source.decisions.values():
        logic = decision.logic
        if not isinstance(logic, Table) or any(output.default for output in logic.outputs.values()):
            continue
        if logic.hit_policy in AGGREGATING and logic.hit_policy is not HitPolicy.COUNT:
            message = f"{logic.hit_policy} table {decision.id} is unknown where no rule matches"
            found.append(Lint("warning", "no_default", message, "give the output a default", decision.place))
    return found


def _ends(pack: Pack) -> list[Lint]:
    routes = pack.source.routes
    if routes and routes[-1].condition is not None:
        message = f"a case that route {routes[-1].id} does not take goes nowhere"
        return [Lint("error", "no_last_route", message, "end with a route without if", routes[-1].place)]
    if not any(rule.verdict == "approve" for rule in pack.source.verdict.rules):
        message = "no rule approves: every application goes to review"
        return [
            Lint("warning", "never_approves", message, "add a rule that earns an approval", pack.source.verdict.place)
        ]
    return []


def _tells(pack: Pack) -> list[Lint]:
    """What applicants are told must not tip them off (invariant 11)."""
    found = []
    texts = [(rule.id, rule.tell, rule.place) for rule in pack.rules.values() if rule.tell]
    for one in pack.source.decisions.values():
        if isinstance(one.logic, Scorecard):
            bands = [(item.id, band) for item in one.logic.characteristics for band in item.bands]
            texts += [(name, band.words.tell, band.place) for name, band in bands if band.words.tell]
    for name, text, place in texts:
        word = next((word for word in _REVEALING if word in f"{text} ".lower()), None)
        if word:
            message = f"what {name} tells the applicant speaks of {word.strip()!r}"
            found.append(Lint("error", "tipping_off", message, "say it neutrally, or remove tell", place))
    return found


def _coverage(pack: Pack, results: Iterable[CaseResult]) -> list[Lint]:
    """Rules without a case that hits, one that misses, or one where a needed signal is missing."""
    seen: dict[str, set[str]] = {name: set() for name in pack.rules}
    for result in results:
        if result.decision is not None:
            for outcome in result.decision.outcomes:
                seen[outcome.rule.id].add(outcome.state)
    found = []
    for name, states in seen.items():
        rule = pack.rules[name]
        lacking = [word for word, state in (("hit", "fired"), ("miss", "not_fired")) if state not in states]
        if rule.needs and not states & {"undecided", "skipped"} and _can_be_unknown(pack, name):
            lacking.append("unknown")
        if lacking:
            message = f"rule {name} has no {' and no '.join(lacking)} case"
            found.append(Lint("warning", "uncovered_rule", message, "add cases", rule.place))
    return found


def _can_be_unknown(pack: Pack, name: str) -> bool:
    """Whether a missing value can leave the rule open: not where every value it may lack is substituted."""
    decision = pack.rules[name].decision
    logic = pack.source.decisions[decision].logic if decision else None
    if isinstance(logic, Table):
        row = next(row for row in logic.rows if row.id == name)
        return bool(row.cells) and not (isinstance(row.if_missing, Mapping) and set(row.cells) <= set(row.if_missing))
    if isinstance(logic, Scorecard):
        one = next(item for item in logic.characteristics if item.id == name)
        return not isinstance(one.if_missing, Mapping)
    return True


__all__ = ["SINGLE_HIT", "Lint", "lint_pack"]
