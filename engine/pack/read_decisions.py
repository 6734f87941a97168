"""Reads the decision graph: expressions, decision tables and scorecards.

Says what a rule must carry (a stable id, its source where it gives a reason), which hit policies need what of their
outputs, and what `if_missing` may say. A cell is FEEL; an output may be written bare where it is one of its column's
declared values.
"""

from __future__ import annotations

from typing import Final

from engine.pack.fields import NAME, Fields
from engine.pack.limits import MAX_COLUMNS
from engine.pack.model import (
    AGGREGATING,
    SKIP,
    Band,
    Characteristic,
    Constant,
    Decision,
    Expr,
    HitPolicy,
    IfMissing,
    Output,
    Row,
    Scorecard,
    Source,
    Table,
    Words,
)
from engine.pack.problems import Place, nearest
from engine.pack.read_vocabulary import cited, kind
from engine.pack.yaml_tree import ListNode, MapNode, Node, ScalarNode

OUTPUT_TYPES: Final = frozenset({"string", "number", "boolean", "date", "date and time", "list", "any"})
_COMMON: Final = frozenset({"title", "note"})
_EXPRESSION_KEYS: Final = _COMMON | {"expression", "type"}
_TABLE_KEYS: Final = _COMMON | {"hit_policy", "inputs", "outputs", "rules"}
_SCORECARD_KEYS: Final = _COMMON | {"scorecard"}
_WORDS: Final = frozenset({"reason", "tell", "cite", "note"})
_ROW_KEYS: Final = _WORDS | {"id", "if", "then", "if_missing"}
_BAND_KEYS: Final = _WORDS | {"if", "points"}
_CHARACTERISTIC_KEYS: Final = _WORDS | {"id", "input", "bands", "if_missing"}
_POLICIES: Final = {policy.value: policy for policy in HitPolicy}


def read_decisions(fields: Fields, node: Node | None, sources: dict[str, Source]) -> dict[str, Decision]:
    """The decisions by name."""
    reader = _Decisions(fields, sources)
    return {key: reader.decision(key, value, place) for key, value, place in fields.named(node, "a decision", NAME)}


def read_words(
    fields: Fields, entries: dict[str, Node], what: str, sources: dict[str, Source], place: Place, *, must_cite: bool
) -> Words:
    """Reason, tell and citations of a rule; `must_cite` makes a rule without a source a problem."""
    cite = fields.texts(entries.get("cite"), f"cite of {what}")
    cited(fields, cite, entries.get("cite"), sources)
    if must_cite and not cite:
        fields.problems.add(place, f"{what} cites no source", "add cite: [<source id>]", "uncited")
    reason, tell, note = (fields.text(entries.get(key), f"{key} of {what}") for key in ("reason", "tell", "note"))
    return Words(reason, tell, cite, note)


def read_if_missing(fields: Fields, node: Node | None, what: str) -> IfMissing:
    """`skip`, or a value for each column named."""
    if node is None:
        return None
    if isinstance(node, ScalarNode) and node.value == SKIP:
        return SKIP
    if not isinstance(node, MapNode):
        fields.wrong(node, f"if_missing of {what}", "skip, or {column: value}")
        return None
    values: dict[str, Constant] = {}
    for key, value in node.entries.items():
        constant = fields.constant(value, f"if_missing of {what}")
        if constant is None or isinstance(constant, tuple):
            fields.wrong(value, f"if_missing of {what}", "a plain value")
        values[key] = constant
    return values


