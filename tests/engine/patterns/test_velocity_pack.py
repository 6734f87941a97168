"""A pack of fraud signs whose patterns use the whole of the format: the page on patterns shows parts of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import load_pack
from engine.pack.check import check_pack
from tests.engine.patterns.sample import TODAY

HERE = Path(__file__).parent / "velocity"
PAPER = Path(__file__).parents[3] / "docs" / "patterns.md"
PACK = load_pack(HERE)


def test_the_pack_checks_and_every_case_comes_out_as_written() -> None:
    report = check_pack(HERE)
    assert not report.problems
    assert not report.errors
    assert len(report.cases) == 12
    assert not [one.case.name for one in report.cases if one.differences]


@given(st.data())
def test_the_order_of_facts_never_matters(data: st.DataObject) -> None:
    case = data.draw(st.sampled_from([case for case in PACK.source.cases if case.as_of == TODAY]))
    shuffled = {
        name: data.draw(st.permutations(value)) if isinstance(value, list | tuple) else value
        for name, value in case.signals.items()
    }
    before, after = PACK.decide(case.signals, case.as_of), PACK.decide(shuffled, case.as_of)
    assert (before.verdict, before.fired, before.rules("undecided")) == (
        after.verdict,
        after.fired,
        after.rules("undecided"),
    )


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(.*?)```", PAPER.read_text(), re.DOTALL))
def test_what_the_page_on_patterns_shows_stands_in_the_pack(block: str) -> None:
    written = " ".join((HERE / "pack.yaml").read_text().split())
    assert " ".join(block.split()) in written
