"""Deciding: verdict, reasons, unknowns, routes, scorecards, parameters by date, and what the record says."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from engine.pack import ENGINE_VERSION, Decision, Pack, Verdict, parse_pack
from engine.signal import Missing, Reason, Signal

Build = Callable[..., Pack]


def decide(pack: Pack, signals: dict[str, Any]) -> Decision:
    return pack.decide(signals, date(2026, 11, 20))


def test_a_clean_applicant_earns_an_approval(example: Pack, clean: dict[str, Any]) -> None:
    decision = decide(example, clean)
    assert decision.verdict == "approve"
    assert (decision.risk.score, decision.risk.category) == (0, "low")
    assert [reason.rule for reason in decision.reasons] == ["CLEAR_LOW_RISK"]
    assert (decision.customer_reasons, decision.unknowns, decision.warnings, decision.route) == ((), (), (), None)


def test_reasons_come_by_severity_then_points_then_pack_order(example: Pack, clean: dict[str, Any]) -> None:
    signals = {
        **clean,
        "pan.status": "N",
        "face.match_score": 0.41,
        "screening.sanctions_hit": True,
        "bureau.score": 640,
    }
    decision = decide(example, {**signals, "applicant.date_of_birth": "2010-01-01"})
    assert [(reason.rule, reason.verdict, reason.points) for reason in decision.reasons] == [
        ("MINOR", "reject", None),
        ("SANCTIONS_HIT", "review", None),
        ("NOT_LOW", "review", None),
        ("PAN_NOT_FOUND", None, 60),
        ("FACE_BELOW_MIN", None, 40),
        ("BUREAU", None, 30),
    ]
    assert decision.verdict is Verdict.REJECT
    assert decision.risk.score == 100
    assert decision.reasons[5].text == "Score under 650"
    assert decision.reasons[0].cite == ("rbi_kyc",)


def test_the_applicant_hears_only_what_rules_tell(example: Pack, clean: dict[str, Any]) -> None:
    decision = decide(example, {**clean, "pan.status": "N", "face.match_score": 0.41})
    assert decision.customer_reasons == (
        "We could not verify the PAN you gave",
        "Your selfie did not match your document",
    )


def test_screening_is_never_told(example: Pack, clean: dict[str, Any]) -> None:
    decision = decide(example, {**clean, "screening.sanctions_hit": True})
    assert decision.verdict == "review"
    assert len(decision.customer_reasons) == 1
    assert "sanction" not in decision.customer_reasons[0].lower()


@pytest.mark.parametrize(("signals", "route"), [({"pan.status": "N"}, "EDD"), ({"face.match_score": 0.41}, "STANDARD")])
def test_the_first_route_that_applies_takes_the_case(
    example: Pack, clean: dict[str, Any], signals: dict[str, Any], route: str
) -> None:
    found = decide(example, {**clean, **signals}).route
    assert found is not None
    assert found.id == route


def test_an_unknown_route_condition_counts_as_applying(build: Build) -> None:
    body = """\
signals: {x: {type: number}}
routes:
  - {id: STRICT, if: "x > 1", queue: strict, priority: 1, due: 30m, role: officer}
  - {id: LOOSE, queue: loose, priority: 2, due: 1h, role: officer}
