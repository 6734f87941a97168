"""What an application may say, how it rests, and which files it takes."""

from __future__ import annotations

import io
import threading

import pytest
from PIL import Image
from sqlalchemy import text

from connectors.sandbox.identities import CLEAN, LISTED
from service.applications import ApplicationRequest, add_document, create, document, get, listing, submit
from service.blobs import blobs
from service.crypto import SealError
from service.db import unit
from service.errors import Conflict, Forbidden, Invalid, NotFound
from service.identity.actor import Actor, Role, granted
from service.settings import settings

pytestmark = pytest.mark.stack


@pytest.fixture(autouse=True)
def pack(desk):
    desk.use_pack("gate")


def problems(desk, **request: object) -> dict[str, str]:
    asked = {"pack": "flow_pack", "reference": "R-1", "applicant": CLEAN.applicant(), "signals": {}, "consents": []}
    with pytest.raises(Invalid) as refused:
        create(desk.caller, ApplicationRequest(**{**asked, **request}))
    return {problem.where: f"{problem.message} {problem.remedy}" for problem in refused.value.problems}


def test_a_new_application_is_a_draft_with_everything_declared(desk) -> None:
    made = desk.create(LISTED, signals={"loan.amount": 700000})
    assert made["status"] == "draft"
    assert made["decision"] is None
    shown = desk.signals(made["id"])
    assert shown["applicant.name"]["value"] == "TARINI VASHKAR"
    assert shown["applicant.date_of_birth"]["value"] == "1979-11-23"
    assert shown["loan.amount"]["value"] == 700000


def test_every_problem_is_told_at_once_and_no_value_is_repeated(desk) -> None:
    found = problems(
        desk,
        applicant={
            "name": "R2-D2\x00",
            "date_of_birth": "31/02/1990",
            "gender": "Q",
            "nationality": "XX",
            "state": "ZZ",
            "address": "x",
            "email": "Eve <eve@example.com>",
            "phone": "12345",
            "pan": "ABCDE1234F",
            "employment": "pirate",
            "monthly_income": -1,
            "is_nri": "no",
            "pann": "ZXKPV4271M",
        },
        signals={"loan.amount": "many", "gate.open": True, "loan.amuont": 3, "applicant.name": "Eve"},
        consents=[{"purpose": "kyc"}, "yes", {"purpose": "kyc", "given_at": "2999-01-01T00:00:00Z"}],
    )
    fields = "name date_of_birth gender nationality state address email phone pan employment monthly_income is_nri pann"
    assert {f"/applicant/{name}" for name in fields.split()} <= found.keys()
    assert {
        "/signals/loan.amount",
        "/signals/gate.open",
        "/signals/loan.amuont",
        "/signals/applicant.name",
    } <= found.keys()
    assert {"/consents/0/given_at", "/consents/1", "/consents/2/given_at"} <= found.keys()
    assert "pan?" in found["/applicant/pann"]
    assert "loan.amount?" in found["/signals/loan.amuont"]
    assert not any(value in " ".join(found.values()) for value in ("R2-D2", "31/02", "eve@", "ABCDE1234F", "pirate"))
    assert desk.count("application") == desk.count("applicant") == 0


def test_name_and_date_of_birth_are_needed(desk) -> None:
    assert problems(desk, applicant={"gender": "F"}).keys() == {"/applicant/name", "/applicant/date_of_birth"}


def test_an_unknown_pack_is_not_found(desk) -> None:
    with pytest.raises(NotFound):
        desk.create(pack="nowhere")


def test_the_same_application_again_is_the_one_made_before_and_another_is_a_conflict(desk) -> None:
    first = desk.create(reference="R-7")
    assert desk.create(reference="R-7")["id"] == first["id"]
    with pytest.raises(Conflict):
        desk.create(LISTED, reference="R-7")
    assert desk.count("application") == 1


def test_a_declaration_rests_sealed_and_is_found_by_its_blind_index(desk) -> None:
    desk.create(CLEAN)
    with unit(desk.tenant) as session:
        row = session.execute(text("SELECT declared, pan_index FROM applicant")).one()
    assert b"VERMA" not in row.declared
    assert CLEAN.pan.encode() not in row.declared
    assert len(row.pan_index) == 32


def test_who_may_not_see_personal_data_is_shown_masks(desk) -> None:
    made = desk.create(CLEAN)
    shown = {signal["name"]: signal["value"] for signal in get(desk.caller, made["id"])["signals"]}
    assert shown["applicant.pan"] == "ZXKPV••••M"
    assert shown["applicant.name"] == "A. V."
    assert CLEAN.email not in str(shown)


def test_who_may_not_read_decisions_is_told_no_signals(desk) -> None:
    made = desk.create(CLEAN)
    plain = Actor(desk.tenant, "key:x", "x", desk.caller.permissions - {"decisions:read"})
    assert get(plain, made["id"])["signals"] == []


