"""The five faces of a pack are one: nothing is lost on the way through canonical YAML, a workbook or a DMN model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from engine.exchange import from_dmn, from_xlsx, to_dmn, to_xlsx, to_yaml
from engine.exchange.content import Content, read_content
from engine.exchange.pack_zip import from_zip, to_zip
from engine.exchange.xlsx_cells import CellError, Kind, decode, encode
from engine.exchange.yaml_writer import yaml_text
from engine.pack import PackError, parse_pack
from engine.pack.cases import run_cases
from engine.pack.problems import Problems
from engine.pack.yaml_tree import parse_yaml
from tests.engine.exchange.conftest import files_of, packs_of_the_repository
from tests.generators.packs import pack_files

Files = Mapping[str, str | bytes]


def _through_dmn(files: Files) -> dict[str, str]:
    found = from_dmn(to_dmn(files))
    assert found.not_carried == ()
    return found.files


WAYS: dict[str, Callable[[Files], dict[str, str]]] = {
    "yaml": to_yaml,
    "xlsx": lambda files: from_xlsx(to_xlsx(files)),
    "dmn": _through_dmn,
    "zip": lambda files: to_yaml(from_zip(to_zip(to_yaml(files)))),
}
ways = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


def _collapsed(value: Any) -> Any:
    """Content with the space inside of texts made one, as the loader does with titles and reasons."""
    if isinstance(value, dict):
        return {key: _collapsed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_collapsed(item) for item in value]
    return " ".join(value.split()) if isinstance(value, str) else value


def _content(files: Files) -> Content:
    return read_content(files)[0]


def _said(content: Content) -> tuple[Any, ...]:
    return _collapsed(content.pack), content.homes, content.cases, content.readme


@ways
@pytest.mark.parametrize("folder", packs_of_the_repository(), ids=lambda folder: folder.name)
def test_every_pack_of_the_repository_comes_back_whole(folder, way) -> None:
    files = files_of(folder)
    back = way(files)
    assert parse_pack(back).digest == parse_pack(files).digest
    assert _said(_content(back)) == _said(_content(files))


@ways
def test_a_pack_of_every_part_and_its_odd_cases_come_back_whole(whole, way) -> None:
    back = way(whole)
    assert parse_pack(back).digest == parse_pack(whole).digest
    assert _said(_content(back)) == _said(_content(whole))


def test_every_way_ends_in_the_same_files(whole) -> None:
    canonical = to_yaml(whole)
    assert {name: way(whole) for name, way in WAYS.items()} == dict.fromkeys(WAYS, canonical)
    assert to_yaml(canonical) == canonical


@ways
def test_the_cases_that_come_back_go_as_they_went(way) -> None:
    folder = next(one for one in packs_of_the_repository() if one.name == "quick_checks")
    back = parse_pack(way(files_of(folder)))
    assert run_cases(back)
    assert all(result.passed for result in run_cases(back))


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(pack_files())
def test_any_pack_comes_back_with_its_digest_and_words(files) -> None:
    try:
        pack = parse_pack(files)
    except PackError:
        assume(False)
    said = _said(_content(files))
    for name, way in WAYS.items():
        back = way(files)
        assert parse_pack(back).digest == pack.digest, name
        assert _said(_content(back)) == said, name


def test_the_same_pack_is_the_same_bytes(whole) -> None:
    assert to_xlsx(whole) == to_xlsx(dict(reversed(whole.items())))
    assert to_dmn(whole) == to_dmn(dict(whole))
    assert to_zip(to_yaml(whole)) == to_zip(to_yaml(whole))


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.sampled_from(
    [
        "=1+1",
        "'",
        "''a",
        "#null",
        "#long 1",
        "[a",
        "{",
        "␛{7}",
        "_x0041_",
        "ax005F_b",
        "\r\n",
        " lead",
        "a: b",
        "- a",
        "true",
        "~",
    ]
)
numbers = st.integers(-(10**33), 10**33) | st.decimals(
    allow_nan=False, allow_infinity=False, places=12, min_value=-(10**9), max_value=10**9
)
scalars = st.none() | st.booleans() | numbers | st.dates() | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8
)


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), values, min_size=1), st.integers(0, 3))
def test_any_plain_data_is_read_back_from_its_yaml(data, broken) -> None:
    problems = Problems(10)
    node = parse_yaml("x.yaml", yaml_text(data, broken=broken), problems)
    assert not len(problems), problems.sorted()
    assert _plain(node) == data


def _plain(node: Any) -> Any:
    if hasattr(node, "entries"):
        return {key: _plain(value) for key, value in node.entries.items()}
    return [_plain(item) for item in node.items] if hasattr(node, "items") else node.value


@given(values)
def test_any_plain_value_is_read_back_from_its_cell(value) -> None:
    assume(not isinstance(value, str) or value)
    written = encode(value, Kind.CONSTANT)
    assert decode(written, Kind.CONSTANT) == value
    assert not isinstance(written, str) or not written.startswith(("=", "+", "-", "@", "\t", "\r"))


@given(texts)
def test_no_text_in_a_cell_begins_as_a_formula_does(text) -> None:
    for kind in (Kind.TEXT, Kind.FEEL, Kind.CONSTANT):
        written = encode(text, kind)
        assert not isinstance(written, str) or not written.startswith(("=", "+", "-", "@", "\t", "\r"))
        assert decode(written, kind) == text


@pytest.mark.parametrize(
    ("typed", "kind", "meant"),
    [
        (0.6, Kind.CONSTANT, Decimal("0.6")),
        (5.0, Kind.CONSTANT, 5),
        (0.1 + 0.2, Kind.CONSTANT, Decimal("0.30000000000000004")),
        (0.6, Kind.FEEL, "0.6"),
        (True, Kind.FEEL, "true"),
        (date(2026, 1, 1), Kind.FEEL, 'date("2026-01-01")'),
        (date(2026, 1, 1), Kind.TEXT, "2026-01-01"),
        (2026.1, Kind.TEXT, "2026.1"),
        ("-", Kind.FEEL, "-"),
        ("a, b ,c", Kind.WORDS, ["a", "b", "c"]),
        ("[1, x]", Kind.CONSTANT, [1, "x"]),
        ("'[1, x]", Kind.CONSTANT, "[1, x]"),
    ],
)
def test_what_a_person_types_is_taken_for_what_it_is(typed, kind, meant) -> None:
    assert decode(typed, kind) == meant
    assert type(decode(typed, kind)) is type(meant) or kind is Kind.FEEL


@pytest.mark.parametrize("typed", [1e300, "#what", "#5 apples", "[a", "{a: &b 1}"])
def test_what_cannot_be_meant_is_refused_with_a_remedy(typed) -> None:
    with pytest.raises(CellError) as failure:
        decode(typed, Kind.CONSTANT)
    assert failure.value.remedy
