"""Typed access to YAML nodes: the one place where "a word was expected, a list came" is said.

Every accessor records a problem with its place and remedy and goes on with a stand-in, so that one pass finds all
problems; a pack with any problem is refused, so a stand-in never decides anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Final

from engine.pack.limits import MAX_EXPRESSION_CHARS, MAX_NAME_CHARS, MAX_TEXT_CHARS
from engine.pack.model import Constant, Expr
from engine.pack.problems import Place, Problems, nearest
from engine.pack.yaml_tree import ListNode, MapNode, Node, Plain, ScalarNode

NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
DOTTED: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
RULE_ID: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")


def kind_of(node: Node | Plain | tuple[object, ...]) -> str:
    """What a node is, in the author's words."""
    if isinstance(node, MapNode):
        return "a mapping"
    if isinstance(node, ListNode | tuple):
        return "a list"
    value = node.value if isinstance(node, ScalarNode) else node
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | Decimal):
        return "a number"
    return "a date" if isinstance(value, date) else "a text"


class Fields:
    """Reads nodes of a pack into plain values, recording every problem."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems

    def wrong(self, node: Node, what: str, expected: str) -> None:
        """Record that `what` is not what was expected."""
        self.problems.add(node.place, f"{what} is {kind_of(node)}", f"write {expected}", "wrong_kind")

    def mapping(self, node: Node | None, what: str, allowed: frozenset[str], required: str = "") -> dict[str, Node]:
        """The entries of a mapping with known keys; unknown and absent keys are problems."""
        if node is None:
            return {}
        if not isinstance(node, MapNode):
            self.wrong(node, what, "a mapping")
            return {}
        for key, place in node.keys.items():
            if key not in allowed:
                remedy = nearest(key, allowed, f"use one of: {', '.join(sorted(allowed))}")
                self.problems.add(place, f"unknown key {key[:MAX_NAME_CHARS]} in {what}", remedy, "unknown_key")
        for key in required.split():
            if key not in node.entries:
                self.problems.add(node.place, f"{what} has no {key}", f"add the key {key}", "missing_key")
        return {key: value for key, value in node.entries.items() if key in allowed}

    def named(self, node: Node | None, what: str, pattern: re.Pattern[str]) -> Iterator[tuple[str, Node, Place]]:
        """The entries of a mapping whose keys are names the author chose."""
        if node is None:
            return
        if not isinstance(node, MapNode):
            self.wrong(node, what, "a mapping")
            return
        for key, value in node.entries.items():
            place = node.keys[key]
            if not pattern.fullmatch(key) or len(key) > MAX_NAME_CHARS:
                self.problems.add(
                    place, f"{key[:MAX_NAME_CHARS]!r} cannot name {what}", "use small letters, digits and _", "name"
                )
            else:
                yield key, value, place

    def items(self, node: Node | None, what: str) -> tuple[Node, ...]:
        """The items of a list."""
        if node is None:
            return ()
        if not isinstance(node, ListNode):
            self.wrong(node, what, "a list")
            return ()
        return node.items

    def text(self, node: Node | None, what: str, limit: int = MAX_TEXT_CHARS) -> str | None:
        """A non-empty text."""
        if node is None:
            return None
        if not isinstance(node, ScalarNode) or not isinstance(node.value, str) or not node.value.strip():
            self.wrong(node, what, "a text (in quotes where it looks like a number or a date)")
            return None
        if len(node.value) > limit:
            self.problems.add(node.place, f"{what} is longer than {limit} characters", "shorten it", "limit")
        return " ".join(node.value.split())

    def id(self, node: Node | None, what: str, pattern: re.Pattern[str] = RULE_ID) -> str:
        """An identifier; an empty one where it is absent or malformed."""
        word = self.text(node, what, MAX_NAME_CHARS)
        if node is not None and word is not None and not pattern.fullmatch(word):
            self.problems.add(node.place, f"{word!r} cannot be {what}", "use letters, digits and _", "name")
        return word or ""

    def word(self, node: Node | None, what: str, choices: frozenset[str]) -> str | None:
        """One of a few words."""
        word = self.text(node, what)
        if node is not None and word is not None and word not in choices:
            remedy = nearest(word, choices, f"use one of: {', '.join(sorted(choices))}")
            self.problems.add(node.place, f"{what} cannot be {word[:MAX_NAME_CHARS]}", remedy, "unknown_word")
            return None
        return word

    def boolean(self, node: Node | None, what: str) -> bool:
        """True or false; absent is false."""
        if node is None:
            return False
        if isinstance(node, ScalarNode) and isinstance(node.value, bool):
            return node.value
        self.wrong(node, what, "true or false")
        return False

    def integer(self, node: Node | None, what: str, low: int, high: int) -> int | None:
        """A whole number within bounds."""
        if node is None:
            return None
        value = node.value if isinstance(node, ScalarNode) else None
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.wrong(node, what, f"a whole number from {low} to {high}")
            return None
        return value

    def number(self, node: Node | None, what: str) -> int | Decimal | None:
        """A number."""
        if node is None:
            return None
        value = node.value if isinstance(node, ScalarNode) else None
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            self.wrong(node, what, "a number")
            return None
        return value

    def date(self, node: Node | None, what: str) -> date | None:
        """An ISO date."""
        if node is None:
            return None
        value = node.value if isinstance(node, ScalarNode) else None
        if not isinstance(value, date):
            self.wrong(node, what, "a date such as 2026-01-31")
            return None
        return value

    def constant(self, node: Node | None, what: str) -> Constant:
        """A plain value, or a list of plain values."""
        if node is None:
            return None
        if isinstance(node, ListNode):
            return tuple(self.constant(item, what) for item in node.items)
        if isinstance(node, ScalarNode):
            return node.value
        self.wrong(node, what, "a value or a list of values")
        return None

    def texts(self, node: Node | None, what: str) -> tuple[str, ...]:
        """A list of texts."""
        found = (self.text(item, f"an item of {what}", MAX_NAME_CHARS) for item in self.items(node, what))
        return tuple(text for text in found if text is not None)

    def expression(self, node: Node | None, what: str) -> Expr | None:
        """A FEEL text; plain numbers, booleans, dates and null are taken as FEEL writes them."""
        if node is None:
            return None
        if not isinstance(node, ScalarNode):
            self.wrong(node, what, "a FEEL expression")
            return None
        if len(node.text) > MAX_EXPRESSION_CHARS:
            self.problems.add(
                node.place, f"{what} is longer than {MAX_EXPRESSION_CHARS} characters", "split it", "limit"
            )
            return None
        if isinstance(node.value, date):
            return Expr(f'date("{node.text}")', None, node.place)
        if node.value is None:
            return Expr("null" if node.text else "", None, node.place)
        return Expr(node.text, node, node.place)
