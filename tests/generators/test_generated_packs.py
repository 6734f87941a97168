"""The generator of packs is worth its name: what it makes loads, and reaches every verdict."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings

from engine.pack import Pack, PackError, Verdict, parse_pack
from tests.generators.packs import inputs, pack_files, packs


def test_nearly_every_generated_pack_loads() -> None:
    seen: Counter[bool] = Counter()

    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(pack_files())
    def load(files: dict[str, str]) -> None:
        try:
            parse_pack(files)
        except PackError:
            seen[False] += 1
        else:
            seen[True] += 1

    load()
    assert seen[True] > 9 * seen[False]


def test_generated_packs_and_inputs_reach_every_verdict() -> None:
    seen: Counter[Verdict] = Counter()

    @settings(max_examples=150, suppress_health_check=list(HealthCheck))
    @given(packs(), inputs())
    def decide(pack: Pack, given: tuple[dict[str, Any], date]) -> None:
        seen[pack.decide(*given).verdict] += 1

    decide()
    assert set(seen) == set(Verdict)
