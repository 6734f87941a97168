"""A pack as a DMN 1.5 model: a decision requirements graph that any DMN engine evaluates, and nothing of the pack lost.

Signals are inputs, parameters decisions over `as_of`, tables and expressions decisions, sources knowledge sources with
an authority requirement from every decision that cites them. What DMN has no element for (checks, routes, patterns,
invariants, cases) stands in extensions. `from_dmn` reads the file back to the same digest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from engine.dmn.limits import MAX_MODEL_BYTES, MAX_XML_ELEMENTS
from engine.exchange import dmn_tables
from engine.exchange.content import Content, Files, read_content
from engine.exchange.dmn_diagram import DC, DI, DMNDI, diagram
from engine.exchange.dmn_names import VERDICT, Graph
from engine.exchange.dmn_types import inputs, type_ref
from engine.exchange.extension import NAMESPACE, PREFIX, extended
from engine.exchange.failure import refused
from engine.exchange.xml_writer import Xml, count, to_bytes
from engine.exchange.yaml_writer import flow_text
from engine.pack.decision import ENGINE_VERSION

MODEL: Final = "https://www.omg.org/spec/DMN/20230324/MODEL/"
FEEL: Final = "https://www.omg.org/spec/DMN/20230324/FEEL/"
CARRIED: Final[Mapping[str, type]] = {
    "version": str,
    "on_missing": str,
    "jurisdiction": str,
    "checks": dict,
    "routes": list,
    "patterns": list,
    "invariants": list,
}
"""Parts of a pack that stand in the model's extension as they are, and what each is."""


def to_dmn(files: Files) -> bytes:
    """A pack as a DMN 1.5 file; the same pack gives the same bytes.

    Raises:
        PackError: where the files do not load.
        ExchangeError: where the model would be larger than one that is read back.
    """
    content, pack = read_content(files)
    root = _Writer(content, Graph(pack)).definitions()
    written = to_bytes(root)
    if len(written) > MAX_MODEL_BYTES or count(root) > MAX_XML_ELEMENTS:
        raise refused("the pack", "it is too large for one DMN model", "split the pack, or its cases")
    return written


