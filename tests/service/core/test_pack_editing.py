"""Grids over YAML: what was meant changes, and not a character beside it."""

from __future__ import annotations

import difflib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from engine.pack import load_pack, parse_pack
from service.errors import Invalid
from service.packs.editing import declared_pack, declared_version, parameters, set_cells, set_parameter, tables
from service.packs.seeding import read_folder
from service.packs.yaml_edit import quoted, written

AUTO = Path(__file__).parents[3] / "rules" / "auto_loan_in"


@pytest.fixture(scope="module")
def auto() -> dict[str, str]:
    """The auto-loan pack's files without its cases."""
    return {name: text for name, text in read_folder(AUTO).items() if not name.startswith("cases/")}


def grid(files: dict[str, str], name: str) -> dict:
    return next(one for one in tables(files) if one["table"] == name)


def rows_of(files: dict[str, str], name: str) -> list[dict]:
    return [dict(row) for row in grid(files, name)["rows"]]


def changed_lines(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return [
        line
        for name in before
        for line in difflib.unified_diff(before[name].splitlines(), after[name].splitlines(), lineterm="", n=0)
        if line[:1] in "+-" and line[:3] not in {"+++", "---"}
    ]


def test_tables_verdict_rules_and_routes_are_told_as_grids(files) -> None:
    told = {one["table"]: one for one in tables(files)}
    assert set(told) == {"points", "verdict", "routes"}
    points = told["points"]
    assert (points["kind"], points["hit_policy"], points["file"]) == ("table", "COLLECT SUM", "pack.yaml")
    assert [column["key"] for column in points["columns"]] == [
        "id",
        "if.score",
        "then.points",
        "reason",
        "tell",
        "cite",
    ]
    assert points["rows"][0]["if.score"] == "< low_score_under"
    assert points["rows"][1]["reason"] is None


def test_one_changed_cell_changes_one_line_and_keeps_comments(files) -> None:
    rows = rows_of(files, "points")
    rows[0]["then.points"] = 75
    after = set_cells(files, "points", rows)
    assert len(changed_lines(files, after)) == 2
    assert "# what is weighed" in after["pack.yaml"]
    assert parse_pack(after).digest != parse_pack(files).digest


def test_saving_a_grid_unchanged_changes_nothing(auto) -> None:
    for one in tables(auto):
        assert set_cells(auto, one["table"], one["rows"]) == auto


def test_a_number_of_every_table_of_the_real_pack_can_be_changed_alone(auto) -> None:
    for one in tables(auto):
        key = next(
            (column["key"] for column in one["columns"] if column["key"] in {"then.points", "points", "priority"}), None
        )
        if key is None:
            continue
        rows = [dict(row) for row in one["rows"]]
        rows[-1][key] = 7 if rows[-1][key] != "7" else 8
        assert len(changed_lines(auto, set_cells(auto, one["table"], rows))) == 2, one["table"]


def test_cells_are_added_changed_and_removed(files) -> None:
    rows = rows_of(files, "points")
    rows[0]["tell"] = None
    rows[1]["reason"] = 'It says: "any", it\'s #1'
    rows[1]["cite"] = "policy"
    after = set_cells(files, "points", rows)
    told = rows_of(after, "points")
    assert (told[0]["tell"], told[1]["reason"], told[1]["cite"]) == (None, 'It says: "any", it\'s #1', "policy")
    parse_pack(after)


def test_rows_are_added_at_the_end_and_removed(files) -> None:
    rows = rows_of(files, "points")
    new = {"id": "SCORE_HIGH", "if.score": "> 95", "then.points": 2, "reason": "true", "cite": "policy"}
    after = set_cells(files, "points", [rows[0], new])
    assert [row["id"] for row in rows_of(after, "points")] == ["SCORE_LOW", "SCORE_HIGH"]
    pack = parse_pack({"pack.yaml": after["pack.yaml"]})
    assert "SCORE_HIGH" in pack.rules
    assert "SCORE_ANY" not in pack.rules


def test_verdict_rules_and_routes_are_edited_alike(files) -> None:
    rules = rows_of(files, "verdict")
    rules[2]["if"] = "points > 55"
    routes = rows_of(files, "routes")
    routes[1]["due"], routes[0]["actions"] = "12h", "source_of_funds, site_visit"
    after = set_cells(set_cells(files, "verdict", rules), "routes", routes)
    pack = parse_pack(after)
    assert pack.routes[1].due == "PT12H"
    assert pack.routes[0].actions == ("source_of_funds", "site_visit")
    assert len(changed_lines(files, after)) == 6


@pytest.mark.parametrize(
    "break_it",
    [
        lambda rows: rows[0].update(unheard_of="x"),
        lambda rows: rows[0].update(id="SCORE_ANY"),
        lambda rows: rows[0].update(id=""),
        lambda rows: rows.reverse(),
        lambda rows: rows.clear(),
    ],
)
def test_rows_that_are_not_the_table_are_refused(files, break_it) -> None:
    rows = rows_of(files, "points")
    break_it(rows)
    with pytest.raises(Invalid):
        set_cells(files, "points", rows)


def test_an_unknown_table_is_refused(files) -> None:
    with pytest.raises(Invalid, match="no table"):
        set_cells(files, "nothing", [])


def test_a_scorecards_bands_are_edited_but_neither_added_nor_removed(auto) -> None:
    rows = rows_of(auto, "credit_points")
    rows[0]["points"] = 3
    assert rows_of(set_cells(auto, "credit_points", rows), "credit_points")[0]["points"] == "3"
    for other in (rows[:-1], [*rows, {"id": "NEW.1", "if": "> 1", "points": 1}]):
        with pytest.raises(Invalid):
            set_cells(auto, "credit_points", other)


def test_block_style_yaml_is_edited_in_place_too() -> None:
    text = (
        "pack: p\ndecisions:\n  t:\n    inputs:\n      a: a\n    outputs:\n      points: number\n    rules:\n"
        "      - id: ONE   # first\n        if:\n          a: '< 1'\n        then:\n          points: 1\n"
        "        reason: |\n          because\n\n      # the second\n      - id: TWO\n        then:\n          points: 2\n"
    )
    files = {"pack.yaml": text}
    rows = rows_of(files, "t")
    assert rows[0]["reason"] == "because\n"
    rows[0]["reason"], rows[0]["if.a"], rows[1]["if.a"], rows[1]["then.points"] = "why not", "< 2", "> 5", 9
    after = set_cells(files, "t", rows)
    assert rows_of(after, "t") == [
        {"id": "ONE", "if.a": "< 2", "then.points": "1", "reason": "why not", "tell": None, "cite": None},
        {"id": "TWO", "if.a": "> 5", "then.points": "9", "reason": None, "tell": None, "cite": None},
    ]
    assert "# first" in after["pack.yaml"]
    assert "# the second" in after["pack.yaml"]
    assert [row["id"] for row in rows_of(set_cells(files, "t", rows_of(files, "t")[1:]), "t")] == ["TWO"]


def test_a_new_dated_value_is_added_and_one_of_the_same_day_replaced(files) -> None:
    later = set_parameter(files, "low_score_under", date(2027, 1, 1), Decimal("45.5"), "policy", "Board: stricter")
    (told,) = parameters(later)
    assert [value["value"] for value in told["values"]] == ["40", "45.5"]
    assert told["values"][1]["note"] == "Board: stricter"
    again = set_parameter(later, "low_score_under", date(2027, 1, 1), 46, "policy")
    assert parameters(again)[0]["values"][1] == {"from": "2027-01-01", "value": "46", "source": "policy", "note": None}
    assert len(changed_lines(files, again)) == 1
    pack = parse_pack(again)
    assert pack.parameters["low_score_under"].in_force(date(2027, 6, 1)).value == 46
    assert pack.parameters["low_score_under"].in_force(date(2026, 6, 1)).value == 40


def test_every_kind_of_parameter_of_the_real_pack_can_be_given_a_new_value(auto) -> None:
    before = load_pack(AUTO)
    for one in parameters(auto)[::3]:
        value = before.parameters[one["name"]].values[-1].value
        source = one["values"][-1]["source"]
        after = set_parameter(
            auto, one["name"], date(2030, 1, 1), list(value) if isinstance(value, tuple) else value, source
        )
        assert len(changed_lines(auto, after)) == 1, one["name"]


def test_an_unknown_parameter_is_refused(files) -> None:
    with pytest.raises(Invalid, match="no parameter"):
        set_parameter(files, "nothing", date(2027, 1, 1), 1, "policy")


def test_a_file_that_is_no_yaml_is_refused_in_words() -> None:
    for text in ("a: [", "- 1", "", "a: &x 1\nb: *y", "a: &x [*x]", "a: " + "[" * 100_000):
        with pytest.raises(Invalid):
            tables({"pack.yaml": text})
        with pytest.raises(Invalid):
            parameters({"pack.yaml": text})
        assert (declared_version({"pack.yaml": text}), declared_pack({"pack.yaml": text})) == ("draft", None)


def test_the_declared_names_are_read_without_loading_the_pack(files) -> None:
    assert (declared_pack(files), declared_version(files)) == ("tiny", "1")
    assert declared_version({}) == "draft"


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40))
def test_a_quoted_text_reads_back_as_itself(text) -> None:
    for style in (quoted(text), written(text, as_text=True)):
        assert yaml.safe_load(f"- {{a: {style}}}") == [{"a": text}]


@given(st.one_of(st.booleans(), st.integers(-(10**9), 10**9), st.decimals(-1000, 1000, places=3), st.dates()))
def test_a_plain_value_reads_back_as_itself(value) -> None:
    found = yaml.safe_load(f"- {{a: {written(value)}}}")[0]["a"]
    assert found == (float(value) if isinstance(value, Decimal) else value)
