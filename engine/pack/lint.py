"""Lints: what loads and may still be wrong.

An error is what the format forbids a published pack (a gap in a single-hit table without default, an overlap in a UNIQUE
table, a range that is empty on some date); a warning is what an author should look at: a row that can never be reached, a
rule that no input fires, a route never taken, a cell that never matters, a signal or parameter nobody reads, a rule
without a hit, a miss or an unknown case. Every lint has a place, and where an input shows it, a witness that the engine
was run on. What could not be settled within the limits is a warning `not_checked`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from engine.pack.canonical import to_json
from engine.pack.cases import CaseResult
from engine.pack.model import AGGREGATING, SINGLE_HIT, HitPolicy, Scorecard, Table
from engine.pack.pack import Pack
from engine.pack.problems import Place

if TYPE_CHECKING:
    from engine.proofs.questions import Answer, Questions

MAX_ASKED: Final = 300  # rules without a case that the solver is asked about

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
    """One finding. `witness` maps columns, or signals, to values that show it; `signals` and `as_of` are the whole input."""

    level: str
    code: str
    message: str
    remedy: str
    place: Place
    witness: Mapping[str, Any] = field(default_factory=dict)
    signals: Mapping[str, Any] | None = None
    as_of: date | None = None

    def __str__(self) -> str:
        shown = ", ".join(f"{name} = {to_json(value)}" for name, value in self.witness.items())
        day = "" if self.as_of is None else f", as of {self.as_of}"
        example = f" (for example {shown}{day})" if shown else ""
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
            "signals": None if self.signals is None else {name: to_json(one) for name, one in self.signals.items()},
            "as_of": None if self.as_of is None else self.as_of.isoformat(),
        }


def lint_pack(pack: Pack, results: Iterable[CaseResult], questions: Questions) -> list[Lint]:
    """All lints of a pack; `results` are those of its cases, for coverage and for what they show can happen."""
    from engine.pack.lint_tables import lint_tables

    results = list(results)
    tables, sure = lint_tables(pack, questions)
    found = [
        Lint(
            one.level,
            one.code,
            one.message,
            one.remedy,
            one.place,
            one.witness,
            None if one.example is None else one.example.signals,
            None if one.example is None else one.example.as_of,
        )
        for one in tables
    ]
    found += _never(pack, results, questions, sure | _dead(pack, found))
    found += _unread(pack)
    found += _defaults(pack)
    found += _ends(pack)
    found += _tells(pack)
    found += _coverage(pack, results)
    return sorted(found, key=lambda one: (one.place, one.code, one.message))


def _never(pack: Pack, results: Iterable[CaseResult], questions: Questions, known: set[str]) -> list[Lint]:
    """Rules that no input fires, routes that none takes, no approval at all; what is known or shown by cases is not asked."""
    decisions = [result.decision for result in results if result.decision is not None]
    fired = {name for decision in decisions for name in decision.fired}
    asked = [rule for name, rule in pack.rules.items() if name not in fired | known]
    found = []
    if len(asked) > MAX_ASKED:
        message = f"{len(asked)} rules have no case that fires them: whether any input does was not checked"
        found.append(Lint("warning", "not_checked", message, "add cases", pack.source.verdict.place))
        asked = []
    for name, answer in questions.unfired(rule.id for rule in asked if rule.kind != "pattern").items():
        rule = pack.rules[name]
        unreached = f"rule {name} of table {rule.decision} is never reached"
        message = unreached if rule.kind == "row" else f"rule {name} never fires"
        code = "unreachable" if rule.kind == "row" else "never_fires"
        found.append(_settled(answer, Lint("warning", code, message, "correct or remove it", rule.place)))
    taken = {decision.route.id for decision in decisions if decision.route is not None}
    routes = pack.source.routes
    waiting = [place for place, route in enumerate(routes) if route.id not in taken]
    for place, answer in questions.untaken(waiting).items() if waiting else ():
        message = f"route {routes[place].id} is never taken"
        lint = Lint("warning", "route_never_taken", message, "correct or remove it", routes[place].place)
        found.append(_settled(answer, lint))
    approves = any(rule.verdict == "approve" for rule in pack.source.verdict.rules)
    if approves and not any(decision.verdict == "approve" for decision in decisions):
        answer = questions.approval()
        if answer.witness is None:
            message = "no input is approved, though a rule approves"
            remedy = "see which rule or unknown value stands against it"
            found.append(
                _settled(answer, Lint("warning", "never_approves", message, remedy, pack.source.verdict.place))
            )
    return found


def _dead(pack: Pack, found: Iterable[Lint]) -> set[str]:
    """The rules that were found to be unreachable already."""
    places = {one.place for one in found if one.code == "unreachable"}
    return {name for name, rule in pack.rules.items() if rule.place in places}


def _settled(answer: Answer, lint: Lint) -> Lint:
    """The lint where it is certain; else that it is not."""
    if answer.status == "impossible":
        return lint
    message = f"whether {lint.message} was not settled ({answer.reason})"
    return replace(lint, code="not_checked", message=message, remedy="add a case that shows it")


def _unread(pack: Pack) -> list[Lint]:
    read = pack.program.read | {name for rule in pack.rules.values() for name in rule.reads}
    read |= {name for check in pack.source.checks.values() for name in check.needs}
    reported = {name for name in (pack.source.verdict.score, pack.source.verdict.category) if name}
    # What a pattern with a reason sets is read by whoever reads the reasons.
    told = frozenset(name for one in pack.source.patterns if one.words.reason for name in one.sets)
    kinds: tuple[tuple[str, Mapping[str, Place], frozenset[str]], ...] = (
        ("signal", {key: one.place for key, one in pack.typed.signals.items()}, told),
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
