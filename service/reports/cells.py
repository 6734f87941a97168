"""Rows as CSV or XLSX that a spreadsheet opens safely.

A text that begins with `=`, `+`, `-` or `@` would run as a formula where it is opened, so it gets an apostrophe in front
(also after a tab or line break); control characters that XLSX forbids are left out. Numbers stay numbers.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from service.errors import Invalid

MEDIA_TYPES: Final[Mapping[str, str]] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# Excel's own limit is 1,048,576 rows with the heading.
MAX_XLSX_ROWS: Final = 1_000_000
_RISKY: Final = re.compile(r"\s*[=+\-@]")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def safe(value: Any) -> Any:
    """The value as a cell: a text that would be a formula is escaped, everything else is as it was."""
    if not isinstance(value, str):
        return value
    text = _CONTROL.sub("", value)
    return f"'{text}" if _RISKY.match(text) else text


def as_file(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], about: Mapping[str, str], file_format: str
) -> bytes:
    """The rows under their headings; XLSX has a second sheet that says what the file is."""
    frame = pd.DataFrame([[safe(row[name]) for name in columns] for row in rows], columns=list(columns))
    if file_format == "csv":
        return frame.to_csv(index=False, lineterminator="\r\n").encode()
    if len(rows) > MAX_XLSX_ROWS:
        raise Invalid(f"an XLSX file holds at most {MAX_XLSX_ROWS} rows; ask for CSV or a shorter period")
    content = io.BytesIO()
    with pd.ExcelWriter(content, engine="openpyxl") as book:
        frame.to_excel(book, sheet_name="Report", index=False)
        pd.DataFrame([(key, safe(text)) for key, text in about.items()]).to_excel(
            book, sheet_name="About", index=False, header=False
        )
        sheet = book.sheets["Report"]
        sheet.freeze_panes = "A2"
        for number, name in enumerate(columns, start=1):
            longest = max((len(str(row[name])) for row in rows[:200]), default=0)
            sheet.column_dimensions[sheet.cell(1, number).column_letter].width = min(60, max(len(name), longest) + 2)
    return content.getvalue()
