"""`verdict pack check`: what it prints of proofs, what it says for machines, and when it exits with 1."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app

PACK = """\
pack: tiny
title: Tiny
version: "1"
on_missing: review
sources: {law: {title: The law}}
signals: {x: {type: number}, hit: {type: boolean}}
verdict:
  rules:
    - {id: STOP, if: hit, verdict: review, reason: "A hit", cite: [law]}
    - {id: GO, if: "x >= 18", verdict: approve, reason: "Old enough"}
invariants:
  - {id: NO_HIT, text: "Who has a hit is not approved", never: 'verdict = "approve" and hit'}
"""
BORDER = """\
  - {id: NO_BORDER, text: "Who is 18 is not approved", never: 'verdict = "approve" and x <= 18'}
"""
OPEN = """\
  - {id: NO_MATCH, text: "Nothing is ever divided evenly", never: 'verdict = "approve" and modulo(x, 7) = 3 and modulo(x, 11) = 5 and modulo(x, 13) = 9'}
"""
CASES = """\
- {case: Twenty, as_of: 2026-11-20, signals: {x: 20, hit: false}, expect: {verdict: approve, fired: [GO]}}
- {case: A hit, as_of: 2026-11-20, signals: {x: 20, hit: true}, expect: {verdict: review, fired: [STOP]}}
- {case: Ten, as_of: 2026-11-20, signals: {x: 10, hit: false}, expect: {verdict: review, not_fired: [GO, STOP]}}
- {case: Nothing known, as_of: 2026-11-20, signals: {}, expect: {verdict: review}}
"""
runner = CliRunner()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "cases").mkdir()
    (tmp_path / "pack.yaml").write_text(PACK)
    (tmp_path / "cases" / "a.yaml").write_text(CASES)
    return tmp_path


def add(folder: Path, invariant: str) -> None:
    (folder / "pack.yaml").write_text(PACK + invariant)


def check(folder: Path, *options: object, code: int = 0) -> str:
    result = runner.invoke(app, ["pack", "check", str(folder), *map(str, options)])
    assert result.exit_code == code, result.output
    return result.stdout


def test_a_pack_that_is_proved_is_in_order(folder: Path) -> None:
    told = check(folder)

    assert "proved: NO_HIT — Who has a hit is not approved" in told
    assert "1 invariants: 1 proved, 0 refuted, 0 undecided" in told


def test_a_refuted_invariant_fails_and_prints_a_case_that_passes_when_it_is_saved(folder: Path) -> None:
    add(folder, BORDER)
    told = check(folder, code=1)
    lines = told.splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("    # Counterexample of NO_BORDER"))
    end = next(place for place in range(start, len(lines)) if not lines[place].startswith("    "))
    case = textwrap.dedent("\n".join(lines[start:end])) + "\n"
    (folder / "cases" / "broken.yaml").write_text(case)
    again = json.loads(check(folder, "--json", code=1))[str(folder)]

    assert "refuted: NO_BORDER" in told
    assert "x: 18" in case
    assert [one["passed"] for one in again["cases"]["results"]] == [True] * 5
    assert again["cases"]["failed"] == 0
    # It passes because it says what the engine decides; the invariant is broken until the pack is mended.
    assert [one["status"] for one in again["proofs"]] == ["proved", "refuted"]


def test_without_proofs_it_says_that_none_was_asked_for(folder: Path) -> None:
    add(folder, BORDER)

    assert "invariants were not proved: not asked for" in check(folder, "--no-proofs")
    assert json.loads(check(folder, "--no-proofs", "--json"))[str(folder)]["proofs"] is None


def test_what_cannot_be_settled_is_undecided_and_fails(folder: Path) -> None:
    add(folder, OPEN)
    told = check(folder, "--limit", "2", code=1)

    assert "undecided: NO_MATCH" in told
    assert "2 invariants: 1 proved, 0 refuted, 1 undecided" in told


def test_a_limit_that_is_reached_proves_nothing(folder: Path) -> None:
    add(folder, OPEN)
    report = json.loads(check(folder, "--limit", "0.001", "--json", code=1))[str(folder)]

    assert [one["status"] for one in report["proofs"]] == ["undecided", "undecided"]
    assert "limit" in report["proofs"][0]["reason"]
    assert report["ok"] is False


def test_a_limit_of_nothing_is_refused(folder: Path) -> None:
    check(folder, "--limit", "0", code=2)


def test_for_machines_a_counterexample_is_told_with_its_place_and_its_case(folder: Path) -> None:
    add(folder, BORDER)
    report = json.loads(check(folder, "--json", code=1))[str(folder)]
    proof = report["proofs"][1]

    assert report["ok"] is False
    assert (proof["invariant"], proof["file"], proof["line"], proof["status"]) == (
        "NO_BORDER",
        "pack.yaml",
        13,
        "refuted",
    )
    assert proof["signals"]["x"] == 18
    assert "- case:" in proof["case"]


def test_a_pack_that_does_not_load_fails_with_its_problems(folder: Path) -> None:
    (folder / "pack.yaml").write_text(PACK.replace("x >= 18", "z >= 18"))
    report = json.loads(check(folder, "--json", code=1))[str(folder)]

    assert report["pack"] is None
    assert [one["line"] for one in report["problems"]] == [10]
