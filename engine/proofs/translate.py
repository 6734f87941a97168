"""FEEL into formulas: one walk over a text's tree, with the meaning that packs give null.

The walk follows the compiler node by node: what is null there is null here, what warns there may warn here, and in the
same order, so that an operand behind one that decides is not asked. What has no translation becomes an `Opaque` or free
value, one for each distinct text over the same names, that may also warn: the proof then holds whatever it is.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import fields as fields_of
from dataclasses import replace
from typing import Any, Final, TypeAlias

from engine.feel import nodes
from engine.feel.failure import Failure
from engine.feel.operators import arithmetic as runtime
from engine.feel.temporal.text import parse_temporal
from engine.proofs.terms import (
    NOTHING,
    UNKNOWN,
    Fields,
    Formula,
    Nothing,
    Opaque,
    Scalar,
    Truth,
    Value,
    both,
    conj,
    disj,
    either,
    known_if,
    merged,
    neg,
    settled,
)
from engine.proofs.world import World

Names: TypeAlias = Callable[[str], Value | None]
"""What a name of the pack stands for; None where it has none."""

Translation: TypeAlias = Callable[["Translator", Any], Value]
TRANSLATIONS: Final[dict[type[nodes.Node], Translation]] = {}


def translates(kind: type[nodes.Node]) -> Callable[[Translation], Translation]:
    """Register the translation of a node type."""

    def register(function: Translation) -> Translation:
        TRANSLATIONS[kind] = function
        return function

    return register


class Translator:
    """The translation of one text: names in scope, the subject of a cell, and where a warning would arise."""

    def __init__(self, world: World, names: Names, subject: Value | None = None) -> None:
        self.world = world
        self.names = names
        self.subject = subject
        self.warnings: list[Formula] = []
        self._path: Formula = True
        self._locals: list[Mapping[str, Value]] = []

    @property
    def warned(self) -> Formula:
        """Whether the evaluation warns."""
        return disj(self.warnings)

    def value(self, node: nodes.Node) -> Value:
        """What a node is worth."""
        translation = TRANSLATIONS.get(type(node))
        return self.opaque(node) if translation is None else translation(self, node)

    def warn(self, condition: Formula) -> None:
        """Say that a warning arises here under a condition."""
        found = both(self._path, condition)
        if found is not False:
            self.warnings.append(found)

    @contextmanager
    def under(self, condition: Formula) -> Generator[None, None, None]:
        """Translate what is evaluated only under a condition."""
        before = self._path
        self._path = both(before, condition)
        try:
            yield
        finally:
            self._path = before

    @contextmanager
    def local(self, names: Mapping[str, Value]) -> Generator[None, None, None]:
        """Translate with local names."""
        self._locals.append(names)
        try:
            yield
        finally:
            self._locals.pop()

    def resolve(self, name: str) -> Value | None:
        """The value of a name, the innermost one; None where nothing has it."""
        for known in reversed(self._locals):
            if name in known:
                return known[name]
        if name == "?" and self.subject is not None:
            return self.subject
        return self.names(name)

    # -- what is not translated

    def shape(self, node: object) -> Any:
        """A key that two texts share where they say the same of the same values."""
        if isinstance(node, nodes.Name):
            found = self.resolve(node.name)
            return ("name", node.name) if found is None else ("value", self.identity(found))
        if isinstance(node, nodes.Path):
            named = self.resolve(dotted(node) or "")
            if named is not None:
                return ("value", self.identity(named))
        if isinstance(node, nodes.Node):
            parts = (self.shape(getattr(node, one.name)) for one in fields_of(node) if one.name != "start")
            return (type(node).__name__, *parts)
        if isinstance(node, tuple):
            return tuple(self.shape(part) for part in node)
        return (type(node).__name__, str(node))

    def identity(self, value: Value) -> Any:
        """What tells a value from others: the same terms are the same value."""
        if isinstance(value, Scalar):
            self.world.keep(value.term, value.null)
            return (
                value.kind,
                value.term.get_id(),
                str(value.null) if isinstance(value.null, bool) else value.null.get_id(),
            )
        self.world.keep(value)
        return id(value)

    def opaque(self, node: nodes.Node, kind: str = "any", null: Formula | None = None, *, warns: bool = True) -> Value:
        """A free value for a text that is not translated."""
        key = self.shape(node)
        hint = type(node).__name__.lower()
        if warns:
            self.warn(self._may((key, "warns"), hint))
        return self.world.free((key, kind), lambda: self.world.any_value(kind, hint, null))

    def _may(self, key: object, hint: str) -> Formula:
        found = self.world.free(key, lambda: Truth(self.world.fresh("Bool", f"{hint}!"), False))
        assert isinstance(found, Truth)
        return found.yes

    def truth(self, value: Value) -> Truth:
        """A value as an operand of logic: null, with a warning, where it is no boolean."""
        if isinstance(value, Truth):
            return value
        if isinstance(value, Opaque) and value.kind == "any":
            self.world.keep(value)
            found = self.world.free(("truth", id(value)), lambda: self.world.any_truth("truth"))
            assert isinstance(found, Truth)
            self.warn(both(neg(value.null), found.null))
            return known_if(neg(value.null), found)
        self.warn(neg(value.null))
        return UNKNOWN

    def doubtful(self, key: object, *operands: Value) -> Truth:
        """A test whose answer is not known: null where an operand is, and else whatever it may be, with a warning."""
        present = conj(neg(one.null) for one in operands)
        self.warn(both(present, self._may((key, "warns"), "test")))
        found = self.world.free((key, "answer"), lambda: self.world.any_truth("test"))
        assert isinstance(found, Truth)
        return known_if(present, found)


def dotted(node: nodes.Node) -> str | None:
    """A path of names as one name."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Path):
        base = dotted(node.base)
        return None if base is None else f"{base}.{node.member}"
    return None


