"""Reads cases: examples beside the rules, named as sentences.

A case gives signals and a date and says what must come out. `missing:` names signals that could not be had, with their
reason. A case may begin where another one of the pack stands, which it names by its sentence under `base:`; then it
says only what differs: `signals:` and `missing:` override, `without:` takes signals away, `as_of:` is the base's where it
gives none. Nothing of what the base expects is taken over. What a case expects is checked for shape here, and against
the pack's rule ids when the pack is whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from engine.pack.fields import Fields
from engine.pack.limits import MAX_NAMES
from engine.pack.model import Case
from engine.pack.problems import Place, Problems, nearest
from engine.pack.yaml_tree import ListNode, MapNode, Node, ScalarNode
from engine.signal import Missing, Reason

_CASE_KEYS: Final = frozenset({"case", "base", "as_of", "signals", "missing", "without", "expect", "note"})
MAX_BASED_SIGNALS: Final = 100 * MAX_NAMES  # signals taken over from bases, all cases together
EXPECT_KEYS: Final = frozenset(
    {
        "verdict",
        "risk.score",
        "risk.category",
        "fired",
        "not_fired",
        "undecided",
        "skipped",
        "unknown_signals",
        "route",
        "route.id",
        "customer_reasons",
        "warnings",
    }
)
LIST_KEYS: Final = frozenset(
    {"fired", "not_fired", "undecided", "skipped", "unknown_signals", "customer_reasons", "warnings"}
)


@dataclass(frozen=True, slots=True)
class CaseDraft:
    """A case as it is written: without what its base, where it names one, holds."""

    case: Case
    dated: bool
    base: str | None
    base_place: Place
    without: Mapping[str, Place]


def read_cases(fields: Fields, node: Node | None, file: str) -> tuple[CaseDraft, ...]:
    """The cases of one file; `complete_cases` puts those of all files on their bases."""
    if node is None:
        return ()
    seen: dict[str, Place] = {}
    found = []
    for item in fields.items(node, f"{file}"):
        draft = _case(fields, item)
        case = draft.case
        if case.name in seen:
            fields.problems.add(
                case.place, f"a case of this name stands on line {seen[case.name].line}", "rename one", "duplicate"
            )
        seen[case.name] = case.place
        found.append(draft)
    return tuple(found)


def complete_cases(drafts: Sequence[CaseDraft], problems: Problems) -> tuple[Case, ...]:
    """Every case with the signals and the date of its base; an unknown or ambiguous base and a cycle are problems."""
    named: dict[str, list[int]] = {}
    for place, draft in enumerate(drafts):
        named.setdefault(draft.case.name, []).append(place)
    done: dict[int, Case] = {}
    taken = 0
    for number in range(len(drafts)):
        trail = _trail(number, drafts, named, done, problems)
        for place in reversed(trail):
            draft = drafts[place]
            found = named.get(draft.base or "", [])
            base = done.get(found[0]) if len(found) == 1 else None
            taken += len(base.signals) if base else 0
            if taken > MAX_BASED_SIGNALS:
                remedy = "give the bases fewer signals"
                problems.add(draft.base_place, "the cases take too many signals from bases", remedy, "limit")
                return ()
            done[place] = _based(draft, base, problems)
    return tuple(done[place] for place in range(len(drafts)))


def _trail(
    number: int,
    drafts: Sequence[CaseDraft],
    named: Mapping[str, list[int]],
    done: Mapping[int, Case],
    problems: Problems,
) -> list[int]:
    """The case, its base, the base's base ... up to one that is complete or stands by itself."""
    trail: dict[int, None] = {}
    place: int | None = number
    while place is not None and place not in done:
        if place in trail:
            draft = drafts[place]
            circle = list(trail)[list(trail).index(place) :]
            names = " -> ".join(repr(drafts[one].case.name) for one in [*circle[:5], place])
            problems.add(draft.base_place, f"cases rest on each other: {names}", "break the cycle", "cycle")
            break
        trail[place] = None
        draft = drafts[place]
        place = None
        if draft.base is not None:
            found = named.get(draft.base, [])
            if len(found) == 1:
                place = found[0]
            elif found:
                message = f"{len(found)} cases are called {draft.base[:80]!r}"
                problems.add(draft.base_place, message, "give each its own sentence", "ambiguous_base")
            else:
                remedy = nearest(draft.base, named, "name another case of the pack by its sentence")
                problems.add(draft.base_place, f"no case is called {draft.base[:80]!r}", remedy, "unknown_base")
    return list(trail)


