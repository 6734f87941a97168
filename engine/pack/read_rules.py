"""Reads what decides and where it leads: verdict rules, routes, patterns and invariants.

A verdict rule always has a reason, and a source unless it approves (what the law asks is a reason to stop). An approval
must be earned by known signals, so `if_missing` may not give an approving rule a value. Absence never reads as a
lenient default: `on_missing` is review or reject, a route says its queue, deadline and role.
"""

from __future__ import annotations

import re
from typing import Final

from engine.pack.fields import DOTTED, NAME, Fields
from engine.pack.limits import MAX_PATTERN_VARIABLES
from engine.pack.model import SKIP, Expr, Invariant, Pattern, Route, Source, VerdictRule, VerdictSpec
from engine.pack.problems import Place
from engine.pack.read_decisions import read_if_missing, read_words
from engine.pack.verdict import Verdict
from engine.pack.yaml_tree import MapNode, Node, ScalarNode

_WORDS: Final = frozenset({"reason", "tell", "cite", "note"})
_VERDICT_KEYS: Final = frozenset({"score", "category", "rules", "note"})
_RULE_KEYS: Final = _WORDS | {"id", "if", "verdict", "if_missing"}
_ROUTE_KEYS: Final = frozenset(
    {"id", "if", "queue", "priority", "due", "role", "four_eyes", "actions", "note", "title"}
)
_PATTERN_KEYS: Final = _WORDS | {"id", "over", "absent", "if", "count", "when", "sets", "if_missing"}
_VERDICTS: Final = frozenset(verdict.value for verdict in Verdict)
_DUE: Final = re.compile(r"([1-9][0-9]{0,3})(m|h|d)")
_ISO_UNIT: Final = {"m": "PT{}M", "h": "PT{}H", "d": "P{}D"}


def read_verdict(fields: Fields, node: Node | None, sources: dict[str, Source], place: Place) -> VerdictSpec:
    """The verdict rules and the names of the reported score and category."""
    entries = fields.mapping(node, "verdict", _VERDICT_KEYS, "rules")
    at = node.place if node else place
    rules = tuple(_rule(fields, item, sources) for item in fields.items(entries.get("rules"), "rules of verdict"))
    if node is not None and not rules:
        fields.problems.add(at, "verdict has no rule", "add a rule; an approval must be earned", "empty")
    score, category = (fields.text(entries.get(key), f"{key} of verdict") for key in ("score", "category"))
    return VerdictSpec(rules, score, category, at)


def _rule(fields: Fields, node: Node, sources: dict[str, Source]) -> VerdictRule:
    entries = fields.mapping(node, "a verdict rule", _RULE_KEYS, "id if verdict reason")
    name = fields.id(entries.get("id"), "the id of a verdict rule")
    what = f"verdict rule {name or '?'}"
    word = fields.word(entries.get("verdict"), f"verdict of {what}", _VERDICTS)
    verdict = Verdict(word) if word else Verdict.REJECT
    if_missing = read_if_missing(fields, entries.get("if_missing"), what)
    if if_missing not in (None, SKIP) and verdict is Verdict.APPROVE:
        fields.problems.add(
            entries["if_missing"].place,
            f"{what} approves on a value nobody gave",
            "use skip, or remove it",
            "approve_on_missing",
        )
    must_cite = word is not None and verdict is not Verdict.APPROVE
    words = read_words(fields, entries, what, sources, node.place, must_cite=must_cite)
    condition = fields.expression(entries.get("if"), f"condition of {what}") or Expr("null", None, node.place)
    return VerdictRule(name, condition, verdict, if_missing, words, node.place)


def read_on_missing(fields: Fields, node: Node | None) -> Verdict:
    """The floor for missing signals; never approve (invariant 3)."""
    word = fields.word(node, "on_missing", frozenset({"review", "reject"}))
    return Verdict(word) if word else Verdict.REVIEW


def read_routes(fields: Fields, node: Node | None) -> tuple[Route, ...]:
    """The routes in order."""
    return tuple(_route(fields, item) for item in fields.items(node, "routes"))


def _route(fields: Fields, node: Node) -> Route:
    entries = fields.mapping(node, "a route", _ROUTE_KEYS, "id queue priority due role")
    name = fields.id(entries.get("id"), "the id of a route")
    what = f"route {name or '?'}"
    due = fields.text(entries.get("due"), f"due of {what}") or ""
    match = _DUE.fullmatch(due)
    if due and not match:
        fields.problems.add(
            entries["due"].place, f"due of {what} is no duration", "write minutes, hours or days: 24h", "due"
        )
    return Route(
        name,
        fields.expression(entries.get("if"), f"condition of {what}"),
        fields.id(entries.get("queue"), f"queue of {what}", NAME),
        fields.integer(entries.get("priority"), f"priority of {what}", 1, 9) or 1,
        _ISO_UNIT[match.group(2)].format(match.group(1)) if match else "PT1H",
        fields.id(entries.get("role"), f"role of {what}", NAME),
        fields.boolean(entries.get("four_eyes"), f"four_eyes of {what}"),
        fields.texts(entries.get("actions"), f"actions of {what}"),
        fields.text(entries.get("note"), f"note of {what}"),
        node.place,
    )


