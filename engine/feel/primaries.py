"""The parser's lower half: literals, names, brackets, ranges and what may follow a value.

`PrimaryParser` leaves expressions of several operands to `parser.py`, which completes it. Every method starts at the
cursor and leaves it behind what it read.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Final

from engine.feel.errors import FeelError
from engine.feel.grammar import KEYWORDS, NAME_SYMBOLS, Cursor
from engine.feel.lexer import Kind, Token
from engine.feel.nodes import (
    AtLiteral,
    Call,
    ContextLiteral,
    Filter,
    FunctionLiteral,
    InstanceOf,
    ListLiteral,
    Literal,
    Name,
    Node,
    Parameter,
    Path,
    RangeLiteral,
    Tests,
    UnaryTest,
)
from engine.feel.type_names import parse_type

COMPARISONS: Final = ("=", "!=", "<", "<=", ">", ">=")
_CONSTANTS: Final[dict[str, object]] = {"true": True, "false": False, "null": None}


class PrimaryParser(ABC):
    """Values and what follows them."""

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self._range_end = -1

    @abstractmethod
    def expression(self) -> Node:
        """A whole expression."""

    @abstractmethod
    def additive(self) -> Node:
        """An expression without comparison and logic: what stands at the end of a range or test."""

    @abstractmethod
    def positive_test(self) -> Node:
        """One unary test: an operator with its operand, or an expression."""

    @abstractmethod
    def keyword_expression(self) -> Node | None:
        """`if`, `for`, `some` or `every`; None where none starts."""

    def postfix(self, *, tests: bool = False) -> Node:
        """A value and its paths, filters, calls and `instance of`.

        `tests` lets a bracket hold a list of unary tests (after `in`).
        """
        cursor = self.cursor
        with cursor.deeper():
            node = self.primary(tests=tests)
            while True:
                start = node.start
                if cursor.at(".") and not isinstance(node, Tests):
                    cursor.advance()
                    node = Path(start, node, cursor.member_name())
                elif cursor.at("[") and cursor.index != self._range_end:
                    node = self._filter(node)
                elif cursor.at("(") and self._callable(node):
                    node = self._call(node)
                elif cursor.at("instance") and cursor.ahead().text == "of":
                    cursor.advance()
                    cursor.advance()
                    node = InstanceOf(start, node, parse_type(cursor))
                else:
                    return node

    @staticmethod
    def _callable(node: Node) -> bool:
        return isinstance(node, Name | Path | Call | FunctionLiteral | Filter)

    def _filter(self, base: Node) -> Node:
        cursor = self.cursor
        cursor.advance()
        # Keys of the items are names inside the brackets: those that the text and the scope speak of are known.
        with cursor.inside("item", *cursor.members.names()):
            condition = self.expression()
        cursor.expect("]", "after the filter")
        return Filter(base.start, base, condition)

    def _call(self, function: Node) -> Node:
        cursor = self.cursor
        cursor.advance()
        arguments: list[Node] = []
        names: list[str] = []
        if not cursor.at(")"):
            while True:
                name = self._argument_name()
                if name is not None:
                    names.append(name)
                elif names:
                    raise cursor.error("a call mixes named and unnamed arguments", "name all of them or none")
                arguments.append(self.expression())
                if not cursor.take(","):
                    break
        cursor.expect(")", "after the arguments")
        if names and len(names) != len(arguments):
            raise cursor.error("a call mixes named and unnamed arguments", "name all of them or none", function.start)
        return Call(function.start, function, tuple(arguments), tuple(names) if names else None)

    def _argument_name(self) -> str | None:
        cursor = self.cursor
        count = 0
        while cursor.ahead(count).kind is Kind.WORD or (count and _continues_name(cursor.ahead(count))):
            count += 1
        if count and cursor.ahead(count).text == ":" and cursor.ahead(count).kind is Kind.SYMBOL:
            name = cursor.free_name("the name of an argument", ":")
            cursor.advance()
            return name
        return None

    def primary(self, *, tests: bool) -> Node:
        """A literal, a name, or something in brackets."""
        cursor = self.cursor
        token = cursor.token
        if token.kind in (Kind.NUMBER, Kind.STRING, Kind.AT):
            cursor.advance()
            if token.kind is Kind.AT:
                return AtLiteral(token.start, token.text)
            return Literal(token.start, token.value if token.kind is Kind.NUMBER else token.text)
        if token.kind is Kind.WORD:
            return self._word(token)
        return self._bracket(tests=tests)

    def _bracket(self, *, tests: bool) -> Node:
        cursor = self.cursor
        if cursor.at("("):
            return self._parenthesis(tests=tests)
        if cursor.at("["):
            return self._square()
        if cursor.at("]"):
            start = cursor.advance().start
            return self._range(start, self.expression(), low_closed=False)
        if cursor.at("{"):
            return self._context()
        raise cursor.error(f"expected a value, found {cursor.found()}", "write a value, a name or an expression")

    def _word(self, token: Token) -> Node:
        cursor = self.cursor
        known = cursor.scope.match(cursor.tokens, cursor.index)
        if known and (known[1] > 1 or token.text not in KEYWORDS):
            for _ in range(known[1]):
                cursor.advance()
            return Name(token.start, known[0])
        if token.text in _CONSTANTS:
            cursor.advance()
            return Literal(token.start, _CONSTANTS[token.text])
        if token.text == "function" and cursor.ahead().text == "(":
            return self._function()
        node = self.keyword_expression()
        if node is not None:
            return node
        if token.text in KEYWORDS:
            raise cursor.error(f"expected a value, found the word {token.text!r}", "write a value before it")
        cursor.advance()
        return Name(token.start, token.text)

    def _parenthesis(self, *, tests: bool) -> Node:
        cursor = self.cursor
        start = cursor.advance().start
        operator = cursor.token.text if cursor.at(*COMPARISONS) else None
        if operator is not None:
            first = self.positive_test()
            if not tests or not cursor.at(",", ")"):
                cursor.expect(")", "after the test")
                return _operator_range(start, first)
        elif tests:
            first = self.positive_test()
        else:
            first = self.expression()
        if cursor.at(".."):
            return self._range(start, first, low_closed=False)
        items = [first]
        while tests and cursor.take(","):
            items.append(self.positive_test())
        cursor.expect(")", "to close the bracket")
        if len(items) == 1 and operator is None:
            return first
        return Tests(start, tuple(items))

    def _square(self) -> Node:
        cursor = self.cursor
        start = cursor.advance().start
        if cursor.take("]"):
            return ListLiteral(start, ())
        first = self.expression()
        if cursor.at(".."):
            return self._range(start, first, low_closed=True)
        items = [first]
        while cursor.take(","):
            items.append(self.expression())
        cursor.expect("]", "to close the list")
        return ListLiteral(start, tuple(items))

    def _range(self, start: int, low: Node, *, low_closed: bool) -> Node:
        """The rest of a range, from its dots. A `[` may end it (`]1..5[`): where nothing else does, each one is tried."""
        cursor = self.cursor
        cursor.expect("..", "between the ends of a range")
        mark = cursor.index
        try:
            high = self._high_end()
        except FeelError as refusal:
            high = self._high_end_before_bracket(mark, refusal)
        closed = cursor.advance().text == "]"
        return RangeLiteral(start, low, high, low_closed, closed)

    def _high_end(self) -> Node:
        cursor = self.cursor
        high = self.additive()
        if not cursor.at(")", "]", "["):
            raise cursor.error(f"expected the end of the range, found {cursor.found()}", "close it with ] or )")
        return high

    def _high_end_before_bracket(self, mark: int, refusal: FeelError) -> Node:
        cursor = self.cursor
        outer = self._range_end
        # The last bracket that the end reaches: those before it are filters of the end.
        for index in range(len(cursor.tokens) - 1, mark, -1):
            if cursor.tokens[index].text != "[" or cursor.tokens[index].kind is not Kind.SYMBOL:
                continue
            cursor.index = mark
            self._range_end = index
            try:
                high = self.additive()
            except FeelError:
                continue
            finally:
                self._range_end = outer
            if cursor.index == index:
                return high
        raise refusal

    def _context(self) -> Node:
        cursor = self.cursor
        start = cursor.advance().start
        entries: list[tuple[str, Node]] = []
        with cursor.inside():
            while not cursor.at("}"):
                key = self._key()
                if any(key == known for known, _ in entries):
                    raise cursor.error("a context has the same key twice", "name each entry once")
                cursor.expect(":", "after the key of a context")
                entries.append((key, self.expression()))
                cursor.scope.add(key)
                cursor.members.add(key)
                if not cursor.take(","):
                    break
            cursor.expect("}", "to close the context")
        return ContextLiteral(start, tuple(entries))

    def _key(self) -> str:
        cursor = self.cursor
        if cursor.token.kind is Kind.STRING:
            return cursor.advance().text
        if cursor.token.text in KEYWORDS and cursor.ahead().text == ":":
            return cursor.advance().text
        return cursor.free_name("a key", ":")

    def _function(self) -> Node:
        cursor = self.cursor
        start = cursor.advance().start
        cursor.advance()
        parameters: list[Parameter] = []
        while not cursor.at(")"):
            place = cursor.token.start
            name = cursor.free_name("the name of a parameter", ":", ",", ")")
            kind = parse_type(cursor) if cursor.take(":") else None
            parameters.append(Parameter(place, name, kind))
            if not cursor.take(","):
                break
        cursor.expect(")", "after the parameters")
        if cursor.at("external"):
            raise cursor.error("external functions are not part of this engine", "write the function in FEEL")
        with cursor.inside(*(parameter.name for parameter in parameters)):
            body = self.expression()
        return FunctionLiteral(start, tuple(parameters), body)


def _continues_name(token: Token) -> bool:
    return token.kind is Kind.NUMBER or (token.kind is Kind.SYMBOL and token.text in NAME_SYMBOLS)


def _operator_range(start: int, test: Node) -> Node:
    """`(< 10)` outside of a test is a range; `(!= 10)` is none, and stays a test."""
    assert isinstance(test, UnaryTest)
    if test.operator in ("<", "<="):
        return RangeLiteral(start, None, test.operand, low_closed=False, high_closed=test.operator == "<=")
    if test.operator in (">", ">="):
        return RangeLiteral(start, test.operand, None, low_closed=test.operator == ">=", high_closed=False)
    if test.operator == "=":
        return RangeLiteral(start, test.operand, test.operand, low_closed=True, high_closed=True)
    return Tests(start, (test,))
