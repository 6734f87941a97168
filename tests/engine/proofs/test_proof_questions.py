"""What lints ask: each answer is an input that was run, `impossible`, or `undecided` with its reason."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.pack import Pack
from engine.proofs.questions import CUT_OFF, TOO_LARGE, Questions
from engine.proofs.tables import MAX_ROWS

TABLE = (
    "decisions: {{d: {{hit_policy: {policy}, inputs: {{x: x}}, outputs: {{o: {{type: number}}}}, rules: "
    "[{{id: A, if: {{x: '< 3'}}, then: {{o: 1}}}}, {{id: B, if: {{x: '{second}'}}, then: {{o: 2}}}}]}}}}\n"
)
LIMIT_MS = 5_000


@pytest.fixture
def asked(pack_of: Callable[..., Pack]) -> Callable[..., Questions]:
    return lambda *parts, limit_ms=LIMIT_MS: Questions(pack_of(*parts), limit_ms)


@pytest.mark.parametrize(("second", "status"), [("> 3", "found"), (">= 3", "impossible")])
def test_a_gap_is_an_input_that_no_row_accepts(asked: Callable[..., Questions], second: str, status: str) -> None:
    answer = asked(TABLE.format(policy="FIRST", second=second)).gap("d")

    assert answer.status == status
    if answer.witness is not None:
        assert answer.witness.signals["x"] == 3


@pytest.mark.parametrize(
    ("policy", "second", "status"),
    [
        ("UNIQUE", "> 1", "found"),
        ("UNIQUE", "> 5", "impossible"),
        ("ANY", "> 1", "found"),
        ("FIRST", "> 1", "impossible"),
    ],
)
def test_a_violation_is_an_input_that_two_rows_accept_which_must_not(
    asked: Callable[..., Questions], policy: str, second: str, status: str
) -> None:
    answer = asked(TABLE.format(policy=policy, second=second)).violation("d", [(0, 1)])

    assert answer.status == status
    if answer.witness is not None:
        assert {one.code for one in answer.witness.decision.warnings} <= {"unique_violation", "any_violation"}


CARD = (
    "decisions: {d: {scorecard: {base: 0, characteristics: [{id: C, input: x, bands: "
    "[{if: '< 3', points: 1, reason: r}, {if: '> 5', points: 2, reason: r}, {if: '> 7', points: 3, reason: r}]}]}}}\n"
)


def test_the_bands_of_a_characteristic_are_reached_and_what_lies_in_none_is_found(
    asked: Callable[..., Questions],
) -> None:
    questions = asked(CARD)
    gap = questions.band_gap("d", 0, "C")

    assert gap.witness is not None
    assert 3 <= gap.witness.signals["x"] <= 5  # type: ignore[operator]
    assert [questions.band("d", 0, number, "C").status for number in range(3)] == ["found", "found", "impossible"]


VERDICT = (
    "verdict: {rules: [{id: OK, if: hit, verdict: approve, reason: r}, "
    "{id: DEAD, if: 'x > 3 and x < 2', verdict: reject, reason: r, cite: [law]}, "
    "{id: OPEN, if: 'modulo(x, 7) = 3 and modulo(x, 11) = 5', verdict: reject, reason: r, cite: [law]}]}\n"
    "routes: [{id: FIRST, if: not(hit), queue: q, priority: 1, due: 1h, role: r}, "
    "{id: SECOND, if: 'x > 3 or x <= 3', queue: q, priority: 1, due: 1h, role: r}, "
    "{id: REST, queue: q, priority: 1, due: 1h, role: r}]\n"
)


def test_only_rules_that_no_input_fires_or_that_are_not_known_to_fire_are_named(
    asked: Callable[..., Questions],
) -> None:
    found = asked("", VERDICT).unfired(["OK", "DEAD", "OPEN", "OK", "NOBODY"])

    assert {name: one.status for name, one in found.items()} == {
        "DEAD": "impossible",
        "OPEN": "undecided",
        "NOBODY": "undecided",
    }
    assert found["NOBODY"] is TOO_LARGE


def test_only_routes_that_no_input_takes_are_named(asked: Callable[..., Questions]) -> None:
    found = asked("", VERDICT).untaken(range(3))

    # An undecided condition takes its route, so that a missing x takes the second and x = anything never the third.
    assert {place: one.status for place, one in found.items()} == {2: "impossible"}


def test_an_approval_is_found_or_impossible(asked: Callable[..., Questions]) -> None:
    never = "verdict: {rules: [{id: OK, if: 'hit and not(hit)', verdict: approve, reason: r}]}\n"

    assert asked("", VERDICT).approval().status == "found"
    assert asked("", never).approval().status == "impossible"


def test_without_time_nothing_is_answered(asked: Callable[..., Questions]) -> None:
    questions = asked(TABLE.format(policy="UNIQUE", second="> 1"), limit_ms=0)

    assert questions.gap("d") is CUT_OFF
    assert questions.violation("d", [(0, 1)]) is CUT_OFF
    assert questions.unfired(["A", "OK"]) == {"A": CUT_OFF, "OK": CUT_OFF}
    assert questions.approval() is CUT_OFF


def test_a_table_too_large_to_translate_is_undecided_and_says_so(asked: Callable[..., Questions]) -> None:
    rows = ", ".join(f"{{id: R{n}, if: {{x: '{n}'}}, then: {{o: {n}}}}}" for n in range(MAX_ROWS + 1))
    body = f"decisions: {{d: {{hit_policy: FIRST, inputs: {{x: x}}, outputs: {{o: {{type: number}}}}, rules: [{rows}]}}}}\n"
    questions = asked(body)

    assert questions.gap("d") is TOO_LARGE
    assert questions.violation("d", [(0, 1)]) is TOO_LARGE
    assert questions.unfired(["R1"]) == {"R1": TOO_LARGE}
