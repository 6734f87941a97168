"""Mutation: would the pack's cases notice a small fault in its rules?

Makes every small fault an author could slip into a pack, runs the cases, and gives the share that they notice.
"""

from __future__ import annotations

from engine.mutation.mutants import Mutant, mutants
from engine.mutation.report import MutationReport, Result, Share
from engine.mutation.running import CasesFailError, mutate

__all__ = ["CasesFailError", "Mutant", "MutationReport", "Result", "Share", "mutants", "mutate"]
