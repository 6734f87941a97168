"""A version saved as a file, a file brought in as a draft, and what would change a decision, on canned answers."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from backoffice.present import changes, exchange
from backoffice.present.words import plain

VERSION = {"pack": "tiny", "version_id": "pkv_2"}
PATH = "/v1/packs/tiny/versions/pkv_2"
IMPORT = "/v1/packs/tiny/versions:import"
CASE = {"case_id": "cas_1"}
EXPLANATION = "/v1/decisions/dec_1/explanation"
NEAR = "FACE_CLOSE would fire if face.match_score were 0.65 instead of 0.62, 0.03 away"
SMALLEST = "reject with risk 80 (high) if pan.status were F instead of E"
APPROVAL = (
    "approve with risk 10 (low) if face.match_score were 0.65 instead of 0.62 and pan.seeding were Y instead of R"
)
EXPLAINED = {
    "reasons": [], "trace": {},
    "near_misses": [{"rule": "FACE_CLOSE", "text": "The face is a close call", "sentence": NEAR}],
    "counterfactuals": [{"verdict": "reject", "sentence": SMALLEST}],
    "to_approve": [{"verdict": "approve", "sentence": APPROVAL}],
    "to_approve_smallest": True,
    "applicant": {"reasons": ["Your selfie did not match your document"], "can_do": ["Send again: selfie"]},
    "search": {"complete": True, "limit": 5000}, "explained_same": True,
}  # fmt: skip
DRAFT = {
    "id": "pkv_3", "pack": "tiny", "number": 3, "version": "2", "status": "draft", "imported": "dmn",
    "not_carried": [
        {"where": "Age", "line": 7, "message": "the name became age", "remedy": "read the pack"},
        {"where": "on_missing", "line": 0, "message": "a model does not say it: review", "remedy": "say review or reject"},
    ],
}  # fmt: skip


def texts(app: Any) -> str:
    parts = [*app.markdown, *app.caption, *app.subheader, *app.info, *app.error, *app.text, *app.code]
    return "\n".join(str(part.value) for part in parts)


# -- in words


def test_what_may_be_told_is_the_applicants_part_and_nothing_beside_it() -> None:
    told = changes.for_applicant(EXPLAINED)
    assert told == "Your selfie did not match your document.\nSend again: selfie."
    assert changes.for_applicant({**EXPLAINED, "applicant": {"reasons": [], "can_do": []}}) == ""
    assert changes.for_applicant({**EXPLAINED, "applicant": None}) == ""


def test_a_way_to_an_approval_is_not_told_twice() -> None:
    both = {**EXPLAINED, "counterfactuals": EXPLAINED["to_approve"]}
    assert changes.to_approval(both) == []
    assert changes.to_approval(EXPLAINED) == [APPROVAL[:1].upper() + APPROVAL[1:] + "."]


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, []),
        ({"explained_same": False}, ["engine of today"]),
        ({"search": {"complete": False}}, ["ended at its limit"]),
        ({"search": None}, ["ended at its limit"]),
        ({"to_approve_smallest": False}, ["smaller way"]),
        ({"to_approve_smallest": False, "to_approve": []}, []),
    ],
)
def test_what_limits_the_changes_is_said(facts: dict[str, Any], words: list[str]) -> None:
    found = changes.cautions({**EXPLAINED, **facts})
    assert len(found) == len(words)
    assert all(word in caution for word, caution in zip(words, found, strict=True))


def test_a_rule_that_nearly_fired_keeps_the_letters_of_its_names() -> None:
    assert changes.near_misses(EXPLAINED) == [("The face is a close call", f"{NEAR}.")]
    assert changes.near_misses({"near_misses": [{"rule": "X_1", "sentence": "a.b were 1"}]}) == [("X_1", "a.b were 1.")]


def test_a_text_with_marks_is_shown_letter_by_letter() -> None:
    assert plain("FACE_X *y* [a](b) :red[c]") == r"FACE\_X \*y\* \[a\]\(b\) \:red\[c\]"


def test_what_was_not_carried_has_its_place_and_remedy() -> None:
    assert exchange.not_carried_rows(DRAFT) == [
        {"Place": "Age, line 7", "Not as in the file": "the name became age", "What to do": "read the pack"},
        {
            "Place": "on_missing",
            "Not as in the file": "a model does not say it: review",
            "What to do": "say review or reject",
        },
    ]
    assert exchange.not_carried(DRAFT).startswith("2 things could not be carried")
    assert exchange.not_carried({"not_carried": []}) == "Everything in the file was carried."
    assert exchange.imported(DRAFT) == "tiny v3 (2) is a draft of yours, made of a DMN model. Nothing is live yet."


# -- the case


def test_the_explanation_is_asked_for_only_when_its_tab_is_opened(draw: Any, fake: Any) -> None:
    fake.give("GET", EXPLANATION, EXPLAINED)
    draw("case", query=CASE)
    assert not fake.sent("GET", EXPLANATION)
    draw("case", query=CASE, case_tab="What would change it")
    assert len(fake.sent("GET", EXPLANATION)) == 1


def test_the_tab_keeps_what_may_be_told_apart_and_says_that_nothing_else_may(draw: Any, fake: Any) -> None:
    fake.give("GET", EXPLANATION, EXPLAINED)
    app = draw("case", query=CASE, case_tab="What would change it")
    assert not app.exception
    assert [part.value for part in app.code] == ["Your selfie did not match your document.\nSend again: selfie."]
    said = texts(app)
    assert "Nothing else of this case may be told to the applicant" in said
    for sentence in (NEAR, SMALLEST[1:], APPROVAL[1:]):
        assert plain(sentence) in said


def test_a_decision_without_words_for_the_applicant_says_to_give_none(draw: Any, fake: Any) -> None:
    silent = {"near_misses": [], "counterfactuals": [], "to_approve": [], "applicant": {"reasons": [], "can_do": []}}
    fake.give("GET", EXPLANATION, EXPLAINED | silent)
    said = texts(draw("case", query=CASE, case_tab="What would change it"))
    assert "Give no reason beyond the decision itself." in said
    assert "No rule was close to firing." in said


def test_an_explanation_that_fails_is_told_and_shows_nothing_else(draw: Any, fake: Any, refusal: Any) -> None:
    fake.give("GET", EXPLANATION, refusal(503, "a part of ours does not answer"))
    app = draw("case", query=CASE, case_tab="What would change it")
    assert "A part of ours does not answer." in texts(app)
    assert not app.code


# -- the version and the pack


@pytest.mark.parametrize("form", exchange.FORMS)
def test_a_version_is_saved_in_each_form(draw: Any, fake: Any, form: str) -> None:
    headers = {"content-disposition": "attachment; filename*=UTF-8''tiny-v2.x", "content-type": "application/zip"}
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params["to"])
        return httpx.Response(200, content=b"PK", headers=headers)

    fake.give("GET", PATH + "/export", answer)
    app = draw("version", "auditor", VERSION)
    assert not asked
    app.button(key=f"save_{form}").click().run()
    assert not app.exception
    assert asked == [form]


def test_a_draft_that_cannot_be_saved_as_a_workbook_says_why(draw: Any, fake: Any, refusal: Any) -> None:
    faults = [{"where": "pack.yaml:2:1", "message": "the pack knows no nonsense", "remedy": "remove it"}]
    fake.give("GET", PATH + "/export", refusal(422, "the pack does not compile", faults))
    app = draw("version", "rule_analyst", VERSION)
    app.button(key="save_xlsx").click().run()
    assert "pack.yaml:2:1" in texts(app)


def _upload(app: Any, content: bytes = b"<definitions/>") -> Any:
    app.file_uploader(key="import_file_tiny").upload("model.dmn", content, "application/xml")
    return app.button(key="import_go").click().run()


def test_an_upload_becomes_a_draft_with_its_list_and_its_way_to_the_difference(draw: Any, fake: Any) -> None:
    fake.give("POST", IMPORT, httpx.Response(201, json=DRAFT))
    app = _upload(draw("packs", "rule_analyst"))
    assert not app.exception
    said = texts(app)
    assert plain("tiny v3 (2) is a draft of yours") in said
    assert "2 things could not be carried" in said
    assert [list(table.value["Place"]) for table in app.table] == [["Age, line 7", "on_missing"]]
    assert app.button(key="imported_diff")
    app.button(key="imported_close").click().run()
    assert plain("is a draft of yours") not in texts(app)


def test_a_file_that_is_refused_names_every_place(draw: Any, fake: Any, refusal: Any) -> None:
    faults = [
        {"where": f"points!C{row}", "message": "nothing is named limt", "remedy": "did you mean limit"}
        for row in (4, 9)
    ]
    fake.give("POST", IMPORT, refusal(422, "the file cannot become a pack", faults))
    said = texts(_upload(draw("packs", "rule_analyst")))
    assert "points!C4" in said
    assert "points!C9" in said


def test_an_import_without_a_file_is_not_sent_and_a_reader_is_not_offered_one(draw: Any, fake: Any) -> None:
    app = draw("packs", "rule_analyst")
    app.button(key="import_go").click().run()
    assert "Choose a file" in texts(app)
    assert not fake.sent("POST", IMPORT)
    assert not [button for button in draw("packs", "auditor").button if button.key == "import_go"]
