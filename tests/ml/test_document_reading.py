import io
import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from PIL import Image

from connectors.sandbox.specimens import FLAT, PHOTO, POOR, Person, aadhaar_card, pan_card, utility_bill
from ml.documents import DocumentReader, drawn, masked, read_document, reading_evidence
from ml.images import load_image

PEOPLE = [
    Person(name="Vikram Singh Rathore", father_name="Mahendra Singh Rathore", date_of_birth=date(1978, 11, 2), gender="M",
           address="Plot 7, Sector 21, Dwarka, New Delhi 110075", pan="BQXPR0417L", aadhaar_last4="0098"),
    Person(name="Meera Iyer", father_name="S Subramanian", date_of_birth=date(2001, 1, 31), gender="F",
           address="4/118 Gandhi Street, T Nagar, Chennai, Tamil Nadu 600017", pan="COOPI5080Z", aadhaar_last4="7310"),
    Person(name="Joseph D'Souza", father_name="Anthony D'Souza", date_of_birth=date(1965, 7, 9), gender="M",
           address="Casa Rosa, 22 Rua de Ourem, Panjim, Goa 403001", pan="AIOPD1109S", aadhaar_last4="5566"),
]  # fmt: skip


@pytest.fixture(scope="module")
def reader(text, dlib_faces):
    return DocumentReader(text, dlib_faces)


@pytest.mark.parametrize("seed", [11, 12])
@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.name)
def test_every_field_of_a_photographed_pan_card_is_read_exactly(reader, person, seed):
    reading = reader.read(pan_card(person, seed))
    assert reading.kind == "pan_card"
    assert {name: entry.value for name, entry in reading.fields.items()} == {
        "number": person.pan,
        "name": person.name.upper(),
        "father_name": person.father_name.upper(),
        "date_of_birth": person.date_of_birth.isoformat(),
    }
    assert reading.checks["recognised"]
    assert reading.checks["pan_format"]
    assert all(entry.confidence > 0.8 for entry in reading.fields.values())


@pytest.mark.parametrize("seed", [21])
@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.name)
def test_every_field_of_a_photographed_aadhaar_card_is_read_exactly(reader, person, seed):
    reading = reader.read(aadhaar_card(person, seed))
    assert reading.kind == "aadhaar"
    assert {name: entry.value for name, entry in reading.fields.items()} == {
        "last4": person.aadhaar_last4,
        "number_masked": True,
        "name": person.name.title(),
        "date_of_birth": person.date_of_birth.isoformat(),
        "gender": person.gender,
        "address": person.address,
    }


@pytest.mark.parametrize("seed", [31])
@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.name)
def test_every_field_of_a_photographed_bill_is_read_exactly(reader, person, seed):
    reading = reader.read(utility_bill(person, date(2026, 4, 28), seed))
    assert reading.kind == "utility_bill"
    assert reading.text("name") == person.name.title()
    assert reading.text("issue_date") == "2026-04-28"
    assert reading.text("address") == person.address


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_photograph_is_read_like_an_upright_one(reader, asha, turns):
    reading = reader.read(pan_card(asha, 4, capture=replace(PHOTO, quarter_turns=turns)))
    assert reading.kind == "pan_card"
    assert reading.text("number") == asha.pan
    assert reading.text("name") == asha.name.upper()
    assert reading.text("date_of_birth") == asha.date_of_birth.isoformat()


def test_a_scan_without_a_desk_around_it_is_read(reader, asha):
    assert reader.read(pan_card(asha, 4, capture=FLAT)).text("number") == asha.pan


def test_boxes_lie_on_the_photograph_where_the_value_is(reader, asha, text):
    photograph = load_image(pan_card(asha, 6))
    box = reader.read_picture(photograph).fields["number"].box
    crop = photograph[int(box.top) - 6 : int(box.bottom) + 6, int(box.left) - 6 : int(box.right) + 6]
    assert any(line.text == asha.pan for line in text.read(crop, detail_px=320))


def test_the_portrait_is_found_at_the_left_of_the_card(reader, asha):
    reading = reader.read(pan_card(asha, 6))
    assert reading.portrait.centre[0] < reading.width_px / 2
    assert any(model.startswith("dlib") for model in reading.model_ids)


