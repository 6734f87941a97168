"""`check_pack`: lints with witnesses, cases with differences, coverage, and the semantic diff of two packs."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.pack import Pack, Report, check_pack, diff_packs, parse_pack, run_cases
from engine.pack.lint import Lint

Build = Callable[..., Pack]

HEAD = 'pack: p\ntitle: t\nversion: "1"\non_missing: review\nsources: {law: {title: L}}\n'
VERDICT = 'verdict: {rules: [{id: OK, if: "true", verdict: approve, reason: fine}]}\n'


def _check(body: str, verdict: str = VERDICT, cases: str = "") -> Report:
    files = {"pack.yaml": HEAD + body + verdict}
    return check_pack({**files, "cases/c.yaml": cases} if cases else files)


def _lints(body: str, code: str, verdict: str = VERDICT) -> list[Lint]:
    report = _check(body, verdict)
    assert not report.problems, report.problems
    return [lint for lint in report.lints if lint.code == code]


def _table(rules: str, policy: str = "UNIQUE", outputs: str = "o: {type: number}", inputs: str = "{x: x}") -> str:
    return (
        "signals: {x: {type: number, range: [0, 10]}, w: {type: string, values: [A, B]}, d: {type: date}, b: {type: boolean},"
        " t: {type: string}}\n"
        "parameters: {edge: {values: [{from: 2020-01-01, value: 5, source: law}, {from: 2026-01-01, value: 6, source: law}]}}\n"
        f"decisions:\n  t1: {{hit_policy: {policy}, inputs: {inputs}, outputs: {{{outputs}}}, rules: [{rules}]}}\n"
    )


def test_the_example_is_in_order(example_text: str) -> None:
    report = check_pack({"pack.yaml": example_text})
    assert not report.problems
    assert not report.errors
    assert report.ok


@pytest.mark.parametrize(
    ("rules", "witness"),
    [
        ("{id: A, if: {x: '< 5'}, then: {o: 1}}, {id: B, if: {x: '> 5'}, then: {o: 2}}", {"x": 5}),
        ("{id: A, if: {x: '[0..5]'}, then: {o: 1}}, {id: B, if: {x: '[6..10]'}, then: {o: 2}}", {"x": "5.5"}),
        ("{id: A, if: {x: '< 9'}, then: {o: 1}}", {"x": 9}),
        ("{id: A, if: {x: '> 0'}, then: {o: 1}}", {"x": 0}),
        ("{id: A, if: {x: 'not(3)'}, then: {o: 1}}", {"x": 3}),
        ("{id: A, if: {x: '<= edge'}, then: {o: 1}}, {id: B, if: {x: '> 6'}, then: {o: 2}}", {"x": "5.5"}),
    ],
)
def test_a_gap_in_a_single_hit_table_is_an_error_with_a_witness(rules: str, witness: dict[str, Any]) -> None:
    found = _lints(_table(rules), "gap")
    assert [lint.level for lint in found] == ["error"]
    assert {name: str(value) for name, value in found[0].witness.items()} == {k: str(v) for k, v in witness.items()}
    assert "for example x = " in str(found[0])


@pytest.mark.parametrize(
    ("rules", "inputs", "outputs", "policy"),
    [
        ("{id: A, if: {x: '< 5'}, then: {o: 1}}, {id: B, if: {x: '>= 5'}, then: {o: 2}}", "{x: x}", None, "UNIQUE"),
        ("{id: A, if: {x: '[0..10]'}, then: {o: 1}}", "{x: x}", None, "UNIQUE"),
        ("{id: A, if: {x: '< 5'}, then: {o: 1}}", "{x: x}", "o: {type: number, default: 0}", "UNIQUE"),
        ("{id: A, if: {x: '< 5'}, then: {o: 1}}", "{x: x}", "o: {type: number, default: 0}", "COLLECT SUM"),
        ("{id: A, if: {w: '\"A\"'}, then: {o: 1}}, {id: B, if: {w: '\"B\"'}, then: {o: 2}}", "{w: w}", None, "UNIQUE"),
        ("{id: A, if: {b: 'true'}, then: {o: 1}}, {id: B, if: {b: 'false'}, then: {o: 2}}", "{b: b}", None, "UNIQUE"),
        (
            "{id: A, if: {d: '< date(\"2020-01-01\")'}, then: {o: 1}}, {id: B, if: {d: '>= date(\"2020-01-01\")'}, then: {o: 2}}",
            "{d: d}",
            None,
            "UNIQUE",
        ),
        (
            "{id: A, if: {t: '\"A\"'}, then: {o: 1}}, {id: B, if: {t: 'not(\"A\")'}, then: {o: 2}}",
            "{t: t}",
            None,
            "UNIQUE",
        ),
    ],
)
def test_a_complete_table_has_neither_gap_nor_overlap(
    rules: str, inputs: str, outputs: str | None, policy: str
) -> None:
    report = _check(_table(rules, policy, outputs or "o: {type: number}", inputs))
    assert not report.errors, report.errors


def test_an_overlap_in_a_unique_table_is_an_error_with_a_witness() -> None:
    rules = "{id: A, if: {x: '<= 5'}, then: {o: 1}}, {id: B, if: {x: '>= 5', w: '\"B\"'}, then: {o: 2}}, {id: C, if: {x: '> 5', w: '\"A\"'}, then: {o: 3}}"
    found = _lints(_table(rules, inputs="{x: x, w: w}"), "overlap")
    assert [(lint.level, dict(lint.witness)) for lint in found] == [("error", {"x": 5, "w": "B"})]
    assert "rules A and B" in found[0].message


def test_an_unreachable_row_is_a_warning() -> None:
    rules = "{id: A, if: {x: '>= 0'}, then: {o: 1}}, {id: B, if: {x: '< 3'}, then: {o: 2}}"
    assert [lint.message for lint in _lints(_table(rules, "FIRST"), "unreachable")] == [
        "rule B of table t1 is never reached"
    ]


def test_cells_that_are_not_simple_are_looked_through_by_the_solver() -> None:
    rules = "{id: A, if: {x: '? * 2 > 3'}, then: {o: 1}}, {id: B, if: {x: '? * 2 <= 3'}, then: {o: 2}}"
    assert not _check(_table(rules)).errors
    shy = _lints(_table(rules.replace("<= 3", "< 3")), "gap")
    assert [str(lint.witness["x"]) for lint in shy] == ["1.5"]
    both = _lints(_table(rules.replace("<= 3", "<= 4")), "overlap")
    assert Decimal("1.5") < both[0].witness["x"] <= 2


def test_columns_that_depend_on_each_other_are_taken_together() -> None:
    """By its columns alone the table has a gap and an overlap; no input reaches either."""
    rules = "{id: A, if: {x: '< 5', y: '< 6'}, then: {o: 1}}, {id: B, if: {x: '>= 5'}, then: {o: 2}}"
    assert not _check(_table(rules, inputs="{x: x, y: x + 1}")).errors
    found = _lints(_table(rules, inputs="{x: x, y: x + 2}"), "gap")
    assert 4 <= found[0].witness["x"] < 5
    crossed = "{id: A, if: {x: '< 5'}, then: {o: 1}}, {id: B, if: {y: '>= 6'}, then: {o: 2}}"
    assert not _check(_table(crossed, inputs="{x: x, y: x + 1}")).errors


def test_a_witness_is_an_input_that_the_engine_was_run_on() -> None:
    found = _lints(_table("{id: A, if: {x: '<= edge'}, then: {o: 1}}"), "gap")[0]
    pack = parse_pack({"pack.yaml": HEAD + _table("{id: A, if: {x: '<= edge'}, then: {o: 1}}") + VERDICT})
    assert found.signals is not None
    assert found.as_of is not None
    decision = pack.decide(found.signals, found.as_of)
    assert decision.rules("not_fired") == ("A",)
    assert found.to_dict()["as_of"] == found.as_of.isoformat()
    assert f"as of {found.as_of}" in str(found)


def test_matching_rules_of_an_any_table_that_differ_are_an_error() -> None:
    rules = "{id: A, if: {x: '<= 5'}, then: {o: 1}}, {id: B, if: {x: '[2..8]'}, then: {o: 1}}, {id: C, if: {x: '>= 8'}, then: {o: 3}}"
    found = _lints(_table(rules, "ANY"), "overlap")
    assert [(lint.message, dict(lint.witness)) for lint in found] == [
        ("rules B and C of ANY table t1 both match and differ", {"x": 8})
    ]


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        (
            "{id: A, if: {x: '>= 0', w: '\"A\"'}, then: {o: 1}}",
            "cell x of rule A never matters: it accepts every value",
        ),
        (
            "{id: A, if: {w: '\"A\"'}, then: {o: 1}}",
            "column x of table t1 never matters: no cell of it refuses a value",
        ),
        (
            "{id: A, if: {x: '< 3', w: '\"A\",\"B\"'}, then: {o: 1}}",
            "column w of table t1 never matters: no cell of it refuses a value",
        ),
    ],
)
def test_a_cell_or_column_that_accepts_everything_is_a_warning(rules: str, message: str) -> None:
    more = ", {id: Z, if: {x: '> 3'}, then: {o: 2}}" if message.startswith("cell") else ""
    found = _lints(
        _table(rules + more, "COLLECT SUM", "o: {type: number, default: 0}", "{x: x, w: w}"), "never_matters"
    )
    assert [lint.message for lint in found] == [message]


def test_a_range_that_is_empty_on_some_date_is_an_error() -> None:
    rules = "{id: A, if: {x: '< 1'}, then: {o: 1}}, {id: B, if: {x: '[edge..5.5]'}, then: {o: 2}}"
    found = _lints(_table(rules, outputs="o: {type: number, default: 0}"), "thresholds_out_of_order")
    assert [(lint.level, lint.message) for lint in found] == [
        ("error", "the range of x in rule B is empty: edge lies over 5.5 from 2026-01-01")
    ]


def test_a_row_or_band_that_is_lost_on_some_date_is_a_warning() -> None:
    rules = "{id: A, if: {x: '< edge'}, then: {o: 1}}, {id: B, if: {x: '< 5.5'}, then: {o: 2}}, {id: C, then: {o: 3}}"
    found = _lints(_table(rules, "FIRST"), "thresholds_out_of_order")
    assert [lint.message for lint in found] == ["rule B of table t1 is never reached from 2026-01-01"]
    body = (
        "signals: {x: {type: number}}\n"
        "parameters: {p: {values: [{from: 2020-01-01, value: 5, source: law}, {from: 2026-01-01, value: 8, source: law}]}}\n"
        "decisions: {c: {scorecard: {characteristics: [{id: C, input: x, bands: "
        "[{if: '< p', points: 1}, {if: '< 7', points: 2}, {if: '-', points: 3}]}]}}}\n"
    )
    assert [lint.message for lint in _lints(body, "thresholds_out_of_order")] == [
        "band 2 of C is never reached from 2026-01-01"
    ]


def test_rules_and_routes_that_nothing_reaches_are_warnings() -> None:
    body = (
        "signals: {x: {type: number}}\n"
        "routes: [{id: A, if: x > 1, queue: q, priority: 1, due: 1h, role: r}, {id: B, if: x > 2 and x != null, queue: q, priority: 1, due: 1h, role: r},"
        " {id: C, queue: q, priority: 1, due: 1h, role: r}]\n"
    )
    verdict = (
        "verdict: {rules: [{id: OK, if: 'x > 3', verdict: approve, reason: fine}, "
        "{id: NO, if: 'x > 3 and x < 2', verdict: reject, reason: r, cite: [law]}]}\n"
    )
    report = _check(body, verdict)
    assert {lint.message for lint in report.lints if lint.code in {"never_fires", "route_never_taken"}} == {
        "rule NO never fires",
        "route B is never taken",
    }
    never = "verdict: {rules: [{id: OK, if: 'x > 3', verdict: approve, reason: f}, {id: NO, if: 'x > 1', verdict: review, reason: r, cite: [law]}]}\n"
    assert [lint.message for lint in _lints(body, "never_approves", never)] == [
        "no input is approved, though a rule approves"
    ]


def test_what_could_not_be_settled_is_said_so() -> None:
    body = "signals: {x: {type: number}}\n"
    verdict = (
        "verdict: {rules: [{id: OK, if: 'modulo(x, 7) = 3 and modulo(x, 11) = 5', verdict: approve, reason: f}]}\n"
    )
    found = _lints(body, "not_checked", verdict)
    assert any("whether rule OK never fires was not settled" in lint.message for lint in found)


def test_a_table_of_thousands_of_rows_is_looked_through_exactly() -> None:
    rows = [f"{{id: R{n}, if: {{x: '[{n * 10}..{n * 10 + 10})'}}, then: {{o: {n}}}}}" for n in range(1, 3_000)]
    body = _table(", ".join(rows)).replace("range: [0, 10]", "range: [10, 29999]")
    report = check_pack({"pack.yaml": HEAD + body + VERDICT})
    assert not report.errors
    gapped = _lints(body.replace("[500..510)", "[500..509)"), "gap")
    assert [str(lint.witness["x"]) for lint in gapped] == ["509"]


PROVED = "invariants: [{id: HELD, text: t, never: 'verdict = \"approve\" and x < 1'}]\n"


def test_a_check_proves_the_invariants_and_fails_where_one_does_not_hold() -> None:
    verdict = "verdict: {rules: [{id: OK, if: 'x >= 1', verdict: approve, reason: f}]}\n"
    report = _check("signals: {x: {type: number}}\n", verdict + PROVED)
    assert report.ok
    assert "1 invariants: 1 proved, 0 refuted, 0 undecided" in report.lines()
    broken = _check("signals: {x: {type: number}}\n", verdict.replace(">= 1", ">= 0") + PROVED)
    assert not broken.ok
    assert [proof.status for proof in broken.unproved] == ["refuted"]
    assert any("refuted: HELD" in line for line in broken.lines())
    assert any("as_of: " in line for line in broken.lines())
    assert broken.to_dict()["proofs"][0]["case"].startswith("# Counterexample of HELD")


def test_an_undecided_invariant_fails_the_check_as_a_refuted_one_does() -> None:
    verdict = (
        "verdict: {rules: [{id: OK, if: 'modulo(x, 7) = 3 and modulo(x, 11) = 5', verdict: approve, reason: f}]}\n"
    )
    report = _check("signals: {x: {type: number}}\n", verdict + PROVED)
    assert [proof.status for proof in report.unproved] == ["undecided"]
    assert not report.errors
    assert not report.ok


def test_proofs_that_were_not_asked_for_are_said_to_be_missing() -> None:
    files = {"pack.yaml": HEAD + "signals: {x: {type: number}}\n" + VERDICT + PROVED}
    report = check_pack(files, proofs=False)
    assert (report.proofs, report.unproved, report.to_dict()["proofs"]) == (None, (), None)
    assert "invariants were not proved: not asked for" in report.lines()


@pytest.mark.parametrize(
    ("bands", "code"),
    [
        ("{if: '< 5', points: 1}, {if: '> 5', points: 2}", "gap"),
        ("{if: '< 5', points: 1}, {if: '< 3', points: 2}, {if: '>= 5', points: 3}", "unreachable"),
    ],
)
def test_scorecards_are_checked_for_gaps_and_dead_bands(bands: str, code: str) -> None:
    body = (
        "signals: {x: {type: number}}\n"
        f"decisions: {{c: {{scorecard: {{characteristics: [{{id: C, input: x, bands: [{bands}]}}]}}}}}}\n"
    )
    assert [lint.code for lint in _check(body).lints if lint.code in {"gap", "unreachable"}] == [code]


def test_names_nobody_reads_and_sources_nobody_cites_are_warnings() -> None:
    body = (
        "signals: {x: {type: number}}\nparameters: {p: {values: [{from: 2020-01-01, value: 1, source: law}]}}\n"
        "decisions: {d: {expression: 1}}\n"
    ).replace("signals", "note: n\nsignals")
    codes = {lint.code for lint in _check(body).lints}
    assert codes >= {"unread_signal", "unread_parameter", "unread_decision"}
    assert [lint.code for lint in _check("signals: {}\n").lints if "source" in lint.code] == ["uncited_source"]


def test_a_sum_without_default_a_last_route_with_condition_and_no_approval_are_found() -> None:
    body = _table("{id: A, if: {x: '> 1'}, then: {o: 1}}", "COLLECT SUM")
    assert _lints(body, "no_default")
    routes = "routes: [{id: R, if: 'x > 1', queue: q, priority: 1, due: 1h, role: r}]\n"
    assert [lint.level for lint in _lints(body + routes, "no_last_route")] == ["error"]
    verdict = "verdict: {rules: [{id: R, if: 'true', verdict: review, reason: r, cite: [law]}]}\n"
    assert _lints(body, "never_approves", verdict)


@pytest.mark.parametrize("tell", ["You are on a sanctions list", "Your risk is high", "Our screening found something"])
def test_telling_the_applicant_of_screening_is_an_error(tell: str) -> None:
    verdict = f"verdict: {{rules: [{{id: R, if: 'true', verdict: review, reason: r, cite: [law], tell: '{tell}'}}]}}\n"
    assert [lint.level for lint in _lints("signals: {}\n", "tipping_off", verdict)] == ["error"]
    band = (
        "signals: {x: {type: number}}\ndecisions: {c: {scorecard: {characteristics: "
        f"[{{id: C, input: x, bands: [{{if: '-', points: 1, tell: '{tell}'}}]}}]}}}}}}\n"
    )
    assert _lints(band, "tipping_off")


CASES = """\
- case: It is approved
  as_of: 2026-01-01
  signals: {x: 1}
  expect: {verdict: approve, fired: [A, OK], not_fired: [B], warnings: [], risk.score: null, route: null, customer_reasons: []}
