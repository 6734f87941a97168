"""Paths, calls and types at run time.

A path reaches a context's entry, a listed property of a temporal value or range, or either of every item of a list: no
attribute of a Python object is ever read by name. A call checks arity and kinds against the function's own table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.feel import limits
from engine.feel.builtins.table import Builtin
from engine.feel.conform import conform, has_type
from engine.feel.failure import Failure
from engine.feel.numbers import ArithmeticFailure
from engine.feel.runtime.loops import Warnings, spend
from engine.feel.size import measure
from engine.feel.temporal.properties import PROPERTIES
from engine.feel.types import FeelType
from engine.feel.values import FeelFunction, WarningSink, kind_of


def path(base: object, member: str, warnings: WarningSink) -> object:
    """`base.member`."""
    if base is None:
        return None
    if isinstance(base, dict):
        if member not in base:
            warnings.append(("unknown_name", "a context has no entry of that name"))
        return base.get(member)
    if isinstance(base, list):
        return _path_of_items(base, member, warnings)
    known = PROPERTIES.get(kind_of(base), {}).get(member)
    if known is None:
        warnings.append(("unknown_name", f"a {kind_of(base)} has no such property"))
        return None
    return known[1](base)


def _path_of_items(base: list[object], member: str, warnings: WarningSink) -> object:
    """`base.member` of every item; of lists inside the list, of their items."""
    if any(isinstance(item, list) for item in base):
        try:
            measure(base)
        except Failure as failure:
            warnings.append((failure.code, failure.message))
            return None
    return [path(item, member, warnings) for item in base]


def item_name(item: object, name: str, outer: Callable[[], object]) -> object:
    """A name inside a filter: the item's entry where it has one, else what the name means outside."""
    if isinstance(item, dict) and name in item:
        return item[name]
    return outer()


def unknown_name(name: str, warnings: WarningSink) -> None:
    """What a name that nothing binds is worth."""
    warnings.append(("unknown_name", f"nothing is named {name}"))


def unknown_type(warnings: WarningSink) -> None:
    """What `instance of` is worth for a type that is none."""
    warnings.append(("unknown_type", "there is no such type"))


def call_builtin(function: Builtin, arguments: Sequence[object], warnings: WarningSink) -> object:
    """A built-in on arguments by position: null and a warning where it fails."""
    try:
        return function.call(arguments)
    except Failure as failure:
        warnings.append((failure.code, f"{function.name}: {failure.message}"))
    except ArithmeticFailure:
        warnings.append(("limit", f"{function.name}: the result is beyond decimal128"))
    return None


def call_direct(implementation: Callable[..., object], warnings: WarningSink, *arguments: object) -> object:
    """What a built-in runs, on arguments that the types showed to fit."""
    try:
        return implementation(*arguments)
    except Failure as failure:
        warnings.append((failure.code, failure.message))
    except ArithmeticFailure:
        warnings.append(("limit", "the result is beyond decimal128"))
    return None


def call_builtin_known(
    function: Builtin, arguments: Sequence[object], literal_nulls: int, warnings: WarningSink
) -> object:
    """A built-in where null is unknown: null when an argument, or an item it looks at, is.

    `literal_nulls` has a bit for each argument that is written as `null` in the text, and so is no unknown.
    """
    if not function.keeps_items:
        for index, argument in enumerate(arguments):
            if argument is None and not literal_nulls >> index & 1:
                return None
            if function.looks_at_items and _holds_null(argument, warnings):
                return None
    return call_builtin(function, arguments, warnings)


def contains_known(function: Builtin, items: list[object] | None, element: object, warnings: WarningSink) -> object:
    """`list contains` where null is unknown, on a list and a value of one plain kind; a long list goes the long way."""
    if items is None or element is None:
        return None
    if len(items) > limits.MAX_ITEMS:
        return call_builtin_known(function, (items, element), 0, warnings)
    return None if None in items else element in items


