"""Lists, contexts, ranges and loops in formulas.

A list whose items are known is written out; loops and filters over a list signal are free, and quiet where the condition
could not warn over any item.
"""

from __future__ import annotations

from typing import Final

from engine.feel import nodes
from engine.pack.names import signal_type
from engine.proofs.terms import (
    Fields,
    Formula,
    Items,
    Opaque,
    Scalar,
    Span,
    Truth,
    Value,
    both,
    disj,
    either,
    inverted,
    known_if,
    neg,
    settled,
    some,
)
from engine.proofs.translate import Translator, translates

MAX_UNROLLED: Final = 256
"""Items of a list that a loop or a filter is written out for."""


@translates(nodes.ListLiteral)
def list_literal(translator: Translator, node: nodes.ListLiteral) -> Value:
    """A list written out."""
    return Items(False, tuple((True, translator.value(item)) for item in node.items))


@translates(nodes.ContextLiteral)
def context_literal(translator: Translator, node: nodes.ContextLiteral) -> Value:
    """A context written out; later entries see earlier ones."""
    known: dict[str, Value] = {}
    for key, entry in node.entries:
        with translator.local(known):
            known[key] = translator.value(entry)
    return Fields(False, known)


@translates(nodes.RangeLiteral)
def range_literal(translator: Translator, node: nodes.RangeLiteral) -> Value:
    """A range as a value: its ends are compared, with a warning, where it is asked."""
    low = None if node.low is None else translator.value(node.low)
    high = None if node.high is None else translator.value(node.high)
    if low is not None and high is not None:
        return translator.opaque(node, "range")
    null = disj(end.null for end in (low, high) if end is not None)
    return Span(null, low, high, node.low_closed, node.high_closed)


@translates(nodes.Quantified)
def quantified(translator: Translator, node: nodes.Quantified) -> Value:
    """`some` and `every`, written out over lists whose items are known."""
    answer = _each(translator, node.iterations, node)
    if answer is not None:
        return answer
    return translator.opaque(node, "boolean", warns=not _is_quiet(translator, node))


def _each(translator: Translator, iterations: tuple[nodes.Iteration, ...], node: nodes.Quantified) -> Truth | None:
    if not iterations:
        return translator.truth(translator.value(node.condition))
    first = iterations[0]
    source = None if first.end is not None else translator.value(first.source)
    if not isinstance(source, Items) or len(source.items) > MAX_UNROLLED:
        return None
    answers = []
    for guard, item in source.items:
        with translator.local({first.name: item}), translator.under(guard):
            answer = _each(translator, iterations[1:], node)
        if answer is None:
            return None
        if node.every:
            answers.append(inverted(answer))
        else:
            answers.append(answer)
        answers[-1] = Truth(both(guard, answers[-1].yes), either(neg(guard), answers[-1].no))
    found = some(answers)
    return known_if(neg(source.null), inverted(found) if node.every else found)


def _is_quiet(translator: Translator, node: nodes.Quantified) -> bool:
    """Whether a loop over one list signal cannot warn, whatever its items are."""
    first = node.iterations[0]
    source = translator.value(first.source) if len(node.iterations) == 1 and first.end is None else None
    return isinstance(source, Opaque) and quiet_over(translator, source, {first.name}, node.condition)


def quiet_over(translator: Translator, source: Opaque, names: set[str], condition: nodes.Node) -> bool:
    """Whether a condition over any item of a list signal is a boolean without warnings."""
    element = None if source.about is None else signal_type(source.about).element
    if element is None or not element.known:
        return False
    item = translator.world.generic(element, "item")
    probe = Translator(translator.world, translator.names, translator.subject)
    entries = dict(item.fields) if isinstance(item, Fields) and "item" in names else {}
    with probe.local({**entries, **dict.fromkeys(names, item)}):
        answer = probe.value(condition)
    return isinstance(answer, Truth) and not probe.warnings


@translates(nodes.Filter)
def filtered(translator: Translator, node: nodes.Filter) -> Value:
    """`base[condition]` over a list whose items are known."""
    base = translator.value(node.base)
    if isinstance(base, Opaque):
        quiet = quiet_over(translator, base, {"item"}, node.condition)
        return translator.opaque(node, "list" if quiet else "any", warns=not quiet)
    if not isinstance(base, Items) or len(base.items) > MAX_UNROLLED:
        return translator.opaque(node)
    kept: list[tuple[Formula, Value]] = []
    unknown: list[Formula] = []
    for guard, item in base.items:
        entries = dict(item.fields) if isinstance(item, Fields) else {}
        with translator.local({**entries, "item": item}), translator.under(guard):
            answer = translator.value(node.condition)
        if not isinstance(answer, Truth):
            return translator.opaque(node)
        kept.append((both(guard, answer.yes), item))
        unknown.append(both(guard, answer.null))
    return Items(either(base.null, *unknown), tuple(kept))


@translates(nodes.InstanceOf)
def instance_of(translator: Translator, node: nodes.InstanceOf) -> Value:
    """`instance of`, where the kind of the value is known."""
    value = translator.value(node.value)
    wanted = node.type.type
    if isinstance(value, Truth | Scalar) and wanted is not None:
        return known_if(neg(value.null), settled(wanted.name in {"any", value.kind}))
    return translator.doubtful(translator.shape(node), value)
