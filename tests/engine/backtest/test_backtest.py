"""Back-tests count what the scalar engine would say, and compare two packs row by row."""

from __future__ import annotations

import io
import json
from collections import Counter
from datetime import date
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from engine import Pack, parse_pack
from engine.backtest import Backtest, OutcomeError, write_workbook

DAY = date(2026, 11, 20)
PACK = """\
pack: sample
title: A sample
version: "{version}"
on_missing: review
sources: {{law: {{title: A law}}}}
signals:
  score: {{type: number, range: [0, 1000]}}
  hit: {{type: boolean}}
decisions:
  points:
    hit_policy: COLLECT SUM
    inputs: {{score: score, hit: hit}}
    outputs: {{points: {{type: number, default: 0}}}}
    rules:
      - {{id: LOW_SCORE, if: {{score: "< {least}"}}, then: {{points: 40}}, reason: low, cite: [law]}}
      - {{id: NOTED, if: {{score: "> 500"}}, then: {{points: 0}}, reason: noted, cite: [law]}}
      - {{id: HIT, if: {{hit: "true"}}, then: {{points: 100}}, reason: hit, cite: [law]}}
  category:
    hit_policy: FIRST
    inputs: {{points: points}}
    outputs: {{category: {{type: string, values: [low, high], default: low}}}}
    rules:
      - {{id: CATEGORY_HIGH, if: {{points: ">= 40"}}, then: {{category: high}}}}
verdict:
  score: points
  category: category
  rules:
    - {{id: HIGH, if: 'category = "high"', verdict: {worst}, reason: high, cite: [law]}}
    - {{id: FINE, if: 'category = "low"', verdict: approve, reason: fine}}
routes:
  - {{id: HITS, if: "hit", queue: edd, priority: 1, due: 24h, role: approval_manager}}
  - {{id: REST, queue: kyc_review, priority: 3, due: 48h, role: verification_officer}}
"""


def pack(version: str = "1", least: int = 300, worst: str = "review") -> Pack:
    return parse_pack({"pack.yaml": PACK.format(version=version, least=least, worst=worst)})


def frame() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "score": [100, 350, 700, 350, 900, None],
            "hit": [False, False, False, True, None, False],
            "bad": [True, False, False, True, None, False],
            "=ref": ["=a", "b", "c", "d", "e", "f"],
        }
    )


@pytest.fixture
def compared() -> Backtest:
    found = Backtest(pack("2", 400), pack(), as_of=DAY, outcome="bad", reference="=ref", minutes={"edd": 60})
    found.add(frame())
    return found


def test_counts_are_those_of_the_scalar_engine_however_the_rows_are_cut() -> None:
    one, other = Backtest(pack(), as_of=DAY), Backtest(pack(), as_of=DAY)
    one.add(frame().drop("bad", "=ref"))
    for row in range(6):
        other.add(frame().drop("bad", "=ref")[row : row + 1])
    found = one.result().to_dict()
    assert found == other.result().to_dict()
    rows = [
        {name: value for name, value in row.items() if value is not None}
        for row in frame().drop("bad", "=ref").iter_rows(named=True)
    ]
    decisions = [pack().decide(row, DAY) for row in rows]
    assert found["verdicts"]["new"] == {"reject": 0} | Counter(decision.verdict.value for decision in decisions)
    fired = Counter(rule for decision in decisions for rule in decision.fired)
    assert {line["rule"]: line["would_fire"] for line in found["rules"]} == {rule: fired[rule] for rule in pack().rules}
    assert found["verdicts"]["old"] is found["migration"] is found["outcome"] is None


def test_two_packs_are_compared_row_by_row_with_the_rules_responsible(compared: Backtest) -> None:
    found = compared.result().to_dict()
    assert found["migration"]["verdict"]["approve"] == {"approve": 1, "review": 1, "reject": 0}
    assert found["migration"]["category"]["low"] == {"low": 3, "high": 1}
    assert found["changed"]["count"] == 1
    (changed,) = found["changed"]["shown"]
    assert changed == {
        "row": 2,
        "reference": "b",
        "old": "approve",
        "new": "review",
        "rules": ["CATEGORY_HIGH", "LOW_SCORE", "FINE", "HIGH"],
    } | {"rules": changed["rules"]}
    assert set(changed["rules"]) == {"LOW_SCORE", "CATEGORY_HIGH", "HIGH", "FINE"}
    assert sum(sum(counts.values()) for counts in found["migration"]["verdict"].values()) == 6


