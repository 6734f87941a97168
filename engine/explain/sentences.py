"""A decision in sentences for an officer: each reason with the values that were compared and the basis of the limit.

Values of signals with personal data, and texts and dates computed from them, are masked as in the trace (invariant 9).
What the applicant may be told is another matter and stands in `engine.explain.applicant`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.explain.conditions import OPPOSITE, Facts, because, compared, operand, shown
from engine.feel import evaluate_unary_tests, nodes
from engine.pack.decision import Decision, Reason
from engine.pack.model import Scorecard, Table
from engine.pack.outcomes import Outcome
from engine.pack.pack import Pack
from engine.pack.rules import RuleInfo
from engine.pack.typed import Cell, Column
from engine.pack.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Sentence:
    """One reason: the rule, what it says, what was compared, and the legal basis in words."""

    rule: str
    text: str
    because: tuple[str, ...]
    basis: tuple[str, ...]

    def __str__(self) -> str:
        grounds = f": {'; '.join(self.because)}" if self.because else ""
        legal = f" [{'; '.join(self.basis)}]" if self.basis else ""
        return f"{self.text}{grounds}{legal}"

    def to_dict(self) -> dict[str, Any]:
        """The sentence for JSON."""
        return {
            "rule": self.rule,
            "text": self.text,
            "because": list(self.because),
            "basis": list(self.basis),
            "sentence": str(self),
        }


def sentences(pack: Pack, decision: Decision) -> tuple[Sentence, ...]:
    """Every reason of a decision, in the order of its reasons; then why no approval was earned, where none was."""
    facts = Facts.of(pack, decision)
    outcomes = {outcome.rule.id: outcome for outcome in decision.outcomes}
    found = [_of_reason(facts, reason, outcomes.get(reason.rule)) for reason in decision.reasons]
    if decision.verdict is not Verdict.APPROVE:
        found += _not_approved(facts, decision)
    return tuple(found)


def because_of_rule(facts: Facts, rule: str, outcome: Outcome | None) -> tuple[str, ...]:
    """What a rule compared: its cells, its band, or the parts of its condition."""
    info = facts.pack.rules[rule]
    if info.kind == "row":
        return tuple(_cells(facts, info))
    if info.kind == "characteristic":
        return tuple(_band(facts, info, outcome))
    if info.kind == "verdict":
        condition = next(one.condition for one in facts.pack.source.verdict.rules if one.id == rule)
        holds = outcome is not None and outcome.state == "fired"
        return tuple(because(facts, condition.text, holds=holds))
    return ()


def _of_reason(facts: Facts, reason: Reason, outcome: Outcome | None) -> Sentence:
    grounds = because_of_rule(facts, reason.rule, outcome) if outcome is not None else ()
    return Sentence(reason.rule, reason.text, grounds, tuple(_basis(facts.pack, cite) for cite in reason.cite))


def _not_approved(facts: Facts, decision: Decision) -> Iterator[Sentence]:
    """For each approving rule, what it still lacks."""
    states = {outcome.rule.id: outcome for outcome in decision.outcomes}
    for rule in facts.pack.source.verdict.rules:
        if rule.verdict is Verdict.APPROVE and states[rule.id].state != "fired":
            lacks = because(facts, rule.condition.text, holds=False)
            yield Sentence(rule.id, "An automatic approval was not earned", tuple(lacks), ())


def unmet(facts: Facts, rule: str) -> tuple[str, ...]:
    """Why a rule did not fire: the cells or parts of its condition that do not hold, with the values compared."""
    info = facts.pack.rules[rule]
    if info.kind == "verdict":
        condition = next(one.condition for one in facts.pack.source.verdict.rules if one.id == rule)
        return tuple(because(facts, condition.text, holds=False))
    if info.kind != "row":
        return tuple(f"{name} is {facts.shown(name)}" for name in info.reads if name not in facts.parameters)
    found = []
    for column, cell, text in _row_cells(facts, info):
        node, subject = cell.compiled.node, column.compiled.node
        tests = node.tests if isinstance(node, nodes.Tests) and not node.negated else (node,)
        one = tests[0] if len(tests) == 1 else None
        if isinstance(subject, nodes.Name):
            unknown = [name for name in (subject.name, *facts.names(text)) if facts.values[name] is None]
            if unknown or _passes(facts, text, subject.name):
                found += [f"{name} is not known" for name in unknown]
                continue
            limit = operand(facts, one.operand) if isinstance(one, nodes.UnaryTest) else None
            if isinstance(one, nodes.UnaryTest) and limit is not None and one.operator in OPPOSITE:
                found.append(compared(facts, subject.name, OPPOSITE[one.operator], limit))
                continue
            found.append(f"{subject.name} is {facts.shown(subject.name)}, not {' '.join(text.split())}")
        else:
            found.append(f"{column.name} is not {' '.join(text.split())}")
    return tuple(found)


def _passes(facts: Facts, text: str, name: str) -> bool:
    """Whether a value passes a cell, all of whose names are known."""
    scope = {one: facts.values[one] for one in facts.names(text)}
    return evaluate_unary_tests(text, facts.values[name], scope) is True


def _cells(facts: Facts, info: RuleInfo) -> Iterator[str]:
    """The cells of a row, each with the value of its column."""
    for column, cell, text in _row_cells(facts, info):
        yield _test(facts, column, cell.compiled.node, text)


def _row_cells(facts: Facts, info: RuleInfo) -> Iterator[tuple[Column, Cell, str]]:
    decision = next(one for one in facts.pack.typed.decisions if one.source.id == info.decision)
    table = decision.source.logic
    assert isinstance(table, Table)
    number = next(place for place, row in enumerate(table.rows) if row.id == info.id)
    for column in decision.columns:
        cell = next((one for one in column.cells if one.row == number), None)
        if cell is not None:
            yield column, cell, table.rows[number].cells[column.name].text


def _band(facts: Facts, info: RuleInfo, outcome: Outcome | None) -> Iterator[str]:
    """The band of a characteristic with the value of its input."""
    decision = next(one for one in facts.pack.typed.decisions if one.source.id == info.decision)
    card = decision.source.logic
    assert isinstance(card, Scorecard)
    place = next(place for place, one in enumerate(card.characteristics) if one.id == info.id)
    mark = None if outcome is None else outcome.mark
    assert mark is not None  # a characteristic that fired has a band
    yield _test(
        facts,
        decision.columns[place],
        decision.columns[place].cells[mark].compiled.node,
        card.characteristics[place].bands[mark].test.text,
    )


def _test(facts: Facts, column: Column, node: nodes.Node, text: str) -> str:
    """One cell against its column's value."""
    subject = column.compiled.node
    if not isinstance(subject, nodes.Name):
        names = ", ".join(f"{name} {facts.shown(name)}" for name in sorted(column.compiled.names))
        return f"{column.name} passes {' '.join(text.split())}" + (f" with {names}" if names else "")
    tests = node.tests if isinstance(node, nodes.Tests) and not node.negated else (node,)
    said = _one_test(facts, subject.name, tests[0]) if len(tests) == 1 else _words(facts, subject.name, node)
    return said or f"{subject.name} is {facts.shown(subject.name)}, which passes {' '.join(text.split())}"


