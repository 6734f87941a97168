"""Slices: a part of a pack as a pack of its own, for the scalar engine to decide.

What has no column form, and every table, is decided by the scalar engine once for each different input. A slice holds
the decisions (or the patterns, or one rule) that are asked for and, as signals, whatever they read that columns hold
exactly. Decisions that columns do not hold exactly are taken into the slice with what they read in turn. So a slice
cannot differ from the pack: it is compiled from the same source by the same compiler.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from engine.frames.decided import State
from engine.pack.limits import MAX_PROBLEMS
from engine.pack.model import Decision, Expr, PackSource, SignalSpec, VerdictSpec, Words
from engine.pack.names import mentioned
from engine.pack.problems import Place, Problems
from engine.pack.source import implicit_signals
from engine.pack.typed import Checker

if TYPE_CHECKING:
    from engine.pack.pack import Pack

_NOWHERE: Final = Place("slice")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a slice did: its value, its rules' state, and whether anything in it floors the verdict."""

    value: Any
    state: State
    floors: bool


@dataclass(frozen=True)
class Slice:
    """A compiled slice. `inputs` are the names it takes, as_of among them where its texts mention it.

    `values` are the decisions whose values are asked for: one, or as many as there are where it is not `single`.
    """

    pack: Pack
    inputs: tuple[str, ...]
    rules: frozenset[str]
    values: tuple[str, ...] = ()
    single: bool = True

    def decide(self, values: Iterable[Any], as_of: date) -> Answer:
        """Decide on values for `inputs`; `as_of` counts where the inputs have none."""
        given = {name: value for name, value in zip(self.inputs, values, strict=True) if value is not None}
        day = given.pop("as_of", as_of)
        decision = self.pack.decide(given, day)
        fired = tuple(rule for rule in decision.rules("fired") if rule in self.rules)
        undecided = decision.rules("undecided")
        found = tuple(decision.value(name) for name in self.values)
        value = found[0] if self.single and found else found
        state = State(fired, tuple(rule for rule in undecided if rule in self.rules))
        return Answer(value, state, decision.run.floored)


def texts(value: object, *, words: bool = False) -> Iterator[str]:
    """Every FEEL text in a record of a pack, however deep; with `words`, every other text as well."""
    if isinstance(value, Words):
        return  # what a rule says of itself is for people
    if isinstance(value, Expr):
        yield value.text
    elif is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            yield from texts(getattr(value, one.name), words=words)
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from texts(part, words=words)
    elif isinstance(value, tuple | list):
        for part in value:
            yield from texts(part, words=words)
    elif words and isinstance(value, str):
        yield value


def reads(value: object, *, words: bool = False) -> set[str]:
    """Every dotted word in the texts of a record: the names it may read, and more."""
    return set().union(*(mentioned(text) for text in texts(value, words=words)))


class Slicer:
    """Cuts slices of one pack. `held` says of a decision with which type columns hold it exactly, if they do."""

    def __init__(self, pack: Pack, held: Callable[[str], str | None]) -> None:
        self.pack = pack
        self.held = held
        source = pack.source
        self.signals = {**source.signals, **implicit_signals(source)}

    def decision(self, decision: Decision, inputs: Mapping[str, SignalSpec] | None = None) -> Slice:
        """A slice of one decision; `inputs` are further signals that its texts speak of."""
        return self._cut([decision], decision.id, inputs or {})

    def rule(self, number: int) -> Slice:
        """A slice of one verdict rule."""
        rule = self.pack.source.verdict.rules[number]
        return self._cut(
            [], None, {}, verdict=replace(self.pack.source.verdict, rules=(rule,), score=None, category=None)
        )

    def patterns(self) -> tuple[Slice, tuple[str, ...]]:
        """A slice of the patterns, and the signals that they set: its values, in that order."""
        source = self.pack.source
        known = reads(source.patterns, words=True)  # lists are named by plain words
        signals = {name: spec for name, spec in source.signals.items() if name in known}
        exposed = tuple(implicit_signals(source))
        decisions = {
            f"exposed{number}": Decision(f"exposed{number}", Expr(name), None, None, None, _NOWHERE)
            for number, name in enumerate(exposed)
        }
        cut = replace(self._empty(), signals=signals, decisions=decisions, patterns=source.patterns)
        rules = frozenset(one.id for one in source.patterns)
        inputs = (*signals, *(("as_of",) if "as_of" in known else ()))
        return Slice(_compile(cut), inputs, rules, tuple(decisions), single=False), exposed

    def _cut(
        self,
        decisions: list[Decision],
        wanted: str | None,
        inputs: Mapping[str, SignalSpec],
        verdict: VerdictSpec | None = None,
    ) -> Slice:
        taken: dict[str, Decision] = {one.id: one for one in decisions}
        signals = dict(inputs)
        pending: list[object] = [*decisions, *([verdict.rules] if verdict else [])]
        dated = False
        while pending:
            for name in sorted(reads(pending.pop()) - taken.keys() - signals.keys()):
                dated |= name == "as_of"
                kind = self.held(name) if name in self.pack.decision_index else None
                if kind is not None:
                    signals[name] = SignalSpec(name, kind, _NOWHERE)
                elif name in self.pack.decision_index:
                    taken[name] = self.pack.source.decisions[name]
                    pending.append(taken[name])
                elif name in self.signals:
                    signals[name] = self.signals[name]
        cut = replace(self._empty(), signals=signals, decisions=taken)
        if verdict is not None:
            cut = replace(cut, verdict=verdict)
        compiled = _compile(cut)
        own = {rule for rule, info in compiled.rules.items() if info.decision == wanted}
        return Slice(
            compiled, (*signals, *(("as_of",) if dated else ())), frozenset(own), () if wanted is None else (wanted,)
        )

    def _empty(self) -> PackSource:
        source = self.pack.source
        nothing = VerdictSpec((), None, None, source.verdict.place)
        return replace(
            source, checks={}, decisions={}, verdict=nothing, routes=(), patterns=(), invariants=(), cases=()
        )


def _compile(source: PackSource) -> Pack:
    from engine.pack.pack import Pack

    problems = Problems(MAX_PROBLEMS)
    typed = Checker(source, {**source.signals, **implicit_signals(source)}, problems).check()
    problems.raise_if_any()
    return Pack(typed)
