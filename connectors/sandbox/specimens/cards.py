"""Specimen PAN card, Aadhaar card and electricity bill, laid out as the real ones are read.

Labels, order and places follow the printed documents because that is what a reader depends on; emblem, hologram and QR
code are left out and SPECIMEN is printed across. Each function returns a JPEG photograph; the same arguments give the
same bytes.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from connectors.sandbox.specimens.capture import PHOTO, Capture, photograph
from connectors.sandbox.specimens.drawing import FAINT, INK, font, guilloche, signature, watermark, wrap
from connectors.sandbox.specimens.person import Person
from connectors.sandbox.specimens.portrait import id_portrait

ID_1: Final = (1012, 638)  # 85.6 x 54 mm at 300 dots an inch
_PAPER: Final = (1000, 1414)  # A4 at about 121 dots an inch
_GENDERS: Final = {"M": "MALE", "F": "FEMALE", "X": "TRANSGENDER"}


def pan_card(person: Person, seed: int, *, capture: Capture = PHOTO) -> bytes:
    """A specimen Permanent Account Number card of `person`."""
    rng = np.random.default_rng([seed, 1])
    card = guilloche(ID_1, (206, 226, 238), rng)
    watermark(card, "SPECIMEN", (560, 350), 18)
    draw = ImageDraw.Draw(card)
    draw.text((48, 30), "INCOME TAX DEPARTMENT", fill=INK, font=font("Bold", 34))
    draw.text((964, 30), "GOVT. OF INDIA", fill=INK, font=font("Bold", 34), anchor="ra")
    draw.ellipse((500, 18, 566, 84), outline=FAINT, width=3)
    draw.text((533, 51), "TEST", fill=FAINT, font=font("Medium", 18), anchor="mm")
    draw.text((540, 128), "Permanent Account Number Card", fill=INK, font=font("Regular", 26), anchor="mm")
    draw.text((540, 178), person.pan, fill=INK, font=font("Bold", 42), anchor="mm")
    card.paste(id_portrait((200, 246)), (48, 110))
    rows = (
        ("Name", person.name),
        ("Father's Name", person.father_name),
        ("Date of Birth", person.date_of_birth.strftime("%d/%m/%Y")),
    )
    for top, (label, value) in zip((376, 456, 536), rows, strict=True):
        draw.text((48, top), label, fill=FAINT, font=font("Regular", 20))
        draw.text((48, top + 26), value.upper(), fill=INK, font=font("Medium", 30))
    signature(draw, (690, 560), 220, rng)
    draw.text((800, 590), "Signature", fill=FAINT, font=font("Regular", 20), anchor="ma")
    return photograph(card, capture, rng)


def aadhaar_card(person: Person, seed: int, *, number: str | None = None, capture: Capture = PHOTO) -> bytes:
    """A specimen Aadhaar card of `person` with the number masked but for its last four digits.

    `number` prints another text in its place, to try how a card that shows a whole (published test) number is treated.
    """
    rng = np.random.default_rng([seed, 2])
    card = guilloche(ID_1, (246, 243, 234), rng)
    watermark(card, "SPECIMEN", (560, 330), 18)
    draw = ImageDraw.Draw(card)
    draw.rectangle((0, 0, ID_1[0], 16), fill=(244, 160, 84))
    draw.text((506, 60), "GOVERNMENT OF INDIA", fill=INK, font=font("Bold", 36), anchor="mm")
    draw.text((506, 100), "Unique Identification Authority", fill=FAINT, font=font("Regular", 22), anchor="mm")
    card.paste(id_portrait((200, 246)), (48, 136))
    draw.text((284, 146), person.name.title(), fill=INK, font=font("Medium", 32))
    draw.text((284, 200), f"DOB: {person.date_of_birth:%d/%m/%Y}", fill=INK, font=font("Medium", 30))
    draw.text((284, 252), _GENDERS[person.gender], fill=INK, font=font("Medium", 30))
    draw.text((284, 312), "Address:", fill=FAINT, font=font("Regular", 24))
    for index, line in enumerate(wrap(person.address, font("Regular", 27), 680)[:4]):
        draw.text((284, 346 + 38 * index), line, fill=INK, font=font("Regular", 27))
    shown = number or f"XXXX XXXX {person.aadhaar_last4}"
    draw.text((506, 542), shown, fill=INK, font=font("Bold", 46), anchor="mm")
    draw.line((40, 580, 972, 580), fill=(200, 60, 50), width=4)
    draw.text((506, 608), "Mera Aadhaar, Meri Pehchaan", fill=INK, font=font("Medium", 26), anchor="mm")
    return photograph(card, capture, rng)


def utility_bill(person: Person, issued_on: date, seed: int, *, capture: Capture = PHOTO) -> bytes:
    """A specimen electricity bill addressed to `person` and dated `issued_on`."""
    rng = np.random.default_rng([seed, 3])
    page = Image.new("RGB", _PAPER, (250, 250, 247))
    watermark(page, "SPECIMEN", (500, 900), 40)
    draw = ImageDraw.Draw(page)
    draw.rectangle((0, 0, _PAPER[0], 110), fill=(226, 234, 244))
    draw.text((60, 30), "Specimen Power Distribution Limited", fill=INK, font=font("Bold", 38))
    draw.text((60, 140), "ELECTRICITY BILL", fill=INK, font=font("Bold", 36))
    facts = (
        ("Bill Date", f"{issued_on:%d/%m/%Y}"),
        ("Due Date", f"{issued_on + timedelta(days=18):%d/%m/%Y}"),
        ("Consumer No", f"{int(rng.integers(10**8, 10**9))}"),
        ("Consumer Name", person.name.title()),
    )
    for index, (label, value) in enumerate(facts):
        draw.text((60, 220 + 56 * index), f"{label}:", fill=FAINT, font=font("Regular", 26))
        draw.text((330, 218 + 56 * index), value, fill=INK, font=font("Medium", 28))
    draw.text((60, 456), "Billing Address:", fill=FAINT, font=font("Regular", 26))
    for index, line in enumerate(wrap(person.address, font("Regular", 28), 620)[:4]):
        draw.text((330, 454 + 40 * index), line, fill=INK, font=font("Regular", 28))
    units = int(rng.integers(90, 420))
    charges = (("Units consumed", f"{units}"), ("Energy charges", f"{units * 7}.00"), ("Fixed charges", "120.00"))
    for index, (label, value) in enumerate((*charges, ("Total payable (INR)", f"{units * 7 + 120}.00"))):
        top = 700 + 66 * index
        draw.line((60, top - 14, 940, top - 14), fill=(190, 194, 200), width=2)
        draw.text((60, top), label, fill=INK, font=font("Regular", 28))
        draw.text((940, top), value, fill=INK, font=font("Medium", 28), anchor="ra")
    draw.text((60, 1330), "SPECIMEN - drawn for testing, not a document", fill=FAINT, font=font("Regular", 22))
    return photograph(page, capture, rng, long_side_px=1800)
