"""Reads cases: examples beside the rules, named as sentences.

A case gives signals and a date and says what must come out. `missing:` names signals that could not be had, with their
reason. What a case expects is checked for shape here, and against the pack's rule ids when the pack is whole.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from engine.pack.fields import Fields
from engine.pack.model import Case
from engine.pack.problems import Place, nearest
from engine.pack.yaml_tree import ListNode, MapNode, Node, ScalarNode
from engine.signal import Missing, Reason

_CASE_KEYS: Final = frozenset({"case", "as_of", "signals", "missing", "expect", "note"})
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
        "customer_reasons",
        "warnings",
    }
)
LIST_KEYS: Final = frozenset(
    {"fired", "not_fired", "undecided", "skipped", "unknown_signals", "customer_reasons", "warnings"}
)


def read_cases(fields: Fields, node: Node | None, file: str) -> tuple[Case, ...]:
    """The cases of one file."""
    if node is None:
        return ()
    seen: dict[str, Place] = {}
    found = []
    for item in fields.items(node, f"{file}"):
        case = _case(fields, item)
        if case.name in seen:
            fields.problems.add(
                case.place, f"a case of this name stands on line {seen[case.name].line}", "rename one", "duplicate"
            )
        seen[case.name] = case.place
        found.append(case)
    return tuple(found)


def _case(fields: Fields, node: Node) -> Case:
    entries = fields.mapping(node, "a case", _CASE_KEYS, "case as_of signals expect")
    name = fields.text(entries.get("case"), "the sentence of a case") or "?"
    as_of = fields.date(entries.get("as_of"), f"as_of of case {name!r}")
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
    expect, places = _expect(fields, entries.get("expect"))
    return Case(name, as_of or date.min, signals, expect, node.place, places)


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
