"""Templates on lines as a reader would hand them over: prints that the specimen generator does not draw."""

import math

import numpy as np
import pytest
from pydantic import ValidationError

from ml.documents.fields import read_fields
from ml.documents.layout import Layout, slant_degrees
from ml.documents.template import Template, templates
from ml.documents.zone import find_zone
from ml.geometry import Box
from ml.ocr import TextLine


def page(*rows, height=30, tilt=0.0):
    """Lines from (x, y, text); `tilt` turns the whole page by degrees."""
    angle = math.radians(tilt)
    turn = np.array([[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0], [0, 0, 1]])
    return [TextLine(text, 0.99, Box.upright(x, y, x + 16 * len(text), y + height).mapped(turn)) for x, y, text in rows]


def values(kind, lines):
    return {name: found.value for name, found in read_fields(Layout(lines), templates()[kind]).items()}


OLD_PAN = (
    (40, 20, "INCOME TAX DEPARTMENT"), (700, 20, "GOVT. OF INDIA"), (40, 120, "MEERA IYER"), (40, 180, "S SUBRAMANIAN"),
    (40, 240, "31/01/2001"), (40, 320, "Permanent Account Number"), (40, 370, "COOPI5080Z"), (60, 470, "Signature"),
)  # fmt: skip


def test_an_old_pan_card_without_labels_is_read_by_its_rows():
    assert values("pan_card", page(*OLD_PAN)) == {
        "number": "COOPI5080Z", "date_of_birth": "2001-01-31", "name": "MEERA IYER", "father_name": "S SUBRAMANIAN",
    }  # fmt: skip


@pytest.mark.parametrize("tilt", [-6, -3, 3, 6])
def test_rows_stay_rows_on_a_tilted_page(tilt):
    assert values("pan_card", page(*OLD_PAN, tilt=tilt)) == values("pan_card", page(*OLD_PAN))
    assert slant_degrees(page(*OLD_PAN, tilt=tilt)) == pytest.approx(tilt, abs=0.1)


def test_where_labels_are_printed_a_value_without_its_own_label_is_not_taken_for_another():
    lines = page(
        (40, 120, "Father's Name"), (40, 160, "S SUBRAMANIAN"), (40, 220, "Date of Birth"), (40, 260, "31/01/2001")
    )
    assert values("pan_card", lines) == {"date_of_birth": "2001-01-31", "father_name": "S SUBRAMANIAN"}


def test_a_name_whose_own_label_is_lost_is_found_above_the_next_label():
    lines = page((40, 160, "MEERA IYER"), (40, 210, "Father's Name"), (40, 250, "S SUBRAMANIAN"))
    assert values("pan_card", lines) == {"name": "MEERA IYER", "father_name": "S SUBRAMANIAN"}


def test_a_bilingual_label_counts_from_its_slash():
    lines = page(
        (40, 120, "AIH / Name"), (40, 160, "NAMEETA SHAH"), (40, 260, "fuat/ Father's Name"), (40, 300, "OM SHAH")
    )
    assert values("pan_card", lines) == {"name": "NAMEETA SHAH", "father_name": "OM SHAH"}


def test_look_alike_characters_in_a_pan_are_told_apart_by_place_and_cost_confidence():
    found = read_fields(Layout(page((40, 40, "C0OPI5O80Z"))), templates()["pan_card"])
    assert found["number"].value == "COOPI5080Z"
    assert found["number"].repaired
    assert found["number"].confidence < 0.9


@pytest.mark.parametrize("text", ["GOVTOFINDI", "1234567890", "SPECIMENXX", "COOPI50800Z", "COOPI508Z"])
def test_what_has_not_the_form_of_a_pan_is_none(text):
    assert "number" not in values("pan_card", page((40, 40, text)))


def test_a_watermark_across_the_print_is_left_out():
    lines = [*page(*OLD_PAN), *page((60, 140, "SPECIMEN SPECIMEN"), tilt=18)]
    assert all("SPECIMEN" not in line.text for line in Layout(lines).lines)


def test_a_driving_licence_is_read():
    lines = page(
        (40, 20, "INDIAN UNION DRIVING LICENCE"), (40, 80, "DL No. : MH12 20150012345"), (40, 140, "Name : ROHAN KULKARNI"),
        (40, 200, "DOB : 14-02-1991"), (40, 260, "Valid Till : 13-02-2041"), (40, 320, "Address: 9 Shivaji Road,"),
        (40, 356, "Pune, Maharashtra 411004"),
    )  # fmt: skip
    assert values("driving_licence", lines) == {
        "number": "MH1220150012345", "name": "ROHAN KULKARNI", "date_of_birth": "1991-02-14",
        "expiry_date": "2041-02-13", "address": "9 Shivaji Road, Pune, Maharashtra 411004",
    }  # fmt: skip


def test_a_voter_card_is_read():
    lines = page(
        (40, 20, "ELECTION COMMISSION OF INDIA"), (40, 80, "ABC1234567"), (40, 140, "Elector's Name : Rohan Kulkarni"),
        (40, 200, "Sex : Male"), (40, 260, "Date of Birth : 14/02/1991"),
    )  # fmt: skip
    assert values("voter_id", lines) == {
        "number": "ABC1234567", "name": "Rohan Kulkarni", "date_of_birth": "1991-02-14", "gender": "M",
    }  # fmt: skip


def test_an_address_ends_before_the_next_label_and_the_number():
    lines = page((40, 40, "Address: 4 Hill View"), (40, 80, "Shimla"), (40, 120, "XXXX XXXX 1234"))
    assert values("aadhaar", lines)["address"] == "4 Hill View Shimla"


def test_fillers_miscounted_by_the_reader_are_set_to_length():
    lines = page(
        (10, 300, "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<"), (10, 350, "L898902C36UTO7408122F1204159ZE184226B<<<<10")
    )
    zone, used = find_zone(Layout(lines).lines)
    assert zone.valid
    assert len(used) == 2


def test_a_look_alike_in_a_zone_is_exchanged_only_if_every_check_digit_then_holds():
    first = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
    repaired, _ = find_zone(
        Layout(page((10, 300, first), (10, 350, "L8989O2C36UTO74O8122F12O4159ZE184226B<<<<<10"))).lines
    )
    assert repaired.valid
    assert "exchanged" in repaired.notes[-1]
    broken, _ = find_zone(
        Layout(page((10, 300, first), (10, 350, "L898902C36UTO7408122F1204159ZE184226B<<<<<11"))).lines
    )
    assert not broken.valid
    assert not broken.checks["composite"]


def test_lines_without_a_holding_check_digit_are_no_zone():
    assert (
        find_zone(Layout(page((10, 300, "MRZ<LINE<1".ljust(44, "<")), (10, 350, "MRZ<LINE<2".ljust(44, "<")))).lines)
        is None
    )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ([{"name": "a", "type": "name", "find": [{"above": "b"}]}], "not read before"),
        ([{"name": "a", "type": "name", "find": [{}]}], "exactly one"),
        ([{"name": "a", "type": "nmae", "find": [{"labelled": ["Name"]}]}], "Input should be"),
        ([{"name": "a", "type": "name", "find": [{"labelled": ["Name"], "colour": "red"}]}], "Extra inputs"),
    ],
)
def test_a_malformed_template_does_not_load(fields, message):
    with pytest.raises(ValidationError, match=message):
        Template.model_validate({"kind": "pan_card", "anchors": ["X"], "minimum_anchors": 1, "fields": fields})
