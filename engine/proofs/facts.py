"""Facts that make patterns say what a model wants of them.

Facts are not part of the formulas of a pack, so a model only says which patterns fire. Here the lists are looked for:
first among the facts of the pack's own cases, then as a few facts whose fields a solver of their own chooses so that the
conditions of simple patterns hold. Whether they do is for the run to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from itertools import islice, permutations, product
from typing import TYPE_CHECKING, Any, Final

import z3

from engine.feel import FeelError, parse_expression
from engine.pack.model import Pattern, SignalSpec
from engine.proofs.terms import Fields, Formula, Scalar, Truth, Value, disj, neg
from engine.proofs.translate import Translator

if TYPE_CHECKING:
    from engine.proofs.encoding import Encoding

_CANDIDATES: Final = 24
_FACTS: Final = 4
_TIMEOUT_MS: Final = 500


def facts_for(
    encoding: Encoding, wanted: Sequence[bool | None], as_of: date, present: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Lists to try for the list signals; one that is not `present` is left out where no pattern has to be known."""
    source = encoding.typed.source
    over = {name for pattern in source.patterns for name in pattern.over.values()}
    needed = {
        name
        for pattern, answer in zip(source.patterns, wanted, strict=True)
        if answer is not None
        for name in pattern.over.values()
    }
    lists = sorted((set(present) - over) | needed)
    if not lists:
        yield {}
        return
    yield from islice(_candidates(encoding, wanted, as_of, lists), _CANDIDATES)


def _candidates(
    encoding: Encoding, wanted: Sequence[bool | None], as_of: date, lists: Sequence[str]
) -> Iterator[dict[str, Any]]:
    made = _synthesised(encoding, wanted, as_of, lists)
    if made is not None:
        yield made
    pools: list[list[Any]] = []
    for name in lists:
        pool: list[Any] = [[]]
        for case in encoding.typed.source.cases:
            given = case.signals.get(name)
            if isinstance(given, list) and given not in pool:
                pool.append(given)
        pools.append(pool)
    for choice in islice(product(*pools), _CANDIDATES):
        yield dict(zip(lists, choice, strict=True))


def _synthesised(
    encoding: Encoding, wanted: Sequence[bool | None], as_of: date, lists: Sequence[str]
) -> dict[str, Any] | None:
    """Facts for patterns that are a condition over facts and no more; None where there are none such."""
    world = encoding.world
    solver = z3.Solver(ctx=world.context)
    facts = {name: _symbolic(encoding, encoding.typed.signals[name], solver) for name in lists}
    solver.set("timeout", _TIMEOUT_MS)
    solver.add(world.as_of.term == as_of.toordinal())
    for pattern, answer in zip(encoding.typed.source.patterns, wanted, strict=True):
        if answer is None or any(name not in facts for name in pattern.over.values()):
            continue
        fires = _fires(encoding, pattern, facts)
        if fires is None:
            continue
        claim = fires if answer else neg(fires)
        if claim is False:
            return None
        if claim is not True:
            solver.add(claim)
    if solver.check() != z3.sat:
        return None
    model = solver.model()
    texts: dict[Fraction, str] = {}
    from engine.proofs.witness import Reader

    reader = Reader(encoding)
    return {
        name: [{key: reader.plain(model, one, texts) for key, one in fact.fields.items()} for fact in known]
        for name, known in facts.items()
    }


def _symbolic(encoding: Encoding, spec: SignalSpec, solver: Any) -> list[Fields]:
    """A few facts of a list with every field there."""
    found = []
    for _ in range(_FACTS):
        fields: dict[str, Value] = {}
        for name, kind in (spec.fields or {}).items():
            value, allowed = encoding.world.declared(kind, False)
            if not isinstance(value, Scalar | Truth):
                return []
            if allowed is not True:
                solver.add(allowed)
            fields[name] = value
        found.append(Fields(False, fields))
    return found


def _fires(encoding: Encoding, pattern: Pattern, facts: Mapping[str, list[Fields]]) -> Formula | None:
    """Whether a choice of different facts meets a pattern's condition; None for patterns of other shapes."""
    if any(getattr(pattern, part, None) is not None for part in ("absent", "count", "when")):
        return None
    source = encoding.typed.source
    members = {field for name in pattern.over.values() for field in encoding.typed.signals[name].fields or ()}
    try:
        node = parse_expression(pattern.condition.text, [*pattern.over, *source.parameters], members)
    except FeelError:
        return None
    answers = []
    for choice in _choices(pattern, facts):
        translator = Translator(encoding.world, encoding.named)
        with translator.local(choice):
            answer = translator.value(node)
        if not isinstance(answer, Truth):
            return None
        answers.append(answer.yes)
    return disj(answers)


def _choices(pattern: Pattern, facts: Mapping[str, list[Fields]]) -> Iterator[dict[str, Value]]:
    """Every way to give each variable a fact of its own."""
    numbered = {name: list(enumerate(known)) for name, known in facts.items()}
    lists = list(pattern.over.values())
    if len(set(lists)) == 1:
        for chosen in permutations(facts[lists[0]], len(lists)):
            yield dict(zip(pattern.over, chosen, strict=True))
        return
    for picked in product(*(numbered[name] for name in lists)):
        used = [(name, place) for name, (place, _) in zip(lists, picked, strict=True)]
        if len(set(used)) == len(used):
            yield {variable: fact for variable, (_, fact) in zip(pattern.over, picked, strict=True)}
