"""Rules over several facts at once, run by durable_rules.

A pattern is a conjunction of comparisons between fields of facts (two documents, several prior applications). All
patterns of a pack are one durable_rules ruleset; each decision gets a session of its own, rebuilt from the signals and
deleted afterwards, so nothing is remembered between decisions. The native ruleset is used directly: no timer threads, no
global host, no exception swallowed. What it cannot express is refused when the pack is loaded.

durable_rules 2.0.28 frees an uninitialised pointer when a session is deleted that never ran an action (state.c,
deleteStateNode). Each engine therefore runs one session at a time, always in the same slot of the native pool, and
primes that slot once with a rule that fires; from then on the pointer is either valid or null. It also reads past the
end of a conjunction whose last comparison of two facts fails (events.c, reduceExpressionSequence); every conjunction
here ends in a comparison that holds of all facts.

Personal data never enters the native engine: values that are only compared for equality are replaced by numbers that
say which are equal. So most sets of facts look alike, and the answer for each look is remembered, within a bound. A fact
without a field that a pattern reads makes the pattern unknown unless other facts fire it; an error makes it unknown and
is reported as a warning, which floors the verdict.
"""

from __future__ import annotations

import itertools
import json
import threading
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from durable import engine as durable_engine

from engine.pack.limits import MAX_MEMO_ENTRIES
from engine.pack.pattern_terms import Term, rank

