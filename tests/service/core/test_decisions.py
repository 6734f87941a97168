"""Flow A: one key, one decision; what is stored, what is refused, what others can see."""

from __future__ import annotations

import json
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import psycopg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from engine.signal import Missing, Reason, Signal
from service import db, decisions
from service.decisions import DecisionRequest, decide, making, rendering, trips
from service.decisions.masking import masked
from service.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from service.identity.actor import system
from service.packs import active
from service.tables import DecisionRow

pytestmark = pytest.mark.stack
DAY = date(2026, 11, 20)


def test_a_decision_is_answered_in_the_contracts_shape(ask) -> None:
    body = ask().body
    assert {
        "id",
        "reference",
        "pack",
        "engine_version",
        "as_of",
        "verdict",
        "risk",
        "reasons",
        "customer_reasons",
    } <= set(body)
    assert {"unknowns", "warnings", "route", "trace", "digest"} <= set(body)
    assert (body["verdict"], body["reference"], body["as_of"], body["route"]) == (
        "approve",
        "LOAN-1",
        "2026-11-20",
        None,
    )
    assert set(body["pack"]) == {"id", "version", "digest"}


def test_a_decision_names_pack_digest_engine_version_models_and_lists(ask, sql, tenant) -> None:
    body = ask().body
    rows = sql("SELECT pack_digest, engine_version, models, lists, digest FROM decision WHERE id = %s", body["id"])
    assert rows == [(body["pack"]["digest"], body["engine_version"], {}, {}, body["digest"])]


def test_the_same_key_and_body_return_the_stored_answer(ask, sql) -> None:
    first, second = ask("k1"), ask("k1")
    assert (first.replayed, second.replayed) == (False, True)
    assert first.raw == second.raw
    assert sql("SELECT count(*) FROM decision") == [(1,)]


def test_the_same_key_with_another_body_is_a_conflict(ask, sql) -> None:
    ask("k1")
    with pytest.raises(Conflict, match="another body"):
        ask("k1", score=10)
    assert sql("SELECT count(*) FROM decision") == [(1,)]


def test_one_idempotency_key_one_decision_under_sixteen_threads(ask, sql) -> None:
    start = threading.Barrier(16)

    def call(_: int) -> bytes:
        start.wait()
        return ask("same").raw

    with ThreadPoolExecutor(16) as pool:
        answers = set(pool.map(call, range(16)))
    assert len(answers) == 1
    assert sql("SELECT count(*) FROM decision") == [(1,)]
    assert sql("SELECT count(*) FROM audit_entry WHERE action = 'decision.made'") == [(1,)]


def test_many_threads_with_their_own_keys_each_get_their_own_decision(ask, sql) -> None:
    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(lambda n: ask(f"k{n}", score=n % 80).body["id"], range(64)))
    assert len(set(made)) == 64
    assert (
        sql('SELECT count(*), count(DISTINCT number) FROM decision LEFT JOIN "case" c ON c.decision_id = decision.id')[
            0
        ][0]
        == 64
    )


@hypothesis_settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(keys=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 2)), min_size=1, max_size=8))
def test_any_sequence_of_calls_makes_one_decision_for_each_key(ask, sql, keys) -> None:
    salt = uuid.uuid4().hex
    first: dict[str, int] = {}
    for key, score in keys:
        if first.setdefault(key, score) == score:
            ask(salt + key, score=score)
        else:
            with pytest.raises(Conflict):
                ask(salt + key, score=score)
    stored = sql("SELECT count(*) FROM idempotency_key WHERE key LIKE %s AND answer IS NOT NULL", salt + "%")
    assert stored == [(len(first),)]


def test_refused_signals_are_all_listed_without_their_values_and_the_key_is_free_again(ask, sql) -> None:
    with pytest.raises(Invalid) as caught:
        ask("k1", score="SECRET-VALUE", listed=7, unheard_of=1)
    assert {problem.where for problem in caught.value.problems} == {
        "/signals/score",
        "/signals/listed",
        "/signals/unheard_of",
    }
    assert "SECRET-VALUE" not in str(caught.value) + str(caught.value.problems)
    assert sql("SELECT count(*) FROM idempotency_key") == [(0,)]
    assert ask("k1").body["verdict"] == "approve"


@pytest.mark.parametrize("bad", [float("nan"), {1, 2}, "\ud800"])
def test_what_is_no_json_is_refused_before_anything_is_claimed(ask, sql, bad) -> None:
    with pytest.raises(Invalid):
        ask("k1", score=bad)
    assert sql("SELECT count(*) FROM idempotency_key") == [(0,)]


