"""Invariant 8: the trail is append-only and hash-linked, and every kind of tampering is found."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service import audit
from service.db import unit
from service.errors import Forbidden, Invalid
from service.identity.actor import Actor, system

pytestmark = pytest.mark.stack


@pytest.fixture
def write(tenant):
    """Append entries as the product itself."""

    def run(count: int = 1, action: str = "test.done") -> None:
        for number in range(count):
            with unit(tenant) as session:
                audit.append(session, system(tenant), action, f"subject_{number}", {"n": number, "text": 'q"\\ é\n'})

    return run


@pytest.fixture
def lane(tenant, sql) -> int:
    """A lane with five entries, written by one transaction."""
    with unit(tenant) as session:
        for number in range(5):
            audit.append(session, system(tenant), "test.done", f"subject_{number}", {"n": number, "text": 'q"\\ é\n'})
    ((found, length),) = sql("SELECT lane, length FROM audit_lane WHERE length > 0")
    assert length == 5
    return found


@pytest.fixture
def tamper(stack, tenant):
    """Run a statement as the owner with every trigger off: what an attacker with the owner's password could do."""

    def run(statement: str) -> int:
        with psycopg.connect(stack.owner_url) as connection:
            connection.execute("ALTER TABLE audit_entry DISABLE TRIGGER append_only")
            changed = connection.execute(statement.replace("%T", f"tenant_id = '{tenant}'")).rowcount
            connection.execute("ALTER TABLE audit_entry ENABLE TRIGGER append_only")
            return changed

    return run


def kinds(report: audit.AuditReport) -> set[str]:
    return {fault.kind for fault in report.faults}


def test_an_untouched_trail_verifies(tenant, write) -> None:
    assert audit.verify(tenant) == audit.AuditReport(True, 0, audit.LANES, ())
    write(20)
    report = audit.verify(tenant)
    assert (report.ok, report.entries) == (True, 20)


@pytest.mark.parametrize(
    "change",
    [
        "content = '{\"n\":999}'",
        "actor = 'somebody'",
        "action = 'other'",
        "subject = 'other'",
        "at = at + interval '1 microsecond'",
        "hash = sha256('x')",
    ],
)
def test_any_changed_row_is_found_and_named(tenant, lane, tamper, change) -> None:
    assert tamper(f"UPDATE audit_entry SET {change} WHERE %T AND position = 3") == 1
    report = audit.verify(tenant)
    assert not report.ok
    assert (report.faults[0].lane, report.faults[0].position, report.faults[0].kind) == (lane, 3, "changed")


def test_a_dropped_row_is_found_in_the_middle(tenant, lane, tamper) -> None:
    assert tamper("DELETE FROM audit_entry WHERE %T AND position = 3") == 1
    report = audit.verify(tenant)
    assert [(fault.position, fault.kind) for fault in report.faults] == [(3, "dropped")]
    assert f"entry 3 of lane {lane}" in report.faults[0].message


def test_a_dropped_row_is_found_at_the_tail(tenant, lane, tamper) -> None:
    assert tamper("DELETE FROM audit_entry WHERE %T AND position >= 4") == 2
    assert [(fault.position, fault.kind) for fault in audit.verify(tenant).faults] == [(4, "tail")]


def test_an_emptied_lane_is_found(tenant, write, tamper) -> None:
    write(3)
    assert tamper("DELETE FROM audit_entry WHERE %T") == 3
    assert kinds(audit.verify(tenant)) == {"tail"}


def test_a_head_that_was_turned_back_is_found(tenant, lane, tamper) -> None:
    tamper("UPDATE audit_lane SET length = 2 WHERE %T AND length = 5")
    assert kinds(audit.verify(tenant)) == {"tail", "surplus"}


def test_reordered_rows_are_found(tenant, lane, tamper) -> None:
    for step in (
        "position = 99 WHERE %T AND position = 2",
        "position = 2 WHERE %T AND position = 3",
        "position = 3 WHERE %T AND position = 99",
    ):
        assert tamper(f"UPDATE audit_entry SET {step}") == 1
    report = audit.verify(tenant)
    assert [fault.position for fault in report.faults][:2] == [2, 3]
    assert kinds(report) == {"changed"}


def test_a_row_moved_to_another_lane_is_found(tenant, lane, tamper) -> None:
    tamper("UPDATE audit_entry SET lane = (lane + 1) % 8, position = 1 WHERE %T AND position = 5")
    assert kinds(audit.verify(tenant)) == {"tail", "surplus"}


