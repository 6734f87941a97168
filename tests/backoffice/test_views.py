"""Every page for every role, in the framework's own test bench, against an API played from canned answers."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from backoffice import navigation, session

APP = str(Path(__file__).resolve().parents[2] / "backoffice" / "app.py")
ROLES = ["verification_officer", "approval_manager", "rule_analyst", "rule_approver", "auditor", "admin"]
QUERIES = {"case": {"case_id": "cas_1"}, "version": {"pack": "tiny", "version_id": "pkv_2"}}


def _seen() -> list[tuple[str, str]]:
    """Every page with every role that may see it."""
    from service.identity.actor import GRANTS, Role

    return [
        (place.draw.__module__.rpartition(".")[2], role)
        for place in navigation.PLACES
        for role in ROLES
        if not place.permissions or set(place.permissions) & {str(one) for one in GRANTS[Role(role)]}
    ]


def texts(app: Any) -> str:
    parts = [*app.markdown, *app.caption, *app.title, *app.subheader, *app.info, *app.error, *app.warning, *app.success]
    return "\n".join(str(part.value) for part in parts)


@pytest.mark.parametrize(("view", "role"), _seen())
def test_every_page_draws_for_every_role_that_may_see_it(draw: Any, view: str, role: str) -> None:
    app = draw(view, role, QUERIES.get(view))
    assert not app.exception
    assert not app.error


def test_who_is_not_signed_in_gets_the_form_and_nothing_else(fake: Any, draw: Any) -> None:
    app = AppTest.from_file(APP, default_timeout=20).run()
    assert [field.label for field in app.text_input] == ["E-mail", "Password", "One-time code"]
    assert not fake.asked


def test_signing_in_leads_to_the_page_that_was_asked_for(fake: Any, draw: Any) -> None:
    fake.give("POST", "/v1/token", {"access_token": "a", "refresh_token": "r"})
    fake.give(
        "GET", "/v1/me", {"id": "per_1", "name": "Omar Officer", "tenant": "demo", "roles": [], "permissions": []}
    )
    app = AppTest.from_file(APP, default_timeout=20).run()
    app.text_input(key="email").set_value("officer@demo.example")
    app.text_input(key="password").set_value("four calm words here")
    app.button(key="sign_in_go").click().run()
    assert "Good day, Omar Officer" in texts(app)


def test_a_limit_on_signing_in_is_told_and_a_wrong_pair_is_not_explained(fake: Any, draw: Any, refusal: Any) -> None:
    for answer, words in (
        (refusal(401, "wrong"), "E-mail, password or code is wrong"),
        (refusal(429, "too many attempts; wait a minute"), "Too many attempts; wait a minute."),
    ):
        fake.give("POST", "/v1/token", answer)
        app = draw("sign_in")
        app.text_input(key="email").set_value("officer@demo.example")
        app.text_input(key="password").set_value("a wrong word")
        app.button(key="sign_in_go").click().run()
        assert words in texts(app)


def test_an_officer_reads_a_version_and_is_offered_nothing_to_change(draw: Any) -> None:
    app = draw("version", "verification_officer", QUERIES["version"])
    assert not [button.label for button in app.button if button.label in {"Check", "Submit", "New draft from this"}]


def test_an_auditor_sees_why_the_decision_buttons_are_off(draw: Any, fake: Any, page: dict[str, Any]) -> None:
    page["may"] = dict.fromkeys(page["may"], False)
    fake.give("GET", "/v1/cases/cas_1", page)
    app = draw("case", "auditor", QUERIES["case"])
    assert all(app.button(key=key).disabled for key in ("approve", "request", "escalate", "decline"))
    assert "Your role reads cases and does not decide them." in texts(app)


def test_the_case_says_why_it_is_here_in_words_first(draw: Any) -> None:
    said = texts(draw("case", query=QUERIES["case"]))
    assert said.index("The card carries another name") < said.index("NAME_DIFFERS")
    assert "Not known" in said


def test_a_decline_without_reason_and_note_is_not_sent(draw: Any, fake: Any) -> None:
    app = draw("case", query=QUERIES["case"])
    app.button(key="decline").click().run()
    app.button(key="decline_confirm").click().run()
    assert "choose one" in texts(app)
    assert not fake.sent("POST", "/v1/cases/cas_1:decide")


def test_a_decline_is_sent_once_with_reason_note_and_the_version_that_was_read(draw: Any, fake: Any) -> None:
    fake.give("POST", "/v1/cases/cas_1:decide", {"id": "cas_1", "status": "closed"})
    app = draw("case", query=QUERIES["case"])
    app.button(key="decline").click().run()
    app.selectbox(key="decline_choice").select("Documents are not accepted")
    app.text_area(key="decline_note").set_value("The card carries the name of another person.")
    app.button(key="decline_confirm").click().run()
    assert fake.sent("POST", "/v1/cases/cas_1:decide") == [
        {
            "outcome": "decline",
            "reason_code": "documents_unacceptable",
            "note": "The card carries the name of another person.",
            "version": 2,
        }
    ]


def test_a_case_that_changed_meanwhile_says_by_whom_and_keeps_the_drawer_open(
    draw: Any, fake: Any, refusal: Any
) -> None:
    fake.give("POST", "/v1/cases/cas_1:decide", refusal(409, "the case has changed since you read it; read it again"))
    app = draw("case", query=QUERIES["case"])
    app.button(key="approve").click().run()
    app.selectbox(key="approve_choice").select("The documents agree")
    app.button(key="approve_confirm").click().run()
    assert "Last change: Omar Officer at" in texts(app)
    assert app.button(key="approve_reload")


def test_a_drawer_left_open_for_another_case_is_not_drawn(draw: Any) -> None:
    app = draw("case", query=QUERIES["case"], **{"session.drawer": ("decline", "cas_other")})
    assert not [button for button in app.button if button.key == "decline_confirm"]


def test_the_second_officer_agrees_or_sends_back_and_the_maker_may_not(
    draw: Any, fake: Any, page: dict[str, Any]
) -> None:
    page |= {
        "status": "second",
        "outcome": "approve",
        "reason_code": "documents_agree",
        "decided_by": "per_x",
        "decided_by_name": "Sara",
    }
    page["may"]["second"] = True
    fake.give("GET", "/v1/cases/cas_1", page)
    app = draw("case", "approval_manager", QUERIES["case"])
    assert not app.button(key="agree").disabled
    page["may"]["second"], page["decided_by"] = False, "per_0000000000000000000000000m"
    fake.give("GET", "/v1/cases/cas_1", page)
    app = draw("case", "approval_manager", QUERIES["case"])
    assert app.button(key="agree").disabled
    assert "You decided this case" in texts(app)


def test_pictures_travel_as_data_addresses_and_never_at_one_of_their_own(
    draw: Any, fake: Any, page: dict[str, Any]
) -> None:
    out = io.BytesIO()
    Image.new("RGB", (300, 200), "#543").save(out, "PNG")
    picture = httpx.Response(200, content=out.getvalue(), headers={"content-type": "image/png"})
    page["documents"] = [
        {"id": f"doc_{kind}", "kind": kind, "ordinal": 1, "media_type": "image/png", "new": False, "created_at": None}
        for kind in ("pan_card", "selfie")
    ]
    for kind in ("pan_card", "selfie"):
        fake.give(
            "GET",
            f"/v1/documents/doc_{kind}/content",
            lambda _: httpx.Response(200, content=picture.content, headers=picture.headers),
        )
    fake.give("GET", "/v1/cases/cas_1", page)
    app = draw("case", query=QUERIES["case"])
    addresses = [address for image in app.get("image") for address in image.value]
    assert len(addresses) == 3
    assert all(address.startswith("data:image/jpeg;base64,") for address in addresses)


def test_pictures_are_not_asked_for_by_a_role_that_may_not_see_them(draw: Any, fake: Any, page: dict[str, Any]) -> None:
    page["documents"] = [{"id": "doc_1", "kind": "pan_card", "ordinal": 1, "media_type": "image/png", "new": False}]
    fake.give("GET", "/v1/cases/cas_1", page)
    draw("case", "auditor", QUERIES["case"])
    assert not [path for _, path, _ in fake.asked if path.startswith("/v1/documents")]


def test_an_empty_queue_says_what_next(draw: Any, fake: Any) -> None:
    fake.give("GET", "/v1/cases", {"items": [], "next": None})
    assert "New ones come when rules ask for a person." in texts(draw("queue"))


def test_a_queue_that_the_filters_emptied_offers_to_clear_them(draw: Any) -> None:
    app = draw("queue")
    app.text_input(key="queue_text").set_value("nobody").run()
    assert "0 of 2 match" in texts(app)
    app.button(key="clear_filters").click().run()
    assert "2 of 2" in texts(app)


def test_claim_next_says_so_where_nothing_waits(draw: Any, refusal: Any, fake: Any) -> None:
    fake.give("POST", "/v1/cases:claim-next", refusal(404, "nothing waits"))
    app = draw("home")
    app.button(key="claim_next").click().run()
    assert "Nothing waits for you now" in texts(app)


def test_claim_next_opens_the_case_with_nothing_but_its_id_in_the_address(
    draw: Any, fake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone: list[Any] = []
    monkeypatch.setattr(session, "go", lambda path, **query: gone.append((path, query)))
    fake.give("POST", "/v1/cases:claim-next", {"id": "cas_1", "number": "KYC-000042"})
    app = draw("home")
    app.button(key="claim_next").click().run()
    assert gone == [("case", {"case_id": "cas_1"})]


def test_a_broken_audit_trail_is_told_in_red_with_its_faults(draw: Any, fake: Any) -> None:
    fake.give(
        "POST",
        "/v1/audit:verify",
        {
            "ok": False,
            "entries": 3,
            "lanes": 8,
            "faults": [{"lane": 1, "position": 2, "kind": "changed", "message": "entry 2 was changed"}],
        },
    )
    app = draw("audit", "auditor")
    app.button(key="verify_audit").click().run()
    assert "The trail is broken" in texts(app)


def test_an_ended_session_leaves_the_page_and_forgets_everything(draw: Any, fake: Any, refusal: Any) -> None:
    fake.give("GET", "/v1/cases", refusal(401, "expired"))
    fake.give("POST", "/v1/token:refresh", refusal(401, "the session has ended"))
    app = draw("queue")
    assert "session.credentials" not in app.session_state


def test_values_changed_together_are_saved_one_on_the_other(draw: Any, fake: Any) -> None:
    version = "/v1/packs/tiny/versions/pkv_2"
    path = version + "/parameters/face_match_min"
    held = dict(fake.answers["GET", version])

    def save(_: httpx.Request) -> httpx.Response:
        held["row_version"] += 1
        fake.give("GET", version, dict(held))
        return httpx.Response(200, json=held)

    fake.give("PUT", path, save)
    dated = [{"from": f"{year}-01-01", "value": "0.60", "source": "policy", "note": None} for year in (2025, 2026)]
    fake.give(
        "GET",
        "/v1/packs/tiny/versions/pkv_2/parameters",
        {"items": [{"name": "face_match_min", "unit": "ratio", "values": dated}]},
    )
    edits = {"edited_rows": {0: {"Value": "0.61"}, 1: {"Value": "0.62"}}, "added_rows": [], "deleted_rows": []}
    key = f"thresholds_pkv_2_3_{abs(hash(''))}"
    app = draw("version", "rule_analyst", QUERIES["version"], **{key: edits})
    assert not app.exception
    sent = fake.sent("PUT", path)
    assert [(one["effective_from"], one["value"], one["row_version"]) for one in sent] == [
        ("2025-01-01", 0.61, 3),
        ("2026-01-01", 0.62, 4),
    ]
