"""The engine beside its peers, in one process, on the same tables and inputs.

Run: python benchmarks/engine.py [--json] [--rounds 5] [--sizes 20,100,1000,5000]. Before anything is timed every peer's
answers are held against a plain loop's; a peer that answers differently is reported as wrong and not timed. Times are
processor time of this process (a neighbour on the machine does not count), the median of interleaved rounds, one input
after the other. "Trace" is what was decided rule by rule: the engine always records it, and writes it out when asked.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)  # this folder has an `engine` too: this file

from benchmarks import peers  # noqa: E402  # found by the line above, when run as a script
from benchmarks.tables import Input, Row, inputs, matching, pack_text, rows  # noqa: E402
from engine import load_pack, parse_pack  # noqa: E402
from engine.pack import Pack  # noqa: E402

TODAY = date(2026, 11, 20)
SLICE_S = 0.02  # a peer's share of a round, where one answer takes less
PEERS: dict[str, peers.Peer] = {
    "plain Python loop": peers.naive,
    "zen-engine": peers.zen_plain,
    "zen-engine, trace": peers.zen_traced,
    "durable_rules": peers.durable_rules,
    "business-rules": peers.business_rules,
    "CEL (Rust)": peers.cel_rust,
    "cel-python": peers.cel_python,
}
SINGLE = {"UNIQUE", "ANY", "PRIORITY", "FIRST"}
POLICIES: dict[str, Callable[[list[int]], Any]] = {
    "UNIQUE": lambda found: found[0] if found else None,
    "ANY": lambda found: found[0] if found else None,
    "PRIORITY": lambda found: max(found, default=None),
    "FIRST": lambda found: found[0] if found else None,
    "RULE ORDER": list,
    "OUTPUT ORDER": lambda found: sorted(found, reverse=True),
    "COLLECT": list,
    "COLLECT SUM": lambda found: sum(found) if found else None,
    "COLLECT MIN": lambda found: min(found, default=None),
    "COLLECT MAX": lambda found: max(found, default=None),
    "COLLECT COUNT": len,
}
"""What each hit policy makes of the points of the rows that match, best points first where it has a preference."""


def progress(text: str) -> None:
    """Say what is being measured, on stderr."""
    print(f"... {text}", file=sys.stderr, flush=True)


def microseconds(asks: dict[str, peers.Ask], given: list[Input], rounds: int) -> dict[str, float]:
    """The median over rounds of the processor time of one answer, the peers taking turns."""
    found: dict[str, list[float]] = {name: [] for name in asks}
    turns = {name: itertools.cycle(given) for name in asks}
    counts = dict.fromkeys(asks, 1)
    for _ in range(rounds):
        for name, ask in asks.items():
            some = [next(turns[name]) for _ in range(counts[name])]
            started = time.process_time()
            for one in some:
                ask(one)
            spent = (time.process_time() - started) / len(some)
            found[name].append(spent)
            counts[name] = max(1, min(20_000, round(SLICE_S / max(spent, 1e-7))))
    return {name: statistics.median(times[1:] or times) * 1e6 for name, times in found.items()}


def agrees(ask: peers.Ask, wanted: Callable[[Input], Any], given: Iterable[Input], seconds: float = 1.0) -> bool:
    """Whether answers are those of the plain loop, for as many inputs as fit into the time, two at least."""
    started = time.process_time()
    for number, one in enumerate(given):
        if number >= 2 and time.process_time() - started > seconds:
            break
        if ask(one) != wanted(one):
            return False
    return True


def ours(pack: Pack, *, text: bool) -> peers.Ask:
    """A decision by a pack: its value, and with `text` the trace written out as JSON as well."""

    def ask(given: Input) -> Any:
        decision = pack.decide(given, TODAY)
        if text:
            _ = decision.trace_json
        return decision.value("points")

    return ask


def compiled(table: list[Row], policy: str) -> tuple[Pack, float]:
    """The table as a pack that has decided once, and the seconds that took."""
    text = pack_text(table, policy)
    started = time.process_time()
    pack = parse_pack({"pack.yaml": text})
    pack.decide({}, TODAY)
    return pack, time.process_time() - started


# -- the parts


def by_size(size: int, rounds: int) -> dict[str, Any]:
    """One table under FIRST, by the engine and every peer that can; where one cannot, all rows that match."""
    table = rows(size)
    given = inputs(table, 200)
    pack, seconds = compiled(table, "FIRST")
    asks: dict[str, peers.Ask] = {
        "this engine": ours(pack, text=False),
        "this engine, trace text": ours(pack, text=True),
    }
    notes: dict[str, str] = {}
    for name, peer in PEERS.items():
        progress(f"{size} rows, {name}")
        try:
            question = "first"
            ask = peer(table, question)
            if ask is None:
                question, notes[name] = "all", "all rows that match: it has no first"
                ask = peer(table, question)
        except peers.UnableError as error:
            notes[name] = f"refuses the table: {error}"
            continue
        wanted = peers.naive(table, question)
        if ask is None or wanted is None or not agrees(ask, wanted, given):
            notes[name] = "answers differ: not timed"
            continue
        asks[name] = ask
    wanted = peers.naive(table, "first")
    for name in ("this engine", "this engine, trace text"):
        if wanted is None or not agrees(asks[name], wanted, given):
            raise SystemExit(f"{name} answers differently from a plain loop")
    found: dict[str, Any] = {
        "rows": size,
        "compile_s": seconds,
        "us": microseconds(asks, given, rounds),
        "notes": notes,
    }
    node = peers.json_rules_engine(table, given[:20], 0.5)
    if node is None:
        notes["json-rules-engine"] = "skipped: not installed under Node"
    elif node[0] != [matching(table, one) for one in given[:20]]:
        notes["json-rules-engine"] = "answers differ: not timed"
    else:
        found["us"]["json-rules-engine"] = node[1]
        notes["json-rules-engine"] = "wall time, Node; all rows that match"
    return found


def by_policy(size: int, rounds: int) -> dict[str, Any]:
    """Every hit policy on a table of one size; zen-engine has two of them, a plain loop all."""
    found: dict[str, Any] = {}
    for policy, fold in POLICIES.items():
        progress(f"{policy}, {size} rows")
        table = rows(size, points=7 if policy == "ANY" else None)
        given = inputs(table, 200, most=1 if policy == "UNIQUE" else None)
        pack, _ = compiled(table, policy)

        def loop(one: Input, table: list[Row] = table, fold: Callable[[list[int]], Any] = fold) -> Any:
            return fold(matching(table, one))

        asks = {"this engine": ours(pack, text=False), "this engine, trace text": ours(pack, text=True), "plain": loop}
        question = {"FIRST": "first", "RULE ORDER": "all", "COLLECT": "all"}.get(policy)
        zen = None if question is None else peers.zen_traced(table, question)
        if zen is not None:
            asks["zen-engine, trace"] = zen
        if not all(agrees(ask, loop, given) for ask in asks.values()):
            raise SystemExit(f"{policy}: answers differ")
        found[policy] = microseconds(asks, given, rounds)
    return found


def auto_loan(rounds: int) -> dict[str, Any]:
    """The auto-loan pack: its cases in turn, a complete applicant, and what writing the answer out adds."""
    progress("the auto-loan pack")
    pack = load_pack(ROOT / "rules" / "auto_loan_in")
    cases: list[Any] = [(dict(case.signals), case.as_of) for case in pack.source.cases]
    approved = [one for one in cases if pack.decide(*one).verdict == "approve"]
    complete = [max(approved, key=lambda one: len(one[0]))]

    def written(one: Any) -> None:
        decision = pack.decide(*one)
        json.dumps(decision.answer())
        _ = decision.trace_json

    def traced(one: Any) -> None:
        _ = pack.decide(*one).trace_json

    def yardstick(one: Any) -> None:
        json.dumps(one[0], default=str)

    found: dict[str, Any] = {"rules": len(pack.rules), "cases": len(cases)}
    acts: dict[str, Any] = {
        "decide": lambda one: pack.decide(*one),
        "decide, trace text": traced,
        "decide, answer and trace as JSON": written,
        "plain: the signals to JSON": yardstick,
    }
    for name, some in (("all cases in turn", cases), ("complete applicant", complete)):
        found[name] = microseconds(acts, some, rounds)
    return found


# -- the report


def show(report: dict[str, Any]) -> None:
    """Print the tables."""
    print(f"machine: {report['machine']}")
    for table in report["tables"]:
        print(f"\n{table['rows']} rows, FIRST; compiled in {table['compile_s']:.2f} s")
        base = table["us"]["this engine"]
        for name, us in table["us"].items():
            print(f"  {name:<26} {us:>12,.1f} us {us / base:>9,.1f} x   {table['notes'].get(name, '')}")
        for name, note in table["notes"].items():
            if name not in table["us"]:
                print(f"  {name:<26} {'-':>12}    {'':>9}     {note}")
    print("\nhit policies, 100 rows (microseconds)")
    names = ("this engine", "this engine, trace text", "plain", "zen-engine, trace")
    print(f"  {'':<16}" + "".join(f"{name:>26}" for name in names))
    for policy, us in report["policies"].items():
        cells = [f"{us[name]:.1f}" if name in us else "-" for name in names]
        print(f"  {policy:<16}" + "".join(f"{cell:>26}" for cell in cells))
    loan = report["auto_loan"]
    print(f"\nauto-loan pack ({loan['rules']} rules, {loan['cases']} cases), one core")
    for kind in ("all cases in turn", "complete applicant"):
        base = loan[kind]["plain: the signals to JSON"]
        for name, us in loan[kind].items():
            print(f"  {kind:<20} {name:<34} {us:>8.1f} us {1e6 / us:>9,.0f}/s {us / base:>6.2f} x the yardstick")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--sizes", default="20,100,1000,5000")
    options = parser.parse_args()
    report = {
        "machine": f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}",
        "tables": [by_size(int(size), options.rounds) for size in options.sizes.split(",")],
        "policies": by_policy(100, options.rounds),
        "auto_loan": auto_loan(max(options.rounds, 15)),
    }
    if options.json:
        print(json.dumps(report, indent=1))
    else:
        show(report)


if __name__ == "__main__":
    main()
