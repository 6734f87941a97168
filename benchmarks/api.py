"""How fast `POST /v1/decisions` is, persisted with audit and outbox, beside a bare route that inserts one row.

Starts an embedded PostgreSQL and Redis of its own, the real API and `bare_insert.py` under uvicorn with equally many
workers, and drives them in turns over 16 keep-alive connections with the cases of the auto-loan pack. Prints p50, p99 and
throughput of each round and the ratio of the medians; exit 1 where a goal is missed. Client, servers and database share
the machine.

    python benchmarks/api.py [--seconds 8] [--rounds 3] [--connections 16] [--workers 1]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import psycopg

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)  # this folder has an `engine` too: benchmarks/engine.py

from engine import load_pack  # noqa: E402  # found by the line above, when run as a script
from engine.signal import Missing  # noqa: E402
from service.embedded.postgres import EmbeddedPostgres  # noqa: E402
from service.embedded.redis import EmbeddedRedis  # noqa: E402
from service.embedded.secrets import load_or_make  # noqa: E402
from service.migrate import migrate  # noqa: E402
from service.values import jsonable  # noqa: E402

TENANT = "bench"
BARE, OURS = "bare insert", "POST /v1/decisions"
GOAL_RATIO, GOAL_P99_MS = 0.5, 100.0


@dataclass(frozen=True)
class Load:
    """What to drive, and how."""

    port: int
    path: str
    pid: int
    key: str
    bodies: list[bytes]
    connections: int


@dataclass(frozen=True)
class Round:
    """What one round measured; latencies and the server's own CPU time in milliseconds."""

    per_second: float
    p50: float
    p99: float
    cpu: float
    statuses: Counter[int]

    def line(self, name: str) -> str:
        """One line for people."""
        times = f"p50 {self.p50:6.1f} ms   p99 {self.p99:6.1f} ms   server CPU {self.cpu:5.2f} ms"
        return f"{name:18} {self.per_second:6.0f}/s   {times}   {dict(self.statuses)}"


def main() -> int:
    """Measure in turns, report, and say by the exit code whether the goals were met."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="verdict-bench-") as folder, _stack(Path(folder)) as (key, owner_url):
        bodies = _bodies()
        with psycopg.connect(owner_url) as connection:
            connection.execute(
                "CREATE TABLE bare_row (id text PRIMARY KEY, reference text, body jsonb, created_at timestamptz)"
            )
            connection.execute("GRANT INSERT ON bare_row TO verdict_app")
        api = _serve(["api.app:app"], "/health/live", options.workers)
        bare = _serve(["--app-dir", "benchmarks", "bare_insert:app"], "/docs", options.workers)
        with bare as (bare_port, bare_pid), api as (api_port, api_pid):
            loads = {
                BARE: Load(bare_port, "/rows", bare_pid, key, bodies, options.connections),
                OURS: Load(api_port, "/v1/decisions", api_pid, key, bodies, options.connections),
            }
            found: dict[str, list[Round]] = {BARE: [], OURS: []}
            for number in range(options.rounds + 1):
                for name, load in loads.items():
                    # The first round warms pools, plans and caches, and is not counted.
                    measured = asyncio.run(_drive(load, options.seconds if number else 2))
                    if number:
                        found[name].append(measured)
                        print(measured.line(name), flush=True)
    return _report(found)


def _report(found: dict[str, list[Round]]) -> int:
    rates = {name: statistics.median(one.per_second for one in rounds) for name, rounds in found.items()}
    bare, ours = rates[BARE], rates[OURS]
    p99 = statistics.median(one.p99 for one in found[OURS])
    failures = sum(count for one in found[OURS] for status, count in one.statuses.items() if status != 200)
    good = bool(ours / bare >= GOAL_RATIO and p99 < GOAL_P99_MS and not failures)
    print(
        f"ratio {ours / bare:.2f} (goal {GOAL_RATIO}), p99 {p99:.1f} ms (goal {GOAL_P99_MS:.0f}), failures {failures}"
    )
    return 0 if good else 1


async def _drive(load: Load, seconds: float) -> Round:
    latencies: list[float] = []
    statuses: Counter[int] = Counter()
    end = time.perf_counter() + seconds

    async def one(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", load.port)
        at = number
        while (start := time.perf_counter()) < end:
            body = load.bodies[at % len(load.bodies)]
            at += load.connections
            head = f"POST {load.path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
            head += f"content-length: {len(body)}\r\nauthorization: Bearer {load.key}\r\n"
            head += f"idempotency-key: {uuid.uuid4().hex}\r\n\r\n"
            writer.write(head.encode() + body)
            answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = answer.partition("content-length:")[2].partition("\r\n")[0]
            await reader.readexactly(int(length))
            latencies.append((time.perf_counter() - start) * 1000)
            statuses[int(answer[9:12])] += 1
        writer.close()
        await writer.wait_closed()

    started, cpu = time.perf_counter(), _cpu_s(load.pid)
    await asyncio.gather(*(one(number) for number in range(load.connections)))
    took, spent = time.perf_counter() - started, _cpu_s(load.pid) - cpu
    latencies.sort()
    made = len(latencies)
    p99 = latencies[int(made * 0.99)]
    return Round(made / took, statistics.median(latencies), p99, 1000 * spent / made, statuses)


def _cpu_s(pid: int) -> float:
    """CPU seconds of a server and its workers so far, where the system tells (Linux)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return float("nan")
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(_cpu_s(int(child)) for child in children)


