"""Proofs over all inputs of a pack by Z3, missing ones included: invariants, and the lints that need a solver.

The pack's meaning is translated once (`Encoding`), asked questions (`Search`), and every counterexample or witness is run
in the scalar engine before it is shown. A question that a limit cuts off is undecided, never proved.
"""

from __future__ import annotations

from engine.proofs.invariants import LIMIT_MS, Proof, prove_invariants

__all__ = ["LIMIT_MS", "Proof", "prove_invariants"]
