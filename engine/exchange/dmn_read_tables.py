"""Tables, scorecards, parameters and the verdict of a model of ours, back in the words of the pack format."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final, TypeAlias

from engine.dmn import model as dmn
from engine.exchange.content import Feel, outcome_text, plain
from engine.exchange.dmn_tables import NO_RULE, VERDICTS
from engine.exchange.extension import find_extension
from engine.exchange.failure import ExchangeError, Finding
from engine.exchange.literals import NotAConstantError, constant, constants
from engine.exchange.origins import Origins, Path
from engine.exchange.unwritable import unmasked
from engine.pack.limits import MAX_PROBLEMS
from engine.pack.problems import Problems
from engine.pack.yaml_tree import parse_yaml

Extension: TypeAlias = Callable[[Any, str, str], "dict[str, Any] | None"]
_SINCE: Final = re.compile(r">=\s*(?P<date>.+)", re.DOTALL)
_LISTS: Final = frozenset({"cite", "if_missing"})


class TableReader:
    """Reads decision tables and what is built of them; faults and places go where the caller keeps them."""

    def __init__(self, origins: Origins, faults: list[Finding]) -> None:
        self._origins = origins
        self._faults = faults

    def _fault(self, where: str, line: int, message: str, remedy: str) -> None:
        self._faults.append(Finding(where, line, message, remedy))

    # -- decision tables

    def table(self, decision: dmn.Decision, logic: dmn.DecisionTable) -> dict[str, Any]:
        """A decision table."""
        path: Path = ("decisions", decision.name)
        inputs: dict[str, Feel] = {}
        for place, clause in enumerate(logic.inputs, 1):
            name = unmasked(clause.label) or f"c{place}"
            if name in inputs:
                self._fault(decision.name, clause.line, f"two columns are labelled {name[:60]}", "label them apart")
            inputs[name] = Feel(unmasked(clause.expression.text))
            self._origins.add((*path, "inputs", name), decision.name, clause.line)
        outputs = {one.name or decision.name: self._output(decision, one) for one in logic.outputs}
        if len(outputs) != len(logic.outputs):
            self._fault(decision.name, logic.line, "two outputs have the same name", "name them apart")
        rules = [
            self._rule(rule, (decision.name, (*path, "rules", place)), (inputs, outputs), logic.annotations)
            for place, rule in enumerate(logic.rules)
        ]
        return {"hit_policy": logic.hit_policy.value, "inputs": inputs, "outputs": outputs, "rules": rules}

    def _output(self, decision: dmn.Decision, clause: dmn.OutputClause) -> dict[str, Any]:
        found: dict[str, Any] = {"type": clause.type_ref.lower()} if clause.type_ref else {}
        if clause.values is not None and clause.values.text:
            found["values"] = self._constants(decision.name, clause.values)
        carried = find_extension(clause.extensions, "output") or {}
        found |= {key: carried[key] for key in ("type", "unit", "title", "note") if key in carried}
        if clause.default is not None and clause.default.text:
            found["default"] = outcome_text(unmasked(clause.default.text), found.get("values"))
        self._origins.add(
            ("decisions", decision.name, "outputs", clause.name or decision.name), decision.name, clause.line
        )
        return found

    def _constants(self, where: str, tests: dmn.UnaryTestsText) -> list[Any]:
        try:
            return constants(unmasked(tests.text))
        except NotAConstantError:
            self._fault(
                where, tests.line, "the output values are not a list of values", 'write values such as "a", "b"'
            )
            return []

    def _rule(
        self,
        rule: dmn.Rule,
        place: tuple[str, Path],
        columns: tuple[Mapping[str, Feel], Mapping[str, Mapping[str, Any]]],
        annotations: Sequence[str],
    ) -> dict[str, Any]:
        (where, path), (inputs, outputs) = place, columns
        said = self._said(where, rule, annotations)
        cells = {
            name: Feel(unmasked(entry.text))
            for name, entry in zip(inputs, rule.inputs, strict=True)
            if entry.text.strip() not in {"-", ""}
        }
        then = {
            name: outcome_text(unmasked(entry.text), outputs[name].get("values"))
            for name, entry in zip(outputs, rule.outputs, strict=True)
        }
        self._origins.add(path, where, rule.line)
        found: dict[str, Any] = {"id": said.pop("rule", "") or rule.id}
        if cells:
            found["if"] = cells
        return found | {"then": then} | said

    def _said(self, where: str, rule: dmn.Rule, names: Sequence[str]) -> dict[str, Any]:
        """What the annotations of a row say."""
        found: dict[str, Any] = {}
        for name, text in zip(names, rule.annotations, strict=False):
            if not text:
                continue
            written = unmasked(text)
            if name in _LISTS and written.startswith(("[", "{")):
                problems = Problems(MAX_PROBLEMS)
                node = parse_yaml("annotation", written, problems)
                if node is None or len(problems):
                    self._fault(
                        where, rule.line, f"the annotation {name} cannot be read", "write [a, b] or {column: value}"
                    )
                else:
                    found[name] = plain(node)
            elif name == "cite":
                found[name] = [word for part in written.split(",") if (word := part.strip())]
            else:
                found[name] = written
        return found

    # -- what is built of tables

    def parameter(self, decision: dmn.Decision) -> list[dict[str, Any]]:
        """The dated values of a parameter, the earliest first."""
        logic = decision.expression
        if not isinstance(logic, dmn.DecisionTable) or len(logic.inputs) != 1 or len(logic.outputs) != 1:
            raise _shape(decision, "a parameter is a table of one input and one output")
        values = []
        for rule in logic.rules:
            since = _SINCE.fullmatch(unmasked(rule.inputs[0].text).strip())
            try:
                start = constant(since["date"]) if since else None
                value = constant(unmasked(rule.outputs[0].text))
            except NotAConstantError:
                start = value = None
            if type(start) is not date:
                self._fault(
                    decision.name,
                    rule.line,
                    "a parameter's row has no date, or no plain value",
                    'write >= date("2026-01-31")',
                )
                continue
            values.append({"from": start, "value": value, **self._said(decision.name, rule, logic.annotations)})
        self._origins.add(("parameters", decision.name), decision.name, decision.line)
        return sorted(values, key=lambda dated: dated["from"])

    def verdict(self, decision: dmn.Decision) -> list[dict[str, Any]]:
        """The verdict's rules. Where none holds the verdict is a review, and a model cannot say otherwise."""
        logic = decision.expression
        if not isinstance(logic, dmn.DecisionTable) or len(logic.inputs) != 1 or len(logic.outputs) != 1:
            raise _shape(decision, "the verdict is a table of one condition and one output")
        rules = []
        for place, rule in enumerate(logic.rules):
            said = self._said(decision.name, rule, logic.annotations)
            self._origins.add(("verdict", "rules", place), decision.name, rule.line)
            rules.append(
                {
                    "id": said.pop("rule", "") or rule.id,
                    "if": Feel(unmasked(rule.inputs[0].text)),
                    "verdict": self._verdict_word(decision.name, rule.outputs[0]),
                    **said,
                }
            )
        default = logic.outputs[0].default
        self._origins.add(("verdict",), decision.name, decision.line)
        if default is None or self._verdict_word(decision.name, default) != NO_RULE:
            raise _shape(decision, "the default of the verdict is not a review")
        return rules

    def _verdict_word(self, where: str, entry: dmn.LiteralExpression) -> str:
        text = unmasked(entry.text).strip()
        word = text.strip('"')
        if word not in VERDICTS or text != f'"{word}"':
            self._fault(where, entry.line, "the output is no verdict", 'write "approve", "review" or "reject"')
        return word

    def scorecard(self, decision: dmn.Decision, logic: dmn.Context, extension: Extension) -> dict[str, Any]:
        """A scorecard from its context."""
        card: dict[str, Any] = {}
        ones: list[dict[str, Any]] = []
        for entry in logic.entries:
            inner = entry.expression
            carried = extension(entry.extensions, "characteristic", decision.name)
            if (
                carried is not None
                and isinstance(inner, dmn.DecisionTable)
                and len(inner.inputs) == len(inner.outputs) == 1
            ):
                at: Path = ("decisions", decision.name, "scorecard", "characteristics", len(ones))
                self._origins.add(at, decision.name, inner.line)
                ones.append({**carried, **self._characteristic(decision.name, at, inner)})
            elif (
                entry.variable is not None
                and entry.variable.name == "_base"
                and isinstance(inner, dmn.LiteralExpression)
            ):
                card["base"] = self._number(decision.name, inner)
            elif entry.variable is not None:
                raise _shape(decision, "an entry of the scorecard is no characteristic")
        names = [*(["_base"] if "base" in card else []), *(f"_c{place}" for place in range(1, len(ones) + 1))]
        last = logic.entries[-1].expression if logic.entries else None
        if not isinstance(last, dmn.LiteralExpression) or re.sub(r"\s", "", last.text) != ("+".join(names) or "0"):
            raise _shape(decision, "the result of the scorecard is not the sum of its entries")
        return {"scorecard": {**card, "characteristics": ones}}

    def _characteristic(self, where: str, path: Path, logic: dmn.DecisionTable) -> dict[str, Any]:
        bands = []
        for place, rule in enumerate(logic.rules):
            said = self._said(where, rule, logic.annotations)
            said.pop("band", None)
            self._origins.add((*path, "bands", place), where, rule.line)
            points = self._number(where, rule.outputs[0])
            bands.append({"if": Feel(unmasked(rule.inputs[0].text)), "points": points, **said})
        return {"input": Feel(unmasked(logic.inputs[0].expression.text)), "bands": bands}

    def _number(self, where: str, entry: dmn.LiteralExpression) -> Any:
        try:
            return constant(unmasked(entry.text))
        except NotAConstantError:
            self._fault(where, entry.line, "the points are no number", "write a number")
            return 0


def _shape(decision: dmn.Decision, message: str) -> ExchangeError:
    return ExchangeError([Finding(decision.name, decision.line, message, "keep the shape that the export wrote")])
