"""Reads the sheets of decision tables and scorecards.

Rows above the header say what the decision and its columns are, rows under it are rules. A cell left blank accepts
everything; a row of cells without an id is a finding.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.exchange.origins import Origins, Path
from engine.exchange.xlsx_cells import Kind
from engine.exchange.xlsx_layout import CARD_HEAD, COLUMN_ROWS, SAYS, SCORECARD, TABLE_HEAD, Column
from engine.exchange.xlsx_sheets import ABSENT, Entry, Sheet

_SAID = {column.key: column for column in SAYS}


def read_table_sheet(sheet: Sheet, origins: Origins) -> tuple[str, dict[str, Any]]:
    """The name of a table's decision, and the decision; an empty name where the sheet has no header."""
    top = sheet.header_row()
    parts = sheet.header_row("part")
    if top is None or parts is None or parts > top:
        sheet.fault(1, 1, "the table has no header", "keep the rows `part` and `id` over its rules")
        return "", {}
    head, cells = sheet.head([Column("decision"), *TABLE_HEAD], until=parts)
    name = str(head.pop("decision", ""))
    if not name:
        sheet.fault(1, 2, "the table has no name", "write the decision's name beside `decision`")
        return "", {}
    path: Path = ("decisions", name)
    origins.add(path, sheet.where(1, 2))
    origins.add_all(path, cells)
    inputs, outputs = _columns(sheet, parts, top, origins, path)
    header = {1: Column("id"), **inputs, **outputs, **_says(sheet, top, {1, *inputs, *outputs})}
    spoken = _keyed(header, inputs, outputs)
    rules = [_rule(entry, (*path, "rules", place), origins) for place, entry in enumerate(sheet.entries(spoken, top))]
    about = _about(sheet, (parts, top), origins, path, (inputs, outputs))
    return name, {**head, **about, "rules": rules}


def _columns(
    sheet: Sheet, parts: int, top: int, origins: Origins, path: Path
) -> tuple[dict[int, Column], dict[int, Column]]:
    found: dict[str, dict[int, Column]] = {"if": {}, "then": {}}
    for number in sheet.columns(parts):
        part = sheet.label(parts, number)
        if number == 1 or not part:
            continue
        key = sheet.label(top, number)
        if part not in found:
            sheet.fault(parts, number, f"{part[:40]!r} is no part of a rule", "write if or then, or nothing")
        elif not key:
            sheet.fault(top, number, "the column has no name", "name it")
        elif key in {column.key for column in found[part].values()}:
            sheet.fault(top, number, f"two columns are named {key[:40]}", "rename or remove one")
        else:
            found[part][number] = Column(key, Kind.FEEL)
            origins.add((*path, "inputs" if part == "if" else "outputs", key), sheet.where(top, number))
    return found["if"], found["then"]


def _says(sheet: Sheet, top: int, taken: set[int]) -> dict[int, Column]:
    found: dict[int, Column] = {}
    for number in sheet.columns(top):
        key = sheet.label(top, number)
        if number in taken:
            continue
        if key in {column.key for column in found.values()}:
            sheet.fault(top, number, f"two columns are named {key[:40]}", "rename or remove one")
        found[number] = _SAID.get(key, Column(key, Kind.CONSTANT))
    return found


def _keyed(
    header: Mapping[int, Column], inputs: Mapping[int, Column], outputs: Mapping[int, Column]
) -> dict[int, Column]:
    """The columns with keys that tell an input, an output and a word of the rule apart."""
    found = {}
    for number, column in header.items():
        part = "if " if number in inputs else "then " if number in outputs else ""
        found[number] = Column(part + column.key, column.kind)
    return found


def _rule(entry: Entry, path: Path, origins: Origins) -> dict[str, Any]:
    origins.add(path, entry.where)
    rule: dict[str, Any] = {}
    cells: dict[str, dict[str, Any]] = {"if": {}, "then": {}}
    for key, value in entry.values.items():
        part, _, column = key.partition(" ")
        if part in cells and column:
            cells[part][column] = value
            origins.add((*path, part, column), entry.cells[key])
        else:
            rule[key] = value
            origins.add((*path, key), entry.cells[key])
    rule |= {part: found for part, found in cells.items() if found}
    return {key: rule[key] for key in sorted(rule, key=lambda key: key != "id")}


