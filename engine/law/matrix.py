"""Builds the law matrix of a pack. Cases are run, so that "exercised" means fired and not merely named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine.pack.canonical import to_json
from engine.pack.cases import run_case
from engine.pack.model import Expr, PackSource, Scorecard, Words
from engine.pack.names import mentioned
from engine.pack.pack import Pack
from engine.pack.problems import Place

COLUMNS: Final = (
    "source", "title", "reference", "kind", "id", "text", "value", "in_force_from", "file", "line", "cases",
    "decisions",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LawLine:
    """One thing that rests on a source: a dated value (`kind` parameter) or a rule.

    `cases` are the sentences of the cases in which the rule fires, or for a value those whose date it covers and in
    which a rule that reads it fires. `decisions` is how many stored decisions the rule fired in; None where nobody counted.
    """

    source: str | None
    kind: str
    id: str
    text: str
    value: Any
    in_force_from: str | None
    place: Place
    cases: tuple[str, ...]
    decisions: int | None

    def to_dict(self) -> dict[str, Any]:
        """The line for JSON."""
        return {
            "source": self.source,
            "kind": self.kind,
            "id": self.id,
            "text": self.text,
            "value": to_json(self.value),
            "in_force_from": self.in_force_from,
            "file": self.place.file,
            "line": self.place.line,
            "cases": list(self.cases),
            "decisions": self.decisions,
        }


@dataclass(frozen=True, slots=True)
class LawMatrix:
    """The lines of a pack by source, and what hangs loose."""

    pack: str
    version: str
    digest: str
    sources: Mapping[str, Mapping[str, Any]]
    lines: tuple[LawLine, ...]
    uncited_sources: tuple[str, ...]
    rules_without_source: tuple[str, ...]
    parameters_without_source: tuple[str, ...]
    unexercised: tuple[str, ...]
    counted: bool

    def rows(self) -> list[dict[str, Any]]:
        """The matrix as rows of `COLUMNS`, for a file: sources in the pack's order, then what cites none."""
        found = []
        for line in self.lines:
            details = self.sources.get(line.source or "", {})
            value = to_json(line.value)
            found.append(
                {
                    "source": line.source or "",
                    "title": str(details.get("title", "")),
                    "reference": str(details.get("reference", "")),
                    "kind": line.kind,
                    "id": line.id,
                    "text": line.text,
                    "value": ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else value,
                    "in_force_from": line.in_force_from or "",
                    "file": line.place.file,
                    "line": line.place.line,
                    "cases": len(line.cases),
                    "decisions": line.decisions,
                }
            )
        found += [self._bare(name) for name in self.uncited_sources]
        return found

    def _bare(self, source: str) -> dict[str, Any]:
        """The row of a source that nothing cites."""
        details = self.sources[source]
        empty = {
            "id": "",
            "text": "nothing cites this source",
            "value": "",
            "in_force_from": "",
            "file": "",
            "line": None,
        }
        about = {"title": str(details.get("title", "")), "reference": str(details.get("reference", ""))}
        return {"source": source, **about, "kind": "", **empty, "cases": 0, "decisions": None}

    def text(self) -> list[str]:
        """The matrix for people."""
        found = []
        for source in [*self.sources, None]:
            lines = [line for line in self.lines if line.source == source]
            if not lines:
                continue
            details = self.sources.get(source or "", {})
            title = ", ".join(str(details[key]) for key in ("title", "reference") if key in details)
            found.append(f"{source or '(no source)'}: {title}".rstrip(": "))
            found += [_shown(line) for line in lines]
        for title, names in (
            ("sources nobody cites", self.uncited_sources),
            ("rules citing none", self.rules_without_source),
            ("parameters without a source", self.parameters_without_source),
            ("rules and values no case exercises", self.unexercised),
        ):
            found.append(f"{title}: {', '.join(names) or 'none'}")
        return found

    def to_dict(self) -> dict[str, Any]:
        """The matrix for JSON."""
        return {
            "pack": {"id": self.pack, "version": self.version, "digest": self.digest},
            "sources": [
                {
                    "id": source,
                    **{key: to_json(value) for key, value in details.items()},
                    "lines": [line.to_dict() for line in self.lines if line.source == source],
                }
                for source, details in self.sources.items()
            ],
            "without_source": [line.to_dict() for line in self.lines if line.source is None],
            "uncited_sources": list(self.uncited_sources),
            "rules_without_source": list(self.rules_without_source),
            "parameters_without_source": list(self.parameters_without_source),
            "unexercised": list(self.unexercised),
        }


