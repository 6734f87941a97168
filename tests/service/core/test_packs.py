"""The life of a pack version: who may do what, what never changes, what decides."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError

from service import audit, packs
from service.db import unit
from service.errors import Conflict, Forbidden, Invalid, NotFound
from service.identity.actor import Actor, system
from service.packs.active import CACHED_PACKS, _Cache
from service.tables import PackVersion

pytestmark = pytest.mark.stack


@pytest.fixture
def draft(analyst, files):
    """A first draft of the small pack."""
    return packs.create_draft(analyst, "tiny", files=files)


@pytest.fixture
def changed(stricter):
    """The small pack with another threshold."""
    return stricter


@pytest.fixture
def activated(draft, analyst, approver, work):
    """The draft, all the way to active."""
    packs.submit(analyst, draft["id"])
    work()
    packs.approve(approver, draft["id"])
    return packs.activate(approver, draft["id"])


def test_a_version_goes_from_draft_to_active_by_two_people_and_every_act_is_audited(
    draft, activated, analyst, approver
) -> None:
    assert (activated["status"], activated["authors"], activated["approver"]) == ("active", [analyst.id], approver.id)
    actions = [entry["action"] for entry in audit.entries(system(analyst.tenant), subject=draft["id"]).items]
    assert set(actions) == {
        "pack.drafted", "pack.checked", "pack.submitted", "pack.proof_requested", "pack.backtest_requested",
        "pack.proved", "pack.backtested", "pack.approved", "pack.activated",
    }  # fmt: skip


def test_whoever_wrote_a_version_cannot_approve_it(draft, analyst, approver, tenant, sql) -> None:
    both = Actor(tenant, analyst.id, analyst.name, analyst.permissions | approver.permissions, ())
    packs.submit(both, draft["id"])
    with pytest.raises(Forbidden, match="cannot approve"):
        packs.approve(both, draft["id"])
    with pytest.raises(psycopg.errors.CheckViolation, match="author_never_approves"):
        sql("UPDATE pack_version SET status = 'approved', approver_id = %s WHERE id = %s", analyst.id, draft["id"])


def test_whoever_once_saved_the_draft_is_an_author_for_ever(draft, analyst, person, changed) -> None:
    second = person("rule_analyst", "rule_approver")
    saved = packs.update_draft(second, draft["id"], changed, draft["row_version"])
    packs.update_draft(analyst, draft["id"], changed, saved["row_version"])
    packs.submit(analyst, draft["id"])
    with pytest.raises(Forbidden):
        packs.approve(second, draft["id"])


def test_no_version_is_approved_by_nobody(draft, analyst, sql) -> None:
    packs.submit(analyst, draft["id"])
    with pytest.raises(psycopg.errors.CheckViolation, match="approved_by_someone"):
        sql("UPDATE pack_version SET status = 'approved' WHERE id = %s", draft["id"])


@pytest.mark.parametrize(
    "column", ["files = '{}'", "digest = 'x'", "version = '9'", "authors = '{}'", "number = 9", "pack_id = 'p'"]
)
def test_a_published_version_never_changes(activated, sql, column) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="never changes"):
        sql(f"UPDATE pack_version SET {column} WHERE id = %s", activated["id"])


def test_a_version_that_left_draft_is_not_saved_over(draft, analyst, changed) -> None:
    handed = packs.submit(analyst, draft["id"])
    with pytest.raises(Conflict, match="only a draft"):
        packs.update_draft(analyst, draft["id"], changed, handed["row_version"])


def test_two_people_do_not_overwrite_each_other(draft, analyst, changed) -> None:
    packs.update_draft(analyst, draft["id"], changed, draft["row_version"])
    with pytest.raises(Conflict, match="since you read it"):
        packs.update_draft(analyst, draft["id"], changed, draft["row_version"])


def test_a_draft_that_does_not_pass_its_check_is_not_submitted(analyst, files, sql) -> None:
    broken = files | {"pack.yaml": files["pack.yaml"].replace("score: points", "score: nothing_there")}
    made = packs.create_draft(analyst, "tiny", files=broken)
    report = packs.check(analyst, made["id"])
    assert report["ok"] is False
    with pytest.raises(Invalid) as caught:
        packs.submit(analyst, made["id"])
    assert any(problem.where.startswith("pack.yaml:") for problem in caught.value.problems)
    assert packs.get(analyst, made["id"])["status"] == "draft"


def test_a_failing_case_stops_a_version(analyst, files) -> None:
    wrong = files | {
        "cases/tiny.yaml": files["cases/tiny.yaml"].replace("expect: {verdict: approve,", "expect: {verdict: reject,")
    }
    made = packs.create_draft(analyst, "tiny", files=wrong)
    with pytest.raises(Invalid):
        packs.submit(analyst, made["id"])


def test_files_of_another_pack_are_refused(analyst, files) -> None:
    made = packs.create_draft(analyst, "other", files=files)
    report = packs.check(analyst, made["id"])
    assert report["ok"] is False
    assert "the pack tiny" in report["problems"][-1]["message"]


def test_an_approval_needs_a_green_check_of_exactly_this_content(draft, analyst, approver, sql, work) -> None:
    packs.submit(analyst, draft["id"])
    work()
    sql(
        'UPDATE pack_version SET check_report = check_report || \'{"digest": "another"}\'::jsonb WHERE id = %s',
        draft["id"],
    )
    with pytest.raises(Conflict, match="green check"):
        packs.approve(approver, draft["id"])
    packs.prove(approver, draft["id"])
    assert work() == {"check": "done"}
    assert packs.approve(approver, draft["id"])["status"] == "approved"


def test_activation_retires_the_version_before_and_rolling_back_is_one_act(
    activated, analyst, approver, changed, tenant, approved
) -> None:
    second = approved(changed)
    packs.activate(approver, second["id"])
    assert packs.get(analyst, activated["id"])["status"] == "retired"
    assert packs.active(tenant, "tiny").id == second["id"]
    packs.activate(approver, activated["id"], "The new threshold was a mistake")
    assert packs.active(tenant, "tiny").id == activated["id"]
    assert packs.get(analyst, second["id"])["status"] == "retired"


def test_no_moment_has_two_active_versions(activated, analyst, approver, files, approved) -> None:
    ids = []
    for value in (41, 42, 43):
        new = packs.set_parameter(files, "low_score_under", date(2025, 1, 1), value, "policy")
        ids.append(approved(new)["id"])
    start = threading.Barrier(3)

    def go(version: str) -> bool:
        start.wait()
        try:
            packs.activate(approver, version)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(3) as pool:
        assert any(pool.map(go, ids))
    states = [version["status"] for version in packs.versions(analyst, "tiny")]
    assert states.count("active") == 1


def test_the_next_decision_takes_the_newly_active_version(activated, ask_on, approver, changed, approved) -> None:
    assert ask_on(45)["verdict"] == "approve"
    second = approved(changed)
    packs.activate(approver, second["id"])
    after = ask_on(45)
    assert (after["verdict"], after["pack"]["digest"]) == ("review", second["digest"])


@pytest.fixture
def ask_on(originator):
    """Decide on a score with whatever version is active."""
    import uuid

    from service.decisions import DecisionRequest, decide

    def make(score: int) -> dict:
        signals = {"score": score, "listed": False, "forged": False}
        return decide(originator, DecisionRequest("tiny", "r", signals, date(2026, 11, 20), uuid.uuid4().hex)).body

    return make


def test_a_retired_pack_decides_nothing(activated, approver, ask_on) -> None:
    packs.retire(approver, activated["id"], "No longer offered")
    with pytest.raises(NotFound):
        ask_on(80)


def test_the_same_content_is_not_submitted_twice(activated, analyst, files) -> None:
    again = packs.create_draft(analyst, "tiny", files=files)
    with pytest.raises(Conflict, match="same content"):
        packs.submit(analyst, again["id"])


def test_a_rejected_version_says_why_and_goes_no_further(draft, analyst, approver) -> None:
    packs.submit(analyst, draft["id"])
    with pytest.raises(Invalid):
        packs.reject(approver, draft["id"])
    assert packs.reject(approver, draft["id"], "The source is missing")["note"] == "The source is missing"
    for act in (packs.approve, packs.activate):
        with pytest.raises(Conflict):
            act(approver, draft["id"])


def test_each_act_needs_its_permission(draft, analyst, approver, officer, files) -> None:
    for act in (
        lambda: packs.create_draft(officer, "tiny", files=files),
        lambda: packs.update_draft(officer, draft["id"], files, 1),
        lambda: packs.check(officer, draft["id"]),
        lambda: packs.submit(officer, draft["id"]),
        lambda: packs.approve(analyst, draft["id"]),
        lambda: packs.reject(analyst, draft["id"], "no"),
        lambda: packs.activate(analyst, draft["id"]),
        lambda: packs.retire(analyst, draft["id"]),
    ):
        with pytest.raises(Forbidden):
            act()


def test_steps_out_of_order_are_refused(draft, approver) -> None:
    for act in (packs.approve, packs.activate, packs.retire):
        with pytest.raises(Conflict):
            act(approver, draft["id"])


def test_a_draft_starts_from_the_active_version_or_a_named_one(activated, analyst, files) -> None:
    assert packs.create_draft(analyst, "tiny")["files"] == files
    assert packs.create_draft(analyst, "tiny", from_version=activated["id"])["number"] == 3
    with pytest.raises(NotFound):
        packs.create_draft(analyst, "unheard_of")
    with pytest.raises(NotFound):
        packs.create_draft(analyst, "other", from_version=activated["id"])


@pytest.mark.parametrize("bad", [{}, {"pack.yaml": "a\x00b"}, {"pack.yaml": "\ud800"}, {"pack.yaml": "x" * 1_100_000}])
def test_files_that_cannot_be_kept_are_refused(analyst, bad) -> None:
    with pytest.raises(Invalid):
        packs.create_draft(analyst, "tiny", files=bad)


def test_the_difference_of_two_versions_is_told_in_the_packs_terms(activated, analyst, changed) -> None:
    second = packs.create_draft(analyst, "tiny", files=changed)
    changes = packs.diff(analyst, activated["id"], second["id"])["changes"]
    assert [(change["kind"], change["id"], change["change"]) for change in changes] == [
        ("parameter", "low_score_under", "changed")
    ]


def test_the_lists_of_packs_and_versions(activated, analyst, files, changed) -> None:
    packs.create_draft(analyst, "tiny", files=changed)
    (told,) = packs.listing(analyst)
    assert (told["id"], told["active"]["number"], [one["number"] for one in told["on_the_way"]]) == ("tiny", 1, [2])
    assert [one["number"] for one in packs.versions(analyst, "tiny")] == [2, 1]
    with pytest.raises(NotFound):
        packs.versions(analyst, "nowhere")


def test_numbers_are_given_once_however_many_draft_at_the_same_time(analyst, files) -> None:
    with ThreadPoolExecutor(6) as pool:
        numbers = list(pool.map(lambda _: packs.create_draft(analyst, "tiny", files=files)["number"], range(6)))
    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]


def test_a_pack_compiles_once_for_many_threads_and_the_cache_is_bounded(active_version, tenant) -> None:
    compiled: list[int] = []
    cache, start = _Cache(2), threading.Barrier(8)

    def ask(_: int) -> object:
        start.wait()
        return cache.get(("t", "p", "d"), lambda: compiled.append(1) or packs.active(tenant, "tiny"))

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(8)))
    assert (len(compiled), len({id(one) for one in found})) == (1, 1)
    for digest in "abc":
        cache.get(("t", "p", digest), lambda: found[0])
    assert len(cache._held) == 2
    assert CACHED_PACKS >= 100


def test_stored_files_that_do_not_give_their_digest_are_never_used(tenant, files) -> None:
    row = PackVersion(
        tenant_id=tenant, pack_id="tiny", number=1, version="1", digest="forged", files=files,
        status="active", authors=["a"], approver_id="b",
    )  # fmt: skip
    with unit(tenant) as session:
        session.add(row)
    with pytest.raises(Invalid, match="digest"):
        packs.active(tenant, "tiny")


def test_an_old_digest_is_found_as_long_as_the_tenant_exists_and_drafts_are_not(
    activated, analyst, tenant, changed
) -> None:
    assert packs.by_digest(tenant, "tiny", activated["digest"]).id == activated["id"]
    made = packs.create_draft(analyst, "tiny", files=changed)
    for digest in (made["digest"], "unheard_of"):
        with pytest.raises(NotFound):
            packs.by_digest(tenant, "tiny", digest)
    with pytest.raises(NotFound):
        packs.by_digest("somebody_else", "tiny", activated["digest"])


def test_seeding_brings_a_folder_in_once_and_never_replaces_what_people_made(
    tenant, files, tmp_path, analyst, approver
) -> None:
    folder = tmp_path / "tiny"
    for name, content in (files | {"README.md": "words", "notes.txt": "left out"}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    first = packs.seed(tenant, folder)
    assert packs.seed(tenant, folder) == first
    told = packs.get(analyst, first)
    assert (told["status"], told["authors"], told["approver"]) == ("active", ["system:author"], "system:installer")
    assert sorted(told["files"]) == ["README.md", "cases/tiny.yaml", "pack.yaml"]
    (folder / "pack.yaml").write_text(files["pack.yaml"].replace("value: 40", "value: 41"))
    assert packs.seed(tenant, folder) == first


def test_a_folder_that_is_no_pack_or_a_bad_one_is_refused(tenant, files, tmp_path) -> None:
    with pytest.raises(Invalid, match="no pack"):
        packs.seed(tenant, tmp_path)
    (tmp_path / "pack.yaml").write_text(files["pack.yaml"].replace("on_missing: review", "on_missing: approve"))
    with pytest.raises(Invalid):
        packs.seed(tenant, tmp_path)


def test_a_table_and_a_parameter_of_a_draft_are_changed_through_the_service(draft, analyst, officer) -> None:
    grid = next(one for one in packs.tables_of(officer, draft["id"]) if one["table"] == "points")
    rows = [dict(row) for row in grid["rows"]]
    rows[0]["then.points"] = 70
    saved = packs.change_table(analyst, draft["id"], "points", rows, draft["row_version"])
    assert "then: {points: 70}" in saved["files"]["pack.yaml"]
    with pytest.raises(Conflict):
        packs.change_table(analyst, draft["id"], "points", rows, draft["row_version"])
    dated = {
        "from_": date(2027, 1, 1),
        "value": 45,
        "source": "policy",
        "note": "",
        "row_version": saved["row_version"],
    }
    packs.change_parameter(analyst, draft["id"], "low_score_under", **dated)
    assert len(packs.parameters_of(officer, draft["id"])[0]["values"]) == 2
    with pytest.raises(Forbidden):
        packs.change_table(officer, draft["id"], "points", rows, 3)


def test_another_tenants_version_is_not_found(draft) -> None:
    stranger = system("somebody_else")
    for act in (packs.get, packs.check, packs.submit, packs.approve, packs.activate):
        with pytest.raises(NotFound):
            act(stranger, draft["id"])
    assert packs.listing(stranger) == []


def test_the_database_refuses_a_second_active_version(activated, tenant) -> None:
    facts = {"tenant_id": tenant, "pack_id": "tiny", "number": 7, "version": "1", "digest": "d7", "files": {}}

    def force() -> None:
        with unit(tenant) as session:
            session.add(PackVersion(**facts, status="active", authors=["a"], approver_id="b"))

    with pytest.raises(IntegrityError, match="uq_pack_active"):
        force()
