"""Boxed expressions compiled to functions of a scope.

`Boxes.compile` turns an expression, with the names it may use, into a function of a scope and a log. Texts of FEEL are
read once, here; one that cannot be read is null with a warning whenever it is run, as DMN has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from engine.dmn import model
from engine.dmn.log import Log
from engine.dmn.types import TypeTable
from engine.feel import FeelError, FeelType
from engine.feel.clock import CLOCK_NAMES
from engine.feel.conform import conform
from engine.feel.failure import Failure
from engine.feel.operators.logic import truth
from engine.feel.prepared import Prepared, Vocabulary, prepare_expression
from engine.feel.prepared import Run as FeelRun
from engine.feel.runtime.access import invoke_named
from engine.feel.runtime.loops import filtered, loop, quantified, snapshot
from engine.feel.types import ANY
from engine.feel.values import FeelFunction

Scope: TypeAlias = Mapping[str, object]
Run: TypeAlias = Callable[[Scope, Log], object]


def null(scope: Scope, log: Log) -> None:
    """The value of an expression that is not there."""
    del scope, log


class Boxes:
    """The compiler of one model's expressions."""

    def __init__(self, types: TypeTable, keys: frozenset[str], *, feel: bool = True) -> None:
        self.types = types
        self.keys = keys
        self._long_keys = frozenset(key for key in keys if not key.isidentifier())
        self._named_types = types.all()
        self._feel = feel

    def vocabulary(self, names: tuple[str, ...]) -> Vocabulary:
        """What a text with these names in scope may speak of."""
        return Vocabulary(tuple(dict.fromkeys((*CLOCK_NAMES, *names))), self._long_keys, self._named_types)

    def compile(self, expression: model.Expression | None, names: tuple[str, ...]) -> Run:
        """The function of an expression; its value is of the expression's own type."""
        if expression is None:
            return null
        run = _COMPILERS[type(expression)](self, expression, names)
        return self.typed(run, expression.type_ref)

    def typed(self, run: Run, reference: str) -> Run:
        """A function whose value is converted to a type, or null with a warning."""
        if not reference:
            return run
        kind = self.types.named(reference)
        if kind == ANY:
            return run

        def converted(scope: Scope, log: Log) -> object:
            return self.converted(run(scope, log), kind, reference, log)

        return converted

    @staticmethod
    def converted(value: object, kind: FeelType | None, reference: str, log: Log, what: str = "the value") -> object:
        """A value as one of a type; null with a warning where it is none, or where the type is not known."""
        if value is None:
            return None
        if kind is None:
            log.note("type", f"there is no type {reference!r}")
            return None
        try:
            return conform(value, kind)
        except Failure as failure:
            log.note(failure.code, f"{what} {failure.message.replace(str(kind), reference or str(kind), 1)}")
            return None

    def feel(self, text: str, names: tuple[str, ...]) -> FeelRun:
        """The function of a text of FEEL."""
        return self.prepared(text, names, prepare_expression)

    def prepared(self, text: str, names: tuple[str, ...], prepare: Callable[[str, Vocabulary], Prepared]) -> FeelRun:
        """The function that one way of reading a text gives; null with a warning for a text that cannot be read."""
        if not text:
            return _constant_failure("syntax", "the expression is empty")
        try:
            return prepare(text, self.vocabulary(names)).run
        except FeelError as refusal:
            return _constant_failure("syntax", str(refusal))

    def literal(self, expression: model.LiteralExpression, names: tuple[str, ...]) -> Run:
        """A literal expression. One of another language than FEEL has no value."""
        language = expression.language.lower()
        if not (self._feel if not language else "feel" in language):
            return _constant_failure("language", "the expression language is not FEEL")
        return self.feel(expression.text, names)

    def function(self, definition: model.FunctionDefinition, names: tuple[str, ...]) -> Run:
        """A boxed function: a value that remembers the scope it was made in."""
        if definition.kind.upper() != "FEEL":
            return _constant_failure("external", f"functions of kind {definition.kind} are not run")
        parameters = tuple(parameter.name for parameter in definition.parameters)
        types = tuple(self.types.named(parameter.type_ref) or ANY for parameter in definition.parameters)
        unknown = [p.type_ref for p in definition.parameters if self.types.named(p.type_ref) is None]
        body = self.compile(definition.body, tuple(dict.fromkeys((*names, *parameters))))
        result = ANY if definition.body is None else self.types.named(definition.body.type_ref) or ANY

        def make(scope: Scope, log: Log) -> object:
            def call(*arguments: object) -> object:
                if unknown:
                    log.note("type", f"there is no type {unknown[0]!r}")
                    return None
                return body({**scope, **dict(zip(parameters, arguments, strict=True))}, log)

            return FeelFunction(parameters, call, types, result=result)

        return make


def _constant_failure(code: str, message: str) -> Callable[[Any, Any], None]:
    def fail(scope: object, warnings: Any) -> None:
        del scope
        warnings.append((code, message))

    return fail


