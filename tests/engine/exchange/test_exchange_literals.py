"""Plain values as FEEL literals, files at their limits, and containers of YAML."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.exchange import ExchangeError, from_dmn, from_xlsx, to_dmn, to_xlsx, to_yaml
from engine.exchange.literals import NotAConstantError, constant, constants, literal, range_of, range_text
from engine.exchange.pack_zip import from_zip, to_zip
from engine.feel import evaluate
from engine.pack import parse_pack

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.decimals(-(10**9), 10**9, places=6)
    | st.dates()
    | texts,
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)


@given(plain)
def test_a_literal_is_read_as_the_value_it_was_written_of_here_and_by_feel(value) -> None:
    assert constant(literal(value)) == value
    assert evaluate(literal(value)) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "1 +",
        "1 2",
        '"a',
        "[1",
        "[1,]",
        "[1 2]",
        "]",
        'date("2026-13-01")',
        '"\\q"',
        '"\\UFFFFFF"',
        "[" * 60,
        "1..2",
        "@x",
    ],
)
def test_what_is_no_plain_value_is_not_taken_for_one(text) -> None:
    with pytest.raises(NotAConstantError):
        constant(text)


def test_ranges_and_lists_of_values_are_told_apart() -> None:
    assert range_of("[0..1.5]") == [0, Decimal("1.5")]
    assert range_of(">= 5") == [5, None]
    assert range_of("<= 5") == [None, 5]
    assert range_of('[date("2026-01-01")..date("2026-02-01")]') == [date(2026, 1, 1), date(2026, 2, 1)]
    assert range_of("[a..b]") is range_of("< 5") is range_of("(0..1)") is None
    assert [range_of(range_text(*ends)) for ends in ((0, 1), (None, 1), (0, None))] == [[0, 1], [None, 1], [0, None]]
    assert constants('"a", 1') == ["a", 1]


def _many_cases(count: int) -> str:
    return "".join(
        f"- {{case: C{n}, as_of: 2026-11-20, signals: {{hit: true}}, expect: {{verdict: reject}}}}\n"
        for n in range(count)
    )


def test_a_file_near_its_limit_is_written_more_tightly(whole, monkeypatch) -> None:
    files = {**whole, "cases/many.yaml": _many_cases(200)}
    roomy = to_yaml(files)
    monkeypatch.setattr("engine.exchange.pack_yaml.MAX_FILE_BYTES", len(roomy["cases/many.yaml"]) - 1)
    tight = to_yaml(files)
    assert len(tight["cases/many.yaml"]) < len(roomy["cases/many.yaml"])
    assert tight["pack.yaml"] == roomy["pack.yaml"]
    assert [case.name for case in parse_pack(tight).source.cases] == [
        case.name for case in parse_pack(roomy).source.cases
    ]


def test_a_pack_that_fills_every_limit_is_refused_rather_than_written_unreadable(whole, monkeypatch) -> None:
    monkeypatch.setattr("engine.exchange.xlsx_page.MAX_CELLS", 100)
    monkeypatch.setattr("engine.exchange.dmn_write.MAX_XML_ELEMENTS", 100)
    monkeypatch.setattr("engine.exchange.pack_yaml.MAX_FILE_BYTES", 100)
    for write in (to_xlsx, to_dmn, to_yaml):
        with pytest.raises(ExchangeError) as failure:
            write(whole)
        assert failure.value.findings[0].remedy


def _zipped(entries: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as container:
        for name, content in entries.items():
            container.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ({"pack.yaml": b"x", "other.txt": b"x"}, "no pack has such a file"),
        ({"tables/a.yaml": b"x" * (1024 * 1024 + 1)}, "larger than"),
        ({f"tables/{n}.yaml": b"x" for n in range(300)}, "too large for a pack"),
        ({"/pack.yaml": b"x"}, "no pack has such a file"),
    ],
)
def test_a_container_of_something_else_is_refused(entries, told) -> None:
    with pytest.raises(ExchangeError, match=told):
        from_zip(_zipped(entries))
    with pytest.raises(ExchangeError, match="damaged"):
        from_zip(b"PK\x03\x04")


def test_a_container_gives_back_what_was_put_in() -> None:
    assert from_zip(to_zip({"pack.yaml": "a", "README.md": "ü"})) == {"pack.yaml": b"a", "README.md": "ü".encode()}


def test_findings_are_data_for_programs() -> None:
    with pytest.raises(ExchangeError) as failure:
        from_xlsx(b"x")
    assert failure.value.findings[0].to_dict() == {
        "where": "the file",
        "line": 0,
        "message": "not a workbook (.xlsx)",
        "remedy": "save it as an Excel workbook",
    }
    with pytest.raises(ExchangeError, match=r"m\.dmn:1"):
        from_dmn(b"<x/>", name="m.dmn")
