"""What became of a frame's rows: verdicts, scores and routes as columns, rules as numbered states.

A pack does the same few things to many rows, so what its rules did is kept once, as a `State`, and each row holds the
number of its state. A `Track` is one such column: of a table, of the verdict's rules, or of whole rows that the scalar
engine decided. Lists of rules are written out only for the rows that somebody asks for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import polars as pl

from engine.pack.problems import SignalProblem
from engine.pack.verdict import Verdict

VERDICTS: Final = pl.Enum([verdict.value for verdict in Verdict])
SEVERITIES: Final = {verdict.severity: verdict.value for verdict in Verdict}


@dataclass(frozen=True, slots=True)
class State:
    """What some rules did: those that fired and those that are undecided, in pack order."""

    fired: tuple[str, ...]
    undecided: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Track:
    """The state of some rules in every row; null where another track speaks for the row. Tracks are in pack order."""

    ids: pl.Series
    states: Sequence[State]


@dataclass(frozen=True, slots=True)
class Part:
    """Rows decided together, with the same parameters in force. `positions` are those of the rows in the frame."""

    positions: pl.Series
    verdict: pl.Series
    score: pl.Series
    category: pl.Series
    route: pl.Series
    tracks: tuple[Track, ...]

    def lists(self, rows: pl.Series | None = None) -> pl.Series:
        """The rules that fired, in pack order, for all rows or for some (by index within the part)."""
        columns = {
            f"t{number}": track.ids if rows is None else track.ids.gather(rows)
            for number, track in enumerate(self.tracks)
        }
        ids = pl.DataFrame(columns)
        if not columns or not len(ids):
            return pl.Series("fired", [], pl.List(pl.String))
        seen = ids.unique(maintain_order=True)
        lists = [list(self._fired(row)) for row in seen.iter_rows()]
        numbered = seen.with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias("number"))
        numbers = ids.join(numbered, on=list(columns), how="left", nulls_equal=True, maintain_order="left")["number"]
        return pl.Series("fired", lists, pl.List(pl.String)).gather(numbers)

    def _fired(self, ids: tuple[int | None, ...]) -> Iterator[str]:
        for number, track in zip(ids, self.tracks, strict=True):
            if number is not None:
                yield from track.states[number].fired


@dataclass(frozen=True, slots=True)
class Hits:
    """How many rows each rule fired in, and how many it could not be decided in."""

    fired: Counter[str] = field(default_factory=Counter)
    undecided: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Decided:
    """The decisions of one frame. `invalid` counts rows that the pack's signals refuse; they are in no part.

    `problems` name the columns at fault, `refusals` what each expects and how many rows it refuses. `unsettled` counts
    the rows that the columns handed to the scalar engine.
    """

    rows: int
    invalid: int
    problems: tuple[SignalProblem, ...]
    refusals: Mapping[str, tuple[str, int]]
    parts: tuple[Part, ...]
    unsettled: int = 0

    @cached_property
    def positions(self) -> pl.Series:
        """The rows that were decided, ascending."""
        return self.outcome["position"]

    @cached_property
    def outcome(self) -> pl.DataFrame:
        """One line for each decided row: position, verdict, risk_score, risk_category, route, in row order."""
        frames = [
            pl.DataFrame(
                {
                    "position": part.positions,
                    "verdict": part.verdict,
                    "risk_score": part.score,
                    "risk_category": part.category,
                    "route": part.route,
                }
            )
            for part in self.parts
        ]
        found = frames[0] if len(frames) == 1 else pl.concat(frames)
        return found if len(frames) == 1 else found.sort("position")

    def lists(self) -> pl.Series:
        """The rules that fired in each decided row, in row order."""
        found = [part.lists() for part in self.parts]
        if len(found) == 1:
            return found[0]
        positions = pl.concat([part.positions for part in self.parts])
        return pl.concat(found).gather(positions.arg_sort())

    def rules_at(self, positions: Sequence[int]) -> dict[int, State]:
        """What the rules did in some rows, by position in the frame."""
        wanted = pl.Series("position", positions, pl.UInt32).implode()
        found: dict[int, State] = {}
        for part in self.parts:
            rows = part.positions.is_in(wanted).arg_true()
            for at, index in zip(part.positions.gather(rows).to_list(), rows.to_list(), strict=True):
                states = [track.states[number] for track in part.tracks if (number := track.ids[index]) is not None]
                fired = tuple(rule for state in states for rule in state.fired)
                found[at] = State(fired, tuple(rule for state in states for rule in state.undecided))
        return found

    def renumbered(self) -> Decided:
        """The same rows as a frame of their own, without those that were refused."""
        positions = self.positions
        parts = []
        for part in self.parts:
            at = positions.search_sorted(part.positions).cast(pl.UInt32)
            parts.append(replace(part, positions=at))
        return replace(self, rows=len(positions), invalid=0, problems=(), refusals={}, parts=tuple(parts))

    def hits(self, within: pl.Series | None = None) -> Hits:
        """How often each rule fired and was undecided; `within` marks, by position, the rows that count."""
        hits = Hits()
        for part in self.parts:
            chosen = None if within is None else within.gather(part.positions)
            for track in part.tracks:
                ids = track.ids if chosen is None else track.ids.filter(chosen)
                for number, count in ids.drop_nulls().value_counts().iter_rows():
                    state = track.states[number]
                    for rule in state.fired:
                        hits.fired[rule] += count
                    for rule in state.undecided:
                        hits.undecided[rule] += count
        return hits
