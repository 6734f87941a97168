"""From what the author wrote to what is known of it: every FEEL text compiled, typed and put in order.

Decides in which order decisions run, which type each name has, what every rule needs, and reports what the type checker
finds at the place in the file. Null means unknown here (`Environment(unknowns=True)`): nothing that reads a missing
signal becomes true by it. Python is generated from these fragments elsewhere; nothing is evaluated here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from engine.feel import Binding, Compiled, Environment, FeelError, compile_expression, compile_unary_tests
from engine.feel.errors import Problem
from engine.feel.types import ANY, BOOLEAN, DATE, NUMBER, FeelType, accepts, enumeration, named_type
from engine.pack.model import SKIP, Constant, Decision, Expr, IfMissing, PackSource, Scorecard, SignalSpec, Table
from engine.pack.names import binding_types, decision_order, mentioned
from engine.pack.outputs import decision_type, output_type
from engine.pack.patterns import PatternProgram, compile_patterns
from engine.pack.problems import Place, Problems, nearest
from engine.pack.read_vocabulary import kind
from engine.pack.verdict import Verdict

SUBSTITUTE: Final = "(_q{name} if {source} is None else {source})"


@dataclass(frozen=True, slots=True)
class Cell:
    """A unary test of one row of a column."""

    row: int
    compiled: Compiled
    substitute: Constant = None


@dataclass(frozen=True, slots=True)
class Column:
    """An input column: its expression, its type, its cells that are not `-`."""

    name: str
    compiled: Compiled
    variable: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class TypedDecision:
    """A decision ready to be written as Python; exactly one of expression, columns+outputs, bands is used."""

    index: int
    source: Decision
    type: FeelType
    expression: Compiled | None = None
    columns: tuple[Column, ...] = ()
    outputs: tuple[tuple[Compiled, ...], ...] = ()
    default: tuple[Compiled, ...] | None = None


@dataclass(slots=True)
class Typed:
    """Everything the generator needs."""

    source: PackSource
    signals: dict[str, SignalSpec]
    variables: dict[str, str]
    types: dict[str, FeelType]
    decisions: list[TypedDecision] = field(default_factory=list)
    rules: list[Compiled] = field(default_factory=list)
    routes: list[Compiled | None] = field(default_factory=list)
    invariants: list[Compiled] = field(default_factory=list)
    needs: dict[str, frozenset[str]] = field(default_factory=dict)  # rule or decision -> names it reads directly
    patterns: PatternProgram | None = None


class Checker:
    """Compiles the texts of one pack and reports at their places."""

    def __init__(self, source: PackSource, signals: dict[str, SignalSpec], problems: Problems) -> None:
        self.problems = problems
        variables = {"as_of": "as_of", "verdict": "verdict"}
        variables |= {name: f"s{index}" for index, name in enumerate(signals)}
        variables |= {name: f"p{index}" for index, name in enumerate(source.parameters)}
        order = decision_order(source, problems)
        variables |= {name: f"d{index}" for index, name in enumerate(order)}
        types = binding_types(source, signals) | {"as_of": DATE, "verdict": enumeration(list(Verdict))}
        types |= dict.fromkeys(order, ANY)  # until it is compiled; only members of a cycle are read before
        self.typed = Typed(source, signals, variables, types)
        self._order = order
        self._plain: dict[tuple[str, str | None] | None, tuple[Compiled, tuple[Problem, ...]]] = {}

    def check(self) -> Typed:
        """Compile everything."""
        source, typed = self.typed.source, self.typed
        if source.patterns:
            given = typed.signals, typed.types, typed.variables
            typed.patterns, typed.needs = compile_patterns(source, *given, self.problems)
        for index, name in enumerate(self._order):
            decision = source.decisions[name]
            typed.decisions.append(self._decision(index, decision))
            typed.types[name] = typed.decisions[-1].type
        for rule in source.verdict.rules:
            overrides = self._overrides(rule.if_missing, rule.place)
            compiled = self._boolean(rule.condition, f"rule {rule.id}", overrides)
            typed.rules.append(compiled)
            typed.needs[rule.id] = compiled.names
        for route in source.routes:
            condition = route.condition
            typed.routes.append(self._boolean(condition, f"route {route.id}", verdict=True) if condition else None)
        typed.invariants += [self._boolean(one.never, f"invariant {one.id}", verdict=True) for one in source.invariants]
        return typed

    # -- one text

    def expression(
        self,
        text: Expr,
        subject: Binding | None = None,
        overrides: Mapping[str, Binding] | None = None,
        *,
        verdict: bool = False,
    ) -> Compiled:
        """Compile one text with the names it mentions; whatever is wrong is reported at its place."""
        found = mentioned(text.text) & self.typed.types.keys()
        compiled, wrong = self._compile(text, subject, found - (set() if verdict else {"verdict"}), overrides or {})
        if wrong:  # once more with every name in sight, for the remedy
            everything = self.typed.types.keys() - (set() if verdict else {"verdict"})
            compiled, wrong = self._compile(text, subject, everything, overrides or {})
        for problem in wrong:
            remedy = problem.remedy or "correct the expression"
            self.problems.add(text.locate(problem.line, problem.column), problem.message, remedy, "feel")
        return compiled

    def _compile(
        self, text: Expr, subject: Binding | None, names: set[str], overrides: Mapping[str, Binding]
    ) -> tuple[Compiled, tuple[Problem, ...]]:
        # Tables repeat their cells, and a cell without names depends on nothing but its column's variable.
        key = None if names else (text.text, None if subject is None else subject.source)
        found = self._plain.get(key)
        if found is None:
            found = self._compile_once(text, subject, names, overrides)
            if key is not None:
                self._plain[key] = found
        return found

    def _compile_once(
        self, text: Expr, subject: Binding | None, names: set[str], overrides: Mapping[str, Binding]
    ) -> tuple[Compiled, tuple[Problem, ...]]:
        bindings = {
            name: overrides.get(name) or Binding(self.typed.types[name], self.typed.variables.get(name, "None"))
            for name in names
        }
        environment = Environment(bindings, unknowns=True)
        try:
            if subject is None:
                compiled = compile_expression(text.text, environment)
            else:
                compiled = compile_unary_tests(text.text, environment, subject)
        except FeelError as error:
            return compile_expression("null", environment), error.problems
        return compiled, compiled.problems

    def _boolean(
        self, text: Expr, what: str, overrides: Mapping[str, Binding] | None = None, *, verdict: bool = False
    ) -> Compiled:
        compiled = self.expression(text, None, overrides, verdict=verdict)
        if not accepts(BOOLEAN, compiled.type):
            self.problems.add(
                text.place, f"{what} gives {compiled.type}, not true or false", "write a condition", "type_clash"
            )
        return compiled

    # -- what stands in for a missing value

    def _overrides(self, if_missing: IfMissing, place: Place) -> dict[str, Binding]:
        if not isinstance(if_missing, Mapping):
            return {}
        found = {}
        for name, value in if_missing.items():
            if name not in self.typed.types:
                remedy = nearest(name, self.typed.types, "name a signal or decision that the rule reads")
                self.problems.add(place, f"if_missing names unknown {name[:60]}", remedy, "unknown_name")
                continue
            self._fits(value, self.typed.types[name], place)
            found[name] = substituted(Binding(self.typed.types[name], self.typed.variables[name]), value)
        return found

    def _fits(self, value: Constant, wanted: FeelType, place: Place) -> None:
        given = named_type(kind(value))
        if given is None or not accepts(wanted, given) or (wanted.values and value not in wanted.values):
            self.problems.add(place, f"if_missing gives a {kind(value)}", f"give a {wanted}", "type_clash")

    # -- decisions

    def _decision(self, index: int, decision: Decision) -> TypedDecision:
        logic = decision.logic
        if isinstance(logic, Expr):
            compiled = self.expression(logic)
            self.typed.needs[decision.id] = compiled.names
            declared = named_type(decision.type) if decision.type else None
            if declared is not None and not accepts(declared, compiled.type):
                at = logic.place
                self.problems.add(
                    at, f"{decision.id} is {compiled.type}, not {declared}", "correct either", "type_clash"
                )
            known = declared if declared is not None and not compiled.type.known else compiled.type
            return TypedDecision(index, decision, known, compiled)
        if isinstance(logic, Scorecard):
            return TypedDecision(index, decision, NUMBER, None, self._bands(index, decision.id, logic))
        return self._table(index, decision, logic)

    def _table(self, index: int, decision: Decision, table: Table) -> TypedDecision:
        columns = []
        needs: dict[str, set[str]] = {row.id: set() for row in table.rows}
        for place, (name, text) in enumerate(table.inputs.items()):
            compiled = self.expression(text)
            variable = f"c{index}_{place}"
            cells = []
            for number, row in enumerate(table.rows):
                if name not in row.cells:
                    continue
                substitute = row.if_missing.get(name) if isinstance(row.if_missing, Mapping) else None
                if substitute is not None:
                    self._fits(substitute, compiled.type, row.place)
                cell = Cell(number, self._cell(row.cells[name], compiled.type, variable, substitute), substitute)
                needs[row.id] |= compiled.names | cell.compiled.names
                cells.append(cell)
            columns.append(Column(name, compiled, variable, tuple(cells)))
        entries = []
        for row in table.rows:
            entry = tuple(self._output(table, key, row.outputs.get(key), row.place) for key in table.outputs)
            needs[row.id].update(*(compiled.names for compiled in entry))
            entries.append(entry)
        default = None
        if any(output.default for output in table.outputs.values()):
            default = tuple(self._output(table, key, one.default, one.place) for key, one in table.outputs.items())
        self.typed.needs |= {key: frozenset(names) for key, names in needs.items()}
        everything = [column.compiled.names for column in columns]
        self.typed.needs[decision.id] = frozenset().union(*everything, *needs.values())
        found = TypedDecision(index, decision, ANY, None, tuple(columns), tuple(entries), default)
        return replace(found, type=decision_type(table, [[one.type for one in entry] for entry in entries]))

    def _cell(self, text: Expr, subject: FeelType, variable: str, substitute: Constant) -> Compiled:
        binding = Binding(subject, variable)
        return self.expression(text, substituted(binding, substitute) if substitute is not None else binding)

    def _output(self, table: Table, name: str, text: Expr | None, place: Place) -> Compiled:
        output = table.outputs[name]
        compiled = self.expression(text or Expr("null", None, place))
        wanted = output_type(output)
        if text is not None and wanted is not None and not accepts(wanted, compiled.type):
            self.problems.add(
                text.place, f"output {name} is {compiled.type}, not {wanted}", "correct either", "type_clash"
            )
        return compiled

    def _bands(self, index: int, decision: str, card: Scorecard) -> tuple[Column, ...]:
        columns = []
        for place, one in enumerate(card.characteristics):
            compiled = self.expression(one.input)
            variable = f"c{index}_{place}"
            substitute = one.if_missing.get("input") if isinstance(one.if_missing, Mapping) else None
            if substitute is not None:
                self._fits(substitute, compiled.type, one.place)
            cells = tuple(
                Cell(number, self._cell(band.test, compiled.type, variable, substitute), substitute)
                for number, band in enumerate(one.bands)
            )
            self.typed.needs[one.id] = compiled.names.union(*(cell.compiled.names for cell in cells))
            columns.append(Column(one.id, compiled, variable, cells))
        self.typed.needs[decision] = frozenset().union(*(self.typed.needs[column.name] for column in columns))
        return tuple(columns)


def substituted(binding: Binding, value: Constant) -> Binding:
    """The binding with a constant in place of null."""
    return Binding(binding.type, f"({literal(value)} if {binding.source} is None else {binding.source})")


def literal(value: Constant) -> str:
    """A constant as Python source; Decimals and dates by the names the generated module has for them."""
    if kind(value) == "date":
        return f"_date.fromisoformat({str(value)!r})"
    return f"_Decimal({str(value)!r})" if type(value).__name__ == "Decimal" else repr(value)


def skips(if_missing: IfMissing) -> bool:
    """Whether a rule is skipped where a value it needs is missing."""
    return if_missing == SKIP
