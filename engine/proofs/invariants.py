"""Proofs of a pack's invariants: for every input, missing ones included, on every date.

`proved` means that no input at all makes `never` true; it is said only where the solver found none with everything that
is not translated left free. `refuted` means that the engine itself was run on the counterexample and broke the
invariant. Everything else, a limit among it, is `undecided` and never counts as proved.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from engine.feel.numbers import plain_text
from engine.pack.canonical import to_json
from engine.pack.model import Invariant
from engine.pack.pack import Pack
from engine.pack.problems import Place
from engine.proofs.encoding import Encoding
from engine.proofs.search import Answer, Budget, Search
from engine.proofs.witness import Witness
from engine.signal import Missing

LIMIT_MS: Final = 20_000
"""Solver time for all the invariants of a pack; an order of magnitude above what the packs here need."""

Progress = Callable[[int, int], None]
"""Told after each invariant how many are done, of how many."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What became of one invariant: `proved`, `refuted` with a counterexample that was run, or `undecided`."""

    invariant: str
    text: str
    status: str
    place: Place
    signals: Mapping[str, object] | None = None
    as_of: date | None = None
    reason: str = ""
    verdict: str | None = None
    fired: tuple[str, ...] = ()

    @property
    def proved(self) -> bool:
        """Whether it holds of every input."""
        return self.status == "proved"

    def __str__(self) -> str:
        why = f": {self.reason}" if self.reason else ""
        at = self.place
        return f"{at.file}:{at.line}:{at.column}: {self.status}: {self.invariant} — {self.text}{why}"

    def case_yaml(self) -> str:
        """A case file that reproduces the counterexample; empty where there is none.

        It passes as the pack stands: what it expects is what the engine decides today, which the invariant forbids.
        """
        if self.signals is None or self.as_of is None:
            return ""
        lines = [f"# Counterexample of {self.invariant}: {' '.join(self.text.split())}"]
        lines += [f"- case: {_text(f'{self.invariant} is broken')}", f"  as_of: {self.as_of.isoformat()}"]
        known = {name: value for name, value in self.signals.items() if not isinstance(value, Missing)}
        missing = {name: value for name, value in self.signals.items() if isinstance(value, Missing)}
        lines.append("  signals:" if known else "  signals: {}")
        lines += [f"    {name}: {_yaml(value)}" for name, value in known.items()]
        if missing:
            lines.append("  missing:")
            lines += [f"    {name}: {value.reason.value}" for name, value in missing.items()]
        lines.append("  expect:")
        lines.append(f"    verdict: {self.verdict}")
        if self.fired:
            lines.append(f"    fired: [{', '.join(self.fired)}]")
        return "\n".join(lines) + "\n"

    def to_dict(self) -> dict[str, Any]:
        """The proof for JSON."""
        return {
            "invariant": self.invariant,
            "text": self.text,
            "status": self.status,
            "reason": self.reason,
            "file": self.place.file,
            "line": self.place.line,
            "column": self.place.column,
            "as_of": None if self.as_of is None else self.as_of.isoformat(),
            "signals": None if self.signals is None else {name: to_json(one) for name, one in self.signals.items()},
            "case": self.case_yaml() or None,
        }


def prove_invariants(
    pack: Pack, *, limit_ms: int = LIMIT_MS, search: Search | None = None, progress: Progress | None = None
) -> tuple[Proof, ...]:
    """A proof, a counterexample or neither for every invariant of a pack, in its order.

    `limit_ms` bounds the solver's time over all of them; what it cuts off is `undecided`. `search` shares the formulas
    with the lints. One call uses one thread and a solver context of its own.
    """
    invariants = pack.source.invariants
    if not invariants:
        return ()
    asked = search or Search(Encoding(pack))
    budget = Budget(limit_ms)
    found = []
    for place, invariant in enumerate(invariants):
        # What is left is shared by what is to be asked, so that one hard invariant cannot starve the others.
        share = Budget(budget.left_ms / (len(invariants) - place))
        before = share.left_ms
        found.append(_prove(pack, asked, place, invariant, share))
        budget.left_ms -= before - share.left_ms
        if progress is not None:
            progress(place + 1, len(invariants))
    return tuple(found)


def _prove(pack: Pack, search: Search, place: int, invariant: Invariant, budget: Budget) -> Proof:
    goal = search.encoding.invariant(place)
    answer = search.find(goal, lambda decision: invariant.id in pack.broken_invariants(decision), budget)
    return _proof(invariant, answer)


def _proof(invariant: Invariant, answer: Answer) -> Proof:
    text = " ".join(invariant.text.split())
    if answer.witness is not None:
        return _refuted(invariant, text, answer.witness)
    status = "proved" if answer.status == "impossible" else "undecided"
    return Proof(invariant.id, text, status, invariant.place, reason=answer.reason)


def _refuted(invariant: Invariant, text: str, witness: Witness) -> Proof:
    decision = witness.decision
    return Proof(
        invariant.id,
        text,
        "refuted",
        invariant.place,
        witness.signals,
        witness.as_of,
        "a counterexample was found and run",
        decision.verdict.value,
        decision.fired,
    )


def _yaml(value: object) -> str:
    """A value as the pack format reads it back."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {_yaml(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_yaml(one) for one in value) + "]"
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return plain_text(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return _text(value.isoformat() if isinstance(value, datetime) else str(value))


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
