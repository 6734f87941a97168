"""How large a value may be before something walks through all of it.

Lists and contexts can share their parts, so a short text can make a value whose parts, counted one by one, have no end
in sight. Whatever visits every part (equality, text, flattening, a search for nulls, `instance of`) measures it first.
"""

from __future__ import annotations

from engine.feel import limits
from engine.feel.failure import Failure


def measure(value: object) -> None:
    """Count the parts of a value, shared ones as often as they occur. Raises `Failure` beyond `limits.MAX_ITEMS`."""
    if not isinstance(value, list | dict):
        return
    count = 0
    pending: list[object] = [value]
    while pending:
        current = pending.pop()
        parts = current if isinstance(current, list) else list(current.values()) if isinstance(current, dict) else ()
        count += len(parts)
        if count > limits.MAX_ITEMS:
            raise Failure("limit", f"the value has more than {limits.MAX_ITEMS} parts")
        pending.extend(part for part in parts if isinstance(part, list | dict))


def measure_texts(texts: list[str]) -> None:
    """Hold the length of texts that will be joined against the limit before they are. Raises `Failure`."""
    if sum(map(len, texts)) > limits.MAX_TEXT_CHARS:
        raise Failure("limit", f"the text is longer than {limits.MAX_TEXT_CHARS} characters")
