"""Sessions of durable_rules, the native engine that finds the facts that fit together.

The native ruleset is used directly: no timer threads, no global host, no exception swallowed. Each session gets all its
facts at once, is read while there is something to read, and is deleted before anybody else may use the ruleset, so
nothing is remembered between decisions. A `Pool` lends each session a ruleset of its own: whoever decides at the same
time gets another, so no lock is held, and a process forked meanwhile cannot inherit one that is held. Rulesets are built
when first needed, in the process that needs them, and given back to the native table when the pool is dropped.

durable_rules 2.0.28 has faults that shape what is here. It frees an uninitialised pointer when a session is deleted that
never ran an action (state.c, deleteStateNode): a ruleset therefore runs one session at a time, always in the same slot
of its pool, and primes the slot once with a rule that fires. It reads past the end of a conjunction whose last
comparison of two facts fails (events.c, reduceExpressionSequence): every conjunction must end in a comparison that holds
of all facts. It takes back no conclusion when a fact arrives that `$not` forbids: absent facts must be asserted first.
"""

from __future__ import annotations

import itertools
import json
import weakref
from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any, Final, TypeAlias

from durable import engine as durable_engine

_NATIVE: Final = durable_engine.durable_rules_engine
_SESSION: Final = "decision"  # one at a time and deleted after use, so one name is enough
_PRIMER: Final = -1
_SERIAL: Final = itertools.count()

LIST: Final = "LIST"  # the property that says which role a fact may play
ONE: Final = "ONE"  # a property that every fact has with the same value
Message: TypeAlias = dict[str, Any]
FAILURES: Final = (_NATIVE.error, ValueError, KeyError, TypeError, OverflowError)
"""What a session may raise: refused facts, an answer that is none."""


class Ruleset:
    """One native ruleset, for one session at a time."""

    def __init__(self, definition: str) -> None:
        self._handle = _NATIVE.create_ruleset(f"patterns-{next(_SERIAL)}", definition)
        # The native table of rulesets is bounded: what is dropped gives its place back.
        weakref.finalize(self, _NATIVE.delete_ruleset, self._handle)
        with closing(self.firings([{LIST: _PRIMER, ONE: 1}])) as primed:
            if not any(True for _ in primed):
                raise ValueError("the ruleset does not run")

    def firings(self, messages: Sequence[Message]) -> Generator[Mapping[str, Message], None, None]:
        """The facts of each rule that fires, by variable; the session ends with the iteration.

        Raises:
            ValueError: where the native engine refuses the facts.
        """
        for number, message in enumerate(messages):
            message["sid"], message["id"] = _SESSION, str(number)
        status, state = _NATIVE.assert_facts(self._handle, json.dumps(messages))
        try:
            if status > 1:
                raise ValueError("the facts were refused")
            answer = _NATIVE.start_action_for_state(self._handle, state)
            action = answer[1] if answer else None
            while action:
                yield from json.loads(action).values()
                action = _NATIVE.complete_and_start_action(self._handle, state)
        finally:
            _NATIVE.delete_state(self._handle, _SESSION)


class Pool:
    """Rulesets of one definition: as many as there are sessions at the same time."""

    def __init__(self, rules: Mapping[str, Any]) -> None:
        self._definition = json.dumps({**rules, "primer": {"all": [{"m": {LIST: _PRIMER}}]}})
        self._idle: deque[Ruleset] = deque()

    @contextmanager
    def session(self, messages: Sequence[Message]) -> Iterator[Iterator[Mapping[str, Message]]]:
        """What fires on these facts, in a ruleset that nobody else uses meanwhile."""
        try:
            ruleset = self._idle.pop()
        except IndexError:
            ruleset = Ruleset(self._definition)
        with closing(ruleset.firings(messages)) as firings:
            yield firings
        # Not reached after a failure: a ruleset whose session did not end well is dropped.
        self._idle.append(ruleset)
