"""From patterns as written to patterns ready to run, or everything that is wrong with them.

Patterns run before decisions, on signals, parameters and `as_of`; a pattern may read what others set in `when` and
`count`, in an order without cycles, so that an absence or a count is always over what is settled. Each text is compiled
whole, for the type check at its place, and then in the parts that run. Refused here: a variable over no list, the name
of a decision, a condition that cannot be joined, an absence that is not about the absent fact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.feel import Binding, Compiled, Environment, FeelError, compile_expression, compile_unary_tests, nodes
from engine.feel.errors import Problem
from engine.feel.errors import place as place_in
from engine.feel.types import BOOLEAN, NUMBER, FeelType, accepts, context_of
from engine.pack.model import Expr, PackSource, Pattern, SignalSpec
from engine.pack.names import mentioned, signal_type
from engine.pack.patterns.condition import UnsupportedError, branches, conjuncts, variables_of
from engine.pack.patterns.plan import FACT, SUBJECT, PatternPlan, PatternProgram, Role
from engine.pack.patterns.roles import Casting, ColumnTable
from engine.pack.patterns.ruleset import Mode, Rules
from engine.pack.problems import Place, Problems


def compile_patterns(
    source: PackSource,
    signals: Mapping[str, SignalSpec],
    types: Mapping[str, FeelType],
    variables: Mapping[str, str],
    problems: Problems,
) -> tuple[PatternProgram, dict[str, frozenset[str]]]:
    """The patterns of a pack, and the names that each reads; what is wrong is in `problems`.

    `types` and `variables` give the FEEL type and the Python name of every signal and parameter.
    """
    known = {"as_of", *signals, *source.parameters}
    scope = {name: Binding(types[name], variables[name]) for name in known if name in types}
    compiler = _Compiler(source, signals, scope, problems)
    plans = [compiler.pattern(pattern) for pattern in source.patterns]
    order = _order(source, compiler.reads, problems)
    read = {name for names in compiler.reads.values() for name in names}
    others = sorted(name for name in read if name in source.signals and name not in compiler.lists)
    others += ["as_of"] if "as_of" in read else []
    program = PatternProgram(
        len(compiler.lists),
        (*compiler.lists, *others),
        tuple(compiler.signals),
        {name: variables[name] for name in (*compiler.lists, *others, *compiler.signals)},
        tuple(compiler.columns.columns),
        tuple(plan for plan in plans if plan is not None),
        order,
    )
    return program, {key: frozenset(names) for key, names in compiler.reads.items()}


class _Compiler:
    """What the patterns of one pack share: the lists and columns they look at, the signals they set."""

    def __init__(
        self, source: PackSource, signals: Mapping[str, SignalSpec], scope: Mapping[str, Binding], problems: Problems
    ) -> None:
        self.problems = problems
        self.specs = signals
        self.scope = scope
        self.decisions = source.decisions
        self.lists: dict[str, int] = {}
        self.columns = ColumnTable()
        self.signals = {name: at for at, name in enumerate(dict.fromkeys(s for p in source.patterns for s in p.sets))}
        self.reads: dict[str, set[str]] = {}

    def pattern(self, pattern: Pattern) -> PatternPlan | None:
        """The plan of one pattern; None where it has a problem."""
        before = len(self.problems)
        every = {**pattern.over, **(pattern.absent or {})}
        self.reads[pattern.id] = set(every.values())
        when = self._text(pattern, pattern.when, BOOLEAN, "when") if pattern.when else None
        count = self._text(pattern, pattern.count, BOOLEAN, "count") if pattern.count else None
        if not self._declared(pattern, every):
            return None
        numbers = {name: self.lists.setdefault(signal, len(self.lists)) for name, signal in every.items()}
        try:
            found, absent = self._condition(pattern, every, numbers)
        except UnsupportedError as error:
            line, column = place_in(pattern.condition.text, error.node.start)
            self.problems.add(pattern.condition.locate(line, column), str(error), error.remedy, error.code)
        except FeelError as error:
            self._report(pattern.condition, error.problems)
        if len(self.problems) > before:
            return None
        sets = tuple(self.signals[name] for name in pattern.sets)
        lists = tuple(numbers.values())
        plan = PatternPlan(pattern.id, tuple(every), lists, found, absent, when, count, sets, pattern.skips)
        try:
            for mode in Mode:
                Rules(plan, mode)
        except ValueError as error:
            self.problems.add(pattern.condition.place, str(error), "split the pattern", "limit")
        return plan

    def _declared(self, pattern: Pattern, every: Mapping[str, str]) -> bool:
        """Whether there are variables, and every one stands for facts and for nothing else."""
        good = bool(every)
        for variable, name in every.items():
            spec = self.specs.get(name)
            if spec is None or spec.fields is None:
                remedy = "declare it: {type: list, fields: {...}}"
                self.problems.add(pattern.place, f"{name} is no list of facts", remedy, "unknown_signal")
                good = False
            if any(other.split(".", maxsplit=1)[0] == variable for other in (*self.scope, *self.decisions)):
                message = f"variable {variable} has the name of a signal, parameter or decision"
                self.problems.add(pattern.place, message, "rename the variable", "duplicate")
                good = False
        return good

    # -- one text

    def _text(self, pattern: Pattern, text: Expr, wanted: FeelType, what: str) -> Compiled | None:
        """`when` or `count`, compiled whole."""
        names = self._names(pattern, text)
        try:
            environment = Environment({name: self.scope[name] for name in names}, unknowns=True)
            if what == "count":
                compiled = compile_unary_tests(text.text, environment, Binding(NUMBER, SUBJECT))
            else:
                compiled = compile_expression(text.text, environment)
        except FeelError as error:
            self._report(text, error.problems)
            return None
        self._report(text, compiled.problems)
        if not accepts(wanted, compiled.type):
            message = f"{what} gives {compiled.type}, not true or false"
            self.problems.add(text.place, message, "write a condition", "type_clash")
        self.reads[pattern.id] |= compiled.names
        return compiled

    def _names(self, pattern: Pattern, text: Expr) -> set[str]:
        """The signals and parameters that a text mentions; decisions come too late for a pattern."""
        found = mentioned(text.text)
        for name in sorted(found & self.decisions.keys()):
            message = f"pattern {pattern.id} reads decision {name}"
            self.problems.add(text.place, message, "read signals; patterns run before decisions", "pattern")
        return found & self.scope.keys()

    def _report(self, text: Expr, found: Iterable[Problem]) -> None:
        for one in found:
            at = text.locate(one.line, one.column)
            self.problems.add(at, one.message, one.remedy or "correct the condition", "feel")

    # -- the condition

    def _condition(
        self, pattern: Pattern, every: Mapping[str, str], numbers: Mapping[str, int]
    ) -> tuple[tuple[tuple[Role, ...], ...], tuple[Role, ...]]:
        """The branches of what must be there, and the roles of what must not."""
        text = pattern.condition
        bindings = {name: self.scope[name] for name in self._names(pattern, text)}
        for name in sorted(bindings.keys() & self.signals.keys()):
            self.problems.add(text.place, f"the condition on facts reads {name}", "read it in when", "pattern")
        bindings |= {variable: Binding(_fact_type(self.specs[name]), FACT) for variable, name in every.items()}
        environment = Environment(bindings, unknowns=True)
        compiled = compile_expression(text.text, environment)
        self._report(text, compiled.problems)
        if not accepts(BOOLEAN, compiled.type):
            message = f"the condition gives {compiled.type}, not true or false"
            self.problems.add(text.place, message, "write a condition", "type_clash")
        self.reads[pattern.id] |= compiled.names - every.keys()
        variables = tuple(every)
        there, gone = self._parts(compiled.node, variables, tuple(pattern.absent or ()))
        casting = Casting(self.columns, environment, pattern, numbers)
        over = tuple(pattern.over)
        found = tuple(casting.roles(one, over) for one in branches(there, variables, variables[0]))
        absent = tuple(
            casting.roles(one, (name,))[0] for name in pattern.absent or () for one in branches(gone, variables, name)
        )
        return found, absent

    @staticmethod
    def _parts(
        node: nodes.Node, variables: tuple[str, ...], absent: tuple[str, ...]
    ) -> tuple[list[nodes.Node], list[nodes.Node]]:
        """The parts of a condition that say what must be there, and those that say what must not."""
        there: list[nodes.Node] = []
        gone: list[nodes.Node] = []
        for part in conjuncts(node):
            read = variables_of(part, variables)
            if not read:
                if isinstance(part, nodes.Literal) and part.value is True:
                    continue
                raise UnsupportedError(part, "a part of the condition names no fact", "put it in when")
            (gone if set(read) & set(absent) else there).append(part)
        return there, gone


def _fact_type(spec: SignalSpec) -> FeelType:
    return context_of({name: signal_type(one) for name, one in (spec.fields or {}).items()})


def _order(source: PackSource, reads: Mapping[str, set[str]], problems: Problems) -> tuple[int, ...]:
    """The numbers of the patterns, each after those that set what it reads; a cycle is a problem."""
    setters: dict[str, set[int]] = {}
    for number, pattern in enumerate(source.patterns):
        for name in pattern.sets:
            setters.setdefault(name, set()).add(number)
    waiting = {
        number: set().union(*(setters.get(name, set()) for name in reads.get(pattern.id, set())))
        for number, pattern in enumerate(source.patterns)
    }
    order: list[int] = []
    while waiting:
        ready = [number for number, needed in waiting.items() if not needed & waiting.keys()]
        if not ready:
            names = ", ".join(source.patterns[number].id for number in waiting)
            place: Place = source.patterns[min(waiting)].place
            problems.add(place, f"patterns read each other's signals: {names}", "break the cycle", "cycle")
            return ()
        order += ready
        for number in ready:
            del waiting[number]
    return tuple(order)
