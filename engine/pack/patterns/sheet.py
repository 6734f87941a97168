"""What patterns can tell of the facts of one decision: columns computed by FEEL, and values told apart by number.

Personal data never enters the native engine: what is compared between facts is replaced by numbers that say which values
are equal and, where a pattern asks, in which order they stand. So most decisions look alike, and a look has an answer
that can be remembered. An unknown value keeps no number; a list that is missing has no columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from operator import lt
from typing import Any, NamedTuple, TypeAlias

from engine.feel import Compiled
from engine.feel.runtime import GLOBALS
from engine.feel.runtime.loops import Warnings
from engine.pack.patterns.plan import FACT, SUBJECT, Column, PatternProgram
from engine.pack.writer import Writer, drain

Values: TypeAlias = Sequence[Any]
Codes: TypeAlias = tuple[tuple[Any, ...] | None, ...]
Sizes: TypeAlias = tuple[int | None, ...]
"""The length of every list of facts; None for a missing one."""
Look: TypeAlias = tuple[Codes, Sizes]
Noted: TypeAlias = list[tuple[str, str, str]]
Guard: TypeAlias = Callable[[Values, Sequence[bool | None], Noted], object]
Counter: TypeAlias = Callable[[Values, Sequence[bool | None], Noted, int], object]


class Sheet:
    """The generated functions of a pattern program, with the parameters of one date as constants.

    `look` reads the facts among the values of one decision; what FEEL warns of is noted under the pattern's id, and
    values that Python cannot put in order are a `TypeError`. `guards` and `counters` hold, by number of the pattern,
    what says whether it applies and whether a number of choices is enough; a pattern without either has none.
    """

    def __init__(self, program: PatternProgram, constants: Mapping[str, object]) -> None:
        known = {**GLOBALS, **constants, "_Warnings": Warnings, "_drain": drain, "_truth": _truth, "_rank": _rank}
        known["_rank_one"] = _rank_one
        self._writer = Writer({**known, "_Decimal": Decimal, "_date": date})
        self._program = program
        self.look: Callable[[Values, Noted], Look] = self._write_look()
        self.guards: dict[int, Guard] = {}
        self.counters: dict[int, Counter] = {}
        for number, plan in enumerate(program.plans):
            if plan.when is not None:
                self.guards[number] = self._condition(f"when{number}", "values, signals, W", plan.when, plan.id)
            if plan.count is not None:
                head = f"values, signals, W, {SUBJECT}"
                self.counters[number] = self._condition(f"count{number}", head, plan.count, plan.id)

    @property
    def text(self) -> str:
        """The generated functions, as Python."""
        return self._writer.text

    def _function(self, name: str, head: str, writer: Writer) -> Callable[..., Any]:
        """The function of these lines, with the values that it is given under their names."""
        variables = self._program.variables
        first = [f"({''.join(f'{variables[one]}, ' for one in self._program.inputs)}) = values"]
        if any("_w" in line for line in writer.lines):
            first.append("_w = _Warnings()")
        return writer.function(name, head, *first)

    def _condition(self, name: str, head: str, compiled: Compiled, pattern: str) -> Callable[..., Any]:
        writer = self._writer.apart()
        source = writer.feel(compiled)
        for at, signal in enumerate(self._program.signals):
            if signal in compiled.names:
                writer.line(f"{self._program.variables[signal]} = signals[{at}]")
        writer.line(f"found = {source}")
        writer.warn(source, pattern)
        writer.line("return found")
        return self._function(name, head, writer)

    # -- the look

    def _write_look(self) -> Callable[[Values, Noted], Look]:
        """One loop over each list; columns are coded as they come, those that are put in order at the end."""
        writer = self._writer.apart()
        groups = _groups(self._program)
        for number, group in enumerate(groups):
            if not group.ordered:
                writer.line(f"k{number} = {{}}")
        given = [self._program.variables[name] for name in self._program.inputs[: self._program.lists]]
        for number, facts in enumerate(given):
            self._write_list(writer, number, facts, groups)
        for group in groups:
            if group.ordered:
                ranked = "".join(f"c{at}, " for at in group.columns)
                one = f"c{group.columns[0]}"
                alone = len(group.columns) == 1
                writer.line(f"{one} = _rank_one({one})" if alone else f"({ranked}) = _rank({ranked})")
        every = "".join(f"c{at}, " for at in range(len(self._program.columns)))
        sizes = "".join(f"None if {facts} is None else len({facts}), " for facts in given)
        writer.line(f"return ({every}), ({sizes})")
        return self._function("look", "values, W", writer)

    def _write_list(self, writer: Writer, number: int, facts: str, groups: list[_Group]) -> None:
        columns = {at: one for at, one in enumerate(self._program.columns) if one.list == number}
        if not columns:
            return
        codes = {at: f"k{place}" for place, group in enumerate(groups) for at in group.columns if not group.ordered}
        later = {at for group in groups for at in group.columns if group.ordered}
        with writer.block(f"if {facts}:"):
            writer.line("; ".join(f"c{at} = []" for at in columns))
            with writer.block(f"for {FACT} in {facts}:"):
                for at, column in columns.items():
                    self._write_value(writer, at, column, codes.get(at))
            for at in sorted(columns.keys() - later):
                writer.line(f"c{at} = tuple(c{at})")
        writer.line(f"else: {' = '.join(f'c{at}' for at in columns)} = None if {facts} is None else ()")

    @staticmethod
    def _write_value(writer: Writer, at: int, column: Column, codes: str | None) -> None:
        # A fact that was let in has all its declared fields.
        source = f"{FACT}[{column.field!r}]" if column.field else writer.feel(column.compiled)
        if not column.compiled.type.known:
            source = f"_truth({source})"
        if codes is None:
            writer.line(f"c{at}.append({source})")
        else:
            writer.line(f"v = {source}")
            writer.line(f"c{at}.append(None if v is None else {codes}.setdefault(v, len({codes})))")
        writer.warn(source, column.pattern)


def _truth(value: object) -> bool | None:
    """What a test of unknown type says."""
    return value if isinstance(value, bool) else None


def _rank(*columns: Any) -> list[tuple[int | None, ...] | None]:
    """Each value's place in the order of all; raises `TypeError` for values that have no order."""
    distinct = {value for column in columns for value in column or () if value is not None}
    places: dict[Any, int | None] = {value: place for place, value in enumerate(sorted(distinct))}
    places[None] = None
    return [None if column is None else tuple([places[value] for value in column]) for column in columns]


def _rank_one(column: list[Any] | tuple[()] | None) -> tuple[int | None, ...] | None:
    """`_rank` of one column, which mostly comes in its order."""
    if not column:
        return None if column is None else ()
    if None not in column and all(map(lt, column, column[1:])):
        return tuple(range(len(column)))
    return _rank(column)[0]


class _Group(NamedTuple):
    """Columns that are compared with one another, and whether by order."""

    columns: tuple[int, ...]
    ordered: bool


def _groups(program: PatternProgram) -> list[_Group]:
    leader = list(range(len(program.columns)))

    def find(at: int) -> int:
        while leader[at] != at:
            at = leader[at]
        return at

    ordered: set[int] = set()
    joined: set[int] = set()
    for plan in program.plans:
        for role in (*(role for branch in plan.branches for role in branch), *plan.absences):
            for join in role.joins:
                leader[find(join.column)] = find(join.other_column)
                joined |= {join.column, join.other_column}
                if join.operator not in {"=", "!="}:
                    ordered.add(join.column)
    tops = {find(at) for at in ordered}
    members: dict[int, list[int]] = {}
    for at in sorted(joined):
        members.setdefault(find(at), []).append(at)
    return [_Group(tuple(group), top in tops) for top, group in members.items()]
