"""Lints of decision tables and scorecards: gaps, overlaps, rows never reached, cells that never matter, order of thresholds.

A table of simple cells is looked through exactly as boxes (`engine.proofs.boxes`), at every date on which a parameter of
it changes. What is found is run in the scalar engine before it is reported; where columns depend on one another, or
cells are not simple, or there are too many cases, the solver is asked instead (`engine.proofs.questions`). A table for
which neither gave an answer is said to be not checked. A gap is a case that every row refuses: with a value missing, rows
are undecided, which is no gap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from engine.feel import NOT_CONSTANT
from engine.pack.hit_policy import bits
from engine.pack.lint_order import contradictions
from engine.pack.model import SINGLE_HIT, HitPolicy, PackSource, Scorecard, Table
from engine.pack.pack import Pack
from engine.pack.problems import Place
from engine.pack.typed import Column, TypedDecision
from engine.proofs.boxes import Axis, Boxes, CutOffError, axis_of, plain_signal
from engine.proofs.questions import Questions
from engine.proofs.search import Shows
from engine.proofs.witness import Witness, run

_ANY_DAY: Final = date(2026, 1, 1)  # for a table that reads no parameter every day is like another
MAX_PAIRS: Final = 2_000  # of rows that the solver is asked about at once


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one table. `witness` maps columns, or signals, to values; `example` is the input that was run."""

    level: str
    code: str
    message: str
    remedy: str
    place: Place
    witness: Mapping[str, Any] = field(default_factory=dict)
    example: Witness | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """A span of dates on which a table's parameters do not change, by its first day."""

    start: date
    constants: Mapping[str, Any]


def lint_tables(pack: Pack, questions: Questions) -> tuple[list[Finding], set[str]]:
    """The findings of all tables and scorecards, each once over all dates, and the rows that are sure to be reached."""
    found: dict[tuple[str, Place, str], Finding] = {}
    sure: set[str] = set()
    for decision in pack.typed.decisions:
        logic = decision.source.logic
        findings: Iterator[Finding] = iter(())
        if isinstance(logic, Table):
            lint = _TableLint(pack, questions, decision, logic)
            findings = lint.findings()
        elif isinstance(logic, Scorecard):
            findings = _card(pack, questions, decision, logic)
        for one in findings:
            found.setdefault((one.code, one.place, one.message), one)
        sure |= lint.reached if isinstance(logic, Table) else set()
    return list(found.values()), sure


def periods(source: PackSource, columns: Sequence[Column]) -> list[Period]:
    """The dates on which a parameter that cells read changes, once all of them have a value."""
    read = {name for column in columns for cell in column.cells for name in cell.compiled.names}
    parameters = {name: one for name, one in source.parameters.items() if name in read}
    starts = [min(value.start for value in one.values) for one in parameters.values() if one.values]
    first = max(starts, default=date.min)
    changes = {value.start for one in parameters.values() for value in one.values if value.start > first}
    found = []
    for day in sorted({first, *changes}):
        in_force = {name: one.in_force(day) for name, one in parameters.items()}
        constants = {name: _plain(dated.value) for name, dated in in_force.items() if dated}
        found.append(Period(day, constants))
    return found


def _plain(value: object) -> Any:
    return list(value) if isinstance(value, tuple) else value


