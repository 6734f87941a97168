"""`verdict up`, `verdict demo` and `verdict setup`: the whole product in one terminal."""

from __future__ import annotations

import json as jsonlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from cli.console import done_no, messages, progress, refuse, show
from cli.installation import Installation, start_servers
from cli.processes import Child, Processes, answers

AsJson = Annotated[bool, typer.Option("--json", help="for machines")]
DataDir = Annotated[Path, typer.Option("--data-dir", help="the installation's folder")]
SYSTEMS = ("auto_loan_in",)
START_TIMEOUT_S = 90.0


@dataclass(frozen=True)
class Addresses:
    """Where the processes of one terminal listen, on loopback."""

    api: str
    backoffice: str
    sandbox: str

    @classmethod
    def at(cls, port: int) -> Addresses:
        """The API at `port`; beside it the back office (8501 by default) and the sandbox (8010)."""
        ports = (port, 8501, 8010) if port == 8000 else (port, port + 1, port + 2)
        for each in ports:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if probe.connect_ex(("127.0.0.1", each)) == 0:
                    refuse(f"port {each} is taken; stop what listens there or choose others with --port")
        return cls(*(f"http://127.0.0.1:{each}" for each in ports))


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(up)
    app.command()(demo)
    app.command()(setup)


def up(
    once: Annotated[bool, typer.Option("--once", help="run the demo application, then end")] = False,
    data_dir: DataDir = Path("var"),
    port: Annotated[int, typer.Option(help="the API's port")] = 8000,
    json: AsJson = False,
) -> None:
    """Start everything, send one application through it, and print its decision and the addresses.

    Example: verdict up --once
    """
    with running(data_dir, port, quiet=once) as (installation, addresses, processes):
        from cli.demo import run_road

        result = run_road(addresses.api, installation.secrets["demo_api_key"], "clean")
        show(result["decision"] if json or once else {k: result["decision"][k] for k in ("verdict", "risk", "reasons")})
        if once:
            return
        _welcome(addresses, installation)
        stop = threading.Event()
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, lambda *_: stop.set())
        processes.watch(stop)
        messages.print("stopping")


def demo(
    system: Annotated[str, typer.Argument(help=", ".join(SYSTEMS))],
    data_dir: DataDir = Path("var"),
    port: Annotated[int, typer.Option(help="where a stack of its own would listen")] = 8000,
    json: AsJson = False,
) -> None:
    """Run a system's demo applicants end to end, on the running stack or on one of its own.

    Example: verdict demo auto_loan_in --json
    """
    if system not in SYSTEMS:
        refuse(f"system {system!r}: choose one of {', '.join(SYSTEMS)}")
    with _running_or_own(data_dir, port) as (api, key):
        from cli.demo import EXPECTED, run_road

        results = {}
        for road in EXPECTED:
            messages.print(f"{road} ...", markup=False)
            results[road] = run_road(api, key, road)
    if json:
        show(results)
    else:
        for road, result in results.items():
            decision = result["decision"]
            queue = (decision["route"] or {}).get("queue", "-")
            print(
                f"{road:<10} {decision['verdict']:<8} queue {queue:<12} {', '.join(r['rule'] for r in decision['reasons'])}"
            )
    wrong = [road for road, result in results.items() if result["decision"]["verdict"] != EXPECTED[road]]
    if wrong:
        done_no(f"not the expected verdict: {', '.join(wrong)}")


def setup(data_dir: DataDir = Path("var")) -> None:
    """Migrate the database and load the packs; for installations whose processes run elsewhere.

    Example: VERDICT_OWNER_DATABASE_URL=postgresql://... verdict setup
    """
    with start_servers(data_dir, with_redis=False) as installation:
        from cli.seed import seed

        seed(installation, demo=False)
    print("ready")


