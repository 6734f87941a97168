"""Why a condition holds or does not: its parts, down to comparisons of values, each in one sentence.

A condition is taken apart at `and`, `or` and `not(...)`, and into the decisions it names; what is left is evaluated by
itself and told with the values compared and, where a parameter is the limit, that parameter with its source and date.
Values of signals with personal data are not shown (invariant 9).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal
from typing import Any, Final

from engine.explain.clauses import clauses, inner, negated
from engine.feel import FeelError, evaluate, nodes, parse_expression
from engine.pack.canonical import to_json
from engine.pack.decision import Decision
from engine.pack.model import DatedValue, Expr
from engine.pack.names import mentioned
from engine.pack.pack import Pack
from engine.pack.trace import HIDDEN, hidden_names

MAX_DEPTH: Final = 8  # decisions within decisions
MAX_PARTS: Final = 64  # sentences of one condition
_IS: Final = {"<": "under", "<=": "at most", ">": "over", ">=": "at least", "=": "equal to", "!=": "other than"}
_DIGITS: Final = 12  # of a computed value; a limit is never rounded, and nothing near one looks like it
_SHORT: Final = Context(prec=_DIGITS)
OPPOSITE: Final = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!=", "!=": "="}
_MIRROR: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}


@dataclass(frozen=True, slots=True)
class Facts:
    """What a decision was made of: every name's value, and how it may be shown."""

    pack: Pack
    values: Mapping[str, Any]
    parameters: Mapping[str, DatedValue | None]
    hidden: frozenset[str]

    @staticmethod
    def of(pack: Pack, decision: Decision) -> Facts:
        """The names of one decision: signals, parameters in force, decisions, the date and the verdict."""
        as_of = decision.as_of
        in_force = {name: parameter.in_force(as_of) for name, parameter in pack.source.parameters.items()}
        values: dict[str, Any] = {"as_of": as_of, "verdict": decision.verdict.value}
        values |= {name: None if one is None else _plain(one.value) for name, one in in_force.items()}
        values |= dict(zip(pack.typed.signals, decision.run.signals, strict=True))
        values |= {name: decision.value(name) for name in pack.decision_index}
        return Facts(pack, values, in_force, hidden_names(pack.typed))

    def names(self, text: str) -> list[str]:
        """The names that a text mentions, longest first where one is the beginning of another."""
        found = mentioned(text) & self.values.keys()
        return sorted(name for name in found if not any(other.startswith(f"{name}.") for other in found))

    def truth(self, text: str) -> bool | None:
        """Whether a condition holds; None where a name in it is unknown, or it is no condition."""
        names = self.names(text)
        if any(self.values[name] is None for name in names) and not _asks_for_null(text):
            return None
        try:
            found = evaluate(text, {name: self.values[name] for name in names})
        except FeelError:
            return None
        return found if isinstance(found, bool) else None

    def shown(self, name: str) -> str:
        """A name's value as an officer may see it."""
        value = self.values.get(name)
        if value is None:
            return "not known"
        personal = name in self.hidden and not isinstance(value, bool | int | Decimal)
        return HIDDEN if personal else shown(value)

    def basis(self, name: str) -> str:
        """Where a parameter's value comes from: its name, its source and since when it is in force."""
        dated = self.parameters.get(name)
        return "" if dated is None else f" ({name}, {dated.source}, since {dated.start.isoformat()})"


def shown(value: Any) -> str:
    """A value in words."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, Decimal):
        return f"{value:f}" if len(value.as_tuple().digits) <= _DIGITS else f"{_SHORT.plus(value):f}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return ", ".join(shown(one) for one in value) or "nothing"
    return str(to_json(value))


def because(facts: Facts, text: str, *, holds: bool) -> list[str]:
    """Sentences that say why a condition holds, or why it does not (which includes that it is unknown)."""
    found: dict[str, None] = {}
    for part, as_wanted in parts(facts, text, holds=holds):
        found.update(dict.fromkeys(_sentences(facts, part, holds=as_wanted)))
        if len(found) >= MAX_PARTS:
            break
    return list(found)[:MAX_PARTS]


def parts(facts: Facts, text: str, depth: int = MAX_DEPTH, *, holds: bool) -> Iterator[tuple[str, bool]]:
    """The smallest parts by which a condition holds, or does not; each with whether it holds itself or fails to."""
    text = inner(text)
    opposite = negated(text)
    if opposite is not None:
        yield from parts(facts, opposite, depth, holds=not holds)
        return
    for operator in ("or", "and"):
        found = clauses(text, operator)
        if len(found) > 1:
            every = (operator == "and") is holds  # each part matters: all hold, or none does
            for part in found if every else [one for one in found if (facts.truth(one) is True) is holds]:
                yield from parts(facts, part, depth, holds=holds)
            return
    decision = facts.pack.source.decisions.get(text)
    if decision is not None and isinstance(decision.logic, Expr) and depth and _is_truth(facts.values[text]):
        yield from parts(facts, decision.logic.text, depth - 1, holds=holds)
        return
    yield text, holds


def _sentences(facts: Facts, text: str, *, holds: bool) -> list[str]:
    unknown = [name for name in facts.names(text) if facts.values[name] is None]
    return [f"{name} is not known" for name in unknown] or [_comparison(facts, text, holds=holds)]


def _comparison(facts: Facts, text: str, *, holds: bool) -> str:
    """One part with the values it compares."""
    try:
        node = parse_expression(text, list(facts.values))
    except FeelError:
        return f"{_flat(text)} is {shown(holds)}"
    if isinstance(node, nodes.Name):
        return f"{node.name} is {facts.shown(node.name)}"
    if isinstance(node, nodes.Comparison):
        for left, operator, right in (
            (node.left, node.operator, node.right),
            (node.right, _MIRROR[node.operator], node.left),
        ):
            if isinstance(left, nodes.Name) and left.name not in facts.parameters:
                limit = operand(facts, right)
                if limit is not None:
                    return compared(facts, left.name, operator if holds else OPPOSITE[operator], limit)
    values = ", ".join(
        f"{name} {facts.shown(name)}" for name in facts.names(text) if name not in facts.parameters and name != "as_of"
    )
    return f"{_flat(text)} is {shown(holds)}" + (f" with {values}" if values else "")


def compared(facts: Facts, name: str, operator: str, limit: str) -> str:
    """A value beside its limit: `face.match_score is 0.41, under 0.60 (face_match_min, ...)`."""
    if operator == "=":
        return f"{name} is {limit}"
    return f"{name} is {facts.shown(name)}, {_IS[operator]} {limit}"


def operand(facts: Facts, node: nodes.Node) -> str | None:
    """A constant, a parameter with its basis, or a name with its value; None for what is computed."""
    if isinstance(node, nodes.Literal):
        return shown(node.value)
    if isinstance(node, nodes.Negate) and isinstance(node.operand, nodes.Literal):
        return f"-{shown(node.operand.value)}"
    if isinstance(node, nodes.Name):
        if node.name in facts.parameters:
            return f"{shown(facts.values[node.name])}{facts.basis(node.name)}"
        return f"{node.name}, {facts.shown(node.name)}"
    return None


def _is_truth(value: Any) -> bool:
    return value is None or isinstance(value, bool)


def _asks_for_null(text: str) -> bool:
    return "null" in text.split()


def _flat(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 120 else f"{flat[:117]}..."


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


__all__ = ["OPPOSITE", "Facts", "because", "compared", "operand", "parts", "shown"]
