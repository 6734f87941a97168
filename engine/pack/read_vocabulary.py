"""Reads what a pack talks about: its legal sources, dated parameters, signals and checks.

Refuses an undated value, a value or a rule without its source, a signal whose limits contradict its type. What it
returns is complete even where something was wrong, so that later stages do not report the same fault again.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Final

from engine.pack.fields import DOTTED, NAME, Fields
from engine.pack.model import Check, Constant, DatedValue, Parameter, SignalSpec, Source
from engine.pack.problems import Place
from engine.pack.yaml_tree import Node

SIGNAL_TYPES: Final = frozenset({"string", "number", "boolean", "date", "date and time", "list"})
_SOURCE_KEYS: Final = frozenset(
    {"title", "reference", "as_amended", "published", "effective", "issuer", "jurisdiction", "url", "note"}
)
_PARAMETER_KEYS: Final = frozenset({"unit", "values", "note", "title"})
_VALUE_KEYS: Final = frozenset({"from", "value", "source", "note"})
_SIGNAL_KEYS: Final = frozenset({"type", "pii", "values", "range", "fields", "items", "unit", "note", "title"})
_CHECK_KEYS: Final = frozenset({"needs", "provides", "timeout_s", "retries", "note", "title"})
_SPELLINGS: Final = {"datetime": "date and time", "dateTime": "date and time"}


def read_sources(fields: Fields, node: Node | None) -> dict[str, Source]:
    """The legal bases by id."""
    found = {}
    for key, value, place in fields.named(node, "a source", NAME):
        entries = fields.mapping(value, f"source {key}", _SOURCE_KEYS, "title")
        details = {name: fields.constant(entry, f"{name} of source {key}") for name, entry in entries.items()}
        found[key] = Source(key, details, place)
    return found


def read_parameters(fields: Fields, node: Node | None, sources: dict[str, Source]) -> dict[str, Parameter]:
    """The dated values by name; each value needs a date and a known source."""
    found = {}
    for key, value, place in fields.named(node, "a parameter", NAME):
        entries = fields.mapping(value, f"parameter {key}", _PARAMETER_KEYS, "values")
        dated = [_dated(fields, key, item, sources) for item in fields.items(entries.get("values"), f"values of {key}")]
        values = tuple(sorted(dated, key=lambda value: value.start))
        if not values and "values" in entries:
            fields.problems.add(place, f"parameter {key} has no value", "add a dated value", "undated")
        for earlier, later in pairwise(values):
            if earlier.start == later.start:
                fields.problems.add(
                    later.place, f"parameter {key} has two values from {later.start}", "keep one", "duplicate_date"
                )
        if len({kind(value.value) for value in values}) > 1:
            fields.problems.add(place, f"the values of {key} are of different kinds", "use one kind", "type_clash")
        unit = fields.text(entries.get("unit"), f"unit of {key}")
        found[key] = Parameter(key, unit, fields.text(entries.get("note"), f"note of {key}"), values, place)
    return found


def _dated(fields: Fields, key: str, node: Node, sources: dict[str, Source]) -> DatedValue:
    entries = fields.mapping(node, f"a value of {key}", _VALUE_KEYS, "from value source")
    source = fields.text(entries.get("source"), f"source of a value of {key}") or ""
    cited(fields, (source,) if source else (), entries.get("source"), sources)
    value = fields.constant(entries.get("value"), f"a value of {key}")
    if "value" in entries and (value is None or value == ()):
        fields.wrong(entries["value"], f"a value of {key}", "a number, text, date, boolean or list")
    start = fields.date(entries.get("from"), f"the date of a value of {key}") or date.min
    return DatedValue(start, value, source, fields.text(entries.get("note"), f"note of {key}"), node.place)


def cited(fields: Fields, ids: tuple[str, ...], node: Node | None, sources: dict[str, Source]) -> None:
    """Record every cited id that is no source."""
    for source in ids:
        if node is not None and source not in sources:
            fields.problems.add(
                node.place,
                f"unknown source {source}",
                "declare it under sources, or cite a declared one",
                "unknown_source",
            )


def kind(value: Constant) -> str:
    """The FEEL kind of a plain value."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | Decimal):
        return "number"
    if isinstance(value, date):
        return "date"
    if isinstance(value, tuple):
        inner = sorted({kind(item) for item in value})
        return f"list<{'|'.join(inner)}>"
    return "null" if value is None else "string"


def read_signals(fields: Fields, node: Node | None) -> dict[str, SignalSpec]:
    """The declared signals by name."""
    return {key: _signal(fields, key, value, place) for key, value, place in fields.named(node, "a signal", DOTTED)}


