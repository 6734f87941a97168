"""`verdict pack check`: load, lint, run the cases, prove the invariants, and report everything in one object.

A pack is in order when it loads, no lint is an error, every case passes and every invariant is proved. An invariant that
a limit left undecided is not proved, so such a pack is not in order. Warnings are for the author's eyes and do not fail
the check.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from engine.pack.cases import CaseResult, run_cases
from engine.pack.lint import Lint, lint_pack
from engine.pack.load import parse_pack, read_folder
from engine.pack.pack import Pack
from engine.pack.problems import PackError, PackProblem

if TYPE_CHECKING:
    from engine.proofs.invariants import Proof

LIMIT_MS: Final = 20_000
"""Solver time for the invariants of a pack, and again for its lints; a hundred times what the packs here need."""

_STATUSES: Final = ("proved", "refuted", "undecided")


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found. `pack` is None where it does not load, `proofs` where they were not asked for."""

    pack: Pack | None
    problems: tuple[PackProblem, ...]
    lints: tuple[Lint, ...]
    cases: tuple[CaseResult, ...]
    proofs: tuple[Proof, ...] | None = None

    @property
    def ok(self) -> bool:
        """Whether the pack may be published as far as this check can tell; `proofs` says whether it was to tell of those."""
        return not self.problems and not self.errors and not self.failed and not self.unproved

    @property
    def unproved(self) -> tuple[Proof, ...]:
        """The invariants that are refuted or undecided."""
        return tuple(proof for proof in self.proofs or () if not proof.proved)

    @property
    def errors(self) -> tuple[Lint, ...]:
        """The lints that forbid publishing."""
        return tuple(lint for lint in self.lints if lint.level == "error")

    @property
    def failed(self) -> tuple[CaseResult, ...]:
        """The cases that did not come out as expected."""
        return tuple(result for result in self.cases if not result.passed)

    def lines(self) -> list[str]:
        """The report for people: problems, lints, failed cases, and one line of counts."""
        found = [str(problem) for problem in self.problems]
        found += [str(lint) for lint in self.lints]
        for result in self.failed:
            at = result.case.place
            found.append(f"{at.file}:{at.line}:{at.column}: case failed: {result.case.name}")
            found += [f"    {difference}" for difference in result.differences]
        found += self._proof_lines()
        passed = len(self.cases) - len(self.failed)
        name = f"{self.pack.id} {self.pack.version}: {len(self.pack.rules)} rules, " if self.pack else ""
        found.append(
            f"{name}{len(self.problems)} problems, {len(self.errors)} lint errors, "
            f"{len(self.lints) - len(self.errors)} warnings, {passed} of {len(self.cases)} cases passed"
        )
        return found

    def _proof_lines(self) -> list[str]:
        """One line for each invariant, counterexamples as case files, and their counts."""
        if not self.proofs:
            return [] if self.proofs is not None or self.pack is None else ["invariants were not proved: not asked for"]
        found = []
        for proof in self.proofs:
            found.append(str(proof))
            found += [f"    {line}" for line in proof.case_yaml().splitlines()]
        counts = {status: sum(proof.status == status for proof in self.proofs) for status in _STATUSES}
        found.append(f"{len(self.proofs)} invariants: {', '.join(f'{n} {status}' for status, n in counts.items())}")
        return found

    def to_dict(self) -> dict[str, Any]:
        """The report for JSON."""
        pack = self.pack
        return {
            "ok": self.ok,
            "pack": None if pack is None else {"id": pack.id, "version": pack.version, "digest": pack.digest},
            "rules": 0 if pack is None else len(pack.rules),
            "problems": [problem.to_dict() for problem in self.problems],
            "lints": [lint.to_dict() for lint in self.lints],
            "cases": {
                "passed": len(self.cases) - len(self.failed),
                "failed": len(self.failed),
                "results": [result.to_dict() for result in self.cases],
            },
            "proofs": None if self.proofs is None else [proof.to_dict() for proof in self.proofs],
        }


def check_pack(
    pack: str | Path | Mapping[str, str | bytes],
    *,
    proofs: bool = True,
    limit_ms: int = LIMIT_MS,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Check a pack's folder, or its texts by relative name. Never raises for what is wrong with the pack.

    `proofs` asks for the invariants to be proved; `limit_ms` bounds the solver's time for them, and again for the lints
    that need it. `progress` is told after each invariant how many of how many are done. A check belongs to one thread.
    """
    # Z3 is large and most who import this package only decide.
    from engine.proofs.invariants import prove_invariants
    from engine.proofs.questions import Questions

    try:
        loaded = parse_pack(pack if isinstance(pack, Mapping) else read_folder(pack))
    except PackError as error:
        return Report(None, error.problems, (), ())
    cases = run_cases(loaded)
    questions = Questions(loaded, limit_ms)
    lints = lint_pack(loaded, cases, questions)
    proved = None
    if proofs:
        search = questions.search if loaded.source.invariants else None
        proved = prove_invariants(loaded, limit_ms=limit_ms, search=search, progress=progress)
    return Report(loaded, (), tuple(lints), tuple(cases), proved)
