"""What the sandbox remembers, in memory and bounded: the oldest entry goes when the limit is reached."""

from __future__ import annotations

from typing import Generic, TypeVar

from fastapi import Request

from connectors.sandbox.settings import SandboxSettings

Entry = TypeVar("Entry")


class Bounded(Generic[Entry]):
    """The last `limit` entries by key, in order of arrival; a known key replaces its entry in place."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: dict[str, Entry] = {}

    def put(self, key: str, entry: Entry) -> None:
        """Keep `entry`, forgetting the oldest beyond the limit."""
        self._entries[key] = entry
        while len(self._entries) > self._limit:
            del self._entries[next(iter(self._entries))]

    def get(self, key: str) -> Entry | None:
        """The entry of `key`, or None."""
        return self._entries.get(key)

    def drop(self, key: str) -> None:
        """Forget `key`; nothing happens when it is unknown."""
        self._entries.pop(key, None)

    def values(self) -> list[Entry]:
        """All entries, oldest first."""
        return list(self._entries.values())


class Stores:
    """The sandbox's memory. It serves one event loop, so it needs no lock."""

    def __init__(self, settings: SandboxSettings) -> None:
        self.texts: Bounded[dict[str, object]] = Bounded(settings.kept)
        self.inboxes: Bounded[Bounded[dict[str, object]]] = Bounded(settings.inboxes)
        self.arrivals = 0


def stores_of(request: Request) -> Stores:
    """The memory of the sandbox that serves `request`."""
    stores: Stores = request.app.state.stores
    return stores
