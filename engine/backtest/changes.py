"""Which rules made two packs decide a row differently."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from engine.frames.decided import State
from engine.pack.model import Scorecard, Table

if TYPE_CHECKING:
    from engine.pack.pack import Pack


def responsible(old: Pack, new: Pack, was: State, now: State) -> tuple[str, ...]:
    """The rules behind a changed verdict, in the new pack's order, those that only the old one has at the end.

    They fired, or were undecided, in one pack and not in the other; or fired in both and weigh otherwise now. Rules that
    weigh nothing are left out.
    """
    before, after = _weights(old), _weights(new)
    moved = set(was.fired) ^ set(now.fired) | set(was.undecided) ^ set(now.undecided)
    moved |= {rule for rule in set(was.fired) & set(now.fired) if before.get(rule) != after.get(rule)}
    moved = {rule for rule in moved if before.get(rule) != _NOTHING or after.get(rule) != _NOTHING}
    order = [*new.rules, *(rule for rule in old.rules if rule not in new.rules)]
    return tuple(rule for rule in order if rule in moved)


_NOTHING = ("0",)


@lru_cache(maxsize=32)
def _weights(pack: Pack) -> dict[str, tuple[str, ...]]:
    """What each rule gives when it fires, as the author wrote it."""
    return dict(_weighed(pack))


def _weighed(pack: Pack) -> Iterator[tuple[str, tuple[str, ...]]]:
    for decision in pack.source.decisions.values():
        logic = decision.logic
        if isinstance(logic, Table):
            for row in logic.rows:
                yield row.id, tuple(output.text for output in row.outputs.values())
        elif isinstance(logic, Scorecard):
            for one in logic.characteristics:
                yield one.id, tuple(str(band.points) for band in one.bands)
    for rule in pack.source.verdict.rules:
        yield rule.id, (rule.verdict.value,)
    for pattern in pack.source.patterns:
        yield pattern.id, tuple(pattern.sets)