def test_a_poor_photograph_has_lower_quality_and_says_what_to_do(reader, asha):
    good, poor = reader.read(pan_card(asha, 6)), reader.read(pan_card(asha, 6, capture=POOR))
    assert poor.quality.score < good.quality.score
    assert poor.quality.complaints
    assert not good.quality.complaints


def test_an_unreadable_field_is_absent_and_never_guessed(reader, asha):
    photograph = load_image(pan_card(asha, 6)).copy()
    box = reader.read_picture(photograph).fields["date_of_birth"].box
    photograph[int(box.top) - 8 : int(box.bottom) + 8, int(box.left) - 8 : int(box.right) + 8] = 200
    reading = reader.read_picture(photograph)
    assert "date_of_birth" not in reading.fields
    assert reading.text("number") == asha.pan


@pytest.mark.parametrize("shown", ["9999 4105 7058", "999941057058", "9999 4105 7059"])
def test_a_whole_aadhaar_number_is_reported_and_never_kept(reader, asha, text, shown):
    data = aadhaar_card(asha, 3, number=shown)
    reading = reader.read(data)
    assert reading.fields["number_masked"].value is False
    assert reading.text("last4") == shown[-4:]
    kept = json.dumps(reading_evidence(reading)).replace(" ", "")
    assert "99994105" not in kept
    assert "4105" not in kept
    hidden = " ".join(line.text for line in text.read(load_image(masked(load_image(data), reading))))
    assert "4105" not in hidden
    assert shown[-4:] in hidden


def test_a_masked_card_needs_no_blackening(reader, asha):
    data = aadhaar_card(asha, 3)
    assert masked(load_image(data), reader.read(data)) is None


@pytest.mark.parametrize("tone", [0, 128, 255])
def test_an_empty_picture_is_of_no_kind_and_has_no_fields(reader, encoded, tone):
    reading = reader.read(encoded(np.full((600, 900, 3), tone, np.uint8)))
    assert (reading.kind, reading.fields, reading.confidence) == ("other", {}, None)
    assert not reading.checks["recognised"]


def test_a_document_said_to_be_a_pan_card_but_is_none_is_not_recognised(reader, asha):
    reading = reader.read(aadhaar_card(asha, 3), kind="pan_card")
    assert reading.kind == "pan_card"
    assert not reading.checks["recognised"]
    assert "number" not in reading.fields


def test_a_pdf_of_a_card_is_read_like_its_picture(reader, asha, encoded):
    card = Image.open(io.BytesIO(pan_card(asha, 8)))
    assert reader.read(encoded(card, "PDF")).text("number") == asha.pan


def test_evidence_is_json_and_carries_boxes_and_models(reader, asha):
    evidence = json.loads(json.dumps(reading_evidence(reader.read(pan_card(asha, 8)))))
    assert len(evidence["fields"]["number"]["box"]) == 4
    assert evidence["model_ids"]
    assert evidence["picture"]["width_px"] > 0


def test_the_drawn_picture_is_a_picture_of_the_same_size(reader, asha):
    photograph = load_image(pan_card(asha, 8))
    picture = load_image(drawn(photograph, reader.read_picture(photograph)))
    assert picture.shape == photograph.shape
    assert np.abs(picture.astype(int) - photograph.astype(int)).max() > 60


def test_a_path_is_enough(asha, tmp_path):
    file = tmp_path / "card.jpg"
    file.write_bytes(pan_card(asha, 9))
    assert read_document(file).text("number") == asha.pan


def test_published_passport_specimens_are_read_from_their_zone(public_data, reader):
    truth = json.loads((public_data / "cards" / "mrz_ground_truth.json").read_text(encoding="utf-8"))
    for name in ("td3.jpg", "100_pass-lux.jpg", "79_pass-hun.png"):
        reading = reader.read(public_data / "cards" / name, today=date(2026, 6, 1))
        number = truth[name][1][:9].rstrip("<")
        assert (reading.kind, reading.text("number")) == ("passport", number)
        assert reading.checks["mrz_valid"]
