"""A DMN model as frozen records, independent of the version of its XML.

Every record knows the line of the file it was read from. References between elements are kept as they are written
(`#id` or `namespace#id`); `Definitions.find` follows them. Texts of FEEL are kept unparsed. A record promises only
what the file said: whether it can run is found out by `engine.dmn.Model`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from engine.dmn.xml_tree import XmlElement


class HitPolicy(StrEnum):
    """DMN's hit policies, the aggregations of COLLECT included."""

    UNIQUE = "UNIQUE"
    ANY = "ANY"
    PRIORITY = "PRIORITY"
    FIRST = "FIRST"
    RULE_ORDER = "RULE ORDER"
    OUTPUT_ORDER = "OUTPUT ORDER"
    COLLECT = "COLLECT"
    SUM = "COLLECT SUM"
    MIN = "COLLECT MIN"
    MAX = "COLLECT MAX"
    COUNT = "COLLECT COUNT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """What all elements have. `extensions` are the children of `extensionElements`, as raw XML."""

    id: str = ""
    label: str = ""
    description: str = ""
    line: int = 0
    extensions: tuple[XmlElement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable(Element):
    """A name and its type: `typeRef` by name (`string`, `tRisk`, `import.tRisk`), empty where none is given."""

    name: str
    type_ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnaryTestsText(Element):
    """Unary tests as text: an input entry, or the values that a type, input or output may have."""

    text: str
    constraint_type: str = ""


# -- boxed expressions


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression(Element):
    """Any boxed expression; `type_ref` is the type of its value, empty where none is given."""

    type_ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiteralExpression(Expression):
    """A text in an expression language; `language` is empty for the model's own, which is FEEL if not told otherwise."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputClause(Element):
    """A column of conditions; `values` are those it may have."""

    expression: LiteralExpression
    values: UnaryTestsText | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputClause(Element):
    """A column of results; `values` are those it may have, in order of priority, `default` what holds without a match."""

    name: str = ""
    type_ref: str = ""
    values: UnaryTestsText | None = None
    default: LiteralExpression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Element):
    """A row: one entry for each input, output and annotation column."""

    inputs: tuple[UnaryTestsText, ...]
    outputs: tuple[LiteralExpression, ...]
    annotations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionTable(Expression):
    """A decision table; `annotations` are the names of its annotation columns."""

    hit_policy: HitPolicy
    inputs: tuple[InputClause, ...]
    outputs: tuple[OutputClause, ...]
    rules: tuple[Rule, ...]
    annotations: tuple[str, ...] = ()
    output_label: str = ""
    orientation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextEntry(Element):
    """An entry of a boxed context; the one without a variable is the context's result."""

    variable: Variable | None
    expression: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Context(Expression):
    """A boxed context."""

    entries: tuple[ContextEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding(Element):
    """An argument of an invocation, by the parameter's name."""

    parameter: Variable
    expression: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation(Expression):
    """A boxed call."""

    function: Expression | None
    bindings: tuple[Binding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionDefinition(Expression):
    """A boxed function. Of kind `FEEL` it can run; `Java`, `PMML` and others are kept and evaluate to null."""

    kind: str
    parameters: tuple[Variable, ...]
    body: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListExpression(Expression):
    """A boxed list."""

    items: tuple[Expression | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation(Expression):
    """A boxed relation: rows of expressions under named columns."""

    columns: tuple[Variable, ...]
    rows: tuple[tuple[Expression | None, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditional(Expression):
    """A boxed `if`."""

    condition: Expression | None
    chosen: Expression | None
    other: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter(Expression):
    """A boxed filter: the items of `source` for which `match` holds."""

    source: Expression | None
    match: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForIterator(Expression):
    """A boxed `for`."""

    variable: str
    source: Expression | None
    result: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantified(Expression):
    """A boxed `every`, or `some` where `every` is false."""

    every: bool
    variable: str
    source: Expression | None
    condition: Expression | None


# -- types and imports


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionItem(Element):
    """The type of a function."""

    output_type_ref: str
    parameters: tuple[Variable, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDefinition(Element):
    """A named type, or a component of one: simple (`type_ref`), a structure (`components`) or a function.

    `allowed_values` limit the values (of a collection, its items), `type_constraint` the value as a whole.
    """

    name: str
    type_ref: str = ""
    is_collection: bool = False
    components: tuple[ItemDefinition, ...] = ()
    allowed_values: UnaryTestsText | None = None
    type_constraint: UnaryTestsText | None = None
    function: FunctionItem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Import(Element):
    """Another model under a name; `definitions` is that model where it was found and is a DMN model."""

    name: str
    namespace: str
    import_type: str = ""
    location_uri: str = ""
    definitions: Definitions | None = None


# -- the decision requirements graph


@dataclass(frozen=True, slots=True, kw_only=True)
class DrgElement(Element):
    """A node of the graph."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InputData(DrgElement):
    """What a caller gives."""

    variable: Variable


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeSource(DrgElement):
    """An authority: a law, a policy, a person. `authority` are the hrefs of what it rests on itself."""

    location_uri: str = ""
    type: str = ""
    owner: str = ""
    authority: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(DrgElement):
    """A decision. The four requirements are hrefs: what it reads, what it calls and what it rests on."""

    variable: Variable
    question: str = ""
    allowed_answers: str = ""
    required_inputs: tuple[str, ...] = ()
    required_decisions: tuple[str, ...] = ()
    knowledge: tuple[str, ...] = ()
    authority: tuple[str, ...] = ()
    expression: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessKnowledgeModel(DrgElement):
    """A function of the model; `knowledge` are the hrefs of what it calls."""

    variable: Variable
    logic: FunctionDefinition | None
    knowledge: tuple[str, ...] = ()
    authority: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionService(DrgElement):
    """Decisions behind a function's face; its parameters are `input_data`, then `input_decisions` (hrefs)."""

    variable: Variable
    output_decisions: tuple[str, ...] = ()
    encapsulated_decisions: tuple[str, ...] = ()
    input_decisions: tuple[str, ...] = ()
    input_data: tuple[str, ...] = ()


Node: TypeAlias = InputData | Decision | BusinessKnowledgeModel | DecisionService | KnowledgeSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions(Element):
    """One model: its types, its graph and what it imports. `file` names it in messages, `version` is DMN's."""

    name: str
    namespace: str
    file: str
    version: str = ""
    expression_language: str = ""
    imports: tuple[Import, ...] = ()
    item_definitions: tuple[ItemDefinition, ...] = ()
    input_data: tuple[InputData, ...] = ()
    decisions: tuple[Decision, ...] = ()
    knowledge_models: tuple[BusinessKnowledgeModel, ...] = ()
    services: tuple[DecisionService, ...] = ()
    knowledge_sources: tuple[KnowledgeSource, ...] = ()

    def nodes(self) -> Iterator[Node]:
        """Every element of the graph, without those of imports."""
        yield from self.input_data
        yield from self.decisions
        yield from self.knowledge_models
        yield from self.services
        yield from self.knowledge_sources

    def find(self, href: str) -> tuple[Import | None, Node] | None:
        """The element of a reference and the import it comes from (None for the model itself); None for nothing."""
        namespace, _, identity = href.rpartition("#")
        if namespace in ("", self.namespace):
            own = next((node for node in self.nodes() if node.id == identity), None)
            if own is not None:
                return None, own
        for imported in self.imports:
            if imported.definitions is not None and namespace == imported.namespace:
                found = next((node for node in imported.definitions.nodes() if node.id == identity), None)
                if found is not None:
                    return imported, found
        return None