class _Decisions:
    def __init__(self, fields: Fields, sources: dict[str, Source]) -> None:
        self.fields = fields
        self.sources = sources

    def decision(self, key: str, node: Node, place: Place) -> Decision:
        """One decision of whichever shape."""
        keys = set(node.entries) if isinstance(node, MapNode) else set()
        logic: Expr | Table | Scorecard
        what = f"decision {key}"
        if "scorecard" in keys:
            entries = self.fields.mapping(node, what, _SCORECARD_KEYS, "scorecard")
            logic = self.scorecard(key, entries.get("scorecard"))
        elif "expression" in keys or not keys & (_TABLE_KEYS - _COMMON):
            entries = self.fields.mapping(node, what, _EXPRESSION_KEYS, "expression")
            logic = self.fields.expression(entries.get("expression"), f"expression of {key}") or Expr(
                "null", None, place
            )
        else:
            entries = self.fields.mapping(node, what, _TABLE_KEYS, "inputs outputs rules")
            logic = self.table(key, entries, place)
        title, note = (self.fields.text(entries.get(name), f"{name} of {key}") for name in ("title", "note"))
        kind_name = self.fields.word(entries.get("type"), f"type of {key}", OUTPUT_TYPES)
        return Decision(key, logic, kind_name, title, note, place)

    def table(self, key: str, entries: dict[str, Node], place: Place) -> Table:
        """A decision table with its policy's demands on the outputs."""
        policy = HitPolicy.UNIQUE
        if "hit_policy" in entries:
            word = (self.fields.text(entries["hit_policy"], f"hit_policy of {key}") or "").upper()
            if word not in _POLICIES:
                remedy = nearest(word, _POLICIES, f"use one of: {', '.join(_POLICIES)}")
                self.fields.problems.add(
                    entries["hit_policy"].place, f"unknown hit policy {word}", remedy, "hit_policy"
                )
            policy = _POLICIES.get(word, policy)
        inputs: dict[str, Expr] = {}
        for name, node, _ in self.fields.named(entries.get("inputs"), f"a column of {key}", NAME):
            inputs[name] = self.fields.expression(node, f"column {name} of {key}") or Expr("null", None, node.place)
        outputs = {
            name: self.output(key, name, node, at)
            for name, node, at in self.fields.named(entries.get("outputs"), f"an output of {key}", NAME)
        }
        self._policy_demands(key, policy, outputs, place)
        if max(len(inputs), len(outputs)) > MAX_COLUMNS:
            self.fields.problems.add(place, f"{key} has more than {MAX_COLUMNS} columns", "split the table", "limit")
        rows = [
            self.row(key, node, inputs, outputs) for node in self.fields.items(entries.get("rules"), f"rules of {key}")
        ]
        if not rows:
            self.fields.problems.add(place, f"table {key} has no rule", "add a rule", "empty")
        return Table(policy, inputs, outputs, tuple(rows))

    def _policy_demands(self, key: str, policy: HitPolicy, outputs: dict[str, Output], place: Place) -> None:
        add = self.fields.problems.add
        if not outputs:
            add(place, f"table {key} has no output", "add an output", "empty")
        ordered = policy in {HitPolicy.PRIORITY, HitPolicy.OUTPUT_ORDER}
        if ordered and outputs and all(output.values is None for output in outputs.values()):
            add(place, f"{policy} table {key} has no values", "list an output's values, best first", "hit_policy")
        if policy in AGGREGATING and len(outputs) > 1:
            add(place, f"{policy} table {key} has several outputs", "keep one output", "hit_policy")
        for output in outputs.values():
            if policy is HitPolicy.SUM and output.type not in {"number", None}:
                add(output.place, f"{key} sums {output.type}", "make the output a number", "hit_policy")

    def output(self, key: str, name: str, node: Node, place: Place) -> Output:
        """An output column."""
        what = f"output {name} of {key}"
        if isinstance(node, ScalarNode) and isinstance(node.value, str):  # short form: `points: number`
            return Output(name, self.fields.word(node, f"type of {what}", OUTPUT_TYPES), None, None, place)
        entries = self.fields.mapping(node, what, frozenset({"type", "values", "default", "note", "unit", "title"}))
        kind_name = self.fields.word(entries.get("type"), f"type of {what}", OUTPUT_TYPES)
        values: tuple[Constant, ...] | None = None
        if "values" in entries:
            items = self.fields.items(entries["values"], f"values of {what}")
            values = tuple(self.fields.constant(item, f"a value of {what}") for item in items)
            fits = all(kind(value) == (kind_name or kind(values[0])) for value in values)
            if not values or len(set(values)) != len(values) or not fits:
                at = entries["values"].place
                self.fields.problems.add(
                    at, f"values of {what} are empty, repeat or clash", "list each once", "type_clash"
                )
        default = self.outcome(entries.get("default"), values, f"default of {what}")
        return Output(name, kind_name, values, default, place)

    def outcome(self, node: Node | None, values: tuple[Constant, ...] | None, what: str) -> Expr | None:
        """An output entry: FEEL, or bare where it is one of the declared string values."""
        expression = self.fields.expression(node, what)
        if expression is not None and isinstance(node, ScalarNode) and node.text in (values or ()):
            escaped = node.text.replace("\\", "\\\\").replace('"', '\\"')
            return Expr(f'"{escaped}"', None, node.place)
        return expression

    def row(self, key: str, node: Node, inputs: dict[str, Expr], outputs: dict[str, Output]) -> Row:
        """One rule of a table."""
        entries = self.fields.mapping(node, f"a rule of {key}", _ROW_KEYS, "id then")
        name = self.fields.id(entries.get("id"), f"the id of a rule of {key}")
        what = f"rule {name or '?'}"
        cells: dict[str, Expr] = {}
        for column, cell in self._by_column(entries.get("if"), f"the condition of {what}", inputs).items():
            found = self.fields.expression(cell, f"cell {column} of {what}")
            if found is not None and found.text.strip() not in {"-", ""}:
                cells[column] = found
        results: dict[str, Expr] = {}
        for column, cell in self._by_column(entries.get("then"), f"the outcome of {what}", outputs).items():
            found = self.outcome(cell, outputs[column].values, f"output {column} of {what}")
            if found is not None:
                results[column] = found
        for column in outputs:
            if "then" in entries and column not in results:
                self.fields.problems.add(
                    entries["then"].place, f"{what} gives no {column}", "give every output a value", "missing_key"
                )
        if_missing = read_if_missing(self.fields, entries.get("if_missing"), what)
        if isinstance(if_missing, dict):
            self._by_column(entries["if_missing"], f"if_missing of {what}", inputs)
        words = read_words(self.fields, entries, what, self.sources, node.place, must_cite="reason" in entries)
        return Row(name, cells, results, if_missing, words, node.place)

    def _by_column(self, node: Node | None, what: str, columns: dict[str, Expr] | dict[str, Output]) -> dict[str, Node]:
        if node is None:
            return {}
        if not isinstance(node, MapNode):
            self.fields.wrong(node, what, "a mapping from column to value")
            return {}
        for column, place in node.keys.items():
            if column not in columns:
                remedy = nearest(column, columns, f"use one of: {', '.join(columns) or 'none'}")
                self.fields.problems.add(place, f"{what} names unknown column {column[:60]}", remedy, "unknown_column")
        return {column: cell for column, cell in node.entries.items() if column in columns}

    def scorecard(self, key: str, node: Node | None) -> Scorecard:
        """Base points and characteristics."""
        entries = self.fields.mapping(
            node, f"scorecard {key}", frozenset({"base", "characteristics"}), "characteristics"
        )
        base = self.fields.number(entries.get("base"), f"base of {key}") or 0
        items = self.fields.items(entries.get("characteristics"), f"characteristics of {key}")
        if not items and isinstance(entries.get("characteristics"), ListNode):
            self.fields.problems.add(entries["characteristics"].place, f"scorecard {key} is empty", "add one", "empty")
        return Scorecard(base, tuple(self.characteristic(key, item) for item in items))

    def characteristic(self, key: str, node: Node) -> Characteristic:
        """One characteristic with its bands."""
        entries = self.fields.mapping(node, f"a characteristic of {key}", _CHARACTERISTIC_KEYS, "id input bands")
        name = self.fields.id(entries.get("id"), f"the id of a characteristic of {key}")
        what = f"characteristic {name or '?'}"
        words = read_words(self.fields, entries, what, self.sources, node.place, must_cite=False)
        bands = []
        for item in self.fields.items(entries.get("bands"), f"bands of {what}"):
            parts = self.fields.mapping(item, f"a band of {what}", _BAND_KEYS, "if points")
            test = self.fields.expression(parts.get("if"), f"a band of {what}") or Expr("-", None, item.place)
            points = self.fields.number(parts.get("points"), f"points of a band of {what}") or 0
            said = read_words(self.fields, parts, f"a band of {what}", self.sources, item.place, must_cite=False)
            bands.append(Band(test, points, said, item.place))
        if not bands:
            self.fields.problems.add(node.place, f"{what} has no band", "add a band", "empty")
        if_missing = read_if_missing(self.fields, entries.get("if_missing"), what)
        if isinstance(if_missing, dict) and set(if_missing) != {"input"}:
            at = entries["if_missing"].place
            self.fields.problems.add(
                at, f"if_missing of {what} names a column", "write {input: value}", "unknown_column"
            )
        source = self.fields.expression(entries.get("input"), f"input of {what}") or Expr("null", None, node.place)
        return Characteristic(name, source, tuple(bands), if_missing, words, node.place)
