"""The logic of a foreign DMN model in a pack's words: boxed expressions as FEEL texts, tables as tables.

A knowledge model becomes the FEEL function that it is, written where it is called; one whose logic is a table becomes
the table of the decision that calls it. What neither a FEEL text nor a table can say raises `NotCarriedError`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from engine.dmn import model as dmn
from engine.exchange.foreign_names import Rewriter, snake
from engine.exchange.literals import literal
from engine.pack.limits import MAX_EXPRESSION_CHARS

_MAX_DEPTH: Final = 20
_RESULT: Final = "result of the context"


class NotCarriedError(ValueError):
    """A piece of logic that a pack cannot say; the text says what, `line` where."""

    def __init__(self, message: str, line: int) -> None:
        self.line = line
        super().__init__(message)


class Logic:
    """Turns the expressions of one model into FEEL texts."""

    def __init__(self, model: dmn.Definitions) -> None:
        self._models = {one.name: one for one in model.knowledge_models}
        self._mentions = Rewriter({(name,): name for name in self._models})
        self._functions: dict[str, str] = {}
        self._language = model.expression_language

    def tables_called(self, expression: dmn.Expression | None) -> tuple[dmn.DecisionTable, dict[str, str]] | None:
        """The table of a knowledge model that an expression calls and does nothing else with, and its arguments."""
        name, arguments = self._called(expression)
        model = self._models.get(name)
        if model is None or model.logic is None or not isinstance(model.logic.body, dmn.DecisionTable):
            return None
        parameters = [one.name for one in model.logic.parameters]
        if len(arguments) != len(parameters):
            raise NotCarriedError(f"the call of {name} does not give every parameter once", model.line)
        if isinstance(arguments, list):
            arguments = dict(zip(parameters, arguments, strict=True))
        if set(arguments) != set(parameters):
            raise NotCarriedError(f"the call of {name} gives other parameters than it has", model.line)
        return model.logic.body, arguments

    def _called(self, expression: dmn.Expression | None) -> tuple[str, dict[str, str] | list[str]]:
        if isinstance(expression, dmn.Invocation) and isinstance(expression.function, dmn.LiteralExpression):
            bound = {one.parameter.name: self.text(one.expression) for one in expression.bindings}
            return expression.function.text.strip(), bound
        if isinstance(expression, dmn.LiteralExpression):
            name, opened, arguments = expression.text.strip().partition("(")
            if opened and name.strip() in self._models and _closes_at_the_end(arguments):
                return name.strip(), _split(arguments[:-1])
        return "", []

    def text(self, expression: dmn.Expression | None, depth: int = 0) -> str:
        """An expression as one FEEL text.

        Raises:
            NotCarriedError: for logic that FEEL cannot say.
        """
        if expression is None:
            return "null"
        if depth > _MAX_DEPTH:
            raise NotCarriedError("the logic is nested too deeply", expression.line)
        write = _WRITERS.get(type(expression))
        if write is None:
            raise NotCarriedError(f"a boxed {type(expression).__name__}", expression.line)
        return write(self, expression, depth + 1)

    def inlined(self, text: str) -> str:
        """The text with the knowledge models that it calls written out as functions."""
        called = self._mentions.found(text)
        written = Rewriter({(name,): self._function(name) for name in called})(text)
        if max(len(text), len(written)) > MAX_EXPRESSION_CHARS or (called and written == text):
            raise NotCarriedError(f"its text, written out, is longer than {MAX_EXPRESSION_CHARS} characters", 0)
        return written

    def _function(self, name: str) -> str:
        """A knowledge model as a FEEL function."""
        model = self._models[name]
        if model.logic is None or model.logic.kind != "FEEL":
            raise NotCarriedError(f"{name} is not written in FEEL", model.line)
        written = self._functions.get(name)
        if written is None:
            self._functions[name] = ""  # being written: one that is met again calls itself
            # A parameter may have an input's name: it gets one that no pack has, so that the two stay apart.
            fresh: dict[tuple[str, ...], str] = {(one.name,): f"_{snake(one.name)}" for one in model.logic.parameters}
            body = self.inlined(Rewriter(fresh)(self.text(model.logic.body)))
            written = self._functions[name] = f"(function({', '.join(fresh.values())}) {body})"
        if not written:
            raise NotCarriedError(f"{name} calls itself, or cannot be written out", model.line)
        return written

    def parameters(self, name: str) -> list[str] | None:
        """The parameters of a knowledge model; None where there is none of that name."""
        model = self._models.get(name)
        return None if model is None or model.logic is None else [one.name for one in model.logic.parameters]

    def literal(self, expression: dmn.LiteralExpression) -> str:
        """A literal expression's text, where it is FEEL."""
        language = (expression.language or self._language).lower()
        if language and "feel" not in language:
            raise NotCarriedError("the expression is not written in FEEL", expression.line)
        return expression.text.strip() or "null"