def _based(draft: CaseDraft, base: Case | None, problems: Problems) -> Case:
    """The case on its base; where the base is wrong, which is a problem, as it stands."""
    case = draft.case
    if base is None:
        return case
    for name, place in draft.without.items():
        if name not in base.signals:
            remedy = nearest(name, base.signals, "remove it from without")
            problems.add(place, f"the base has no signal {name[:80]}", remedy, "unknown_signal")
    kept = {name: value for name, value in base.signals.items() if name not in draft.without}
    return replace(case, as_of=case.as_of if draft.dated else base.as_of, signals={**kept, **case.signals})


def _case(fields: Fields, node: Node) -> CaseDraft:
    based = isinstance(node, MapNode) and "base" in node.entries
    entries = fields.mapping(node, "a case", _CASE_KEYS, "case expect" if based else "case as_of signals expect")
    name = fields.text(entries.get("case"), "the sentence of a case") or "?"
    as_of = fields.date(entries.get("as_of"), f"as_of of case {name!r}")
    base = fields.text(entries.get("base"), "base of a case")
    signals = _signals(fields, entries)
    without = _without(fields, entries.get("without"), signals, based=based)
    expect, places = _expect(fields, entries.get("expect"))
    case = Case(name, as_of or date.min, signals, expect, node.place, places)
    at = entries["base"].place if "base" in entries else node.place
    return CaseDraft(case, as_of is not None, base, at, without)


def _signals(fields: Fields, entries: Mapping[str, Node]) -> dict[str, object]:
    """What a case gives, and what it says is missing."""
    signals: dict[str, object] = {}
    given = entries.get("signals")
    if isinstance(given, MapNode):
        signals.update((key, plain(value)) for key, value in given.entries.items())
    elif given is not None:
        fields.wrong(given, "signals of a case", "a mapping from signal to value")
    missing = entries.get("missing")
    if isinstance(missing, MapNode):
        for key, value in missing.entries.items():
            word = fields.word(value, f"reason of {key}", frozenset(reason.value for reason in Reason))
            if key in signals:
                fields.problems.add(missing.keys[key], f"{key} is given and missing", "keep one", "duplicate")
            signals[key] = Missing(Reason(word) if word else Reason.NOT_PROVIDED)
    elif missing is not None:
        fields.wrong(missing, "missing of a case", "a mapping from signal to reason")
    return signals


def _without(fields: Fields, node: Node | None, signals: Mapping[str, object], *, based: bool) -> dict[str, Place]:
    """The signals of the base that a case takes away."""
    found: dict[str, Place] = {}
    for item in fields.items(node, "without of a case"):
        name = fields.text(item, "an item of without")
        if name is None:
            continue
        if name in signals:
            fields.problems.add(item.place, f"{name} is given and taken away", "keep one", "duplicate")
        if not based:
            fields.problems.add(item.place, "a case without a base takes nothing away", "remove it", "no_base")
        found[name] = item.place
    return found


def plain(node: Node) -> object:
    """A node as plain Python values."""
    if isinstance(node, ScalarNode):
        return node.value
    if isinstance(node, ListNode):
        return [plain(item) for item in node.items]
    return {key: plain(value) for key, value in node.entries.items()}


def _expect(fields: Fields, node: Node | None) -> tuple[dict[str, object], dict[str, Place]]:
    if node is None:
        return {}, {}
    if not isinstance(node, MapNode) or not node.entries:
        fields.wrong(node, "expect", "a mapping of what must come out")
        return {}, {}
    expect: dict[str, object] = {}
    for key, value in node.entries.items():
        if key not in EXPECT_KEYS:
            remedy = nearest(key, EXPECT_KEYS, f"use one of: {', '.join(sorted(EXPECT_KEYS))}")
            fields.problems.add(node.keys[key], f"expect knows no {key[:60]}", remedy, "unknown_key")
        elif key in LIST_KEYS:
            expect[key] = fields.texts(value, key)
        else:
            expect[key] = plain(value)
    return expect, dict(node.keys)
