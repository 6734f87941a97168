"""Cases that rest on other cases: what they take over, what they change, and what is refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from engine.pack import Pack, PackError, parse_pack, run_cases
from engine.signal import Missing, Reason

PACK = """\
pack: sample
title: Sample
version: "1"
on_missing: review
signals: {x: {type: number}, y: {type: number}}
verdict:
  rules:
    - {id: OK, if: "x > 1 and y > 1", verdict: approve, reason: "fine"}
"""
BASE = "- {case: Both are large, as_of: 2026-11-20, signals: {x: 2, y: 2}, expect: {verdict: approve}}\n"


def loaded(**files: str) -> Pack:
    return parse_pack({"pack.yaml": PACK, **{f"cases/{name}.yaml": text for name, text in files.items()}})


def codes(**files: str) -> list[str]:
    with pytest.raises(PackError) as caught:
        loaded(**files)
    return sorted(problem.code for problem in caught.value.problems)


def case(text: str, **more: Any) -> dict[str, object]:
    pack = loaded(a=BASE, b=f"- {{case: Other, base: Both are large, {text}, expect: {{verdict: review}}}}\n", **more)
    return next({"as_of": one.as_of, **one.signals} for one in pack.source.cases if one.name == "Other")


def test_a_case_takes_over_the_signals_and_the_date_of_its_base() -> None:
    assert case("signals: {x: 1}") == {"as_of": date(2026, 11, 20), "x": 1, "y": 2}


def test_a_case_may_have_a_date_of_its_own() -> None:
    assert case("as_of: 2025-01-01") == {"as_of": date(2025, 1, 1), "x": 2, "y": 2}


def test_a_case_may_say_that_a_signal_of_its_base_is_missing() -> None:
    assert case("missing: {y: timed_out}") == {"as_of": date(2026, 11, 20), "x": 2, "y": Missing(Reason.TIMED_OUT)}


def test_a_case_may_take_a_signal_away() -> None:
    assert case("without: [y]") == {"as_of": date(2026, 11, 20), "x": 2}


def test_bases_stand_on_bases_in_any_order_and_any_file() -> None:
    pack = loaded(
        a="- {case: Third, base: Second, missing: {x: stale}, expect: {verdict: review}}\n"
        "- {case: Second, base: Both are large, signals: {y: 3}, expect: {verdict: approve}}\n",
        b=BASE,
    )

    assert [dict(one.signals) for one in pack.source.cases] == [
        {"x": Missing(Reason.STALE), "y": 3},
        {"x": 2, "y": 3},
        {"x": 2, "y": 2},
    ]
    assert all(result.passed for result in run_cases(pack))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("- {case: A, base: Both are larg, expect: {verdict: review}}\n", "unknown_base"),
        ("- {case: A, base: A, expect: {verdict: review}}\n", "cycle"),
        ("- {case: A, base: B, expect: {verdict: review}}\n- {case: B, base: A, expect: {verdict: review}}\n", "cycle"),
        ("- {case: A, base: Both are large, without: [z], expect: {verdict: review}}\n", "unknown_signal"),
        ("- {case: A, base: Both are large, signals: {x: 1}, without: [x], expect: {verdict: review}}\n", "duplicate"),
        ("- {case: A, as_of: 2026-11-20, signals: {}, without: [x], expect: {verdict: review}}\n", "no_base"),
        ("- {case: A, signals: {x: 1}, expect: {verdict: review}}\n", "missing_key"),
        ("- {case: A, as_of: 2026-11-20, expect: {verdict: review}}\n", "missing_key"),
        ("- {case: A, base: 3, expect: {verdict: review}}\n", "wrong_kind"),
        ("- {case: A, base: Both are large, without: x, expect: {verdict: review}}\n", "wrong_kind"),
    ],
)
def test_a_wrong_base_keeps_the_pack_from_loading(text: str, code: str) -> None:
    assert code in codes(a=BASE, b=text)


def test_two_cases_of_one_name_are_no_base() -> None:
    assert codes(a=BASE, b=BASE, c="- {case: A, base: Both are large, expect: {verdict: review}}\n") == [
        "ambiguous_base"
    ]


def test_a_remedy_names_the_nearest_sentence() -> None:
    with pytest.raises(PackError, match="did you mean Both are large"):
        loaded(a=BASE, b="- {case: A, base: Both are larg, expect: {verdict: review}}\n")


def test_what_cases_take_from_bases_is_bounded() -> None:
    signals = ", ".join(f"s{number}: 1" for number in range(3000))
    big = f"- {{case: Base, as_of: 2026-11-20, signals: {{{signals}}}, expect: {{verdict: review}}}}\n"
    many = "".join(f"- {{case: C{number}, base: Base, expect: {{verdict: review}}}}\n" for number in range(70))

    assert codes(a=big + many) == ["limit"]


def test_a_case_may_expect_a_route_by_its_id() -> None:
    routes = (
        "routes:\n"
        "  - {id: FIRST, if: 'x != null and x < 0', queue: desk, priority: 1, due: 1h, role: clerk}\n"
        "  - {id: LAST, queue: desk, priority: 2, due: 1h, role: clerk}\n"
    )
    cases = "".join(
        f"- {{case: At {x}, as_of: 2026-11-20, signals: {{x: {x}, y: 2}}, expect: {{route: {queue}, route.id: {route}}}}}\n"
        for x, queue, route in ((-1, "desk", "FIRST"), (0, "desk", "LAST"), (2, "null", "null"))
    )
    results = run_cases(parse_pack({"pack.yaml": PACK + routes, "cases/a.yaml": cases}))
    assert [result.passed for result in results] == [True, True, True]

    wrong = run_cases(parse_pack({"pack.yaml": PACK + routes, "cases/a.yaml": cases.replace("FIRST", "LAST")}))
    assert [result.passed for result in wrong] == [False, True, True]
