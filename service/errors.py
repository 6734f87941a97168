"""What the service refuses, sorted by what the caller does next. No HTTP status here: `api` maps them once."""

from __future__ import annotations

from dataclasses import dataclass


class ServiceError(Exception):
    """The root of all refusals. The text is for the caller: one sentence, no personal data."""

    code = "error"


@dataclass(frozen=True)
class Problem:
    """One fault of an input: where (a JSON pointer or `file:line:column`), what, and what to do."""

    where: str
    message: str
    remedy: str = ""


class Invalid(ServiceError):
    """The input is wrong; `problems` lists every fault."""

    code = "invalid"

    def __init__(self, message: str, problems: tuple[Problem, ...] = ()) -> None:
        """Keep the sentence and the list."""
        super().__init__(message)
        self.problems = problems


class NotFound(ServiceError):
    """There is no such thing for this tenant; another tenant's thing looks the same."""

    code = "not_found"


class Conflict(ServiceError):
    """The thing has changed or is taken; read it again."""

    code = "conflict"


class Forbidden(ServiceError):
    """The caller is known, but may not do this; the text says which permission or rule stands in the way."""

    code = "forbidden"


class Unauthenticated(ServiceError):
    """The caller is not known: wrong, expired or revoked credentials. Says no more than that."""

    code = "unauthenticated"


class TooMany(ServiceError):
    """A limit was reached; `retry_after_s` says when to come again."""

    code = "too_many"

    def __init__(self, message: str, retry_after_s: int = 1) -> None:
        """Keep the sentence and the wait."""
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Unavailable(ServiceError):
    """A part of ours is down; nothing was half-written; the same call may be sent again."""

    code = "unavailable"
