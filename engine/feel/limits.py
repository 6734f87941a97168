"""The bounds of FEEL: every text, loop and value that an author can write has a stated limit.

A limit on the text is refused with a `FeelError` before anything runs; a limit met at run time gives null and a warning,
like every other failure of FEEL. The numbers are far above what rules need and far below what would hang a decision.
"""

from __future__ import annotations

from typing import Final

MAX_EXPRESSION_CHARS: Final = 10_000
"""Length of one expression or cell."""

MAX_NESTING: Final = 100
"""Levels of a text, of which a bracket takes two: what keeps the parser and Python's own compiler off their stacks."""

MAX_PARSER_STEPS: Final = 200_000
"""Work of the parser on one text, so that its few look-aheads cannot multiply."""

MAX_ITEMS: Final = 100_000
"""Items of one list, range or loop at run time."""

MAX_VALUE_DEPTH: Final = 100
"""Lists and contexts inside each other, in a value that is looked through."""

MAX_PARTS: Final = 1_000_000
"""Parts of the value of one decision of a DMN model."""

MAX_STEPS: Final = 1_000_000
"""Iterations and function calls of one evaluation, over all its loops."""

CALL_STEPS: Final = 10
"""What one call of a function value costs of them."""

MAX_CALL_DEPTH: Final = 60
"""Function values calling function values."""

MAX_TEXT_CHARS: Final = 100_000
"""Length of a string that an expression builds."""

MAX_SCALE: Final = 6_176
"""Largest count of decimals of the rounding functions, and `MIN_SCALE` its mirror: decimal128's exponents."""

MIN_SCALE: Final = -6_111

MAX_PATTERN_CHARS: Final = 500
"""Length of a regular expression."""

MAX_MATCH_CHARS: Final = 10_000
"""Length of a text matched against a regular expression."""

MAX_YEAR: Final = 999_999_999
"""Years that FEEL can write, before and after."""
