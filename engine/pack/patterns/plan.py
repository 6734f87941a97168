"""Patterns made ready to run: frozen records, free of dates and parameters' values.

A `PatternProgram` says which signals the patterns read, which columns are computed from each list of facts, and per
pattern which of them must hold (`tests`) and be compared (`joins`). Variables are numbered, those of `over` first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from engine.feel import Compiled

FACT: Final = "f"  # the local variable that holds a fact where a column is computed
SUBJECT: Final = "n"  # the local variable that holds the number which `count` tests


@dataclass(frozen=True, slots=True)
class Column:
    """A value that FEEL gives for each fact of a list; `compiled` reads the fact as `FACT`, `pattern` wrote it first."""

    list: int
    compiled: Compiled
    pattern: str
    field: str | None  # the field's name where the column is nothing but a field


@dataclass(frozen=True, slots=True)
class ColumnTest:
    """A boolean column and what it must be."""

    column: int
    wanted: bool


@dataclass(frozen=True, slots=True)
class ColumnJoin:
    """`column` of the fact at hand compared with `other_column` of the fact that `other` stands for."""

    column: int
    operator: str
    other: int
    other_column: int


@dataclass(frozen=True, slots=True)
class Role:
    """What one variable's fact must be, alone and beside the facts of the variables before it."""

    variable: int
    list: int
    tests: tuple[ColumnTest, ...]
    joins: tuple[ColumnJoin, ...]


@dataclass(frozen=True, slots=True)
class PatternPlan:
    """One pattern: ways in which facts can be there, and ways in which a further fact must not be there.

    `variables` has the author's name and `lists` the list of every variable, that of the absent one last. Each branch
    has a role for each variable of `over`; each absence is a role of the one absent variable, and none of them may be
    filled. `count` is a unary test on the number of choices.
    """

    id: str
    variables: tuple[str, ...]
    lists: tuple[int, ...]
    branches: tuple[tuple[Role, ...], ...]
    absences: tuple[Role, ...]
    when: Compiled | None
    count: Compiled | None
    sets: tuple[int, ...]
    skips: bool


@dataclass(frozen=True, slots=True)
class PatternProgram:
    """All patterns of a pack. `order` runs every pattern after those whose signals it reads.

    `inputs` are the names whose values a run is given, in order: lists of facts first, as many as `lists` says, then
    other signals and `as_of`. `signals` are the names that patterns set. `variables` has the Python name of each.
    """

    lists: int
    inputs: tuple[str, ...]
    signals: tuple[str, ...]
    variables: dict[str, str]
    columns: tuple[Column, ...]
    plans: tuple[PatternPlan, ...]
    order: tuple[int, ...] = field(default=())