@pytest.mark.parametrize("others", [True, False])
def test_a_lane_that_was_removed_is_found(tenant, lane, tamper, others) -> None:
    tamper(f"DELETE FROM audit_lane WHERE %T AND (length > 0) <> {others}")
    assert kinds(audit.verify(tenant)) == {"lane_gone"}


def test_a_forged_continuation_is_found(tenant, lane, tamper) -> None:
    tamper(
        "INSERT INTO audit_entry SELECT tenant_id, lane, position + 1, at, actor, action, subject, content, hash"
        " FROM audit_entry WHERE %T AND position = 5"
    )
    assert kinds(audit.verify(tenant)) == {"surplus"}


def test_the_processes_may_neither_change_nor_drop_entries(sql, write) -> None:
    write()
    for statement in ("UPDATE audit_entry SET actor = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            sql(statement)


def test_many_writers_lose_no_entry_and_the_chains_stay_whole(tenant, write) -> None:
    start = threading.Barrier(16)

    def work(_: int) -> None:
        start.wait()
        write(10)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(16)))
    report = audit.verify(tenant)
    assert (report.ok, report.entries) == (True, 160)


def test_two_writers_do_not_wait_on_each_other(tenant) -> None:
    with unit(tenant) as one:
        audit.append(one, system(tenant), "first.open", "a", {})
        with unit(tenant) as other:
            audit.append(other, system(tenant), "second.done", "b", {})
    report = audit.verify(tenant)
    assert (report.ok, report.entries) == (True, 2)


def test_one_transaction_may_append_twice_and_keeps_its_lane(tenant, sql) -> None:
    with unit(tenant) as session:
        audit.append(session, system(tenant), "one", "a", {})
        audit.append(session, system(tenant), "two", "a", {})
    assert audit.verify(tenant).entries == 2
    assert sql("SELECT count(DISTINCT lane) FROM audit_entry") == [(1,)]


def test_a_writer_waits_for_a_lane_when_all_are_taken(tenant) -> None:
    held = [unit(tenant) for _ in range(audit.LANES)]
    for number, holder in enumerate(held):
        audit.append(holder.__enter__(), system(tenant), "held", str(number), {})
    entered = threading.Event()

    def ninth() -> None:
        with unit(tenant) as session:
            entered.set()
            audit.append(session, system(tenant), "ninth", "9", {})

    thread = threading.Thread(target=ninth)
    thread.start()
    entered.wait(10)
    for holder in held:
        holder.__exit__(None, None, None)
    thread.join(10)
    report = audit.verify(tenant)
    assert (report.ok, report.entries) == (True, audit.LANES + 1)


def test_what_is_rolled_back_leaves_no_entry(tenant) -> None:
    def stopped() -> None:
        with unit(tenant) as session:
            audit.append(session, system(tenant), "never", "a", {})
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        stopped()
    assert audit.verify(tenant).entries == 0


def test_a_tenant_without_lanes_can_write_nothing(stack) -> None:
    from sqlalchemy.exc import IntegrityError

    def write() -> None:
        with unit("nobody") as session:
            audit.append(session, system("nobody"), "x", "y", {})

    with pytest.raises(IntegrityError, match="no audit lane"):
        write()


def test_entries_are_read_newest_first_with_filters_and_pages(tenant, write, auditor) -> None:
    write(5)
    write(2, "other.done")
    first = audit.entries(auditor, limit=3)
    assert [item["action"] for item in first.items] == ["other.done", "other.done", "test.done"]
    rest = audit.entries(auditor, after=first.next, limit=10)
    assert (len(rest.items), rest.next) == (4, None)
    assert len(audit.entries(auditor, subject="subject_1").items) == 2
    assert len(audit.entries(auditor, action="other.done").items) == 2
    with pytest.raises(Invalid):
        audit.entries(auditor, after="nonsense")


def test_reading_and_verifying_need_the_permission(tenant) -> None:
    nobody = Actor(tenant, "per_x", "N", frozenset())
    for act in (audit.verify, audit.entries):
        with pytest.raises(Forbidden):
            act(nobody)


def test_another_tenant_sees_no_entry(write) -> None:
    write(3)
    assert audit.entries(system("somebody_else")).items == []
    assert audit.verify("somebody_else").entries == 0


def test_the_content_is_canonical_and_refuses_what_json_does_not_have() -> None:
    assert audit.canonical({"b": 1, "a": "é"}) == '{"a":"é","b":1}'
    with pytest.raises(ValueError, match="JSON"):
        audit.canonical({"a": float("nan")})


@given(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=5))
def test_the_order_of_keys_does_not_change_the_canonical_text(content) -> None:
    assert audit.canonical(content) == audit.canonical(dict(reversed(content.items())))
