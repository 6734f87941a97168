from __future__ import annotations

import csv
from datetime import UTC, datetime
from importlib import resources

import httpx
import pytest
from stdnum.in_ import pan as stdnum_pan

from connectors.mail import FileMailer, Mail
from connectors.sandbox.identities import ALL, BY_PAN, CLEAN, DEMO, LISTED, NAME_DIFFERS, holder, namesake
from connectors.sandbox.settings import SandboxSettings

LISTS = resources.files("connectors.sandbox") / "lists"


@pytest.fixture
def http(sandbox):
    with httpx.Client(base_url=sandbox, trust_env=False, timeout=20) as client:
        yield client


def _rows(name):
    return list(csv.DictReader((LISTS / name).read_text(encoding="utf-8").splitlines()))


@pytest.mark.parametrize("identity", ALL, ids=lambda identity: identity.key)
def test_every_test_pan_is_sound_marked_and_agrees_with_its_holder(identity):
    assert stdnum_pan.is_valid(identity.pan)
    assert identity.pan.startswith("ZX")
    assert identity.pan[3] == "P"
    assert identity.pan[4] == identity.name.split()[-1][0]
    assert len(identity.aadhaar_last4) == 4


def test_no_two_people_share_a_number_a_key_or_an_address():
    for facts in ("pan", "key", "email", "phone", "name"):
        assert len({getattr(identity, facts) for identity in ALL}) == len(ALL)


def test_the_three_roads_are_there_and_fit_the_one_portrait():
    assert [identity.road for identity in DEMO] == ["approve", "review", "edd"]
    assert {identity.gender for identity in DEMO} == {"F"}
    assert NAME_DIFFERS.registered_name != NAME_DIFFERS.name
    assert CLEAN.registered_name is None


def test_only_the_listed_applicant_is_on_a_demo_list():
    listed = {
        row["name"].upper()
        for name in ("demo_sanctions.csv", "demo_pep.csv", "demo_watchlist.csv")
        for row in _rows(name)
    }
    assert listed & {identity.name for identity in ALL} == {LISTED.name}
    (entry,) = [row for row in _rows("demo_sanctions.csv") if row["name"].upper() == LISTED.name]
    assert (entry["birth_date"], entry["gender"]) == (LISTED.date_of_birth.isoformat(), "female")


@pytest.mark.parametrize("name", ["demo_sanctions.csv", "demo_pep.csv", "demo_watchlist.csv"])
def test_the_demo_lists_have_one_shape_and_unique_ids(name):
    rows = _rows(name)
    assert list(rows[0]) == [
        "id",
        "schema",
        "name",
        "aliases",
        "birth_date",
        "countries",
        "gender",
        "list",
        "programme",
        "reference",
        "topics",
    ]
    assert all(None not in row and None not in row.values() for row in rows)
    assert len({row["id"] for row in rows}) == len(rows)
    assert {row["list"] for row in rows} == {name.removesuffix(".csv")}


def test_what_a_caller_posts_for_a_person_is_complete_and_json():
    applicant, signals = CLEAN.applicant(), CLEAN.signals()
    assert applicant["date_of_birth"] == "1991-04-17"
    assert set(signals) == {
        *(f"loan.{name}" for name in ("amount", "tenure_months", "annual_rate", "vehicle_price", "vehicle_type")),
        *(f"bureau.{name}" for name in ("score", "dpd_90_plus_12m", "enquiries_6m", "no_hit")),
    }
    httpx.Request("POST", "http://x.example", json={"applicant": applicant, "signals": signals})


@pytest.mark.parametrize("identity", ALL, ids=lambda identity: identity.key)
def test_every_person_can_be_drawn_on_a_card(identity):
    from connectors.sandbox.specimens.person import Person

    assert Person(**identity.card()).pan == identity.pan


def test_the_pan_provider_takes_at_most_five_numbers(http):
    row = {"pan": CLEAN.pan, "name": CLEAN.name, "fathername": "", "dob": "17/04/1991"}
    for rows, code in (([], "5"), ([row] * 5, "1"), ([row] * 6, "7")):
        assert http.post("/panverification/v1/en", json={"inputData": rows}).json()["response_Code"] == code


