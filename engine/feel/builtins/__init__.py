"""FEEL's library of functions: one declarative table, filled by a module for each subject."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.feel.builtins import contexts, conversion, lists, logic, numbers, ranges, strings, temporal
from engine.feel.builtins.table import Builtin

FUNCTIONS: Final[Mapping[str, Builtin]] = {
    name: function
    for module in (contexts, conversion, lists, logic, numbers, ranges, strings, temporal)
    for name, function in module.TABLE.functions.items()
}
"""Every built-in function by its name."""
