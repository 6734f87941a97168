"""A tiny pack whose mutants can be counted by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.pack import Pack, parse_pack

TINY = """\
pack: tiny
title: Tiny
version: "1"
on_missing: review
sources: {law: {title: The law}}
parameters: {limit: {values: [{from: 2025-01-01, value: 10, source: law}]}}
signals: {x: {type: number}}
verdict:
  rules:
    - {id: STOP, if: "x > limit", verdict: review, reason: "Too large", cite: [law]}
    - {id: GO, if: "x <= limit", verdict: approve, reason: "Small enough"}
"""
FULL = """\
- {case: Ten will do, as_of: 2026-11-20, signals: {x: 10}, expect: {verdict: approve, fired: [GO], not_fired: [STOP]}}
- {case: Eleven is too large, as_of: 2026-11-20, signals: {x: 11}, expect: {verdict: review, fired: [STOP], not_fired: [GO]}}
- {case: Nothing is not known, as_of: 2026-11-20, signals: {}, expect: {verdict: review, undecided: [STOP, GO]}}
- {case: It stays a review, as_of: 2026-11-20, signals: {x: 99}, expect: {verdict: review, fired: [STOP]}}
"""


@pytest.fixture(scope="session")
def tiny() -> Callable[[str], Pack]:
    """The tiny pack with these cases."""
    return lambda cases: parse_pack({"pack.yaml": TINY, "cases/a.yaml": cases})


@pytest.fixture(scope="session")
def full_cases() -> str:
    """Cases that notice every mutant of the tiny pack."""
    return FULL
