"""The three roads of the auto-loan pack on real pictures: OCR, faces, PAN provider and lists all really run."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from connectors.sandbox.identities import CLEAN, LISTED, NAME_DIFFERS, Identity
from connectors.sandbox.specimens import Person, aadhaar_card, pan_card, selfie
from service import cases
from service.applications import add_document, submit
from service.identity.actor import system
from service.packs import seed

pytestmark = [pytest.mark.stack, pytest.mark.slow]
PACK = Path(__file__).resolve().parents[3] / "rules" / "auto_loan_in"


@pytest.fixture
def loan_desk(desk):
    seed(desk.tenant, PACK)
    desk.use_lists()
    return desk


def walked(desk, who: Identity, *, cards: bool = True) -> dict:
    """The application of `who` from creation to decision, with specimen pictures."""
    made = desk.create(who, f"L-{who.key}", pack="auto_loan_in", signals=who.signals())
    if cards:
        person = Person(**who.card())
        for kind, content in (
            ("pan_card", pan_card(person, 1)),
            ("address_proof", aadhaar_card(person, 2)),
            ("selfie", selfie(3)),
        ):
            add_document(desk.caller, made["id"], kind, content)
    submit(desk.caller, made["id"])
    return desk.decided(made["id"])


def fired(done: dict) -> list[str]:
    return [reason["rule"] for reason in done["decision"]["reasons"]]


def test_a_clean_applicant_is_approved(loan_desk) -> None:
    done = walked(loan_desk, CLEAN)
    assert done["status"] == "approved", (fired(done), done["decision"]["unknowns"], loan_desk.signals(done["id"]))
    assert done["decision"]["unknowns"] == []
    assert done["decision"]["route"] is None


def test_a_name_that_differs_at_the_provider_goes_to_an_officer(loan_desk) -> None:
    done = walked(loan_desk, NAME_DIFFERS)
    assert done["status"] == "in_review"
    assert done["decision"]["route"]["queue"] == "kyc_review"


def test_a_listed_person_goes_to_enhanced_due_diligence_with_four_eyes(loan_desk) -> None:
    done = walked(loan_desk, LISTED)
    assert done["status"] == "in_review"
    assert (done["decision"]["route"]["queue"], done["decision"]["route"]["four_eyes"]) == ("edd", True)
    assert not any(
        "list" in text.lower() or "sanction" in text.lower() for text in done["decision"]["customer_reasons"]
    )


def test_without_documents_the_applicant_is_reviewed_and_never_approved(loan_desk) -> None:
    done = walked(loan_desk, CLEAN, cards=False)
    assert done["status"] == "in_review"
    assert loan_desk.signals(done["id"])["face.match_score"]["missing"] == "not_provided"
    page = cases.get(system(loan_desk.tenant), done["decision"]["case"]["id"])
    shown = {signal["name"]: signal for signal in page["signals"]}
    assert (shown["face.match_score"]["value"], shown["face.match_score"]["missing"]) == (None, "not_provided")


def test_an_earlier_application_of_the_same_person_is_a_fact_of_the_next(loan_desk) -> None:
    walked(loan_desk, CLEAN, cards=False)
    from sqlmodel import select

    from service.applications.facts import prior_facts
    from service.db import unit
    from service.tables import Applicant, Application, utc_now

    made = loan_desk.create(CLEAN, "L-next", pack="auto_loan_in", signals=CLEAN.signals())
    with unit(loan_desk.tenant) as session:
        row = session.exec(select(Application).where(Application.id == made["id"])).one()
        facts = prior_facts(
            session, row, session.get_one(Applicant, row.applicant_id), utc_now() + timedelta(days=3)
        ).value
    assert [(fact["reference"], fact["status"], fact["days_ago"]) for fact in facts] == [("L-clean", "in_review", 3)]
