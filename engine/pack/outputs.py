"""The types of outputs and of the values that tables give.

A table with one output gives that value; with several, a context by output name. Listing policies give lists of these,
COUNT a number. A string output with declared values is an enumeration, so that a downstream cell naming another word is
found when the pack is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from engine.feel.types import ANY, NULL, NUMBER, FeelType, context_of, enumeration, join, list_of, named_type
from engine.pack.model import LISTING, HitPolicy, Output, Table
from engine.pack.read_vocabulary import kind


def output_type(output: Output) -> FeelType | None:
    """The declared type of an output column; None where nothing is declared."""
    name = output.type or (kind(output.values[0]) if output.values else None)
    if name is None:
        return None
    if name == "string" and output.values:
        return enumeration([str(value) for value in output.values])
    return named_type(name)


def decision_type(table: Table, entries: Sequence[Sequence[FeelType]]) -> FeelType:
    """The type of a table's value; undeclared outputs take what their entries have in common."""
    if table.hit_policy is HitPolicy.COUNT:
        return NUMBER
    types = {}
    for place, output in enumerate(table.outputs.values()):
        found = reduce(join, (entry[place] for entry in entries), NULL)
        types[output.name] = output_type(output) or (found if found.known else ANY)
    value = next(iter(types.values())) if len(types) == 1 else context_of(types)
    return list_of(value) if table.hit_policy in LISTING else value