def _bodies() -> list[bytes]:
    """The pack's own cases as requests; a case's missing signals are left out, which means the same."""
    found = []
    for number, case in enumerate(load_pack(ROOT / "rules" / "auto_loan_in").source.cases):
        signals = {name: value for name, value in case.signals.items() if not isinstance(value, Missing)}
        body = {"pack": "auto_loan_in", "reference": f"BENCH-{number}", "signals": jsonable(signals)}
        found.append(json.dumps({**body, "as_of": case.as_of.isoformat()}).encode())
    return found


@contextlib.contextmanager
def _stack(folder: Path) -> Iterator[tuple[str, str]]:
    secrets = load_or_make(folder)
    postgres, redis = EmbeddedPostgres.start(folder, secrets), EmbeddedRedis.start(folder, secrets)
    try:
        migrate(postgres.owner_url)
        os.environ |= {
            "VERDICT_ENVIRONMENT": "test",
            "VERDICT_DATA_DIR": str(folder),
            "VERDICT_DATABASE_URL": postgres.app_url,
            "VERDICT_DATABASE_POOL_SIZE": "16",
            "VERDICT_REDIS_URL": redis.url,
            "VERDICT_DATA_KEYS": secrets["data_keys"],
            "VERDICT_INDEX_KEY": secrets["index_key"],
            "VERDICT_TOKEN_KEY": secrets["token_key"],
            "VERDICT_RATE_LIMIT_PER_MINUTE": "100000000",
        }
        yield _seeded(), postgres.owner_url
    finally:
        redis.stop()
        postgres.stop()


def _seeded() -> str:
    """A tenant with the auto-loan pack active; returns the text of an origination system's key."""
    from service import audit, packs
    from service.db import engine, unit
    from service.identity.actor import system
    from service.identity.keys import create_key
    from service.tables import Tenant

    with unit(TENANT) as session:
        session.add(Tenant(id=TENANT, name=TENANT))
        session.flush()
        audit.open_lanes(session, TENANT)
    packs.seed(TENANT, ROOT / "rules" / "auto_loan_in")
    key = create_key(system(TENANT), "benchmark", ["origination_system"])
    engine().dispose()
    return str(key["key"])


@contextlib.contextmanager
def _serve(target: list[str], ready: str, workers: int) -> Iterator[tuple[int, int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "uvicorn", "--host", "127.0.0.1", "--port", str(port)]
    quiet = ["--no-access-log", "--log-level", "warning", "--workers", str(workers)]
    server = subprocess.Popen(
        [*command, *quiet, *target], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(300):
            if server.poll() is not None:
                raise SystemExit(f"{target[-1]} did not start")
            with contextlib.suppress(OSError), urlopen(f"http://127.0.0.1:{port}{ready}", timeout=1):
                break
            time.sleep(0.1)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait(20)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--workers", type=int, default=1, help="server processes, of both")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