# -- literals and names


@translates(nodes.Literal)
def literal(translator: Translator, node: nodes.Literal) -> Value:
    """A number, string, boolean or null."""
    return NOTHING if node.value is None else translator.world.constant(node.value)


@translates(nodes.AtLiteral)
def at_literal(translator: Translator, node: nodes.AtLiteral) -> Value:
    """A temporal value."""
    try:
        return translator.world.constant(parse_temporal(node.text))
    except Failure:
        return NOTHING


@translates(nodes.Name)
def name(translator: Translator, node: nodes.Name) -> Value:
    """A name in scope."""
    found = translator.resolve(node.name)
    return translator.opaque(node) if found is None else found


@translates(nodes.Wildcard)
def wildcard(translator: Translator, node: nodes.Wildcard) -> Value:
    """The cell that is always true."""
    del translator, node
    return settled(True)


@translates(nodes.Negate)
def negation(translator: Translator, node: nodes.Negate) -> Value:
    """Unary minus."""
    value = translator.value(node.operand)
    if not isinstance(value, Scalar) or value.kind in {"string", "date"}:
        return translator.opaque(node)
    if value.constant is not None:
        return translator.world.constant(runtime.negate(value.constant, []))
    before = None if value.before is None else -value.before
    options = tuple((when, runtime.negate(one, [])) for when, one in value.options)
    return Scalar(value.kind, -value.term, value.null, value.grid, options, before)


# -- logic


@translates(nodes.Logic)
def logic(translator: Translator, node: nodes.Logic) -> Value:
    """`and`, `or`: an operand is asked only while none before it decided."""
    conjunction = node.operator == "and"
    yes: list[Formula] = []
    no: list[Formula] = []
    for operand in node.operands:
        decided = disj(no if conjunction else yes)
        with translator.under(neg(decided)):
            answer = translator.truth(translator.value(operand))
        yes.append(answer.yes)
        no.append(answer.no)
    return Truth(conj(yes), disj(no)) if conjunction else Truth(disj(yes), conj(no))


@translates(nodes.If)
def condition(translator: Translator, node: nodes.If) -> Value:
    """`if`: null where the condition is."""
    test = translator.truth(translator.value(node.condition))
    with translator.under(test.yes):
        chosen = translator.value(node.chosen)
    with translator.under(test.no):
        other = translator.value(node.other)
    found = merged(test.yes, chosen, other)
    if found is None:
        null = either(test.null, both(test.yes, chosen.null), both(test.no, other.null))
        return translator.opaque(node, null=null, warns=False)
    return guarded(neg(test.null), found)


def guarded(present: Formula, value: Value) -> Value:
    """A value where a condition holds, else null."""
    if present is True or isinstance(value, Nothing):
        return value
    if isinstance(value, Truth):
        return known_if(present, value)
    null = either(neg(present), value.null)
    if isinstance(value, Fields):
        return Fields(null, {key: guarded(present, one) for key, one in value.fields.items()})
    return replace(value, null=null)