def test_work_is_counted_by_queue_at_the_minutes_that_are_stated(compared: Backtest) -> None:
    work = compared.result().to_dict()["workload"]
    assert work["minutes_per_case"] == 12
    # An unknown condition of a route counts as applying, so the row without an answer on hits goes to edd.
    assert work["new"]["queues"] == {"edd": {"cases": 2, "hours": 2.0}, "kyc_review": {"cases": 3, "hours": 0.6}}
    assert compared.result().to_dict()["migration"]["workload"] == {"cases": 1, "hours": 0.2}


def test_a_rule_is_measured_by_the_rows_whose_outcome_is_known(compared: Backtest) -> None:
    found = compared.result().to_dict()
    assert {key: found["outcome"][key] for key in ("known", "bad", "base_rate")} == {
        "known": 5,
        "bad": 2,
        "base_rate": 0.4,
    }
    by_rule = {line["rule"]: line["outcome"] for line in found["rules"]}
    assert by_rule["LOW_SCORE"] == {
        "rows": 3,
        "bad": 2,
        "precision": 2 / 3,
        "recall": 1.0,
        "f1": 0.8,
        "lift": pytest.approx(5 / 3),
    }
    assert by_rule["HIT"] == {
        "rows": 1,
        "bad": 1,
        "precision": 1.0,
        "recall": 0.5,
        "f1": pytest.approx(2 / 3),
        "lift": 2.5,
    }
    verdicts = found["outcome"]["verdicts"]["new"]
    assert (verdicts["review"]["rows"], verdicts["approve"]["bad"], verdicts["reject"]["precision"]) == (4, 0, None)


def test_without_a_bad_row_there_is_no_lift_and_no_recall() -> None:
    found = Backtest(pack(), as_of=DAY, outcome="bad")
    found.add(pl.DataFrame({"score": [100], "bad": [None]}))
    result = found.result().to_dict()
    assert result["outcome"]["base_rate"] is None
    assert result["rules"][0]["outcome"] == {
        "rows": 0,
        "bad": 0,
        "precision": None,
        "recall": None,
        "f1": None,
        "lift": None,
    }


@pytest.mark.parametrize(
    "values", [[1, 0, None], ["true", "0", None], ["True", "False", None], [1.0, 0.0, None], [True, False, None]]
)
def test_an_outcome_is_a_boolean_or_nought_or_one(values: list[object]) -> None:
    found = Backtest(pack(), as_of=DAY, outcome="bad")
    found.add(pl.DataFrame({"score": [100, 200, 300], "bad": values}))
    assert found.result().to_dict()["outcome"]["known"] == 2


def test_another_outcome_or_a_column_that_is_not_there_is_refused() -> None:
    found = Backtest(pack(), as_of=DAY, outcome="bad")
    with pytest.raises(OutcomeError, match="has 1 values that are neither"):
        found.add(pl.DataFrame({"score": [100], "bad": [2]}))
    with pytest.raises(OutcomeError, match="there is no column bad"):
        found.add(pl.DataFrame({"score": [100]}))


def test_rows_that_a_pack_refuses_are_counted_and_compared_by_neither() -> None:
    narrow = parse_pack(
        {"pack.yaml": PACK.format(version="3", least=300, worst="review").replace("[0, 1000]", "[0, 800]")}
    )
    found = Backtest(pack(), narrow, as_of=DAY)
    found.add(pl.DataFrame({"score": [100, 900, 2000, 500], "stray": [1, 2, 3, 4]}))
    result = found.result().to_dict()
    assert (result["rows"], result["decided"]) == (4, 2)
    assert result["invalid"]["rows"] == 2
    assert [(one["signal"], one["rows"]) for one in result["invalid"]["signals"]] == [("score", 1), ("score", 1)]
    assert result["ignored"] == ["stray"]
    assert sum(result["verdicts"]["old"].values()) == 2


def test_only_so_many_changed_rows_are_kept_and_all_are_counted() -> None:
    found = Backtest(pack("2", 400, "reject"), pack(), as_of=DAY, limit_changed=3)
    for _ in range(3):
        found.add(pl.DataFrame({"score": [350, 350], "hit": [False, False]}))
    result = found.result().to_dict()
    assert result["changed"]["count"] == 6
    assert [one["row"] for one in result["changed"]["shown"]] == [1, 2, 3]
    assert {one["reference"] for one in result["changed"]["shown"]} == {None}


