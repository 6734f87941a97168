"""A back-test as an Excel workbook: sheets of plain values, with charts; never a formula.

A text that Excel could read as a formula gets an apostrophe in front, and characters that no workbook may hold are left
out, so that a rule's id or a customer's reference is always only a text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any, Final

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.chart import BarChart, Reference
from openpyxl.formatting.rule import ColorScaleRule
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from engine.backtest.result import BacktestResult

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "'")
_BOLD: Final = Font(bold=True)
_HEAD: Final = PatternFill("solid", fgColor="E8EEF4")
_PERCENT: Final = "0.0%"
TOP_RULES: Final = 20
MAX_WIDTH: Final = 60


def write_workbook(result: BacktestResult, target: str | Path | IO[bytes]) -> None:
    """Write the workbook to a path or a stream of bytes. Raises `OSError` where the path cannot be written."""
    found = result.to_dict()
    book = Workbook()
    summary = book.active
    assert isinstance(summary, Worksheet)
    _summary(summary, found)
    if found["migration"] is not None:
        _matrix(book.create_sheet("Verdict migration"), found["migration"]["verdict"])
        _matrix(book.create_sheet("Category migration"), found["migration"]["category"])
    _workload(book.create_sheet("Workload"), found)
    _scores(book.create_sheet("Scores"), found)
    _rules(book.create_sheet("Rules"), found)
    if found["outcome"] is not None:
        _outcomes(book.create_sheet("Outcomes"), found)
    if found["against"] is not None:
        _changed(book.create_sheet("Changed rows"), found)
    for sheet in book.worksheets:
        _fit(sheet)
    book.save(target)


def plain(value: Any) -> Any:
    """A value as a cell may hold it: numbers as they are, texts so that nothing computes them."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, str):
        return value
    text = ILLEGAL_CHARACTERS_RE.sub("", value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _row(sheet: Worksheet, values: Iterable[Any], *, bold: bool = False) -> None:
    sheet.append([plain(value) for value in values])
    for cell in sheet[sheet.max_row]:
        if isinstance(cell.value, str):
            cell.data_type = "s"
        if bold:
            cell.font = _BOLD
            cell.fill = _HEAD


def _summary(sheet: Worksheet, found: dict[str, Any]) -> None:
    sheet.title = "Summary"
    pack, against = found["pack"], found["against"]
    _row(sheet, ["Back-test"], bold=True)
    _row(sheet, ["Pack", pack["id"], pack["version"], pack["digest"]])
    if against is not None:
        _row(sheet, ["Compared with", against["id"], against["version"], against["digest"]])
    _row(sheet, ["As of", found["as_of"]])
    _row(sheet, ["Rows", found["rows"]])
    _row(sheet, ["Rows decided", found["decided"]])
    _row(sheet, ["Rows refused", found["invalid"]["rows"]])
    for one in found["invalid"]["signals"]:
        _row(sheet, ["", one["signal"], f"expected {one['expected']}", one["rows"]])
    if found["ignored"]:
        _row(sheet, ["Columns ignored", ", ".join(found["ignored"])])
    if found["outcome"] is None:
        _row(sheet, ["Outcomes", "none given: rules would fire, and nothing is said of true or false alarms"])
    _row(sheet, [])
    _sides(sheet, "Verdict", found["verdicts"])
    top = sheet.max_row - len(found["verdicts"]["new"])
    _bar(sheet, "Verdicts", (top, sheet.max_row), 3 if found["verdicts"]["old"] else 2, anchor="F2")
    _row(sheet, [])
    _sides(sheet, "Category", found["categories"])


def _sides(sheet: Worksheet, title: str, sides: dict[str, Any]) -> None:
    """A line for each word, with the rows of the new pack and, where there is one, of the old."""
    old = sides["old"]
    _row(sheet, [title, "New", *(["Old", "Change"] if old is not None else [])], bold=True)
    for word, rows in sides["new"].items():
        _row(sheet, [word, rows, *([old[word], rows - old[word]] if old is not None else [])])


def _bar(
    sheet: Worksheet, title: str, lines: tuple[int, int], columns: int, *, anchor: str, flat: bool = False
) -> None:
    """A bar chart of the columns beside the words in the first one; `lines` are those of heads and last values."""
    top, bottom = lines
    chart = BarChart()
    chart.type = "bar" if flat else "col"
    chart.title = title
    chart.add_data(Reference(sheet, min_col=2, max_col=columns, min_row=top, max_row=bottom), titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=1, min_row=top + 1, max_row=bottom))
    chart.height, chart.width = 9 if not flat else max(9, (bottom - top) * 0.6), 18
    # Newer versions of Excel hide axes that do not say otherwise.
    chart.x_axis.delete = chart.y_axis.delete = False
    sheet.add_chart(chart, anchor)


def _matrix(sheet: Worksheet, matrix: dict[str, dict[str, int]]) -> None:
    """Rows: what the old pack said; columns: what the new one says; the darker, the more rows."""
    words = list(matrix)
    _row(sheet, ["Old \\ new", *words, "Total"], bold=True)
    for old in words:
        counts = [matrix[old][new] for new in words]
        _row(sheet, [old, *counts, sum(counts)])
    _row(
        sheet, ["Total", *(sum(matrix[old][new] for old in words) for new in words), sum(map(_total, matrix.values()))]
    )
    if words:
        corner = f"{get_column_letter(len(words) + 1)}{len(words) + 1}"
        scale = ColorScaleRule(  # type: ignore[no-untyped-call]  # openpyxl's
            start_type="min", start_color="FFFFFF", end_type="max", end_color="F4A582"
        )
        sheet.conditional_formatting.add(f"B2:{corner}", scale)


