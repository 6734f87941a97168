"""A piece of generated Python: its source, its FEEL type, and what is known of its value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.feel.types import FeelType


class _Unknown:
    """Marks that the value is not known before run time."""

    def __repr__(self) -> str:
        return "NOT_CONSTANT"


NOT_CONSTANT: Final = _Unknown()


@dataclass(frozen=True, slots=True)
class Code:
    """Source of a Python expression. An `atom` is a name or constant: cheap to repeat, without effect.

    `constant` is the value where the text alone gives it. `null` says whether the value may be null.
    """

    source: str
    type: FeelType
    atom: bool = False
    null: bool = True
    constant: object = NOT_CONSTANT

    @property
    def is_constant(self) -> bool:
        """Whether the text alone gives the value."""
        return self.constant is not NOT_CONSTANT

    @property
    def is_null(self) -> bool:
        """Whether it is `null` itself."""
        return self.constant is None
