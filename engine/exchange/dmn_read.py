"""A DMN file as a pack: one that `to_dmn` wrote comes back to the same digest, any other becomes a pack with a list.

Which of the two it is, the file says itself: a model of ours carries an extension of ours. What a modeller has changed
in one (a threshold, a row, a text) is what comes back, for everything stands in the file once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

from engine.dmn import model as dmn
from engine.dmn.errors import DmnError
from engine.dmn.read import read_model
from engine.exchange.bounds import bound_model
from engine.exchange.content import Content, Feel, is_pack_file, plain
from engine.exchange.dmn_names import AS_OF, PATTERNS, VERDICT
from engine.exchange.dmn_read_tables import TableReader
from engine.exchange.dmn_read_types import TypeReader
from engine.exchange.dmn_write import CARRIED
from engine.exchange.extension import find_extension, has_extension
from engine.exchange.failure import ExchangeError, Finding
from engine.exchange.origins import Origins, load_or_locate
from engine.exchange.pack_yaml import write_files
from engine.exchange.unwritable import unmasked
from engine.pack import Pack
from engine.pack.limits import MAX_PROBLEMS
from engine.pack.problems import Problems
from engine.pack.yaml_tree import parse_yaml

OURS: Final = "pack"
_KEEP: Final = "keep the extension as the export wrote it"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Imported:
    """The files of an imported pack, which load; and what of the model they leave out or had to decide, if anything."""

    files: dict[str, str]
    not_carried: tuple[Finding, ...]
    pack: Pack


def from_dmn(content: bytes, *, name: str = "model.dmn") -> Imported:
    """The pack in a DMN file of any version from 1.1 to 1.6; `name` stands for the file in messages.

    Raises:
        ExchangeError: where the file is no DMN, or nothing that loads can be made of it; with every reason.
    """
    bound_model(content)
    try:
        model = read_model(content, name=name)
    except DmnError as error:
        raise ExchangeError(
            Finding(one.file, one.line, one.message, one.remedy or "correct the model") for one in error.problems
        ) from None
    if not has_extension(model.extensions, OURS):
        from engine.exchange.dmn_foreign import import_foreign

        files, not_carried, pack = import_foreign(model)
        return Imported(files, not_carried, pack)
    reader = _Reader(model)
    found = reader.content()
    if reader.faults:
        raise ExchangeError(reader.faults)
    files = write_files(found)
    return Imported(files, tuple(reader.left_out()), load_or_locate(files, reader.origins))


class _Reader:
    """Reads a model of ours."""

    def __init__(self, model: dmn.Definitions) -> None:
        self._model = model
        self._content = Content()
        self.faults: list[Finding] = []
        self.origins = Origins()
        self._tables = TableReader(self.origins, self.faults)

    def content(self) -> Content:
        """Everything the model says."""
        model, pack = self._model, self._content.pack
        self.origins.add((), model.name, model.line)
        carried = self._extension(model.extensions, OURS, model.name) or {}
        self._content.readme = str(carried.get("readme", ""))
        self._content.cases = self._cases(carried.get("cases", {}))
        pack |= {"pack": model.name, **_titled(model)}
        for key, kind in CARRIED.items():
            if key in carried and not isinstance(carried[key], kind):
                self.faults.append(Finding(model.name, model.line, f"{key} is not what a pack has", _KEEP))
            elif key in carried:
                pack[key] = carried[key]
        self._sources()
        types = TypeReader(model, self.origins, self.faults, self._extension)
        signals = types.signals(one for one in model.input_data if one.name != AS_OF)
        # What patterns set is declared by being set.
        pack["signals"] = {name: spec for name, spec in signals.items() if not name.startswith(f"{PATTERNS}.")}
        for decision in model.decisions:
            self._attempt(partial(self._decision, decision), decision.name, decision.line)
        return self._content

    def _cases(self, found: Any) -> dict[str, list[dict[str, Any]]]:
        """The cases by file, if that is what they are."""
        groups: dict[Any, Any] = found if isinstance(found, dict) else {"": None}
        read = {file: [_case(text) for text in group] for file, group in groups.items() if isinstance(group, list)}
        if len(read) == len(groups) and all(_are_cases(file, group) for file, group in read.items()):
            return read
        self.faults.append(Finding(self._model.name, self._model.line, "the cases are not what a pack has", _KEEP))
        return {}

    def left_out(self) -> list[Finding]:
        """Elements that a modeller added and that a pack has no place for."""
        model = self._model
        found = [(one.name, one.line, "a knowledge model") for one in model.knowledge_models]
        found += [(one.name, one.line, "a decision service") for one in model.services]
        found += [(one.name, one.line, "an import") for one in model.imports]
        return [
            Finding(name, line, f"{what} is not carried", "write it into the decisions") for name, line, what in found
        ]

    def _attempt(self, read: Callable[[], _T], where: str, line: int) -> _T | None:
        try:
            return read()
        except ExchangeError as error:
            self.faults += (Finding(where, one.line or line, one.message, one.remedy) for one in error.findings)
            return None

    def _extension(self, elements: Any, kind: str, where: str) -> dict[str, Any] | None:
        return self._attempt(partial(find_extension, elements, kind), where, 0)

    def _sources(self) -> None:
        for source in self._model.knowledge_sources:
            key = source.id.removeprefix("_s_")
            details = self._extension(source.extensions, "source", source.name) or {}
            details.setdefault("title", unmasked(source.name))
            if source.location_uri:
                details.setdefault("url", unmasked(source.location_uri))
            self._content.pack.setdefault("sources", {})[key] = details
            self.origins.add(("sources", key), source.name, source.line)

    def _decision(self, decision: dmn.Decision) -> None:
        parameter = self._extension(decision.extensions, "parameter", decision.name)
        if parameter is not None:
            values = self._tables.parameter(decision)
            found = {**_titled(decision), **parameter, "values": values}
            self._content.pack.setdefault("parameters", {})[decision.name] = found
        elif decision.name == VERDICT:
            head = self._extension(decision.extensions, "verdict", decision.name) or {}
            rules = self._tables.verdict(decision)
            self._content.pack["verdict"] = {**_titled(decision), **head, "rules": rules}
        else:
            carried = self._extension(decision.extensions, "decision", decision.name) or {}
            home = carried.pop("file", None)
            if home is not None and not (is_pack_file(str(home)) and str(home).startswith("tables/")):
                raise ExchangeError([Finding(decision.name, decision.line, "no pack has such a file", _KEEP)])
            if home is not None:
                self._content.homes[decision.name] = str(home)
            decisions = self._content.pack.setdefault("decisions", {})
            decisions[decision.name] = {**_titled(decision), **carried, **self._logic(decision)}
            self.origins.add(("decisions", decision.name), decision.name, decision.line)

    def _logic(self, decision: dmn.Decision) -> Mapping[str, Any]:
        logic = decision.expression
        if isinstance(logic, dmn.DecisionTable):
            return self._tables.table(decision, logic)
        if isinstance(logic, dmn.Context):
            return self._tables.scorecard(decision, logic, self._extension)
        if isinstance(logic, dmn.LiteralExpression):
            kind = {"type": decision.variable.type_ref.lower()} if decision.variable.type_ref else {}
            self.origins.add(("decisions", decision.name, "expression"), decision.name, logic.line)
            return {"expression": Feel(unmasked(logic.text)), **kind}
        what = "no logic" if logic is None else f"a boxed {type(logic).__name__}"
        remedy = "write a table or an expression"
        raise ExchangeError(
            [Finding(decision.name, decision.line, f"the decision has {what}, which a pack has not", remedy)]
        )


def _case(text: Any) -> Any:
    """A case from its line of YAML; None where it is none."""
    problems = Problems(MAX_PROBLEMS)
    node = parse_yaml("case", text, problems) if isinstance(text, str) else None
    return None if node is None or len(problems) else plain(node)


def _are_cases(file: str, group: list[Any]) -> bool:
    if not is_pack_file(file) or not file.startswith("cases/") or not all(isinstance(case, dict) for case in group):
        return False
    parts = (case.get(key, {}) for case in group for key in ("signals", "missing", "expect"))
    return all(isinstance(part, dict) for part in parts)


def _titled(element: dmn.Element) -> dict[str, str]:
    """Title and note, where they are given."""
    found = {"title": unmasked(element.label), "note": unmasked(element.description)}
    return {key: text for key, text in found.items() if text}
