"""The law matrix: from a legal source to the values, rules and cases that rest on it, and to the decisions it made.

Says for every source which parameters carry it with which dated values, which rules cite it, which cases exercise them,
and, where counts of decisions are given, how often each rule fired. What is loose is listed: sources nobody cites, rules
that give a reason and cite none, parameters without a source. Pure: decisions are counted by whoever holds them.
"""

from __future__ import annotations

from engine.law.matrix import COLUMNS, LawLine, LawMatrix, law

__all__ = ["COLUMNS", "LawLine", "LawMatrix", "law"]
