"""The result of a back-test: records with plain values, and the same as JSON with fixed keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import polars as pl

from engine.backtest.tally import Tally
from engine.frames import FrameDecider
from engine.pack.verdict import Verdict

if TYPE_CHECKING:
    from engine.pack.pack import Pack

NO_QUEUE: Final = "(no route)"
_WORDS: Final = tuple(verdict.value for verdict in Verdict)


class Refusal(NamedTuple):
    """A column whose values a pack refuses, and what it expects there."""

    signal: str
    expected: str


@dataclass(slots=True)
class Labels:
    """How many rows have a recorded outcome, and how many of them a bad one."""

    known: int = 0
    bad: int = 0

    def add(self, outcomes: pl.Series) -> None:
        """Count the outcomes of a frame."""
        self.known += outcomes.count()
        self.bad += int(outcomes.sum() or 0)


@dataclass(slots=True)
class Side:
    """One pack of a back-test, its engine and its counts."""

    pack: Pack
    decider: FrameDecider
    tally: Tally


@dataclass(frozen=True, slots=True)
class Changed:
    """A row whose verdict changes: its number in the data from 1, its reference, and the rules behind it."""

    row: int
    reference: str | None
    old: str
    new: str
    rules: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The row for JSON."""
        return {
            "row": self.row,
            "reference": self.reference,
            "old": self.old,
            "new": self.new,
            "rules": list(self.rules),
        }