def _signal(fields: Fields, key: str, node: Node, place: Place, *, nested: bool = False) -> SignalSpec:
    if isinstance(getattr(node, "value", None), str):  # a field's short form: `ordinal: number`
        entries: dict[str, Node] = {"type": node}
    else:
        entries = fields.mapping(node, f"signal {key}", _SIGNAL_KEYS, "type")
    written = fields.text(entries.get("type"), f"type of {key}")
    name = _SPELLINGS.get(written or "", written or "")
    if written is not None and name not in SIGNAL_TYPES - ({"list"} if nested else set()):
        remedy = f"use one of: {', '.join(sorted(SIGNAL_TYPES))}"
        fields.problems.add(entries["type"].place, f"{key} cannot be of type {written}", remedy, "unknown_type")
    inner = None
    if "fields" in entries:
        named = fields.named(entries["fields"], f"a field of {key}", NAME)
        inner = {field: _signal(fields, f"{key}.{field}", value, at, nested=True) for field, value, at in named}
    items = fields.word(entries.get("items"), f"items of {key}", SIGNAL_TYPES - {"list"})
    if name == "list" and (inner is None) == (items is None):
        fields.problems.add(
            place, f"list {key} needs its fields or the type of its items", "add fields or items", "list"
        )
    if name != "list" and ("fields" in entries or "items" in entries):
        fields.problems.add(place, f"{key} is no list", "remove fields and items, or make it a list", "list")
    values = _values(fields, key, name, entries.get("values"))
    low, high = _range(fields, key, name, entries.get("range"))
    unit, note = (fields.text(entries.get(name), f"{name} of {key}") for name in ("unit", "note"))
    pii = fields.boolean(entries.get("pii"), f"pii of {key}")
    return SignalSpec(key, name or "any", place, pii, values, low, high, inner, items, unit, note)


def _values(fields: Fields, key: str, type_name: str, node: Node | None) -> tuple[Constant, ...] | None:
    if node is None:
        return None
    values = tuple(fields.constant(item, f"a value of {key}") for item in fields.items(node, f"values of {key}"))
    if not values or any(kind(value) != type_name for value in values) or type_name not in {"string", "number"}:
        fields.problems.add(
            node.place, f"values of {key} do not fit its type", f"list values of {type_name}", "type_clash"
        )
    if len(set(values)) != len(values):
        fields.problems.add(node.place, f"values of {key} repeat", "keep each once", "duplicate")
    return values


def _range(fields: Fields, key: str, type_name: str, node: Node | None) -> tuple[Constant, Constant]:
    if node is None:
        return None, None
    ends = tuple(fields.constant(item, f"range of {key}") for item in fields.items(node, f"range of {key}"))
    fitting = len(ends) == 2 and all(end is None or kind(end) == type_name for end in ends)
    if not fitting or type_name not in {"number", "date"}:
        fields.problems.add(
            node.place, f"range of {key} does not fit its type", "write [lowest, highest] of its type", "type_clash"
        )
        return None, None
    low, high = ends
    if low is not None and high is not None and low > high:  # type: ignore[operator]  # both of one ordered kind
        fields.problems.add(node.place, f"range of {key} is empty", "put the lower end first", "range")
    return low, high


def read_checks(fields: Fields, node: Node | None, signals: dict[str, SignalSpec]) -> dict[str, Check]:
    """The checks by name; what they provide must be declared signals."""
    found = {}
    for key, value, place in fields.named(node, "a check", NAME):
        entries = fields.mapping(value, f"check {key}", _CHECK_KEYS, "provides timeout_s")
        provides = fields.texts(entries.get("provides"), f"provides of {key}")
        for name in provides:
            if name not in signals:
                at = entries["provides"].place
                fields.problems.add(at, f"check {key} provides unknown signal {name}", "declare it", "unknown_signal")
        needs = fields.texts(entries.get("needs"), f"needs of {key}")
        for name in needs:
            if not DOTTED.fullmatch(name):
                fields.problems.add(
                    entries["needs"].place, f"{name!r} names no signal or document", "use a dotted name", "name"
                )
        timeout = fields.number(entries.get("timeout_s"), f"timeout_s of {key}")
        if timeout is not None and not 0 < timeout <= 3600:
            fields.problems.add(
                entries["timeout_s"].place, f"timeout_s of {key} is out of bounds", "use 1 to 3600", "limit"
            )
        retries = fields.integer(entries.get("retries"), f"retries of {key}", 0, 10) or 0
        note = fields.text(entries.get("note"), f"note of {key}")
        found[key] = Check(key, needs, provides, timeout, retries, note, place)
    return found