- case: It is unknown
  as_of: 2026-01-01
  signals: {}
  missing: {x: provider_down}
  expect: {verdict: review, undecided: [A, B], unknown_signals: [x], risk.category: null}
"""
TWO = "signals: {x: {type: number}}\ndecisions: {t: {inputs: {x: x}, outputs: {o: number}, rules: [{id: A, if: {x: '< 5'}, then: {o: 1}}, {id: B, if: {x: '>= 5'}, then: {o: 2}}]}}\n"


def test_cases_pass_and_coverage_is_read_from_them() -> None:
    report = _check(TWO, cases=CASES)
    assert report.ok
    assert [result.passed for result in report.cases] == [True, True]
    uncovered = {lint.message for lint in report.lints if lint.code == "uncovered_rule"}
    assert uncovered == {"rule A has no miss case", "rule B has no hit case", "rule OK has no miss case"}


@pytest.mark.parametrize(
    ("expect", "difference"),
    [
        ("{verdict: review}", "verdict: expected 'review', got 'approve'"),
        ("{risk.score: 5}", "risk.score: expected 5, got None"),
        ("{fired: [B]}", "fired: expected 'B', got 'B not_fired'"),
        ("{fired: [AA]}", "fired: expected 'AA', got 'did you mean A?'"),
        ("{undecided: [A]}", "undecided: expected 'A', got 'A fired'"),
        ("{route: edd}", "route: expected 'edd', got None"),
        ("{customer_reasons: [x]}", "customer_reasons: expected ['x'], got []"),
        ("{warnings: [x]}", "warnings: expected ['x'], got []"),
        ("{unknown_signals: [x]}", "unknown_signals: expected ['x'], got []"),
    ],
)
def test_a_failed_case_says_what_differed(expect: str, difference: str) -> None:
    report = _check(TWO, cases=f"- {{case: c, as_of: 2026-01-01, signals: {{x: 1}}, expect: {expect}}}\n")
    assert not report.ok
    assert [str(one) for one in report.cases[0].differences] == [difference]
    assert any("case failed: c" in line for line in report.lines())


def test_a_case_with_refused_signals_fails() -> None:
    report = _check(TWO, cases="- {case: c, as_of: 2026-01-01, signals: {x: one}, expect: {verdict: approve}}\n")
    assert report.cases[0].decision is None
    assert "expected number, got a string" in str(report.cases[0].differences[0])


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ("{as_of: 2026-01-01, signals: {}, expect: {verdict: approve}}", "missing_key"),
        ("{case: c, as_of: today, signals: {}, expect: {verdict: approve}}", "wrong_kind"),
        ("{case: c, as_of: 2026-01-01, signals: [], expect: {verdict: approve}}", "wrong_kind"),
        ("{case: c, as_of: 2026-01-01, signals: {}, expect: {}}", "wrong_kind"),
        ("{case: c, as_of: 2026-01-01, signals: {x: 1}, missing: {x: stale}, expect: {verdict: approve}}", "duplicate"),
        ("{case: c, as_of: 2026-01-01, signals: {}, missing: {x: lost}, expect: {verdict: approve}}", "unknown_word"),
        ("{case: c, as_of: 2026-01-01, signals: {}, missing: [x], expect: {verdict: approve}}", "wrong_kind"),
        ("x", "wrong_kind"),
    ],
)
def test_a_malformed_case_is_a_problem(case: str, code: str) -> None:
    assert code in {problem.code for problem in _check(TWO, cases=f"- {case}\n").problems}


def test_two_cases_of_one_name_are_a_problem() -> None:
    case = "- {case: c, as_of: 2026-01-01, signals: {x: 1}, expect: {verdict: approve}}\n"
    assert "duplicate" in {problem.code for problem in _check(TWO, cases=case * 2).problems}


def test_a_report_is_json_and_lines(example: Pack, tmp_path: Path) -> None:
    report = _check(TWO, cases=CASES)
    found = json.loads(json.dumps(report.to_dict()))
    assert (found["ok"], found["rules"], found["cases"]["passed"]) == (True, 3, 2)
    assert report.lines()[-1].endswith("2 of 2 cases passed")
    broken = check_pack(tmp_path / "nowhere")
    assert (broken.ok, broken.pack, broken.to_dict()["pack"]) == (False, None, None)
    assert "no such pack folder" in broken.lines()[0]
    assert all(result.passed for result in run_cases(example))


def _changed(text: str, *swaps: tuple[str, str]) -> Pack:
    for before, after in swaps:
        assert before in text
        text = text.replace(before, after)
    return parse_pack({"pack.yaml": text})


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ("value: 0.60", "value: 0.6", []),
        ("value: 0.60", "value: 0.65", ["parameter face_match_min changed"]),
        ("id: MINOR", "id: UNDER_AGE", ["rule MINOR removed", "rule UNDER_AGE added"]),
        ("points: 60", "points: 70", ["rule PAN_NOT_FOUND changed"]),
        ("COLLECT SUM", "COLLECT MAX", ["decision identity_points changed"]),
        ("base: 0", "base: 1", ["decision affordability changed"]),
        ("min(100,", "min(90,", ["decision risk_score changed"]),
        ("due: 24h", "due: 12h", ["route EDD changed"]),
        ("retries: 2", "retries: 3", ["check pan changed"]),
        ("range: [0, 1]", "range: [0, 2]", ["signal face.match_score changed"]),
        ("title: KYC", "title: New KYC", ["pack title changed"]),
        ('if: "< 650", points: 30', 'if: "< 650", points: 35', ["rule BUREAU changed"]),
    ],
)
def test_the_difference_is_of_meaning_not_of_lines(
    example_text: str, before: str, after: str, changes: list[str]
) -> None:
    found = diff_packs(parse_pack({"pack.yaml": example_text}), _changed(example_text, (before, after)))
    assert [str(change) for change in found] == changes
    assert all(change.to_dict()["kind"] for change in found)


def test_a_rule_that_moved_is_said_to_have_moved(example_text: str) -> None:
    lines = example_text.splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if "id: SANCTIONS_HIT" in line)
    moved = "".join([*lines[:at], *lines[at + 1 : at + 4], lines[at], *lines[at + 4 :]])
    found = diff_packs(parse_pack({"pack.yaml": example_text}), parse_pack({"pack.yaml": moved}))
    assert [(change.id, change.change, change.before, change.after) for change in found] == [
        ("SANCTIONS_HIT", "moved", 1, 4)
    ]
