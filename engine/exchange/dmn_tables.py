"""Decision tables, scorecards, dated parameters and the verdict as DMN writes them.

Rows carry their id, reason, applicant's text, citations and notes in annotation columns, the standard's own place. A
parameter is a table over `as_of`; a scorecard a boxed context, a small table for each characteristic and their sum; the
verdict a table whose worst row wins. Any DMN engine runs them; nothing is said twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from engine.exchange.content import outcome_feel
from engine.exchange.dmn_names import AS_OF
from engine.exchange.dmn_types import type_ref
from engine.exchange.extension import extended
from engine.exchange.literals import literal
from engine.exchange.xml_writer import Xml
from engine.exchange.yaml_writer import flow_text

ROW_WORDS: Final = ("reason", "tell", "cite", "if_missing", "note")
"""Annotation columns, beside `rule` that is always there."""

NO_RULE: Final = "review"  # what the engine says where no rule gave a verdict
VERDICTS: Final = ("reject", "review", "approve")  # the worst first: the order of priority


def table(identity: str, decision: Mapping[str, Any]) -> Xml:
    """A decision table."""
    policy, _, aggregation = decision["hit_policy"].partition(" ")
    if policy in {"RULE", "OUTPUT"}:
        policy, aggregation = decision["hit_policy"], ""
    element = Xml("decisionTable", {"id": f"{identity}_t", "hitPolicy": policy})
    if aggregation:
        element.attributes["aggregation"] = aggregation
    for name, text in decision["inputs"].items():
        element.add("input", label=name).add("inputExpression").add("text", text)
    for name, spec in decision["outputs"].items():
        element.put(_output(name, spec))
    rows = decision["rules"]
    words = _annotations(element, "rule", rows)
    for row in rows:
        then = ((row["then"].get(name), spec.get("values")) for name, spec in decision["outputs"].items())
        element.put(
            _rule(
                row["id"],
                (row.get("if", {}).get(name, "-") for name in decision["inputs"]),
                ("null" if text is None else outcome_feel(text, values) for text, values in then),
                [row["id"], *_spoken(row, words)],
            )
        )
    return element


def _output(name: str, spec: Mapping[str, Any]) -> Xml:
    element = Xml("output", {"name": name})
    if type_ref(spec.get("type", "")):
        element.attributes["typeRef"] = type_ref(spec["type"])
    carried = {key: value for key, value in spec.items() if key not in {"type", "values", "default"}}
    if "type" in spec and not type_ref(spec["type"]):
        carried["type"] = spec["type"]
    if carried:
        element.put(extended("output", carried))
    if "values" in spec:
        element.add("outputValues").add("text", ", ".join(literal(value) for value in spec["values"]))
    if "default" in spec:
        element.add("defaultOutputEntry").add("text", outcome_feel(spec["default"], spec.get("values")))
    return element


def _annotations(element: Xml, first: str, rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Declare the annotation columns that any row uses; their names but the first."""
    rows = list(rows)
    words = [word for word in ROW_WORDS if any(word in row for row in rows)]
    for name in (first, *words):
        element.add("annotation", name=name)
    return words


def _spoken(row: Mapping[str, Any], words: Iterable[str]) -> Iterable[str]:
    for word in words:
        value = row.get(word, "")
        yield value if isinstance(value, str) else _listed(value)


def _listed(value: Any) -> str:
    if isinstance(value, list) and value and all(isinstance(item, str) and item.isidentifier() for item in value):
        return ", ".join(value)
    return flow_text(value)


def _rule(identity: str, cells: Iterable[str], outcomes: Iterable[str], words: Iterable[str]) -> Xml:
    element = Xml("rule", {"id": identity})
    for cell in cells:
        element.add("inputEntry").add("text", cell)
    for outcome in outcomes:
        element.add("outputEntry").add("text", outcome)
    for word in words:
        element.add("annotationEntry").add("text", word)
    return element


def parameter(identity: str, values: Sequence[Mapping[str, Any]]) -> Xml:
    """A dated parameter: the latest row that has begun by `as_of`."""
    element = Xml("decisionTable", {"id": f"{identity}_t", "hitPolicy": "FIRST"})
    element.add("input", label="from").add("inputExpression", typeRef="date").add("text", AS_OF)
    element.add("output", name="value")
    for name in ("source", "note"):
        element.add("annotation", name=name)
    ordered = sorted(enumerate(values), key=lambda pair: pair[1]["from"], reverse=True)
    for place, dated in ordered:
        words = [dated["source"], dated.get("note", "")]
        cell = f">= {literal(dated['from'])}"
        element.put(_rule(f"{identity}_{place + 1}", [cell], [literal(dated["value"])], words))
    return element


def scorecard(identity: str, card: Mapping[str, Any]) -> Xml:
    """A scorecard as a boxed context; the last entry, without a name, is its result."""
    element = Xml("context", {"id": f"{identity}_t"})
    names = []
    if "base" in card:
        names.append("_base")
        _entry(element, "_base").add("literalExpression").add("text", literal(card["base"]))
    for place, one in enumerate(card["characteristics"], 1):
        names.append(f"_c{place}")
        entry = _entry(element, names[-1], {key: one[key] for key in one if key not in {"bands", "input"}})
        entry.put(_bands(f"{identity}_c{place}", one))
    element.add("contextEntry").add("literalExpression").add("text", " + ".join(names) or "0")
    return element


def _entry(element: Xml, name: str, carried: Mapping[str, Any] | None = None) -> Xml:
    entry = element.add("contextEntry")
    if carried:
        entry.put(extended("characteristic", carried))
    entry.add("variable", name=name, typeRef="number")
    return entry


def _bands(identity: str, one: Mapping[str, Any]) -> Xml:
    """One characteristic: the first band that holds gives the points."""
    element = Xml("decisionTable", {"id": identity, "hitPolicy": "FIRST"})
    element.add("input", label="input").add("inputExpression").add("text", one["input"])
    output = element.add("output", name="points", typeRef="number")
    output.add("defaultOutputEntry").add("text", "0")
    words = _annotations(element, "band", one["bands"])
    for place, band in enumerate(one["bands"], 1):
        said = [str(place), *_spoken(band, words)]
        element.put(_rule(f"{identity}_{place}", [band["if"]], [literal(band["points"])], said))
    return element


def verdict(rules: Sequence[Mapping[str, Any]]) -> Xml:
    """The verdict: each row's condition must be true; the worst of the rows that hold wins, and none is a review."""
    element = Xml("decisionTable", {"id": "_d_verdict_t", "hitPolicy": "PRIORITY"})
    element.add("input", label="condition").add("inputExpression", typeRef="boolean").add("text", "true")
    output = element.add("output", name="verdict", typeRef="string")
    output.add("outputValues").add("text", ", ".join(literal(word) for word in VERDICTS))
    output.add("defaultOutputEntry").add("text", literal(NO_RULE))
    words = _annotations(element, "rule", rules)
    for row in rules:
        element.put(_rule(row["id"], [row["if"]], [literal(row["verdict"])], [row["id"], *_spoken(row, words)]))
    return element
