"""One client per outside provider and process: with its breaker, its bulkhead and its connections.

Connections must not be shared over a fork, so a worker forgets them first; breakers and bulkheads only count what their
own process did.
"""

from __future__ import annotations

import threading

from connectors.http import ProviderClient
from connectors.settings import ProviderSettings

_clients: dict[tuple[str, str, float], ProviderClient] = {}
_lock = threading.Lock()


def provider(name: str, url: str, deadline_s: float) -> ProviderClient:
    """The process's client of a provider; made at the first call."""
    key = (name, url, deadline_s)
    with _lock:
        if key not in _clients:
            # Providers are reached through the deployment's own gateway; plain HTTP there is what the operator wrote.
            _clients[key] = ProviderClient(
                ProviderSettings(name=name, base_url=url, deadline_s=deadline_s, insecure_http=True)
            )
        return _clients[key]


def forget_connections() -> None:
    """Close and drop every client; the next call makes a new one with a closed breaker."""
    with _lock:
        for client in _clients.values():
            client.close()
        _clients.clear()
