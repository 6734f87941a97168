"""Decision tables for the benchmark of the engine: random rows, inputs, and the answer that a plain loop gives.

Rows mix what tables of risk policies mix: equalities over a few words, half-open and closed numeric ranges, a lower
bound. Everything follows from a seed, so every run and every peer sees the same tables and inputs.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TypeAlias

Input: TypeAlias = dict[str, str | int]

SEGMENTS = ("retail", "sme", "corporate", "government", "ngo")
COUNTRIES = ("IN", "PK", "GB", "DE", "US", "AE", "SG", "FR")


@dataclass(frozen=True)
class Row:
    """One rule: two equalities, two ranges, a lower bound, and the points it gives."""

    segment: str
    country: str
    score: tuple[int, int]  # from, and up to but without
    amount: tuple[int, int]  # from, and up to and with
    age: int  # at least
    points: int

    def holds(self, given: Input) -> bool:
        """Whether an input satisfies the row: the plain Python that everything is measured against."""
        return (
            given["segment"] == self.segment
            and given["country"] == self.country
            and self.score[0] <= int(given["score"]) < self.score[1]
            and self.amount[0] <= int(given["amount"]) <= self.amount[1]
            and int(given["age"]) >= self.age
        )


def rows(count: int, *, points: int | None = None) -> list[Row]:
    """So many random rows; `points` gives all of them the same outcome."""
    chance = random.Random(count)  # a benchmark's data, no secret
    found = []
    for _ in range(count):
        score, amount = chance.randrange(300, 850), chance.randrange(2_000_000)
        found.append(
            Row(
                chance.choice(SEGMENTS),
                chance.choice(COUNTRIES),
                (score, score + chance.randrange(5, 120)),
                (amount, amount + chance.randrange(10_000, 400_000)),
                chance.randrange(18, 70),
                chance.randrange(101) if points is None else points,
            )
        )
    return found


def inputs(table: list[Row], count: int, *, most: int | None = None) -> list[Input]:
    """So many inputs, three in four of them aimed at a row; `most` refuses those that more rows accept."""
    chance = random.Random(7)  # a benchmark's data, no secret
    found: list[Input] = []
    while len(found) < count:
        row = chance.choice(table)
        given: Input = {
            "segment": row.segment,
            "country": row.country,
            "score": chance.randrange(*row.score),
            "amount": chance.randint(*row.amount),
            "age": chance.randint(row.age, 80),
            "tenure": chance.randrange(6, 96),
        }
        if len(found) % 4 == 0:
            given["age"] = 17
        if most is None or len(matching(table, given)) <= most:
            found.append(given)
    return found


def matching(table: list[Row], given: Input) -> list[int]:
    """The points of the rows that an input satisfies, in order."""
    return [row.points for row in table if row.holds(given)]


def first(table: list[Row], given: Input) -> int | None:
    """The points of the first row that an input satisfies."""
    for row in table:
        if row.holds(given):
            return row.points
    return None


_HEAD = """\
pack: benchmark
title: A table
version: "1"
on_missing: review
sources: {policy: {title: A policy}}
signals:
  segment: {type: string}
  country: {type: string}
  score: {type: number}
  amount: {type: number}
  age: {type: number}
  tenure: {type: number}
decisions:
  points:
    hit_policy: %s
    inputs: {segment: segment, country: country, score: score, amount: amount, age: age}
    outputs: {points: {type: number%s}}
    rules:
"""
_ROW = """\
      - {id: R%d, if: {segment: '"%s"', country: '"%s"', score: '[%d..%d)', amount: '[%d..%d]', age: '>= %d'}, then: {points: %d}}
"""
_TAIL = """\
verdict:
  rules:
    - {id: ALL, if: 'true', verdict: approve, reason: a verdict}
"""


def pack_text(table: list[Row], policy: str) -> str:
    """The table as a pack; every policy that orders its outputs prefers more points."""
    listed = policy in {"PRIORITY", "OUTPUT ORDER"}
    values = ", values: [" + ", ".join(str(points) for points in range(100, -1, -1)) + "]" if listed else ""
    text = "".join(
        _ROW % (number, row.segment, row.country, *row.score, *row.amount, row.age, row.points)
        for number, row in enumerate(table)
    )
    return _HEAD % (policy, values) + text + _TAIL
