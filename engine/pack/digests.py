"""The digest of a decision: SHA-256 over pack digest, engine version, date, signals and everything decided.

Equal on any machine (invariant 1). The texts of reasons are the pack's, so its digest and the rules that fired stand for
them. What is hashed is canonical JSON with sorted keys; all of it that does not change between runs is written once per
pack.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from engine.pack.canonical import canonical_text, canonical_texts, digest_of_text
from engine.pack.emit import VERDICTS, Run
from engine.pack.outcomes import Part
from engine.pack.template import Template
from engine.pack.typed import Typed

ENGINE_VERSION: Final = "2"
"""Changes whenever the same pack and signals could give another decision; part of every decision's digest."""

_AS_OF, _FLOORED, _ROUTE, _FIRED, _SKIPPED, _UNDECIDED, _VERDICT, _WARNINGS, _AHEAD = range(9)


class Digester:
    """Computes the digests of one pack's decisions; `pack` is the pack's own digest."""

    def __init__(self, typed: Typed, pack: str) -> None:
        decisions = [one.source.id for one in typed.decisions]
        self._places: Mapping[str, int] = {name: place for place, name in enumerate(typed.signals)}
        form = Template(_AHEAD, [*typed.signals, *decisions])
        form.add('{"as_of":', _AS_OF).add(',"decisions":{')
        _members(form, decisions)
        form.add(f'}},"engine":{canonical_text(ENGINE_VERSION)},"floored":', _FLOORED)
        form.add(f',"pack":{canonical_text(pack)},"route":', _ROUTE)
        form.add(',"rules":{"fired":[', _FIRED).add('],"skipped":[', _SKIPPED).add('],"undecided":[', _UNDECIDED)
        form.add(']},"signals":{')
        _members(form, list(typed.signals))
        form.add('},"verdict":', _VERDICT).add(',"warnings":[', _WARNINGS).add("]}")
        self._fill = form.fill()

    def digest(
        self,
        run: Run,
        as_of: date,
        parts: Sequence[Part],
        route: str | None,
        warnings: Sequence[tuple[str, str | None]],
    ) -> str:
        """The digest of one run; `warnings` are codes, each with the rule or decision where it happened."""
        values = canonical_texts((*run.signals, *run.decisions))
        for name, missing in run.missing.items():
            values[self._places[name]] = canonical_text(missing)
        texts = zip(*[part.states for part in parts], strict=True)
        fired, skipped, undecided = [",".join([text for text in state if text]) for state in texts]
        warned = ",".join([f"[{canonical_text(code)},{canonical_text(rule)}]" for code, rule in warnings])
        floored = canonical_text(run.floored)
        verdict = canonical_text(str(VERDICTS[run.verdict]))
        ahead = f'"{as_of.isoformat()}"', floored, canonical_text(route), fired, skipped, undecided, verdict, warned
        return digest_of_text(self._fill([*ahead, *values]))


def _members(form: Template, names: list[str]) -> None:
    """Add the members of an object by name, sorted as canonical JSON sorts them."""
    for number, name in enumerate(sorted(names)):
        form.add(f"{',' if number else ''}{canonical_text(name)}:", name)