def _literal(logic: Logic, one: Any, depth: int) -> str:
    del depth
    return f"({logic.literal(one)})"


def _context(logic: Logic, one: dmn.Context, depth: int) -> str:
    entries = []
    result = None
    for entry in one.entries:
        text = logic.text(entry.expression, depth)
        if entry.variable is None:
            result = text
        else:
            entries.append(f"{_key(entry.variable.name)}: {text}")
    if result is None:
        return "{" + ", ".join(entries) + "}"
    return "{" + ", ".join([*entries, f"{_key(_RESULT)}: {result}"]) + "}." + _RESULT


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_ ]*", name) else literal(name)


def _list(logic: Logic, one: dmn.ListExpression, depth: int) -> str:
    return "[" + ", ".join(logic.text(item, depth) for item in one.items) + "]"


def _relation(logic: Logic, one: dmn.Relation, depth: int) -> str:
    rows = []
    for row in one.rows:
        pairs = zip(one.columns, row, strict=False)
        rows.append("{" + ", ".join(f"{_key(column.name)}: {logic.text(cell, depth)}" for column, cell in pairs) + "}")
    return "[" + ", ".join(rows) + "]"


def _conditional(logic: Logic, one: dmn.Conditional, depth: int) -> str:
    condition, chosen, other = (logic.text(part, depth) for part in (one.condition, one.chosen, one.other))
    return f"(if {condition} then {chosen} else {other})"


def _filter(logic: Logic, one: dmn.Filter, depth: int) -> str:
    return f"{logic.text(one.source, depth)}[{logic.text(one.match, depth)}]"


def _for(logic: Logic, one: dmn.ForIterator, depth: int) -> str:
    return f"(for {one.variable} in {logic.text(one.source, depth)} return {logic.text(one.result, depth)})"


def _quantified(logic: Logic, one: dmn.Quantified, depth: int) -> str:
    word = "every" if one.every else "some"
    source, condition = logic.text(one.source, depth), logic.text(one.condition, depth)
    return f"({word} {one.variable} in {source} satisfies {condition})"


def _function(logic: Logic, one: dmn.FunctionDefinition, depth: int) -> str:
    if one.kind != "FEEL":
        raise NotCarriedError(f"a function of kind {one.kind}", one.line)
    return f"(function({', '.join(part.name for part in one.parameters)}) {logic.text(one.body, depth)})"


def _invocation(logic: Logic, one: dmn.Invocation, depth: int) -> str:
    function = logic.text(one.function, depth)
    name = one.function.text.strip() if isinstance(one.function, dmn.LiteralExpression) else function
    given = {part.parameter.name: logic.text(part.expression, depth) for part in one.bindings}
    known = logic.parameters(name)
    if known is not None and set(known) >= set(given):  # by position: the names are not kept
        return f"{name}({', '.join(given.get(one, 'null') for one in known)})"
    return f"{name}({', '.join(f'{key}: {text}' for key, text in given.items())})"


