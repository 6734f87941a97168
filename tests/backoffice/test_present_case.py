from __future__ import annotations

from typing import Any

from backoffice.present import case, case_acts, trail
from backoffice.present.question import Given, wanting

Json = dict[str, Any]


def result_of(page: Json, field: str) -> str:
    return next(row["Result"] for row in case.comparison(page) if row["Field"] == field)


def test_a_name_under_the_limit_of_the_decision_is_a_mismatch_that_names_the_document(page: Json) -> None:
    assert result_of(page, "Name") == "mismatch: PAN card 0.71"


def test_a_comparison_that_was_not_made_is_a_dash_and_never_a_match(page: Json) -> None:
    page["signals"] = [one for one in page["signals"] if not one["name"].endswith("dob_match")]
    assert result_of(page, "Date of birth") == "—"
    assert result_of(page, "Address") == "—"


def test_one_document_that_agrees_does_not_hide_one_that_differs(page: Json) -> None:
    flags = {"address_document.dob_match": False, "pan_card.dob_match": True}
    page["signals"] = [{"name": name, "value": value} for name, value in flags.items()]
    assert result_of(page, "Date of birth") == "mismatch: address document"


def test_without_the_limit_of_the_day_the_likeness_is_shown_and_not_judged(page: Json) -> None:
    del page["decision"]["trace"]["parameters"]["name_similarity_min"]
    assert result_of(page, "Name") == "0.71, 1.00"


def test_the_comparison_shows_what_was_declared_beside_what_was_read(page: Json) -> None:
    row = case.comparison(page)[0]
    assert (row["Declared"], row["PAN card"]) == ("Asha Verma", "AASHA VARMA")


def test_declared_values_come_from_the_signals_where_there_is_no_application(page: Json) -> None:
    page["application"] = None
    assert case.applicant(page) == "Asha Verma"


def test_the_face_is_told_with_both_limits(page: Json) -> None:
    assert case.face(page) == (0.62, "Face likeness 0.62 (a match from 0.60, a sure one from 0.65)")


def test_a_face_that_could_not_be_compared_says_why(page: Json) -> None:
    for one in page["signals"]:
        if one["name"] == "face.match_score":
            one |= {"value": None, "missing": "not_readable", "detail": "no face in the second picture"}
    score, sentence = case.face(page)
    assert score is None
    assert "no face in the second picture" in sentence


def test_factors_are_heaviest_first_and_their_shares_are_whole(page: Json) -> None:
    factors = case.factors(page)
    assert [one["Points"] for one in factors] == [30, 10]
    assert sum(one["Share of score"] for one in factors) == 1


def test_what_was_found_stands_before_what_is_asked_for(page: Json) -> None:
    assert [one.rule for one in case.findings(page)] == ["NAME_DIFFERS", "FACE_CLOSE"]
    assert [one.rule for one in case.demands(page)] == ["PAN_NOT_SETTLED"]


def test_the_register_is_told_in_words(page: Json) -> None:
    assert case.pan_register(page) == "exists and is valid; name differs; date of birth agrees; linked with Aadhaar"


def test_screening_that_did_not_run_is_not_clear(page: Json) -> None:
    page["hits"], page["signals"] = [], []
    assert dict(case.metrics(page))["Screening"] == "—"


def test_a_candidate_under_the_threshold_does_not_count_as_open(page: Json) -> None:
    assert dict(case.metrics(page))["Screening"] == "Clear"
    page["hits"][0]["match"] = True
    assert dict(case.metrics(page))["Screening"] == "1 open"


def test_the_decline_drawer_repeats_what_the_applicant_will_be_told_and_wants_a_note(page: Json) -> None:
    question = case_acts.question("decline", page)
    assert question is not None
    assert "Your documents differ" in question.consequence
    assert wanting(question, Given("documents_unacceptable", "too short"), ticked=True) == [
        "Note to file: at least 20 characters; it has 9."
    ]


def test_approving_against_a_rejecting_verdict_is_an_override_with_a_note(page: Json) -> None:
    plain = case_acts.question("approve", page)
    page["decision"]["verdict"] = "reject"
    override = case_acts.question("approve", page)
    assert plain is not None
    assert override is not None
    assert (plain.least_note, override.least_note) == (0, 20)
    assert "override" in override.consequence


def test_a_four_eyes_case_says_that_nothing_happens_before_the_second_officer(page: Json) -> None:
    page["four_eyes"] = True
    question = case_acts.question("approve", page)
    assert question is not None
    assert "second officer confirms" in question.consequence


def test_buttons_that_are_off_say_why(page: Json) -> None:
    off = {"decide": False, "claim": False}
    assert case_acts.why_not(page, may={"decide": True}, works=True) is None
    assert case_acts.why_not(page, may=off, works=False) == "Your role reads cases and does not decide them."
    assert "Omar Officer is working" in str(case_acts.why_not(page, may=off, works=True))
    assert "Claim the case first" in str(case_acts.why_not(page, may={"claim": True}, works=True))


def test_the_last_change_names_who_and_what(page: Json) -> None:
    assert trail.last_change(page["timeline"]).startswith("Omar Officer at ")
    assert trail.last_change([]) == "somebody"


def test_rules_that_did_nothing_are_left_out_of_the_trace_unless_asked_for(page: Json) -> None:
    trace = page["decision"]["trace"]
    assert [row["Rule"] for row in trail.table_rows(trace, all_rules=False)] == ["NAME_DIFFERS"]
    assert [row["Rule"] for row in trail.table_rows(trace, all_rules=True)] == ["NAME_DIFFERS", "QUIET"]
