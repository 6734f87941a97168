"""Reads the sheet of cases: one row a case, a column for each signal and each thing expected.

The row over the header says of which kind a column is; a signal that could not be had is `#missing` with its reason.
"""

from __future__ import annotations

from typing import Any, Final

from engine.exchange.content import Content, is_pack_file
from engine.exchange.origins import Origins, Path
from engine.exchange.xlsx_cells import Kind, Missing
from engine.exchange.xlsx_layout import CASES, EXPECT, Column
from engine.exchange.xlsx_sheets import Entry, Sheet

_PARTS: Final = ("expect", "signals", "more", "other")
_DEFAULT_FILE: Final = "cases/cases.yaml"


def read_case_sheet(sheet: Sheet, content: Content, origins: Origins) -> None:
    """Add the cases of a sheet to a content; what is wrong is recorded with the sheet."""
    top = sheet.header_row("case")
    if top is None:
        if sheet.cells:
            sheet.fault(1, 1, "no row begins with case", "keep the header row that begins with case")
        return
    header = _header(sheet, top)
    for entry in sheet.entries(header, top):
        file = str(entry.values.pop("file", _DEFAULT_FILE))
        if not is_pack_file(file) or not file.startswith("cases/"):
            sheet.fault(entry.row, 2, "no pack has such a file", "write cases/name.yaml, or nothing")
            continue
        group = content.cases.setdefault(file, [])
        group.append(_case(sheet, entry, ("cases", file, len(group)), origins))


def _header(sheet: Sheet, top: int) -> dict[int, Column]:
    """The columns; those of a part carry its name before theirs."""
    fixed = {column.key: column for column in CASES}
    found: dict[int, Column] = {}
    for number in sheet.columns(top):
        part, key = sheet.label(top - 1, number) if top > 1 else "", sheet.label(top, number)
        if part in _PARTS:
            kind = EXPECT.get(key, Kind.WORDS) if part == "expect" else Kind.CONSTANT
            column = Column(f"{part} {key}", kind)
        elif key in fixed:
            column = fixed[key]
        else:
            sheet.fault(top, number, f"{key[:40]} is no part of a case", "write signals or expect over it")
            continue
        if column.key in {other.key for other in found.values()}:
            sheet.fault(top, number, f"two columns are named {key[:40]}", "rename or remove one")
        found[number] = column
    return found


def _case(sheet: Sheet, entry: Entry, path: Path, origins: Origins) -> dict[str, Any]:
    origins.add(path, entry.where)
    case: dict[str, Any] = {}
    parts: dict[str, dict[str, Any]] = {"signals": {}, "missing": {}, "expect": {}}
    for key, value in entry.values.items():
        part, _, name = key.partition(" ")
        if part not in _PARTS:
            case[key] = value
            origins.add((*path, key), entry.cells[key])
        elif part == "other":
            case[name] = value
            origins.add((*path, name), entry.cells[key])
        elif part == "more":
            group, _, target = name.partition(" ")
            if isinstance(value, dict) and group == "more" and target in parts:
                parts[target] |= value
            else:
                sheet.fault(entry.row, 1, f"{name[:40]} holds no names and values", "write {name: value}")
        else:
            target = "missing" if isinstance(value, Missing) else part
            parts[target][name] = value.reason if isinstance(value, Missing) else value
            origins.add((*path, target, name), entry.cells[key])
    said = {key: found for key, found in parts.items() if found or key == "expect"}
    return {**case, **({} if "base" in case else {"signals": {}}), **said}