def test_another_tenants_application_is_not_found(desk) -> None:
    made = desk.create()
    stranger = Actor("somebody_else", "key:x", "x", granted([Role.ORIGINATOR]))
    for act in (get, submit):
        with pytest.raises(NotFound):
            act(stranger, made["id"])
    with pytest.raises(NotFound):
        add_document(stranger, made["id"], "pan_card", b"")


def test_without_the_permission_nothing_is_taken_or_shown(desk) -> None:
    made = desk.create()
    nobody = Actor(desk.tenant, "key:x", "x", frozenset())
    for act in (
        lambda: submit(nobody, made["id"]),
        lambda: get(nobody, made["id"]),
        lambda: listing(nobody),
        lambda: add_document(nobody, made["id"], "selfie", b""),
        lambda: document(nobody, "doc_x"),
    ):
        with pytest.raises(Forbidden):
            act()


def test_applications_are_listed_in_pages_newest_first(desk) -> None:
    ids = [desk.create(reference=f"R-{number}")["id"] for number in range(3)]
    first = listing(desk.caller, limit=2)
    second = listing(desk.caller, after=first.next, limit=2)
    assert [item["id"] for item in first.items + second.items] == sorted(ids, reverse=True)
    assert second.next is None
    assert [item["reference"] for item in listing(desk.caller, reference="R-1").items] == ["R-1"]


def test_a_file_rests_sealed_and_is_handed_out_to_who_may_see_it(desk, picture) -> None:
    made = desk.create()
    content = picture()
    line = add_document(desk.caller, made["id"], "pan_card", content, "asha verma.jpg")
    assert line["media_type"] == "image/jpeg"
    assert line["size"] == len(content)
    assert document(desk.system, line["id"]) == ("image/jpeg", content)
    stored = [path for path in (settings().data_dir / "blobs" / desk.tenant).rglob("*") if path.is_file()]
    assert len(stored) == 1
    assert content[:64] not in stored[0].read_bytes()
    assert stored[0].stat().st_mode & 0o077 == 0
    with pytest.raises(Forbidden):
        document(desk.caller, line["id"])


def test_a_file_of_the_same_kind_again_is_the_next_ordinal(desk, picture) -> None:
    made = desk.create()
    lines = [add_document(desk.caller, made["id"], "selfie", picture(shade)) for shade in (10, 20)]
    lines.append(add_document(desk.caller, made["id"], "pan_card", picture(10)))
    assert [line["ordinal"] for line in lines] == [1, 2, 1]
    assert len(get(desk.caller, made["id"])["documents"]) == 3


def test_uploads_at_the_same_moment_each_get_their_own_ordinal(desk, picture) -> None:
    made = desk.create()
    lines: list[dict] = []
    threads = [
        threading.Thread(
            target=lambda s=shade: lines.append(add_document(desk.caller, made["id"], "selfie", picture(s)))
        )
        for shade in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(line["ordinal"] for line in lines) == [1, 2, 3, 4, 5, 6]


def bomb() -> bytes:
    out = io.BytesIO()
    Image.new("L", (7000, 7000)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"%PDF-1.4\nnothing", b"GIF89a" + bytes(99), bytes(11 * 1024 * 1024)],
    ids=["empty", "text", "broken_pdf", "gif", "oversize"],
)
def test_a_file_that_is_no_picture_is_refused_and_leaves_nothing(desk, content: bytes) -> None:
    made = desk.create()
    with pytest.raises(Invalid) as refused:
        add_document(desk.caller, made["id"], "pan_card", content)
    assert refused.value.problems[0].where == "/file"
    assert desk.count("document") == 0


def test_a_decompression_bomb_and_a_cut_picture_are_refused(desk, picture) -> None:
    made = desk.create()
    for content in (bomb(), picture()[:-200]):
        with pytest.raises(Invalid):
            add_document(desk.caller, made["id"], "pan_card", content)
    assert desk.count("document") == 0


def test_an_unknown_kind_is_refused(desk, picture) -> None:
    with pytest.raises(Invalid):
        add_document(desk.caller, desk.create()["id"], "shopping_list", picture())


def test_a_submitted_application_takes_no_more_files(desk, picture) -> None:
    application_id = desk.submitted()
    with pytest.raises(Conflict):
        add_document(desk.caller, application_id, "selfie", picture())


def test_a_changed_blob_is_an_error_and_never_another_picture(desk, picture) -> None:
    store = blobs()
    first, second = store.put(desk.tenant, picture(1)), store.put(desk.tenant, picture(2))
    folder = settings().data_dir / "blobs" / desk.tenant
    (folder / second[:2] / second).write_bytes((folder / first[:2] / first).read_bytes())
    with pytest.raises(SealError):
        store.get(desk.tenant, second)


def test_a_blob_is_found_by_its_own_tenant_only(desk, picture) -> None:
    store = blobs()
    key = store.put(desk.tenant, picture())
    assert store.put(desk.tenant, picture()) == key
    assert store.key_of("another", picture()) != key
    for tenant, name in (("another", key), (desk.tenant, "../../secrets.json"), ("../x", key)):
        with pytest.raises(NotFound):
            store.get(tenant, name)
