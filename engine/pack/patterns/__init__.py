"""Rules over several facts at once, run by durable_rules.

`compile_patterns` reads the patterns of a pack when it is loaded and reports what is wrong with them;
`PatternEngine` runs them for one decision at a time, and remembers nothing of it but how looks were answered.
"""

from __future__ import annotations

from engine.pack.patterns.compile import compile_patterns
from engine.pack.patterns.engine import Answers, Finding, PatternEngine
from engine.pack.patterns.plan import PatternProgram

__all__ = ["Answers", "Finding", "PatternEngine", "PatternProgram", "compile_patterns"]