@contextmanager
def running(data_dir: Path, port: int, *, quiet: bool) -> Iterator[tuple[Installation, Addresses, Processes]]:
    """Everything started and healthy; everything stopped at the end."""
    addresses = Addresses.at(port)
    with progress() as bar, start_servers(data_dir) as servers:
        step = bar.add_task("database", total=5)
        settings = _addresses_environment(addresses)
        os.environ.update(settings)
        log = servers.data_dir / "log" / "verdict.log"
        with Processes(servers.environment | settings, log, quiet=quiet) as processes:
            # What needs no database starts while the database is brought up to date.
            sandbox, api, worker, backoffice = _children(addresses, servers.data_dir)
            processes.start(sandbox)
            processes.start(backoffice)
            from cli.seed import seed

            installation = seed(servers, demo=True)
            bar.update(step, advance=1)
            processes.start(api)
            processes.start(worker)
            processes.wait_healthy(START_TIMEOUT_S, lambda name: bar.update(step, advance=1, description=name))
            bar.stop()
            note = installation.data_dir / "running.json"
            note.touch(mode=0o600)
            note.write_text(jsonlib.dumps({"api": addresses.api, "key": installation.secrets["demo_api_key"]}))
            try:
                yield installation, addresses, processes
            finally:
                note.unlink(missing_ok=True)


@contextmanager
def _running_or_own(data_dir: Path, port: int) -> Iterator[tuple[str, str]]:
    note = data_dir / "running.json"
    if note.exists():
        held = jsonlib.loads(note.read_text())
        if answers(held["api"] + "/health/ready"):
            yield held["api"], held["key"]
            return
    with running(data_dir, port, quiet=True) as (installation, addresses, _):
        yield addresses.api, installation.secrets["demo_api_key"]


def _addresses_environment(addresses: Addresses) -> dict[str, str]:
    return {
        "VERDICT_API_URL": addresses.api,
        # The whole team signs in from this one machine, through the back office's address.
        "VERDICT_PUBLIC_RATE_LIMIT_PER_MINUTE": os.environ.get("VERDICT_PUBLIC_RATE_LIMIT_PER_MINUTE", "120"),
        "VERDICT_PAN_URL": os.environ.get("VERDICT_PAN_URL", addresses.sandbox),
        "VERDICT_SMS_URL": os.environ.get("VERDICT_SMS_URL", addresses.sandbox),
    }


def _children(addresses: Addresses, data_dir: Path) -> list[Child]:
    python = [sys.executable, "-m"]
    port = {name: url.rpartition(":")[2] for name, url in vars(addresses).items()}
    web = ["--host", "127.0.0.1", "--no-access-log", "--log-level", "warning"]
    worker = ["worker", "--queues", "checks,ml,notify,bulk,packs", "--concurrency", "2", "--loglevel", "WARNING"]
    here = Path(__file__).resolve().parent.parent
    return [
        Child(
            "sandbox",
            [*python, "uvicorn", "--factory", "connectors.sandbox.app:create_app", "--port", port["sandbox"], *web],
            addresses.sandbox + "/health/live",
        ),
        Child("api", [*python, "uvicorn", "api.app:app", "--port", port["api"], *web], addresses.api + "/health/ready"),
        Child(
            "worker",
            [*python, "celery", "--app", "service.celery_app", *worker, "--beat", "--schedule", str(data_dir / "beat")],
        ),
        Child(
            "backoffice",
            [
                *python, "streamlit", "run", str(here / "backoffice" / "app.py"),
                "--server.port", port["backoffice"], "--server.address", "127.0.0.1",
            ],
            addresses.backoffice + "/_stcore/health",
        ),
    ]  # fmt: skip


def _welcome(addresses: Addresses, installation: Installation) -> None:
    word = installation.secrets["demo_password"]
    print(f"""
API           {addresses.api}/docs   (key: {installation.data_dir}/secrets.json, demo_api_key)
Back office   {addresses.backoffice}
Sign in       officer@demo.example, manager@demo.example, compliance@demo.example, analyst@demo.example,
              approver@demo.example, auditor@demo.example, admin@demo.example
Password      {word}
Log           {installation.data_dir}/log/verdict.log

Ctrl+C stops everything.""")
