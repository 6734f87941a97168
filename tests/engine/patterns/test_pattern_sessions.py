"""Sessions of the native engine: each decision its own, at the same time or in turn, failed or not, bounded and gone."""

from __future__ import annotations

import gc
import itertools
import json
import multiprocessing
import os
import random
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.pack import Pack, SignalError, parse_pack
from engine.pack.limits import MAX_LIST_ITEMS
from engine.pack.patterns import PatternEngine, native
from engine.pack.patterns.matching import Matcher
from engine.pack.patterns.native import LIST, ONE, Message, Pool, Ruleset
from engine.pack.patterns.ruleset import Mode
from tests.engine.patterns.sample import HEAD, TODAY

Build = Callable[..., Pack]
Ask = Callable[..., dict[str, Any]]

PAIR = "id: PAIR, over: {x: a, y: a}, if: 'x.n < y.n and x.k != y.k', sets: {patterns.p: true}"
SAME = "id: SAME, over: {x: a, y: b}, if: 'x.k = y.k', count: '>= 3', sets: {patterns.q: true}"
LONE = "id: LONE, over: {x: a}, absent: {y: a}, if: 'x.b and x.n = y.n', sets: {patterns.r: true}"


def _fact(n: Any = 0, k: str | None = "p", **more: Any) -> dict[str, Any]:
    return {"n": n, "k": k, **more}


def _matcher(pack: Pack, number: int = 0) -> Matcher:
    assert pack.typed.patterns is not None
    return Matcher(pack.typed.patterns.plans[number])


def _naive(a: list[dict[str, Any]], b: list[dict[str, Any]]) -> dict[str, bool]:
    pairs = list(itertools.permutations(a, 2))
    return {
        "PAIR": any(x["n"] < y["n"] and x["k"] != y["k"] for x, y in pairs),
        "SAME": sum(x["k"] == y["k"] for x in a for y in b) >= 3,
        "LONE": any(x["b"] and all(y is x or y["n"] != x["n"] for y in a) for x in a),
    }


def _drawn(seed: int, count: int) -> Iterator[tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    drawn = random.Random(seed)
    for _ in range(count):
        yield tuple(  # type: ignore[misc]
            [
                _fact(drawn.randrange(9), drawn.choice("pqrst"), b=drawn.random() < 0.5)
                for _ in range(drawn.randrange(6))
            ]
            for _ in "ab"
        )


def test_threads_that_decide_at_once_get_each_their_own_answer(patterns: Build, answers: Ask) -> None:
    pack = patterns(PAIR, SAME, LONE)
    wrong: list[Any] = []
    start = threading.Barrier(6)

    def work(seed: int) -> None:
        start.wait()
        for a, b in _drawn(seed, 150):
            if answers(pack, a=a, b=b) != _naive(a, b):
                wrong.append((a, b))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    pace = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # hand over within sessions, not only between them
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(pace)
    assert not wrong


def _equal() -> Pool:
    """Pairs of facts with equal `x`."""
    second = {"$and": [{LIST: 1}, {"x": {"a": "x"}}, {"$gte": {ONE: {"a": ONE}}}]}
    return Pool({"r0": {"all": [{"a": {LIST: 0}}, {"b": second}]}})


def _messages(*numbers: int) -> list[Message]:
    return [{LIST: role, "x": x, ONE: 1} for x in numbers for role in (0, 1)]


def _values(firings: Iterator[Mapping[str, Message]]) -> list[int]:
    return sorted(bound["a"]["x"] for bound in firings)


def test_a_session_within_a_session_sees_only_its_own_facts() -> None:
    pool = _equal()
    with pool.session(_messages(1, 2, 3)) as outer:
        first = next(outer)["a"]["x"]
        with pool.session(_messages(7)) as inner:
            assert _values(inner) == [7]
        assert sorted([first, *_values(outer)]) == [1, 2, 3]
    with pool.session(_messages(3)) as again:
        assert _values(again) == [3]
    assert len(pool._idle) == 2  # as many rulesets as there were sessions at the same time


def test_a_session_that_is_left_early_leaves_nothing() -> None:
    pool = _equal()
    for number in range(300):
        with pool.session(_messages(number, number + 1, number + 2)) as firings:
            assert next(firings)["a"]["x"] >= number
    with pool.session(_messages(5)) as firings:
        assert _values(firings) == [5]
    assert len(pool._idle) == 1


def _child(pack: Pack, expected: list[dict[str, bool]], told: Any) -> None:
    told.put([_run(pack, a, b) for a, b in _drawn(3, len(expected))] == expected)


def _run(pack: Pack, a: Any, b: Any) -> dict[str, Any]:
    return dict(
        zip(("PAIR", "SAME", "LONE"), pack.decide({"facts.a": a, "facts.b": b}, TODAY).run.patterns, strict=True)
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_process_forked_within_a_session_decides_on_its_own(patterns: Build) -> None:
    pack = patterns(PAIR, SAME, LONE)
    expected = [_naive(a, b) for a, b in _drawn(3, 40)]
    _run(pack, [_fact(1), _fact(2, "q")], [])
    context = multiprocessing.get_context("fork")
    told = context.Queue()
    pool = _equal()
    with pool.session(_messages(1, 2)) as firings:
        next(firings)
        child = context.Process(target=_child, args=(pack, expected, told))
        child.start()
        assert told.get(timeout=60) is True
        child.join()
        assert len(_values(firings)) == 1
    assert child.exitcode == 0
    assert [_run(pack, a, b) for a, b in _drawn(3, 40)] == expected


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="this system does not tell a process's memory")
def test_memory_does_not_grow_with_sessions(patterns: Build) -> None:
    pack = patterns(PAIR, SAME, LONE)
    matchers = [_matcher(pack, number) for number in range(3)]
    assert pack.typed.patterns is not None
    sizes = (3, 2)
    codes = tuple((0, 1, 0)[: sizes[one.list]] for one in pack.typed.patterns.columns)

    def sessions(count: int) -> int:
        for _ in range(count):
            for matcher in matchers:
                matcher.matches(codes, sizes)
        gc.collect()
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])

    sessions(1_000)
    before = sessions(500)
    assert sessions(4_000) - before < 256  # pages: a leak of one message per session would be more


