"""From files to a `PackSource`: which files make a pack, and what must hold between its parts.

`read_source` is pure: it takes the texts by relative name. It checks the number and size of files, reads every part, and
finds what only shows between parts: names used twice, rule ids used twice, tables split over files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from engine.pack.fields import NAME, Fields
from engine.pack.limits import MAX_FILES, MAX_NAMES, MAX_PACK_BYTES, MAX_RULES
from engine.pack.model import Decision, PackSource, Scorecard, SignalSpec, Table
from engine.pack.problems import Place, Problems
from engine.pack.read_cases import CaseDraft, complete_cases, read_cases
from engine.pack.read_decisions import read_decisions
from engine.pack.read_rules import read_invariants, read_on_missing, read_patterns, read_routes, read_verdict
from engine.pack.read_vocabulary import read_checks, read_parameters, read_signals, read_sources
from engine.pack.yaml_tree import MapNode, Node, parse_yaml

MAIN: Final = "pack.yaml"
ENGINE_RULES: Final = frozenset({"NO_RULE", "ON_MISSING"})
_KEYS: Final = frozenset(
    {"pack", "title", "version", "jurisdiction", "note", "on_missing", "sources", "parameters", "signals", "checks"}
    | {"decisions", "verdict", "routes", "patterns", "invariants"}
)
RESERVED: Final = frozenset(
    {"and", "as_of", "between", "else", "every", "external", "false", "for", "function", "if", "in", "instance", "item"}
    | {"list", "not", "null", "of", "or", "partial", "return", "satisfies", "some", "then", "true", "verdict"}
)


def read_source(files: Mapping[str, str | bytes], problems: Problems) -> PackSource | None:
    """Everything the files say, or None where there is no pack at all; what is wrong is in `problems`."""
    names = sorted(name for name in files if name.endswith((".yaml", ".yml")))
    size = sum(len(files[name]) for name in names)
    if len(names) > MAX_FILES or size > MAX_PACK_BYTES:
        problems.add(Place(MAIN), "the pack's files are too many or too large", "split the pack", "limit")
        return None
    if MAIN not in files:
        problems.add(Place(MAIN), "the pack has no pack.yaml", "add pack.yaml", "no_pack")
        return None
    fields = Fields(problems)
    root = parse_yaml(MAIN, files[MAIN], problems)
    if root is None:
        return None
    entries = fields.mapping(root, "the pack", _KEYS, "pack title version on_missing signals verdict")
    sources = read_sources(fields, entries.get("sources"))
    signals = read_signals(fields, entries.get("signals"))
    decisions = read_decisions(fields, entries.get("decisions"), sources)
    cases: list[CaseDraft] = []
    for name in names:
        folder, _, rest = name.partition("/")
        if name == MAIN:
            continue
        if folder not in {"tables", "cases"} or "/" in rest:
            problems.add(Place(name), "no pack reads this file", "put it under tables/ or cases/", "stray_file")
        elif folder == "tables":
            _merge(problems, decisions, read_decisions(fields, parse_yaml(name, files[name], problems), sources))
        else:
            cases += read_cases(fields, parse_yaml(name, files[name], problems), name)
    source = PackSource(
        fields.id(entries.get("pack"), "the id of the pack", NAME),
        fields.text(entries.get("title"), "title") or "",
        fields.text(entries.get("version"), "version", 64) or "",
        fields.text(entries.get("jurisdiction"), "jurisdiction", 16),
        fields.text(entries.get("note"), "note"),
        read_on_missing(fields, entries.get("on_missing")),
        sources,
        read_parameters(fields, entries.get("parameters"), sources),
        signals,
        read_checks(fields, entries.get("checks"), signals),
        decisions,
        read_verdict(fields, entries.get("verdict"), sources, root.place),
        read_routes(fields, entries.get("routes")),
        read_patterns(fields, entries.get("patterns"), sources),
        read_invariants(fields, entries.get("invariants")),
        complete_cases(cases, problems),
    )
    _names(problems, source)
    _rule_ids(problems, source)
    _ends(problems, source, entries)
    return source


def _merge(problems: Problems, decisions: dict[str, Decision], more: dict[str, Decision]) -> None:
    for key, decision in more.items():
        if key in decisions:
            first = decisions[key].place
            problems.add(
                decision.place, f"decision {key} stands in {first.file}:{first.line} too", "keep one", "duplicate"
            )
        else:
            decisions[key] = decision


def implicit_signals(source: PackSource) -> dict[str, SignalSpec]:
    """The boolean signals that patterns set, declared by being set."""
    return {
        signal: SignalSpec(signal, "boolean", pattern.place) for pattern in source.patterns for signal in pattern.sets
    }


def rules_of(source: PackSource) -> Iterator[tuple[str, Place]]:
    """Every rule's id and place, in reading order: patterns, rows, characteristics, verdict rules."""
    for pattern in source.patterns:
        yield pattern.id, pattern.place
    for decision in source.decisions.values():
        if isinstance(decision.logic, Table):
            yield from ((row.id, row.place) for row in decision.logic.rows)
        elif isinstance(decision.logic, Scorecard):
            yield from ((one.id, one.place) for one in decision.logic.characteristics)
    for rule in source.verdict.rules:
        yield rule.id, rule.place


