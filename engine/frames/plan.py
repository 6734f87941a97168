"""How a pack is decided in columns: which parts are columns, which are decided by the scalar engine, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from engine.frames.program import compile_program
from engine.frames.translate import Unsupported

if TYPE_CHECKING:
    from engine.pack.pack import Pack


@dataclass(frozen=True, slots=True)
class FramePlan:
    """The decisions, verdict rules and routes of a pack that are `columnar`, and the `fallbacks` with their reasons.

    Decisions and rules stand by their ids, routes as `route ID`, all patterns together as `patterns`. `whole` is the
    reason why every row is decided by itself, where the pack has no column form at all. A fallback is decided once for
    each different input that it reads, not once a row; a route's for each of its rows.
    """

    columnar: tuple[str, ...]
    fallbacks: Mapping[str, str]
    whole: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The plan for JSON."""
        return {"columnar": list(self.columnar), "fallbacks": dict(self.fallbacks), "whole": self.whole}


def frame_plan(pack: Pack, as_of: date | None = None) -> FramePlan:
    """How a pack is decided in columns, with the parameters in force on a date (the last ones, where none is given)."""
    starts = [value.start for one in pack.parameters.values() for value in one.values]
    day = as_of or max(starts, default=date.max)
    source = pack.source
    names = [one.source.id for one in pack.typed.decisions]
    names += [rule.id for rule in source.verdict.rules]
    names += [f"route {route.id}" for route in source.routes]
    names += ["patterns"] if source.patterns else []
    try:
        program = compile_program(pack, day, {})
    except Unsupported as reason:
        return FramePlan((), dict.fromkeys(names, str(reason)), str(reason))
    columnar = tuple(name for name in names if name not in program.fallbacks)
    return FramePlan(columnar, dict(program.fallbacks))
