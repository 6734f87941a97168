"""List signals in columns: lists of facts as Polars lists of structs, or as JSON texts.

Lists of structs are held against their declaration all at once, as columns of single values; whatever else a list may
be goes through the scalar engine's own door, one list after the other. A null field of a fact is an absent one.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import polars as pl

from engine.frames.admit_values import Marks, absent, admit_values, none_of, spelled
from engine.pack.admit import RefusedError, admission
from engine.pack.limits import MAX_LIST_ITEMS
from engine.pack.model import SignalSpec

ROW: Final = "\x00row"
PLACE: Final = "\x00place"
FACT_TYPES: Final[Mapping[str, Any]] = {
    "number": pl.Float64,
    "string": pl.String,
    "boolean": pl.Boolean,
    "date": pl.Date,
}


@dataclass(frozen=True)
class ListColumn:
    """One list signal of a frame: its column as it was given, the rows refused, and those for the scalar engine.

    `sizes` are the lengths of the lists, null for a missing one. `facts` has a line for each fact, typed by field, with
    its row and its place in the list; None where the items have no fields.
    """

    given: pl.Series
    refused: pl.Series
    odd: pl.Series
    sizes: pl.Series
    facts: pl.DataFrame | None

    def at(self, spec: SignalSpec, rows: pl.Series) -> ListColumn:
        """The same signal in some rows only."""
        return admit_list(spec, self.given.gather(rows))


def admit_list(spec: SignalSpec, given: pl.Series) -> ListColumn:
    """Admit a column of a list signal."""
    nowhere = none_of(given)
    if given.dtype == pl.Null:
        return ListColumn(given, nowhere, nowhere, given.cast(pl.UInt32), _no_facts(spec))
    if spec.fields and isinstance(given.dtype, pl.List) and isinstance(given.dtype.inner, pl.Struct):
        return _structs(spec, given)
    if isinstance(given.dtype, pl.List) or given.dtype == pl.String:
        return _one_by_one(spec, given)
    nothing = pl.Series("", [None], pl.UInt32).new_from_index(0, len(given))
    return ListColumn(given, given.is_not_null(), nowhere, nothing, _no_facts(spec))


def _no_facts(spec: SignalSpec) -> pl.DataFrame | None:
    if spec.fields is None:
        return None
    types = {name: FACT_TYPES.get(one.type, pl.Null) for name, one in spec.fields.items()}
    return pl.DataFrame(schema={ROW: pl.UInt32, PLACE: pl.UInt32, **types})


def _structs(spec: SignalSpec, given: pl.Series) -> ListColumn:
    sizes = given.list.len()
    refused = (sizes > MAX_LIST_ITEMS).fill_null(value=False)
    counts = sizes.fill_null(0)
    rows = (
        pl.int_range(len(given), dtype=pl.UInt32, eager=True)
        .repeat_by(counts)
        .explode(empty_as_null=False, keep_nulls=False)
    )
    starts = counts.cum_sum() - counts
    places = pl.int_range(len(rows), dtype=pl.UInt32, eager=True) - starts.gather(rows)
    items = given.explode(empty_as_null=False, keep_nulls=False)
    marks = Marks()
    columns = [rows.alias(ROW), places.alias(PLACE)]
    wrong = items.is_null()
    for name in items.struct.fields:
        if name not in (spec.fields or {}):
            wrong |= items.struct.field(name).is_not_null()
    for name, field in (spec.fields or {}).items():
        if name not in items.struct.fields:
            columns.append(absent(field, len(items)).alias(name))
            continue
        values = admit_values(field, items.struct.field(name), marks)
        columns.append(spelled(values, marks.forms.get(field.id), marks).alias(name))
    if marks.refused is not None:
        wrong |= marks.refused
    odd = none_of(given)
    if marks.odd is not None:
        odd = odd.scatter(rows.filter(marks.odd), True)
    if wrong.any():
        refused = refused.scatter(rows.filter(wrong), True)
    return ListColumn(given, refused, odd, sizes, pl.DataFrame(columns))


def _one_by_one(spec: SignalSpec, given: pl.Series) -> ListColumn:
    """Lists through the scalar engine's door; each different text once."""
    take = admission(spec).take
    seen: dict[str, list[Any] | None] = {}
    lists: list[list[Any] | None] = []
    for value in given.to_list():
        if isinstance(value, str):
            if value not in seen:
                seen[value] = _admitted(take, value)
            lists.append(seen[value])
        else:
            lists.append(None if value is None else _admitted(take, value))
    sizes = pl.Series([None if one is None else len(one) for one in lists], dtype=pl.UInt32)
    refused = given.is_not_null() & sizes.is_null()
    if spec.fields is None:
        return ListColumn(given, refused, none_of(given), sizes, None)
    facts, odd = _columns(spec.fields, lists)
    marked = none_of(given)
    return ListColumn(given, refused, marked.scatter(odd, True) if len(odd) else marked, sizes, facts)


def _admitted(take: Any, value: Any) -> list[Any] | None:
    try:
        found: list[Any] = take(plain_list(value))
    except (RefusedError, ValueError, RecursionError):
        return None
    return found


def _columns(fields: Mapping[str, SignalSpec], lists: Sequence[list[Any] | None]) -> tuple[pl.DataFrame, pl.Series]:
    """Admitted facts as columns, and the rows with a number that no double spells or a value without a column form."""
    places = [(row, place, fact) for row, one in enumerate(lists) for place, fact in enumerate(one or ())]
    columns = {
        ROW: pl.Series([row for row, _, _ in places], dtype=pl.UInt32),
        PLACE: pl.Series([place for _, place, _ in places], dtype=pl.UInt32),
    }
    odd: set[int] = set()
    for name, spec in fields.items():
        dtype = FACT_TYPES.get(spec.type)
        values = []
        for row, _, fact in places:
            value = fact[name]
            plain = float(value) if spec.type == "number" and value is not None else value
            if value is not None and (dtype is None or (spec.type == "number" and Decimal(repr(plain)) != value)):
                odd.add(row)
                plain = None
            values.append(plain)
        columns[name] = pl.Series(name, values, dtype or pl.Null)
    return pl.DataFrame(columns), pl.Series(sorted(odd), dtype=pl.UInt32)


def plain_list(value: Any) -> Any:
    """A list as the scalar engine takes it. Raises `ValueError` for a text that is no JSON."""
    found = json.loads(value, parse_float=Decimal, parse_constant=_refuse) if isinstance(value, str) else value
    if not isinstance(found, list):
        return found
    return [
        {key: part for key, part in item.items() if part is not None} if isinstance(item, Mapping) else item
        for item in found
    ]


def _refuse(name: str) -> None:
    raise ValueError(name)


def frozen(value: Any) -> Hashable:
    """A nested value as a key: equal for equal values of equal kinds."""
    if isinstance(value, Mapping):
        return tuple((key, frozen(part)) for key, part in value.items())
    if isinstance(value, list | tuple):
        return tuple(frozen(part) for part in value)
    return type(value).__name__, value
