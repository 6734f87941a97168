"""The requirements graph of a model, compiled: what each node reads, calls and computes.

A node sees what it requires and nothing else. Nodes are compiled when they are first needed; a requirement that leads
nowhere leaves its name unknown. A circle of decisions is refused before anything runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import TypeAlias

from engine.dmn.boxes import Boxes, Run, null
from engine.dmn.errors import DmnError, DmnProblem
from engine.dmn.model import (
    BusinessKnowledgeModel,
    ContextEntry,
    Decision,
    DecisionService,
    DecisionTable,
    Definitions,
    InputData,
    ItemDefinition,
    Node,
    OutputClause,
    Variable,
)
from engine.dmn.types import TypeTable
from engine.feel.types import FeelType

Path: TypeAlias = tuple[str, ...]
"""The names of the imports that lead from the model one asks to the model of a node."""


@dataclass(frozen=True, slots=True)
class Place:
    """A node in a model, and the way to that model."""

    module: Module
    path: Path
    node: Node

    @property
    def key(self) -> tuple[Path, str]:
        """What tells it from all other places."""
        return self.path, self.node.name


@dataclass(frozen=True, slots=True)
class Required:
    """Something a node requires: the name it is seen by, the import it comes through, and the node."""

    name: str
    through: str | None
    module: Module
    node: Node

    def place(self, path: Path) -> Place:
        """Where it is, seen from a node at the end of a path."""
        return Place(self.module, path if self.through is None else (*path, self.through), self.node)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A decision or knowledge model ready to run: what it requires and the function of its logic."""

    requires: tuple[Required, ...]
    run: Run
    missing: tuple[str, ...] = ()


class Module:
    """One model and the modules of its imports."""

    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        self.imports: dict[str, Module] = {
            imported.name: Module(imported.definitions)
            for imported in definitions.imports
            if imported.definitions is not None
        }
        inner = {name: module.types for name, module in self.imports.items()}
        self.types: TypeTable = TypeTable(definitions, inner)
        self._keys: frozenset[str] | None = None
        self._boxes: Boxes | None = None
        self._compiled: dict[str, Compiled] = {}
        self._by_id = {node.id: node for node in definitions.nodes() if node.id}
        self._by_name = {node.name: node for node in definitions.nodes()}

    @property
    def keys(self) -> frozenset[str]:
        """Every name that the model gives an entry of a context: what may follow a dot."""
        if self._keys is None:
            own = frozenset(_keys(self.definitions))
            self._keys = own.union(*(module.keys for module in self.imports.values()))
        return self._keys

    @property
    def boxes(self) -> Boxes:
        """The compiler of the model's expressions."""
        if self._boxes is None:
            language = self.definitions.expression_language.lower()
            self._boxes = Boxes(self.types, self.keys, feel=not language or "feel" in language)
        return self._boxes

    def named(self, name: str) -> Node | None:
        """The node of a name."""
        return self._by_name.get(name)

    def identified(self, identity: str) -> Node | None:
        """The node of an id."""
        return self._by_id.get(identity)

    def find(self, href: str) -> Required | None:
        """What a reference leads to."""
        namespace, _, identity = href.rpartition("#")
        if namespace in ("", self.definitions.namespace) and identity in self._by_id:
            node = self._by_id[identity]
            return Required(_seen_as(node), None, self, node)
        for imported in self.definitions.imports:
            module = self.imports.get(imported.name)
            found = None if module is None or namespace != imported.namespace else module.identified(identity)
            if module is not None and found is not None:
                name = f"{imported.name}.{_seen_as(found)}" if imported.name else _seen_as(found)
                return Required(name, imported.name, module, found)
        return None

    def compiled(self, node: Decision | BusinessKnowledgeModel) -> Compiled:
        """A node's requirements and logic."""
        known = self._compiled.get(node.name)
        if known is None:
            known = self._compiled[node.name] = self._compile(node)
        return known

    def _compile(self, node: Decision | BusinessKnowledgeModel) -> Compiled:
        requires, missing = self.requirements(node)
        names = tuple(required.name for required in requires)
        if isinstance(node, Decision):
            return Compiled(requires, self.boxes.compile(node.expression, names), missing)
        # A knowledge model may call itself.
        names = tuple(dict.fromkeys((*names, _seen_as(node))))
        run = null if node.logic is None else self.boxes.function(node.logic, names)
        return Compiled(requires, run, missing)

    def requirements(self, node: Decision | BusinessKnowledgeModel) -> tuple[tuple[Required, ...], tuple[str, ...]]:
        """What a node requires, and the references that lead nowhere."""
        hrefs = list(node.knowledge)
        if isinstance(node, Decision):
            hrefs = [*node.required_inputs, *node.required_decisions, *hrefs]
        found: dict[str, Required] = {}
        missing: list[str] = []
        for href in hrefs:
            required = self.find(href)
            if required is None:
                missing.append(href)
            else:
                found[required.name] = required
        return tuple(found.values()), tuple(missing)

    def services(self, service: DecisionService) -> tuple[tuple[Required, ...], tuple[Required, ...]]:
        """A service's parameters in their order (input data, then decisions) and its output decisions."""
        parameters = (self.find(href) for href in (*service.input_data, *service.input_decisions))
        outputs = (self.find(href) for href in service.output_decisions)
        return tuple(p for p in parameters if p is not None), tuple(o for o in outputs if o is not None)

    def type_of(self, reference: str) -> FeelType | None:
        """A type by name; None where there is none."""
        return self.types.named(reference)


def _seen_as(node: Node) -> str:
    """The name by which others see a node."""
    variable: Variable | None = getattr(node, "variable", None)
    return node.name if variable is None else variable.name


def _keys(value: object) -> Iterator[str]:
    """The names of entries, components and outputs anywhere in a model, by a walk without recursion."""
    pending: list[object] = [value]
    while pending:
        current = pending.pop()
        if isinstance(current, tuple):
            pending.extend(current)
            continue
        if not is_dataclass(current) or isinstance(current, type):
            continue
        if isinstance(current, ItemDefinition | OutputClause) and current.name:
            yield current.name
        if isinstance(current, ContextEntry) and current.variable is not None:
            yield current.variable.name
        if isinstance(current, DecisionService | InputData | Decision | BusinessKnowledgeModel):
            yield current.name
        if isinstance(current, DecisionTable):
            # Rows hold texts only.
            pending.append(current.outputs)
            continue
        pending.extend(getattr(current, field.name) for field in fields(current) if field.name != "extensions")


def refuse_circles(module: Module) -> None:
    """Raise `DmnError` where decisions of a model require each other in a circle."""
    done: set[str] = set()
    for start in module.definitions.decisions:
        open_: dict[str, Iterator[Decision]] = {}
        stack = [start]
        while stack:
            node = stack[-1]
            if node.name in done:
                stack.pop()
                continue
            if node.name not in open_:
                open_[node.name] = iter(_required_decisions(module, node))
            following = next(open_[node.name], None)
            if following is None:
                done.add(node.name)
                del open_[node.name]
                stack.pop()
            elif following.name in open_:
                circle = " -> ".join([*list(open_)[list(open_).index(following.name) :], following.name])
                problem = DmnProblem(
                    f"decisions require each other in a circle: {circle}",
                    module.definitions.file,
                    node.line,
                    "remove one of the requirements",
                )
                raise DmnError([problem])
            else:
                stack.append(following)


def _required_decisions(module: Module, node: Decision) -> Iterator[Decision]:
    for href in node.required_decisions:
        required = module.find(href)
        if required is not None and required.module is module and isinstance(required.node, Decision):
            yield required.node