def test_a_rule_that_fires_in_both_and_weighs_otherwise_is_responsible() -> None:
    found = Backtest(pack("2", 300, "reject"), pack(), as_of=DAY)
    found.add(pl.DataFrame({"score": [100], "hit": [False]}))
    assert found.result().changed[0].rules == ("HIGH",)


def test_a_back_test_of_nothing_is_a_result_of_noughts() -> None:
    result = Backtest(pack(), pack(), as_of=DAY).result()
    assert result.to_dict()["scores"]["new"] == {"bins": [], "unknown": 0}
    stream = io.BytesIO()
    write_workbook(result, stream)
    assert openpyxl.load_workbook(io.BytesIO(stream.getvalue())).sheetnames[0] == "Summary"


def test_the_result_is_json_and_its_keys_stay(compared: Backtest) -> None:
    found = compared.result().to_dict()
    assert json.loads(json.dumps(found)) == found
    assert list(found) == [
        "pack", "against", "as_of", "rows", "decided", "invalid", "ignored", "by_scalar_engine", "verdicts", "categories",
        "scores", "workload", "migration", "changed", "rules", "outcome",
    ]  # fmt: skip


def test_the_workbook_holds_charts_and_matrices_and_nothing_that_computes(compared: Backtest, tmp_path: Path) -> None:
    path = tmp_path / "backtest.xlsx"
    write_workbook(compared.result(), path)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == [
        "Summary",
        "Verdict migration",
        "Category migration",
        "Workload",
        "Scores",
        "Rules",
        "Outcomes",
        "Changed rows",
    ]
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    assert len(book["Summary"]._charts) == len(book["Rules"]._charts) == len(book["Workload"]._charts) == 1
    assert book["Verdict migration"].conditional_formatting
    assert book["Verdict migration"]["C2"].value == 1


def test_a_reference_that_looks_like_a_formula_is_only_a_text(tmp_path: Path, compared: Backtest) -> None:
    found = Backtest(pack("2", 400, "reject"), pack(), as_of=DAY, reference="=ref")
    found.add(frame())
    path = tmp_path / "backtest.xlsx"
    write_workbook(found.result(), path)
    references = [cell.value for cell in openpyxl.load_workbook(path)["Changed rows"]["B"]]
    assert "'=a" in references


def test_scores_of_ever_new_values_are_counted_in_whole_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.backtest.tally.MAX_SCORES", 1)
    found = Backtest(pack(), as_of=DAY)
    for score in (100, 900, 901):
        found.add(pl.DataFrame({"score": [score], "hit": [False]}))
    bins = found.result().to_dict()["scores"]["new"]["bins"]
    assert (len(bins), sum(one["rows"] for one in bins)) == (20, 3)


def test_rules_of_scorecards_and_patterns_are_counted_and_held_responsible() -> None:
    text = """\
pack: cards
title: Cards
version: "{version}"
on_missing: review
sources: {{law: {{title: A law}}}}
signals:
  score: {{type: number}}
  facts.document: {{type: list, fields: {{key: string}}}}
decisions:
  points:
    scorecard:
      base: 0
      characteristics:
        - {{id: SCORE, input: score, bands: [{{if: "< 10", points: {points}, reason: low}}, {{if: ">= 10", points: 0}}]}}
patterns:
  - {{id: DIFFER, over: {{a: document, b: document}}, if: "a.key != b.key", sets: {{patterns.differ: true}}, reason: d, cite: [law]}}
verdict:
  rules:
    - {{id: HIGH, if: "points > 5", verdict: review, reason: high, cite: [law]}}
    - {{id: DIFFERENT, if: "patterns.differ", verdict: review, reason: differ, cite: [law]}}
    - {{id: FINE, if: "points <= 5", verdict: approve, reason: fine}}
"""
    old, new = (parse_pack({"pack.yaml": text.format(version=points, points=points)}) for points in (5, 6))
    found = Backtest(new, old, as_of=DAY)
    found.add(pl.DataFrame({"score": [5, 50], "facts.document": [[{"key": "A"}], [{"key": "A"}, {"key": "B"}]]}))
    result = found.result().to_dict()
    fired = {line["rule"]: line["would_fire"] for line in result["rules"]}
    assert fired == {"DIFFER": 1, "SCORE": 1, "HIGH": 1, "DIFFERENT": 1, "FINE": 1}
    assert result["changed"]["shown"][0]["rules"] == ["SCORE", "HIGH", "FINE"]
    assert result["workload"]["new"]["queues"] == {"(no route)": {"cases": 2, "hours": 0.4}}
