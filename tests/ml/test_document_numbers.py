from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import verhoeff

from ml.documents.dates import date_in
from ml.documents.numbers import aadhaar_last4_in, hide_numbers, is_aadhaar, is_pan, pan_in


def grouped(digits, mark=" "):
    return mark.join(digits[i : i + 4] for i in range(0, len(digits), 4))


@given(st.text("0123456789", min_size=12, max_size=12), st.sampled_from(["", " ", "-"]))
def test_on_an_aadhaar_twelve_digits_never_keep_more_than_four(digits, mark):
    hidden = hide_numbers(f"No {grouped(digits, mark)} end", always=True)
    assert hidden == f"No XXXX XXXX {digits[-4:]} end"


@given(st.text("23456789", min_size=1, max_size=1), st.text("0123456789", min_size=10, max_size=10))
def test_elsewhere_a_well_formed_aadhaar_number_is_hidden_too(first, rest):
    digits = first + rest
    digits += verhoeff.calc_check_digit(digits)
    assert is_aadhaar(digits)
    assert digits[:8] not in hide_numbers(f"ref {digits}", always=False).replace(" ", "")


def test_a_virtual_id_is_hidden_whole_but_for_four_digits():
    assert hide_numbers("VID : 9123 4567 8901 2345", always=True) == "VID : XXXX XXXX XXXX 2345"


def test_other_numbers_stay():
    for text in ("Consumer No 553458312", "1234 5678 9012 34567", "PIN 400050", "123456789013"):
        assert hide_numbers(text, always=False) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("XXXX XXXX 4321", ("4321", True)), ("xxxxxxxx4321", ("4321", True)), ("**** **** 4321", ("4321", True)),
        ("9999 4105 7058", ("7058", False)), ("999941057058", ("7058", False)), ("VID: 9123 4567 8901 2345", None),
        ("17/05/1990", None), ("4321", None),
    ],
)  # fmt: skip
def test_the_last_four_digits_and_the_mask_are_seen(text, expected):
    assert aadhaar_last4_in(text) == expected


@given(
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=5, max_size=5), st.text("0123456789", min_size=4, max_size=4),
    st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
)  # fmt: skip
def test_a_cleanly_read_pan_is_taken_as_it_is(letters, digits, last):
    number = letters + digits + last
    assert pan_in(number) == (number, False)
    assert pan_in(f"{number[:5]} {number[5:]}") == (number, False)


def test_the_form_of_a_pan_is_judged_by_its_holder_letter_and_serial():
    assert is_pan("AAAPV1234K")
    assert not is_pan("ABCDE1234F")
    assert not is_pan("AAAPV0000K")


@given(
    st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    st.sampled_from(["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d %b %Y", "%Y-%m-%d"]),
)
def test_every_printed_form_of_a_date_is_read(day, form):
    assert date_in(f"on {day.strftime(form)}.") == day


@pytest.mark.parametrize("text", ["31/02/2001", "17/13/1990", "1990", "12/34", "00/00/0000", "12 Foo 2001", ""])
def test_an_impossible_date_is_no_date(text):
    assert date_in(text) is None
