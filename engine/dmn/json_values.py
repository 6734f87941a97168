"""Values of a model from JSON and to JSON.

JSON has no dates: a string stands for a temporal value where the model's type asks for one, in the form of ISO 8601
that FEEL reads. A string that is none stays a string, and then is not of its type, which the decision reports.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from engine.feel.builtins.conversion import to_text
from engine.feel.failure import Failure
from engine.feel.temporal.text import parse_date, parse_datetime, parse_duration, parse_time, temporal_text
from engine.feel.types import FeelType
from engine.feel.values import kind_of

_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "date": parse_date,
    "time": parse_time,
    "date and time": parse_datetime,
    "days and time duration": parse_duration,
    "years and months duration": parse_duration,
}


def from_json(value: object, wanted: FeelType) -> object:
    """A value of JSON as one that the type may have: strings become temporal values where it has them."""
    if isinstance(value, str):
        reader = _READERS.get((wanted.element or wanted).name if wanted.name == "list" else wanted.name)
        if reader is None:
            return value
        try:
            return reader(value)
        except Failure:
            return value
    if isinstance(value, Mapping):
        known = dict(wanted.fields or ())
        return {key: from_json(item, known[key]) if key in known else item for key, item in value.items()}
    if isinstance(value, list):
        inner = wanted.element if wanted.name == "list" and wanted.element is not None else wanted
        return [from_json(item, inner) for item in value]
    return value


def to_json(value: object) -> object:
    """A FEEL value as JSON takes it: numbers exact, temporal values, ranges and functions as FEEL writes them."""
    if value is None or isinstance(value, bool | str):
        return value
    kind = kind_of(value)
    if isinstance(value, list):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {key: to_json(item) for key, item in value.items()}
    if isinstance(value, int | Decimal):
        return value
    if kind == "function":
        return "function"
    return to_text(value) if kind == "range" else temporal_text(value)