def _holds_null(value: object, warnings: WarningSink) -> bool:
    """Whether a part of a value is null, or there are too many parts to tell."""
    try:
        measure(value)
    except Failure as failure:
        warnings.append((failure.code, failure.message))
        return True
    return _has_null(value)


def _has_null(value: object) -> bool:
    if isinstance(value, list):
        return any(item is None or _has_null(item) for item in value)
    if isinstance(value, dict):
        return any(item is None or _has_null(item) for item in value.values())
    return False


def invoke(function: object, arguments: Sequence[object], warnings: WarningSink, *, known: bool = False) -> object:
    """A function value on arguments by position; `known` where null is unknown."""
    if function is None:
        warnings.append(("unknown_function", "there is no such function"))
        return None
    if isinstance(function, Builtin):
        return _library(function, arguments, warnings, known=known)
    if not isinstance(function, FeelFunction):
        warnings.append(("type", f"a {kind_of(function)} cannot be called"))
        return None
    count = len(function.parameters)
    if not count - function.optional <= len(arguments) <= count:
        warnings.append(("argument", f"the function takes {count} arguments, not {len(arguments)}"))
        return None
    return _guarded(function, [*arguments, *[None] * (count - len(arguments))], warnings)


def _library(function: Builtin, arguments: Sequence[object], warnings: WarningSink, *, known: bool) -> object:
    if known:
        return call_builtin_known(function, arguments, 0, warnings)
    return call_builtin(function, arguments, warnings)


def invoke_named(
    function: object, names: Sequence[str], arguments: Sequence[object], warnings: WarningSink, *, known: bool = False
) -> object:
    """A function value on arguments by name; `known` where null is unknown."""
    if isinstance(function, Builtin):
        try:
            return _library(function, function.by_position(names, arguments), warnings, known=known)
        except Failure as failure:
            warnings.append((failure.code, f"{function.name}: {failure.message}"))
            return None
    if not isinstance(function, FeelFunction):
        return invoke(function, arguments, warnings)
    given = dict(zip(names, arguments, strict=True))
    if set(given) - set(function.parameters):
        warnings.append(("argument", "the names of the arguments are not those of the parameters"))
        return None
    # The standard binds what is not named to null.
    return _guarded(function, [given.get(name) for name in function.parameters], warnings)


def _guarded(function: FeelFunction, arguments: Sequence[object], warnings: WarningSink) -> object:
    """Call within the bounds of depth and steps, on arguments converted to the declared types."""
    if function.types:
        try:
            arguments = [conform(argument, wanted) for wanted, argument in zip(function.types, arguments, strict=True)]
        except Failure as failure:
            warnings.append(("argument", f"an argument {failure.message}"))
            return None
    counted = warnings if isinstance(warnings, Warnings) else None
    if counted is not None:
        if counted.depth >= limits.MAX_CALL_DEPTH:
            warnings.append(("limit", f"functions call each other deeper than {limits.MAX_CALL_DEPTH} levels"))
            return None
        counted.depth += 1
    try:
        spend(warnings, limits.CALL_STEPS)
        return function.call(*arguments)
    except Failure as failure:
        warnings.append((failure.code, failure.message))
        return None
    except RecursionError:
        warnings.append(("limit", "functions call each other too deeply"))
        return None
    finally:
        if counted is not None:
            counted.depth -= 1


def instance_of(value: object, wanted: FeelType, warnings: WarningSink) -> bool | None:
    """`value instance of wanted`; null only for a value too large to look through."""
    try:
        measure(value)
    except Failure as failure:
        warnings.append((failure.code, failure.message))
        return None
    return has_type(value, wanted)


def instance_of_known(value: object, wanted: FeelType, warnings: WarningSink) -> bool | None:
    """`value instance of wanted` where null is unknown."""
    return None if value is None or _holds_null(value, warnings) else has_type(value, wanted)
