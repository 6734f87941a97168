"""A pack as its author wrote it: frozen records of what the YAML said, each with its place.

Nothing here is resolved or compiled; texts of FEEL stay texts. The records are what the canonical form and its digest,
the semantic diff and the lints are computed from, and what the compiler reads. They hold no default that would decide
anything: what the author left open is None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypeAlias

from engine.pack.problems import Place
from engine.pack.verdict import Verdict
from engine.pack.yaml_tree import ScalarNode

Constant: TypeAlias = str | bool | int | Decimal | date | tuple["Constant", ...] | None


@dataclass(frozen=True, slots=True)
class Expr:
    """A FEEL text and the scalar it stands in. `literal` is set when the author gave a plain value instead of FEEL."""

    text: str
    node: ScalarNode | None = field(default=None, compare=False)
    place: Place = field(default=Place("pack.yaml"), compare=False)

    def locate(self, line: int, column: int) -> Place:
        """Where a 1-based position of the text stands in the file."""
        return self.node.locate(line, column) if self.node else self.place


@dataclass(frozen=True, slots=True)
class Source:
    """A legal basis that rules and values cite."""

    id: str
    details: Mapping[str, Constant]
    place: Place


@dataclass(frozen=True, slots=True)
class DatedValue:
    """A parameter's value, in force from `start` until the next one begins."""

    start: date
    value: Constant
    source: str
    note: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Parameter:
    """A dated number or word of law or policy; `values` ascend by date."""

    id: str
    unit: str | None
    note: str | None
    values: tuple[DatedValue, ...]
    place: Place

    def in_force(self, as_of: date) -> DatedValue | None:
        """The value in force on `as_of`; None before the first one began."""
        return next((value for value in reversed(self.values) if value.start <= as_of), None)


@dataclass(frozen=True, slots=True)
class SignalSpec:
    """A declared signal: its type and what of that type is allowed. `fields` describes the items of a list of facts."""

    id: str
    type: str
    place: Place
    pii: bool = False
    values: tuple[Constant, ...] | None = None
    low: Constant = None
    high: Constant = None
    fields: Mapping[str, SignalSpec] | None = None
    items: str | None = None
    unit: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A unit of work that yields signals: what it needs, what it provides, how long it may take."""

    id: str
    needs: tuple[str, ...]
    provides: tuple[str, ...]
    timeout_s: Constant
    retries: int
    note: str | None
    place: Place


class HitPolicy(StrEnum):
    """DMN's hit policies."""

    UNIQUE = "UNIQUE"
    ANY = "ANY"
    PRIORITY = "PRIORITY"
    FIRST = "FIRST"
    RULE_ORDER = "RULE ORDER"
    OUTPUT_ORDER = "OUTPUT ORDER"
    COLLECT = "COLLECT"
    SUM = "COLLECT SUM"
    MIN = "COLLECT MIN"
    MAX = "COLLECT MAX"
    COUNT = "COLLECT COUNT"


SINGLE_HIT: Final = frozenset({HitPolicy.UNIQUE, HitPolicy.ANY, HitPolicy.PRIORITY, HitPolicy.FIRST})
LISTING: Final = frozenset({HitPolicy.RULE_ORDER, HitPolicy.OUTPUT_ORDER, HitPolicy.COLLECT})
AGGREGATING: Final = frozenset({HitPolicy.SUM, HitPolicy.MIN, HitPolicy.MAX, HitPolicy.COUNT})

SKIP: Final = "skip"
IfMissing: TypeAlias = Mapping[str, Constant] | str | None  # SKIP, substitutes by column or name, or nothing said


