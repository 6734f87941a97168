"""Invariants asked of one decision.

An invariant says what no input may ever make true. Proof over all inputs is another matter; here `never` is evaluated on
a decision's own signals, decisions, parameters and verdict, which is what property tests and back-tests ask. An unknown
`never` is not true: the floor for missing signals is the verdict's business.
"""

from __future__ import annotations

from functools import lru_cache
from types import CodeType
from typing import TYPE_CHECKING, Any

from engine.feel.runtime import GLOBALS
from engine.pack.typed import Typed

if TYPE_CHECKING:
    from engine.pack.decision import Decision
    from engine.pack.program import Program


def broken_invariants(typed: Typed, program: Program, decision: Decision) -> tuple[str, ...]:
    """The ids of the invariants whose `never` the decision makes true."""
    values: dict[str, Any] = {"as_of": decision.as_of, "verdict": decision.verdict.value}
    run = decision.run
    values |= dict(zip((typed.variables[name] for name in typed.signals), run.signals, strict=True))
    values |= {f"d{index}": value for index, value in enumerate(run.decisions)}
    values |= {
        typed.variables[name]: None if dated is None else _plain(dated.value)
        for name, dated in program.parameters(decision.as_of).items()
    }
    broken = []
    for invariant, compiled in zip(typed.source.invariants, typed.invariants, strict=True):
        # Text of ours only: the compiler never puts a word of the author into it.
        found = eval(_code(compiled.source), {**GLOBALS, **compiled.constants, **values, "_w": []})  # noqa: S307
        if found is True:
            broken.append(invariant.id)
    return tuple(broken)


@lru_cache(maxsize=1024)
def _code(source: str) -> CodeType:
    """The source of one invariant, made ready once for the many decisions it is asked of."""
    return compile(source, "<invariant>", "eval")


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