@pytest.mark.parametrize(
    "words",
    [
        {"reference": ""},
        {"reference": "a\x00b"},
        {"reference": "x" * 201},
        {"idempotency_key": ""},
        {"idempotency_key": "x" * 256},
        {"idempotency_key": "a\nb"},
        {"pack": "a\x00"},
    ],
)
def test_a_malformed_request_is_refused(originator, tenant, words) -> None:
    request = DecisionRequest(
        **({"pack": "tiny", "reference": "r", "signals": {}, "as_of": DAY, "idempotency_key": "k"} | words)
    )
    with pytest.raises(Invalid):
        decide(originator, request)


def test_an_unknown_pack_is_not_found_and_leaves_no_claim(originator, tenant, sql) -> None:
    with pytest.raises(NotFound):
        decide(originator, DecisionRequest("nowhere", "r", {}, DAY, "k"))
    assert sql("SELECT count(*) FROM idempotency_key") == [(0,)]


def test_who_has_no_permission_decides_nothing(ask, auditor, sql) -> None:
    with pytest.raises(Forbidden):
        ask("k1", actor=auditor)
    assert sql("SELECT count(*) FROM idempotency_key") == [(0,)]


def test_unknown_never_approves(ask) -> None:
    for name in ("score", "listed", "forged"):
        body = ask(**{name: ...}).body
        assert body["verdict"] != "approve", name
        assert name in {unknown["signal"] for unknown in body["unknowns"]}


def test_a_running_call_with_the_same_key_is_told_to_come_again(originator, active_version, tenant) -> None:
    request = DecisionRequest("tiny", "r", {"score": 1}, DAY, "k")
    with trips.way(tenant) as way:
        assert way.claim("k", request.body_digest, "tiny").id is not None
    naps: list[float] = []
    with pytest.raises(Conflict, match="in progress"):
        decide(originator, request, sleep=naps.append)
    assert len(naps) == len(making._WAITS_S)


def test_a_claim_whose_owner_died_is_taken_over_and_the_dead_owner_can_write_nothing(
    ask, sql, tenant, active_version, originator
) -> None:
    request = DecisionRequest("tiny", "LOAN-1", {"score": 5}, DAY, "k")
    with trips.way(tenant) as way:
        dead = way.claim("k", request.body_digest, "tiny")
    assert dead.id is not None
    sql("UPDATE idempotency_key SET claimed_until = now() - interval '1 second'")
    answer = decide(originator, request)
    late = making.decide_with(active(tenant, "tiny"), {"score": 5}, DAY)
    made = rendering.Made(active(tenant, "tiny"), late, rendering.datetime.now(rendering.UTC))
    subject = rendering.Subject("LOAN-1", None, {"score": 5}, {}, {})
    again = rendering.render(making.keyring(), originator, made, subject, 99)
    with trips.way(tenant) as way:
        assert way.finish(dead.id, b"x", again.written) is False
    assert sql("SELECT id FROM decision") == [(answer.body["id"],)]
    assert sql('SELECT count(*) FROM "case"') == [(1,)]
    assert sql("SELECT count(*) FROM outbox WHERE topic = 'decision.made'") == [(1,)]
    assert sql("SELECT count(*) FROM audit_entry WHERE action = 'decision.made'") == [(1,)]


def test_a_failure_between_the_trips_leaves_nothing_and_frees_the_key(ask, sql, monkeypatch) -> None:
    def broken(*_: object, **__: object) -> bool:
        raise Unavailable("gone")

    with monkeypatch.context() as patch:
        patch.setattr(trips.Way, "finish", broken)
        with pytest.raises(Unavailable):
            ask("k1", score=5)
    for table in ("decision", "idempotency_key", '"case"', "outbox"):
        assert sql(f"SELECT count(*) FROM {table}") == [(0,)], table
    assert ask("k1", score=5).replayed is False


def test_a_second_decision_with_one_id_rolls_everything_back(ask, sql, monkeypatch) -> None:
    monkeypatch.setattr(rendering, "new_id", lambda prefix: f"{prefix}_{'0' * 26}")
    ask("k1")
    with pytest.raises(psycopg.errors.UniqueViolation):
        ask("k2")
    monkeypatch.undo()
    assert sql("SELECT count(*) FROM decision") == [(1,)]
    assert sql("SELECT count(*) FROM audit_entry WHERE action = 'decision.made'") == [(1,)]
    assert ask("k2").replayed is False


def test_a_case_is_opened_for_a_review_and_a_reject_only(ask, sql) -> None:
    assert ask().body["case"] is None
    review, reject = ask(score=10).body, ask(forged=True).body
    assert (review["verdict"], reject["verdict"]) == ("review", "reject")
    rows = sql('SELECT number, queue, role, four_eyes, status, headline FROM "case" ORDER BY number')
    assert [row[0] for row in rows] == [1, 2]
    assert rows[0][1:5] == ("kyc_review", "verification_officer", False, "open")
    assert review["case"]["number"] == "KYC-000001"
    assert rows[1][5] == reject["reasons"][0]["text"]


