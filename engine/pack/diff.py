"""The semantic difference of two packs: rules, parameters, signals, routes added, removed, changed or moved; not lines.

Compares canonical records by id, so that formatting, comments and the order of declarations do not show. A rule has
moved when its order among the rules that both packs have in the same table differs and the table's hit policy heeds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.pack.canonical import canonical
from engine.pack.model import Expr, PackSource, Scorecard, Table
from engine.pack.pack import Pack


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `kind` is what changed (rule, parameter ...), `change` added, removed, changed or moved."""

    kind: str
    id: str
    change: str
    before: Any = None
    after: Any = None

    def __str__(self) -> str:
        return f"{self.kind} {self.id} {self.change}"

    def to_dict(self) -> dict[str, Any]:
        """The change for JSON."""
        return {"kind": self.kind, "id": self.id, "change": self.change, "before": self.before, "after": self.after}


def diff_packs(before: Pack, after: Pack) -> list[Change]:
    """What changed from one pack to another, by kind and id."""
    old, new = _parts(before.source), _parts(after.source)
    found: list[Change] = []
    for kind in old:
        found += _compare(kind, old[kind], new[kind])
    sequences = {**_sequences(before.source)}, {**_sequences(after.source)}
    for where in sorted(sequences[0].keys() & sequences[1].keys()):
        found += _moved(sequences[0][where], sequences[1][where])
    return found


def _compare(kind: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    found = [Change(kind, key, "removed", before=old[key]) for key in sorted(old.keys() - new.keys())]
    found += [Change(kind, key, "added", after=new[key]) for key in sorted(new.keys() - old.keys())]
    found += [
        Change(kind, key, "changed", old[key], new[key])
        for key in sorted(old.keys() & new.keys())
        if old[key] != new[key]
    ]
    return found


def _moved(old: list[str], new: list[str]) -> list[Change]:
    kept_old = [name for name in old if name in set(new)]
    kept_new = [name for name in new if name in set(old)]
    if kept_old == kept_new:
        return []
    before = {name: place for place, name in enumerate(kept_old)}
    stays = _longest_rising([before[name] for name in kept_new])
    return [
        Change("rule", name, "moved", before[name] + 1, place + 1)
        for place, name in enumerate(kept_new)
        if before[name] not in stays
    ]


def _longest_rising(numbers: list[int]) -> set[int]:
    """The members of a longest rising subsequence: what stayed in place when the rest moved."""
    best: list[list[int]] = []
    for number in numbers:
        place = next((index for index, chain in enumerate(best) if chain[-1] >= number), len(best))
        chain = [*(best[place - 1] if place else []), number]
        best[place:] = [chain, *best[place + 1 :]]
    return set(best[-1]) if best else set()


def _parts(source: PackSource) -> dict[str, dict[str, Any]]:
    """Everything that has an id, in canonical form, by kind."""
    heads = {key: canonical(getattr(source, key)) for key in ("title", "version", "jurisdiction", "on_missing", "note")}
    heads |= {"verdict.score": source.verdict.score, "verdict.category": source.verdict.category}
    return {
        "pack": heads,
        "source": _records(source.sources.items()),
        "parameter": _records(source.parameters.items()),
        "signal": _records(source.signals.items()),
        "check": _records(source.checks.items()),
        "decision": {key: _shell(one.logic, one) for key, one in source.decisions.items()},
        "rule": _rules(source),
        "route": _records({one.id: one for one in source.routes}.items()),
        "invariant": _records((one.id, one) for one in source.invariants),
    }


def _records(items: Iterable[tuple[str, object]]) -> dict[str, Any]:
    return {key: canonical(one) for key, one in items}


def _shell(logic: Expr | Table | Scorecard, decision: Any) -> Any:
    """A decision without its rules."""
    about = {"type": decision.type, "title": decision.title, "note": decision.note}
    if isinstance(logic, Table):
        columns = [[key, canonical(one)] for key, one in logic.inputs.items()]
        outputs = [[key, canonical(one)] for key, one in logic.outputs.items()]
        return {**about, "hit_policy": logic.hit_policy.value, "inputs": columns, "outputs": outputs}
    if isinstance(logic, Scorecard):
        return {**about, "base": canonical(logic.base)}
    return {**about, "expression": canonical(logic)}


def _rules(source: PackSource) -> dict[str, Any]:
    found = {one.id: canonical(one) for one in source.patterns}
    found |= {one.id: canonical(one) for one in source.verdict.rules}
    for key, decision in source.decisions.items():
        logic = decision.logic
        if isinstance(logic, Table):
            found |= {row.id: {"decision": key, **canonical(row)} for row in logic.rows}
        elif isinstance(logic, Scorecard):
            found |= {one.id: {"decision": key, **canonical(one)} for one in logic.characteristics}
    return found


def _sequences(source: PackSource) -> dict[str, list[str]]:
    """The order of rules where order has meaning for the reader or the hit policy."""
    found = {"routes": [one.id for one in source.routes], "verdict": [one.id for one in source.verdict.rules]}
    for key, decision in source.decisions.items():
        if isinstance(decision.logic, Table):
            found[f"decision {key}"] = [row.id for row in decision.logic.rows]
    return found