def _names(problems: Problems, source: PackSource) -> None:
    seen: dict[str, Place] = {}
    kinds: tuple[tuple[str, Mapping[str, Place]], ...] = (
        ("signal", {key: spec.place for key, spec in source.signals.items()}),
        ("parameter", {key: parameter.place for key, parameter in source.parameters.items()}),
        ("decision", {key: decision.place for key, decision in source.decisions.items()}),
    )
    for kind, names in kinds:
        for name, place in names.items():
            if name in seen:
                problems.add(
                    place, f"{kind} {name} uses a name taken on line {seen[name].line}", "rename it", "duplicate"
                )
            seen[name] = place
            if name.split(".", maxsplit=1)[0] in RESERVED:
                problems.add(place, f"{kind} {name} uses a word of FEEL", "rename it", "reserved")
            if kind == "signal" and name.startswith("patterns."):
                problems.add(place, f"signal {name} is for patterns to set", "rename it", "reserved")
    if len(seen) > MAX_NAMES:
        problems.add(Place(MAIN), f"more than {MAX_NAMES} names", "split the pack", "limit")


def _rule_ids(problems: Problems, source: PackSource) -> None:
    _unique(problems, "rule", rules_of(source))
    _unique(problems, "route", ((route.id, route.place) for route in source.routes))
    _unique(problems, "invariant", ((invariant.id, invariant.place) for invariant in source.invariants))
    cards = [one.logic for one in source.decisions.values() if isinstance(one.logic, Scorecard)]
    bands = sum(len(one.bands) for card in cards for one in card.characteristics)
    if bands + sum(1 for _ in rules_of(source)) > MAX_RULES:
        problems.add(Place(MAIN), f"more than {MAX_RULES} rules", "split the pack", "limit")


def _unique(problems: Problems, what: str, ids: Iterable[tuple[str, Place]]) -> None:
    seen: dict[str, Place] = {}
    for name, place in ids:
        if name in seen:
            first = seen[name]
            message = f"{what} id {name} is taken in {first.file}:{first.line}"
            problems.add(place, message, "give each its own", "duplicate_id")
        elif name in ENGINE_RULES:
            problems.add(place, f"{what} id {name} is the engine's own", "rename it", "reserved")
        elif name:
            seen[name] = place


def _ends(problems: Problems, source: PackSource, entries: dict[str, Node]) -> None:
    verdict = entries.get("verdict")
    for key, name in (("score", source.verdict.score), ("category", source.verdict.category)):
        if name is not None and name not in source.decisions:
            place = verdict.entries[key].place if isinstance(verdict, MapNode) else source.verdict.place
            problems.add(place, f"{key} {name} is no decision", "name a decision", "unknown_name")
    for route in source.routes[:-1]:
        if route.condition is None:
            problems.add(route.place, f"no route after {route.id} is ever reached", "put it last", "unreachable")
