"""From the ways in which a condition can hold to roles: which columns a variable's fact is tested by and joined on.

Equal expressions over the same list are one column, whoever wrote them. Two facts are compared by number, text, date or
boolean; texts are ordered by their characters, as FEEL orders them; nothing else can be joined, and is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.feel import Environment, nodes
from engine.feel.compiler import compile_node
from engine.feel.types import BOOLEAN, FeelType, accepts
from engine.pack.model import Pattern
from engine.pack.patterns.condition import Branch, FactTest, Join, UnsupportedError
from engine.pack.patterns.plan import Column, ColumnJoin, ColumnTest, Role

_JOINED: Final = frozenset({"number", "string", "boolean", "date"})
_ORDERED: Final = frozenset({"number", "string", "date"})


class ColumnTable:
    """The columns of all patterns of a pack, each once."""

    def __init__(self) -> None:
        self.columns: list[Column] = []
        self._numbers: dict[tuple[int, str, bool], int] = {}

    def number(self, column: Column, *, joined: bool) -> int:
        """The number of a column, which is added where it is new; joined ones stand apart, for they are coded."""
        found = self._numbers.setdefault((column.list, column.compiled.source, joined), len(self.columns))
        if found == len(self.columns):
            self.columns.append(column)
        return found


class Casting:
    """Finds the roles for the branches of one pattern; `lists` has the number of each variable's list."""

    def __init__(
        self, columns: ColumnTable, environment: Environment, pattern: Pattern, lists: Mapping[str, int]
    ) -> None:
        self._columns = columns
        self._environment = environment
        self._pattern = pattern
        self._lists = lists
        self._order = tuple(lists)

    def roles(self, branch: Branch, filled: tuple[str, ...]) -> tuple[Role, ...]:
        """The role of each variable in `filled`.

        Raises:
            UnsupportedError: for a test of another variable, and for what cannot be tested or joined.
        """
        tests: dict[str, list[ColumnTest]] = {name: [] for name in filled}
        joins: dict[str, list[ColumnJoin]] = {name: [] for name in filled}
        for one in branch:
            if one.variable not in tests:
                node = one.node if isinstance(one, FactTest) else one.left
                message = "a part about the absent fact also says what must be there"
                raise UnsupportedError(node, message, "join what must be there by and, as a part of its own")
            if isinstance(one, FactTest):
                tests[one.variable].append(self._test(one))
            else:
                joins[one.variable].append(self._join(one))
        return tuple(
            Role(self._order.index(name), self._lists[name], tuple(tests[name]), tuple(joins[name])) for name in filled
        )

    def _test(self, one: FactTest) -> ColumnTest:
        number, kind = self._column(one.variable, one.node, joined=False)
        if not accepts(BOOLEAN, kind):
            raise UnsupportedError(one.node, f"a part of the condition is a {kind}", "write a condition")
        return ColumnTest(number, one.wanted)

    def _join(self, one: Join) -> ColumnJoin:
        left, kind = self._column(one.variable, one.left, joined=True)
        right, other = self._column(one.other, one.right, joined=True)
        if kind.name != other.name or kind.name not in _JOINED:
            remedy = "compare two numbers, texts, dates or booleans"
            raise UnsupportedError(one.left, f"a {kind} is compared with a {other} across facts", remedy)
        if one.operator not in {"=", "!="} and kind.name not in _ORDERED:
            raise UnsupportedError(one.left, f"{kind}s are put in order", "compare them with = or !=")
        return ColumnJoin(left, one.operator, self._order.index(one.other), right)

    def _column(self, variable: str, node: nodes.Node, *, joined: bool) -> tuple[int, FeelType]:
        """The number and type of the column that a part of the condition is, of its variable's facts."""
        compiled = compile_node(node, self._pattern.condition.text, self._environment)
        plain = isinstance(node, nodes.Path) and isinstance(node.base, nodes.Name) and node.base.name == variable
        field = node.member if plain and isinstance(node, nodes.Path) else None
        column = Column(self._lists[variable], compiled, self._pattern.id, field)
        return self._columns.number(column, joined=joined), compiled.type
