"""Patterns over many sessions: time per decision, and whether the native engine's memory grows.

Runs a hundred thousand decisions on facts that all look different (so nothing is answered from memory), over a pair
join, a triple join, a count in a window, an absence and a chain, with unknown fields among them. Prints the resident
memory after a warm-up and at the end, and the time a decision takes with a new look and with a remembered one.

Usage: python benchmarks/patterns.py [--sessions N] [--json]
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1])  # this folder has an `engine` too: a benchmark

from engine import parse_pack  # noqa: E402  # found by the line above
from engine.pack import Pack  # noqa: E402

TODAY = date(2026, 11, 20)
PACK = """\
pack: patterns
title: Patterns to measure
version: "1"
on_missing: review
sources: {policy: {title: A policy}}
parameters:
  window: {values: [{from: 2026-01-01, value: 30, source: policy}]}
signals:
  facts.document: {type: list, fields: {ordinal: number, kind: string, name_key: string}}
  facts.prior_application: {type: list, fields: {reference: string, device_key: string, status: string, days_ago: number}}
  device.key: {type: string}
verdict:
  rules:
    - {id: OK, if: "true", verdict: approve, reason: fine}
patterns:
  - {id: NAMES_DIFFER, over: {a: document, b: document}, if: a.ordinal < b.ordinal and a.name_key != b.name_key,
     sets: {patterns.names_differ: true}}
  - {id: DEVICE_VELOCITY, over: {p: prior_application}, if: p.device_key = device.key and p.days_ago <= window,
     count: ">= 3", sets: {patterns.device_velocity: true}}
  - {id: BURST, over: {p: prior_application, q: prior_application, r: prior_application},
     if: p.days_ago < q.days_ago and q.days_ago < r.days_ago and r.days_ago - 7 <= 0 and p.device_key = r.device_key,
     sets: {patterns.burst: true}}
  - {id: NO_LATER_APPROVAL, over: {p: prior_application}, absent: {q: prior_application},
     if: p.status = "rejected" and q.status = "approved" and q.days_ago < p.days_ago,
     sets: {patterns.no_later_approval: true}}
  - {id: RING, over: {d: document, p: prior_application}, if: d.name_key = p.reference,
     when: patterns.names_differ or patterns.device_velocity, sets: {patterns.ring: true}}
"""


def situations(count: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Signals of which hardly two look alike."""
    drawn = random.Random(seed)
    for _ in range(count):
        documents = [
            {"ordinal": n, "kind": "pan", "name_key": drawn.choice(("A", "B", "r3", None))}
            for n in range(drawn.randint(1, 5))
        ]
        prior = [
            {
                "reference": f"r{n}",
                "device_key": drawn.choice(("d1", "d2", "d3", None)),
                "status": drawn.choice(("approved", "rejected", "withdrawn")),
                "days_ago": drawn.choice((None, *range(60))),
            }
            for n in range(drawn.randint(0, 8))
        ]
        yield {"facts.document": documents, "facts.prior_application": prior, "device.key": drawn.choice(("d1", "d2"))}


def resident_kib() -> int:
    """The memory of this process."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4


def run(pack: Pack, given: Iterable[dict[str, Any]]) -> float:
    """Decide on each; the CPU time in microseconds, without the time it takes to make the facts up."""
    spent = 0
    for one in given:
        start = time.process_time_ns()
        pack.decide(one, TODAY)
        spent += time.process_time_ns() - start
    return spent / 1000


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    pack = parse_pack({"pack.yaml": PACK})
    run(pack, situations(10_000, seed=2))
    memory, spent_us, done = [resident_kib()], 0.0, 0
    while done < chosen.sessions:
        step = min(10_000, chosen.sessions - done)
        spent_us += run(pack, situations(step, seed=100 + done))
        done += step
        memory.append(resident_kib())
        sys.stderr.write(f"\r{done:,} of {chosen.sessions:,} decisions, {memory[-1]:,} KiB")
    sys.stderr.write("\n")
    few = list(situations(200, seed=2))
    found = {
        "decisions": done,
        "new_look_us": round(spent_us / done, 1),
        "remembered_look_us": round(min(run(pack, few) for _ in range(20)) / len(few), 1),
        "memory_before_kib": memory[0],
        "memory_after_kib": memory[-1],
        "memory_most_kib": max(memory),
    }
    lines = [f"{name:>20} {value:>12,}" for name, value in found.items()]
    sys.stdout.write((json.dumps(found) if chosen.json else "\n".join(lines)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
