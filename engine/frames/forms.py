"""What the numbers of a frame's columns stand for, chosen so that one compiled program serves many frames.

A number that is only compared needs no more than the decimal that its double spells. Where a pack computes with one, it
matters whether all of a column are whole: sums stay exact then. A column that once was not whole is taken as such from
then on, so that a stream of frames does not compile a program for each.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from engine.feel import nodes
from engine.frames.admit import Admitted
from engine.frames.admit_values import spelled
from engine.frames.numbers import SPELT
from engine.frames.sheet import Form
from engine.pack.names import names_in

if TYPE_CHECKING:
    from engine.pack.pack import Pack

_COMPUTING: Final = (nodes.Arithmetic, nodes.Call, nodes.Negate)


class Forms:
    """The forms of one pack's signals, over the frames it has seen."""

    def __init__(self, pack: Pack) -> None:
        self._variables = pack.typed.variables
        self._computed = computed_signals(pack)
        self._kept: dict[str, Form] = {}

    def settle(self, admitted: Admitted) -> dict[str, Form]:
        """Choose the forms that a program is compiled for, and bring the admitted columns into them."""
        changed = []
        for name, given in admitted.forms.items():
            wanted = SPELT
            if name in self._computed:
                before = self._kept.get(name, given)
                wanted = self._kept[name] = given if before == given else SPELT
            if wanted == SPELT and given.scale:
                changed.append(spelled(admitted.work[self._variables[name]], given, admitted))
        if changed:
            admitted.work = admitted.work.with_columns(changed)
        return {name: self._kept[name] for name in sorted(self._kept)}


def computed_signals(pack: Pack) -> frozenset[str]:
    """The number signals that a pack computes with, rather than only compares."""
    found: set[str] = set()
    for tree in _trees(pack):
        for node in nodes.walk(tree):
            if isinstance(node, _COMPUTING):
                found |= set(names_in(node))
    return frozenset(name for name in found if name in pack.signals and pack.signals[name].type == "number")


def _trees(pack: Pack) -> Iterator[nodes.Node]:
    for decision in pack.typed.decisions:
        if decision.expression is not None:
            yield decision.expression.node
        for column in decision.columns:
            yield column.compiled.node
    for compiled in (*pack.typed.rules, *pack.typed.routes):
        if compiled is not None:
            yield compiled.node
