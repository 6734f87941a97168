"""The door written in line admits, copies and refuses what the full check does, for signals and for facts."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.pack import Pack, SignalError, parse_pack
from engine.pack.admit import NOT_PROVIDED, admission
from engine.pack.model import SignalSpec
from engine.pack.problems import Place
from engine.signal import Missing, Reason

DAY = date(2026, 11, 20)
SMALL = settings(deadline=None)


SPECS = {
    "number": SignalSpec("x", "number", Place("f")),
    "ratio": SignalSpec("x", "number", Place("f"), low=0, high=1),
    "between": SignalSpec("x", "number", Place("f"), low=Decimal("-0.5"), high=Decimal("2.5")),
    "listed": SignalSpec("x", "number", Place("f"), values=(1, 2)),
    "string": SignalSpec("x", "string", Place("f")),
    "word": SignalSpec("x", "string", Place("f"), values=("a", "b")),
    "boolean": SignalSpec("x", "boolean", Place("f")),
    "date": SignalSpec("x", "date", Place("f")),
    "recent": SignalSpec("x", "date", Place("f"), low=date(2020, 1, 1)),
}
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([10**33, 10**34 - 1, 10**34, -(10**34), 10**400]),
    st.floats(),
    st.sampled_from([0.5, 1.0, 2.5, -0.5, 1e-320]),
    st.decimals(),
    st.sampled_from(
        [
            *(Decimal(text) for text in ("1E+9999", "1E-401", "1E-400", "1E-399", "NaN", "sNaN", "Infinity")),
            *(Decimal(text) for text in ("0E-420", "0E-400", "0E+400", "0E+500", "-0", "0.5" + "0" * 40)),
            Decimal("0." + "3" * 35),
        ]
    ),
    st.sampled_from(["a", "b", "c", "2026-11-20", "x" * 10_001]),
    st.dates(),
    st.datetimes(),
    st.just(NOT_PROVIDED),
    st.just(Missing(Reason.STALE)),
    st.just([]),
)


@pytest.mark.parametrize("name", sorted(SPECS))
@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_the_door_written_in_line_admits_what_the_full_check_admits(name: str, value: object) -> None:
    spec, pack = SPECS[name], _door(name)
    missing: dict[str, Missing] = {}
    faults: list[Any] = []
    admitted = admission(spec)(value, missing, faults)
    if faults:
        with pytest.raises(SignalError) as caught:
            pack.decide({"x": value}, DAY)
        assert caught.value.problems == tuple(faults)
        return
    run = pack.decide({"x": value}, DAY).run
    assert run.signals == (admitted,)
    assert type(run.signals[0]) is type(admitted)
    assert run.missing == missing


@pytest.mark.parametrize("text", ["0E-420", "0E+500", "1E-401", "NaN", "0." + "3" * 35])
def test_a_decimal_beyond_the_limits_is_refused_in_line_too(text: str) -> None:
    with pytest.raises(SignalError):
        _door("ratio").decide({"x": Decimal(text)}, DAY)


@pytest.mark.parametrize(
    ("value", "admitted"),
    [
        ("0.50", True),
        ("0", True),
        ("-1", True),
        ("1E+30", True),
        ("1E-399", True),
        ("0E-420", False),
        ("NaN", False),
        ("sNaN", False),
        ("0." + "3" * 35, False),
        (None, True),
    ],
)
def test_a_decimal_in_a_fact_meets_the_limits_of_numbers(value: str | None, admitted: bool) -> None:
    number = None if value is None else Decimal(value)
    if admitted:
        assert _one_fact().decide({"x": [{"n": number}]}, DAY).run.signals == ([{"n": number}],)
        return
    with pytest.raises(SignalError):
        _one_fact().decide({"x": [{"n": number}]}, DAY)


def test_a_fact_of_one_field_is_copied_or_refused() -> None:
    fact = {"n": 1}
    taken = _one_fact().decide({"x": [fact, {}]}, DAY).run.signals[0]
    assert taken == [fact, {"n": None}]
    assert taken[0] is not fact
    for refused in ({"m": 1}, {"n": 1, "m": 2}, 1):
        with pytest.raises(SignalError):
            _one_fact().decide({"x": [fact, refused]}, DAY)


@cache
def _one_fact() -> Pack:
    text = """pack: p
title: T
version: "1"
on_missing: review
signals: {x: {type: list, fields: {n: {type: number}}}}
verdict:
  rules: [{id: OK, if: 'count(x) = 1', verdict: approve, reason: r}]
