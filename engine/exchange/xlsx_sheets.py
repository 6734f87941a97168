"""The sheets of a workbook as they were found: cells with their places, grids under headers, and every fault in them.

Nothing is guessed: a cell outside of the layout, a formula, an error value, a header that occurs twice is a finding with
its sheet and cell. All findings of a workbook are collected before it is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook

from engine.exchange.failure import Finding
from engine.exchange.xlsx_cells import CellError, Kind, decode
from engine.exchange.xlsx_guard import cells_of, formula
from engine.exchange.xlsx_layout import LONG_TEXTS, Column

ABSENT: Final = object()
_LONG: Final = "#long "


@dataclass(slots=True)
class Entry:
    """A row of a grid: its values by key, and the cell that each came from."""

    row: int
    values: dict[str, Any]
    cells: dict[str, str]
    where: str


@dataclass(slots=True)
class Sheet:
    """One sheet: what its cells hold, by row and column from 1."""

    title: str
    cells: dict[tuple[int, int], object]
    faults: list[Finding]
    long: Mapping[int, str] = field(default_factory=dict)

    def where(self, row: int, column: int = 1) -> str:
        """A cell's name: `risk!B7`."""
        return f"{self.title}!{get_column_letter(column)}{row}"

    def fault(self, row: int, column: int, message: str, remedy: str) -> None:
        """Record what is wrong with a cell."""
        self.faults.append(Finding(self.where(row, column), 0, message, remedy))

    def value(self, row: int, column: int, kind: Kind) -> Any:
        """A cell's value, or ABSENT where it is blank or wrong."""
        held = self.cells.get((row, column))
        if isinstance(held, str) and held.startswith(_LONG):
            number = held.removeprefix(_LONG)
            held = self.long.get(int(number)) if number.isascii() and number.isdigit() and len(number) < 10 else None
            if held is None:
                self.fault(row, column, "the long text is not there", f"write it into the sheet {LONG_TEXTS}")
        if held is None or (isinstance(held, str) and not held.strip()):
            return ABSENT
        try:
            return decode(held, kind)
        except CellError as error:
            self.fault(row, column, error.message, error.remedy)
            return ABSENT

    def label(self, row: int, column: int = 1) -> str:
        """A word of the layout; empty where there is none."""
        found = self.value(row, column, Kind.TEXT) if (row, column) in self.cells else ""
        return found.strip() if isinstance(found, str) else ""

    def rows(self) -> Sequence[int]:
        """The rows that hold anything."""
        return sorted({row for row, _ in self.cells})

    def columns(self, row: int) -> Sequence[int]:
        """The columns of a row that hold anything."""
        return sorted(column for at, column in self.cells if at == row)

    def header_row(self, word: str = "id") -> int | None:
        """The row whose first cell is this word."""
        return next((row for row in self.rows() if self.label(row) == word), None)

    def head(self, columns: Iterable[Column], until: int) -> tuple[dict[str, Any], dict[str, str]]:
        """The labelled values over row `until`, and their cells. A label that is not known is a finding."""
        known = {column.key: column for column in columns}
        values: dict[str, Any] = {}
        cells: dict[str, str] = {}
        for row in self.rows():
            key = self.label(row)
            if row >= until or not key:
                continue
            if key not in known or key in values:
                self.fault(row, 1, f"{key[:40]!r} is not expected here", f"use: {', '.join(known)}, each once")
                continue
            value = self.value(row, 2, known[key].kind)
            if value is not ABSENT:
                values[key], cells[key] = value, self.where(row, 2)
        return values, cells

    def header(self, row: int, columns: Iterable[Column]) -> dict[int, Column]:
        """The columns named in a row, by number; a name twice is a finding, an unknown one is a plain value."""
        known = {column.key: column for column in columns}
        found: dict[int, Column] = {}
        for number in self.columns(row):
            key = self.label(row, number)
            if key in {column.key for column in found.values()}:
                self.fault(row, number, f"two columns are named {key[:40]}", "rename or remove one")
            elif key:
                found[number] = known.get(key, Column(key, Kind.CONSTANT))
        return found

    def entries(self, header: Mapping[int, Column], after: int) -> Iterator[Entry]:
        """The rows under a header. A value under no name is a finding."""
        by_row: dict[int, list[int]] = {}
        for row, number in sorted(self.cells):
            if row > after:
                by_row.setdefault(row, []).append(number)
        for row, columns in by_row.items():
            entry = Entry(row, {}, {}, self.where(row))
            for number in columns:
                if number not in header:
                    self.fault(row, number, "the value stands under no column", "name the column, or remove the value")
                    continue
                column = header[number]
                value = self.value(row, number, column.kind)
                if value is not ABSENT:
                    entry.values[column.key] = value
                    entry.cells[column.key] = self.where(row, number)
            if entry.values:
                yield entry

    def grid(self, columns: Iterable[Column], word: str = "id") -> list[Entry]:
        """The rows under the header that begins with `word`; without one a finding."""
        row = self.header_row(word)
        if row is None:
            if self.cells:
                self.fault(1, 1, f"no row begins with {word}", f"keep the header row that begins with {word}")
            return []
        return list(self.entries(self.header(row, columns), row))


def read_sheets(book: Workbook) -> tuple[dict[str, Sheet], list[Finding]]:
    """The sheets of a workbook by title, and the faults found so far; the sheets add theirs to the same list."""
    faults: list[Finding] = []
    sheets: dict[str, Sheet] = {}
    for page in book.worksheets:
        sheet = Sheet(page.title, {}, faults)
        for row, column, value, kind in cells_of(page):
            if kind == "f":
                faults.append(formula(sheet.where(row, column)))
            elif kind == "e":
                sheet.fault(row, column, "the cell holds an error value", "write the value that is meant")
            else:
                sheet.cells[row, column] = value
        sheets[page.title] = sheet
    long = _long_texts(sheets.pop(LONG_TEXTS, None))
    for sheet in sheets.values():
        sheet.long = long
    return sheets, faults


def _long_texts(sheet: Sheet | None) -> dict[int, str]:
    found: dict[int, str] = {}
    for row, column in sorted(sheet.cells) if sheet else ():
        piece = str(sheet.cells[row, column]) if sheet else ""
        found[row] = found.get(row, "") + piece.removeprefix("'")
    return found
