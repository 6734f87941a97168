"""A pack's checks as a graph: who waits for whom, and who may start.

A check needs declared facts (`applicant.name`), files (`document.selfie`) and signals. What was declared or uploaded is
there at submission or never comes, so the only thing to wait for is another check that provides a needed signal; a check
is ready when all of those have ended, however they ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

FINISHED: Final = frozenset({"done", "failed", "timed_out"})


class Node(Protocol):
    """What the graph reads of a check run."""

    name: str
    status: str
    needs: list[str]
    provides: list[str]


@dataclass(frozen=True, slots=True)
class Progress:
    """What can be done now: the runs to start, and whether all have ended."""

    ready: tuple[str, ...]
    finished: bool


def waits_for(run: Node, runs: Iterable[Node]) -> set[str]:
    """The names of the other checks whose signals this one needs."""
    needed = set(run.needs)
    return {other.name for other in runs if other.name != run.name and needed & set(other.provides)}


def progress(runs: Sequence[Node]) -> Progress:
    """Which waiting runs are ready. Where all that wait wait in a circle, all of it is ready: nothing else can come."""
    by_name = {run.name: run for run in runs}
    waiting = [run for run in runs if run.status == "waiting"]
    ready = tuple(run.name for run in waiting if _all_ended(waits_for(run, runs), by_name))
    moving = any(run.status in {"queued", "running"} for run in runs)
    if waiting and not ready and not moving:
        ready = tuple(run.name for run in waiting)
    return Progress(ready, all(run.status in FINISHED for run in runs))


def _all_ended(names: set[str], by_name: Mapping[str, Node]) -> bool:
    return all(by_name[name].status in FINISHED for name in names)