"""
    verdict = "verdict: {rules: [{id: R, if: 'true', verdict: review, reason: r, cite: [law]}]}\n"
    pack = build(body, verdict)
    routes = [decide(pack, signals).route for signals in ({}, {"x": 2}, {"x": 1})]
    assert [route and route.id for route in routes] == ["STRICT", "STRICT", "LOOSE"]
    assert routes[0] is not None
    assert routes[0].due == "PT30M"


def test_a_missing_signal_never_approves(example: Pack, clean: dict[str, Any]) -> None:
    for name in clean:
        decision = decide(example, {key: value for key, value in clean.items() if key != name})
        assert decision.verdict == "review", name
        assert {unknown.signal for unknown in decision.unknowns} == {name}
        assert {unknown.reason for unknown in decision.unknowns} == {"not_provided"}
        assert "ON_MISSING" in {reason.rule for reason in decision.reasons}
        assert decision.customer_reasons


def test_unknowns_name_the_signal_the_rule_and_why(example: Pack, clean: dict[str, Any]) -> None:
    decision = decide(example, {**clean, "bureau.score": Missing(Reason.PROVIDER_DOWN, "bureau")})
    found = {(unknown.signal, unknown.rule, unknown.reason) for unknown in decision.unknowns}
    assert ("bureau.score", "BUREAU", "provider_down") in found
    assert [unknown.to_dict()["signal"] for unknown in decision.unknowns] == ["bureau.score"]
    text = next(reason.text for reason in decision.reasons if reason.rule == "ON_MISSING")
    assert text == "Not known: bureau.score"


def test_on_missing_reject_floors_at_reject() -> None:
    head = 'pack: p\ntitle: t\nversion: "1"\non_missing: reject\nsources: {law: {title: L}}\n'
    rules = "{id: OK, if: 'true', verdict: approve, reason: r}, {id: B, if: b, verdict: review, reason: r, cite: [law]}"
    pack = parse_pack({"pack.yaml": head + f"signals: {{b: {{type: boolean}}}}\nverdict: {{rules: [{rules}]}}\n"})
    assert [decide(pack, signals).verdict for signals in ({"b": False}, {"b": True}, {})] == [
        "approve",
        "review",
        "reject",
    ]
    assert decide(pack, {}).customer_reasons == ("We cannot go on with your application",)


def test_no_rule_is_a_review_with_its_own_reason(build: Build) -> None:
    pack = build(
        "signals: {b: {type: boolean}}\n", "verdict: {rules: [{id: OK, if: b, verdict: approve, reason: r}]}\n"
    )
    decision = decide(pack, {"b": False})
    assert decision.verdict == "review"
    assert [reason.rule for reason in decision.reasons] == ["NO_RULE"]


def test_a_skipped_rule_does_not_floor_and_a_substitute_decides(build: Build) -> None:
    body = "signals: {b: {type: boolean}, n: {type: number}}\n"
    verdict = """\
verdict:
  rules:
    - {id: OK, if: "true", verdict: approve, reason: r}
    - {id: SKIPS, if: b, verdict: review, reason: r, cite: [law], if_missing: skip}
    - {id: GIVEN, if: "n > 3", verdict: review, reason: r, cite: [law], if_missing: {n: 0}}
"""
    pack = build(body, verdict)
    decision = decide(pack, {})
    assert decision.verdict == "approve"
    assert (decision.rules("skipped"), decision.rules("not_fired")) == (("SKIPS",), ("GIVEN",))
    assert decide(pack, {"n": 5}).verdict == "review"


def test_a_null_score_or_category_floors_and_is_reported(build: Build) -> None:
    body = "signals: {x: {type: number}}\ndecisions: {score: {expression: x * 2}}\n"
    verdict = "verdict: {score: score, rules: [{id: OK, if: 'true', verdict: approve, reason: r}]}\n"
    decision = decide(build(body, verdict), {})
    assert decision.verdict == "review"
    assert [(one.code, one.rule) for one in decision.warnings] == [("null_score", "score")]
    assert [(one.signal, one.rule) for one in decision.unknowns] == [("x", "score")]


def test_a_failure_of_the_language_warns_with_its_origin_and_floors(build: Build) -> None:
    body = """\
signals: {x: {type: number}}
decisions:
  ratio: {expression: "1 / x"}
  t: {inputs: {x: x}, outputs: {o: number}, rules: [{id: R, if: {x: "? / 0 = 1"}, then: {o: 1}}]}
"""
    decision = decide(build(body), {"x": 0})
    assert {warned.rule for warned in decision.warnings} == {"ratio", "R"}
    assert decision.verdict == "review"
    assert all("0" not in warned.message for warned in decision.warnings)
    assert decision.warnings[0].to_dict()["rule"] in {"ratio", "R"}


def test_an_undecided_rule_without_a_missing_signal_says_null_value(build: Build) -> None:
    body = "signals: {x: {type: number}}\ndecisions: {ratio: {expression: '1 / x'}}\n"
    verdict = "verdict: {rules: [{id: R, if: 'ratio > 1', verdict: approve, reason: r}]}\n"
    decision = decide(build(body, verdict), {"x": 0})
    assert [(one.signal, one.rule, one.reason) for one in decision.unknowns] == [(None, "R", "null_value")]
    assert decision.reasons[-1].text == "A rule could not be decided"


CARD = """\
signals: {x: {type: number}, y: {type: number}, z: {type: number}}
parameters: {edge: {values: [{from: 2020-01-01, value: 5, source: law}, {from: 2026-11-21, value: 50, source: law}]}}
decisions:
  card:
    scorecard:
      base: 10
      characteristics:
        - {id: X, input: x, bands: [{if: "< edge", points: 1.5, reason: low, tell: "x is low"}, {if: ">= edge", points: 0}]}
        - {id: Y, input: y, if_missing: skip, reason: "y", tell: "y!", bands: [{if: "? > 1 and ? < 9", points: 3}, {if: "-", points: 0}]}
        - {id: Z, input: z, if_missing: {input: 7}, bands: [{if: "7", points: 100}, {if: "< 7", points: 0}]}
