"""Regular expressions of XPath and XML Schema, in bounded time.

`compile_pattern` reads a pattern with its flags; a `Pattern` finds its matches within a budget of steps. Simple patterns
run on Python's own engine, where that means the same and cannot backtrack for long; all others on a machine that tries
nothing twice. What cannot be read, or is beyond a limit, is a `Failure`.
"""

from __future__ import annotations

from engine.feel.regex.pattern import Match, Pattern, compile_pattern, substitution

__all__ = ["Match", "Pattern", "compile_pattern", "substitution"]
