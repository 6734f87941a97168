"""A pattern as rules of durable_rules: one for choices of facts that surely fit, one for those that may.

Every role gets its own copies of the facts that may play it, as numbers. A value is three numbers: `V`, equal for equal
values and different for every unknown; `L` and `H`, the least and the greatest it may be, apart only where it is
unknown. So a comparison that surely holds, and one that may hold, are both comparisons of numbers, and the native engine
needs no third truth value. What surely fits has no absent fact that may be there, and the other way round.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, Final, NamedTuple, TypeAlias

from engine.pack.limits import MAX_LIST_ITEMS
from engine.pack.patterns.native import LIST, ONE, Message
from engine.pack.patterns.plan import ColumnJoin, PatternPlan, Role
from engine.pack.patterns.sheet import Codes, Sizes

_FACT: Final = "FACT"  # which item of its list a fact is
_ANCHOR: Final = -2  # the role of the one fact that an absence without `over` hangs on
_ANCHOR_NAME: Final = "v"
_TOP: Final = 2**31  # greater than every code
_UNKNOWN: Final = 2  # the property `U` of an unknown value; a known one has 0, and `ONE` lies between
MAX_COMPARISONS: Final = 28  # of one fact in one rule; durable_rules refuses a ruleset with more than 30
MAX_PROPERTIES: Final = 50  # of one fact; durable_rules reads 64, its own included
_NATIVE_OPERATOR: Final = {"=": "", "!=": "$neq", "<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}

Truth: TypeAlias = bool | None
Cast: TypeAlias = tuple[tuple[int, bool], ...]
"""The items of a list that may play a role, and whether they surely may."""


class Mode(Enum):
    """Which choices of facts a rule finds."""

    SURE = "sure"
    POSSIBLE = "possible"


class Casts(NamedTuple):
    """The facts for every role: by branch and variable, and by absence. None where the list is missing."""

    branches: tuple[tuple[Cast | None, ...], ...]
    absences: tuple[Cast | None, ...]


def cast(plan: PatternPlan, codes: Codes, sizes: Sizes) -> Casts:
    """Who may play which role."""
    return Casts(
        tuple(tuple(_cast(role, codes, sizes[role.list]) for role in branch) for branch in plan.branches),
        tuple(_cast(role, codes, sizes[role.list]) for role in plan.absences),
    )


def _cast(role: Role, codes: Codes, size: int | None) -> Cast | None:
    if size is None:
        return None
    truths: list[Truth] = [True] * size
    for test in role.tests:
        column = codes[test.column] or ()
        truths = [_both(truth, one if test.wanted else _not(one)) for truth, one in zip(truths, column, strict=True)]
    return tuple([(item, truth is True) for item, truth in enumerate(truths) if truth is not False])


def _not(truth: Truth) -> Truth:
    return None if truth is None else not truth


def _both(left: Truth, right: Truth) -> Truth:
    return False if left is False or right is False else None if left is None or right is None else True


class Rules:
    """The native rules of a pattern in one mode, and the facts as they read them.

    Raises:
        ValueError: for a pattern with more comparisons than the native engine holds.
    """

    def __init__(self, plan: PatternPlan, mode: Mode) -> None:
        self._plan = plan
        self._mode = mode
        self._absent_mode = Mode.POSSIBLE if mode is Mode.SURE else Mode.SURE
        self._read: dict[int, set[tuple[str, int]]] = {}  # by number of a role: letters of columns
        self._first = len(plan.absences)
        width = len(plan.branches[0])
        self._names = [f"v{variable}" for variable in range(width)]
        self.definition = {
            f"r{at}": {"all": [*self._there(at, branch), *self._gone(at)]} for at, branch in enumerate(plan.branches)
        }
        if max(map(len, self._read.values()), default=0) > MAX_PROPERTIES:
            raise ValueError("the facts of a pattern have too many properties to compare")

    def _number(self, branch: int, variable: int) -> int:
        return self._first + branch * len(self._names) + variable

    # -- rules

    def _there(self, at: int, branch: tuple[Role, ...]) -> Iterator[dict[str, Any]]:
        if not branch:
            yield {_ANCHOR_NAME: {LIST: _ANCHOR}}
        for role in branch:
            yield {self._names[role.variable]: self._condition(at, self._number(at, role.variable), role, self._mode)}

    def _gone(self, at: int) -> Iterator[dict[str, Any]]:
        for number, role in enumerate(self._plan.absences):
            yield {f"x{number}$not": self._condition(at, number, role, self._absent_mode)}

    def _condition(self, at: int, number: int, role: Role, mode: Mode) -> dict[str, Any]:
        parts: list[dict[str, Any]] = [{LIST: number}]
        for join in role.joins:
            parts += self._comparisons(number, self._number(at, join.other), join, mode)
        before = range(min(role.variable, len(self._names)))
        same = [other for other in before if self._plan.lists[other] == role.list]
        parts += [{"$neq": {_FACT: {self._names[other]: _FACT}}} for other in same]
        if role.variable or number < self._first:
            first = self._names[0] if self._names else _ANCHOR_NAME
            parts.append({"$gte": {ONE: {first: ONE}}})  # the comparison that must hold last, of all facts
        if len(parts) > MAX_COMPARISONS:
            raise ValueError("more comparisons than one rule of durable_rules can hold")
        return {"$and": parts} if len(parts) > 1 else parts[0]

    def _comparisons(self, number: int, other: int, join: ColumnJoin, mode: Mode) -> list[dict[str, Any]]:
        """A comparison of two values as comparisons of their numbers."""
        name = self._names[join.other]

        def compare(operator: str, mine: str, theirs: str) -> dict[str, Any]:
            left, right = self._property(number, mine, join.column), self._property(other, theirs, join.other_column)
            native = _NATIVE_OPERATOR[operator]
            return {native: {left: {name: right}}} if native else {left: {name: right}}

        if join.operator == "=":
            if mode is Mode.SURE:
                return [compare("=", "V", "V")]
            return [compare("<=", "L", "H"), compare(">=", "H", "L")]
        if join.operator == "!=":
            if mode is Mode.POSSIBLE:
                return [compare("!=", "V", "V")]
            mine, theirs = (
                self._property(number, "U", join.column),
                self._property(other, "U", join.other_column),
            )
            return [{mine: 0}, {"$gte": {ONE: {name: theirs}}}, compare("!=", "V", "V")]
        less = join.operator in {"<", "<="}
        mine, theirs = ("H", "L") if less is (mode is Mode.SURE) else ("L", "H")
        return [compare(join.operator, mine, theirs)]

    def _property(self, number: int, letter: str, column: int) -> str:
        self._read.setdefault(number, set()).add((letter, column))
        return f"{letter}{column}"

    # -- facts

    def messages(self, casts: Casts, codes: Codes, most: int | None = None) -> list[Message]:
        """The facts for a session, absent ones first; at most so many for a role of `over` where `most` is given."""
        found: list[Message] = []
        for number, one in enumerate(casts.absences):
            self._copies(found, number, one or (), codes, sure=self._absent_mode is Mode.SURE)
        for at, roles in enumerate(casts.branches):
            for variable, one in enumerate(roles):
                sure = self._mode is Mode.SURE
                few = [item for item in one or () if item[1] or not sure][:most]
                self._copies(found, self._number(at, variable), tuple(few), codes, sure=sure)
        if not self._names:
            found.append({LIST: _ANCHOR, ONE: 1})
        return found

    def _copies(self, found: list[Message], number: int, one: Cast, codes: Codes, *, sure: bool) -> None:
        read = sorted(self._read.get(number, ()))
        for item, surely in one:
            if sure and not surely:
                continue
            message: Message = {LIST: number, _FACT: item, ONE: 1}
            for letter, column in read:
                code = (codes[column] or ())[item]
                if code is not None:
                    message[f"{letter}{column}"] = 0 if letter == "U" else code
                elif letter == "V":
                    message[f"V{column}"] = -2 - item - MAX_LIST_ITEMS * column  # no other unknown has it
                else:
                    message[f"{letter}{column}"] = {"L": -1, "H": _TOP, "U": _UNKNOWN}[letter]
            found.append(message)

    def choice(self, bound: Mapping[str, Message]) -> tuple[int, ...]:
        """Which items the facts of a firing are, by variable."""
        if len(self._names) == 1:
            return ((bound.get(self._names[0]) or bound["m"])[_FACT],)
        return tuple([bound[name][_FACT] for name in self._names])
