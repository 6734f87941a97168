"""YAML as a tree with places: what is read, what is refused, and that nothing hostile gets through."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.pack.limits import MAX_FILE_BYTES, MAX_YAML_DEPTH
from engine.pack.problems import PackError, Problems
from engine.pack.yaml_tree import ListNode, MapNode, ScalarNode, parse_yaml


def _read(text: str | bytes) -> tuple[object, tuple[str, ...]]:
    problems = Problems(100)
    node = parse_yaml("f.yaml", text, problems)
    return node, tuple(str(problem) for problem in problems.sorted())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("N", "N"),
        ("yes", "yes"),
        ("on", "on"),
        ("true", True),
        ("false", False),
        ("null", None),
        ("True", "True"),
        ("12", 12),
        ("-3", -3),
        ("007", "007"),
        ("0.60", Decimal("0.60")),
        ("'1e3'", "1e3"),
        (".inf", ".inf"),
        ("2026-11-20", date(2026, 11, 20)),
        ("2026-13-40", "2026-13-40"),
        ("'12'", "12"),
        ('"2026-11-20"', "2026-11-20"),
        ("0x1F", "0x1F"),
    ],
)
def test_plain_scalars_mean_what_packs_mean_by_them(text: str, value: object) -> None:
    node, problems = _read(f"a: {text}\n")
    assert not problems
    assert isinstance(node, MapNode)
    scalar = node.entries["a"]
    assert isinstance(scalar, ScalarNode)
    assert scalar.value == value
    assert type(scalar.value) is type(value)


@pytest.mark.parametrize("text", ["1e3", "-2.5E-7", "9" * 35, "0." + "1" * 35])
def test_what_other_readers_take_for_a_number_is_refused_unless_quoted(text: str) -> None:
    _, problems = _read(f"a: {text}\n")
    told = "a number with an exponent or too many digits — write it out, up to 34 digits, or quote it if it is a text"
    assert problems == (f"f.yaml:1:4: {told}",)
    assert not _read(f"a: '{text}'\n")[1]


def test_every_node_knows_its_line_and_column() -> None:
    node, _ = _read("a:\n  - x\n  - {b: y}\n")
    assert isinstance(node, MapNode)
    items = node.entries["a"]
    assert isinstance(items, ListNode)
    assert (items.items[0].place.line, items.items[0].place.column) == (2, 5)
    inner = items.items[1]
    assert isinstance(inner, MapNode)
    assert (inner.keys["b"].line, inner.keys["b"].column) == (3, 6)
    assert (inner.entries["b"].place.line, inner.entries["b"].place.column) == (3, 9)


@pytest.mark.parametrize(
    ("text", "position", "place"),
    [
        ("a: x + nope\n", (1, 5), (1, 8)),
        ("a: 'x + nope'\n", (1, 5), (1, 9)),
        ('a: "x + nope"\n', (1, 5), (1, 9)),
        ("a: 'it''s nope'\n", (1, 6), (1, 11)),
        ('a: "\\"q\\" nope"\n', (1, 5), (1, 11)),
        ("a: |\n  x +\n  nope\n", (2, 1), (3, 3)),
        ("a: >\n  x +\n  nope\n", (1, 5), (1, 4)),
    ],
)
def test_a_position_inside_a_text_is_found_in_the_file(
    text: str, position: tuple[int, int], place: tuple[int, int]
) -> None:
    node, _ = _read(text)
    assert isinstance(node, MapNode)
    scalar = node.entries["a"]
    assert isinstance(scalar, ScalarNode)
    found = scalar.locate(*position)
    assert (found.line, found.column) == place


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\na: 2\n", "f.yaml:2:1: duplicate key a (first on line 1)"),
        ("a: &x 1\n", "anchors are refused"),
        ("a: *x\n", "aliases are refused"),
        ("!!python/object:os.system {}\n", "tags are refused"),
        ("a: !!str 1\n", "tags are refused"),
        ("a: 1\n---\nb: 2\n", "more than one YAML document"),
        ("", "the file is empty"),
        ("# only a comment\n", "the file is empty"),
        ("a: [1,\n", "not valid YAML"),
        ("? [a]\n: 1\n", "a key must be a word"),
        ("a: \x00\n", "a character YAML forbids"),
        ("\t- a: b\n", "not valid YAML"),
        ("[" * 100_000, "nested deeper"),
        ("{a: " * 100_000, "nested deeper"),
        ("- " * (MAX_YAML_DEPTH + 2) + "x", "nested deeper"),
        ("a: " + "x" * MAX_FILE_BYTES, "file larger than"),
        ("[" + "a," * 250_000 + "]", "YAML nodes"),
    ],
)
def test_what_a_pack_never_needs_is_refused(text: str, problem: str) -> None:
    _, problems = _read(text)
    assert problems
    assert any(problem in found for found in problems)


def test_bytes_that_are_no_utf8_are_refused() -> None:
    _, problems = _read(b"\xff\xfe\x00")
    assert "not UTF-8" in problems[0]


def test_an_alias_bomb_ends_at_its_first_anchor() -> None:
    bomb = "a: &a [x,x,x,x]\n" + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}]\n" for n in range(20))
    _, problems = _read(bomb)
    assert len(problems) == 1
    assert problems[0].startswith("f.yaml:1:4")


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_never_a_crash(text: str) -> None:
    node, problems = _read(text)
    assert node is not None or problems


@given(st.binary(max_size=100))
def test_any_bytes_are_read_or_refused_never_a_crash(content: bytes) -> None:
    node, problems = _read(content)
    assert node is not None or problems


def test_problems_are_bounded() -> None:
    problems = Problems(3)
    parse_yaml("f.yaml", "".join("a: 1\n" for _ in range(50)), problems)
    assert len(problems) == 3
    with pytest.raises(PackError):
        problems.raise_if_any()