"""


def test_a_scorecard_adds_the_points_of_first_bands(build: Build) -> None:
    pack = build(CARD)
    decision = decide(pack, {"x": 1, "y": 2, "z": 1})
    assert decision.value("card") == Decimal("14.5")
    assert decision.rules("fired") == ("X", "Y", "OK")
    assert [(one.rule, one.points, one.text) for one in decision.reasons[1:]] == [
        ("Y", 3, "y"),
        ("X", Decimal("1.5"), "low"),
    ]
    assert decide(pack, {"x": 5, "y": 1, "z": 1}).rules("not_fired") == ("X", "Y", "Z")


def test_a_characteristic_without_input_is_undecided_skipped_or_substituted(build: Build) -> None:
    decision = decide(build(CARD), {})
    assert decision.value("card") == 110
    assert (decision.rules("undecided"), decision.rules("skipped")) == (("X",), ("Y",))
    assert "Z" in decision.fired
    assert decision.verdict == "review"


def test_an_input_in_no_band_is_reported_and_floors(build: Build) -> None:
    decision = decide(build(CARD), {"x": 1, "y": 1, "z": 8})
    assert [(one.code, one.rule) for one in decision.warnings] == [("no_band", "Z")]
    assert decision.verdict == "review"


def test_the_parameter_in_force_on_the_day_is_used(build: Build) -> None:
    pack = build(CARD)
    values = [
        pack.decide({"x": 20, "y": 1, "z": 1}, day).value("card")
        for day in (date(2020, 1, 1), date(2026, 11, 20), date(2026, 11, 21), date(2030, 1, 1))
    ]
    assert values == [10, 10, Decimal("11.5"), Decimal("11.5")]


def test_a_parameter_before_its_first_day_is_unknown_and_said_so(build: Build) -> None:
    decision = build(CARD).decide({"x": 20, "y": 1, "z": 1}, date(2019, 12, 31))
    assert decision.verdict == "review"
    assert [(one.code, one.rule) for one in decision.warnings] == [("no_value_in_force", "edge")]
    assert decision.rules("undecided") == ("X",)
    assert decision.trace["parameters"] == {"edge": None}


@pytest.mark.parametrize("body", ["x + 0.1 >= 0.8", "x >= 0.7", "0.1 + 0.7 = x + 0.1"])
def test_decimal_literals_compare_as_written(build: Build, body: str) -> None:
    pack = build(f"signals: {{x: {{type: number}}}}\ndecisions: {{a: {{expression: '{body}'}}}}\n")
    for value in (0.7, Decimal("0.7"), Decimal("0.70")):
        assert decide(pack, {"x": value}).value("a") is True


def test_the_json_is_the_contracts(example: Pack, clean: dict[str, Any]) -> None:
    decision = decide(example, {**clean, "face.match_score": 0.41})
    answer = json.loads(json.dumps(decision.to_dict()))
    assert set(answer) == {
        "id", "reference", "pack", "engine_version", "as_of", "verdict", "risk", "reasons", "customer_reasons", "unknowns",
        "warnings", "route", "trace", "digest",
    }  # fmt: skip
    assert (answer["id"], answer["reference"], answer["engine_version"]) == (None, None, ENGINE_VERSION)
    assert answer["pack"] == {"id": "auto_loan_in", "version": "2026.11.1", "digest": example.digest}
    assert answer["risk"] == {"score": 40, "category": "medium"}
    assert answer["reasons"][1] == {
        "rule": "FACE_BELOW_MIN", "text": "Selfie does not match the document portrait", "points": 40, "verdict": None,
        "cite": ["rbi_kyc"],
    }  # fmt: skip
    assert answer["route"] == {
        "id": "STANDARD", "queue": "kyc_review", "priority": 3, "due": "P2D", "role": "verification_officer",
        "four_eyes": False, "actions": [],
    }  # fmt: skip


def test_the_trace_has_every_rule_and_the_values_compared(example: Pack, clean: dict[str, Any]) -> None:
    trace = decide(example, {**clean, "face.match_score": 0.41}).trace
    points = trace["decisions"]["identity_points"]
    assert points["inputs"] == {"match": {"face.match_score": 0.41}, "status": {"pan.status": "E"}}
    assert points["rules"] == [
        {"id": "PAN_NOT_FOUND", "outcome": "not_fired"},
        {"id": "FACE_BELOW_MIN", "outcome": "fired", "points": 40, "tests": {"match": "< face_match_min"}},
    ]
    assert trace["parameters"]["face_match_min"] == {"value": 0.6, "from": "2025-01-01", "source": "rbi_kyc"}
    assert trace["decisions"]["affordability"]["rules"][0]["test"] == ">= 750"
    assert {rule["id"] for rule in trace["verdict"]} == {"SANCTIONS_HIT", "NAMES", "NOT_LOW", "MINOR", "CLEAR_LOW_RISK"}
    assert trace["patterns"] == [{"id": "NAMES_DIFFER", "outcome": "not_fired"}]


def test_personal_data_stays_out_of_the_trace(example: Pack, clean: dict[str, Any]) -> None:
    trace = decide(example, clean).trace
    assert trace["signals"]["applicant.date_of_birth"] == "(personal data)"
    assert "1990" not in json.dumps(trace)
    assert trace["decisions"]["age"]["value"] == 36


def test_a_decision_does_not_change(example: Pack, clean: dict[str, Any]) -> None:
    decision = decide(example, clean)
    with pytest.raises(AttributeError, match="does not change"):
        decision.verdict = Verdict.REVIEW  # type: ignore[misc]
    assert decision == decide(example, clean)
    assert decision != decide(example, {**clean, "face.match_score": 0.91})
    assert hash(decision) == hash(decide(example, clean))
    assert decision != "approve"
    assert "approve" in repr(decision)


def test_signals_may_come_with_their_origin(example: Pack, clean: dict[str, Any]) -> None:
    wrapped = {name: Signal(name, value, "test") for name, value in clean.items()}
    assert decide(example, wrapped).digest == decide(example, clean).digest


def test_as_of_is_a_date(example: Pack, clean: dict[str, Any]) -> None:
    for wrong in ("2026-11-20", datetime(2026, 11, 20)):  # noqa: DTZ001  # a wrong kind on purpose
        with pytest.raises(TypeError, match="as_of is a date"):
            example.decide(clean, wrong)  # type: ignore[arg-type]


def test_invariants_are_asked_of_a_decision(example: Pack, clean: dict[str, Any], build: Build) -> None:
    assert example.broken_invariants(decide(example, {**clean, "screening.sanctions_hit": True})) == ()
    assert example.broken_invariants(decide(example, {})) == ()
    pack = build(
        "signals: {b: {type: boolean}}\nparameters: {p: {values: [{from: 2020-01-01, value: [1, 2], source: law}]}}\n"
        "decisions: {d: {expression: 'count(p)'}}\n"
        "invariants: [{id: I, text: t, never: 'verdict = \"approve\" and b and d = 2'}]\n"
    )
    assert pack.broken_invariants(decide(pack, {"b": True})) == ("I",)
    assert pack.broken_invariants(decide(pack, {"b": False})) == ()


def test_verdicts_are_ordered_words_without_an_innocent_zero() -> None:
    assert Verdict.APPROVE < Verdict.REVIEW < Verdict.REJECT
    assert Verdict.REJECT >= Verdict.REVIEW > Verdict.APPROVE
    assert Verdict.REVIEW <= Verdict.REVIEW
    assert all(bool(verdict) and verdict.severity for verdict in Verdict)
    assert Verdict("review") == "review"
    with pytest.raises(TypeError):
        _ = Verdict.REVIEW < "reject"
