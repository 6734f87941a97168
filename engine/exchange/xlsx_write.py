"""A pack as an Excel workbook: a sheet for every part, one for every table and scorecard, one for the cases.

`from_xlsx` reads it back to the same digest, cases, notes and file layout included. No cell is ever a formula.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from engine.exchange.content import Content, Files, read_content
from engine.exchange.xlsx_cells import Kind, Missing
from engine.exchange.xlsx_layout import (
    CARD_HEAD,
    CASES,
    CITE,
    COLUMN_ROWS,
    EXPECT,
    FORMAT,
    GRIDS,
    META,
    SAYS,
    SCORECARD,
    TABLE_HEAD,
    VERDICT_HEAD,
    YES_NO,
    Column,
)
from engine.exchange.xlsx_page import Book, Page

_GUIDE: Final = (
    "One sheet for each part of the pack and for each table. A blank cell says nothing; a blank id continues the entry above.",
    "Cells are FEEL where the pack format has FEEL. Numbers, texts, dates and TRUE/FALSE keep their kind.",
    "A text that begins with = + - @ # or an apostrophe stands behind an apostrophe. Formulas are refused.",
    "Lists are written a, b or [a, b]; #null is an explicit nothing; #missing reason says that a signal could not be had.",
)


def to_xlsx(files: Files) -> bytes:
    """A pack as a workbook; the same pack gives the same bytes.

    Raises:
        PackError: where the files do not load.
        ExchangeError: where the pack is too large for a workbook that is read back.
    """
    content, _ = read_content(files)
    book = Book()
    _pack(book, content)
    _vocabulary(book, content)
    _decisions(book, content)
    verdict = content.section("verdict")
    page = book.page("verdict")
    page.grid(GRIDS["verdict"], verdict["rules"], page.head(VERDICT_HEAD, verdict) + 1)
    for section in ("routes", "patterns", "invariants"):
        if content.section(section):
            book.page(section).grid(GRIDS[section], content.section(section))
    if content.cases:
        _cases(book.page("cases"), content)
    if content.readme:
        page = book.page("readme")
        for row, line in enumerate(content.readme.split("\n"), 1):
            page.put(row, 1, line, Column("readme"))
        page.width(1, 120)
    return book.to_bytes()


def _vocabulary(book: Book, content: Content) -> None:
    for section, flatten in _FLATTENED.items():
        rows = flatten(content)
        if rows or section in {"sources", "parameters", "signals"}:
            book.page(section).grid(GRIDS[section], rows)


def _decisions(book: Book, content: Content) -> None:
    expressions = [
        {"id": name, **decision, **_home(content, name)}
        for name, decision in content.decisions.items()
        if not decision.keys() & {"rules", "scorecard"}
    ]
    if expressions:
        book.page("decisions").grid(GRIDS["decisions"], expressions)
    for name, decision in content.decisions.items():
        if "rules" in decision:
            _table(
                book.page(name, fixed=False), name, decision, _home(content, name), tuple(content.section("sources"))
            )
        elif "scorecard" in decision:
            _scorecard(book.page(name, fixed=False), name, decision, _home(content, name))


def _home(content: Content, name: str) -> dict[str, str]:
    return {"file": content.homes[name]} if name in content.homes else {}


def _pack(book: Book, content: Content) -> None:
    page = book.page("pack")
    row = page.head([Column("format"), *META], {"format": FORMAT, **content.pack})
    page.width(1, 16)
    page.width(2, 60)
    for place, line in enumerate(_GUIDE, row + 1):
        page.remark(place, 3, line)


def _named(section: str) -> Any:
    return lambda content: [{"id": name, **entry} for name, entry in content.section(section).items()]


def _parameters(content: Content) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for name, parameter in content.section("parameters").items():
        head = {"id": name} | {key: value for key, value in parameter.items() if key != "values"}
        for dated in parameter["values"]:
            rows.append(head | {"value_note" if key == "note" else key: value for key, value in dated.items()})
            head = {}
    return rows


def _signals(content: Content) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for name, spec in content.section("signals").items():
        rows.append({"id": name} | {key: value for key, value in spec.items() if key != "fields"})
        rows += ({"field": field, **inner} for field, inner in spec.get("fields", {}).items())
    return rows


_FLATTENED: Final = {
    "sources": _named("sources"),
    "parameters": _parameters,
    "signals": _signals,
    "checks": _named("checks"),
}


# -- decisions


def _table(page: Page, name: str, table: Mapping[str, Any], home: Mapping[str, str], sources: tuple[str, ...]) -> None:
    inputs, outputs, rows = table["inputs"], table["outputs"], table["rules"]
    head = page.head([Column("decision"), *TABLE_HEAD], {"decision": name, **table, **home})
    says = list(SAYS)
    if len(sources) == 1:
        says[says.index(CITE)] = Column(CITE.key, CITE.kind, CITE.width, sources)
    about = {key: {"expression": text} for key, text in inputs.items()}
    top = _column_rows(page, head + 1, [*about.values(), *map(_about, outputs.values())], len(inputs))
    columns = [Column(key, Kind.FEEL, 24) for key in inputs]
    columns += [Column(key, Kind.FEEL, 18, tuple(map(str, spec.get("values", ())))) for key, spec in outputs.items()]
    for number, column in enumerate((Column("id", width=30), *columns, *says), 1):
        page.label(top, number, column.key)
        page.width(number, column.width)
        page.choose(column, top + 1, top + len(rows) + 200, number)
    for place, row in enumerate(rows, top + 1):
        values = [
            row["id"],
            *(row.get("if", {}).get(key) for key in inputs),
            *(row["then"].get(key) for key in outputs),
        ]
        values += [row.get(column.key) for column in says]
        for number, (column, value) in enumerate(zip((Column("id"), *columns, *says), values, strict=True), 1):
            if value is not None:
                page.put(place, number, value, column)
    page.freeze(top)


def _about(output: Mapping[str, Any]) -> dict[str, Any]:
    return {f"column_{key}" if key in {"unit", "title", "note"} else key: value for key, value in output.items()}


def _column_rows(page: Page, top: int, about: Sequence[Mapping[str, Any]], inputs: int) -> int:
    """The rows that say what each column is; only those that say something. The row after them."""
    page.label(top, 1, "part")
    for number in range(len(about)):
        page.label(top, number + 2, "if" if number < inputs else "then")
    row = top + 1
    for what in COLUMN_ROWS:
        if what.key in {"expression", "type"} or any(what.key in one for one in about):
            page.label(row, 1, what.key)
            for number, one in enumerate(about, 2):
                if what.key in one:
                    page.put(row, number, one[what.key], what)
                if what.key == "type" and number > inputs + 1:
                    page.choose(what, row, row, number)
            row += 1
    return row


def _scorecard(page: Page, name: str, decision: Mapping[str, Any], home: Mapping[str, str]) -> None:
    card = decision["scorecard"]
    values = {"scorecard": name, **decision, **home, **({"base": card["base"]} if "base" in card else {})}
    values["scorecard"] = name
    top = page.head([Column("scorecard"), *CARD_HEAD], values) + 1
    rows: list[dict[str, Any]] = []
    for one in card["characteristics"]:
        head = {key: value for key, value in one.items() if key != "bands"}
        for band in one["bands"]:
            rows.append(
                head | {key if key in {"if", "points"} else f"band_{key}": value for key, value in band.items()}
            )
            head = {}
    page.grid(SCORECARD, rows, top)


# -- cases


def _cases(page: Page, content: Content) -> None:
    cases = [{"file": file, **case} for file, group in content.cases.items() for case in group]
    fixed = [column.key for column in CASES]
    declared = content.section("signals")
    set_by_patterns: dict[str, dict[str, Any]] = {
        name: {} for pattern in content.section("patterns") for name in pattern["sets"]
    }
    used = {name for case in cases for name in (*case.get("signals", {}), *case.get("missing", {}))}
    signals = {name: spec for name, spec in {**declared, **set_by_patterns}.items() if name in used}
    expected = dict.fromkeys(key for case in cases for key in case["expect"])
    columns = [*CASES, *(Column(key, EXPECT.get(key, Kind.WORDS), 18) for key in expected)]
    columns += [_signal_column(name, spec) for name, spec in signals.items()]
    others = [key for key in ("signals", "missing") if any(set(case.get(key, ())) - set(signals) for case in cases)]
    further = dict.fromkeys(
        key for case in cases for key in case if key not in {*fixed, "signals", "missing", "expect"}
    )
    columns += [Column(f"more {key}", Kind.CONSTANT, 30) for key in others]
    columns += [Column(key, Kind.CONSTANT, 18) for key in further]
    page.label(1, 1, "part")
    parts = [""] * len(CASES) + ["expect"] * len(expected) + ["signals"] * len(signals) + ["more"] * len(others)
    parts += ["other"] * len(further)
    for number, (part, column) in enumerate(zip(parts, columns, strict=True), 1):
        if part:
            page.label(1, number, part)
        page.label(2, number, column.key)
        page.width(number, column.width)
        page.choose(column, 3, len(cases) + 200, number)
    for place, case in enumerate(cases, 3):
        missing = {name: Missing(reason) for name, reason in case.get("missing", {}).items()}
        row = {(part, key): value for part in ("expect", "signals") for key, value in case.get(part, {}).items()}
        row |= {("signals", name): reason for name, reason in missing.items()}
        row |= {("", key): case[key] for key in fixed if key in case}
        row |= {("other", key): case[key] for key in further if key in case}
        for key in others:
            rest = {name: value for name, value in case.get(key, {}).items() if name not in signals}
            row |= {("more", f"more {key}"): rest} if rest else {}
        for number, (part, column) in enumerate(zip(parts, columns, strict=True), 1):
            if (part, column.key) in row:
                page.put(place, number, row[part, column.key], column)
    page.freeze(2)


def _signal_column(name: str, spec: Mapping[str, Any]) -> Column:
    values = spec.get("values", ())
    choices = tuple(values) if all(isinstance(value, str) for value in values) else ()
    return Column(name, Kind.CONSTANT, 18, YES_NO if spec.get("type") == "boolean" else choices)
