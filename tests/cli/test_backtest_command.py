"""`verdict backtest`: files of any kind in, one clear line for what is wrong, results for people and machines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from typer.testing import CliRunner, Result

from cli.main import app

PACK = """\
pack: sample
title: A sample
version: "1"
on_missing: review
sources: {law: {title: A law}}
signals:
  score: {type: number, range: [0, 1000]}
  hit: {type: boolean}
  born: {type: date}
  word: {type: string, values: [a, b]}
  facts.document: {type: list, fields: {ordinal: number, key: string}}
verdict:
  rules:
    - {id: HIT, if: "hit", verdict: review, reason: hit, cite: [law]}
    - {id: MANY, if: "count(facts.document) > 1", verdict: review, reason: many, cite: [law], if_missing: skip}
    - {id: LOW, if: "score < 300", verdict: review, reason: low, cite: [law]}
    - {id: FINE, if: "score >= 300 and not(hit)", verdict: approve, reason: fine}
routes:
  - {id: ALL, queue: kyc_review, priority: 1, due: 24h, role: verification_officer}
"""
CSV = """\
score,hit,born,word,facts.document,reference,bad,stray
100,false,2000-01-01,a,,r1,1,x
350.5,FALSE,,b,[],r2,0,y
1e2,true,1999-12-31,,"[{""ordinal"": 1}, {""ordinal"": 2}]",r3,1,z
,1,,,,r4,,
abc,0,2000-13-01,c,[,r5,0,
"""


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["backtest", *map(str, words)])


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "pack.yaml").write_text(PACK)
    return folder


@pytest.fixture
def stricter(tmp_path: Path) -> Path:
    folder = tmp_path / "stricter"
    folder.mkdir()
    (folder / "pack.yaml").write_text(PACK.replace("score < 300", "score < 400"))
    return folder


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text(CSV)
    return path


def as_json(*words: str | Path) -> dict[str, Any]:
    result = run(*words, "--json", "--as-of", "2026-11-20")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_csv_file_is_read_by_the_types_that_the_pack_declares(pack: Path, csv: Path) -> None:
    found = as_json("--pack", pack, "--data", csv, "--outcome", "bad", "--reference", "reference")
    assert (found["rows"], found["decided"], found["invalid"]["rows"]) == (5, 4, 1)
    assert {one["signal"] for one in found["invalid"]["signals"]} == {"score", "born", "word", "facts.document"}
    assert found["verdicts"]["new"] == {"approve": 1, "review": 3, "reject": 0}
    fired = {line["rule"]: line["would_fire"] for line in found["rules"]}
    assert fired == {"HIT": 2, "MANY": 1, "LOW": 2, "FINE": 1}
    assert found["ignored"] == ["stray"]
    assert found["cases_per_second"] > 0


def test_a_parquet_file_is_decided_like_the_csv_file_of_the_same_rows(pack: Path, tmp_path: Path) -> None:
    frame = pl.DataFrame({"score": [100.0, 350.5, None], "hit": [False, None, True]})
    frame.write_parquet(tmp_path / "rows.parquet")
    frame.write_csv(tmp_path / "rows.csv")
    one, other = (as_json("--pack", pack, "--data", tmp_path / name) for name in ("rows.parquet", "rows.csv"))
    assert one["rules"] == other["rules"]
    assert one["verdicts"] == other["verdicts"]


def test_two_packs_show_what_changes_and_fill_a_workbook(pack: Path, stricter: Path, csv: Path, tmp_path: Path) -> None:
    book = tmp_path / "out.xlsx"
    words = ("--pack", stricter, "--against", pack, "--data", csv, "--reference", "reference", "-o", book)
    result = run(*words, "--as-of", "2026-11-20")
    assert result.exit_code == 0, result.output
    assert "1 rows change their verdict" in result.stdout
    assert "r2: approve -> review (LOW" in result.stdout
    assert "Verdict, old down and new across" in result.stdout
    assert "columns ignored, no signals: bad, stray" in result.stderr
    assert "Changed rows" in openpyxl.load_workbook(book).sheetnames


def test_outcomes_show_the_rules_that_tell_bad_rows_best(pack: Path, csv: Path) -> None:
    result = run("--pack", pack, "--data", csv, "--outcome", "bad", "--as-of", "2026-11-20")
    assert "outcomes: 2 bad of 3 known" in result.stdout
    assert "Rules that tell bad rows best" in result.stdout


def _files(folder: Path) -> dict[str, Path]:
    frame = pl.DataFrame({"score": list(range(50_000)), "hit": [True] * 50_000})
    whole = folder / "whole.parquet"
    frame.write_parquet(whole)
    content = whole.read_bytes()
    found = {
        "cut.parquet": content[: len(content) // 2],
        "empty.parquet": b"",
        "text.parquet": b"this is no parquet file at all",
        "damaged.parquet": content[:100] + bytes(byte ^ 0x5A for byte in content[100:4000]) + content[4000:],
        "empty.csv": b"",
        "ragged.csv": b"score,hit\n1,true,9\n",
        "stranger.csv": b"a,b\n1,2\n",
    }
    for name, written in found.items():
        (folder / name).write_bytes(written)
    return {name: folder / name for name in (*found, "absent.parquet")}


@pytest.mark.parametrize(
    "name",
    [
        "cut.parquet",
        "empty.parquet",
        "text.parquet",
        "damaged.parquet",
        "empty.csv",
        "ragged.csv",
        "stranger.csv",
        "absent.parquet",
    ],
)
def test_a_file_that_is_no_table_is_refused_in_one_line_that_names_it(pack: Path, tmp_path: Path, name: str) -> None:
    result = run("--pack", pack, "--data", _files(tmp_path)[name])
    assert result.exit_code == 2
    lines = [line for line in result.stderr.splitlines() if line.startswith("verdict: ")]
    assert len(lines) == 1
    assert name in lines[0]


def test_a_column_that_is_asked_for_and_absent_is_one_line(pack: Path, csv: Path) -> None:
    result = run("--pack", pack, "--data", csv, "--outcome", "nothing")
    assert result.exit_code == 2
    assert "there is no column nothing" in result.stderr


def test_bad_dates_and_places_are_refused(pack: Path, csv: Path, tmp_path: Path) -> None:
    assert run("--pack", pack, "--data", csv, "--as-of", "yesterday").exit_code == 2
    assert run("--pack", pack, "--data", csv, "-o", tmp_path / "no" / "where.xlsx").exit_code == 2


def test_the_command_shows_an_example() -> None:
    result = CliRunner().invoke(app, ["backtest", "--help"])
    assert "Example: verdict backtest --pack" in result.stdout
