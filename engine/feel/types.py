"""The types of FEEL: a small lattice from `null` (the bottom) to `any` (the top).

Types are frozen and compared by value. A string type may carry the values it is limited to, a list or range the type of
its elements, a context its fields, a function its parameters and result. Every type admits null: null is how FEEL says
that a value is absent, so "may be null" is not part of a type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class FeelType:
    """One type. `fields` belongs to contexts, `parameters` and `result` to functions, `element` to lists and ranges.

    `values` limits a string type to an enumeration; `fields` of None means a context with unknown fields. `admits` is a
    test that values of the type pass besides (the allowed values of a named type); only run-time checks know it.
    """

    name: str
    element: FeelType | None = None
    fields: tuple[tuple[str, FeelType], ...] | None = None
    parameters: tuple[FeelType, ...] | None = None
    result: FeelType | None = None
    values: tuple[str, ...] | None = None
    admits: Callable[[object], bool] | None = None

    def field(self, name: str) -> FeelType | None:
        """The type of a context's field, None where the context has no such field or its fields are unknown."""
        for key, kind in self.fields or ():
            if key == name:
                return kind
        return None

    @property
    def known(self) -> bool:
        """Whether anything is known of the type."""
        return self.name not in ("any", "null")

    def __str__(self) -> str:
        if self.element is not None and self.element.name != "any":
            return f"{self.name}<{self.element}>"
        if self.fields:
            return "context<" + ", ".join(f"{name}: {kind}" for name, kind in self.fields) + ">"
        return self.name


ANY: Final = FeelType("any")
NULL: Final = FeelType("null")
NUMBER: Final = FeelType("number")
STRING: Final = FeelType("string")
BOOLEAN: Final = FeelType("boolean")
DATE: Final = FeelType("date")
TIME: Final = FeelType("time")
DATE_TIME: Final = FeelType("date and time")
DAYS_TIME: Final = FeelType("days and time duration")
YEARS_MONTHS: Final = FeelType("years and months duration")
LIST: Final = FeelType("list", element=ANY)
RANGE: Final = FeelType("range", element=ANY)
CONTEXT: Final = FeelType("context")
FUNCTION: Final = FeelType("function")

SPELLINGS: Final[Mapping[str, FeelType]] = {
    "any": ANY,
    "Any": ANY,
    "null": NULL,
    "Null": NULL,
    "number": NUMBER,
    "string": STRING,
    "boolean": BOOLEAN,
    "date": DATE,
    "time": TIME,
    "date and time": DATE_TIME,
    "dateTime": DATE_TIME,
    "days and time duration": DAYS_TIME,
    "day and time duration": DAYS_TIME,
    "dayTimeDuration": DAYS_TIME,
    "years and months duration": YEARS_MONTHS,
    "year and month duration": YEARS_MONTHS,
    "yearMonthDuration": YEARS_MONTHS,
    "list": LIST,
    "range": RANGE,
    "context": CONTEXT,
    "function": FUNCTION,
}
"""Every spelling of a type's name that the DMN versions and their test kit use."""

ORDERED: Final = frozenset(
    {"number", "string", "date", "time", "date and time", "days and time duration", "years and months duration"}
)
"""The kinds that `<` and ranges are defined on; booleans are not ordered."""


def named_type(name: str) -> FeelType | None:
    """The simple type of a name in any of its spellings; None where there is none."""
    return SPELLINGS.get(" ".join(name.split()))


def enumeration(values: Iterable[str]) -> FeelType:
    """The string type limited to `values`."""
    return FeelType("string", values=tuple(values))


def list_of(element: FeelType) -> FeelType:
    """The type of lists of `element`."""
    return FeelType("list", element=element)


def range_of(element: FeelType) -> FeelType:
    """The type of ranges over `element`."""
    return FeelType("range", element=element)


def context_of(fields: Mapping[str, FeelType]) -> FeelType:
    """The type of contexts with these fields."""
    return FeelType("context", fields=tuple(fields.items()))


def function_of(parameters: Iterable[FeelType], result: FeelType) -> FeelType:
    """The type of functions of these parameters."""
    return FeelType("function", parameters=tuple(parameters), result=result)


def join(left: FeelType, right: FeelType) -> FeelType:
    """The least type that holds both: what an `if` or a list literal has."""
    if left == right or right.name == "null":
        return left
    if left.name == "null":
        return right
    return _joined(left, right) if left.name == right.name else ANY


def _joined(left: FeelType, right: FeelType) -> FeelType:
    if left.values is not None and right.values is not None:
        return enumeration(dict.fromkeys(left.values + right.values))
    if left.element is not None and right.element is not None:
        return FeelType(left.name, element=join(left.element, right.element))
    return SPELLINGS.get(left.name, ANY)


def clash(left: FeelType, right: FeelType) -> bool:
    """Whether no value but null can be of both types."""
    return left.known and right.known and left.name != right.name


def accepts(wanted: FeelType, given: FeelType) -> bool:
    """Whether a value of type `given` may be of type `wanted`: false only where that is impossible."""
    if not wanted.known or not given.known:
        return True
    if wanted.name != given.name:
        return False
    if wanted.name == "list" and wanted.element is not None and given.element is not None:
        return accepts(wanted.element, given.element)
    return True
