"""Built-in functions on booleans and on values of any kind."""

from __future__ import annotations

from typing import Final

from engine.feel.builtins.table import Table
from engine.feel.operators.comparison import same
from engine.feel.types import BOOLEAN
from engine.feel.values import FeelTime, kind_of

TABLE: Final = Table()


@TABLE.add("not", "negand: any?", BOOLEAN)
def negation(negand: object) -> bool | None:
    """The opposite of a boolean; null for everything else."""
    if negand is True or negand is False:
        return not negand
    return None


@TABLE.add("is", "value1: any?, value2: any?", BOOLEAN)
def identical(value1: object, value2: object) -> bool:
    """Whether two values are the same element of the domain: of one kind, equal, and with the same zone."""
    if value1 is None or value2 is None:
        return value1 is value2
    if kind_of(value1) != kind_of(value2):
        return False
    if isinstance(value1, FeelTime) and isinstance(value2, FeelTime):
        return (value1.nanos, str(value1.zone)) == (value2.nanos, str(value2.zone))
    zones = [str(getattr(value, "tzinfo", None)) for value in (value1, value2)]
    return zones[0] == zones[1] and same(value1, value2, []) is True
