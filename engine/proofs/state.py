"""What becomes of a table or scorecard for every input at once: formulas per row or band, and its value."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.proofs.terms import NOTHING, Formula, Truth, Value


@dataclass(slots=True)
class TableState:
    """What became of a table or scorecard: per row or characteristic the conditions, and the value.

    `matched` and `undecided` are as the run records them; `fired` are the rows that give the outcome. For a scorecard
    `bands` has, per characteristic, the condition of each band. One that is not `translated` has only a free value.
    """

    value: Value = NOTHING
    matched: list[Formula] = field(default_factory=list)
    possible: list[Formula] = field(default_factory=list)
    undecided: list[Formula] = field(default_factory=list)
    fired: list[Formula] = field(default_factory=list)
    translated: bool = True
    open: Formula = False
    fault: Formula = False
    warned: Formula = False
    columns: list[Value] = field(default_factory=list)
    rows: list[Truth] = field(default_factory=list)
    bands: list[list[Formula]] = field(default_factory=list)
