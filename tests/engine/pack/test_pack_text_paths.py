"""Canonical texts, digests and traces written from templates are the JSON of what they stand for."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.feel.values import YearsMonths
from engine.pack import Pack
from engine.pack.canonical import canonical, canonical_text, digest_of, to_json
from engine.pack.digests import ENGINE_VERSION
from engine.pack.trace import _value
from engine.signal import Missing, Reason
from tests.generators.packs import inputs, packs

SLOW = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20),
    st.sampled_from(
        [Decimal("1E+3"), Decimal("0.00001"), Decimal("-0.0"), Decimal("1E-9"), Decimal("123456789012345.6")]
    ),
    st.text(max_size=5),
    st.dates(),
    st.datetimes(),
    st.builds(YearsMonths, st.integers(-100, 100)),
    st.sampled_from([Missing(reason) for reason in Reason]),
)
ANY = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def _dumped(content: object) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


@settings(max_examples=150, deadline=None)
@given(ANY)
def test_canonical_texts_are_the_json_of_canonical_values(value: object) -> None:
    assert canonical_text(value) == _dumped(canonical(value))


@settings(max_examples=150, deadline=None)
@given(ANY)
def test_values_of_a_trace_are_their_plain_json(value: object) -> None:
    assert _value(value) == json.dumps(to_json(value), separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def test_a_value_without_canonical_form_is_spelled_by_its_kind() -> None:
    class Odd:
        def __repr__(self) -> str:
            return "odd"

    assert canonical_text(Odd()) == '["Odd","odd"]'
    assert canonical_text([Odd()]) == '["list","[odd]"]'


@SLOW
@given(packs(), inputs())
def test_the_digest_is_of_the_whole_content_in_canonical_form(pack: Pack, given_: tuple[Any, date]) -> None:
    signals, as_of = given_
    decision = pack.decide(signals, as_of)
    run = decision.run
    states: dict[str, list[Any]] = {"fired": [], "undecided": [], "skipped": []}
    for outcome in decision.outcomes:
        if outcome.state != "not_fired":
            states[outcome.state].append([outcome.rule.id, canonical(outcome.points)])
    content = {
        "pack": pack.digest,
        "engine": ENGINE_VERSION,
        "as_of": as_of.isoformat(),
        "signals": {
            name: canonical(run.missing.get(name, value))
            for name, value in zip(pack.typed.signals, run.signals, strict=True)
        },
        "decisions": {
            name: json.loads(canonical_text(value))
            for name, value in zip(pack.decision_index, run.decisions, strict=True)
        },
        "rules": states,
        "verdict": decision.verdict.value,
        "floored": run.floored,
        "route": None if decision.route is None else decision.route.id,
        "warnings": [[warned.code, warned.rule] for warned in decision.warnings],
    }
    assert decision.digest == digest_of(content)
    assert json.loads(decision.trace_json) == decision.trace
    assert decision.notable == tuple(one for one in decision.outcomes if one.state != "not_fired")
    assert [one.rule.id for one in decision.outcomes] == list(pack.rules)
    for state in ("fired", "not_fired", "undecided", "skipped"):
        assert decision.rules(state) == tuple(one.rule.id for one in decision.outcomes if one.state == state)
