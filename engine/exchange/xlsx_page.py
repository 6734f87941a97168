"""A workbook being written: sheets with bold frozen headers, lists to pick from, and cells that are never formulas.

The bytes depend on the content alone: the container's times are fixed, so the same pack is the same file.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation

from engine.exchange.failure import refused
from engine.exchange.xlsx_cells import Kind, encode
from engine.exchange.xlsx_guard import MAX_CELLS
from engine.exchange.xlsx_layout import FIXED_SHEETS, LONG_PIECE, LONG_TEXTS, MAX_CELL_UNITS, Column

_BOLD: Final = Font(bold=True)
_GREY: Final = Font(italic=True, color="FF666666")
_FILL: Final = PatternFill("solid", fgColor="FFE8EDF3")
_WRAPPED: Final = Alignment(wrap_text=True, vertical="top")
_TOP: Final = Alignment(vertical="top")
_TIME: Final = (1980, 1, 1, 0, 0, 0)  # the first that a container knows
_STAMP: Final = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(<)")
_MAX_CHOICES: Final = 250  # characters that a list to pick from may have
_SPARE_ROWS: Final = 200  # under the last row, where the lists to pick from hold as well


class Book:
    """The workbook as a whole."""

    def __init__(self) -> None:
        self._book = Workbook()
        self._book.remove(self._book.worksheets[0])
        self._long: list[str] = []
        self._names: set[str] = {name.lower() for name in FIXED_SHEETS}
        self.cells = 0

    def page(self, name: str, *, fixed: bool = True) -> Page:
        """A new sheet. One of a table is named by its decision, shortened and numbered where it must be."""
        title, number = name[:31], 1
        while not fixed and title.lower() in self._names:
            number += 1
            title = f"{name[:25]}~{number}"
        self._names.add(title.lower())
        return Page(self, self._book.create_sheet(title))

    def long(self, text: str) -> str:
        """Keep a text that is too long for a cell aside; what stands in the cell instead."""
        self._long.append(text)
        return f"#long {len(self._long)}"

    def to_bytes(self) -> bytes:
        """The file.

        Raises:
            ExchangeError: where it would have more cells than are read back.
        """
        if self._long:
            page = self.page(LONG_TEXTS)
            for row, text in enumerate(self._long, 1):
                for column, start in enumerate(range(0, len(text), LONG_PIECE), 1):
                    page.raw(row, column, "'" + text[start : start + LONG_PIECE])
        if self.cells > MAX_CELLS:
            raise refused("the pack", f"needs more than {MAX_CELLS} cells", "split the pack, or its cases")
        buffer = io.BytesIO()
        self._book.save(buffer)
        return _timeless(buffer)


class Page:
    """One sheet of the workbook."""

    def __init__(self, book: Book, sheet: Any) -> None:
        self._book = book
        self._sheet = sheet
        self._choices: dict[tuple[str, ...], list[tuple[int, int, int]]] = defaultdict(list)

    def raw(self, row: int, column: int, value: Any) -> Cell:
        """Put something into a cell as it stands."""
        self._book.cells += 1
        cell: Cell = self._sheet.cell(row, column, value)
        return cell

    def put(self, row: int, column: int, value: Any, what: Column) -> None:
        """Put a value of a pack into a cell."""
        written = encode(value, what.kind)
        if isinstance(written, str) and len(written.encode("utf-16-le")) > 2 * MAX_CELL_UNITS:
            written = self._book.long(written)
        cell = self.raw(row, column, written)
        cell.alignment = _WRAPPED if what.width >= 30 else _TOP
        if isinstance(written, str):
            cell.number_format = "@"
            cell.quotePrefix = written.startswith("'")
        elif isinstance(written, date):
            cell.number_format = "yyyy-mm-dd"

    def head(self, columns: Iterable[Column], values: Mapping[str, Any]) -> int:
        """Labels with a value beside each; the row after them."""
        row = 1
        for column in columns:
            self.label(row, 1, column.key)
            if column.key in values:
                self.put(row, 2, values[column.key], column)
            self.choose(column, row, row, 2)
            row += 1
        return row

    def label(self, row: int, column: int, text: str) -> None:
        """A word of the layout, bold."""
        cell = self.raw(row, column, text)
        cell.font, cell.fill, cell.alignment = _BOLD, _FILL, _TOP

    def remark(self, row: int, column: int, text: str) -> None:
        """A word to the reader that nothing reads back."""
        cell = self.raw(row, column, text)
        cell.font = _GREY

    def grid(self, columns: Sequence[Column], rows: Sequence[Mapping[str, Any]], top: int = 1) -> None:
        """A header in row `top` and a row for each entry; keys without a column get one. The header is frozen."""
        known = {column.key for column in columns}
        extra = dict.fromkeys(key for row in rows for key in row if key not in known)
        columns = [*columns, *(Column(key, Kind.CONSTANT, 18) for key in extra)]
        for number, column in enumerate(columns, 1):
            self.label(top, number, column.key)
            self.width(number, column.width)
            self.choose(column, top + 1, top + len(rows) + _SPARE_ROWS, number)
        for place, row in enumerate(rows, top + 1):
            for number, column in enumerate(columns, 1):
                if column.key in row:
                    self.put(place, number, row[column.key], column)
        self.freeze(top)

    def freeze(self, top: int) -> None:
        """Keep the rows down to `top` and the first column in sight."""
        self._sheet.freeze_panes = self._sheet.cell(top + 1, 2).coordinate

    def width(self, column: int, characters: int) -> None:
        """Set a column's width."""
        self._sheet.column_dimensions[get_column_letter(column)].width = characters

    def choose(self, what: Column, first: int, last: int, column: int) -> None:
        """Offer a list to pick from, where there is one and it can be offered."""
        words = what.choices
        if not words or any("," in word or '"' in word or word.strip() != word for word in words):
            return
        if len(",".join(words)) > _MAX_CHOICES or words[0].startswith("="):
            return
        offered = DataValidation("list", formula1='"' + ",".join(words) + '"', allow_blank=True, showErrorMessage=False)
        letter = get_column_letter(column)
        offered.add(f"{letter}{first}:{letter}{last}")
        self._sheet.add_data_validation(offered)


def _timeless(buffer: io.BytesIO) -> bytes:
    """The container with fixed times."""
    result = io.BytesIO()
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(source.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            content = source.read(name)
            if name == "docProps/core.xml":
                content = _STAMP.sub(rb"\g<1>1980-01-01T00:00:00Z\2", content)
            entry = zipfile.ZipInfo(name, _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, content)
    return result.getvalue()