_NATIVE: Final = durable_engine.durable_rules_engine
_OPERATORS: Final = {"=": "", "!=": "$neq", "<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}
_LIST: Final = "LIST"  # the property that says which list a fact came from; field names are small letters
_ONE: Final = "ONE"  # a property that every fact has with the same value
_SESSION: Final = "decision"  # one at a time and deleted after use, so one name is enough
_PRIMER: Final = -1  # the list number of the fact that primes the native slot
_SERIAL: Final = itertools.count()


Look: TypeAlias = tuple[tuple[tuple[Any, ...], ...], tuple[int | None, ...]]
Answer: TypeAlias = tuple[tuple[bool | None, ...], str | None]


@dataclass(frozen=True, slots=True)
class PatternRule:
    """A pattern ready to run: its variables as (name, list number), its terms; None where a parameter has no value."""

    id: str
    variables: tuple[tuple[str, int], ...]
    terms: tuple[Term, ...] | None


class PatternEngine:
    """The patterns of one pack, with the parameters of one date; safe to call from several threads."""

    def __init__(self, rules: Sequence[PatternRule]) -> None:
        self._rules = tuple(rules)
        self._constants: dict[object, int] = {}
        self._memo: dict[Look, Answer] = {}
        reads: dict[int, set[str]] = {}
        self._ordered: set[tuple[int, str]] = set()
        for rule in self._rules:
            numbers = dict(rule.variables)
            for term in rule.terms or ():
                fields = [(numbers[term.variable], term.field)]
                fields += [(numbers[term.other], str(term.value))] if term.other else []
                for number, field in fields:
                    reads.setdefault(number, set()).add(field)
                self._ordered.update(fields if term.operator not in {"=", "!="} else ())
        self._close_order()
        count = 1 + max((number for rule in self._rules for _, number in rule.variables), default=-1)
        self._fields = tuple(
            tuple((field, (number, field) in self._ordered) for field in sorted(reads.get(number, ())))
            for number in range(count)
        )
        definition: dict[str, Any] = {
            f"r{index}": self._define(rule) for index, rule in enumerate(self._rules) if rule.terms is not None
        }
        definition["primer"] = {"all": [{"m": {_LIST: _PRIMER}}]}
        self._lock = threading.Lock()
        self._handle = _NATIVE.create_ruleset(f"patterns-{next(_SERIAL)}", json.dumps(definition))
        # The native table of rulesets is bounded: a pack that is dropped gives its place back.
        weakref.finalize(self, _NATIVE.delete_ruleset, self._handle)
        self._session([{_LIST: _PRIMER, _ONE: 1, "sid": _SESSION, "id": "0"}])

    def _close_order(self) -> None:
        """Fields compared with an ordered field are coded as ordered ones too, so that codes stay comparable."""
        pairs = [
            ((numbers[term.variable], term.field), (numbers[term.other], str(term.value)))
            for rule in self._rules
            for numbers in (dict(rule.variables),)
            for term in rule.terms or ()
            if term.other
        ]
        for _ in pairs:
            for left, right in pairs:
                if left in self._ordered or right in self._ordered:
                    self._ordered.update((left, right))

    def _define(self, rule: PatternRule) -> dict[str, Any]:
        conditions = []
        for variable, number in rule.variables:
            parts: list[dict[str, Any]] = [{_LIST: number}]
            for term in rule.terms or ():
                if term.variable != variable:
                    continue
                other: Any = {term.other: term.value} if term.other else self._constant(number, term)
                operator = _OPERATORS[term.operator]
                parts.append({operator: {term.field: other}} if operator else {term.field: other})
            if rule.variables[0][0] != variable:
                parts.append({"$gte": {_ONE: {rule.variables[0][0]: _ONE}}})
            conditions.append({variable: {"$and": parts} if len(parts) > 1 else parts[0]})
        return {"all": conditions}

    def _constant(self, number: int, term: Term) -> int | float:
        """The code of a constant of the pack."""
        if (number, term.field) not in self._ordered:
            return self._constants.setdefault(term.value, len(self._constants))
        code = rank(term.value)
        if code is None:
            raise ValueError("a constant of a pattern has too many digits")
        return code

    def run(self, lists: Sequence[list[dict[str, Any]] | None]) -> Answer:
        """What each pattern says of these facts, and the text of an error if there was one.

        True: it fired. False: it cannot fire. None: a list is missing, a field it reads is unknown, or the engine failed.
        """
        look = self._look(lists)
        return self._memo.get(look) or self._answer(look, lists)

    def _answer(self, look: Look, lists: Sequence[list[dict[str, Any]] | None]) -> Answer:
        rows, shape = look
        fired: frozenset[int] = frozenset()
        if rows and any(self._coverable(rule, lists) for rule in self._rules):
            try:
                fired = self._session(self._facts(rows))
            except (_NATIVE.error, ValueError, KeyError, TypeError) as error:
                return (None,) * len(self._rules), f"durable_rules failed: {type(error).__name__}"
        answer: Answer = (
            tuple(
                True if index in fired else self._unfired(rule, lists, shape) for index, rule in enumerate(self._rules)
            ),
            None,
        )
        if len(self._memo) < MAX_MEMO_ENTRIES:
            self._memo[look] = answer
        return answer

    @staticmethod
    def _coverable(rule: PatternRule, lists: Sequence[list[dict[str, Any]] | None]) -> bool:
        """Whether there are enough facts to give every variable one of its own."""
        needed: dict[int, int] = {}
        for _, number in rule.variables:
            needed[number] = needed.get(number, 0) + 1
        return all(len(lists[number] or ()) >= count for number, count in needed.items())

    def _unfired(
        self, rule: PatternRule, lists: Sequence[list[dict[str, Any]] | None], shape: tuple[int | None, ...]
    ) -> bool | None:
        """False for a pattern that cannot fire; None where an unknown list or field leaves it open."""
        numbers = {number for _, number in rule.variables}
        if rule.terms is None or any(lists[number] is None for number in numbers):
            return None
        if not self._coverable(rule, lists):
            return False
        # A fact that is not whole takes no part in the session; it might have fired any pattern over its list.
        return False if all(shape[number] == 0 for number in numbers) else None

    def _look(self, lists: Sequence[list[dict[str, Any]] | None]) -> Look:
        """All that patterns can tell of the facts: the whole ones as rows of codes, and per list how many are not whole.

        A list that is missing has no count.
        """
        known = dict(self._constants)
        rows: list[tuple[Any, ...]] = []
        shape: list[int | None] = []
        for number, (items, fields) in enumerate(zip(lists, self._fields, strict=True)):
            if items is None:
                shape.append(None)
                continue
            partial = 0
            for fact in items:
                row: list[Any] = [number]
                for field, ordered in fields:
                    value = fact[field]
                    if value is None:
                        row.append(None)
                    else:
                        row.append(rank(value) if ordered else known.setdefault(value, len(known)))
                if None in row:
                    partial += 1
                else:
                    rows.append(tuple(row))
            shape.append(partial)
        return tuple(rows), tuple(shape)

    def _facts(self, rows: tuple[tuple[Any, ...], ...]) -> list[dict[str, Any]]:
        """Rows of codes as messages for the native engine."""
        facts: list[dict[str, Any]] = []
        for number, *codes in rows:
            fields = {field: code for (field, _), code in zip(self._fields[number], codes, strict=True)}
            facts.append({**fields, _LIST: number, _ONE: 1, "sid": _SESSION, "id": str(len(facts))})
        return facts

    def _session(self, facts: list[dict[str, Any]]) -> frozenset[int]:
        """The numbers of the patterns that fire on these facts, in a session that is deleted before returning."""
        fired: set[int] = set()
        with self._lock:
            status, state = _NATIVE.assert_facts(self._handle, json.dumps(facts))
            try:
                if status > 1:
                    raise ValueError("the facts were refused")
                answer = _NATIVE.start_action_for_state(self._handle, state)
                action = answer[1] if answer else None
                while action and len(fired) < len(self._rules):
                    for name, message in json.loads(action).items():
                        if name == "primer":
                            continue
                        bound = message.values() if "m" not in message else [message["m"]]
                        numbers = [fact["id"] for fact in bound]
                        if len(set(numbers)) == len(numbers):  # each variable binds a fact of its own
                            fired.add(int(name[1:]))
                    action = _NATIVE.complete_and_start_action(self._handle, state)
            finally:
                _NATIVE.delete_state(self._handle, _SESSION)
        return frozenset(fired)
