"""Thresholds out of order: ranges whose ends contradict each other on some date.

`[medium_from..high_from)` is null, and so undecided for everybody, on every day on which `medium_from` lies over
`high_from`. Parameters are dated and edited one by one, so such a day is easily made; it is an error with its date.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from engine.feel import nodes
from engine.pack.model import Scorecard, Table
from engine.pack.problems import Place
from engine.pack.typed import Cell, Column

Found_co = TypeVar("Found_co", covariant=True)


class Dated(Protocol):
    """A first day and the constants in force from it."""

    @property
    def start(self) -> Any:
        """The first day."""

    @property
    def constants(self) -> Mapping[str, Any]:
        """The parameters in force."""


def contradictions(
    logic: Table | Scorecard, columns: Sequence[Column], periods: Sequence[Dated], finding: Callable[..., Found_co]
) -> Iterator[Found_co]:
    """A finding for every range of a cell whose ends stand the wrong way round on some date."""
    for column in columns:
        for cell in column.cells:
            for node in nodes.walk(cell.compiled.node):
                if isinstance(node, nodes.RangeLiteral) and node.low is not None and node.high is not None:
                    day = next((one.start for one in periods if _inverted(node, one.constants)), None)
                    if day is not None:
                        shown = f"{_shown(node.low)} lies over {_shown(node.high)} from {day}"
                        message = f"the range of {column.name} in {_owner(logic, column, cell)} is empty: {shown}"
                        place = _place(logic, column, cell)
                        yield finding("error", "thresholds_out_of_order", message, "put the thresholds in order", place)


def _inverted(node: nodes.RangeLiteral, constants: Mapping[str, Any]) -> bool:
    low, high = (_value(end, constants) for end in (node.low, node.high))
    numbers = isinstance(low, int | Decimal) and isinstance(high, int | Decimal)
    return (numbers or (low is not None and type(low) is type(high))) and bool(low > high)


def _value(node: nodes.Node | None, constants: Mapping[str, Any]) -> Any:
    if isinstance(node, nodes.Literal):
        return node.value
    return constants.get(node.name) if isinstance(node, nodes.Name) else None


def _shown(node: nodes.Node) -> str:
    return node.name if isinstance(node, nodes.Name) else str(getattr(node, "value", "the low end"))


def _owner(logic: Table | Scorecard, column: Column, cell: Cell) -> str:
    return f"rule {logic.rows[cell.row].id}" if isinstance(logic, Table) else f"band {cell.row + 1} of {column.name}"


def _place(logic: Table | Scorecard, column: Column, cell: Cell) -> Place:
    if isinstance(logic, Table):
        return logic.rows[cell.row].place
    one = next(item for item in logic.characteristics if item.id == column.name)
    return one.bands[cell.row].place
