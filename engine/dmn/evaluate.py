"""A DMN model that decides: decisions, knowledge models and decision services by name.

One evaluation computes each decision once, in the order of its requirements, on a scope that holds what the decision
requires and nothing else. A service is an evaluation of its own, in which only its parameters are given. Nothing here
reads a clock: `now()` and `today()` have a value only where the caller gives the moment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from engine.dmn import limits
from engine.dmn.boxes import Boxes
from engine.dmn.errors import DmnError, DmnProblem
from engine.dmn.graph import Module, Path, Place, Required, refuse_circles
from engine.dmn.log import DmnWarning, Log
from engine.dmn.model import BusinessKnowledgeModel, Decision, DecisionService, Definitions, InputData
from engine.feel import to_feel
from engine.feel.clock import clock_functions
from engine.feel.failure import Failure
from engine.feel.limits import MAX_PARTS
from engine.feel.runtime.access import invoke, invoke_named
from engine.feel.size import measure
from engine.feel.types import ANY, FeelType
from engine.feel.values import FeelFunction

_ABSENT: Final = object()
Given = Mapping[tuple[Path, str], object]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was decided. `value` is a FEEL value; `warnings` has every failure that became null on the way."""

    value: object
    warnings: tuple[DmnWarning, ...] = ()


class Model:
    """A model ready to decide. Raises `DmnError` where decisions require each other in a circle."""

    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        self._module = Module(definitions)
        pending = [self._module]
        while pending:
            module = pending.pop()
            refuse_circles(module)
            pending.extend(module.imports.values())

    def decide(self, name: str, inputs: Mapping[str, object], *, now: datetime | None = None) -> Outcome:
        """The value of a decision.

        `inputs` has values by the name of input data; a decision that is named there is not computed but taken from
        there; what belongs to an import stands in a mapping under the import's name. Raises `DmnError` for a name that
        is no decision and `FeelError` for values that FEEL does not have; all other failures are null and warnings.
        """
        node = self._module.named(name)
        if not isinstance(node, Decision):
            raise self._unknown("decision", name, [decision.name for decision in self.definitions.decisions])
        log = Log()
        evaluation = _Evaluation(_inputs(inputs), log, now, self._module)
        value = evaluation.value(Place(self._module, (), node))
        return Outcome(value, tuple(log.found))

    def invoke(
        self, name: str, arguments: Mapping[str, object] | Sequence[object], *, now: datetime | None = None
    ) -> Outcome:
        """The value of a knowledge model or decision service on arguments by name or by position.

        A service may be given fewer arguments than it has parameters: the others are null, with a warning. Raises as
        `decide` does.
        """
        node = self._module.named(name)
        log = Log()
        evaluation = _Evaluation({}, log, now, self._module)
        if isinstance(node, DecisionService):
            place = Place(self._module, (), node)
            names = [required.name for required in self._module.services(node)[0]]
            given = arguments if isinstance(arguments, Mapping) else dict(zip(names, arguments, strict=False))
            values = {key: to_feel(value) for key, value in given.items()}
            with log.at(name):
                return Outcome(evaluation.serve(place, values), tuple(log.found))
        if isinstance(node, BusinessKnowledgeModel):
            function = evaluation.value(Place(self._module, (), node))
            with log.at(name):
                if isinstance(arguments, Mapping):
                    listed = [to_feel(value) for value in arguments.values()]
                    value = invoke_named(function, tuple(arguments), listed, log)
                else:
                    value = invoke(function, [to_feel(argument) for argument in arguments], log)
            return Outcome(value, tuple(log.found))
        known = [one.name for one in (*self.definitions.knowledge_models, *self.definitions.services)]
        raise self._unknown("knowledge model or decision service", name, known)

    def input_types(self, name: str) -> dict[str, FeelType]:
        """The types of the input data and decisions that may be given for a decision, or the parameters of a service."""
        node = self._module.named(name)
        if isinstance(node, DecisionService):
            required: Sequence[Required] = self._module.services(node)[0]
            return {one.name: _type_of(one) for one in required}
        found: dict[str, FeelType] = {}
        for data in self.definitions.input_data:
            found[data.name] = self._module.type_of(data.variable.type_ref) or ANY
        for decision in self.definitions.decisions:
            found.setdefault(decision.name, self._module.type_of(decision.variable.type_ref) or ANY)
        return found

    def import_paths(self) -> list[tuple[Path, str]]:
        """The ways by import names to every model that this one reaches, with their namespaces."""
        found: list[tuple[Path, str]] = []
        pending: list[tuple[Path, Module]] = [((), self._module)]
        while pending:
            path, module = pending.pop()
            for name, inner in module.imports.items():
                found.append(((*path, name), inner.definitions.namespace))
                pending.append(((*path, name), inner))
        return found

    def _unknown(self, what: str, name: str, known: Sequence[str]) -> DmnError:
        listed = ", ".join(known[:20]) or "none"
        return DmnError([DmnProblem(f"there is no {what} {name!r}", self.definitions.file, 0, f"it has {listed}")])


def _type_of(required: Required) -> FeelType:
    node = required.node
    if isinstance(node, InputData | Decision):
        return required.module.type_of(node.variable.type_ref) or ANY
    return ANY


def _inputs(inputs: Mapping[str, object]) -> dict[str, object]:
    return {str(name): to_feel(value) for name, value in inputs.items()}


