"""Boxes find the gaps, overlaps and unreachable rows that looking at every case finds, and say where they gave up."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.proofs import boxes as module
from engine.proofs.boxes import Axis, Boxes, CutOffError, Piece

ROWS = 4


@st.composite
def tables(draw: st.DrawFn) -> Boxes:
    """A few columns of a few pieces, each accepted by any rows."""
    axes = []
    for _ in range(draw(st.integers(1, 3))):
        sets = draw(st.lists(st.integers(0, 2**ROWS - 1), min_size=1, max_size=4))
        axes.append(Axis([Piece(place, rows) for place, rows in enumerate(sets)]))
    return Boxes(axes, ROWS)


def _cases(table: Boxes) -> list[tuple[int, tuple[int, ...]]]:
    found = []
    for pieces in product(*(axis.pieces for axis in table.axes)):
        rows = table.every
        for piece in pieces:
            rows &= piece.rows
        found.append((rows, tuple(piece.value for piece in pieces)))
    return found


@given(tables())
def test_a_gap_is_found_where_there_is_one(table: Boxes) -> None:
    gap = table.gap()
    cases = {values: rows for rows, values in _cases(table)}
    assert (gap is None) == all(cases.values())
    assert gap is None or cases[gap] == 0


@given(tables())
def test_the_first_row_of_an_overlap_is_found_with_each_that_follows(table: Boxes) -> None:
    found = table.overlaps(lambda one, two: one != two)
    expected = set()
    for rows, _ in _cases(table):
        matched = [row for row in range(ROWS) if rows >> row & 1]
        expected |= {(matched[0], row) for row in matched[1:]}
    assert set(found) == expected
    cases = {values: rows for rows, values in _cases(table)}
    assert all(cases[values] >> one & cases[values] >> two & 1 for (one, two), values in found.items())


@given(tables())
def test_rows_are_reached_as_some_case_reaches_them(table: Boxes) -> None:
    anywhere = first = 0
    for rows, _ in _cases(table):
        anywhere |= rows
        first |= rows & -rows
    assert table.reachable(first=False) == anywhere
    assert table.reachable(first=True) == first


@settings(max_examples=20)
@given(st.integers(1, 3))
def test_pairs_that_do_not_clash_are_no_overlap(columns: int) -> None:
    table = Boxes([Axis([Piece(0, 0b1111), Piece(1, 0b0110)]) for _ in range(columns)], ROWS)
    assert table.overlaps(lambda _one, _two: False) == {}


def test_a_walk_that_takes_too_many_steps_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_STEPS", 3)
    table = Boxes([Axis([Piece(n, 1 << n) for n in range(4)]) for _ in range(3)], ROWS)
    with pytest.raises(CutOffError):
        table.overlaps(lambda one, two: one != two)


def test_the_number_of_overlaps_that_are_told_is_bounded() -> None:
    rows = 60
    table = Boxes([Axis([Piece(0, (1 << rows) - 1)])], rows)
    found = table.overlaps(lambda one, two: one != two)
    assert module.MAX_FOUND <= len(found) < 2 * rows
