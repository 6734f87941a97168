"""Kleene's three-valued logic: null is neither true nor false, and decides nothing."""

from __future__ import annotations

from collections.abc import Iterable

from engine.feel.values import WarningSink, kind_of


def every(answers: Iterable[object]) -> bool | None:
    """Kleene's `and` over answers."""
    result: bool | None = True
    for answer in answers:
        if answer is False:
            return False
        if answer is not True:
            result = None
    return result


def some(answers: Iterable[object]) -> bool | None:
    """Kleene's `or` over answers."""
    result: bool | None = False
    for answer in answers:
        if answer is True:
            return True
        if answer is not False:
            result = None
    return result


def truth(value: object, warnings: WarningSink) -> bool | None:
    """A value as an operand of logic: itself if boolean, else null."""
    if value is True or value is False or value is None:
        return value
    warnings.append(("type", f"a {kind_of(value)} is not a boolean"))
    return None
