"""The decision core: pure. FEEL, packs, decisions and, later, proofs and screening; no clock, network or random number."""

from __future__ import annotations

from engine.pack import (
    ENGINE_VERSION,
    Decision,
    Pack,
    PackError,
    PackProblem,
    SignalError,
    Verdict,
    check_pack,
    diff_packs,
    load_pack,
    parse_pack,
    run_cases,
)

__all__ = [
    "ENGINE_VERSION",
    "Decision",
    "Pack",
    "PackError",
    "PackProblem",
    "SignalError",
    "Verdict",
    "check_pack",
    "diff_packs",
    "load_pack",
    "parse_pack",
    "run_cases",
]
