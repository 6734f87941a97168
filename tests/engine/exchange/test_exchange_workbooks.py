"""Workbooks that people edit: what they change is what comes back, what they break is told by sheet and cell."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest

from engine.exchange import ExchangeError, from_xlsx, to_xlsx
from engine.exchange import xlsx_guard as guard
from engine.pack import diff_packs, parse_pack


@pytest.fixture(scope="module")
def workbook(whole) -> bytes:
    return to_xlsx(whole)


def edited(workbook: bytes, edit: Callable[[Any], None]) -> bytes:
    """The workbook after a person has been at it."""
    book = openpyxl.load_workbook(io.BytesIO(workbook))
    edit(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def cell(book: Any, sheet: str, row: str, column: str) -> Any:
    """The cell of a row (by its first cell) under a column (by its header)."""
    page = book[sheet]
    top = next(line for line in page.iter_rows() if line[0].value in {"id", "case"})
    number = next(one.column for one in top if one.value == column)
    line = next(one for one in page.iter_rows() if one[0].value == row)
    return page.cell(line[0].row, number)


def findings(content: bytes) -> list[str]:
    with pytest.raises(ExchangeError) as failure:
        from_xlsx(content)
    assert all(one.remedy and one.message for one in failure.value.findings)
    return [str(one) for one in failure.value.findings]


def test_a_workbook_that_was_only_saved_again_is_the_same_pack(whole, workbook) -> None:
    assert from_xlsx(edited(workbook, lambda _: None)) == from_xlsx(workbook)


def test_the_sheets_are_laid_out_for_people(workbook) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook))
    assert book.sheetnames == [
        "pack", "sources", "parameters", "signals", "checks", "decisions", "points", "card", "level", "verdict",
        "routes", "patterns", "invariants", "cases", "readme",
    ]  # fmt: skip
    for sheet in ("parameters", "points", "verdict", "cases"):
        page = book[sheet]
        top = next(line for line in page.iter_rows() if line[0].value in {"id", "case"})
        assert page.freeze_panes == f"B{top[0].row + 1}"
        assert all(one.font.bold for one in top if one.value)
    assert isinstance(cell(book, "parameters", "limit", "value").value, float)
    assert cell(book, "parameters", "limit", "from").value == datetime(2025, 1, 1)  # noqa: DTZ001 - a cell has no zone
    assert cell(book, "signals", "hit", "type").number_format == "@"
    assert {one.formula1 for one in book["points"].data_validations.dataValidation} >= {
        '"UNIQUE,ANY,PRIORITY,FIRST,RULE ORDER,OUTPUT ORDER,COLLECT,COLLECT SUM,COLLECT MIN,COLLECT MAX,COLLECT COUNT"'
    }


def test_no_cell_of_any_sheet_is_a_formula(workbook) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook))
    for page in book:
        for line in page.iter_rows():
            for one in line:
                assert one.data_type != "f"
                assert not isinstance(one.value, str) or not one.value.startswith(("=", "+", "-", "@"))


def test_a_changed_threshold_is_the_one_change_of_the_pack(whole, workbook) -> None:
    def edit(book: Any) -> None:
        cell(book, "card", "BUREAU", "if").value = ">= 700"
        cell(book, "parameters", "limit", "value").value = 0.61

    changes = diff_packs(parse_pack(whole), parse_pack(from_xlsx(edited(workbook, edit))))
    assert [str(change) for change in changes] != []
    assert {change.id for change in changes} == {"BUREAU", "limit"}


def test_a_row_that_is_added_is_a_rule_that_is_added(whole, workbook) -> None:
    def edit(book: Any) -> None:
        page = book["points"]
        page.append(["EXTRA", '"N"', 0.5, 7, "Typed by hand", None, "law, policy"])

    changes = diff_packs(parse_pack(whole), parse_pack(from_xlsx(edited(workbook, edit))))
    assert [(change.id, change.change) for change in changes] == [("EXTRA", "added")]
    row = parse_pack(from_xlsx(edited(workbook, edit))).source.decisions["points"].logic.rows[-1]
    assert ({name: text.text for name, text in row.cells.items()}, row.outputs["points"].text) == (
        {"status": '"N"', "match": "0.5"},
        "7",
    )
    assert row.words.cite == ("law", "policy")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (5, "5"),
        (0.6, "0.6"),
        (True, "true"),
        (date(2026, 1, 1), 'date("2026-01-01")'),
        ('"yes"', '"yes"'),
        ("1 + 1", "1 + 1"),
    ],
)
def test_what_is_typed_into_an_output_is_taken_for_what_it_is(workbook, typed, meant) -> None:
    def edit(book: Any) -> None:
        cell(book, "level", "REST", "extra").value = typed

    rows = parse_pack(from_xlsx(edited(workbook, edit))).source.decisions["level"].logic.rows
    assert rows[1].outputs["extra"].text == meant


def test_a_formula_is_refused_by_its_cell_and_so_is_every_other_one(workbook) -> None:
    def edit(book: Any) -> None:
        cell(book, "points", "LOW", "points").value = "=20*2"
        book["pack"]["B3"].value = '=HYPERLINK("http://example.org")'

    assert [one.partition(" ")[0] for one in findings(edited(workbook, edit))] == ["pack!B3:", "points!D14:"]


def test_what_the_loader_refuses_is_told_by_cell_all_at_once(workbook) -> None:
    def edit(book: Any) -> None:
        cell(book, "points", "LOW", "match").value = "< limt"
        cell(book, "verdict", "HIT", "verdict").value = "aprove"
        cell(book, "parameters", "states", "source").value = "lore"
        cell(book, "signals", "hit", "type").value = "bool"
        cell(book, "routes", "FAST", "due").value = "soon"
        cell(book, "cases", "'=A clean applicant", "verdict").value = None
        cell(book, "level", "HIGH", "score").value = ">= "

    found = findings(edited(workbook, edit))
    places = {one.partition(":")[0] for one in found}
    assert places >= {"points!C14", "verdict!C6", "parameters!G4", "signals!C8", "routes!E2", "level!B14"}
    assert any(one.startswith("points!C14") and "limt" in one for one in found), found


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda book: book["points"].__setitem__("Z14", "stray"), "points!Z14: the value stands under no column"),
        (lambda book: book.create_sheet("notes").__setitem__("A1", "mine"), "notes!A1: the sheet is no part of a pack"),
        (lambda book: book["checks"].__setitem__("A1", "name"), "checks!A1: no row begins with id"),
        (lambda book: book["signals"].__setitem__("A2", None), "signals!A2: the first entry has no id"),
        (lambda book: book["sources"].__setitem__("A3", "law"), "sources!A3: law stands here twice"),
        (lambda book: book["points"].__setitem__("B1", None), "points!B1: the table has no name"),
        (lambda book: book["points"].__setitem__("B5", "../../etc/x.yaml"), "points!B1: no pack has such a file"),
        (lambda book: book["points"].__setitem__("B12", "match"), "points!C12: two columns are named match"),
        (lambda book: book["card"].__setitem__("A8", None), "card!A8: the first band belongs to no characteristic"),
        (lambda book: book["parameters"].__setitem__("F2", 1e300), "parameters!F2: the number has more than 34 digits"),
        (lambda book: book["parameters"].__setitem__("F2", "#DIV/0!"), "parameters!F2: the cell holds an error value"),
        (lambda book: book["cases"].__setitem__("B3", "/tmp/x.yaml"), "cases!B3: no pack has such a file"),
        (lambda book: book["pack"].__setitem__("A4", "verson"), "pack!A4: 'verson' is not expected here"),
        (
            lambda book: book["pack"].__setitem__("B1", "verdict pack workbook 9"),
            "pack!B1: a workbook of another format",
        ),
        (lambda book: book.remove(book["verdict"]), "verdict!A1: the sheet verdict is missing"),
        (lambda book: book["points"].__setitem__("A7", "gone"), "points!A1: the table has no header"),
        (lambda book: book["points"].__setitem__("B7", "when"), "points!B7: 'when' is no part of a rule"),
        (lambda book: book["points"].__setitem__("B12", None), "points!B12: the column has no name"),
        (lambda book: book["points"].__setitem__("A9", "kind"), "points!A9: 'kind' is not expected here"),
        (lambda book: book["points"].__setitem__("B9", "number"), "points!B9: type does not belong to this column"),
        (lambda book: book["points"].__setitem__("B8", None), "points!B12: the column status has no expression"),
        (lambda book: book["points"].__setitem__("F12", "reason"), "points!F12: two columns are named reason"),
        (lambda book: book["card"].__setitem__("A7", "name"), "card!A1: the scorecard has no header"),
        (lambda book: book["card"].__setitem__("B1", None), "card!B1: the scorecard has no name"),
        (lambda book: book["card"].__setitem__("B9", "hit"), "card!A9: input stands in a row without id"),
        (lambda book: book["card"].__setitem__("B1", "points"), "card!B1: two decisions are named points"),
        (lambda book: book["cases"].__setitem__("A2", "name"), "cases!A1: no row begins with case"),
        (lambda book: book["cases"].__setitem__("G1", "wish"), "cases!G2: fired is no part of a case"),
        (lambda book: book["parameters"].__setitem__("B3", "ratio"), "parameters!B3: unit is given twice"),
        (lambda book: book["parameters"].__setitem__("F2", "#long 7"), "parameters!F2: the long text is not there"),
        (lambda book: book["parameters"].__setitem__("H1", "value"), "parameters!H1: two columns are named value"),
    ],
)
def test_a_broken_layout_is_told_by_cell(workbook, edit, told) -> None:
    assert any(one.startswith(told) for one in findings(edited(workbook, edit))), findings(edited(workbook, edit))


def test_a_text_longer_than_a_cell_comes_back(whole) -> None:
    long = "ünïcode " * 9000
    files = {
        **whole,
        "cases/long.yaml": f'- {{case: Long, as_of: 2026-11-20, signals: {{tags: ["{long}", b]}}, expect: {{verdict: review}}}}',
    }
    back = parse_pack(from_xlsx(to_xlsx(files)))
    assert next(case for case in back.source.cases if case.name == "Long").signals["tags"][0] == long


def test_tables_with_the_same_beginning_or_a_fixed_name_have_sheets_of_their_own(whole) -> None:
    names = ["a" * 31 + "x", "a" * 31 + "y", "cases"]
    more = "".join(
        f"{name}: {{inputs: {{s: hit}}, outputs: {{o: number}}, rules: [{{id: R{place}, then: {{o: 1}}}}]}}\n"
        for place, name in enumerate(names)
    )
    files = {**whole, "tables/more.yaml": more}
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx(files)))
    assert len({name.lower() for name in book.sheetnames}) == len(book.sheetnames) == 18
    assert parse_pack(from_xlsx(to_xlsx(files))).digest == parse_pack(files).digest


# -- files that mean harm


def rezipped(
    workbook: bytes, change: Callable[[str, bytes], bytes | None], more: dict[str, bytes] | None = None
) -> bytes:
    """The workbook with other parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = change(name, source.read(name))
            if content is not None:
                target.writestr(name, content)
        for name, content in (more or {}).items():
            target.writestr(name, content)
    return buffer.getvalue()


