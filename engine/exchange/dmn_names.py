"""Names and ids in a pack's DMN file, and which element reads which.

A dotted signal becomes a component of a structured input (`applicant` with `date_of_birth`), so that every FEEL text of
the pack means the same in a DMN engine. Where that cannot be, because a signal is itself the beginning of another or a
decision has the group's name, the signals of the group become inputs whose names hold the dots.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from engine.feel import FeelError, parse_expression, parse_unary_tests
from engine.pack import Pack
from engine.pack.names import mentioned, names_in, texts_of

AS_OF: Final = "as_of"
VERDICT: Final = "verdict"
PATTERNS: Final = "patterns"
"""The group of the boolean inputs that a pack's patterns set."""


class Graph:
    """Every name of a pack with the id of its element, and what each decision reads."""

    def __init__(self, pack: Pack) -> None:
        source = pack.source
        self.signals: Mapping[str, Any] = pack.typed.signals
        taken = {*source.parameters, *source.decisions, AS_OF, VERDICT}
        self.groups = grouped(self.signals, taken)
        self.ids: dict[str, str] = {AS_OF: f"_i_{AS_OF}"}
        for group, members in self.groups.items():
            self.ids |= dict.fromkeys(members, f"_i_{group}")
        self.ids |= {name: f"_p_{name}" for name in source.parameters}
        self.ids |= {name: f"_d_{name}" for name in source.decisions}
        self.reads: dict[str, list[str]] = {name: [self.ids[AS_OF]] for name in source.parameters}
        for name, decision in source.decisions.items():
            self.reads[name] = self._read(texts_of(decision))
        self.reads[VERDICT] = self._read((rule.condition, False) for rule in source.verdict.rules)

    def _read(self, texts: Iterable[tuple[Any, bool]]) -> list[str]:
        """The ids of what some texts read, in the order in which the elements stand in the file."""
        found: set[str] = set()
        for text, unary in texts:
            candidates = mentioned(text.text) & self.ids.keys()
            if not candidates:
                continue
            try:
                tree = (parse_unary_tests if unary else parse_expression)(text.text, candidates)
            except FeelError:  # the pack compiled, with the names its author meant: require them all
                found |= candidates
                continue
            found |= candidates & set(names_in(tree))
        known = dict.fromkeys(self.ids.values())
        wanted = {self.ids[name] for name in found}
        return [identity for identity in known if identity in wanted]


def grouped(signals: Iterable[str], taken: Iterable[str]) -> dict[str, list[str]]:
    """The inputs of a model: a group by its first word, or a dotted signal on its own, with the signals in it."""
    names, taken = list(signals), set(taken)
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(name.partition(".")[0], []).append(name)
    found: dict[str, list[str]] = {}
    for group, members in groups.items():
        nested = any(other.startswith(f"{name}.") for name in members for other in members)
        if nested or (group in taken and members != [group]):
            found |= {name: [name] for name in members}
        else:
            found[group] = members
    return found