"""
    return parse_pack({"pack.yaml": text})


@SMALL
@given(st.dictionaries(st.sampled_from([f"s{n}" for n in range(8)]), st.integers(0, 9)), st.booleans())
def test_few_signals_and_most_of_them_are_taken_alike(signals: dict[str, int], stranger: bool) -> None:
    names = [f"s{n}" for n in range(8)]
    given_ = {**signals, "stranger": 1} if stranger else signals
    if stranger:
        for one in (given_, MappingProxyType(given_)):
            with pytest.raises(SignalError, match="stranger"):
                _eight().decide(one, DAY)
        return
    runs = [_eight().decide(one, DAY).run for one in (given_, MappingProxyType(given_))]
    assert runs[0] == runs[1]
    assert runs[0].signals == tuple(signals.get(name) for name in names)
    assert runs[0].missing == {name: NOT_PROVIDED for name in names if name not in signals}
    assert given_ == signals  # what was handed in is not added to


@cache
def _eight() -> Pack:
    declared = "".join(f"  s{n}: {{type: number}}\n" for n in range(8))
    text = f"""pack: p
title: T
version: "1"
on_missing: review
signals:
{declared}verdict:
  rules: [{{id: OK, if: 's0 = s0', verdict: approve, reason: r}}]
"""
    return parse_pack({"pack.yaml": text})


@cache
def _door(name: str) -> Pack:
    spec = SPECS[name]
    options: dict[str, Any] = {"type": spec.type}
    if spec.values is not None:
        options["values"] = list(spec.values)
    if spec.low is not None:
        high = date(2100, 1, 1) if spec.high is None else spec.high
        options["range"] = [spec.low, high]
    shown = ", ".join(f"{key}: {_yaml(value)}" for key, value in options.items())
    text = f"""pack: p
title: T
version: "1"
on_missing: review
signals: {{x: {{{shown}}}}}
verdict:
  rules: [{{id: OK, if: 'x = x', verdict: approve, reason: r}}]
"""
    return parse_pack({"pack.yaml": text})


def _yaml(value: Any) -> str:
    return "[" + ", ".join(map(str, value)) + "]" if isinstance(value, list) else str(value)


SPECS["recent"] = SignalSpec("x", "date", Place("f"), low=date(2020, 1, 1), high=date(2100, 1, 1))

FIELD = {
    "n": st.one_of(
        st.none(), st.integers(-3, 3), st.floats(), st.decimals(), st.just("a"), st.just(Missing(Reason.STALE))
    ),
    "k": st.one_of(st.none(), st.sampled_from(["a", "b", "c"]), st.integers(0, 1)),
    "d": st.one_of(st.none(), st.dates(), st.just("2026-11-20"), st.just("x")),
    "b": st.one_of(st.none(), st.booleans(), st.integers(0, 1)),
}
FACTS = """pack: p
title: T
version: "1"
on_missing: review
signals:
  facts.one: {type: list, fields: {n: {type: number, range: [0, 2]}, k: {type: string, values: [a, b]}, d: date, b: boolean}}
verdict:
  rules: [{id: OK, if: 'count(facts.one) = 0', verdict: approve, reason: r}]
"""


@settings(max_examples=200, deadline=None)
@given(st.lists(st.fixed_dictionaries({}, optional=FIELD), max_size=3), st.booleans())
def test_plain_facts_are_admitted_as_any_mapping_is(facts: list[dict[str, Any]], stray: bool) -> None:
    if stray and facts:
        facts[0]["other"] = 1
    pack = _facts_pack()
    full: list[Any] = []
    for given_ in (facts, [MappingProxyType(fact) for fact in facts]):
        try:
            full.append(pack.decide({"facts.one": given_}, DAY).run.signals)
        except SignalError as error:
            full.append(error.problems)
    assert full[0] == full[1]
    assert repr(full[0]) == repr(full[1])


@cache
def _facts_pack() -> Pack:
    return parse_pack({"pack.yaml": FACTS})


def test_a_fact_that_was_admitted_is_a_copy() -> None:
    fact = {"n": 1, "k": "a", "d": DAY, "b": True}
    admitted = _facts_pack().decide({"facts.one": [fact]}, DAY).run.signals[0]
    fact["n"] = 2
    assert admitted == [{"n": 1, "k": "a", "d": DAY, "b": True}]


def test_a_dictionary_with_every_name_but_the_right_one_is_refused(example: Pack, clean: dict[str, Any]) -> None:
    whole = {name: clean.get(name, NOT_PROVIDED) for name in example.source.signals}
    assert example.decide(whole, DAY).digest == example.decide(clean, DAY).digest
    renamed = {("other" if name == "pan.status" else name): value for name, value in whole.items()}
    with pytest.raises(SignalError):
        example.decide(renamed, DAY)


def test_facts_with_a_field_that_is_never_plain_go_through_the_full_check() -> None:
    text = FACTS.replace("b: boolean", "b: date and time")
    pack = parse_pack({"pack.yaml": text})
    moment = "2026-11-20T10:00:00"
    found = pack.decide({"facts.one": [{"n": 1, "k": "a", "d": "2026-11-20", "b": moment}]}, DAY).run.signals[0]
    assert found == [{"n": 1, "k": "a", "d": DAY, "b": datetime.fromisoformat(moment)}]


def test_items_of_a_list_that_declares_none_are_refused() -> None:
    faults: list[Any] = []
    assert admission(SignalSpec("x", "list", Place("f")))([1], {}, faults) is None
    assert [fault.got for fault in faults] == ["a number"]
