"""Applications over HTTP: created, documented, submitted; uploads that are refused leave the application as it was."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

pytestmark = pytest.mark.stack
APPLICANT = {
    "name": "Specimen Applicant",
    "date_of_birth": "1990-01-31",
    "gender": "F",
    "nationality": "IN",
    "residence_country": "IN",
    "state": "MH",
    "address": "12 Example Road, Pune 411001",
    "email": "applicant@example.org",
    "phone": "+919800000000",
    "pan": "AAAPZ1234C",
    "employment": "salaried",
    "monthly_income": 85000.5,
    "monthly_obligations": 12000,
    "is_nri": False,
    "has_aadhaar": True,
}


def _picture(kind: str = "PNG") -> bytes:
    held = io.BytesIO()
    Image.effect_noise((640, 400), 60).save(held, kind)
    return held.getvalue()


@pytest.fixture
def create(client: Any, key: dict[str, str], pack: str) -> Callable[..., Any]:
    """Post an application."""

    def post(reference: str = "LOAN-1", **changes: Any) -> Any:
        body = {"pack": pack, "reference": reference, "applicant": APPLICANT, "signals": {"bureau.score": 700.5}}
        return client.post("/v1/applications", json=body | changes, headers=key)

    return post


def _upload(client: Any, key: Any, application: str, content: bytes, kind: str = "pan_card", **options: Any) -> Any:
    path = f"/v1/applications/{application}/documents"
    return client.post(path, files={"file": ("card.png", content)}, data={"kind": kind}, headers=key, **options)


def test_an_application_takes_documents_and_is_submitted(client: Any, key: Any, create: Any) -> None:
    from api.wire.applications import ApplicationAnswer

    made = create()
    assert made.status_code == 201, made.text
    told = ApplicationAnswer.model_validate(made.json())
    assert (told.status, told.reference, told.decision) == ("draft", "LOAN-1", None)
    assert made.headers["location"] == f"/v1/applications/{told.id}"
    document = _upload(client, key, told.id, _picture())
    assert document.status_code == 201, document.text
    submitted = client.post(f"/v1/applications/{told.id}:submit", headers=key)
    assert submitted.status_code == 202, submitted.text
    read = client.get(f"/v1/applications/{told.id}", headers=key).json()
    assert [one["kind"] for one in read["documents"]] == ["pan_card"]
    assert read["status"] != "draft"
    assert client.post(f"/v1/applications/{told.id}:submit", headers=key).status_code == 202
    listed = client.get("/v1/applications?reference=LOAN-1", headers=key).json()["items"]
    assert [one["id"] for one in listed] == [told.id]


def test_what_the_applicant_declared_is_not_told_to_callers_who_may_not_see_it(
    client: Any, key: Any, create: Any
) -> None:
    told = client.get(f"/v1/applications/{create().json()['id']}", headers=key).text
    for value in (APPLICANT["pan"], APPLICANT["email"], APPLICANT["phone"], APPLICANT["address"]):
        assert str(value) not in told


def test_every_fault_of_a_declaration_is_listed_without_its_value(create: Any) -> None:
    wrong = APPLICANT | {"pan": "NOTAPANVALUE", "email": "nobody", "date_of_birth": "1990-02-31", "colour": "blue"}
    answer = create(applicant=wrong)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid")
    places = {error["where"] for error in answer.json()["errors"]}
    assert {"/applicant/pan", "/applicant/email", "/applicant/date_of_birth", "/applicant/colour"} <= places
    assert "NOTAPANVALUE" not in answer.text


def test_a_reference_is_taken_once_and_asking_again_the_same_answers_the_same(create: Any) -> None:
    first = create()
    assert create().json()["id"] == first.json()["id"]
    assert create(signals={"bureau.score": 500}).status_code == 409


@pytest.mark.parametrize(
    "content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, b"%PDF-1.4 /JavaScript"]
)
def test_a_file_that_cannot_be_read_is_refused_and_the_application_goes_on(
    client: Any, key: Any, create: Any, content: bytes
) -> None:
    application = create().json()["id"]
    refused = _upload(client, key, application, content)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/invalid")
    assert client.get(f"/v1/applications/{application}", headers=key).json()["documents"] == []
    assert _upload(client, key, application, _picture("JPEG")).status_code == 201


def test_a_truncated_picture_is_refused(client: Any, key: Any, create: Any) -> None:
    assert _upload(client, key, create().json()["id"], _picture("JPEG")[:2000]).status_code == 422


def test_an_oversize_file_is_413_and_nothing_is_kept(client: Any, key: Any, create: Any) -> None:
    application = create().json()["id"]
    for size in (10 * 1024 * 1024 + 1, 12 * 1024 * 1024):
        refused = _upload(client, key, application, b"\x89PNG" + b"\x00" * size)
        assert (refused.status_code, refused.json()["type"]) == (413, "/problems/too_large")
    assert client.get(f"/v1/applications/{application}", headers=key).json()["documents"] == []


def test_a_form_of_another_shape_is_an_answer_of_the_one_shape(client: Any, key: Any, create: Any) -> None:
    path = f"/v1/applications/{create().json()['id']}/documents"
    multipart = {"content-type": "multipart/form-data; boundary=x"}
    picture = ("f.png", _picture())
    cases = [
        (415, {"json": {"kind": "selfie"}}),
        (415, {"data": {"kind": "selfie"}}),
        (422, {"content": b"garbage", "headers": multipart}),
        (422, {"content": b"--x\r\n\r\n", "headers": multipart}),
        (422, {"content": b"", "headers": {"content-type": "multipart/form-data"}}),
        (422, {"files": {"file": picture}}),
        (422, {"files": {"file": picture}, "data": {"kind": "holiday"}}),
        (422, {"files": {"file": picture}, "data": {"kind": "selfie", "more": "x"}}),
        (422, {"files": {"other": picture}, "data": {"kind": "selfie"}}),
        (422, {"files": [("file", picture), ("file", picture)], "data": {"kind": "selfie"}}),
        (422, {"files": {"kind": (None, "selfie")}}),
    ]
    for status, sent in cases:
        answer = client.post(path, **(sent | {"headers": key | sent.get("headers", {})}))
        assert answer.status_code == status, (sent.keys(), answer.text)
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_document_never_touches_the_disk_unsealed_while_it_is_read(
    client: Any, key: Any, create: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tempfile

    rolled = []
    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", rolled.append)
    held = io.BytesIO()
    Image.effect_noise((1600, 1600), 90).save(held, "PNG")
    assert len(held.getvalue()) > 1024 * 1024
    assert _upload(client, key, create().json()["id"], held.getvalue()).status_code == 201
    assert not rolled


def test_only_callers_who_may_see_personal_data_read_a_document(
    client: Any, key: Any, create: Any, sign_in: Any
) -> None:
    picture = _picture()
    document = _upload(client, key, create().json()["id"], picture).json()["id"]
    path = f"/v1/documents/{document}/content"
    assert client.get(path, headers=key).status_code == 403
    assert client.get(path, headers=sign_in("auditor")).status_code == 403
    seen = client.get(path, headers=sign_in("verification_officer"))
    assert (seen.content, seen.headers["content-type"], seen.headers["cache-control"]) == (
        picture,
        "image/png",
        "no-store",
    )


def test_a_submitted_application_takes_no_more_files(client: Any, key: Any, create: Any) -> None:
    application = create().json()["id"]
    client.post(f"/v1/applications/{application}:submit", headers=key)
    assert _upload(client, key, application, _picture()).status_code == 409
