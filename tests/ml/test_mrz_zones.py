import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.mrz import check_digit, parse_mrz

TODAY = date(2026, 6, 1)
ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def td3(number="L898902C3", birth="740812", expiry="320415", optional="ZE184226B", sex="F"):
    second = (
        f"{number:<<9}{check_digit(f'{number:<<9}')}UTO{birth}{check_digit(birth)}{sex}{expiry}{check_digit(expiry)}"
    )
    second += f"{optional:<<14}" + check_digit(f"{optional:<<14}")
    second += check_digit(second[0:10] + second[13:20] + second[21:43])
    return ["P<UTOERIKSSON<<ANNA<MARIA".ljust(44, "<"), second]


def td1(number="D23145890", optional="", birth="740812", expiry="320415"):
    first = f"I<UTO{number:<<9}"
    first += check_digit(f"{number:<<9}") if len(number) <= 9 else "<"
    first = (first + optional).ljust(30, "<")
    second = f"{birth}{check_digit(birth)}F{expiry}{check_digit(expiry)}UTO".ljust(29, "<")
    second += check_digit(first[5:30] + second[0:7] + second[8:15] + second[18:29])
    return [first, second, "ERIKSSON<<ANNA<MARIA".ljust(30, "<")]


def test_the_published_passport_specimen_is_read():
    zone = parse_mrz(
        ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"], TODAY
    )
    assert zone.valid
    assert zone.kind == "TD3"
    assert zone.fields == {
        "document_type": "P", "issuer": "UTO", "surname": "ERIKSSON", "given_names": "ANNA MARIA",
        "document_number": "L898902C3", "nationality": "UTO", "sex": "F", "optional": "ZE184226B",
        "date_of_birth": "1974-08-12", "expiry_date": "2012-04-15",
    }  # fmt: skip


def test_the_published_small_card_specimen_is_read():
    zone = parse_mrz(["I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6"], TODAY)
    assert (zone.valid, zone.kind) == (True, "TD2")


@given(
    number=st.text(ALPHANUMERIC, min_size=1, max_size=9),
    birth=st.dates(date(1930, 1, 1), date(2020, 12, 31)),
    optional=st.text(ALPHANUMERIC, max_size=14),
)
def test_a_zone_with_right_check_digits_is_valid_and_keeps_its_values(number, birth, optional):
    zone = parse_mrz(td3(number, birth.strftime("%y%m%d"), optional=optional), TODAY)
    assert zone.valid, zone.checks
    assert zone.fields["document_number"] == number
    assert zone.fields["date_of_birth"][2:] == birth.isoformat()[2:]


@given(position=st.sampled_from([*range(13, 19), *range(21, 27)]), other=st.integers(1, 9))
def test_one_wrong_digit_in_a_date_never_stays_valid(position, other):
    first, second = td3()
    changed = str((int(second[position]) + other) % 10)
    zone = parse_mrz([first, second[:position] + changed + second[position + 1 :]], TODAY)
    assert not zone.valid
    assert not zone.checks["date_of_birth" if position < 19 else "expiry_date"]
    assert not zone.checks["composite"]


@given(st.text(ALPHANUMERIC + "<", min_size=1, max_size=40), st.integers(0, 39))
def test_a_check_digit_is_one_digit_and_ignores_trailing_fillers(text, fillers):
    assert re.fullmatch(r"\d", check_digit(text))
    assert check_digit(text) == check_digit(text + "<" * fillers)


@pytest.mark.parametrize("counted", [True, False], ids=["filler counted", "filler not counted"])
def test_both_conventions_for_a_long_document_number_are_accepted_and_named(counted):
    number, tail = "600001795", "015"
    digit = check_digit(number + ("<" if counted else "") + tail)
    lines = td1(number + "<", optional=tail + digit)
    lines[0] = lines[0][:14] + "<" + (tail + digit).ljust(15, "<")
    lines[1] = lines[1][:29] + check_digit(lines[0][5:30] + lines[1][0:7] + lines[1][8:15] + lines[1][18:29])
    zone = parse_mrz(lines, TODAY)
    assert zone.valid, zone.checks
    assert zone.fields["document_number"] == number + tail
    assert ("with the filler" if counted else "without the filler") in zone.notes[0]


def test_an_empty_optional_field_may_leave_its_check_digit_out():
    first, second = td3(optional="")
    assert parse_mrz([first, second], TODAY).valid
    without = second[:42] + "<"
    without += check_digit(without[0:10] + without[13:20] + without[21:43])
    assert parse_mrz([first, without], TODAY).valid


def test_an_unknown_day_of_birth_is_partial_and_not_invalid():
    assert parse_mrz(td3(birth="7408<<"), TODAY).fields["date_of_birth"] == "1974-08"
    assert parse_mrz(td3(birth="74<<<<"), TODAY).fields["date_of_birth"] == "1974"
    assert parse_mrz(td3(birth="7408<<"), TODAY).valid


def test_birth_lies_in_the_past_and_expiry_may_lie_ahead():
    zone = parse_mrz(td3(birth="300101", expiry="300101"), TODAY)
    assert zone.fields["date_of_birth"] == "1930-01-01"
    assert zone.fields["expiry_date"] == "2030-01-01"


def test_an_impossible_date_is_invalid_even_with_its_check_digit():
    zone = parse_mrz(td3(birth="741332"), TODAY)
    assert zone.checks["date_of_birth"]
    assert not zone.checks["date_of_birth_form"]
    assert not zone.valid


@pytest.mark.parametrize("lines", [[], ["hello"], ["P<UTO"] * 2, ["A" * 44] * 3, ["<" * 30] * 2])
def test_lines_of_another_shape_have_no_kind_and_are_not_valid(lines):
    zone = parse_mrz(lines, TODAY)
    assert (zone.valid, zone.kind) == (False, None)


def test_a_character_outside_the_alphabet_is_invalid():
    first, second = td3()
    assert not parse_mrz([first.replace("ANNA", "ANNÄ"), second], TODAY).valid


def test_visas_are_told_from_cards_of_the_same_size():
    first, second = td3()
    assert parse_mrz(["V" + first[1:], second], TODAY).kind == "MRVA"
    assert parse_mrz(["V" + first[1:36], second[:36]], TODAY).kind == "MRVB"


def test_published_specimens_get_the_verdict_of_their_check_digits(public_data):
    text = (public_data / "mrz" / "specimens.txt").read_text(encoding="utf-8")
    wrong = []
    for block in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        head, *rest = block.splitlines()
        status = head.split("|")[2].strip()
        lines = [line for line in rest if re.fullmatch(r"[A-Z0-9<]{28,44}", line)]
        if status.startswith(("VALID", "INVALID")):
            zone = parse_mrz(lines, TODAY)
            if zone.valid != status.startswith("VALID"):
                wrong.append((head, zone.kind, {k: v for k, v in zone.checks.items() if not v}))
    assert wrong == []
