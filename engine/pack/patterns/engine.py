"""Rules over several facts at once: which patterns of a pack fire on the facts of one decision.

Facts become columns and codes (`sheet`), durable_rules finds the choices of facts that fit (`ruleset`, `native`,
`matching`), and here the patterns are answered, each after those whose signals it reads. Everything is three-valued: a
fact with an unknown field leaves open only the choices it takes part in. So a pattern is true where some choice surely
fits, unknown where one only may, else false; a count lies between the choices that surely fit and those that may. A
missing list may hold anything.

The counting is not left to durable_rules: its `count` collects matches in batches of one size that is fixed with the
rule, and cannot say "at least", "fewer than" or "between". What is beyond the bounds of work, like whatever fails in the
native engine, is unknown with a warning, which floors the verdict. Nothing of it depends on what was decided before:
remembered matches are those of equal looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple, TypeAlias

from engine.pack.limits import MAX_DECISION_COMBINATIONS, MAX_MEMO_ENTRIES
from engine.pack.patterns.matching import TOO_MANY, Matcher, Matches
from engine.pack.patterns.plan import PatternProgram
from engine.pack.patterns.sheet import Look, Noted, Sheet, Values

_MEMO_FACTS: Final = 64  # facts of a look that is remembered; longer ones hardly come twice

Found: TypeAlias = list[Matches | None]
"""The matches of each pattern on facts of one look, as far as anybody asked."""


class Answers(NamedTuple):
    """What each pattern says (None: undecided), the value of each signal that patterns set, and warnings."""

    patterns: tuple[bool | None, ...]
    signals: tuple[bool | None, ...]
    warnings: Noted


class Finding(NamedTuple):
    """What one pattern was found to match, for an explanation.

    `sure` and `possible` are numbers of choices of facts (None: not known); a pattern without `count` stops at the first
    sure one. `example` says which fact of its list (from 0) each variable stands for in one of them.
    """

    pattern: str
    sure: int
    possible: int | None
    example: Mapping[str, int] | None


class PatternEngine:
    """The patterns of one pack, with the parameters of one date; safe to call from several threads and after a fork."""

    def __init__(self, program: PatternProgram, constants: Mapping[str, object]) -> None:
        self._program = program
        self._sheet = Sheet(program, constants)
        self._matchers = tuple(Matcher(plan) for plan in program.plans)
        self._found: dict[Look, Found] = {}
        self._answers: dict[Look, Answers] = {}
        # Without guards and counters the facts alone say everything.
        self._plain = not self._sheet.guards and not self._sheet.counters
        setters = [
            [(at, plan.skips) for at, plan in enumerate(program.plans) if number in plan.sets]
            for number in range(len(program.signals))
        ]
        self._setters = tuple(
            (tuple(at for at, _ in one), tuple(at for at, skips in one if not skips)) for one in setters
        )

    @property
    def text(self) -> str:
        """The generated functions, as Python, for a reader."""
        return self._sheet.text

    def run(self, values: Values) -> Answers:
        """What the patterns say; `values` are those of the program's `inputs`, in order."""
        noted: Noted = []
        try:
            look = self._sheet.look(values, noted)
        except TypeError:  # values of one FEEL type that Python cannot put in order
            noted.append(("patterns", "pattern_failed", "facts cannot be compared"))
            return self._answer(None, values, noted)
        known = self._answers.get(look)
        if known is not None and not noted:
            return known
        answers = self._answer(look, values, noted)
        if self._plain and not noted and self._may_remember(look, self._answers):
            self._answers[look] = answers
        return answers

    def findings(self, values: Values) -> tuple[Finding, ...]:
        """What each pattern matches among these facts, whether or not it applies; nothing where they have no order."""
        try:
            look = self._sheet.look(values, [])
        except TypeError:
            return ()
        known, found = self._known(look), []
        for number, plan in enumerate(self._program.plans):
            matches = known[number] or self._match(number, look, known, MAX_DECISION_COMBINATIONS)
            example = None if matches.example is None else dict(zip(plan.variables, matches.example, strict=False))
            found.append(Finding(plan.id, matches.sure, matches.possible, example))
        return tuple(found)

    def _answer(self, look: Look | None, values: Values, noted: Noted) -> Answers:
        """Answer the patterns in their order; all that stand on facts are undecided where there is no look."""
        found = self._known(look)
        answers: list[bool | None] = [None] * len(self._matchers)
        signals: list[bool | None] = [None] * len(self._setters)
        left = MAX_DECISION_COMBINATIONS
        for number in self._program.order:
            plan, guard = self._program.plans[number], self._sheet.guards.get(number)
            applies = True if guard is None else guard(values, signals, noted)
            if applies is False:
                answers[number] = False
            elif look is not None:
                matches = found[number] or self._match(number, look, found, left)
                if matches.cost > left:
                    matches = Matches(0, None, 0, TOO_MANY)
                left -= matches.cost
                fits = self._fits(number, matches, values, signals, noted)
                answers[number] = fits if applies is True or fits is False else None
                if answers[number] is None and matches.problem is not None:
                    noted.append((plan.id, *matches.problem))
            for signal in plan.sets:
                signals[signal] = self._signal(signal, answers)
        return Answers(tuple(answers), tuple(signals), noted)

    def _known(self, look: Look | None) -> Found:
        """What is known of facts that look so; kept where there is room."""
        found = None if look is None else self._found.get(look)
        if found is not None:
            return found
        found = [None] * len(self._matchers)
        if look is not None and self._may_remember(look, self._found):
            self._found[look] = found
        return found

    @staticmethod
    def _may_remember(look: Look, memo: Mapping[Look, object]) -> bool:
        return len(memo) < MAX_MEMO_ENTRIES and sum(size or 0 for size in look[1]) <= _MEMO_FACTS

    def _match(self, number: int, look: Look, found: Found, left: int) -> Matches:
        matches = self._matchers[number].matches(*look, left)
        # What failed need not fail again, and what is too much now may be little where less was done before.
        if matches.problem is None or (matches.problem == TOO_MANY and matches.cost <= left):
            found[number] = matches
        return matches

    def _fits(
        self, number: int, matches: Matches, values: Values, signals: list[bool | None], noted: Noted
    ) -> bool | None:
        """Whether as many choices fit as the pattern asks for: at least one, or what its `count` says."""
        counter = self._sheet.counters.get(number)
        if counter is None:
            return True if matches.sure else False if matches.possible == 0 else None
        if matches.possible is None:
            return None
        first = counter(values, signals, noted, matches.sure)
        if first is not True and first is not False:
            return None
        for count in range(matches.sure + 1, matches.possible + 1):
            if counter(values, signals, noted, count) is not first:
                return None
        return first

    def _signal(self, signal: int, answers: list[bool | None]) -> bool | None:
        """The value of a signal: true by any pattern, unknown where one that counts is undecided, else false."""
        setters, counted = self._setters[signal]
        if any(answers[at] for at in setters):
            return True
        return None if any(answers[at] is None for at in counted) else False
