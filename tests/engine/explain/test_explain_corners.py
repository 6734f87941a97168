"""Where explanations meet their edges: the end of the calendar, holes in computed values, refused and idle changes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from engine.explain import explain
from engine.explain.changes import DECLARED, Candidates, Change
from engine.explain.search import MAX_GREEDY, Search, _Trial
from engine.explain.thresholds import thresholds
from engine.pack import Pack, Verdict, parse_pack

TODAY = date(2026, 11, 20)
HEAD = 'pack: edges\ntitle: Edges\nversion: "1"\non_missing: review\nsources: {law: {title: The law}}\nsignals:\n'
SIGNALS = (
    "  x: {type: number}\n  y: {type: number}\n  day: {type: date}\n  moment: {type: date and time}\n"
    "  yes: {type: boolean}\n"
)


def pack_of(condition: str, decisions: str = "", signals: str = SIGNALS) -> Pack:
    verdict = f"verdict:\n  rules:\n    - {{id: GO, if: '{condition}', verdict: approve, reason: fine}}\n"
    return parse_pack({"pack.yaml": HEAD + signals + decisions + verdict})


def candidates(pack: Pack, name: str, as_of: date = TODAY, **signals: object) -> list[Any]:
    search = Search(pack, pack.decide(signals, as_of), 10_000)
    found = Candidates(pack, search.values, as_of, thresholds(pack, as_of), search._value)
    return [change.after for change in found.of(name)]


def change(name: str, before: object, after: object) -> Change:
    return Change(name, before, after, DECLARED, 1.0)


def test_the_last_day_of_the_calendar_has_no_day_after_it() -> None:
    pack = pack_of('day = date("9999-12-31")')

    assert {date(9999, 12, 30), date(9999, 12, 31)} <= set(candidates(pack, "day", day="2026-01-01"))
    found = explain(pack, {"day": "2026-01-01"}, TODAY)
    assert [one.changes[0].after for one in found.to_approve] == [date(9999, 12, 31)]


def test_the_first_days_of_the_calendar_have_no_years_before_them() -> None:
    assert candidates(pack_of("day < as_of"), "day", date.min) == [date(1, 1, 1), date(1, 1, 2), date(2, 1, 1)]


def test_a_moment_has_no_neighbours_to_try() -> None:
    assert candidates(pack_of("moment != null"), "moment", moment="2026-01-01T10:00:00") == []


@pytest.mark.parametrize(("hole", "found"), [("[2000..2001]", True), ("[480..520]", False)])
def test_a_crossing_is_not_claimed_across_a_hole_of_the_computed_value(hole: str, found: bool) -> None:
    pack = pack_of("z > 5", f"decisions:\n  z: {{expression: 'if x in {hole} then null else x / 7'}}\n")

    assert (36 in candidates(pack, "x", x=1)) is found


def test_a_change_that_the_pack_refuses_is_no_trial() -> None:
    largest = 10**34 - 1
    pack = pack_of(f"x >= {largest}")
    search = Search(pack, pack.decide({"x": 1}, TODAY), 50)
    search.run_singles()
    refused = change("x", 1, largest + 1)

    assert refused.after in candidates(pack, "x", x=1)
    assert search.changed([refused]) is None
    assert {one.change.after for one in search.singles} == {largest - 1, largest}
    assert search._step({}, [_Trial(refused, search.decision, 1)], Verdict.APPROVE) is None


def test_a_change_that_three_do_not_need_is_seen_as_idle() -> None:
    pack = pack_of("x > 5 and y > 5")
    search = Search(pack, pack.decide({"x": 1, "y": 1, "yes": False}, TODAY), 50)
    needed = [change("x", 1, 6), change("y", 1, 6)]

    assert not search._needs_all([*needed, change("yes", False, True)], Verdict.APPROVE)


def test_steps_to_an_approval_end_at_their_bound_and_mending_goes_on() -> None:
    names = [f"b{number}" for number in range(MAX_GREEDY + 2)]
    signals = "".join(f"  {name}: {{type: boolean}}\n" for name in names)
    decisions = "decisions:\n" + "".join(f"  is_{name}: {{expression: {name}}}\n" for name in names)
    pack = pack_of(" and ".join(f"is_{name}" for name in names), decisions, signals)
    given = dict.fromkeys(names, False)
    search = Search(pack, pack.decide(given, TODAY), 10_000)
    search.run_singles()

    assert search.greedy(frozenset(names), Verdict.APPROVE) is None
    found = explain(pack, given, TODAY)
    assert [len(one.changes) for one in found.to_approve] == [len(names)]
    assert not found.to_approve_smallest


def test_a_range_with_one_end_gives_the_end_it_has() -> None:
    assert thresholds(pack_of("x in ((> 3), (<= 1))"), TODAY)["x"] == (3, 1)