def _about(
    sheet: Sheet,
    between: tuple[int, int],
    origins: Origins,
    path: Path,
    columns: tuple[dict[int, Column], dict[int, Column]],
) -> dict[str, Any]:
    """What the rows between `part` and `id` say of the columns."""
    (parts, top), (inputs, outputs) = between, columns
    known = {column.key: column for column in COLUMN_ROWS}
    found: dict[int, dict[str, Any]] = {number: {} for number in (*inputs, *outputs)}
    for row in sheet.rows():
        if not parts < row < top:
            continue
        key = sheet.label(row)
        if key not in known:
            sheet.fault(row, 1, f"{key[:40]!r} is not expected here", f"use: {', '.join(known)}")
            continue
        for number in sheet.columns(row):
            if number == 1:
                continue
            if number not in found or (number in inputs) != (key == "expression"):
                sheet.fault(row, number, f"{key} does not belong to this column", "remove it")
                continue
            value = sheet.value(row, number, known[key].kind)
            if value is not ABSENT:
                part, column = ("inputs", inputs[number]) if number in inputs else ("outputs", outputs[number])
                field = key.removeprefix("column_")
                found[number][field] = value
                origins.add(
                    (*path, part, column.key, *(() if number in inputs else (field,))), sheet.where(row, number)
                )
    for number, column in inputs.items():
        if "expression" not in found[number]:
            sheet.fault(top, number, f"the column {column.key[:40]} has no expression", "say what it tests")
    return {
        "inputs": {column.key: found[number].get("expression", "") for number, column in inputs.items()},
        "outputs": {column.key: found[number] for number, column in outputs.items()},
    }


def read_scorecard_sheet(sheet: Sheet, origins: Origins) -> tuple[str, dict[str, Any]]:
    """The name of a scorecard's decision, and the decision; an empty name where the sheet has no header."""
    top = sheet.header_row()
    if top is None:
        sheet.fault(1, 1, "the scorecard has no header", "keep the row that begins with `id`")
        return "", {}
    head, cells = sheet.head([Column("scorecard"), *CARD_HEAD], until=top)
    name = str(head.pop("scorecard", ""))
    if not name:
        sheet.fault(1, 2, "the scorecard has no name", "write the decision's name beside `scorecard`")
        return "", {}
    path: Path = ("decisions", name)
    origins.add(path, sheet.where(1, 2))
    origins.add_all(path, {key: cells[key] for key in cells if key != "base"})
    card: dict[str, Any] = {"base": head.pop("base")} if "base" in head else {}
    ones: list[dict[str, Any]] = []
    inner: Path = (*path, "scorecard", "characteristics")
    for entry in sheet.grid(SCORECARD):
        _band(sheet, entry, ones, inner, origins)
    return name, {**head, "scorecard": {**card, "characteristics": ones}}


def _band(sheet: Sheet, entry: Entry, ones: list[dict[str, Any]], path: Path, origins: Origins) -> None:
    """One row: a band, of the characteristic named in it or of the one above."""
    if "id" in entry.values:
        ones.append({"bands": []})
        origins.add((*path, len(ones) - 1), entry.where)
    elif not ones:
        sheet.fault(entry.row, 1, "the first band belongs to no characteristic", "give it an id")
        return
    one, at = ones[-1], (*path, len(ones) - 1)
    band: dict[str, Any] = {}
    for key, value in entry.values.items():
        if key in {"if", "points"} or key.startswith("band_"):
            band[key.removeprefix("band_")] = value
            origins.add((*at, "bands", len(one["bands"]), key.removeprefix("band_")), entry.cells[key])
        elif "id" in entry.values:
            one[key] = value
            origins.add((*at, key), entry.cells[key])
        else:
            sheet.fault(
                entry.row, 1, f"{key} stands in a row without id", "keep it in the first row of the characteristic"
            )
    if band:
        origins.add((*at, "bands", len(one["bands"])), entry.where)
        one["bands"].append(band)