def test_the_deadline_of_the_answer_and_of_the_case_are_the_decisions_time_plus_the_routes_duration(ask, sql) -> None:
    body = ask(score=10).body
    ((created, due),) = sql('SELECT created_at, due_at FROM "case"')
    assert (due - created).total_seconds() == 2 * 86400
    assert body["route"]["due"] == rendering.rfc3339(due)
    assert body["route"]["due"].endswith("Z")


@pytest.mark.parametrize(("text", "seconds"), [("PT24H", 86400), ("P2D", 172800), ("PT15M", 900), ("P1DT1H", 90000)])
def test_durations_of_the_engine_become_times(text, seconds) -> None:
    now = rendering.datetime(2026, 1, 1, tzinfo=rendering.UTC)
    due = rendering.timed_route({"due": text}, now)["due"]
    assert (rendering.datetime.fromisoformat(due) - now).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "P", "PT", "24h", "P1M"])
def test_a_deadline_that_is_no_duration_stops_the_decision(text) -> None:
    with pytest.raises(ValueError, match="ISO 8601"):
        rendering.timed_route({"due": text}, rendering.datetime(2026, 1, 1, tzinfo=rendering.UTC))


def test_an_outbox_row_and_an_audit_link_come_with_every_decision(ask, sql) -> None:
    made = ask().body
    assert sql("SELECT topic, status FROM outbox") == [("decision.made", "pending")]
    ((subject, content),) = sql("SELECT subject, content FROM audit_entry WHERE action = 'decision.made'")
    assert subject == made["id"]
    assert json.loads(content)["digest"] == made["digest"]


def test_no_personal_data_lies_open_in_the_database(ask, stack, tenant) -> None:
    ask(score=10, **{"applicant.name": "Zubeida Quraishi", "applicant.pan": "ZZZPQ9999Z"})
    with psycopg.connect(stack.owner_url) as connection:
        for table in ("decision", "idempotency_key", "case", "case_event", "outbox", "audit_entry"):
            rows = connection.execute(f'SELECT * FROM "{table}" WHERE tenant_id = %s', [tenant]).fetchall()
            assert rows
            for word in ("Zubeida", "ZZZPQ9999Z", "1990-08-15"):
                assert word not in repr(rows), (table, word)


def test_the_stored_answer_holds_no_personal_value_either(ask, auditor) -> None:
    made = ask(score=10, **{"applicant.name": "Zubeida Quraishi"}).body
    assert "Zubeida" not in json.dumps(made)
    assert decisions.get(auditor, made["id"]) == made


def test_a_tenant_never_sees_counts_or_infers_another_tenants_decisions(ask, stack, tenant) -> None:
    made = ask("k1", score=10).body
    stranger = system("somebody_else")
    assert decisions.listing(stranger).items == []
    for act in (decisions.get, decisions.explanation, decisions.replay):
        with pytest.raises(NotFound):
            act(stranger, made["id"])
    with psycopg.connect(stack.app_url) as connection:
        connection.execute("SELECT set_config('verdict.tenant', 'somebody_else', true)")
        for table in (
            "decision",
            "case",
            "case_event",
            "idempotency_key",
            "outbox",
            "audit_entry",
            "audit_lane",
            "case_counter",
        ):
            assert connection.execute(f'SELECT count(*) FROM "{table}"').fetchone() == (0,), table
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("INSERT INTO case_counter VALUES (%s, 7)", [tenant])


def test_a_stored_decision_cannot_be_changed_by_the_processes(ask, sql) -> None:
    ask()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        sql("UPDATE decision SET verdict = 'approve'")


def test_replay_gives_the_same_digest(ask, auditor) -> None:
    made = ask(score=Decimal("39.99")).body
    again = decisions.replay(auditor, made["id"])
    assert again["same"] is True
    assert again["digest"] == again["digest_again"] == made["digest"]


def test_replay_takes_the_pack_that_decided_even_when_another_is_active_now(ask, sql, auditor) -> None:
    made = ask(score=10).body
    sql("UPDATE pack_version SET status = 'retired', retired_at = now()")
    with pytest.raises(NotFound):
        ask("another")
    assert decisions.replay(auditor, made["id"])["same"] is True


def test_signals_and_the_missing_ones_come_back_as_they_were() -> None:
    held = {
        "a": Decimal("0.1"),
        "b": date(1990, 8, 15),
        "c": Missing(Reason.STALE, "older than a day"),
        "d": Signal("d", 0.25, "check"),
        "e": [{"ordinal": 1, "kind": "pan_card"}],
        "f": Signal("f", Missing(Reason.TIMED_OUT), "check"),
    }
    back = rendering.decode_signals(rendering.encode_signals(held))
    assert back == held | {"d": 0.25, "f": Missing(Reason.TIMED_OUT)}