def test_what_is_remembered_is_bounded(patterns: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.pack.patterns.engine.MAX_MEMO_ENTRIES", 5)
    pack = patterns(PAIR, SAME, LONE)
    for a, b in _drawn(8, 60):
        assert _run(pack, a, b) == _naive(a, b)
    assert pack.typed.patterns is not None
    engine = PatternEngine(pack.typed.patterns, {})
    for a, b in _drawn(9, 60):
        engine.run((a, b))
    assert 0 < len(engine._found) <= 5


def test_rulesets_that_are_dropped_are_deleted_from_the_native_table(monkeypatch: pytest.MonkeyPatch) -> None:
    handles = []
    for number in range(40):
        pool = _equal()
        with pool.session(_messages(number)) as firings:
            assert _values(firings) == [number]
        handles.append(pool._idle[0]._handle)
    del pool
    gc.collect()
    for handle in handles:
        with pytest.raises(native._NATIVE.error):
            native._NATIVE.assert_facts(handle, json.dumps([{LIST: 0, ONE: 1, "sid": "decision", "id": "1"}]))


# -- failures


def _warned(pack: Pack, **signals: Any) -> list[tuple[str, str]]:
    decision = pack.decide({"facts.a": [], "facts.b": [], **signals}, TODAY)
    assert decision.verdict == "review"
    return [(one.code, one.rule or "") for one in decision.warnings]


def test_a_failure_of_the_native_engine_is_unknown_reported_and_not_remembered(
    patterns: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = patterns(PAIR, LONE)
    facts = [_fact(1), _fact(2, "q")]

    def fail(*_: object) -> None:
        raise native._NATIVE.error("no")

    with monkeypatch.context() as broken:
        broken.setattr(Ruleset, "firings", fail)
        assert _warned(pack, **{"facts.a": facts}) == [("pattern_failed", "PAIR"), ("pattern_failed", "LONE")]
        decision = pack.decide({"facts.a": facts, "facts.b": []}, TODAY)
        assert decision.rules("undecided") == ("PAIR", "LONE")
    assert pack.decide({"facts.a": facts, "facts.b": []}, TODAY).fired == ("PAIR", "OK")


@pytest.mark.parametrize("answer", [(3, 0), None])
def test_facts_that_the_native_engine_refuses_are_a_failure(
    patterns: Build, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    pack = patterns(PAIR)

    class Refusing:
        """The native engine, but for one answer."""

        error = native._NATIVE.error

        def __getattr__(self, name: str) -> Any:
            return (lambda *_: answer) if name == "assert_facts" else getattr(real, name)

    real = native._NATIVE
    monkeypatch.setattr(native, "_NATIVE", Refusing())
    assert _warned(pack, **{"facts.a": [_fact(1), _fact(2, "q")]}) == [("pattern_failed", "PAIR")]


def test_a_ruleset_that_does_not_run_is_a_failure(patterns: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = patterns(PAIR)
    monkeypatch.setattr(Ruleset, "firings", lambda self, messages: (one for one in ()))
    assert _warned(pack, **{"facts.a": [_fact(1), _fact(2, "q")]}) == [("pattern_failed", "PAIR")]


def test_a_ruleset_that_finds_more_than_there_is_has_failed(patterns: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = patterns("id: P, over: {x: a}, if: 'x.b', count: '> 1', sets: {patterns.p: true}")
    many = itertools.count()

    def endless(self: Ruleset, messages: object) -> Iterator[Any]:
        while True:
            yield {"m": {"FACT": next(many)}}

    monkeypatch.setattr(Ruleset, "firings", lambda self, messages: (one for one in endless(self, messages)))
    assert _warned(pack, **{"facts.a": [_fact(1, b=True)]}) == [("pattern_failed", "P")]


def test_values_that_cannot_be_put_in_order_are_a_failure(patterns: Build) -> None:
    pack = patterns(
        "id: P, over: {x: a, y: a}, if: 'x.n < y.n', sets: {patterns.p: true}",
        "id: Q, over: {x: a}, if: 'x.b', when: '1 > 2', sets: {patterns.q: true}",
    )
    assert pack.typed.patterns is not None
    engine = PatternEngine(pack.typed.patterns, {})
    answers = engine.run(([_fact(1, b=True), _fact(b=True, n="no number")],))
    assert (answers.patterns, answers.signals) == ((None, False), (None, False))
    assert [code for _, code, _ in answers.warnings] == ["pattern_failed"]


def test_a_date_out_of_the_calendar_has_its_place_in_the_order(patterns: Build) -> None:
    pack = patterns("id: P, over: {x: a, y: a}, if: 'x.d + duration(\"P9000Y\") > y.d', sets: {patterns.p: true}")
    facts = [_fact(d=TODAY), _fact(d=TODAY)]
    assert pack.decide({"facts.a": facts, "facts.b": []}, TODAY).run.patterns == (True,)


# -- bounds


def test_a_list_longer_than_the_bound_is_refused(patterns: Build) -> None:
    pack = patterns(PAIR)
    with pytest.raises(SignalError, match=f"more than {MAX_LIST_ITEMS}"):
        pack.decide({"facts.a": [_fact()] * (MAX_LIST_ITEMS + 1)}, TODAY)


def test_too_many_choices_are_unknown_and_floor_the_verdict(patterns: Build) -> None:
    pack = patterns(PAIR)
    same = [_fact(n) for n in range(200)]
    assert _warned(pack, **{"facts.a": same}) == [("pattern_limit", "PAIR")]
    # A few facts already show it: then it does not matter how many more there are.
    assert _run_pair(pack, [*same[:199], _fact(500)]) is None
    assert _run_pair(pack, [_fact(500, "q"), *same[:199]]) is True
    # Tests of single facts come first, so only what they leave is combined.
    narrow = patterns(PAIR.replace("x.n <", "x.n <= 9 and y.n <= 9 and x.n <"))
    assert _run_pair(narrow, same) is False


def _run_pair(pack: Pack, facts: list[dict[str, Any]]) -> Any:
    return pack.decide({"facts.a": facts, "facts.b": []}, TODAY).run.patterns[0]


def test_the_patterns_of_a_pack_share_one_bound(patterns: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [f"id: P{n}, over: {{x: a, y: b}}, if: 'x.n + {n} = y.n', sets: {{patterns.p{n}: true}}" for n in range(5)]
    facts = {"facts.a": [_fact(n) for n in range(180)], "facts.b": [_fact(1000 + n) for n in range(180)]}
    pack = patterns(*many)
    first = pack.decide(facts, TODAY)
    assert first.run.patterns == (False, False, False, False, None)
    assert [(one.code, one.rule) for one in first.warnings] == [("pattern_limit", "P4")]
    few = {"facts.a": [_fact(n) for n in range(7)], "facts.b": [_fact(3 + n) for n in range(8)]}
    for bound in (56, 112, 113, 279, 280):  # remembered or not, the bound decides alike
        monkeypatch.setattr("engine.pack.patterns.engine.MAX_DECISION_COMBINATIONS", bound)
        decisions = [one.decide(few, TODAY) for one in (pack, pack, patterns(*many))]
        assert len({one.digest for one in decisions}) == 1
        assert decisions[0].run.patterns == (*(True,) * (bound // 56), *(None,) * (5 - bound // 56))


def test_a_first_look_at_a_few_facts_counts_too(patterns: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.pack.patterns.engine.MAX_DECISION_COMBINATIONS", 143)
    assert _run_pair(patterns(PAIR), [_fact(n, str(n)) for n in range(60)]) is None
    monkeypatch.setattr("engine.pack.patterns.engine.MAX_DECISION_COMBINATIONS", 144)
    assert _run_pair(patterns(PAIR), [_fact(n, str(n)) for n in range(60)]) is True


def test_the_generated_code_holds_no_word_of_the_author(patterns: Build) -> None:
    pack = patterns(
        "id: P, over: {who: a}, if: 'who.k = \"Asha\" and who.n > 4711', when: 's.k = \"word\"', sets: {patterns.p: true}"
    )
    assert pack.typed.patterns is not None
    text = PatternEngine(pack.typed.patterns, {}).text
    assert "def look(" in text
    assert "def when0(" in text
    assert not any(word in text for word in ("who", "Asha", "word"))


# -- what shapes the use of durable_rules


def test_durable_rules_forgets_no_absence_when_absent_facts_come_first() -> None:
    """And does when they come last, which is why they never do here."""
    gone = {"$and": [{LIST: 0}, {"x": {"a": "x"}}, {"$gte": {ONE: {"a": ONE}}}]}
    pool = Pool({"r0": {"all": [{"a": {LIST: 1}}, {"b$not": gone}]}})
    there: list[Message] = [{LIST: 1, "x": 1, ONE: 1}]
    absent: list[Message] = [{LIST: 0, "x": 1, ONE: 1}]
    with pool.session([*absent, *there]) as firings:
        assert not list(firings)
    with pool.session([*there, *absent]) as firings:
        assert list(firings)


def test_no_word_of_the_facts_reaches_the_native_engine(patterns: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    told = Ruleset.firings

    def listen(self: Ruleset, messages: Any) -> Any:
        seen.append(json.dumps(messages))
        return told(self, messages)

    monkeypatch.setattr(Ruleset, "firings", listen)
    pack = patterns(PAIR, SAME)
    facts = [_fact(4711, "Asha Rao"), _fact(4712, "Asha Rau")]
    assert pack.decide({"facts.a": facts, "facts.b": facts}, TODAY).run.patterns == (True, False)
    assert seen
    assert not any(word in text for text in seen for word in ("Asha", "4711", "4712"))


def test_a_pattern_is_run_once_for_looks_that_are_equal(patterns: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Mode] = []
    find = Matcher._find

    def count(self: Matcher, mode: Mode, *rest: Any) -> set[tuple[int, ...]]:
        asked.append(mode)
        return find(self, mode, *rest)

    monkeypatch.setattr(Matcher, "_find", count)
    pack = patterns(PAIR)
    for name in ("x", "y", "z"):
        assert _run_pair(pack, [_fact(1, name), _fact(2, name + "!")]) is True
    assert asked == [Mode.SURE]


def test_what_was_found_names_the_facts(patterns: Build) -> None:
    pack = patterns(PAIR, SAME, LONE, "id: GONE, absent: {y: b}, if: 'y.b', sets: {patterns.s: true}")
    assert pack.typed.patterns is not None
    engine = PatternEngine(pack.typed.patterns, {})
    a = [_fact(4, "p", b=None), _fact(4, "q", b=False), _fact(5, "q", b=None)]
    b = [_fact(0, "q", b=True), _fact(0, "q", b=False)]
    assert [tuple(one) for one in engine.findings((a, b))] == [
        ("PAIR", 1, None, {"x": 0, "y": 2}),
        ("SAME", 4, 4, {"x": 1, "y": 0}),
        ("LONE", 0, 1, {"x": 2}),
        ("GONE", 0, 0, None),
    ]
    assert engine.findings(([_fact(1, b=None), {**_fact(), "n": "no number", "b": None}], [])) == ()
    decision = pack.decide({"facts.a": a, "facts.b": b}, TODAY)
    assert pack.program.findings(decision.run.signals, TODAY) == engine.findings((a, b))
    assert _findings(patterns("id: P, over: {x: a}, if: 'x.d <= as_of and x.n = s.n', sets: {patterns.p: true}")) == [1]


def _findings(pack: Pack) -> list[int]:
    run = pack.decide({"facts.a": [_fact(1, d=TODAY), _fact(2, d=TODAY)], "s.n": 2}, TODAY).run
    return [one.example["x"] for one in pack.program.findings(run.signals, TODAY) if one.example]


def test_a_pack_without_patterns_finds_nothing() -> None:
    pack = parse_pack({"pack.yaml": HEAD.replace("patterns:\n", "")})
    assert pack.program.findings(pack.decide({}, TODAY).run.signals, TODAY) == ()