class _TableLint:
    """The lints of one table."""

    def __init__(self, pack: Pack, questions: Questions, decision: TypedDecision, table: Table) -> None:
        self.pack = pack
        self.questions = questions
        self.decision = decision
        self.table = table
        self.name, self.place = decision.source.id, decision.source.place
        self.columns = decision.columns
        signals = [plain_signal(pack.typed, column) for column in self.columns]
        self.signals = signals if None not in signals and len(set(signals)) == len(signals) else None
        self.periods = periods(pack.source, self.columns)
        self.reached: set[str] = set()

    def findings(self) -> Iterator[Finding]:
        """Everything that is found."""
        yield from contradictions(self.table, self.columns, self.periods, Finding)
        boxes = [self._boxes(period) for period in self.periods]
        whole = [one for one in boxes if one is not None]
        known = list(zip(self.periods, whole, strict=True)) if len(whole) == len(boxes) else None
        single = self.table.hit_policy in SINGLE_HIT
        if single and not any(output.default for output in self.table.outputs.values()):
            yield from self._gaps(known)
        if self.table.hit_policy in {HitPolicy.UNIQUE, HitPolicy.ANY}:
            yield from self._overlaps(known)
        if known is not None:
            yield from self._unreachable(known)
            yield from self._never_matters(known)

    def _boxes(self, period: Period) -> Boxes | None:
        count = len(self.table.rows)
        axes = [axis_of(self.pack.typed, column, period.constants, count) for column in self.columns]
        found = [axis for axis in axes if axis is not None]
        return Boxes(found, count) if len(found) == len(axes) else None

    def _not_checked(self, what: str, why: str) -> Finding:
        message = f"table {self.name} {why}: {what} were not checked"
        return Finding("warning", "not_checked", message, "see that its cases cover it", self.place)

    def _why(self, known: object) -> str:
        return "has cells that are not simple" if known is None else "has too many combinations"

    def _direct(self, period: Period, values: Sequence[Any], shows: Shows) -> Witness | None:
        """The input that a case of plain columns is, once it was run."""
        if self.signals is None:
            return None
        signals = {name: value for name, value in zip(self.signals, values, strict=True) if name is not None}
        witness = run(self.pack, signals, period.start if period.constants else _ANY_DAY)
        return witness if witness is not None and shows(witness.decision) else None

    def _shown(self, values: Sequence[Any]) -> dict[str, Any]:
        return dict(zip((column.name for column in self.columns), values, strict=True))

    # -- gaps

    def _gaps(self, known: list[tuple[Period, Boxes]] | None) -> Iterator[Finding]:
        message = f"no rule of table {self.name} matches, and it has no default"
        remedy = "add a rule or a default"
        cut_off = known is None
        for period, boxes in known or ():
            try:
                values = boxes.gap()
            except CutOffError:
                cut_off = True
                break
            if values is None:
                continue
            example = self._direct(period, values, self.questions.shows_gap(self.name))
            if example is not None:
                yield Finding("error", "gap", message, remedy, self.place, self._shown(values), example)
                return
            cut_off = True
        if not cut_off:
            return
        answer = self.questions.gap(self.name)
        if answer.witness is not None:
            yield Finding("error", "gap", message, remedy, self.place, answer.witness.signals, answer.witness)
        elif answer.status == "undecided":
            yield self._not_checked("gaps", f"{self._why(known)} ({answer.reason})")

    # -- overlaps

    def _clash(self) -> Callable[[int, int], bool]:
        """Whether two rows that both match are an error: always in a UNIQUE table, in ANY where outputs may differ."""
        if self.table.hit_policy is HitPolicy.UNIQUE:
            return lambda one, two: one != two
        values = [tuple(one.constant for one in row) for row in self.decision.outputs]
        return lambda one, two: NOT_CONSTANT in values[one] + values[two] or values[one] != values[two]

    def _overlaps(self, known: list[tuple[Period, Boxes]] | None) -> Iterator[Finding]:
        clash = self._clash()
        open_: set[tuple[int, int]] = set()
        cut_off = known is None
        for period, boxes in known or ():
            try:
                found = boxes.overlaps(clash)
            except CutOffError:
                cut_off = True
                break
            for pair, values in found.items():
                example = self._direct(period, values, self.questions.shows_violation(self.name))
                if example is None:
                    open_.add(pair)
                else:
                    yield self._overlap(pair, self._shown(values), example)
        if cut_off:
            count = range(len(self.table.rows))
            open_ = {(one, two) for one in count for two in count if one < two and clash(one, two)}
        if open_:
            yield from self._asked(sorted(open_), self._why(known))

    def _asked(self, pairs: list[tuple[int, int]], why: str) -> Iterator[Finding]:
        if len(pairs) > MAX_PAIRS:
            yield self._not_checked("overlaps", why)
            return
        answer = self.questions.violation(self.name, pairs)
        if answer.status == "undecided":
            yield self._not_checked("overlaps", f"{why} ({answer.reason})")
        elif answer.witness is not None:
            matched = {one.rule.id for one in answer.witness.decision.outcomes if one.state == "fired"}
            rows = [place for place, row in enumerate(self.table.rows) if row.id in matched]
            pair = next((pair for pair in pairs if set(pair) <= set(rows)), pairs[0])
            yield self._overlap(pair, answer.witness.signals, answer.witness)

    def _overlap(self, pair: tuple[int, int], witness: Mapping[str, Any], example: Witness) -> Finding:
        one, two = (self.table.rows[place] for place in pair)
        if self.table.hit_policy is HitPolicy.UNIQUE:
            message = f"rules {one.id} and {two.id} of UNIQUE table {self.name} both match"
            return Finding(
                "error", "overlap", message, "make the rules exclude each other", two.place, witness, example
            )
        message = f"rules {one.id} and {two.id} of ANY table {self.name} both match and differ"
        return Finding("error", "overlap", message, "give both the same outputs", two.place, witness, example)

    # -- rows and cells

    def _unreachable(self, known: list[tuple[Period, Boxes]]) -> Iterator[Finding]:
        """Rows that no case reaches: on no date, or from some date on though on others it does."""
        first = self.table.hit_policy is HitPolicy.FIRST
        try:
            reached = [(period, boxes.reachable(first=first)) for period, boxes in known]
        except CutOffError:
            yield self._not_checked("rows that are never reached", "has too many combinations")
            return
        if self.signals is not None and self.table.hit_policy is not HitPolicy.PRIORITY:
            anywhere = 0
            for _, rows in reached:
                anywhere |= rows
            self.reached = {self.table.rows[number].id for number in bits(anywhere)}
        for number, row in enumerate(self.table.rows):
            lost = [period for period, rows in reached if not rows >> number & 1]
            if len(lost) == len(reached):
                message = f"rule {row.id} of table {self.name} is never reached"
                yield Finding("warning", "unreachable", message, "remove it", row.place)
            elif lost:
                message = f"rule {row.id} of table {self.name} is never reached from {lost[0].start}"
                yield Finding("warning", "thresholds_out_of_order", message, "put its parameters in order", row.place)

    def _never_matters(self, known: list[tuple[Period, Boxes]]) -> Iterator[Finding]:
        """Columns and cells that accept every value there is."""
        for place, column in enumerate(self.columns):
            full = boxes_common([boxes.axes[place] for _, boxes in known])
            limited = [cell for cell in column.cells if not full >> cell.row & 1]
            if not limited:
                message = f"column {column.name} of table {self.name} never matters: no cell of it refuses a value"
                yield Finding("warning", "never_matters", message, "remove it", self.place)
                continue
            for cell in column.cells:
                if full >> cell.row & 1:
                    row = self.table.rows[cell.row]
                    message = f"cell {column.name} of rule {row.id} never matters: it accepts every value"
                    yield Finding("warning", "never_matters", message, "leave it out, or narrow it", row.place)