def law(pack: Pack, decisions: Mapping[str, int] | None = None) -> LawMatrix:
    """The law matrix of a pack; `decisions` says in how many stored decisions each rule fired, by rule id."""
    source = pack.source
    exercised = _exercised(pack)
    lines = [*_values(pack, exercised), *_rules(pack, exercised, decisions)]
    order = {name: place for place, name in enumerate(source.sources)}
    lines.sort(key=lambda one: (order.get(one.source or "", len(order)), one.kind, one.id, one.in_force_from or ""))
    cited = {line.source for line in lines}
    return LawMatrix(
        pack.id,
        pack.version,
        pack.digest,
        {name: dict(one.details) for name, one in source.sources.items()},
        tuple(lines),
        tuple(name for name in source.sources if name not in cited),
        tuple(dict.fromkeys(line.id for line in lines if line.source is None and line.kind != "parameter")),
        tuple(dict.fromkeys(line.id for line in lines if line.source is None and line.kind == "parameter")),
        tuple(dict.fromkeys(line.id for line in lines if not line.cases)),
        decisions is not None,
    )


def _exercised(pack: Pack) -> dict[tuple[str, int | None], dict[str, Any]]:
    """The cases in which each rule fires, by rule and band: sentence to date."""
    found: dict[tuple[str, int | None], dict[str, Any]] = {}
    for case in pack.source.cases:
        decision = run_case(pack, case).decision
        for outcome in decision.outcomes if decision is not None else ():
            if outcome.state == "fired":
                for key in {(outcome.rule.id, None), (outcome.rule.id, outcome.mark)}:
                    found.setdefault(key, {})[case.name] = case.as_of
    return found


def _values(pack: Pack, exercised: Mapping[tuple[str, int | None], Mapping[str, Any]]) -> Iterator[LawLine]:
    """One line for each dated value of each parameter."""
    behind = _readers(pack)
    for parameter in pack.source.parameters.values():
        rules = sorted(behind.get(parameter.id, ()))
        dates = {name: as_of for rule in rules for name, as_of in exercised.get((rule, None), {}).items()}
        for dated in parameter.values:
            cases = tuple(name for name, as_of in dates.items() if parameter.in_force(as_of) is dated)
            text = " ".join(part for part in (parameter.unit, f"({dated.note})" if dated.note else "") if part)
            start = dated.start.isoformat()
            yield LawLine(
                dated.source or None, "parameter", parameter.id, text, dated.value, start, dated.place, cases, None
            )


def _readers(pack: Pack) -> dict[str, set[str]]:
    """The rules behind each parameter: those that read it, directly or through expressions; a table's rows speak for it."""
    through: dict[str, frozenset[str]] = {}
    needs = pack.typed.needs
    parameters = pack.source.parameters.keys()

    def read(names: frozenset[str]) -> frozenset[str]:
        return names & parameters | frozenset().union(*(through.get(name, frozenset()) for name in names))

    for one in pack.typed.decisions:
        if isinstance(one.source.logic, Expr):
            through[one.source.id] = read(needs.get(one.source.id, frozenset()))
    found: dict[str, set[str]] = {}
    for rule in pack.rules.values():
        for name in read(frozenset(rule.reads)):
            found.setdefault(name, set()).add(rule.id)
    for pattern in pack.source.patterns:
        for name in mentioned(pattern.condition.text) & parameters:
            found.setdefault(name, set()).add(pattern.id)
    return found


def _rules(
    pack: Pack,
    exercised: Mapping[tuple[str, int | None], Mapping[str, Any]],
    decisions: Mapping[str, int] | None,
) -> Iterator[LawLine]:
    """One line for each source a rule cites; one without a source where it gives a reason and cites none."""
    for key, mark, words, place in _cited(pack.source, pack):
        cases = tuple(exercised.get((key, mark), {}))
        count = None if decisions is None else decisions.get(key, 0)
        for cite in words.cite or ((None,) if words.reason else ()):
            yield LawLine(cite, "rule", key, words.reason or "", None, None, place, cases, count)


def _cited(source: PackSource, pack: Pack) -> Iterator[tuple[str, int | None, Words, Place]]:
    """Every rule with its words; the bands of a scorecard one by one, for each may cite its own source."""
    for rule in pack.rules.values():
        if rule.kind != "characteristic":
            yield rule.id, None, Words(rule.reason, rule.tell, rule.cite), rule.place
    for decision in source.decisions.values():
        if isinstance(decision.logic, Scorecard):
            for one in decision.logic.characteristics:
                for number, band in enumerate(one.bands):
                    reason = band.words.reason or one.words.reason if band.points else band.words.reason
                    yield one.id, number, Words(reason, None, band.words.cite or one.words.cite), band.place


def _shown(line: LawLine) -> str:
    value = "" if line.kind != "parameter" else f" = {to_json(line.value)} from {line.in_force_from}"
    count = "" if line.decisions is None else f", {line.decisions} decisions"
    cases = f"{len(line.cases)} case{'' if len(line.cases) == 1 else 's'}"
    text = f" {line.text}" if line.text else ""
    return f"  {line.kind} {line.id}{value}:{text} [{line.place.file}:{line.place.line}; {cases}{count}]"
