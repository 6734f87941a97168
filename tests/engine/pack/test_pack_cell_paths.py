"""Cells read at a glance are what the parser makes of them, and simple where their ends are constants."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.feel import parse_unary_tests
from engine.feel.parser import PROPERTIES, _Parser, _read
from engine.feel.plain_tests import plain_tests, plain_value
from engine.feel.types import DATE, NUMBER
from engine.pack import emit_tables, parse_pack
from engine.pack.columns import simple_cell

CELL = st.one_of(
    st.from_regex(r"(<=|>=|!=|<|>|=) ?-?[0-9]{1,3}(\.[0-9]{1,2})?", fullmatch=True),
    st.from_regex(r"[\[(\]]-?[0-9]{1,3}\.\.-?[0-9]{1,3}(\.[0-9])?[\])\[]", fullmatch=True),
    st.from_regex(r'"[a-zA-Z ,.()]{0,5}"(, ?"[a-z]{0,3}"){0,3}', fullmatch=True),
    st.from_regex(r"-?[0-9]{1,36}(\.[0-9]{1,36})?", fullmatch=True),
    st.text('0123456789.-<>="[]() ,a', max_size=10),
)


@settings(max_examples=500, deadline=None)
@given(CELL)
def test_cells_read_at_a_glance_have_the_tree_that_the_parser_gives(text: str) -> None:
    glance = plain_tests(text)
    if glance is not None:
        assert glance == _read(text, ((), PROPERTIES, ()), _Parser.unary_tests)
        assert repr(glance) == repr(_read(text, ((), PROPERTIES, ()), _Parser.unary_tests))
    value = plain_value(text)
    if value is not None:
        assert repr(value) == repr(_read(text, ((), PROPERTIES, ()), _Parser.expression))


@pytest.mark.parametrize("text", ['"A"', '"A", "B"', "< 18", ">= -3.5", "[650..750)", "]1..2[", "5", "-5", "0.60"])
def test_the_cells_of_most_tables_are_read_at_a_glance(text: str) -> None:
    assert plain_tests(text) is not None


@pytest.mark.parametrize("text", ["-", "", "x", "< x", '"a\\n"', "not(1)", "1,2", "007", "1e3", "[1..x]", "true"])
def test_whatever_is_not_plain_is_left_to_the_parser(text: str) -> None:
    assert plain_tests(text) is None


@pytest.mark.parametrize(
    ("subject", "cell", "simple"),
    [
        ("x", "< 3", True),
        ("d", '< date("2026-01-31")', True),
        ("d", '[@"2026-01-01"..@"2026-02-01"]', True),
        ("d", "< date(2026, 1, 31)", False),
        ("x", "< abs(3)", False),
        ("x", "-3", True),
        ("l", 'list contains(?, "a")', False),
        ("x", "[y..3]", False),
    ],
)
def test_a_cell_is_simple_where_its_ends_are_constants(subject: str, cell: str, simple: bool) -> None:
    text = f"""pack: p
title: T
version: "1"
on_missing: review
signals: {{x: {{type: number}}, y: {{type: number}}, d: {{type: date}}, l: {{type: list, items: string}}}}
decisions:
  t:
    inputs: {{c: {subject}}}
    outputs: {{o: {{type: number}}}}
    rules: [{{id: R, if: {{c: '{cell}'}}, then: {{o: 1}}}}]
verdict:
  rules: [{{id: OK, if: t = 1, verdict: approve, reason: r}}]
"""
    pack = parse_pack({"pack.yaml": text})
    assert bool(emit_tables.split_cells(pack.typed.decisions[0].columns[0], {})[0]) is simple


@pytest.mark.parametrize("cell", ['< date("2026-02-31")', "(< 5)", "[5..3]", 'date("2026-01-01", 1)', "< null"])
def test_a_cell_that_has_no_sound_ends_is_not_simple(cell: str) -> None:
    kind = DATE if "date" in cell else NUMBER
    assert simple_cell(parse_unary_tests(cell), kind, {}) is None