def test_the_pan_provider_answers_the_same_question_the_same_way(http):
    row = {"pan": CLEAN.pan, "name": "Asha  Verma", "fathername": "RAMESH VERMA", "dob": "17/04/1991"}
    answers = [http.post("/panverification/v1/en", json={"inputData": [row]}).json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0]["outputData"][0] | {"pan": ""} == {
        "pan": "",
        "pan_status": "E",
        "name": "Y",
        "fathername": "Y",
        "dob": "Y",
        "seeding_status": "Y",
    }


def test_an_unknown_fault_is_said_to_be_unknown(http):
    answer = http.post("/webhooks/box", headers={"x-sandbox-fault": "explode"}, content=b"x")
    assert answer.status_code == 400
    assert "timeout" in answer.json()["detail"]


def test_no_body_over_the_limit_is_taken(http):
    for path in ("/webhooks/large", "/sms/v1/messages"):
        assert http.post(path, content=b"x" * 300_000).status_code == 413
    streamed = http.post("/webhooks/large", content=(b"x" * 65_536 for _ in range(8)))
    assert streamed.status_code == 413
    assert http.get("/webhooks/large").json() == []


def test_its_memory_is_bounded_and_the_oldest_goes_first(http):
    for number in range(25):
        http.post("/webhooks/bounded", content=str(number).encode())
    kept = [delivery["body"] for delivery in http.get("/webhooks/bounded").json()]
    assert kept == [str(number) for number in range(5, 25)]
    http.delete("/webhooks/bounded")
    assert http.get("/webhooks/bounded").json() == []


def test_the_number_of_inboxes_is_bounded(serve):
    with (
        serve(SandboxSettings(inboxes=2, latency_ms=1)) as address,
        httpx.Client(base_url=address, trust_env=False) as http,
    ):
        for inbox in ("a", "b", "c"):
            http.post(f"/webhooks/{inbox}", content=b"x")
        assert [len(http.get(f"/webhooks/{inbox}").json()) for inbox in ("a", "b", "c")] == [0, 1, 1]


def test_it_shows_the_mail_that_the_file_mailer_wrote(serve, tmp_path):
    mail = Mail(key="m1", to="asha.verma@example.com", subject="In", text="Hello", sent_at=datetime.now(UTC))
    FileMailer(tmp_path, "verdict@example.org").send(mail)
    with (
        serve(SandboxSettings(mail_folder=tmp_path)) as address,
        httpx.Client(base_url=address, trust_env=False) as http,
    ):
        (shown,) = http.get("/mail").json()
        assert (shown["to"], shown["subject"]) == ("asha.verma@example.com", "In")
        assert "Hello" in http.get(f"/mail/{shown['name']}").text
        assert http.get("/mail/" + "0" * 32).status_code == 404
        assert http.get("/mail/..%2Fsecret").status_code in {404, 422}


def test_without_a_mail_folder_there_is_no_mail(serve):
    with serve(SandboxSettings()) as address:
        assert httpx.get(f"{address}/mail", trust_env=False).status_code == 404


def test_it_lists_its_people_and_lives(http):
    assert http.get("/health/live").json() == {"status": "ok"}
    people = http.get("/identities").json()
    assert {person["pan"] for person in people} == set(BY_PAN)


@pytest.mark.parametrize("change", [{"hang_s": 0}, {"kept": 0}, {"latency_ms": -1}, {"max_body_bytes": 0}])
def test_a_limit_that_would_not_limit_is_refused(change):
    with pytest.raises(ValueError, match="limits"):
        SandboxSettings(**change)


@pytest.mark.parametrize("person", DEMO, ids=lambda person: person.key)
def test_the_provider_knows_a_demo_applicants_namesake_as_another_person_of_the_same_name(person) -> None:
    other = namesake(person, "0042")
    assert other.pan != person.pan
    assert (other.email, other.phone) != (person.email, person.phone)
    assert holder(other.pan) == person
    assert holder(person.pan[:5] + "0000" + person.pan[9]) is None
    assert holder("ZXABC1234Z") is None
