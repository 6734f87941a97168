"""Who was authenticated a moment ago, so that the hot path needs no trip to the database for it.

An entry lives for at most `MAX_AGE_S`: a revoked key, a disabled person or a changed role takes effect in every process
within that time, and at once in the process that made the change. Failures are never remembered.
"""

from __future__ import annotations

from threading import Lock
from time import monotonic
from typing import Final

from service.identity.actor import Actor

MAX_AGE_S: Final = 30.0
MAX_ENTRIES: Final = 10_000


class Remembered:
    """A bounded table of actors by credential; the key is a digest or ids, never a secret."""

    def __init__(self) -> None:
        """Begin empty."""
        self._actors: dict[object, tuple[float, Actor]] = {}
        self._lock = Lock()

    def get(self, credential: object) -> Actor | None:
        """The actor, if it was put here at most `MAX_AGE_S` ago."""
        held = self._actors.get(credential)
        return held[1] if held is not None and monotonic() < held[0] else None

    def put(self, credential: object, actor: Actor, *, for_s: float = MAX_AGE_S) -> None:
        """Keep the actor, for `for_s` seconds at most; the oldest leaves when the table is full."""
        with self._lock:
            self._actors.pop(credential, None)
            if len(self._actors) >= MAX_ENTRIES:
                del self._actors[next(iter(self._actors))]
            self._actors[credential] = (monotonic() + min(for_s, MAX_AGE_S), actor)

    def forget(self, actor_id: str) -> None:
        """Drop every entry of one actor."""
        with self._lock:
            for credential in [key for key, (_, actor) in self._actors.items() if actor.id == actor_id]:
                del self._actors[credential]


KEYS: Final = Remembered()
PEOPLE: Final = Remembered()
