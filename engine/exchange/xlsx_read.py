"""A workbook as a pack: the reverse of `to_xlsx`, for workbooks that people have edited.

What a sheet holds becomes content, the content becomes YAML, and the pack loader has the last word: what it refuses is
told by sheet and cell, not by a line of YAML that nobody wrote. Nothing is returned that does not load.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.exchange.content import Content, is_pack_file
from engine.exchange.failure import ExchangeError, Finding, refused
from engine.exchange.origins import Origins, Path, load_or_locate
from engine.exchange.pack_yaml import write_files
from engine.exchange.xlsx_cases import read_case_sheet
from engine.exchange.xlsx_cells import Kind
from engine.exchange.xlsx_guard import open_workbook
from engine.exchange.xlsx_layout import FIXED_SHEETS, FORMAT, GRIDS, META, VERDICT_HEAD, Column
from engine.exchange.xlsx_sheets import Entry, Sheet, read_sheets
from engine.exchange.xlsx_tables import read_scorecard_sheet, read_table_sheet
from engine.pack import Pack


def from_xlsx(content: bytes) -> dict[str, str]:
    """The files of the pack in a workbook. They load.

    Raises:
        ExchangeError: with every reason why not, each with its sheet, cell and remedy.
    """
    return read_workbook(content)[0]


def read_workbook(content: bytes) -> tuple[dict[str, str], Pack]:
    """The files of the pack in a workbook, and the pack they compile to; raises as `from_xlsx` does."""
    sheets, faults = read_sheets(open_workbook(content))
    if "pack" not in sheets or sheets["pack"].label(1) != "format":
        raise refused("the file", "not a workbook of a pack", "begin with one that `verdict pack export` wrote")
    if sheets["pack"].label(1, 2) != FORMAT:
        raise refused("pack!B1", "a workbook of another format", f"the format read here is: {FORMAT}")
    reader = _Reader(sheets, faults)
    found = reader.content()
    if faults:
        raise ExchangeError(faults)
    files = write_files(found)
    return files, load_or_locate(files, reader.origins)


class _Reader:
    """Assembles the content and remembers the cell of everything."""

    def __init__(self, sheets: dict[str, Sheet], faults: list[Finding]) -> None:
        self._sheets = sheets
        self._faults = faults
        self.origins = Origins()
        self._content = Content()

    def content(self) -> Content:
        """Everything the sheets say."""
        self._meta(self._sheets["pack"])
        for section in ("sources", "checks"):
            self._named(section)
        self._parameters()
        self._signals()
        self._expressions()
        for sheet in self._sheets.values():
            if sheet.title not in FIXED_SHEETS and sheet.cells:
                self._decision(sheet)
        self._verdict()
        for section in ("routes", "patterns", "invariants"):
            self._listed(section)
        if "cases" in self._sheets:
            read_case_sheet(self._sheets["cases"], self._content, self.origins)
        readme = self._sheets.get("readme")
        if readme is not None and readme.cells:
            self._content.readme = readme_text(readme)
        return self._content

    def _grid(self, section: str) -> list[Entry]:
        sheet = self._sheets.get(section)
        return sheet.grid(GRIDS[section]) if sheet is not None else []

    def _meta(self, sheet: Sheet) -> None:
        values, cells = sheet.head([Column("format"), *META], until=10**9)
        for key, value in values.items():
            if key != "format":
                self._content.pack[key] = value
                self.origins.add((key,), cells[key])
        self.origins.add((), sheet.where(1))

    def _by_id(self, section: str, entries: Iterable[Entry]) -> list[tuple[str, Entry]]:
        """Entries with the id each belongs to; one without, at the beginning, is a finding."""
        found: list[tuple[str, Entry]] = []
        current = ""
        for entry in entries:
            if "id" in entry.values:
                current = entry.values.pop("id")
                if any(name == current for name, _ in found):
                    self._fault(entry, "id", f"{current[:60]} stands here twice", "rename or remove one")
            elif not current:
                self._fault(entry, "id", "the first entry has no id", "give it one")
                continue
            found.append((current, entry))
            self.origins.add((section, current), entry.where, keep=True)
        return found

    def _fault(self, entry: Entry, key: str, message: str, remedy: str) -> None:
        self._faults.append(Finding(entry.cells.get(key, entry.where), 0, message, remedy))

    def _named(self, section: str) -> None:
        for name, entry in self._by_id(section, self._grid(section)):
            target = self._content.pack.setdefault(section, {}).setdefault(name, {})
            self._merge(target, entry, (section, name))

    def _merge(self, target: dict[str, Any], entry: Entry, path: Path, keys: Iterable[str] | None = None) -> None:
        """Take over an entry's values; one that is there already is a finding: it would be lost."""
        for key, value in entry.values.items():
            if keys is not None and key not in keys:
                continue
            if key in target:
                self._fault(entry, key, f"{key} is given twice for one id", "keep it in the first row only")
            target[key] = value
            self.origins.add((*path, key), entry.cells[key])

    def _parameters(self) -> None:
        for name, entry in self._by_id("parameters", self._grid("parameters")):
            target = self._content.pack.setdefault("parameters", {}).setdefault(name, {})
            rows = target.setdefault("values", [])
            path: Path = ("parameters", name, "values", len(rows))
            dated: dict[str, Any] = {}
            for key, field in (("from", "from"), ("value", "value"), ("source", "source"), ("value_note", "note")):
                if key in entry.values:
                    dated[field] = entry.values.pop(key)
                    self.origins.add((*path, field), entry.cells[key])
            self.origins.add(path, entry.where)
            rows.append(dated)
            self._merge(target, entry, ("parameters", name))

    def _signals(self) -> None:
        signals = self._content.pack.setdefault("signals", {})
        for name, entry in self._by_id("signals", self._grid("signals")):
            field = entry.values.pop("field", None)
            spec = signals.setdefault(name, {})
            path: Path = ("signals", name)
            if field is not None:
                spec = spec.setdefault("fields", {}).setdefault(str(field), {})
                path = (*path, "fields", str(field))
                self.origins.add(path, entry.where)
            self._merge(spec, entry, path)
        for spec in signals.values():
            if spec.get("type") == "list" and "items" not in spec:
                spec.setdefault("fields", {})

    def _expressions(self) -> None:
        for name, entry in self._by_id("decisions", self._grid("decisions")):
            decision: dict[str, Any] = {}
            self._merge(decision, entry, ("decisions", name))
            self._add_decision(name, decision, entry.cells.get("file", entry.where))

    def _add_decision(self, name: str, decision: dict[str, Any], where: str) -> None:
        decisions = self._content.pack.setdefault("decisions", {})
        home = decision.pop("file", None)
        if name in decisions:
            self._faults.append(Finding(where, 0, f"two decisions are named {name[:60]}", "rename one"))
        if home is not None:
            if not is_pack_file(home) or not home.startswith("tables/"):
                self._faults.append(Finding(where, 0, "no pack has such a file", "write tables/name.yaml, or nothing"))
                return
            self._content.homes[name] = home
        decisions[name] = decision

    def _decision(self, sheet: Sheet) -> None:
        read = {"decision": read_table_sheet, "scorecard": read_scorecard_sheet}.get(sheet.label(1))
        if read is None:
            sheet.fault(1, 1, "the sheet is no part of a pack", "remove it, or write `decision` or `scorecard` into A1")
            return
        name, decision = read(sheet, self.origins)
        if name:
            self._add_decision(name, decision, sheet.where(1, 2))

    def _verdict(self) -> None:
        sheet = self._sheets.get("verdict")
        row = sheet.header_row() if sheet else None
        if sheet is None or row is None:
            self._faults.append(Finding("verdict!A1", 0, "the sheet verdict is missing or has no id row", "add it"))
            return
        values, cells = sheet.head(VERDICT_HEAD, until=row)
        self.origins.add(("verdict",), sheet.where(row))
        self.origins.add_all(("verdict",), cells)
        rules = [self._item(("verdict", "rules", place), entry) for place, entry in enumerate(self._grid("verdict"))]
        self._content.pack["verdict"] = {**values, "rules": rules}

    def _listed(self, section: str) -> None:
        items = [self._item((section, place), entry) for place, entry in enumerate(self._grid(section))]
        if items:
            self._content.pack[section] = items

    def _item(self, path: Path, entry: Entry) -> dict[str, Any]:
        self.origins.add(path, entry.where)
        self.origins.add_all(path, entry.cells)
        return entry.values


def readme_text(sheet: Sheet) -> str:
    """The lines of the README, one a row; blank rows are blank lines."""
    rows = {row: sheet.value(row, 1, Kind.TEXT) for row in sheet.rows()}
    texts: Mapping[int, str] = {row: text for row, text in rows.items() if isinstance(text, str)}
    return "\n".join(texts.get(row, "") for row in range(1, max(texts, default=0) + 1))
