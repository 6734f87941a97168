"""`verdict pack explain`, `mutate` and `law`: what they print, and how they end."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app

PACK = """\
pack: tiny
title: Tiny
version: "1"
on_missing: review
sources: {law: {title: "=The law"}}
parameters: {limit: {unit: points, values: [{from: 2025-01-01, value: 10, source: law}]}}
signals: {x: {type: number}}
verdict:
  rules:
    - {id: STOP, if: "x > limit", verdict: review, reason: "Too large", tell: "The amount is too large", cite: [law]}
    - {id: GO, if: "x <= limit", verdict: approve, reason: "Small enough"}
"""
CASES = """\
- {case: Five, as_of: 2026-11-20, signals: {x: 5}, expect: {verdict: approve, fired: [GO]}}
- {case: Fifty, as_of: 2026-11-20, signals: {x: 50}, expect: {verdict: review, fired: [STOP]}}
"""
runner = CliRunner()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pack" / "cases").mkdir(parents=True)
    (tmp_path / "pack" / "pack.yaml").write_text(PACK)
    (tmp_path / "pack" / "cases" / "a.yaml").write_text(CASES)
    (tmp_path / "signals.json").write_text('{"x": 12}')
    return tmp_path / "pack"


def run(*arguments: object, code: int = 0) -> str:
    result = runner.invoke(app, ["pack", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result.output


def test_explain_tells_reasons_the_way_to_an_approval_and_the_applicants_part_last(folder: Path) -> None:
    told = run("explain", "--pack", folder, "--signals", folder.parent / "signals.json", "--as-of", "2026-11-20")

    assert "STOP: Too large: x is 12, over 10 (limit, law, since 2025-01-01)" in told
    assert "approve if x were 10 instead of 12" in told
    assert told.rstrip().endswith("For the applicant:\n- The amount is too large")


def test_explain_for_machines_is_json(folder: Path) -> None:
    told = json.loads(
        run("explain", "--pack", folder, "--signals", folder.parent / "signals.json", "--as-of", "2026-11-20", "--json")
    )

    assert told["to_approve"][0]["changes"][0]["after"] == 10
    assert told["search"]["complete"] is True


@pytest.mark.parametrize("more", [("--changeable", "y"), ("--as-of", "today")])
def test_explain_refuses_what_it_cannot_use(folder: Path, more: tuple[str, str]) -> None:
    run("explain", "--pack", folder, "--signals", folder.parent / "signals.json", *more, code=2)


def test_explain_refuses_signals_of_the_wrong_kind(folder: Path) -> None:
    (folder.parent / "signals.json").write_text('{"x": "much"}')
    run("explain", "--pack", folder, "--signals", folder.parent / "signals.json", code=2)


def test_mutate_prints_survivors_with_their_lines_and_the_score(folder: Path) -> None:
    told = run("mutate", folder)

    assert "pack.yaml:10: STOP: x »>« limit becomes >= (survived)" in told
    assert "tiny 1: mutation score 46.2%: 6 killed, 7 survived" in told


def test_mutate_ends_with_one_under_the_minimum(folder: Path) -> None:
    run("mutate", folder, "--min", "0.9", code=1)
    run("mutate", folder, "--min", "0.4")


def test_mutate_for_machines_is_json(folder: Path) -> None:
    told = json.loads(run("mutate", folder, "--json", "--sample", "5", "--seed", "3"))

    assert told["killed"] + told["survived"] == 5
    assert told["possible"] == 13


def test_mutate_refuses_a_pack_whose_cases_fail(folder: Path) -> None:
    (folder / "cases" / "a.yaml").write_text(CASES.replace("approve", "reject"))
    run("mutate", folder, code=2)


def test_law_prints_sources_and_loose_ends(folder: Path) -> None:
    told = run("law", folder)

    assert "parameter limit = 10 from 2025-01-01" in told
    assert "rules citing none: GO" in told


def test_law_writes_a_file_that_a_spreadsheet_opens_safely(folder: Path) -> None:
    run("law", folder, "-o", folder.parent / "law.csv")
    rows = list(csv.DictReader((folder.parent / "law.csv").read_text(encoding="utf-8").splitlines()))

    assert [row["id"] for row in rows] == ["limit", "STOP", "GO"]
    assert rows[0]["title"] == "'=The law"


def test_law_refuses_a_place_it_cannot_write(folder: Path) -> None:
    run("law", folder, "-o", folder.parent / "nowhere" / "law.csv", code=2)


def test_law_for_machines_is_json(folder: Path) -> None:
    assert json.loads(run("law", folder, "--json"))["rules_without_source"] == ["GO"]
