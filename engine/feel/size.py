"""How large a value may be before something walks through all of it.

Lists and contexts can share their parts, so a short text can make a value whose parts, counted one by one, have no end
in sight. Whatever visits every part (equality, text, flattening, a search for nulls, `instance of`) measures it first.
"""

from __future__ import annotations

from engine.feel import limits
from engine.feel.failure import Failure


def measure(value: object, most: int = limits.MAX_ITEMS) -> None:
    """Count the parts of a value, shared ones as often as they occur. Raises `Failure` beyond `most`, or too deep."""
    if not isinstance(value, list | dict):
        return
    count = 0
    level: list[list[object] | dict[str, object]] = [value]
    for _ in range(limits.MAX_VALUE_DEPTH):
        inner: list[list[object] | dict[str, object]] = []
        for current in level:
            parts = current if isinstance(current, list) else current.values()
            count += len(parts)
            if count > most:
                raise Failure("limit", f"the value has more than {most} parts")
            inner.extend(part for part in parts if isinstance(part, list | dict))
        if not inner:
            return
        level = inner
    raise Failure("limit", f"the value is nested deeper than {limits.MAX_VALUE_DEPTH} levels")


def measure_texts(texts: list[str]) -> None:
    """Hold the length of texts that will be joined against the limit before they are. Raises `Failure`."""
    if sum(map(len, texts)) > limits.MAX_TEXT_CHARS:
        raise Failure("limit", f"the text is longer than {limits.MAX_TEXT_CHARS} characters")
