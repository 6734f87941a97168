"""Child processes of one terminal: started in order, watched, restarted when they fall, stopped together.

Each line that a child prints goes to stderr and to the log file behind the child's name. A child that falls three times
within a minute ends the whole stack with an error: a service that cannot live must not look alive.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Self

_GIVE_UP_FALLS = 3
_GIVE_UP_WITHIN_S = 60.0
_STOP_S = 15.0


class StackError(RuntimeError):
    """A process could not be started or kept alive; the text names it and the place of its log."""


@dataclass
class Child:
    """One process: its command, where it answers when healthy, and how often it fell."""

    name: str
    command: Sequence[str]
    health_url: str | None = None
    falls: list[float] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None


class Processes:
    """The children of one terminal; use as a context so that none outlives it."""

    def __init__(self, environment: Mapping[str, str], log: Path, *, quiet: bool) -> None:
        """Children get `environment` on top of ours; `quiet` keeps their lines out of the terminal."""
        self._environment = {**os.environ, **environment}
        self._quiet = quiet
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log_path = log
        self._log = log.open("a", buffering=1)
        self._children: list[Child] = []
        self._stopping = threading.Event()

    def __enter__(self) -> Self:
        """Nothing is started yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop every child, newest first, and wait for each."""
        self.stop()

    def start(self, child: Child) -> None:
        """Start a child; its health is awaited by `wait_healthy`."""
        self._children.append(child)
        self._spawn(child)

    def wait_healthy(self, timeout_s: float, on_step: Callable[[str], None] = lambda _: None) -> None:
        """Return when every child with a health address answers; raises `StackError` when one does not in time."""
        end = time.monotonic() + timeout_s
        for child in self._children:
            while child.health_url and not answers(child.health_url):
                self._check(child)
                if time.monotonic() > end:
                    raise StackError(f"{child.name} does not answer at {child.health_url}; see {self._log_path}")
                time.sleep(0.05)
            on_step(child.name)

    def watch(self, until: threading.Event) -> None:
        """Restart what falls, until the event is set."""
        while not until.wait(0.5):
            for child in self._children:
                self._check(child)

    def stop(self) -> None:
        """Ask every child to end, newest first; kill what does not within fifteen seconds."""
        self._stopping.set()
        for child in reversed(self._children):
            if child.process and child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
        for child in reversed(self._children):
            if child.process is None:
                continue
            try:
                child.process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                _kill_group(child.process)
        self._log.close()

    def _check(self, child: Child) -> None:
        if child.process is None or child.process.poll() is None:
            return
        now = time.monotonic()
        child.falls = [fall for fall in child.falls if now - fall < _GIVE_UP_WITHIN_S] + [now]
        if len(child.falls) >= _GIVE_UP_FALLS:
            raise StackError(f"{child.name} ended {len(child.falls)} times in a minute; see {self._log_path}")
        self._print(child.name, f"ended with {child.process.returncode}; starting it again")
        self._spawn(child)

    def _spawn(self, child: Child) -> None:
        # A session of its own: Ctrl+C reaches us alone, and we stop the children in order.
        child.process = subprocess.Popen(  # noqa: S603 - our own interpreter and modules
            child.command,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        stream = child.process.stdout
        if stream is None:
            raise StackError(f"{child.name} has no output")
        threading.Thread(target=self._pump, args=(child.name, stream), daemon=True).start()

    def _pump(self, name: str, stream: IO[str]) -> None:
        for line in stream:
            self._print(name, line.rstrip())

    def _print(self, name: str, line: str) -> None:
        if not self._log.closed:
            self._log.write(f"{name:<10} {line}\n")
        if not self._quiet:
            print(f"{name:<10} {line}", file=sys.stderr)


def answers(url: str) -> bool:
    """Say whether an HTTP address answers with success within a second."""
    try:
        with urllib.request.urlopen(url, timeout=1) as response:  # noqa: S310 - our own loopback addresses
            return bool(200 <= response.status < 300)
    except (urllib.error.URLError, OSError):
        return False


def _kill_group(process: subprocess.Popen[str]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait(5)
