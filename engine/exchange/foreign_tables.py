"""Decision tables of a foreign DMN model as tables of a pack.

Rows keep their ids where those are usable; an annotation becomes the row's reason where the decision rests on a
knowledge source that can be cited, and a note where it does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from engine.dmn import model as dmn
from engine.exchange.content import Feel, outcome_text
from engine.exchange.foreign_logic import NotCarriedError
from engine.exchange.foreign_names import snake, unique
from engine.exchange.foreign_types import Note, Types
from engine.exchange.literals import NotAConstantError, constants
from engine.pack.limits import MAX_TEXT_CHARS
from engine.pack.model import LISTING, HitPolicy

_RULE_ID: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,99}")
_ORDERED: Final = frozenset({HitPolicy.PRIORITY, HitPolicy.OUTPUT_ORDER})


class Tables:
    """Converts tables; rule ids are unique over all of them."""

    def __init__(self, types: Types, note: Note) -> None:
        self._types = types
        self._note = note
        self._ids: set[str] = set()

    def table(
        self,
        decision: dmn.Decision,
        name: str,
        logic: dmn.DecisionTable,
        rewrite: Callable[[str], str],
        cite: Sequence[str],
    ) -> dict[str, Any]:
        """The table of a decision; `rewrite` writes a FEEL text with the pack's names."""
        inputs = self._inputs(decision, logic, rewrite)
        outputs = self._outputs(decision, name, logic, rewrite)
        rules = [
            self._rule(f"{name.upper()}_{place}", rule, (inputs, outputs), rewrite, cite)
            for place, rule in enumerate(logic.rules, 1)
        ]
        if not rules:
            raise NotCarriedError("the table has no rule", logic.line)
        return {"hit_policy": logic.hit_policy.value, "inputs": inputs, "outputs": outputs, "rules": rules}

    def _inputs(
        self, decision: dmn.Decision, logic: dmn.DecisionTable, rewrite: Callable[[str], str]
    ) -> dict[str, Feel]:
        found: dict[str, Feel] = {}
        for place, clause in enumerate(logic.inputs, 1):
            text = clause.expression.text
            named = clause.label or (text if len(text) <= 60 else "")
            found[unique(snake(named, f"c{place}"), found)] = Feel(rewrite(text))
            if clause.values is not None and clause.values.text:
                self._note(
                    decision.name,
                    clause.line,
                    f"the allowed values of column {place} are not carried",
                    "limit the signal",
                )
        return found

    def _outputs(
        self, decision: dmn.Decision, name: str, logic: dmn.DecisionTable, rewrite: Callable[[str], str]
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for clause in logic.outputs:
            single = len(logic.outputs) == 1
            type_ref = clause.type_ref or (logic.type_ref or decision.variable.type_ref if single else "")
            spec: dict[str, Any] = {}
            listed = not clause.type_ref and HitPolicy(logic.hit_policy.value) in LISTING
            kind = self._types.of_items(type_ref) if listed else self._types.base(type_ref)
            if kind:
                spec["type"] = kind
            values = self._values(decision.name, clause, type_ref, logic.hit_policy)
            if values:
                spec["values"] = values
            if clause.default is not None and clause.default.text:
                spec["default"] = outcome_text(rewrite(clause.default.text), values)
            key = unique(snake(clause.name or clause.label or name), found)
            found[key] = spec
            if not single and key != clause.name:
                self._note(
                    decision.name,
                    clause.line,
                    f"output {clause.name} is named {key} in the pack",
                    "read it by that name",
                )
        return found

    def _values(self, where: str, clause: dmn.OutputClause, type_ref: str, policy: dmn.HitPolicy) -> list[Any] | None:
        """The values of an output in order; PRIORITY and OUTPUT ORDER may take them from the type."""
        if clause.values is None or not clause.values.text:
            return self._types.allowed(type_ref) if HitPolicy(policy.value) in _ORDERED else None
        try:
            values = list(dict.fromkeys(constants(clause.values.text)))
        except NotAConstantError:
            values = []
        kinds = {type(value) for value in values}
        if not values or len(kinds) > 1 or None in values or list in kinds:
            self._note(
                where, clause.line, "the allowed values of an output are not carried", "a pack has lists of values"
            )
            return None
        return values

    def _rule(
        self,
        otherwise: str,
        rule: dmn.Rule,
        columns: tuple[Mapping[str, Feel], Mapping[str, Mapping[str, Any]]],
        rewrite: Callable[[str], str],
        cite: Sequence[str],
    ) -> dict[str, Any]:
        inputs, outputs = columns
        usable = rule.id if _RULE_ID.fullmatch(rule.id) else otherwise
        identity = unique(usable, self._ids)
        self._ids.add(identity)
        cells = {
            column: Feel(rewrite(entry.text))
            for column, entry in zip(inputs, rule.inputs, strict=True)
            if entry.text.strip() not in {"-", ""}
        }
        then = {
            column: outcome_text(rewrite(entry.text) or "null", outputs[column].get("values"))
            for column, entry in zip(outputs, rule.outputs, strict=True)
        }
        found: dict[str, Any] = {"id": identity, **({"if": cells} if cells else {}), "then": then}
        said = [*rule.annotations, rule.description]
        text = " ".join(" ".join(part.split()) for part in said if part.strip())[:MAX_TEXT_CHARS].strip()
        if text:
            found["reason" if cite else "note"] = text
        return found | ({"cite": list(cite)} if cite else {})
