"""DMN XML to `Definitions`: every version from 1.1 to 1.6, by local names.

The reading is strict about what decides (hit policies, the entries of rules, names) and reports every problem of a file
at once, with its line; what is no part of the logic (diagrams, unknown extensions) is kept aside or ignored. Imports
are followed through the function that the caller gives: nothing is opened here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final, TypeAlias

from engine.dmn import limits
from engine.dmn.errors import DmnError, DmnProblem
from engine.dmn.model import (
    BusinessKnowledgeModel,
    Decision,
    DecisionService,
    Definitions,
    FunctionItem,
    Import,
    InputData,
    ItemDefinition,
    KnowledgeSource,
    Variable,
)
from engine.dmn.read_expressions import Reading
from engine.dmn.xml_tree import XmlElement, read_xml

Resolve: TypeAlias = Callable[[Import], bytes]

VERSIONS: Final = {
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd": "1.1",
    "http://www.omg.org/spec/DMN/20180521/MODEL/": "1.2",
    "https://www.omg.org/spec/DMN/20191111/MODEL/": "1.3",
    "https://www.omg.org/spec/DMN/20211108/MODEL/": "1.4",
    "https://www.omg.org/spec/DMN/20230324/MODEL/": "1.5",
    "https://www.omg.org/spec/DMN/20240513/MODEL/": "1.6",
}
"""Namespaces of models, with the version of DMN that each belongs to."""


def read_model(content: bytes, *, name: str = "model.dmn", resolve: Resolve | None = None) -> Definitions:
    """The model of an XML file.

    `name` stands for the file in messages. `resolve` gives the bytes of an import (it may raise `LookupError` for one
    it does not find, or `DmnError`); without it, imports are kept unresolved. Raises `DmnError` with all problems.
    """
    return _Reader(resolve).read(content, name, ())


class _Reader:
    """One reading of a model and of all that it imports."""

    def __init__(self, resolve: Resolve | None) -> None:
        self._resolve = resolve
        self._count = 0

    def read(self, content: bytes, name: str, above: tuple[str, ...]) -> Definitions:
        """One file; `above` are the namespaces that import it."""
        document = read_xml(content, name)
        root = document.root
        if root.name != "definitions" or (root.namespace not in VERSIONS and "/DMN/" not in root.namespace):
            remedy = "give a file whose root is <definitions> of DMN 1.1 to 1.6"
            raise DmnError([DmnProblem("the file is not a DMN model", name, root.line, remedy)])
        imports = {part.get("namespace"): part.get("name") for part in root.all("import")}
        reading = Reading(name, document.prefixes, root.get("namespace"), imports)
        definitions = _definitions(reading, root, name)
        _refuse_doubles(reading, definitions)
        if reading.problems:
            raise DmnError(reading.problems)
        above = (*above, definitions.namespace)
        return replace(definitions, imports=tuple(self._import(one, definitions, above) for one in definitions.imports))

    def _import(self, wanted: Import, importing: Definitions, above: tuple[str, ...]) -> Import:
        if self._resolve is None or "/DMN/" not in wanted.import_type:
            return wanted

        def refused(message: str, remedy: str) -> DmnError:
            return DmnError([DmnProblem(message, importing.file, wanted.line, remedy)])

        if wanted.namespace in above:
            raise refused(f"the import {wanted.name!r} leads back to the model", "remove one of the imports")
        self._count += 1
        if self._count > limits.MAX_IMPORTS:
            raise refused(f"more than {limits.MAX_IMPORTS} models are imported", "import fewer")
        try:
            content = self._resolve(wanted)
        except LookupError:
            raise refused(
                f"the import {wanted.name!r} is not found", "put the imported file beside the model"
            ) from None
        found = self.read(content, wanted.location_uri or wanted.name, above)
        if found.namespace != wanted.namespace:
            raise refused(f"the import {wanted.name!r} is a model of another namespace", "correct its location")
        return replace(wanted, definitions=found)


def _definitions(reading: Reading, root: XmlElement, file: str) -> Definitions:
    return Definitions(
        name=root.get("name"),
        namespace=root.get("namespace"),
        file=file,
        version=VERSIONS.get(root.namespace, ""),
        expression_language=root.get("expressionLanguage"),
        imports=tuple(_import_of(reading, part) for part in root.all("import")),
        item_definitions=tuple(_item(reading, part) for part in root.all("itemDefinition")),
        input_data=tuple(_input_data(reading, part) for part in root.all("inputData")),
        decisions=tuple(_decision(reading, part) for part in root.all("decision")),
        knowledge_models=tuple(_knowledge_model(reading, part) for part in root.all("businessKnowledgeModel")),
        services=tuple(_service(reading, part) for part in root.all("decisionService")),
        knowledge_sources=tuple(_source(reading, part) for part in root.all("knowledgeSource")),
        **reading.common(root),
    )


def _refuse_doubles(reading: Reading, definitions: Definitions) -> None:
    """Ids and names that occur twice leave open which element is meant."""
    seen: set[tuple[str, str]] = set()
    named = [node for node in definitions.nodes() if not isinstance(node, KnowledgeSource)]
    keys = [("id", node.id, node.line) for node in definitions.nodes() if node.id]
    keys += [("name", node.name, node.line) for node in named]
    keys += [("type", item.name, item.line) for item in definitions.item_definitions]
    for kind, value, line in keys:
        if (kind, value) in seen:
            message = f"two elements have the {kind} {value!r}"
            reading.problems.append(DmnProblem(message, reading.file, line, "rename one of them"))
        seen.add((kind, value))


def _name(reading: Reading, element: XmlElement) -> str:
    name = " ".join(element.get("name").split())
    if not name:
        reading.problem(element, f"a {element.name} has no name", "give it one")
    return name


def _import_of(reading: Reading, element: XmlElement) -> Import:
    return Import(
        name=" ".join(element.get("name").split()),
        namespace=element.get("namespace"),
        import_type=element.get("importType"),
        location_uri=element.get("locationURI"),
        **reading.common(element),
    )


def _item(reading: Reading, element: XmlElement) -> ItemDefinition:
    function = element.first("functionItem")
    return ItemDefinition(
        name=_name(reading, element),
        type_ref=reading.type_ref(element),
        is_collection=element.get("isCollection").strip() in ("true", "1"),
        components=tuple(_item(reading, part) for part in element.all("itemComponent")),
        allowed_values=reading.tests(element.first("allowedValues")),
        type_constraint=reading.tests(element.first("typeConstraint")),
        function=None if function is None else _function_item(reading, function),
        **reading.common(element),
    )


def _function_item(reading: Reading, element: XmlElement) -> FunctionItem:
    return FunctionItem(
        output_type_ref=reading.type_ref(element, "outputTypeRef"),
        parameters=tuple(reading.variable(part) for part in element.all("parameters")),
        **reading.common(element),
    )


def _hrefs(element: XmlElement, requirement: str, *kinds: str) -> tuple[str, ...]:
    found = (part.first(*kinds) for part in element.all(requirement))
    return tuple(part.get("href") for part in found if part is not None)


def _own_hrefs(element: XmlElement, name: str) -> tuple[str, ...]:
    return tuple(part.get("href") for part in element.all(name))


def _authority(element: XmlElement) -> tuple[str, ...]:
    return _hrefs(element, "authorityRequirement", "requiredAuthority", "requiredDecision", "requiredInput")


def _variable(reading: Reading, element: XmlElement, name: str) -> Variable:
    """The variable of a node; without one, a variable of the node's name. The node's name is what others call it by."""
    variable = element.first("variable")
    if variable is None:
        return Variable(name=name, line=element.line)
    return replace(reading.variable(variable, name), name=name or variable.get("name"))


def _input_data(reading: Reading, element: XmlElement) -> InputData:
    name = _name(reading, element)
    return InputData(name=name, variable=_variable(reading, element, name), **reading.common(element))


def _source(reading: Reading, element: XmlElement) -> KnowledgeSource:
    owner = element.first("owner")
    return KnowledgeSource(
        name=_name(reading, element),
        location_uri=element.get("locationURI"),
        type=element.text_of("type"),
        owner="" if owner is None else owner.get("href"),
        authority=_authority(element),
        **reading.common(element),
    )


def _decision(reading: Reading, element: XmlElement) -> Decision:
    name = _name(reading, element)
    return Decision(
        name=name,
        variable=_variable(reading, element, name),
        question=element.text_of("question"),
        allowed_answers=element.text_of("allowedAnswers"),
        required_inputs=_hrefs(element, "informationRequirement", "requiredInput"),
        required_decisions=_hrefs(element, "informationRequirement", "requiredDecision"),
        knowledge=_hrefs(element, "knowledgeRequirement", "requiredKnowledge"),
        authority=_authority(element),
        expression=reading.expression_in(element),
        **reading.common(element),
    )


def _knowledge_model(reading: Reading, element: XmlElement) -> BusinessKnowledgeModel:
    name = _name(reading, element)
    logic = element.first("encapsulatedLogic")
    return BusinessKnowledgeModel(
        name=name,
        variable=_variable(reading, element, name),
        logic=None if logic is None else reading.function(logic),
        knowledge=_hrefs(element, "knowledgeRequirement", "requiredKnowledge"),
        authority=_authority(element),
        **reading.common(element),
    )


def _service(reading: Reading, element: XmlElement) -> DecisionService:
    name = _name(reading, element)
    return DecisionService(
        name=name,
        variable=_variable(reading, element, name),
        output_decisions=_own_hrefs(element, "outputDecision"),
        encapsulated_decisions=_own_hrefs(element, "encapsulatedDecision"),
        input_decisions=_own_hrefs(element, "inputDecision"),
        input_data=_own_hrefs(element, "inputData"),
        **reading.common(element),
    )


def imports_below(definitions: Definitions) -> Iterable[Definitions]:
    """A model and every model it imports, directly or not."""
    yield definitions
    for imported in definitions.imports:
        if imported.definitions is not None:
            yield from imports_below(imported.definitions)
