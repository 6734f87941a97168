"""Watchlists: imported whole or not at all, searched with reasons, and never trusted when they are old."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from engine.signal import Missing, Reason
from service.checks import screening
from service.checks.context import CheckContext
from service.db import unit
from service.errors import Forbidden, Invalid
from service.identity.actor import Actor
from service.screening import import_list, lists, search
from service.screening.csv_file import COLUMNS
from service.screening.freshness import in_force
from service.settings import settings
from service.tables import utc_now

pytestmark = pytest.mark.stack
HEAD = ",".join(COLUMNS) + "\n"


def line(number: int = 1, name: str = "Tarini Vashkar", **cells: str) -> str:
    row = {
        "id": f"X-{number}",
        "schema": "Person",
        "name": name,
        "countries": "in",
        "gender": "female",
        "list": "x",
        "topics": "sanction",
    }
    return ",".join({**dict.fromkeys(COLUMNS, ""), **row, **cells}[column] for column in COLUMNS) + "\n"


def query(name: str, **properties: list[str]) -> dict:
    return {"schema": "Person", "properties": {"name": [name], **properties}}


def wrong(desk, content: str | bytes, **options: object) -> str:
    with pytest.raises(Invalid) as refused:
        import_list(
            desk.system, "mine", "sanctions", content if isinstance(content, bytes) else content.encode(), **options
        )
    return f"{refused.value} " + " ".join(f"{p.where} {p.message}" for p in refused.value.problems)


def test_a_list_is_imported_and_its_people_are_found_with_reasons(desk) -> None:
    desk.use_lists()
    (best, *_) = search(desk.system, query("VASHKAR, Tarini", birthDate=["1979-11-23"], nationality=["IN"]))
    assert best["match"]
    assert (best["list"], best["list_kind"], best["entity_id"]) == ("demo_sanctions", "sanctions", "DEMO-SAN-001")
    assert best["reference"] == "DEMO/2026/001"
    assert {line["feature"]: line["outcome"] for line in best["evidence"]}["birth_date"] == "MATCHED"
    assert best["list_version"] in {version["id"] for version in lists(desk.system)}


@pytest.mark.parametrize(
    "name",
    [
        "Yurik Zalmetoff",
        "ЗАЛМЕТОВ Юрик",
        "Zalmetov Yorik",
        "Hamdoon Sattir Orvany",
        "Hamdun Sattir al Orvani",
        "Mirelle Tharamund",
    ],
)
def test_other_spellings_and_aliases_are_found(desk, name: str) -> None:
    desk.use_lists()
    assert search(desk.system, query(name))[0]["match"]


def test_strangers_are_not_found(desk) -> None:
    desk.use_lists()
    assert search(desk.system, query("ASHA VERMA", birthDate=["1991-04-17"])) == []


def test_a_query_that_is_none_is_refused(desk) -> None:
    for bad in ({}, {"schema": "Person", "properties": {"name": []}}, query("A B", birthDate=["yesterday"])):
        with pytest.raises(Invalid):
            search(desk.system, bad)


def test_searching_and_importing_need_their_permissions(desk) -> None:
    nobody = Actor(desk.tenant, "per_1", "x", frozenset())
    for act in (
        lambda: search(nobody, query("A B")),
        lambda: lists(nobody),
        lambda: import_list(nobody, "mine", "pep", b"x\n"),
    ):
        with pytest.raises(Forbidden):
            act()


def test_every_problem_of_a_file_is_named_with_its_line(desk) -> None:
    found = wrong(
        desk,
        HEAD
        + line(1)
        + line(1)
        + line(2, name="")
        + line(3, schema="Ghost")
        + line(4, birth_date="31/12/1990")
        + line(5, countries="India")
        + line(6, gender="f?")
        + line(7, topics="Sanction!")
        + "short,line\n",
    )
    for place in ("mine:3", "mine:4", "mine:5", "mine:6", "mine:7", "mine:8", "mine:9", "mine:10"):
        assert place in found
    assert "stands twice" in found
    assert desk.count("watchlist_entry") == 0


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (HEAD.encode(), "the list is empty"),
        ((HEAD + line(1)).encode()[:-5], "cut off"),
        (b"id,name\nX,Y\n", "no column schema"),
        (HEAD.encode() + b'X-1,Person,"Unclosed\n', "CSV"),
        (HEAD.encode() + line(1, name="caf").encode().replace(b"caf", b"caf\xe9"), "UTF-8"),
        (HEAD.replace("topics", "topic").encode() + line(1).encode(), "unknown column"),
    ],
    ids=["nothing", "header_only", "cut", "columns", "quote", "encoding", "name_of_column"],
)
def test_a_truncated_empty_or_foreign_file_is_refused(desk, content: bytes, told: str) -> None:
    assert told in wrong(desk, content)
    assert desk.count("watchlist") == 0


def test_a_bad_new_version_leaves_the_one_before_in_force(desk) -> None:
    good = import_list(desk.system, "mine", "sanctions", (HEAD + line(1)).encode())
    wrong(desk, HEAD + line(1) + line(1))
    assert [version["id"] for version in lists(desk.system)] == [good["id"]]
    assert search(desk.system, query("Tarini Vashkar"))


def test_a_version_that_lost_most_of_its_people_is_refused_unless_it_is_meant(desk) -> None:
    many = HEAD + "".join(line(number, name=f"Person Number{number}x") for number in range(10))
    import_list(desk.system, "mine", "sanctions", many.encode())
    assert "may be cut off" in wrong(desk, HEAD + line(1))
    assert import_list(desk.system, "mine", "sanctions", (HEAD + line(1)).encode(), allow_shrink=True)["entries"] == 1


def test_a_new_version_replaces_and_the_old_one_stays_for_the_record(desk, tmp_path: Path) -> None:
    first = import_list(desk.system, "mine", "sanctions", (HEAD + line(1)).encode())
    file = tmp_path / "next.csv"
    file.write_text(HEAD + line(2, name="Yorik Zalmetov", gender="male"))
    second = import_list(desk.system, "mine", "sanctions", file)
    assert [version["id"] for version in lists(desk.system)] == [second["id"]]
    assert search(desk.system, query("Tarini Vashkar")) == []
    assert search(desk.system, query("Yorik Zalmetov"))
    assert desk.count("watchlist_entry", f"watchlist_id = '{first['id']}'") == 1


def test_the_same_file_again_confirms_the_version_and_makes_it_fresh(desk) -> None:
    content = (HEAD + line(1)).encode()
    first = import_list(desk.system, "mine", "sanctions", content)
    with unit(desk.tenant) as session:
        session.execute(text("UPDATE watchlist SET checked_at = checked_at - interval '9 days'"))
    assert lists(desk.system)[0]["stale"]
    again = import_list(desk.system, "mine", "sanctions", content)
    assert (again["id"], again["unchanged"], again["stale"]) == (first["id"], True, False)
    assert desk.count("watchlist") == 1


def test_another_tenants_lists_are_not_searched(desk) -> None:
    desk.use_lists()
    ids = [version["id"] for version in lists(desk.system)]
    with unit("somebody_else") as session:
        assert in_force(session) == []
        facts = {"lists": ids, "keys": ["w:tarini", "w:vashkar"]}
        found = session.execute(text("SELECT * FROM verdict_list_candidates(:keys, :lists, 10)"), facts)
        assert found.all() == [], "the function must hold the wall that it stands behind"
        assert session.execute(text("SELECT count(*) FROM watchlist_entry")).scalar_one() == 0


def context(desk, **declared: object) -> CheckContext:
    facts = {f"applicant.{name}": value for name, value in declared.items()}
    return CheckContext(desk.tenant, "app_1", "chk_1", screening.SIGNALS, facts, {}, {}, settings(), utc_now())


def found(desk, **declared: object) -> dict[str, object]:
    finding = screening.run(context(desk, **declared))
    return {signal.name.removeprefix("screening."): signal.value for signal in finding.signals}


@pytest.mark.parametrize(
    ("name", "born", "kind"),
    [
        ("Ishwari Balsekhande", "1963-02-11", "domestic"),
        ("Oskel Tharamund", "1958", "foreign"),
        ("Mirelle Tharamund", "1961-12-05", "associate"),
    ],
)
def test_a_politically_exposed_person_is_told_by_kind(desk, name: str, born: str, kind: str) -> None:
    desk.use_lists()
    values = found(desk, name=name)
    assert (values["pep_hit"], values["pep_type"]) == (True, kind)
    assert values["sanctions_hit"] is False


def test_a_clear_person_is_clear_on_fresh_lists_of_every_kind_only(desk) -> None:
    desk.use_lists()
    clear = found(desk, name="Asha Verma")
    assert clear["sanctions_hit"] is clear["pep_hit"] is clear["watchlist_hit"] is False
    assert (clear["sanctions_score"], clear["pep_type"]) == (0.0, "none")
    assert clear["list_age_hours"] < 1
    with unit(desk.tenant) as session:
        session.execute(text("UPDATE watchlist SET active = false WHERE kind = 'pep'"))
    without = found(desk, name="Asha Verma")
    assert without["pep_hit"] == Missing(Reason.NOT_EXECUTED, "no pep list has been imported")
    assert without["sanctions_hit"] is False


def test_an_in_house_entry_is_found(desk) -> None:
    desk.use_lists()
    assert found(desk, name="Ranjeev Kolhapatkar", gender="M")["watchlist_hit"] is True


def test_without_a_name_nothing_is_known(desk) -> None:
    assert all(isinstance(value, Missing) for value in found(desk, gender="F").values())


def test_the_evidence_names_the_hits_and_the_versions_of_the_lists(desk) -> None:
    desk.use_lists()
    evidence = screening.run(context(desk, name="Tarini Vashkar")).evidence
    assert evidence["hits"][0]["caption"] == "Tarini Vashkar"
    assert set(evidence["lists"]) == {"demo_sanctions", "demo_pep", "demo_watchlist"}
    assert all(version["age_hours"] < 1 for version in evidence["list_versions"])


def test_age_is_counted_from_the_last_confirmation(desk) -> None:
    desk.use_lists()
    later = context(desk, name="Asha Verma").now + timedelta(hours=30)
    old = CheckContext(
        desk.tenant, "a", "c", screening.SIGNALS, {"applicant.name": "Asha Verma"}, {}, {}, settings(), later
    )
    ages = {signal.name: signal.value for signal in screening.run(old).signals}
    assert 29.9 < ages["screening.list_age_hours"] < 30.5
