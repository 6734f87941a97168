import io
from datetime import date

import numpy as np
import pytest
from PIL import Image

from connectors.sandbox.specimens import Person, aadhaar_card, pan_card, selfie, utility_bill


@pytest.fixture(scope="module")
def pictures(asha):
    return [
        pan_card(asha, 1),
        aadhaar_card(asha, 1),
        utility_bill(asha, date(2026, 5, 5), 1),
        selfie(1),
        selfie(1, other=True),
    ]


def segments(data):
    """The marker segments of a JPEG before its first scan: [(marker, body)]."""
    found, at = [], 2
    while data[at + 1] != 0xDA:
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        found.append((data[at + 1], data[at + 4 : at + 2 + size]))
        at += 2 + size
    return found


def test_no_value_passes_but_through_the_pixels(pictures, asha):
    coding = {0xDB, 0xC0, 0xC2, 0xC4, 0xDD}  # tables and frame; neither EXIF, profile nor comment
    for data in pictures:
        markers = segments(data)
        assert {marker for marker, _ in markers} <= coding | {0xE0}
        assert all(body.startswith(b"JFIF\0") and len(body) == 14 for marker, body in markers if marker == 0xE0)
        for secret in (asha.pan, asha.name, asha.father_name, asha.name.upper()):
            assert secret.encode() not in data


def test_the_same_seed_gives_the_same_picture_and_another_seed_another(asha):
    assert pan_card(asha, 3) == pan_card(asha, 3)
    assert pan_card(asha, 3) != pan_card(asha, 4)
    assert selfie(3) != selfie(4)


def test_pictures_look_like_photographs_of_cards_and_people(pictures):
    sizes = [Image.open(io.BytesIO(data)).size for data in pictures]
    assert sizes[0][0] > sizes[0][1]
    assert sizes[2][0] < sizes[2][1]
    assert all(np.asarray(Image.open(io.BytesIO(data))).std() > 20 for data in pictures)


@pytest.mark.parametrize(
    ("field", "value"), [("pan", "ABCDE1234F"), ("pan", "short"), ("aadhaar_last4", "999941057058")]
)
def test_a_person_with_an_impossible_number_is_refused(field, value):
    facts = {
        "name": "A B", "father_name": "C B", "date_of_birth": date(1990, 1, 1), "gender": "F", "address": "x",
        "pan": "AAAPV1234K", "aadhaar_last4": "1234",
    }  # fmt: skip
    with pytest.raises(ValueError, match="specimen"):
        Person(**(facts | {field: value}))
