"""What a mutation run found: the score, the survivors with their places, and the share of each rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from engine.mutation.mutants import Mutant


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one mutant: `killed`, `survived`, `not_loading`, `same` (by digest) or `equivalent` (by proof).

    A killed one names the case that noticed it and what of its expectations did.
    """

    mutant: Mutant
    outcome: str
    case: str | None = None
    key: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The result for JSON."""
        mutant = self.mutant
        return {
            "file": mutant.place.file,
            "line": mutant.place.line,
            "kind": mutant.kind,
            "id": mutant.id,
            "operator": mutant.operator,
            "change": mutant.change,
            "outcome": self.outcome,
            "case": self.case,
            "expectation": self.key,
        }


@dataclass(frozen=True, slots=True)
class Share:
    """How many of the mutants of a rule, a parameter, or an operator the cases killed."""

    name: str
    killed: int
    total: int

    @property
    def ratio(self) -> float:
        """0 to 1."""
        return self.killed / self.total


@dataclass(frozen=True, slots=True)
class MutationReport:
    """The mutation run of one pack; `possible` is how many mutants there are, of which a sample may have been run."""

    pack: str
    version: str
    digest: str
    possible: int
    results: tuple[Result, ...]

    @property
    def killed(self) -> int:
        """How many mutants a case noticed."""
        return sum(result.outcome == "killed" for result in self.results)

    @property
    def survivors(self) -> tuple[Result, ...]:
        """The mutants that every case let pass."""
        return tuple(result for result in self.results if result.outcome == "survived")

    @property
    def score(self) -> float:
        """Killed by killed and survived, 0 to 1; 1 where nothing could be changed."""
        counted = self.killed + len(self.survivors)
        return self.killed / counted if counted else 1.0

    def shares(self, by: str = "id") -> tuple[Share, ...]:
        """The share killed by `id` (rule, parameter, decision, route) or by `operator`, lowest first."""
        counts: dict[str, list[int]] = {}
        for result in self.results:
            if result.outcome in {"killed", "survived"}:
                entry = counts.setdefault(str(getattr(result.mutant, by)), [0, 0])
                entry[0] += result.outcome == "killed"
                entry[1] += 1
        found = [Share(name, killed, total) for name, (killed, total) in counts.items()]
        return tuple(sorted(found, key=lambda one: (one.ratio, one.name)))

    def lines(self) -> list[str]:
        """The report for people: survivors, the rules that leave some, and one line of counts."""
        found = [f"{result.mutant} (survived)" for result in self.survivors]
        found += _table("share killed, by rule", [share for share in self.shares() if share.killed < share.total])
        found += _table("share killed, by kind of fault", self.shares("operator"))
        aside = sum(result.outcome in {"not_loading", "same", "equivalent"} for result in self.results)
        sampled = f" (a sample of {len(self.results)} of {self.possible})" if len(self.results) < self.possible else ""
        found.append(
            f"{self.pack} {self.version}: mutation score {self.score:.1%}: {self.killed} killed, "
            f"{len(self.survivors)} survived, {aside} set aside as not loading or proved to be the same{sampled}"
        )
        return found

    def to_dict(self) -> dict[str, Any]:
        """The report for JSON."""
        return {
            "pack": {"id": self.pack, "version": self.version, "digest": self.digest},
            "score": self.score,
            "killed": self.killed,
            "survived": len(self.survivors),
            "not_loading": sum(result.outcome == "not_loading" for result in self.results),
            "same": sum(result.outcome == "same" for result in self.results),
            "equivalent": sum(result.outcome == "equivalent" for result in self.results),
            "possible": self.possible,
            "rules": [{"id": one.name, "killed": one.killed, "total": one.total} for one in self.shares()],
            "operators": [
                {"operator": one.name, "killed": one.killed, "total": one.total} for one in self.shares("operator")
            ],
            "survivors": [result.to_dict() for result in self.survivors],
        }


def _table(title: str, shares: Sequence[Share]) -> Iterator[str]:
    if shares:
        yield f"{title}:"
        yield from (f"  {share.ratio:6.1%}  {share.killed:4d} of {share.total:<4d} {share.name}" for share in shares)