def _table(logic: Logic, one: dmn.DecisionTable, depth: int) -> str:
    """A table inside of other logic: the first row that holds, as a chain of conditions."""
    del depth
    if one.hit_policy not in _CHAINED:
        raise NotCarriedError(f"a {one.hit_policy.value} table inside of another expression", one.line)
    defaults = [clause.default for clause in one.outputs]
    text = _outcome(one, [None if entry is None else logic.literal(entry) for entry in defaults])
    conditions = []
    outcomes = []
    for rule in one.rules:
        pairs = zip(one.inputs, rule.inputs, strict=True)
        tests = [_test(logic.literal(clause.expression), entry.text.strip(), entry.line) for clause, entry in pairs]
        conditions.append(" and ".join(filter(None, tests)) or "true")
        outcomes.append(_outcome(one, [logic.literal(entry) for entry in rule.outputs]))
    for condition, chosen in zip(reversed(conditions), reversed(outcomes), strict=True):
        text = f"if {condition} then {chosen} else {text}"
    apart = _apart(one.hit_policy, conditions, outcomes)
    if len(apart) > 1:
        # Two of them that both hold are a fault of the table, whose value is not that of the first.
        text = f"if count([{', '.join(apart)}][item = true]) > 1 then null else {text}"
    return f"({text})"


def _apart(policy: dmn.HitPolicy, conditions: Sequence[str], outcomes: Sequence[str]) -> list[str]:
    """The conditions of which at most one may hold: all of a UNIQUE table, those of each outcome of an ANY table."""
    if policy is dmn.HitPolicy.UNIQUE:
        return list(conditions)
    together: dict[str, list[str]] = {}
    if policy is dmn.HitPolicy.ANY:
        for condition, outcome in zip(conditions, outcomes, strict=True):
            together.setdefault(outcome, []).append(condition)
    return [" or ".join(f"({one})" for one in group) for group in together.values()]


def _outcome(table: dmn.DecisionTable, texts: Sequence[str | None]) -> str:
    if len(texts) == 1 or not any(texts):
        return texts[0] or "null"
    pairs = zip(table.outputs, texts, strict=True)
    return "{" + ", ".join(f"{_key(clause.name)}: {text or 'null'}" for clause, text in pairs) + "}"


def _test(subject: str, cell: str, line: int) -> str:
    """A cell as a condition; empty where it accepts everything."""
    if cell in {"", "-"}:
        return ""
    if "?" in re.sub(r'"(?:[^"\\]|\\.)*"', "", cell):
        raise NotCarriedError("a cell that speaks of ? in a table inside of another expression", line)
    negated = re.fullmatch(r"not\s*\((?P<tests>.*)\)", cell, re.DOTALL)
    return f"not(({subject}) in ({negated['tests']}))" if negated else f"(({subject}) in ({cell}))"


_CHAINED: Final = frozenset({dmn.HitPolicy.UNIQUE, dmn.HitPolicy.ANY, dmn.HitPolicy.FIRST})
_WRITERS: Final[Mapping[type, Callable[[Logic, Any, int], str]]] = {
    dmn.LiteralExpression: _literal,
    dmn.Context: _context,
    dmn.ListExpression: _list,
    dmn.Relation: _relation,
    dmn.Conditional: _conditional,
    dmn.Filter: _filter,
    dmn.ForIterator: _for,
    dmn.Quantified: _quantified,
    dmn.FunctionDefinition: _function,
    dmn.Invocation: _invocation,
    dmn.DecisionTable: _table,
}


def _closes_at_the_end(text: str) -> bool:
    """Whether the bracket that was opened before a text is closed by its last character."""
    depth, quoted = 1, False
    for place, char in enumerate(text):
        if char == '"' and text[place - 1 : place] != "\\":
            quoted = not quoted
        elif not quoted and char in "()":
            depth += 1 if char == "(" else -1
            if depth == 0:
                return place == len(text) - 1
    return False


def _split(arguments: str) -> list[str]:
    """The arguments of a call by the commas that are not inside of anything."""
    found, depth, quoted, start = [], 0, False, 0
    for place, char in enumerate(arguments):
        if char == '"' and arguments[place - 1 : place] != "\\":
            quoted = not quoted
        elif not quoted and char in "([{":
            depth += 1
        elif not quoted and char in ")]}":
            depth -= 1
        elif not quoted and char == "," and depth == 0:
            found.append(arguments[start:place].strip())
            start = place + 1
    rest = arguments[start:].strip()
    return [*found, rest] if rest else found