@dataclass(frozen=True)
class BacktestResult:
    """What a back-test found. `old` is the pack compared with; None where there was none."""

    new: Side
    old: Side | None
    as_of: date
    rows: int
    invalid: int
    refused: Mapping[Refusal, int]
    ignored: tuple[str, ...]
    labels: Labels | None
    verdicts: Mapping[tuple[str, str], int]
    categories: Mapping[tuple[str, str], int]
    changed: tuple[Changed, ...]
    changed_count: int
    minutes_per_case: float
    minutes: Mapping[str, float]

    def to_dict(self) -> dict[str, Any]:
        """The result for JSON: keys are stable, nothing in it is personal but the references that were asked for."""
        return {
            "pack": _pack(self.new.pack),
            "against": None if self.old is None else _pack(self.old.pack),
            "as_of": self.as_of.isoformat(),
            "rows": self.rows,
            "decided": self.new.tally.rows,
            "invalid": {
                "rows": self.invalid,
                "signals": [
                    {"signal": one.signal, "expected": one.expected, "rows": rows} for one, rows in self.refused.items()
                ],
            },
            "ignored": list(self.ignored),
            "by_scalar_engine": self.new.tally.unsettled,
            "verdicts": self._sides(lambda side: {word: side.tally.verdicts[word] for word in _WORDS}),
            "categories": self._sides(lambda side: {word: side.tally.categories[word] for word in self.words}),
            "scores": self._sides(lambda side: {"bins": side.tally.histogram(), "unknown": side.tally.unscored}),
            "workload": self._sides(self.workload)
            | {"minutes_per_case": self.minutes_per_case, "minutes": dict(self.minutes)},
            "migration": None if self.old is None else self._migration(),
            "changed": {"count": self.changed_count, "shown": [one.to_dict() for one in self.changed]},
            "rules": self.rules(),
            "outcome": None if self.labels is None else self._outcome(),
        }

    @property
    def words(self) -> list[str]:
        """The categories that came out, in the order in which the packs declare them, then by name."""
        seen = {*self.new.tally.categories, *(self.old.tally.categories if self.old else ())}
        declared = [word for side in self._both for word in _declared(side.pack)]
        return [word for word in dict.fromkeys([*declared, *sorted(seen)]) if word in seen]

    @property
    def _both(self) -> list[Side]:
        return [self.new] if self.old is None else [self.new, self.old]

    def _sides(self, read: Any) -> dict[str, Any]:
        return {"new": read(self.new), "old": None if self.old is None else read(self.old)}

    def workload(self, side: Side) -> dict[str, Any]:
        """The hours of review that a pack asks for, by queue: cases in review times the minutes of their queue."""
        queues: dict[str, int] = {}
        known = {route.id: route.queue for route in side.pack.routes}
        for route, cases in side.tally.reviewed.items():
            queue = NO_QUEUE if route is None else known[route]
            queues[queue] = queues.get(queue, 0) + cases
        shown = {
            queue: {"cases": cases, "hours": round(cases * self._minutes(queue) / 60, 2)}
            for queue, cases in sorted(queues.items())
        }
        return {
            "cases": sum(queues.values()),
            "hours": round(sum(cases * self._minutes(queue) for queue, cases in queues.items()) / 60, 2),
            "queues": shown,
        }

    def _minutes(self, queue: str) -> float:
        return self.minutes.get(queue, self.minutes_per_case)

    def _migration(self) -> dict[str, Any]:
        verdicts = {old: {new: self.verdicts.get((old, new), 0) for new in _WORDS} for old in _WORDS}
        words = self.words
        categories = {old: {new: self.categories.get((old, new), 0) for new in words} for old in words}
        assert self.old is not None
        before, after = self.workload(self.old), self.workload(self.new)
        return {
            "verdict": verdicts,
            "category": categories,
            "workload": {
                "cases": after["cases"] - before["cases"],
                "hours": round(after["hours"] - before["hours"], 2),
            },
        }

    def rules(self) -> list[dict[str, Any]]:
        """Every rule: in how many rows it would fire or stay undecided and, with outcomes, how well it tells bad ones."""
        found = []
        order = dict.fromkeys(rule for side in self._both for rule in side.pack.rules)
        for rule in order:
            here = rule in self.new.pack.rules
            line: dict[str, Any] = {
                "rule": rule,
                "kind": (self.new if here else self._both[-1]).pack.rules[rule].kind,
                "would_fire": self.new.tally.fired[rule] if here else None,
                "undecided": self.new.tally.undecided[rule] if here else None,
            }
            if self.old is not None:
                there = rule in self.old.pack.rules
                line["would_fire_old"] = self.old.tally.fired[rule] if there else None
                line["delta"] = self.new.tally.fired[rule] - self.old.tally.fired[rule]
            if self.labels is not None and here:
                tally = self.new.tally
                line["outcome"] = measures(tally.fired_labelled[rule], tally.fired_bad[rule], self.labels)
            found.append(line)
        return found

    def _outcome(self) -> dict[str, Any]:
        assert self.labels is not None
        labels = self.labels

        def by_verdict(side: Side) -> dict[str, Any]:
            tally = side.tally
            return {word: measures(tally.verdicts_labelled[word], tally.verdicts_bad[word], labels) for word in _WORDS}

        rate = labels.bad / labels.known if labels.known else None
        return {"known": labels.known, "bad": labels.bad, "base_rate": rate, "verdicts": self._sides(by_verdict)}


def measures(marked: int, bad: int, labels: Labels) -> dict[str, Any]:
    """How well a mark tells bad rows among those with an outcome; None where there is nothing to divide by.

    Precision: bad among marked. Recall: marked among bad. F1: their harmonic mean. Lift: precision over the base rate.
    """
    precision = bad / marked if marked else None
    recall = bad / labels.bad if labels.bad else None
    total = marked + labels.bad
    lift = precision * labels.known / labels.bad if precision is not None and labels.bad else None
    return {
        "rows": marked,
        "bad": bad,
        "precision": precision,
        "recall": recall,
        "f1": 2 * bad / total if total else None,
        "lift": lift,
    }


def _pack(pack: Pack) -> dict[str, str]:
    return {"id": pack.id, "version": pack.version, "digest": pack.digest}


def _declared(pack: Pack) -> list[str]:
    """The words that a pack declares for its category, in order."""
    name = pack.source.verdict.category
    kind = pack.typed.types[name] if name else None
    return list(kind.values or ()) if kind is not None else []