def _one_test(facts: Facts, name: str, test: nodes.Node) -> str | None:
    """A comparison, a range, a word or a list parameter; None for what is none of these."""
    value = facts.shown(name)
    if isinstance(test, nodes.UnaryTest):
        limit = operand(facts, test.operand)
        return None if limit is None else compared(facts, name, test.operator, limit)
    if isinstance(test, nodes.RangeLiteral) and test.low is not None and test.high is not None:
        low, high = operand(facts, test.low), operand(facts, test.high)
        low_word, high_word = "" if test.low_closed else "over ", "" if test.high_closed else "under "
        return f"{name} is {value}, from {low_word}{low} to {high_word}{high}" if low and high else None
    if isinstance(test, nodes.Literal):
        return f"{name} is {value}"
    if isinstance(test, nodes.Name) and isinstance(facts.values.get(test.name), list):
        return f"{name} is {value}, one of {operand(facts, test)}"
    return _words(facts, name, test)


def _words(facts: Facts, name: str, node: nodes.Node) -> str | None:
    """One, or none, of several words."""
    if not isinstance(node, nodes.Tests) or not all(isinstance(one, nodes.Literal) for one in node.tests):
        return None
    words = ", ".join(shown(one.value) for one in node.tests if isinstance(one, nodes.Literal))
    return f"{name} is {facts.shown(name)}, {'none' if node.negated else 'one'} of {words}"


def _basis(pack: Pack, cite: str) -> str:
    """A source in words: its title and reference."""
    details = pack.source.sources[cite].details
    return ", ".join(str(details[key]) for key in ("title", "reference") if details.get(key))
