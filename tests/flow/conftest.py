"""Real processes for whole-flow tests: sandbox, API and workers as children that a test may kill."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Theatre:
    """Starts and kills children; every one is gone at the end."""

    environment: dict[str, str]
    log: Path
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.children.append(child)
        return child

    def web(self, app: str, port: int, health: str, *options: str) -> subprocess.Popen[bytes]:
        child = self.start("uvicorn", app, "--port", str(port), "--log-level", "warning", *options)
        self.until(lambda: _answers(f"http://127.0.0.1:{port}{health}"), f"{app} on {port}")
        return child

    def worker(self, queues: str = "checks,ml,notify,bulk,packs") -> subprocess.Popen[bytes]:
        return self.start(
            "celery",
            "--app",
            "service.celery_app",
            "worker",
            "--queues",
            queues,
            "--concurrency",
            "2",
            "--loglevel",
            "WARNING",
            "--beat",
            "--schedule",
            str(self.log.with_suffix(f".beat{len(self.children)}")),
        )

    def kill(self, child: subprocess.Popen[bytes]) -> None:
        """kill -9, the whole group: nothing is told goodbye."""
        os.killpg(child.pid, signal.SIGKILL)
        child.wait(10)

    def until(self, done: Callable[[], bool], what: str, timeout_s: float = 60) -> None:
        end = time.monotonic() + timeout_s
        while not done():
            assert time.monotonic() < end, f"{what} did not come about; log:\n{self.log.read_text()[-4000:]}"
            time.sleep(0.05)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as response:
            return bool(response.status == 200)
    except OSError:
        return False


@pytest.fixture
def theatre(stack, tmp_path: Path) -> Iterator[Theatre]:
    sandbox = free_port()
    environment = (
        os.environ
        | stack.environment
        | {
            "VERDICT_PAN_URL": f"http://127.0.0.1:{sandbox}",
            "VERDICT_SMS_URL": f"http://127.0.0.1:{sandbox}",
            "VERDICT_SWEEP_EVERY_S": "1",
            "VERDICT_RATE_LIMIT_PER_MINUTE": "100000",
        }
    )
    stage = Theatre(environment, tmp_path / "children.log")
    stage.log.touch()
    try:
        stage.web("connectors.sandbox.app:create_app", sandbox, "/health/live", "--factory")
        yield stage
    finally:
        for child in stage.children:
            if child.poll() is None:
                stage.kill(child)
