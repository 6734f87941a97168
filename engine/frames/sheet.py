"""The work sheet of a compiled pack: named columns in the order in which they can be computed.

Every intermediate result has a column of its own, so that no expression is written twice, and a level: columns of one
level depend on lower ones only and are computed together, on all cores.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

import polars as pl

from engine.feel import NOT_CONSTANT

AS_OF: Final = "as_of"
"""The column of every sheet that is never null: the date of the row."""


@dataclass(frozen=True, slots=True)
class Form:
    """What doubles in a column of numbers stand for.

    With a `scale`, integers below 2**53: the number times ten to the scale, exactly. `spelt`: the decimal of the
    double's shortest spelling, as the scalar engine reads a float. Neither: a number within the column's error.
    """

    scale: int | None = None
    spelt: bool = False


WHOLE: Final = Form(0)
"""Whole numbers."""


@dataclass(frozen=True, slots=True)
class Column:
    """A FEEL value in every row; null is null. `doubt` is true where the row must be decided by the scalar engine.

    `kind` is number, string, boolean, date, days (a duration of whole days), months (a duration of months) or null.
    """

    kind: str
    value: pl.Expr
    form: Form = WHOLE
    error: pl.Expr | None = None
    doubt: pl.Expr | None = None
    constant: object = NOT_CONSTANT

    @property
    def is_constant(self) -> bool:
        """Whether the value is the same in every row."""
        return self.constant is not NOT_CONSTANT


@dataclass(slots=True)
class Sheet:
    """The columns of one program, by level."""

    levels: dict[str, int] = field(default_factory=dict)
    steps: list[list[pl.Expr]] = field(default_factory=list)

    def given(self, names: Iterable[str]) -> None:
        """Columns that are there from the start."""
        self.levels |= dict.fromkeys(names, 0)

    def level(self, expression: pl.Expr) -> int:
        """The first level at which an expression can be computed."""
        return 1 + max((self.levels[name] for name in expression.meta.root_names()), default=0)

    def put(self, expression: pl.Expr, name: str) -> pl.Expr:
        """Give an expression a column of its own."""
        if not expression.meta.root_names():
            # Polars keeps a literal's column as one value, and some of its comparisons then forget the height.
            expression = pl.when(pl.col(AS_OF).is_not_null()).then(expression)
        level = self.level(expression)
        while len(self.steps) < level:
            self.steps.append([])
        self.steps[level - 1].append(expression.alias(name))
        self.levels[name] = level
        return pl.col(name)

    def keep(self, expression: pl.Expr) -> pl.Expr:
        """The column of an expression, under a name of its own; a plain column or a literal stays itself."""
        if expression.meta.is_column() or not expression.meta.root_names():
            return expression
        return self.put(expression, f"_{len(self.levels)}")

    def tens(self, scale: int) -> pl.Expr:
        """A column of ten to the power of `scale`, to divide by.

        Polars divides by a single value by multiplying with its reciprocal, which rounds twice; by a column it divides.
        """
        name = f"_ten{scale}"
        return pl.col(name) if name in self.levels else self.put(pl.lit(10.0**scale), name)

    def kept(self, column: Column) -> Column:
        """A column whose parts may be used many times."""
        if column.is_constant:
            return column
        parts = {
            name: None if expression is None else self.keep(expression)
            for name, expression in (("error", column.error), ("doubt", column.doubt))
        }
        return replace(column, value=self.keep(column.value), error=parts["error"], doubt=parts["doubt"])


def either(doubts: Iterable[pl.Expr | None]) -> pl.Expr | None:
    """True where any is true; None where there are none."""
    found = [doubt.fill_null(value=False) for doubt in doubts if doubt is not None]
    if not found:
        return None
    return found[0] if len(found) == 1 else pl.any_horizontal(found)