def test_an_explanation_gives_the_legal_basis_and_a_sentence(ask, officer) -> None:
    made = ask(score=10, listed=...).body
    told = decisions.explanation(officer, made["id"])
    low = next(reason for reason in told["reasons"] if reason["rule"] == "SCORE_LOW")
    assert low["basis"] == [{"source": "policy", "title": "House policy", "reference": None}]
    assert "review" in told["summary"]
    assert "listed" in told["summary"]
    assert told["trace"] == made["trace"]


def test_decisions_are_listed_newest_first_page_by_page(ask, officer) -> None:
    made = [ask(reference=f"R{n}", score=10 if n % 2 else 80).body["id"] for n in range(5)]
    seen, after = [], None
    while True:
        page = decisions.listing(officer, after=after, limit=2)
        seen += [item["id"] for item in page.items]
        after = page.next
        if after is None:
            break
    assert sorted(seen) == sorted(made)
    assert len(decisions.listing(officer, verdict="approve").items) == 3
    assert [item["id"] for item in decisions.listing(officer, reference="R3").items] == [made[3]]


def test_a_batch_decides_each_item_and_a_refused_one_stops_none(originator, active_version) -> None:
    def one(key: str, **signals: object) -> DecisionRequest:
        return DecisionRequest("tiny", key, signals, DAY, key)

    done = decisions.decide_batch(originator, [one("a", score=1), one("b", score="x"), one("a", score=1)])
    assert [item.answer is not None for item in done] == [True, False, True]
    assert isinstance(done[1].error, Invalid)
    assert done[2].answer is not None
    assert done[2].answer.replayed
    with pytest.raises(Invalid):
        decisions.decide_batch(originator, [one(str(n)) for n in range(101)])


def test_record_writes_in_the_callers_transaction_and_nothing_when_it_fails(tenant, active_version, sql) -> None:
    pack, who = active(tenant, "tiny"), system(tenant)
    made = pack.pack.decide({"score": 5}, DAY)
    facts = {"actor": who, "pack": pack, "decision": made, "reference": "R", "application": None}
    facts |= {"models": {"face": "m1"}, "lists": {"sanctions": "lst_1"}, "signals": {"score": 5}}

    def stopped() -> None:
        with db.unit(tenant) as session:
            decisions.record(session, **facts)
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        stopped()
    assert sql("SELECT count(*) FROM decision") == [(0,)]
    with db.unit(tenant) as session:
        body = decisions.record(session, **facts)
        assert session.get(DecisionRow, body["id"]).verdict == "review"
        assert session.execute(text("SHOW synchronous_commit")).scalar_one() == "on"
    assert sql("SELECT models, lists FROM decision") == [({"face": "m1"}, {"sanctions": "lst_1"})]
    assert body["case"]["number"].startswith("KYC-")


def test_no_second_decision_of_one_application(tenant, active_version, application) -> None:
    pack, who = active(tenant, "tiny"), system(tenant)
    made = pack.pack.decide({"score": 5}, DAY)
    facts = {
        "actor": who,
        "pack": pack,
        "decision": made,
        "reference": "R",
        "models": {},
        "lists": {},
        "signals": {"score": 5},
    }
    with db.unit(tenant) as session:
        decisions.record(session, application=application, **facts)
    with pytest.raises(IntegrityError), db.unit(tenant) as session:
        decisions.record(session, application=application, **facts)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("applicant.pan", "ABCPR1234K", "ABCPR••••K"),
        ("applicant.email", "asha@example.org", "a•••@•••"),
        ("applicant.name", "Asha Devi Rao", "A. D. R."),
        ("applicant.date_of_birth", date(1990, 8, 15), "1990-••-••"),
        ("applicant.date_of_birth", "1990-08-15", "1990-••-••"),
        ("applicant.phone", "+919812345678", "•••"),
        ("applicant.address", "12 Hill Road", "•••"),
        ("aadhaar.last4", "1234", "•••"),
        ("applicant.name", "", "•••"),
        ("applicant.income", 90000, "•••"),
        ("applicant.name", None, None),
    ],
)
def test_a_masked_value_shows_only_its_part(name, value, shown) -> None:
    assert masked(name, value) == shown


def test_a_connection_that_dies_between_the_trips_is_told_and_the_pool_recovers(ask, tenant, sql) -> None:
    def cut() -> None:
        with trips.way(tenant) as way:
            held = way.claim("k", "digest", "tiny")
            sql("SELECT pg_terminate_backend(%s)", way._connection.info.backend_pid)
            way.release(str(held.id))

    with pytest.raises(Unavailable, match="same call again"):
        cut()
    assert sql("SELECT count(*) FROM idempotency_key WHERE answer IS NULL") == [(1,)]
    assert ask("k2").replayed is False
