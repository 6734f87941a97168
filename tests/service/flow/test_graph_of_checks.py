"""The graph of checks: everybody runs once, after whom they wait for, and nothing ever waits for nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from service.checks.graph import FINISHED, progress, waits_for


@dataclass
class Run:
    name: str
    needs: list[str] = field(default_factory=list)
    provides: list[str] = field(default_factory=list)
    status: str = "waiting"


def run_of(name: str, *needs: str, status: str = "waiting") -> Run:
    return Run(name, list(needs), [f"{name}.out"], status)


def test_a_check_waits_only_for_checks_that_provide_what_it_needs() -> None:
    runs = [run_of("a"), run_of("b", "a.out", "applicant.name", "document.selfie", "b.out")]
    assert waits_for(runs[1], runs) == {"a"}
    assert progress(runs).ready == ("a",)
    runs[0].status = "failed"
    assert progress(runs).ready == ("b",)
    assert not progress(runs).finished


def test_checks_that_wait_in_a_circle_are_all_started() -> None:
    runs = [run_of("a", "b.out"), run_of("b", "a.out"), run_of("c", status="done")]
    assert set(progress(runs).ready) == {"a", "b"}


def test_no_checks_at_all_are_finished_checks() -> None:
    assert progress([]).finished


NEEDS = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20)


@given(NEEDS, st.sampled_from(sorted(FINISHED)))
def test_every_graph_ends_with_every_check_run_once_and_in_order(edges: list[tuple[int, int]], ending: str) -> None:
    runs = [run_of(str(number)) for number in range(8)]
    for user, source in edges:
        runs[user].needs.append(f"{source}.out")
    acyclic = all(user > source for user, source in edges)
    by_name = {run.name: run for run in runs}
    started: list[str] = []
    while not progress(runs).finished:
        ready = progress(runs).ready
        assert ready, "something waits for nothing"
        for name in ready:
            assert not acyclic or all(by_name[other].status in FINISHED for other in waits_for(by_name[name], runs))
            started.append(name)
        for name in ready:
            by_name[name].status = ending
    assert sorted(started) == sorted(by_name)