class _Writer:
    """Builds the model and keeps count of its requirements."""

    def __init__(self, content: Content, graph: Graph) -> None:
        self._content = content
        self._graph = graph
        self._requirements: dict[str, list[tuple[str, str]]] = {}

    def definitions(self) -> Xml:
        """The whole document."""
        pack = self._content.pack
        names = {"xmlns": MODEL, "xmlns:dmndi": DMNDI, "xmlns:dc": DC, "xmlns:di": DI, f"xmlns:{PREFIX}": NAMESPACE}
        root = Xml(
            "definitions", names | {"id": "_pack", "name": pack["pack"], "namespace": f"urn:verdict:{pack['pack']}"}
        )
        root.attributes |= {"label": pack["title"], "expressionLanguage": FEEL, "typeLanguage": FEEL}
        root.attributes |= {"exporter": "Verdict", "exporterVersion": ENGINE_VERSION}
        if "note" in pack:
            root.add("description", pack["note"])
        carried: dict[str, Any] = {key: pack[key] for key in CARRIED if key in pack}
        if self._content.cases:
            # A case is a line of YAML: as elements, the cases of a large pack would outgrow what a reader takes.
            carried["cases"] = {
                file: [flow_text(case) for case in group] for file, group in self._content.cases.items()
            }
        if self._content.readme:
            carried["readme"] = self._content.readme
        root.put(extended("pack", carried))
        types, data = inputs(self._graph, self._content.section("signals"))
        sources = [_source(name, details) for name, details in self._content.section("sources").items()]
        decisions = [self._parameter(name, one) for name, one in self._content.section("parameters").items()]
        decisions += [self._decision(name, one) for name, one in self._content.decisions.items()]
        decisions.append(self._verdict(self._content.section("verdict")))
        root.put(*types, *data, *decisions, *sources)
        ids = [element.attributes["id"] for element in (*data, *sources, *decisions)]
        return root.put(diagram(ids, self._requirements))

    def _element(self, identity: str, name: str, about: Mapping[str, Any]) -> Xml:
        element = Xml("decision", {"id": identity, "name": name})
        if "title" in about:
            element.attributes["label"] = about["title"]
        if "note" in about:
            element.add("description", about["note"])
        return element

    def _require(self, element: Xml, name: str, sources: Iterable[str]) -> None:
        """What a decision reads and what it rests on."""
        identity = element.attributes["id"]
        found = self._requirements.setdefault(identity, [])
        for read in self._graph.reads[name]:
            requirement = element.add("informationRequirement", id=f"_r{len(found)}{identity}")
            kind = "requiredInput" if read.startswith("_i_") else "requiredDecision"
            requirement.add(kind, href=f"#{read}")
            found.append((requirement.attributes["id"], read))
        for source in dict.fromkeys(sources):
            requirement = element.add("authorityRequirement", id=f"_r{len(found)}{identity}")
            requirement.add("requiredAuthority", href=f"#_s_{source}")
            found.append((requirement.attributes["id"], f"_s_{source}"))

    def _parameter(self, name: str, parameter: Mapping[str, Any]) -> Xml:
        identity = f"_p_{name}"
        element = self._element(identity, name, parameter)
        element.put(extended("parameter", {"unit": parameter["unit"]} if "unit" in parameter else {}))
        element.add("variable", name=name)
        self._require(element, name, (dated["source"] for dated in parameter["values"]))
        return element.put(dmn_tables.parameter(identity, parameter["values"]))

    def _decision(self, name: str, decision: Mapping[str, Any]) -> Xml:
        identity = f"_d_{name}"
        element = self._element(identity, name, decision)
        carried = {"file": self._content.homes[name]} if name in self._content.homes else {}
        kind = type_ref(decision.get("type", ""))
        if "type" in decision and not kind:
            carried["type"] = decision["type"]
        if carried:
            element.put(extended("decision", carried))
        element.add("variable", name=name, typeRef=kind)
        if "rules" in decision:
            self._require(element, name, _cited(decision["rules"]))
            return element.put(dmn_tables.table(identity, decision))
        if "scorecard" in decision:
            ones = decision["scorecard"]["characteristics"]
            self._require(element, name, _cited([*ones, *(band for one in ones for band in one["bands"])]))
            return element.put(dmn_tables.scorecard(identity, decision["scorecard"]))
        self._require(element, name, ())
        element.add("literalExpression").add("text", decision["expression"])
        return element

    def _verdict(self, verdict: Mapping[str, Any]) -> Xml:
        element = self._element(f"_d_{VERDICT}", VERDICT, verdict)
        element.put(extended("verdict", {key: verdict[key] for key in ("score", "category") if key in verdict}))
        element.add("variable", name=VERDICT, typeRef="string")
        self._require(element, VERDICT, _cited(verdict["rules"]))
        return element.put(dmn_tables.verdict(verdict["rules"]))


def _cited(rows: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    return (source for row in rows for source in row.get("cite", ()))


def _source(name: str, details: Mapping[str, Any]) -> Xml:
    """A legal basis. The element's name is its title for people; where that would change it, the title is kept beside."""
    title, url = details["title"], details.get("url")
    element = Xml("knowledgeSource", {"id": f"_s_{name}", "name": " ".join(str(title).split()) or name})
    plain = isinstance(title, str) and title == element.attributes["name"]
    linked = isinstance(url, str) and bool(url)
    left = {"title": plain, "url": linked}
    carried = {key: value for key, value in details.items() if not left.get(key, False)}
    if carried:
        element.put(extended("source", carried))
    if linked:
        element.attributes["locationURI"] = str(url)
    return element