def _context(boxes: Boxes, expression: model.Context, names: tuple[str, ...]) -> Run:
    entries: list[tuple[str, Run]] = []
    final: Run | None = None
    for entry in expression.entries:
        if entry.variable is None:
            final = boxes.compile(entry.expression, names)
            continue
        # An entry sees itself: a function calls itself, a nested context reads what it has so far.
        names = tuple(dict.fromkeys((*names, entry.variable.name)))
        run = boxes.typed(boxes.compile(entry.expression, names), entry.variable.type_ref)
        entries.append((entry.variable.name, run))

    def evaluate(scope: Scope, log: Log) -> object:
        found: dict[str, object] = {}
        inner = dict(scope)
        for name, run in entries:
            inner = dict(inner)
            inner.setdefault(name, None)
            value = run(inner, log)
            inner[name] = value
            found[name] = value
        return found if final is None else final(inner, log)

    return evaluate


def _invocation(boxes: Boxes, expression: model.Invocation, names: tuple[str, ...]) -> Run:
    function = boxes.compile(expression.function, names)
    parameters = tuple(binding.parameter.name for binding in expression.bindings)
    arguments = [
        boxes.typed(boxes.compile(binding.expression, names), binding.parameter.type_ref)
        for binding in expression.bindings
    ]

    def evaluate(scope: Scope, log: Log) -> object:
        called = function(scope, log)
        return invoke_named(called, parameters, [argument(scope, log) for argument in arguments], log)

    return evaluate


def _list(boxes: Boxes, expression: model.ListExpression, names: tuple[str, ...]) -> Run:
    items = [boxes.compile(item, names) for item in expression.items]
    return lambda scope, log: [item(scope, log) for item in items]


def _relation(boxes: Boxes, expression: model.Relation, names: tuple[str, ...]) -> Run:
    rows = [
        {
            column.name: boxes.typed(boxes.compile(cell, names), column.type_ref)
            for column, cell in zip(expression.columns, row, strict=True)
        }
        for row in expression.rows
    ]
    return lambda scope, log: [{name: cell(scope, log) for name, cell in row.items()} for row in rows]


def _conditional(boxes: Boxes, expression: model.Conditional, names: tuple[str, ...]) -> Run:
    condition, chosen, other = (
        boxes.compile(part, names) for part in (expression.condition, expression.chosen, expression.other)
    )

    def evaluate(scope: Scope, log: Log) -> object:
        answer = truth(condition(scope, log), log)
        return chosen(scope, log) if answer is True else other(scope, log)

    return evaluate


def _filter(boxes: Boxes, expression: model.Filter, names: tuple[str, ...]) -> Run:
    source = boxes.compile(expression.source, names)
    visible = tuple(dict.fromkeys((*names, "item", *sorted(boxes.keys))))
    match = boxes.compile(expression.match, visible)
    absent: dict[str, object] = dict.fromkeys(visible)

    def evaluate(scope: Scope, log: Log) -> object:
        def holds(item: object) -> object:
            own = item if isinstance(item, dict) else {}
            return match({**absent, **scope, "item": item, **own}, log)

        return filtered(source(scope, log), holds, log, perhaps_position=True)

    return evaluate


def _iteration(boxes: Boxes, source: model.Expression | None, names: tuple[str, ...]) -> Run:
    """What a loop runs over: an expression, or `from..to` as a loop in a text may have it."""
    if isinstance(source, model.LiteralExpression) and not source.type_ref and ".." in source.text:
        try:
            prepare_expression(source.text, boxes.vocabulary(names))
        except FeelError:
            return boxes.feel(f"for item in {source.text} return item", names)
    return boxes.compile(source, names)


def _for(boxes: Boxes, expression: model.ForIterator, names: tuple[str, ...]) -> Run:
    source = _iteration(boxes, expression.source, names)
    result = boxes.compile(expression.result, tuple(dict.fromkeys((*names, expression.variable, "partial"))))

    def evaluate(scope: Scope, log: Log) -> object:
        def turn(item: object, partial: list[object]) -> object:
            return result({**scope, expression.variable: item, "partial": snapshot(partial, log)}, log)

        return loop((lambda: source(scope, log),), turn, log)

    return evaluate


def _quantified(boxes: Boxes, expression: model.Quantified, names: tuple[str, ...]) -> Run:
    source = boxes.compile(expression.source, names)
    condition = boxes.compile(expression.condition, tuple(dict.fromkeys((*names, expression.variable))))

    def evaluate(scope: Scope, log: Log) -> object:
        def holds(item: object) -> bool | None:
            return truth(condition({**scope, expression.variable: item}, log), log)

        sources = (lambda: source(scope, log),)
        return quantified(all_of=expression.every, sources=sources, condition=holds, warnings=log)

    return evaluate


def _table(boxes: Boxes, expression: model.DecisionTable, names: tuple[str, ...]) -> Run:
    from engine.dmn.tables import compile_table

    return compile_table(boxes, expression, names)


_COMPILERS: dict[type[model.Expression], Callable[[Boxes, Any, tuple[str, ...]], Run]] = {
    model.LiteralExpression: Boxes.literal,
    model.FunctionDefinition: Boxes.function,
    model.Context: _context,
    model.Invocation: _invocation,
    model.ListExpression: _list,
    model.Relation: _relation,
    model.Conditional: _conditional,
    model.Filter: _filter,
    model.ForIterator: _for,
    model.Quantified: _quantified,
    model.DecisionTable: _table,
}
