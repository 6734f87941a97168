"""What can go wrong with an outside provider, sorted by what the caller does next.

`RetryLater`: the same request may succeed later. `ProviderRefused`: a person must look at our request or our
credentials. `GarbageAnswer`: the provider answered, but not what it promised. Each carries the `Reason` that the caller
writes into a `Missing`, so a failed provider always ends as an unknown and never as a default (invariant 3). The texts
name the provider, a status and a cause; they refuse bodies, addresses and query strings, which hold personal data.
"""

from __future__ import annotations

from engine.signal import Missing, Reason


class ConnectorError(Exception):
    """A provider gave no usable answer. `provider` is our name for it, `reason` what officers and packs will see."""

    reason: Reason = Reason.FAILED

    def __init__(self, provider: str, detail: str, *, reason: Reason | None = None, status: int | None = None) -> None:
        super().__init__(f"{provider}: {detail}")
        self.provider = provider
        self.detail = detail
        self.status = status
        if reason is not None:
            self.reason = reason

    def as_missing(self) -> Missing:
        """The unknown that stands for every signal this call should have given."""
        return Missing(self.reason, str(self))


class RetryLater(ConnectorError):
    """Down, slow, overloaded or cut off by us: repeat later, no sooner than `retry_after_s` seconds where known.

    Raised after the client's own attempts are used up, so the caller's next attempt belongs to a queue, not to a loop.
    """

    reason = Reason.PROVIDER_DOWN

    def __init__(
        self,
        provider: str,
        detail: str,
        *,
        reason: Reason | None = None,
        status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(provider, detail, reason=reason, status=status)
        self.retry_after_s = retry_after_s


class ProviderRefused(ConnectorError):
    """The provider understood and declined: repeating the same request cannot help."""

    reason = Reason.PROVIDER_REFUSED


class GarbageAnswer(ConnectorError):
    """The answer is not of the promised shape, so nothing in it is believed."""

    reason = Reason.FAILED
