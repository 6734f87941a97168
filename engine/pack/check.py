"""`verdict pack check`: load, lint, run the cases, and report everything in one object.

A pack is in order when it loads, no lint is an error and every case passes. Warnings are for the author's eyes and do
not fail the check.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.pack.cases import CaseResult, run_cases
from engine.pack.lint import Lint, lint_pack
from engine.pack.load import parse_pack, read_folder
from engine.pack.pack import Pack
from engine.pack.problems import PackError, PackProblem


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found. `pack` is None where it does not load."""

    pack: Pack | None
    problems: tuple[PackProblem, ...]
    lints: tuple[Lint, ...]
    cases: tuple[CaseResult, ...]

    @property
    def ok(self) -> bool:
        """Whether the pack may be published as far as this check can tell."""
        return not self.problems and not self.errors and not self.failed

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
        passed = len(self.cases) - len(self.failed)
        name = f"{self.pack.id} {self.pack.version}: {len(self.pack.rules)} rules, " if self.pack else ""
        found.append(
            f"{name}{len(self.problems)} problems, {len(self.errors)} lint errors, "
            f"{len(self.lints) - len(self.errors)} warnings, {passed} of {len(self.cases)} cases passed"
        )
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
        }


def check_pack(pack: str | Path | Mapping[str, str | bytes]) -> Report:
    """Check a pack's folder, or its texts by relative name. Never raises for what is wrong with the pack."""
    try:
        loaded = parse_pack(pack if isinstance(pack, Mapping) else read_folder(pack))
    except PackError as error:
        return Report(None, error.problems, (), ())
    cases = run_cases(loaded)
    return Report(loaded, (), tuple(lint_pack(loaded, cases)), tuple(cases))
