"""Whether a pack's score is a whole number whatever the signals are, so that its column can be one of integers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl

from engine.feel import NOT_CONSTANT, nodes
from engine.pack.model import Expr, HitPolicy, Scorecard, Table

if TYPE_CHECKING:
    from engine.pack.pack import Pack

_KEEPS: Final = frozenset({"min", "max", "sum", "abs"})
_MAKES: Final = frozenset({"floor", "ceiling", "count", "string length"})


def score_type(pack: Pack) -> Any:
    """The type of the column `risk_score`: integers where the score is provably whole, else doubles.

    A double is the one nearest to the scalar engine's decimal.
    """
    name = pack.source.verdict.score
    return pl.Int64 if name is not None and _decision(pack, name) else pl.Float64


def _decision(pack: Pack, name: str) -> bool:
    decision = pack.typed.decisions[pack.decision_index[name]]
    logic = decision.source.logic
    if isinstance(logic, Expr):
        return decision.expression is not None and _node(pack, decision.expression.node)
    if isinstance(logic, Scorecard):
        return all(_whole(value) for value in (logic.base, *_points(logic)))
    assert isinstance(logic, Table)
    if len(logic.outputs) != 1:
        return False
    entries = () if logic.hit_policy is HitPolicy.COUNT else decision.outputs
    return all(_whole(compiled.constant) for entry in (*entries, decision.default or ()) for compiled in entry)


def _points(card: Scorecard) -> list[object]:
    return [band.points for one in card.characteristics for band in one.bands]


def _whole(value: object) -> bool:
    if value is NOT_CONSTANT or isinstance(value, bool):
        return False
    return value is None or isinstance(value, int)


def _node(pack: Pack, node: nodes.Node) -> bool:
    if isinstance(node, nodes.Literal):
        return _whole(node.value)
    if isinstance(node, nodes.Name):
        return _name(pack, node.name)
    if isinstance(node, nodes.Call):
        return _call(pack, node)
    if isinstance(node, nodes.Arithmetic) and node.operator not in {"+", "-", "*"}:
        return False
    if isinstance(node, nodes.If):
        return _node(pack, node.chosen) and _node(pack, node.other)
    kept = isinstance(node, nodes.Arithmetic | nodes.Negate | nodes.ListLiteral)
    return kept and all(_node(pack, child) for child in nodes.children(node))


def _name(pack: Pack, name: str) -> bool:
    if name in pack.parameters:
        return all(_whole(dated.value) for dated in pack.parameters[name].values)
    return name in pack.decision_index and _decision(pack, name)


def _call(pack: Pack, node: nodes.Call) -> bool:
    if not isinstance(node.function, nodes.Name):
        return False
    if node.function.name in _MAKES and len(node.arguments) == 1:
        return True
    return node.function.name in _KEEPS and all(_node(pack, argument) for argument in node.arguments)
