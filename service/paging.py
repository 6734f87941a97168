"""Pages of lists: a bounded number of items and the opaque cursor of the page after, or None at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

MAX_PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class Page:
    """Items ready for JSON, and where to go on."""

    items: list[dict[str, Any]]
    next: str | None


def page_size(limit: int) -> int:
    """The asked size within 1 and `MAX_PAGE`."""
    return max(1, min(limit, MAX_PAGE))
