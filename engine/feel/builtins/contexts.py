"""Built-in functions on contexts."""

from __future__ import annotations

from typing import Any, Final

from engine.feel.builtins.table import Table
from engine.feel.failure import Failure
from engine.feel.types import ANY, CONTEXT, LIST

TABLE: Final = Table()
Entries = dict[str, Any]


@TABLE.add("get value", "m: context, key: string", ANY, looks_at_items=False)
def get_value(context: Entries, key: str) -> object:
    """The entry of a key; null where there is none."""
    return context.get(key)


@TABLE.add("get entries", "m: context", LIST, looks_at_items=False)
def get_entries(context: Entries) -> list[object]:
    """A context's entries as contexts of `key` and `value`."""
    return [{"key": key, "value": value} for key, value in context.items()]


@TABLE.add("context", "entries: list of context", CONTEXT, looks_at_items=False)
def context_of_entries(entries: list[Any]) -> Entries:
    """A context of entries that have a `key` and a `value` each."""
    out: Entries = {}
    for entry in entries:
        if entry is None or "key" not in entry or "value" not in entry:
            raise Failure("argument", "an entry has a key and a value")
        key = entry["key"]
        if not isinstance(key, str) or key in out:
            raise Failure("argument", "the keys of the entries are different strings")
        out[key] = entry["value"]
    return out


@TABLE.add("context put", "context: context, key: string, value: any?", CONTEXT, looks_at_items=False)
def put(context: Entries, key: str, value: object) -> Entries:
    """The context with one entry set."""
    return {**context, key: value}


@TABLE.add("context put", "context: context, keys: list of string, value: any?", CONTEXT, looks_at_items=False)
def put_deep(context: Entries, keys: list[Any], value: object) -> Entries:
    """The context with an entry set inside of inner contexts, which are made where they are missing."""
    if not keys or any(key is None for key in keys) or len(keys) > 100:
        raise Failure("argument", "the keys are one string or more")
    first, rest = keys[0], keys[1:]
    if not rest:
        return {**context, first: value}
    inner = context.get(first)
    if inner is not None and not isinstance(inner, dict):
        raise Failure("argument", "a key on the way is not a context")
    return {**context, first: put_deep(inner or {}, rest, value)}


@TABLE.add("context merge", "contexts: list of context", CONTEXT, looks_at_items=False)
def merge(contexts: list[Any]) -> Entries:
    """Contexts in one; of equal keys the last wins."""
    out: Entries = {}
    for context in contexts:
        if context is None:
            raise Failure("argument", "a context is null")
        out.update(context)
    return out
