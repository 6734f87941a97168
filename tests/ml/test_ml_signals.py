import json
from datetime import date

import numpy as np
import pytest

from connectors.sandbox.specimens import aadhaar_card, pan_card, selfie, utility_bill
from engine.signal import Missing, Reason
from ml.documents import DocumentReader
from ml.errors import NotExecuted
from ml.signals import (
    ADDRESS_DOCUMENT_SIGNALS,
    FACE_SIGNALS,
    PAN_CARD_SIGNALS,
    address_document_finding,
    face_finding,
    pan_card_finding,
)

AS_OF = date(2026, 6, 1)


@pytest.fixture(scope="module")
def declared(asha):
    return {
        "applicant.pan": asha.pan,
        "applicant.name": asha.name,
        "applicant.date_of_birth": asha.date_of_birth,
        "applicant.address": asha.address,
    }


@pytest.fixture(scope="module")
def readings(text, dlib_faces, asha, encoded):
    reader = DocumentReader(text, dlib_faces)
    return {
        "pan": reader.read(pan_card(asha, 41)),
        "aadhaar": reader.read(aadhaar_card(asha, 41)),
        "shown": reader.read(aadhaar_card(asha, 41, number="9999 4105 7058")),
        "bill": reader.read(utility_bill(asha, date(2026, 5, 2), 41)),
        "blank": reader.read(encoded(np.full((600, 900, 3), 200, np.uint8))),
    }


def values(finding):
    return {signal.name: signal.value for signal in finding.signals}


def reasons(finding):
    return {name: value.reason for name, value in values(finding).items() if isinstance(value, Missing)}


def test_a_card_that_says_what_was_declared_matches(readings, declared):
    finding = pan_card_finding(readings["pan"], declared)
    found = values(finding)
    assert tuple(found) == PAN_CARD_SIGNALS
    assert found["pan_card.is_pan_card"] is True
    assert found["pan_card.number_match"] is True
    assert found["pan_card.dob_match"] is True
    assert found["pan_card.name_similarity"] == 1
    assert 0.8 < found["pan_card.ocr_confidence"] <= 1
    assert 0.8 < found["pan_card.quality"] <= 1
    assert json.dumps(finding.evidence)


def test_a_card_that_says_something_else_does_not_match(readings, declared):
    other = declared | {
        "applicant.pan": "BBBPS9999Z",
        "applicant.name": "Vikram Rathore",
        "applicant.date_of_birth": "1980-01-01",
    }
    found = values(pan_card_finding(readings["pan"], other))
    assert found["pan_card.number_match"] is False
    assert found["pan_card.dob_match"] is False
    assert found["pan_card.name_similarity"] < 0.5


def test_what_was_not_read_is_missing_and_never_false(readings, declared):
    finding = pan_card_finding(readings["blank"], declared)
    assert values(finding)["pan_card.is_pan_card"] is False
    assert reasons(finding) == dict.fromkeys(
        ("pan_card.number_match", "pan_card.name_similarity", "pan_card.dob_match", "pan_card.ocr_confidence"),
        Reason.NOT_READABLE,
    )


def test_what_was_not_declared_is_missing_and_never_false(readings):
    assert reasons(pan_card_finding(readings["pan"], {})) == dict.fromkeys(
        ("pan_card.number_match", "pan_card.name_similarity", "pan_card.dob_match"), Reason.NOT_PROVIDED
    )


def test_an_aadhaar_proves_name_birth_and_address_and_keeps_only_four_digits(readings, declared, asha):
    found = values(address_document_finding(readings["aadhaar"], declared, AS_OF))
    assert tuple(found) == ADDRESS_DOCUMENT_SIGNALS
    assert found["address_document.kind"] == "aadhaar"
    assert found["address_document.address_similarity"] == 1
    assert found["address_document.dob_match"] is True
    assert found["aadhaar.last4"] == asha.aadhaar_last4
    assert found["aadhaar.number_masked"] is True
    assert found["address_document.expiry_date"] == Missing(
        Reason.NOT_PROVIDED, "a document of kind aadhaar prints no expiry_date"
    )


def test_an_unmasked_aadhaar_is_reported(readings, declared):
    finding = address_document_finding(readings["shown"], declared, AS_OF)
    assert values(finding)["aadhaar.number_masked"] is False
    assert "4105" not in json.dumps(finding.evidence)


def test_a_bill_has_an_age_and_no_date_of_birth(readings, declared):
    finding = address_document_finding(readings["bill"], declared, AS_OF)
    found = values(finding)
    assert found["address_document.kind"] == "utility_bill"
    assert found["address_document.issue_age_days"] == 30
    assert found["address_document.name_similarity"] == 1
    missing = reasons(finding)
    assert missing["address_document.dob_match"] is Reason.NOT_PROVIDED
    assert missing["aadhaar.last4"] is Reason.NOT_PROVIDED


def test_a_pan_card_is_no_proof_of_address(readings, declared):
    found = values(address_document_finding(readings["pan"], declared, AS_OF))
    assert found["address_document.kind"] == "other"


def test_faces_yield_a_score_or_a_reason(asha, dlib_faces, encoded):
    card = pan_card(asha, 41)
    same = values(face_finding(card, selfie(7), engine=dlib_faces))
    assert tuple(same) == FACE_SIGNALS
    assert same["face.match_score"] >= 0.6
    assert same["face.selfie_faces"] == 1
    assert same["face.portrait_found"] is True
    blank = encoded(np.full((600, 900, 3), 200, np.uint8))
    finding = face_finding(card, blank, engine=dlib_faces)
    assert values(finding)["face.selfie_faces"] == 0
    assert reasons(finding) == {"face.match_score": Reason.NOT_READABLE, "face.selfie_quality": Reason.NOT_READABLE}


def test_biometric_templates_are_never_evidence(asha, dlib_faces):
    evidence = json.dumps(face_finding(pan_card(asha, 41), selfie(7), engine=dlib_faces).evidence)
    assert "embedding" not in evidence
    assert len(evidence) < 3000


def test_a_model_that_cannot_run_makes_every_signal_not_executed(asha):
    class Absent:
        model_id = "absent"

        def largest(self, picture):
            raise NotExecuted("the weights are not here")

    finding = face_finding(selfie(1), selfie(2), engine=Absent())
    assert reasons(finding) == dict.fromkeys(FACE_SIGNALS, Reason.NOT_EXECUTED)