class _Evaluation:
    """The values of one run, each computed once."""

    def __init__(self, given: Mapping[str, object], log: Log, now: datetime | None, root: Module) -> None:
        self._given = given
        self._log = log
        self._now = now
        self._root = root
        self._values: dict[tuple[Path, str], object] = {}
        self._clock = clock_functions(now)

    def value(self, wanted: Place) -> object:
        """The value of a node, and of all it requires before it, without recursion."""
        stack = [wanted]
        while stack:
            place = stack[-1]
            if place.key in self._values:
                stack.pop()
                continue
            missing = [before for before in self._before(place) if before.key not in self._values]
            if missing:
                stack.extend(missing)
                continue
            with self._log.at(place.node.name):
                self._values[place.key] = self._compute(place)
            stack.pop()
        return self._values[wanted.key]

    def _before(self, place: Place) -> list[Place]:
        node = place.node
        if not isinstance(node, Decision) or self._find_given(place) is not _ABSENT:
            return []
        return [required.place(place.path) for required in place.module.compiled(node).requires]

    def _compute(self, place: Place) -> object:
        node = place.node
        if isinstance(node, InputData | Decision):
            given = self._find_given(place)
            if given is not _ABSENT:
                return self._typed(given, place, node.variable.type_ref)
        if isinstance(node, InputData):
            self._log.note("missing_input", f"no value is given for {node.name}")
            return None
        if isinstance(node, Decision):
            return self._decide(place, node)
        if isinstance(node, BusinessKnowledgeModel):
            return self._knowledge(place, node)
        if isinstance(node, DecisionService):
            return self._service(place, node)
        self._log.note("missing_requirement", f"{node.name} is a knowledge source and has no value")
        return None

    def _typed(self, value: object, place: Place, reference: str) -> object:
        return Boxes.converted(value, place.module.type_of(reference), reference, self._log)

    def _find_given(self, place: Place) -> object:
        """The value that a caller gives a node: by its name, under the names of the imports that lead to it."""
        name = place.node.name
        dotted = ".".join((*filter(None, place.path), name))
        if dotted in self._given:
            return self._given[dotted]
        inner: object = self._given
        for step in filter(None, place.path):
            inner = inner.get(step, _ABSENT) if isinstance(inner, Mapping) else _ABSENT
        if isinstance(inner, Mapping) and name in inner:
            return inner[name]
        # What only an import has needs no path to be told apart.
        if place.path and isinstance(place.node, InputData) and self._root.named(name) is None:
            return self._given.get(name, _ABSENT)
        return _ABSENT

    def _decide(self, place: Place, node: Decision) -> object:
        compiled = place.module.compiled(node)
        for href in compiled.missing:
            self._log.note("missing_requirement", f"the requirement {href!r} leads to nothing")
        if node.expression is None:
            self._log.note("no_logic", "the decision has no logic")
        scope = self._scope(place.path, compiled.requires)
        try:
            value = compiled.run(scope, self._log)
            measure(value, MAX_PARTS)
        except Failure as failure:
            self._log.note(failure.code, failure.message)
            return None
        except RecursionError:
            self._log.note("limit", "the decision is nested too deeply")
            return None
        return self._typed(value, place, node.variable.type_ref)

    def _scope(self, path: Path, requires: Sequence[Required]) -> dict[str, object]:
        scope: dict[str, object] = dict(self._clock)
        for required in requires:
            scope[required.name] = self.value(required.place(path))
        return scope

    def _knowledge(self, place: Place, node: BusinessKnowledgeModel) -> object:
        """A knowledge model as a function; what it calls is looked up when it is called, so it may call itself."""
        compiled = place.module.compiled(node)
        if node.logic is None:
            self._log.note("no_logic", "the knowledge model has no logic")
            return None
        scope: dict[str, object] = dict.fromkeys([node.variable.name, *(one.name for one in compiled.requires)])
        scope.update(self._clock)
        function = compiled.run(scope, self._log)
        if not isinstance(function, FeelFunction):
            return function
        result = place.module.type_of(node.variable.type_ref)
        returned = result if result is None or result.name != "function" else result.result or ANY

        def call(*arguments: object) -> object:
            with self._log.at(node.name):
                for required in compiled.requires:
                    scope[required.name] = self.value(required.place(place.path))
                value = function.call(*arguments)
                return Boxes.converted(value, returned, node.variable.type_ref, self._log)

        known = FeelFunction(function.parameters, call, function.types, result=function.result)
        scope[node.variable.name] = known
        return known

    def _service(self, place: Place, node: DecisionService) -> object:
        """A decision service as a function of its input data and input decisions."""
        parameters, _ = place.module.services(node)

        def call(*arguments: object) -> object:
            names = [parameter.name for parameter in parameters]
            with self._log.at(node.name):
                return self.serve(place, dict(zip(names, arguments, strict=True)))

        types = tuple(_type_of(parameter) for parameter in parameters)
        return FeelFunction(tuple(parameter.name for parameter in parameters), call, types)

    def serve(self, place: Place, arguments: Mapping[str, object]) -> object:
        """The value of a service: of its one output decision, or a context of all of them."""
        node = place.node
        assert isinstance(node, DecisionService)
        if self._log.depth > limits.MAX_CALL_DEPTH:
            self._log.note("limit", f"services call each other deeper than {limits.MAX_CALL_DEPTH} levels")
            return None
        parameters, outputs = place.module.services(node)
        for parameter in parameters:
            if parameter.name not in arguments:
                self._log.note("missing_input", f"no value is given for {parameter.name}")
        given = {**{parameter.name: None for parameter in parameters}, **arguments}
        inner = _Evaluation(given, self._log, self._now, place.module)
        found = {output.name: inner.value(output.place(())) for output in outputs}
        value = next(iter(found.values())) if len(found) == 1 else found
        kind = place.module.type_of(node.variable.type_ref)
        if kind is not None and kind.name == "function":
            kind = kind.result or ANY
        return Boxes.converted(value, kind, node.variable.type_ref, self._log)