def kept(name: str, content: bytes) -> bytes:
    del name
    return content


def in_sheet(text: bytes) -> Callable[[str, bytes], bytes]:
    """A change of the first sheet's XML."""
    return lambda name, content: content.replace(b"<sheetData>", text) if name.endswith("sheet1.xml") else content


ENTITY = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("change", "more", "told"),
    [
        (kept, {"xl/vbaProject.bin": b"x"}, "macros"),
        (kept, {"xl/externalLinks/externalLink1.xml": b"<x/>"}, "links to other workbooks"),
        (kept, {"xl/embeddings/oleObject1.xml": b"<x/>"}, "embedded objects"),
        (kept, {"../../etc/passwd": b"x"}, "doubtful names"),
        (kept, {"xl/big.xml": b"<a>" + b"0" * 3_000_000 + b"</a>"}, "unpacks to far more"),
        (kept, {f"xl/{number}.xml": b"<a/>" for number in range(guard.MAX_ENTRIES)}, "parts"),
        (kept, {"xl/deep.xml": b"<a>" * 100 + b"</a>" * 100}, "cells"),
        (lambda name, content: ENTITY + b"<a>&b;</a>" if name == "xl/styles.xml" else content, None, "document type"),
        (in_sheet(b"<sheetData>" + b'<row><c r="A1"/></row>' * (guard.MAX_CELLS + 1)), None, "cells|unpacks"),
        (
            lambda name, content: content.replace(
                b"spreadsheetml.sheet.main", b"spreadsheetml.sheet.macroEnabled.main"
            ),
            None,
            "macros|damaged",
        ),
        (lambda name, content: None if name == "xl/workbook.xml" else content, None, "damaged"),
        (in_sheet(b'<sheetData><row r="x"><c r="1A" t="n"><v>zz</v></c></row>'), None, "damaged"),
        (in_sheet(b'<sheetData><row r="9"><c r="A9" t="s"><v>99999</v></c></row>'), None, "damaged"),
    ],
)
def test_a_workbook_that_means_harm_is_refused_in_one_sentence(workbook, change, more, told) -> None:
    found = findings(rezipped(workbook, change, more))
    assert len(found) == 1
    assert any(word in found[0] for word in told.split("|")), found


def test_a_cell_in_the_last_corner_costs_nothing(workbook) -> None:
    far = in_sheet(b'<sheetData><row r="1048576"><c r="XFD1048576" t="n"><v>1</v></c></row>')
    assert isinstance(from_xlsx(rezipped(workbook, far)), dict)


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x03\x04garbage", b"\xd0\xcf\x11\xe0" * 100, b"id,if\n1,2\n"])
def test_what_is_no_workbook_is_refused(content) -> None:
    assert findings(content) == ["the file: not a workbook (.xlsx) — save it as an Excel workbook"]


def test_a_workbook_of_something_else_is_refused(workbook) -> None:
    book = openpyxl.Workbook()
    buffer = io.BytesIO()
    book.save(buffer)
    assert "not a workbook of a pack" in findings(buffer.getvalue())[0]
    assert "larger than" in findings(b"P" * (guard.MAX_FILE_BYTES + 1))[0]
