import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.similarity import address_similarity, name_similarity, name_words

names = st.lists(st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=9), min_size=1, max_size=4).map(" ".join)
TITLES = {"mr", "mrs", "ms", "miss", "dr", "shri", "sri", "smt", "kumari", "kum", "md", "prof"}
untitled = names.filter(lambda name: not TITLES & set(name.split()))


@given(untitled)
def test_a_name_is_fully_like_itself_in_any_order_case_and_spacing(name):
    words = name.split()
    assert name_similarity(name, " ".join(reversed(words)).upper()) == 1
    assert name_similarity("Mr. " + name, "".join(words)) == pytest.approx(1)


@given(names, names)
def test_likeness_is_symmetric_and_between_zero_and_one(a, b):
    assert 0 <= name_similarity(a, b) <= 1
    assert name_similarity(a, b) == pytest.approx(name_similarity(b, a), abs=1e-9)


@pytest.mark.parametrize(
    ("a", "better", "worse"),
    [
        ("ASHA VERMA", "Asha Verma", "Asha Varma"),
        ("ASHA VERMA", "Asha Varma", "Asha Sharma"),
        ("ASHA VERMA", "A Verma", "B Verma"),
        ("ASHA VERMA", "Asha Kumari Verma", "Asha Kumari Sharma"),
        ("RAMESH VERMA", "Verma Ramesh", "Suresh Verma"),
        ("José Álvarez", "Jose Alvarez", "Jose Alvaro Ruiz"),
    ],
)
def test_the_nearer_name_scores_higher(a, better, worse):
    assert name_similarity(a, better) > name_similarity(a, worse)


def test_different_people_score_low_and_nothing_scores_nothing():
    assert name_similarity("Asha Verma", "Vikram Rathore") < 0.3
    assert name_similarity("", "Asha") == 0
    assert name_similarity("१२३", "Asha") == 0


def test_a_name_that_is_only_a_title_keeps_it():
    assert name_words("Md") == ["md"]


def test_a_misread_letter_costs_little():
    assert name_similarity("ASHA VERMA", "ASHA VERNA") > 0.85


def test_addresses_survive_abbreviation_and_order():
    declared = "12, Lake View Rd, Bandra (W), Mumbai 400050"
    assert address_similarity("12 Lake View Road, Bandra West, Mumbai, Maharashtra 400050", declared) > 0.8


def test_another_pin_code_is_another_address():
    a = "12 Lake View Road, Mumbai 400050"
    assert address_similarity(a, "12 Lake View Road, Mumbai 400050") == 1
    assert address_similarity(a, "12 Lake View Road, Mumbai 411004") <= 0.5
    assert address_similarity(a, "") == 0