def boxes_common(axes: Sequence[Axis]) -> int:
    """The rows that accept every piece of a column on every date."""
    found = -1
    for axis in axes:
        found &= axis.common
    return found


def _card(pack: Pack, questions: Questions, decision: TypedDecision, card: Scorecard) -> Iterator[Finding]:
    dates = periods(pack.source, decision.columns)
    yield from contradictions(card, decision.columns, dates, Finding)
    for place, (one, column) in enumerate(zip(card.characteristics, decision.columns, strict=True)):
        count = len(one.bands)
        axes = [(period, axis_of(pack.typed, column, period.constants, count)) for period in dates]
        known = [(period, Boxes([axis], count)) for period, axis in axes if axis is not None]
        suspect = len(known) < len(axes) or any(boxes.gap() is not None for _, boxes in known)
        if suspect:
            answer = questions.band_gap(decision.source.id, place, one.id)
            message = f"the input of {one.id} lies in no band"
            if answer.witness is not None:
                witness = answer.witness
                yield Finding("error", "gap", message, "add a band", one.place, witness.signals, witness)
            elif answer.status == "undecided":
                message = f"whether the bands of {one.id} leave a gap was not checked ({answer.reason})"
                yield Finding("warning", "not_checked", message, "see that its cases cover it", one.place)
        if len(known) == len(axes):
            yield from _bands(one.id, [band.place for band in one.bands], known)


def _bands(name: str, places: Sequence[Place], known: list[tuple[Period, Boxes]]) -> Iterator[Finding]:
    reached = [(period, set(bits(boxes.reachable(first=True)))) for period, boxes in known]
    for number, place in enumerate(places):
        lost = [period for period, bands in reached if number not in bands]
        if len(lost) == len(reached):
            yield Finding("warning", "unreachable", f"band {number + 1} of {name} is never reached", "remove it", place)
        elif lost:
            message = f"band {number + 1} of {name} is never reached from {lost[0].start}"
            yield Finding("warning", "thresholds_out_of_order", message, "put its parameters in order", place)