def read_patterns(fields: Fields, node: Node | None, sources: dict[str, Source]) -> tuple[Pattern, ...]:
    """The patterns in order."""
    return tuple(_pattern(fields, item, sources) for item in fields.items(node, "patterns"))


def _pattern(fields: Fields, node: Node, sources: dict[str, Source]) -> Pattern:
    entries = fields.mapping(node, "a pattern", _PATTERN_KEYS, "id sets")
    name = fields.id(entries.get("id"), "the id of a pattern")
    what = f"pattern {name or '?'}"
    over = _variables(fields, entries.get("over"), what)
    absent = _variables(fields, entries.get("absent"), what) if "absent" in entries else None
    _check_variables(fields, node, entries, over, absent)
    words = read_words(fields, entries, what, sources, node.place, must_cite="reason" in entries)
    condition = fields.expression(entries.get("if"), f"condition of {what}") or Expr("true", None, node.place)
    skipped = read_if_missing(fields, entries.get("if_missing"), what)
    if skipped not in (None, SKIP):
        fields.wrong(entries["if_missing"], f"if_missing of {what}", "skip; a pattern has no columns to fill")
    return Pattern(
        name,
        over,
        condition,
        _sets(fields, entries.get("sets"), what),
        skipped == SKIP,
        words,
        node.place,
        absent,
        fields.expression(entries.get("count"), f"count of {what}"),
        fields.expression(entries.get("when"), f"when of {what}"),
    )


def _variables(fields: Fields, node: Node | None, what: str) -> dict[str, str]:
    """Variables by name, each with the list signal it ranges over; a bare word is a list under `facts.`."""
    found: dict[str, str] = {}
    for variable, value, _ in fields.named(node, f"a variable of {what}", NAME):
        signal = fields.id(value, f"list of {variable}", DOTTED)
        found[variable] = signal if "." in signal or not signal else f"facts.{signal}"
    return found


def _check_variables(
    fields: Fields, node: Node, entries: dict[str, Node], over: dict[str, str], absent: dict[str, str] | None
) -> None:
    """What must hold between `over`, `absent`, `count` and `if`: a pattern is about facts, and about few at a time."""
    add = fields.problems.add
    if "over" not in entries and "absent" not in entries:
        add(
            node.place,
            "a pattern is about no facts",
            "add over: {a: document}, or absent: {a: document}",
            "missing_key",
        )
    if not entries.keys() & {"if", "absent", "count"}:
        add(node.place, "a pattern has no if", "add the key if", "missing_key")
    if "count" in entries and "over" not in entries:
        add(entries["count"].place, "a pattern counts nothing", "count goes with over", "missing_key")
    count = len(over) + len(absent or ())
    at = entries.get("over") or entries.get("absent")
    if at is not None and (count > MAX_PATTERN_VARIABLES or ("over" in entries and not over)):
        remedy = f"use 1 to {MAX_PATTERN_VARIABLES} variables"
        add(at.place, f"a pattern has {count} variables", remedy, "limit")
    if absent is not None and len(absent) != 1:
        add(entries["absent"].place, f"a pattern has {len(absent)} absent variables", "use one", "limit")
    for variable in over.keys() & (absent or {}).keys():
        add(entries["absent"].place, f"a pattern uses {variable} twice", "give each variable its own name", "duplicate")


def _sets(fields: Fields, target: Node | None, what: str) -> tuple[str, ...]:
    if target is not None and not (isinstance(target, MapNode) and target.entries):
        fields.wrong(target, f"sets of {what}", "{patterns.<name>: true}")
    if not isinstance(target, MapNode):
        return ()
    for signal, value in target.entries.items():
        if not re.fullmatch(r"patterns\.[a-z][a-z0-9_]*", signal):
            fields.problems.add(target.keys[signal], f"{what} sets {signal[:60]}", "set patterns.<name>", "name")
        elif not isinstance(value, ScalarNode) or value.value is not True:
            fields.problems.add(value.place, f"{what} sets {signal} to something else", "write true", "wrong_kind")
    return tuple(target.entries)


def read_invariants(fields: Fields, node: Node | None) -> tuple[Invariant, ...]:
    """The sentences that must hold of every decision."""
    found = []
    for item in fields.items(node, "invariants"):
        entries = fields.mapping(item, "an invariant", frozenset({"id", "text", "never", "note"}), "id text never")
        name = fields.id(entries.get("id"), "the id of an invariant")
        text = fields.text(entries.get("text"), f"text of invariant {name}") or ""
        never = fields.expression(entries.get("never"), f"never of invariant {name}") or Expr("false", None, item.place)
        found.append(Invariant(name, text, never, item.place))
    return tuple(found)
