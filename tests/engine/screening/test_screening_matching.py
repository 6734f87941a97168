"""Name matching: relations that must hold, evidence that must be there, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.screening import THRESHOLD, Band, EntityError, Outcome, Screener, band_of, compare, entity_keys, read_entity
from engine.screening.names import parse_name, skeleton
from engine.screening.partial_dates import DateAgreement, PartialDate

DATA = Path(os.environ.get("VERDICT_TEST_DATA", Path(__file__).resolve().parents[4] / "shared" / "data"))


def person(name: str, **properties: object) -> dict:
    return {"id": "p", "schema": "Person", "properties": {"name": [name], **properties}}


def company(name: str) -> dict:
    return {"id": "c", "schema": "Company", "properties": {"name": [name]}}


def score(a: str, b: str, **properties: object) -> float:
    return compare(person(a), person(b, **properties)).score


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Asha Verma", "VERMA, Asha"),
        ("Shri Asha Verma", "Asha Verma"),
        ("Muhammad Yusuf Khan", "Mohd Yousaf Khan"),
        ("Mohammed Rahim Uddin", "Md Rehim Uddin"),
        ("Abdul Rahman Siddiqui", "Abdulrahman Siddiqui"),
        ("Sergei Lavrov", "SergeiLavrov"),
        ("Юрий Залметов", "Iurii Zalmetov"),
        ("José Núñez Ibáñez", "Jose Nunez Ibanez"),
        ("Lakshmi Narayanan", "Laxmi Narayanan"),
        ("Recep Tayyip Erdoğan", "Recep Tayyip Erdogan"),
    ],
)
def test_one_name_written_two_ways_is_a_hit(a: str, b: str) -> None:
    assert compare(person(a), person(b)).match


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Asha Verma", "Rahul Verma"),
        ("Asha Verma", "Asha Nair"),
        ("Octavian Scholz", "Olaf Scholz"),
        ("Wolfgang Friedrich Ischinger", "Friedrich Buchenberg"),
        ("Muhammad Khan", "Muhammad Ali Hassan Bhutto"),
    ],
)
def test_two_names_that_share_a_word_are_no_hit(a: str, b: str) -> None:
    assert not compare(person(a), person(b)).match


def test_a_single_name_or_an_initial_is_no_hit_until_the_birthday_agrees() -> None:
    assert not compare(person("Suresh"), person("Suresh")).match
    assert compare(person("Suresh"), person("Suresh")).band is Band.WEAK
    assert compare(person("Suresh", birthDate=["1980-05-02"]), person("Suresh", birthDate=["1980-05-02"])).match
    assert not compare(person("S K Gupta"), person("Suresh Kumar Gupta")).match


def test_a_weak_alias_alone_is_no_hit() -> None:
    listed = {"id": "x", "schema": "Person", "properties": {"name": ["Someone Else"], "weakAlias": ["The Falcon"]}}
    assert not compare(person("The Falcon"), listed).match


def test_a_weak_alias_counts_word_for_word_and_only_with_another_attribute() -> None:
    listed = {
        "id": "x",
        "schema": "Person",
        "properties": {"weakAlias": ["The Falcon", "The Owl"], "birthDate": ["1960-03-04"]},
    }
    assert compare(person("Falcon the", birthDate=["1960-03-04"]), listed).match
    assert not compare(person("The Falcons", birthDate=["1960-03-04"]), listed).match
    assert compare(person("The Eagle"), listed).evidence[0].outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("text", ["0000", "1990-13", "1990-00-01", "1990-02-30", "90", "1990-1-1", "1990-01-01T00:00"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"date|year|month|day"):
        PartialDate.parse(text)


def test_equal_names_are_ordered_by_the_date_of_birth() -> None:
    me = person("Tarini Vashkar", birthDate=["1979-11-23"])
    exact, year, none, near, other = (
        compare(me, person("Tarini Vashkar", **({"birthDate": [born]} if born else {}))).score
        for born in ("1979-11-23", "1979", "", "1979-11-24", "1955-01-30")
    )
    assert exact > year > none > near > other


def test_country_and_gender_speak_softly() -> None:
    me = person("Tarini Vashkar", nationality=["IN"], gender=["F"])
    same = compare(me, person("Tarini Vashkar", country=["in"], gender=["female"])).score
    silent = compare(me, person("Tarini Vashkar")).score
    abroad = compare(me, person("Tarini Vashkar", country=["xx"])).score
    man = compare(me, person("Tarini Vashkar", gender=["male"])).score
    assert same > silent > abroad > man
    assert compare(me, person("Tarini Vashkar", country=["xx"])).match


def test_an_equal_identity_number_decides_whatever_the_names_say() -> None:
    hit = compare(person("Somebody", taxNumber=["ZXTPV 7164 H"]), person("Another", taxNumber=["zxtpv7164h"]))
    assert hit.score >= 0.95
    assert hit.evidence[-1].outcome is Outcome.MATCHED


def test_a_shared_birthday_is_never_a_hit_by_itself() -> None:
    hit = compare(person("Asha Verma", birthDate=["1990-02-03"]), person("Oskel Tharamund", birthDate=["1990-02-03"]))
    assert hit.score < 0.2


def test_a_person_is_no_company() -> None:
    hit = compare(person("Silverquay Trading"), company("Silverquay Trading"))
    assert hit.score == 0
    assert hit.evidence[0].feature == "schema"


def test_legal_forms_tell_little() -> None:
    assert compare(company("Siemens Aktiengesellschaft"), company("Siemens AG")).match
    assert not compare(company("Volkswagen AG"), company("Siemens AG")).match


def test_every_hit_is_explained_with_both_values_and_a_sentence() -> None:
    hit = compare(person("Asha Verma", birthDate=["1990"]), person("Asha Varma", birthDate=["1990-04-01"]))
    told = hit.to_dict()
    assert [line["feature"] for line in told["evidence"]] == ["name", "birth_date", "country", "gender", "id_number"]
    assert told["evidence"][0]["query"] == "Asha Verma"
    assert told["evidence"][0]["candidate"] == "Asha Varma"
    assert all(line["text"] for line in told["evidence"])
    assert {line["outcome"] for line in told["evidence"]} <= {"MATCHED", "NOT_MATCHED", "UNKNOWN"}
    assert told["engine"].startswith("verdict-screening/")


def test_the_score_is_the_sum_of_its_evidence() -> None:
    hit = compare(
        person("Asha Verma", birthDate=["1990"], gender=["F"]),
        person("Asha Verma", birthDate=["1990-04-01"], gender=["male"]),
    )
    assert hit.score == pytest.approx(sum(line.points for line in hit.evidence), abs=1e-3)


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"schema": "Person"},
        {"schema": 7, "properties": {"name": ["A"]}},
        {"schema": "Person", "properties": {}},
        {"schema": "Person", "properties": {"name": [7]}},
        {"schema": "Person", "properties": {"name": {"first": "A"}}},
        {"schema": "Person", "properties": {"name": ["A"], "birthDate": ["31/12/1990"]}},
        {"schema": "Person", "properties": {"name": ["A"], "birthDate": ["1990-02-30"]}},
        {"schema": "Person", "properties": {"name": ["x" * 5000]}},
        {"schema": "Person", "properties": {"name": ["a"] * 500}},
    ],
)
def test_what_is_no_entity_is_refused_without_repeating_it(broken: dict) -> None:
    with pytest.raises(EntityError) as refused:
        read_entity(broken)
    assert "31/12/1990" not in str(refused.value)


def test_a_bare_string_and_name_parts_are_accepted() -> None:
    assert read_entity({"schema": "Person", "properties": {"name": "Asha Verma"}}).names[0].text == "Asha Verma"
    parts = read_entity({"schema": "Person", "properties": {"firstName": "Asha", "lastName": ["Verma"]}})
    assert parts.names[0].text == "Asha Verma"


def test_indian_scripts_keep_their_words_whole() -> None:
    assert [word.text for word in parse_name("सुनीता देवी").words] == ["सुनीता", "देवी"]
    assert compare(person("सुनीता शर्मा"), person("शर्मा सुनीता")).match


def test_a_name_without_letters_matches_nothing() -> None:
    assert compare(person("-- --"), person("-- --")).score == 0


def test_spellings_of_one_sound_share_a_skeleton() -> None:
    assert skeleton("yousaf") == skeleton("yusuf")
    assert skeleton("chaudhary") == skeleton("chaudhari")
    assert skeleton("verma") != skeleton("sharma")


def test_dates_keep_their_precision_and_the_first_of_january_is_a_year() -> None:
    assert PartialDate.parse("1971-05-02").agreement(PartialDate.parse("1971-05-02")) is DateAgreement.EXACT
    assert PartialDate.parse("1971-05").agreement(PartialDate.parse("1971-05-02")) is DateAgreement.MONTH
    assert PartialDate.parse("1971-01-01").agreement(PartialDate.parse("1971-05-02")) is DateAgreement.YEAR
    assert PartialDate.parse("1971-05-02").agreement(PartialDate.parse("1971-02-05")) is DateAgreement.NEAR
    assert PartialDate.parse("1971-05-02").agreement(PartialDate.parse("1972-05-02")) is DateAgreement.NEAR
    assert PartialDate.parse("1971-05-02").agreement(PartialDate.parse("1971-09-17")) is DateAgreement.CONFLICT
    assert str(PartialDate.parse("1971-05")) == "1971-05"


WORDS = st.lists(st.text(st.characters(categories=("Lu", "Ll", "Lo")), min_size=1, max_size=9), min_size=1, max_size=5)


@given(WORDS, WORDS)
def test_scores_stay_within_their_range_and_the_band_follows(a: list[str], b: list[str]) -> None:
    hit = compare(person(" ".join(a)), person(" ".join(b)))
    assert 0 <= hit.score <= 1
    assert hit.match == (hit.score >= THRESHOLD)
    assert hit.band is band_of(hit.score)


@given(WORDS, WORDS)
def test_names_compare_the_same_both_ways(a: list[str], b: list[str]) -> None:
    left, right = " ".join(a), " ".join(b)
    assert score(left, right) == pytest.approx(score(right, left), abs=1e-9)


@given(WORDS, st.randoms(use_true_random=False))
def test_the_order_of_words_does_not_matter(words: list[str], random) -> None:
    mixed = list(words)
    random.shuffle(mixed)
    assert score(" ".join(words), " ".join(mixed)) == score(" ".join(words), " ".join(words))


@given(WORDS)
def test_a_name_is_found_by_the_keys_it_is_filed_under(words: list[str]) -> None:
    name = " ".join(words)
    if read_entity(person(name)).names[0].words:
        assert entity_keys(read_entity(person(name))) & entity_keys(read_entity(person(" ".join(reversed(words)))))


def test_a_screener_ranks_explains_and_bounds() -> None:
    entities = [{**person(f"Filler Person{i}"), "id": f"f{i}"} for i in range(300)]
    entities += [
        {**person("Tarini Vashkar", birthDate=["1979-11-23"]), "id": "right"},
        {**person("Tarini Vashkar"), "id": "other"},
    ]
    screener = Screener(entities)
    hits = screener.search(person("VASHKAR Tarini", birthDate=["1979-11-23"]), limit=2)
    assert [hit.entity_id for hit in hits] == ["right", "other"]
    assert len(screener) == 302
    assert screener.search(person("Nobody Listed")) == []


def test_a_common_word_does_not_hide_the_right_entry() -> None:
    entities = [{**person(f"Khan Someone{i}"), "id": f"k{i}"} for i in range(1000)]
    screener = Screener([*entities, {**person("Khan Zarrubi"), "id": "right"}])
    assert screener.search(person("Khan Zarrubi"))[0].entity_id == "right"


def test_a_bad_entity_in_a_list_is_named_by_its_place() -> None:
    with pytest.raises(EntityError, match="entity 1"):
        Screener([person("A B"), {"schema": "Person", "properties": {}}])


def test_labelled_name_pairs_are_told_apart_at_least_as_well_as_measured() -> None:
    path = DATA / "names" / "name_pairs.csv"
    if not path.exists():
        pytest.skip("the published name pairs are not on this machine")
    import csv

    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["schema"] == "Person"]
    told = [(score(row["name1"], row["name2"]) >= THRESHOLD, row["is_match"] == "true") for row in rows]
    true = sum(1 for said, is_so in told if said and is_so)
    wrong = sum(1 for said, is_so in told if said != is_so)
    assert 2 * true / (2 * true + wrong) >= 0.80
