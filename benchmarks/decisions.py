"""Decisions of the auto-loan pack on one core, trace on, from the pack's own cases.

Run: python benchmarks/decisions.py [--seconds 3]. Prints decisions a second: all cases in turn, and the clean applicant alone;
beside them, in the same process, a bare loop that only validates the same mapping sizes, as the machine's yardstick.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

from engine import load_pack

ROOT = Path(__file__).resolve().parents[1]


def rate(act: Callable[[], int], seconds: float) -> float:
    """Return acts a second: `act` does some and says how many."""
    act()
    done, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < seconds:
        done += act()
    return done / spent


def main() -> None:
    """Measure and print one line a figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    seconds = parser.parse_args().seconds
    pack = load_pack(ROOT / "rules" / "auto_loan_in")
    inputs = [(dict(case.signals), case.as_of) for case in pack.source.cases]
    clean = max(inputs, key=lambda each: len(each[0]))

    def all_cases() -> int:
        for signals, as_of in inputs:
            pack.decide(signals, as_of)
        return len(inputs)

    def one() -> int:
        for _ in range(100):
            pack.decide(*clean)
        return 100

    def with_json() -> int:
        for signals, as_of in inputs:
            decision = pack.decide(signals, as_of)
            json.dumps(decision.answer(), default=str)
            _ = decision.trace_json
        return len(inputs)

    def copies() -> int:
        for signals, _ in inputs:
            json.dumps(signals, default=str)
        return len(inputs)

    print(f"machine: {platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}")
    print(f"pack: {len(pack.rules)} rules, {len(inputs)} cases")
    yardstick = rate(copies, seconds)
    for name, act in (
        ("all cases in turn", all_cases),
        ("one full applicant", one),
        ("all cases, answer and trace as JSON", with_json),
    ):
        figure = rate(act, seconds)
        print(f"{name:<36} {figure:>10,.0f} decisions/s   {figure / yardstick:.2f} of dumping the same signals to JSON")


if __name__ == "__main__":
    main()
