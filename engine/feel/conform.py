"""Whether a value is of a type, and the standard's conversions where it is not.

Three conversions are implicit in DMN: a list of one item to the item, a value to a list of it, a date to its midnight in
UTC. What is not of the type then has no value. Null conforms to every type, and is an instance of none but `Null`.
"""

from __future__ import annotations

from datetime import date, datetime

from engine.feel.failure import Failure
from engine.feel.temporal.calendar import midnight_utc
from engine.feel.types import ANY, FeelType
from engine.feel.values import FeelFunction, Range, WideDate, kind_of


def conform(value: object, wanted: FeelType) -> object:
    """A value as one of a type, converted where the standard converts. Raises `Failure` where it cannot be one.

    Here the values that a named type allows count; `instance of` asks for the shape alone.
    """
    try:
        return _conform(value, wanted)
    except RecursionError:
        raise Failure("limit", "is nested too deeply") from None


def _conform(value: object, wanted: FeelType) -> object:
    if value is None or _is(value, wanted, limited=True):
        return value
    if wanted.name == "list" and not isinstance(value, list):
        item = [_conform(value, wanted.element or ANY)]
        if _is(item, wanted, limited=True):
            return item
    elif isinstance(value, list) and len(value) == 1 and value[0] is not None and not isinstance(value[0], list):
        return _conform(value[0], wanted)
    elif wanted.name == "date and time" and isinstance(value, date | WideDate) and not isinstance(value, datetime):
        moment = midnight_utc(value)
        if _is(moment, wanted, limited=True):
            return moment
    raise Failure("type", f"is not of type {wanted}{_where(value, wanted)}")


def _where(value: object, wanted: FeelType) -> str:
    """Which entry of a context does not fit, in words; empty where no single one is to blame."""
    if not isinstance(value, dict):
        return ""
    for key, kind in wanted.fields or ():
        if key not in value:
            return f": {key!r} is missing"
        if value[key] is not None and not _is(value[key], kind, limited=True):
            return f": {key!r} is no {kind.name}" if kind_of(value[key]) != kind.name else f": {key!r} is not allowed"
    return ""


def has_type(value: object, wanted: FeelType) -> bool:
    """Whether a value is an instance of a type; null is one of none but `Null`."""
    return _is(value, wanted, limited=False)


def _is(value: object, wanted: FeelType, *, limited: bool) -> bool:
    if value is None:
        return wanted.name == "null"
    if wanted.name != "any" and not (kind_of(value) == wanted.name and _fits(value, wanted, limited=limited)):
        return False
    return not limited or wanted.admits is None or wanted.admits(value)


def _fits(value: object, wanted: FeelType, *, limited: bool) -> bool:
    """Whether the parts of a value of the right kind are of the types of the parts."""
    if isinstance(value, dict):
        return all(
            key in value and (value[key] is None or _is(value[key], kind, limited=limited))
            for key, kind in wanted.fields or ()
        )
    if isinstance(value, FeelFunction):
        return _function_fits(value, wanted)
    if isinstance(value, str):
        return wanted.values is None or value in wanted.values
    parts = value if isinstance(value, list) else []
    if isinstance(value, Range):
        parts = [end for end in (value.low, value.high) if end is not None]
    element = wanted.element
    if element is None or (element.name == "any" and element.admits is None):
        return True
    return all(part is None or _is(part, element, limited=limited) for part in parts)


def _function_fits(value: FeelFunction, wanted: FeelType) -> bool:
    if wanted.parameters is None:
        return True
    if len(wanted.parameters) != len(value.parameters):
        return False
    types = value.types or ()
    takes = all(subtype(given, taken) for given, taken in zip(wanted.parameters, types, strict=False))
    # What a body gives is often known only when it is called.
    return takes and (wanted.result is None or not value.result.known or subtype(value.result, wanted.result))


def subtype(given: FeelType, wanted: FeelType) -> bool:
    """Whether every value of one type is known to be of the other."""
    if wanted.name == "any" or given.name == "null":
        return True
    return given.name == wanted.name and _parts_are(given, wanted) and _calls_are(given, wanted)


def _parts_are(given: FeelType, wanted: FeelType) -> bool:
    if given.element is not None and wanted.element is not None and not subtype(given.element, wanted.element):
        return False
    own = {key: given.field(key) for key, _ in wanted.fields or ()}
    return all((found := own[key]) is not None and subtype(found, kind) for key, kind in wanted.fields or ())


def _calls_are(given: FeelType, wanted: FeelType) -> bool:
    if wanted.parameters is None:
        return True
    if given.parameters is None or len(given.parameters) != len(wanted.parameters):
        return False
    # What takes more and gives less may stand for what takes less and gives more.
    takes = all(subtype(a, b) for a, b in zip(wanted.parameters, given.parameters, strict=True))
    return takes and (wanted.result is None or given.result is None or subtype(given.result, wanted.result))
