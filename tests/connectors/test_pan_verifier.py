"""The contract of PanVerifier, run against the sandbox over real HTTP, and what each fault becomes."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import ConnectorError, GarbageAnswer, ProviderRefused, RetryLater
from connectors.http import ProviderClient
from connectors.pan import PAN_SIGNALS, PAN_STATUSES, PROVIDER_SIGNALS, PanQuery, ProteanPanVerifier, unverified
from connectors.sandbox.identities import BY_FAULT, BY_KEY, BY_STATUS, CLEAN, DEMO, NAME_DIFFERS, Identity
from connectors.sandbox.settings import SandboxSettings
from connectors.settings import ProviderSettings
from connectors.wire import Reply
from engine.signal import Missing, Reason

NOW = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)


def _query(identity: Identity) -> PanQuery:
    return PanQuery(identity.pan, identity.name, identity.date_of_birth, identity.father_name)


def _values(finding):
    return {signal.name: signal.value for signal in finding.signals}


@pytest.fixture
def verifier(sandbox, client_of):
    """Every implementation of PanVerifier belongs here; today there is one."""
    return ProteanPanVerifier(client_of(sandbox), now=lambda: NOW)


def test_a_clean_person_is_confirmed_in_everything(verifier):
    finding = verifier.verify(_query(CLEAN))
    assert _values(finding) == {
        "pan.format_valid": True,
        "pan.holder_type": "P",
        "pan.status": "E",
        "pan.name_match": True,
        "pan.dob_match": True,
        "pan.seeding": "Y",
    }
    assert {(signal.source, signal.observed_at) for signal in finding.signals} == {("pan_verification", NOW)}


def test_the_evidence_is_the_question_and_the_raw_answer_as_json(verifier):
    evidence = json.loads(json.dumps(verifier.verify(_query(CLEAN)).evidence))
    assert evidence["request"]["dob"] == "17/04/1991"
    assert evidence["answer"]["outputData"][0]["pan_status"] == "E"


def test_another_name_at_the_provider_is_a_mismatch_and_nothing_else(verifier):
    values = _values(verifier.verify(_query(NAME_DIFFERS)))
    assert values["pan.name_match"] is False
    assert values["pan.dob_match"] is True
    assert values["pan.status"] == "E"


def test_another_birthday_is_a_mismatch(verifier):
    query = PanQuery(CLEAN.pan, CLEAN.name, date(1990, 4, 17))
    assert _values(verifier.verify(query))["pan.dob_match"] is False


@pytest.mark.parametrize("identity", [*DEMO, *BY_STATUS], ids=lambda identity: identity.key)
def test_every_person_gets_all_signals_and_the_status_on_file(verifier, identity):
    finding = verifier.verify(_query(identity))
    assert tuple(signal.name for signal in finding.signals) == PAN_SIGNALS
    assert _values(finding)["pan.status"] == identity.pan_status


def test_there_is_a_person_for_every_published_status():
    assert {identity.pan_status for identity in (*DEMO, *BY_STATUS)} == PAN_STATUSES


@pytest.mark.parametrize("key", ["pan_n", "pan_x", "pan_f", "pan_d"])
def test_blank_flags_of_an_invalid_number_are_unknown_and_never_a_default(verifier, key):
    values = _values(verifier.verify(_query(BY_KEY[key])))
    for name in ("pan.name_match", "pan.dob_match", "pan.seeding"):
        assert values[name] == Missing(Reason.NOT_FOUND, values[name].detail)


def test_a_number_the_provider_never_heard_of_is_not_found(verifier):
    values = _values(verifier.verify(PanQuery("ZXAPB0001Z", "SOMEBODY ELSE", date(1990, 1, 1))))
    assert values["pan.status"] == "N"


@pytest.mark.parametrize(("key", "seeding"), [("pan_seeding_r", "R"), ("pan_seeding_na", "NA"), ("clean", "Y")])
def test_the_aadhaar_seeding_comes_through(verifier, key, seeding):
    assert _values(verifier.verify(_query(BY_KEY[key])))["pan.seeding"] == seeding


@pytest.mark.parametrize("spelling", ["zxkpv4271m", " ZXKPV4271M ", "ZXKPV-4271-M"])
def test_the_number_is_sent_in_its_plain_form(verifier, spelling):
    assert _values(verifier.verify(PanQuery(spelling, CLEAN.name, CLEAN.date_of_birth)))["pan.status"] == "E"


@pytest.mark.parametrize("pan", ["", "ABCDE1234F", "ZXKPV0000M", "ZXKPV4271", "ZXKPV42711", "ZXKPV4271M7"])
def test_a_malformed_number_is_said_to_be_so_and_never_sent(scripted, reply, pan):
    client, wire = scripted(reply())
    query = PanQuery(pan, CLEAN.name, CLEAN.date_of_birth)
    values = _values(ProteanPanVerifier(client).verify(query))
    assert values.pop("pan.format_valid") is False
    assert set(values) == set(PAN_SIGNALS) - {"pan.format_valid"}
    assert {value.reason for value in values.values()} == {Reason.NOT_EXECUTED}
    assert wire.requests == []


def test_a_malformed_number_stays_malformed_when_the_provider_failed():
    values = _values(unverified(PanQuery("ABCDE1234F", "A B", date(1990, 1, 1)), RetryLater("pan_registry", "down")))
    assert values["pan.format_valid"] is False
    assert values["pan.status"].reason is Reason.NOT_EXECUTED


FAULTS = {
    "timeout": (RetryLater, Reason.TIMED_OUT),
    "500": (RetryLater, Reason.PROVIDER_DOWN),
    "429": (RetryLater, Reason.PROVIDER_DOWN),
    "garbage": (GarbageAnswer, Reason.FAILED),
    "shape": (GarbageAnswer, Reason.FAILED),
    "oversize": (GarbageAnswer, Reason.FAILED),
    "refuse": (ProviderRefused, Reason.PROVIDER_REFUSED),
}


@pytest.mark.parametrize(
    "identity", [person for person in BY_FAULT if person.fault != "slow"], ids=lambda person: person.key
)
def test_each_fault_is_the_right_error_and_the_right_unknown(sandbox, client_of, identity):
    hasty = client_of(sandbox, attempt_timeout_s=0.3 if identity.fault == "timeout" else 8.0)
    kind, reason = FAULTS[identity.fault.value]
    with pytest.raises(ConnectorError) as error:
        ProteanPanVerifier(hasty).verify(_query(identity))
    assert type(error.value) is kind
    values = _values(unverified(_query(identity), error.value))
    assert (values["pan.format_valid"], values["pan.holder_type"]) == (True, "P")
    assert {values[name].reason for name in PROVIDER_SIGNALS} == {reason}
    assert identity.pan not in str(error.value)


def test_a_slow_answer_is_still_an_answer(verifier):
    assert _values(verifier.verify(_query(BY_KEY["pan_slow"])))["pan.status"] == "E"


def test_a_fault_may_also_be_asked_for_by_header(sandbox, client_of):
    client = client_of(sandbox, headers={"X-Sandbox-Fault": "refuse"})
    with pytest.raises(ProviderRefused):
        ProteanPanVerifier(client).verify(_query(CLEAN))


def test_wrong_credentials_are_a_refusal(serve, client_of):
    with serve(SandboxSettings(api_key="right")) as address:
        with pytest.raises(ProviderRefused) as error:
            ProteanPanVerifier(client_of(address, headers={"Authorization": "Bearer wrong"})).verify(_query(CLEAN))
        assert error.value.status == 401
        good = client_of(address, headers={"Authorization": "Bearer right"})
        assert _values(ProteanPanVerifier(good).verify(_query(CLEAN)))["pan.status"] == "E"


def _answering(scripted, reply, code="1", rows=None, **changes):
    row = {"pan": CLEAN.pan, "pan_status": "E", "name": "Y", "fathername": "", "dob": "Y", "seeding_status": "Y"}
    body = {"response_Code": code, "outputData": [row | changes] if rows is None else rows}
    client, _ = scripted(reply(json.dumps(body).encode()), attempts=1)
    return ProteanPanVerifier(client)


@pytest.mark.parametrize(
    ("change", "signal", "reason"),
    [
        ({"pan_status": "Z"}, "pan.status", Reason.FAILED),
        ({"pan_status": ""}, "pan.status", Reason.NOT_FOUND),
        ({"name": "MAYBE"}, "pan.name_match", Reason.FAILED),
        ({"name": ""}, "pan.name_match", Reason.NOT_FOUND),
        ({"dob": "1"}, "pan.dob_match", Reason.FAILED),
        ({"seeding_status": "N"}, "pan.seeding", Reason.FAILED),
    ],
)
def test_a_code_outside_the_published_list_is_unknown_with_its_reason(scripted, reply, change, signal, reason):
    values = _values(_answering(scripted, reply, **change).verify(_query(CLEAN)))
    assert values[signal].reason is reason
    assert sum(isinstance(value, Missing) for value in values.values()) == 1


@pytest.mark.parametrize(
    ("code", "kind"),
    [("2", RetryLater), ("11", RetryLater), ("3", ProviderRefused), ("21", ProviderRefused), ("99", GarbageAnswer)],
)
def test_the_response_code_says_whose_fault_it_is(scripted, reply, code, kind):
    with pytest.raises(kind):
        _answering(scripted, reply, code=code, rows=[]).verify(_query(CLEAN))


@pytest.mark.parametrize(
    "shape",
    [{"pan": "ZXAPB0001Z"}, {"pan": None}, {"name": True}, {"dob": 1}, {"pan_status": ["E"]}, {"name": "Y" * 500}],
)
def test_an_answer_of_another_shape_or_about_another_number_is_garbage(scripted, reply, shape):
    with pytest.raises(GarbageAnswer) as error:
        _answering(scripted, reply, **shape).verify(_query(CLEAN))
    assert CLEAN.pan not in str(error.value)


@pytest.mark.parametrize("rows", [[], None])
def test_no_row_or_two_rows_for_one_number_is_garbage(scripted, reply, rows):
    row = {"pan": CLEAN.pan, "pan_status": "E", "name": "Y", "fathername": "", "dob": "Y", "seeding_status": "Y"}
    with pytest.raises(GarbageAnswer):
        _answering(scripted, reply, rows=[row, row] if rows is None else rows).verify(_query(CLEAN))


def test_a_query_does_not_show_itself(verifier):
    assert CLEAN.pan not in repr(_query(CLEAN))
    assert CLEAN.name not in repr(_query(CLEAN))


_text = st.text(max_size=4) | st.sampled_from(["Y", "N", "E", "R", "NA", "ED", ""])


@given(st.fixed_dictionaries(dict.fromkeys(("pan_status", "name", "dob", "seeding_status"), _text)))
def test_whatever_the_provider_writes_a_signal_is_in_its_vocabulary_or_missing(row):
    class Says:
        def exchange(self, request, *, deadline, connect_timeout_s, max_bytes):
            body = {"response_Code": "1", "outputData": [{"pan": CLEAN.pan, "fathername": "", **row}]}
            return Reply(200, {"content-type": "application/json"}, json.dumps(body).encode())

        def close(self):
            pass

    client = ProviderClient(ProviderSettings(name="p", base_url="http://127.0.0.1:9"), wire=Says())
    values = _values(ProteanPanVerifier(client).verify(_query(CLEAN)))
    allowed = {
        "pan.status": PAN_STATUSES,
        "pan.name_match": {True, False},
        "pan.dob_match": {True, False},
        "pan.seeding": {"Y", "R", "NA"},
    }
    for name, vocabulary in allowed.items():
        assert isinstance(values[name], Missing) or values[name] in vocabulary
    assert (values["pan.name_match"] is True) == (row["name"].strip().upper() == "Y")