def _total(counts: dict[str, int]) -> int:
    return sum(counts.values())


def _workload(sheet: Worksheet, found: dict[str, Any]) -> None:
    work = found["workload"]
    _row(sheet, ["Minutes for a case", work["minutes_per_case"]])
    for queue, minutes in work["minutes"].items():
        _row(sheet, [f"Minutes for a case of {queue}", minutes])
    _row(sheet, [])
    old = work["old"]
    heads = ["Hours (new)", *(["Hours (old)"] if old else []), "Cases (new)", *(["Cases (old)"] if old else [])]
    _row(sheet, ["Queue", *heads], bold=True)
    top = sheet.max_row
    nothing = {"cases": 0, "hours": 0}
    for queue in sorted({*work["new"]["queues"], *(old["queues"] if old else ())}):
        sides = [side["queues"].get(queue, nothing) for side in (work["new"], old) if side]
        _row(sheet, [queue, *(side["hours"] for side in sides), *(side["cases"] for side in sides)])
    bottom = sheet.max_row
    sides = [side for side in (work["new"], old) if side]
    _row(sheet, ["Total", *(side["hours"] for side in sides), *(side["cases"] for side in sides)], bold=True)
    if bottom > top:
        _bar(sheet, "Hours of review", (top, bottom), 1 + len(sides), anchor="H2")


def _scores(sheet: Worksheet, found: dict[str, Any]) -> None:
    for name, side in (("new", found["scores"]["new"]), ("old", found["scores"]["old"])):
        if side is None:
            continue
        _row(sheet, [f"Score from ({name})", "Rows", "Score to"], bold=True)
        top = sheet.max_row
        for one in side["bins"]:
            _row(sheet, [one["from"], one["rows"], one["to"]])
        if side["bins"]:
            _bar(sheet, f"Scores ({name})", (top, sheet.max_row), 2, anchor=f"F{top}")
        _row(sheet, ["unknown", side["unknown"]])
        for _ in range(sheet.max_row, top + 20):  # room for the chart beside
            _row(sheet, [""])


def _rules(sheet: Worksheet, found: dict[str, Any]) -> None:
    compared = found["against"] is not None
    measured = found["outcome"] is not None
    heads = ["Rule", "Would fire", *(["Would fire (old)", "Change"] if compared else []), "Undecided", "Kind"]
    heads += ["Precision", "Recall", "F1", "Lift"] if measured else []
    _row(sheet, heads, bold=True)
    lines = sorted(found["rules"], key=lambda line: -(line["would_fire"] or 0))
    for line in lines:
        values = [line["rule"], line["would_fire"]]
        values += [line["would_fire_old"], line["delta"]] if compared else []
        values += [line["undecided"], line["kind"]]
        outcome = line.get("outcome")
        values += [outcome[key] for key in ("precision", "recall", "f1", "lift")] if outcome else []
        _row(sheet, values)
        _percent(sheet, len(values) - 3, outcome)
    shown = min(TOP_RULES, len(lines))
    if shown:
        _bar(sheet, "Rules that fire most", (1, 1 + shown), 3 if compared else 2, anchor="L2", flat=True)
    sheet.freeze_panes = "B2"


def _percent(sheet: Worksheet, first: int, outcome: object) -> None:
    if outcome:
        for column in range(first, first + 3):
            sheet.cell(sheet.max_row, column).number_format = _PERCENT


def _outcomes(sheet: Worksheet, found: dict[str, Any]) -> None:
    outcome = found["outcome"]
    _row(sheet, ["Rows with an outcome", outcome["known"]])
    _row(sheet, ["Bad", outcome["bad"]])
    _row(sheet, ["Base rate", outcome["base_rate"]])
    sheet.cell(sheet.max_row, 2).number_format = _PERCENT
    for name in ("new", "old"):
        side = outcome["verdicts"][name]
        if side is None:
            continue
        _row(sheet, [])
        _row(sheet, [f"Verdict ({name})", "Rows", "Bad", "Precision", "Recall", "F1", "Lift"], bold=True)
        for word, one in side.items():
            keys: Sequence[str] = ("rows", "bad", "precision", "recall", "f1", "lift")
            _row(sheet, [word, *(one[key] for key in keys)])
            _percent(sheet, 4, one)


def _changed(sheet: Worksheet, found: dict[str, Any]) -> None:
    changed = found["changed"]
    _row(sheet, ["Row", "Reference", "Old verdict", "New verdict", "Rules responsible"], bold=True)
    for one in changed["shown"]:
        _row(sheet, [one["row"], one["reference"], one["old"], one["new"], ", ".join(one["rules"])])
    if changed["count"] > len(changed["shown"]):
        _row(sheet, [f"{changed['count']} rows change; the first {len(changed['shown'])} are listed"])
    sheet.freeze_panes = "A2"


def _fit(sheet: Worksheet) -> None:
    """Columns as wide as what stands in them, within reason."""
    for cells in sheet.iter_cols():
        longest = max((len(str(cell.value)) for cell in cells if cell.value is not None), default=0)
        sheet.column_dimensions[get_column_letter(cells[0].column or 1)].width = min(MAX_WIDTH, max(10, longest + 2))
        for cell in cells:
            if isinstance(cell.value, str) and len(cell.value) > MAX_WIDTH:
                cell.alignment = Alignment(wrap_text=True, vertical="top")