@dataclass(frozen=True, slots=True)
class Words:
    """What a rule says of itself: to officers (`reason`), to the applicant (`tell`), and on what basis (`cite`)."""

    reason: str | None = None
    tell: str | None = None
    cite: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One rule of a table; a column that is not in `cells` accepts everything."""

    id: str
    cells: Mapping[str, Expr]
    outputs: Mapping[str, Expr]
    if_missing: IfMissing
    words: Words
    place: Place


@dataclass(frozen=True, slots=True)
class Output:
    """An output column; `values` in order of priority, `default` when no rule matches."""

    name: str
    type: str | None
    values: tuple[Constant, ...] | None
    default: Expr | None
    place: Place


@dataclass(frozen=True, slots=True)
class Table:
    """A decision table."""

    hit_policy: HitPolicy
    inputs: Mapping[str, Expr]
    outputs: Mapping[str, Output]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """One band of a characteristic; the first whose test holds gives the points."""

    test: Expr
    points: Constant
    words: Words
    place: Place


@dataclass(frozen=True, slots=True)
class Characteristic:
    """One line of a scorecard."""

    id: str
    input: Expr
    bands: tuple[Band, ...]
    if_missing: IfMissing
    words: Words
    place: Place


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Base points plus the points of every characteristic."""

    base: Constant
    characteristics: tuple[Characteristic, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """A node of the graph: an expression, a table or a scorecard."""

    id: str
    logic: Expr | Table | Scorecard
    type: str | None
    title: str | None
    note: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class VerdictRule:
    """A rule that gives a verdict when its condition is true."""

    id: str
    condition: Expr
    verdict: Verdict
    if_missing: IfMissing
    words: Words
    place: Place


@dataclass(frozen=True, slots=True)
class VerdictSpec:
    """How decisions become a verdict: the rules, and which decisions are reported as score and category."""

    rules: tuple[VerdictRule, ...]
    score: str | None
    category: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Route:
    """Where a case goes: the first whose condition is not false. `due` is an ISO 8601 duration such as PT24H."""

    id: str
    condition: Expr | None
    queue: str
    priority: int
    due: str
    role: str
    four_eyes: bool
    actions: tuple[str, ...]
    note: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Pattern:
    """A rule over several facts at once: it fires where facts can be found that fit it, and sets boolean signals.

    `over` names variables over list signals; each stands for another fact, and `condition` (YAML's `if`; `true` where
    nothing was written) says what must hold between them. `absent` names further variables, by list: the parts of
    `condition` that mention one describe what must not be there. `count` is a unary test on how many choices of facts
    for `over` fit (without it: at least one). `when` is a condition on signals, parameters, `as_of` and the signals of
    other patterns; without it the pattern always applies. One that `skips` counts as not fired where it cannot be
    decided. `absent`, `count` and `when` are None where the author wrote none; `over` is empty for a bare absence.
    """

    id: str
    over: Mapping[str, str]
    condition: Expr
    sets: tuple[str, ...]
    skips: bool
    words: Words
    place: Place
    absent: Mapping[str, str] | None = None
    count: Expr | None = None
    when: Expr | None = None


@dataclass(frozen=True, slots=True)
class Invariant:
    """A sentence that must hold of every decision: `never` is a FEEL condition that no input may make true."""

    id: str
    text: str
    never: Expr
    place: Place


@dataclass(frozen=True, slots=True)
class Case:
    """An example beside the rules: signals, a date, and what must come out."""

    name: str
    as_of: date
    signals: Mapping[str, object]
    expect: Mapping[str, object]
    place: Place
    expect_places: Mapping[str, Place]


@dataclass(frozen=True, slots=True)
class PackSource:
    """Everything a pack's files say."""

    id: str
    title: str
    version: str
    jurisdiction: str | None
    note: str | None
    on_missing: Verdict
    sources: Mapping[str, Source]
    parameters: Mapping[str, Parameter]
    signals: Mapping[str, SignalSpec]
    checks: Mapping[str, Check]
    decisions: Mapping[str, Decision]
    verdict: VerdictSpec
    routes: tuple[Route, ...]
    patterns: tuple[Pattern, ...]
    invariants: tuple[Invariant, ...]
    cases: tuple[Case, ...]
