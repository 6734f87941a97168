"""The parser: FEEL text to a syntax tree, by recursive descent, with the names in scope.

Precedence from low to high: `if for some every function`, `or`, `and`, comparison with `between` and `in`, `+ -`,
`* /`, `**`, unary `-`, then paths, filters, calls and `instance of`. `**` groups to the left and unary minus binds
tighter than it, as the standard says. A text is read whole or refused with a `FeelError`; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final

from engine.feel import limits
from engine.feel.builtins import FUNCTIONS
from engine.feel.errors import FeelError, error_at
from engine.feel.grammar import Cursor
from engine.feel.lexer import Kind
from engine.feel.nodes import (
    Arithmetic,
    Between,
    Comparison,
    For,
    If,
    In,
    Iteration,
    Logic,
    Negate,
    Node,
    Quantified,
    Tests,
    UnaryTest,
    Wildcard,
    depth,
)
from engine.feel.plain_tests import plain_tests, plain_value
from engine.feel.primaries import COMPARISONS, PrimaryParser
from engine.feel.scope import NameScope

PROPERTIES: Final = ("time offset", "start included", "end included")
"""The properties whose names hold a space."""

_LIBRARY: Final = NameScope(FUNCTIONS)


@lru_cache(maxsize=64)
def _set_with_properties(members: frozenset[str]) -> frozenset[str]:
    return members.union(PROPERTIES)


def _with_properties(members: Iterable[str]) -> Iterable[str]:
    """The keys and the properties; a set stays the same set, so that it is read once for many texts."""
    return _set_with_properties(members) if isinstance(members, frozenset) else (*PROPERTIES, *members)


def parse_expression(
    text: str, names: Iterable[str] = (), members: Iterable[str] = (), types: Iterable[str] = ()
) -> Node:
    """The tree of an expression.

    `names` are those in scope (they may hold spaces, dots and symbols; the longest wins); `members` are keys that may
    follow a dot and hold spaces; `types` are names of types, which may hold spaces too. Raises `FeelError`.
    """
    return plain_value(text) or _read(text, (names, members, types), _Parser.expression)


def parse_unary_tests(
    text: str, names: Iterable[str] = (), members: Iterable[str] = (), types: Iterable[str] = ()
) -> Node:
    """The tree of a decision-table cell: `Tests`, or `Wildcard` for `-` and an empty cell. Raises `FeelError`."""
    return plain_tests(text) or _read(text, (names, members, types), _Parser.unary_tests)


_Known = tuple[Iterable[str], Iterable[str], Iterable[str]]


def _read(text: str, known: _Known, rule: Callable[[_Parser], Node]) -> Node:
    """Read a text whole by a rule; what is too deep for the stack of the caller is refused like any deep text."""
    names, members, types = known
    try:
        parser = _Parser(Cursor(text, NameScope(names, _LIBRARY), _with_properties(members), types))
        node = rule(parser)
    except RecursionError:
        raise error_at(text, 0, "the expression is nested too deeply", "split the expression") from None
    cursor = parser.cursor
    if cursor.token.kind is not Kind.END:
        raise cursor.error(
            f"expected the end of the expression, found {cursor.found()}",
            "check the operator before it, or the spelling of the name",
        )
    if depth(node) > limits.MAX_NESTING:
        raise error_at(text, 0, f"the expression has more than {limits.MAX_NESTING} levels", "split the expression")
    return node


class _Parser(PrimaryParser):
    # -- cells

    def unary_tests(self) -> Node:
        """`-`, or tests separated by commas, or `not(...)` around them."""
        cursor = self.cursor
        start = cursor.token.start
        if cursor.token.kind is Kind.END:
            return Wildcard(start, written=False)
        if cursor.at("-") and cursor.ahead().kind is Kind.END:
            cursor.advance()
            return Wildcard(start, written=True)
        if cursor.at("not") and cursor.ahead().text == "(":
            mark = cursor.index
            try:
                return self._negated(start)
            except FeelError:
                # `not(x) and y` is an expression that starts with a call.
                cursor.index = mark
        return Tests(start, tuple(self._test_list()))

    def _negated(self, start: int) -> Node:
        cursor = self.cursor
        cursor.advance()
        cursor.advance()
        tests = self._test_list()
        cursor.expect(")", "after the negated tests")
        if cursor.token.kind is not Kind.END:
            raise cursor.error("something follows the negated tests", "combine tests with commas")
        return Tests(start, tuple(tests), negated=True)

    def _test_list(self) -> list[Node]:
        tests = [self.positive_test()]
        while self.cursor.take(","):
            tests.append(self.positive_test())
        return tests

    def positive_test(self) -> Node:
        """An operator and its operand, or an expression."""
        cursor = self.cursor
        start = cursor.token.start
        if cursor.at(*COMPARISONS):
            operator = cursor.advance().text
            return UnaryTest(start, operator, self.additive())
        return self.expression()

    # -- expressions

    def expression(self) -> Node:
        """A whole expression."""
        with self.cursor.deeper():
            return self._chain("or", self._conjunction)

    def _conjunction(self) -> Node:
        return self._chain("and", self._comparison)

    def _chain(self, operator: str, operand: Callable[[], Node]) -> Node:
        start = self.cursor.token.start
        operands = [operand()]
        while self.cursor.take(operator):
            operands.append(operand())
        return operands[0] if len(operands) == 1 else Logic(start, operator, tuple(operands))

    def _comparison(self) -> Node:
        cursor = self.cursor
        left = self.additive()
        while True:
            start = left.start
            if cursor.at(*COMPARISONS):
                operator = cursor.advance().text
                left = Comparison(start, operator, left, self.additive())
            elif cursor.take("between"):
                low = self.additive()
                cursor.expect("and", "between the two limits of 'between'")
                left = Between(start, left, low, self.additive())
            elif cursor.take("in"):
                left = In(start, left, self._targets())
            else:
                return left

    def _targets(self) -> tuple[Node, ...]:
        cursor = self.cursor
        if cursor.at(*COMPARISONS):
            return (self.positive_test(),)
        if cursor.at("("):
            node = self.additive(tests=True)
            return node.tests if isinstance(node, Tests) else (node,)
        return (self.additive(),)

    def additive(self, *, tests: bool = False) -> Node:
        """Sums, differences and everything that binds tighter."""
        left = self._multiplicative(tests=tests)
        while self.cursor.at("+", "-"):
            operator = self.cursor.advance().text
            left = Arithmetic(left.start, operator, left, self._multiplicative())
        return left

    def _multiplicative(self, *, tests: bool = False) -> Node:
        left = self._power(tests=tests)
        while self.cursor.at("*", "/"):
            operator = self.cursor.advance().text
            left = Arithmetic(left.start, operator, left, self._power())
        return left

    def _power(self, *, tests: bool = False) -> Node:
        left = self._unary(tests=tests)
        while self.cursor.at("**"):
            self.cursor.advance()
            left = Arithmetic(left.start, "**", left, self._unary())
        return left

    def _unary(self, *, tests: bool = False) -> Node:
        cursor = self.cursor
        if cursor.at("-"):
            start = cursor.advance().start
            with cursor.deeper():
                return Negate(start, self._unary())
        return self.postfix(tests=tests)

    # -- words that open an expression

    def keyword_expression(self) -> Node | None:
        """`if`, `for`, `some`, `every`."""
        cursor = self.cursor
        start = cursor.token.start
        if cursor.take("if"):
            condition = self.expression()
            cursor.expect("then", "after the condition of 'if'")
            chosen = self.expression()
            cursor.expect("else", "after the first branch of 'if'")
            return If(start, condition, chosen, self.expression())
        if cursor.take("for"):
            return self._for(start)
        if cursor.at("some", "every"):
            every = cursor.advance().text == "every"
            return self._quantified(start, every=every)
        return None

    def _for(self, start: int) -> Node:
        cursor = self.cursor
        with cursor.inside():
            iterations = self._iterations()
            cursor.expect("return", "after the lists of 'for'")
            cursor.scope.add("partial")
            return For(start, tuple(iterations), self.expression())

    def _quantified(self, start: int, *, every: bool) -> Node:
        cursor = self.cursor
        with cursor.inside():
            iterations = self._iterations()
            cursor.expect("satisfies", "after the lists")
            return Quantified(start, every, tuple(iterations), self.expression())

    def _iterations(self) -> list[Iteration]:
        """`name in source, ...`; each name is in scope of what follows it."""
        cursor = self.cursor
        iterations: list[Iteration] = []
        while True:
            start = cursor.token.start
            name = cursor.free_name("the name of a loop variable", "in")
            cursor.expect("in", "after the loop variable")
            source = self.expression()
            end = self.expression() if cursor.take("..") else None
            iterations.append(Iteration(start, name, source, end))
            cursor.scope.add(name)
            if not cursor.take(","):
                return iterations
