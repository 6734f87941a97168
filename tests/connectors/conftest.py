"""What connector tests share: a clock that only moves when told, a scripted wire, real servers on loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.deadline import Deadline
from connectors.http import ProviderClient
from connectors.sandbox.app import create_app
from connectors.sandbox.settings import SandboxSettings
from connectors.settings import ProviderSettings
from connectors.wire import Reply, WireError


class FakeClock:
    """Monotonic seconds that pass only by `sleep` or `advance`."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def advance(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class ScriptedWire:
    """Answers each exchange with the next line of the script; the last line repeats."""

    script: list[Reply | WireError]
    clock: FakeClock | None = None
    takes_s: float = 0.0
    requests: list[httpx.Request] = field(default_factory=list)
    allowed_s: list[float] = field(default_factory=list)
    closed: bool = False

    def exchange(
        self, request: httpx.Request, *, deadline: Deadline, connect_timeout_s: float, max_bytes: int | None
    ) -> Reply:
        self.requests.append(request)
        self.allowed_s.append(deadline.remaining_s())
        if self.clock is not None:
            self.clock.advance(min(self.takes_s, deadline.remaining_s()))
        line = self.script[min(len(self.requests), len(self.script)) - 1]
        if isinstance(line, WireError):
            raise line
        return line

    def close(self) -> None:
        self.closed = True


def json_reply(body: bytes = b"{}", status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, {"content-type": "application/json", **named}, body)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def reply() -> Callable[..., Reply]:
    return json_reply


@pytest.fixture
def scripted(clock: FakeClock) -> Callable[..., tuple[ProviderClient, ScriptedWire]]:
    """Build a client whose wire follows a script and whose clock is the test's; waits are the most that jitter allows."""

    def build(
        *script: Reply | WireError, takes_s: float = 0.0, **settings: object
    ) -> tuple[ProviderClient, ScriptedWire]:
        wire = ScriptedWire(list(script), clock, takes_s)
        made = ProviderSettings(name="registry", base_url="http://127.0.0.1:9/api", **settings)
        client = ProviderClient(made, wire=wire, clock=clock, sleep=clock.sleep, jitter=lambda _low, high: high)
        return client, wire

    return build


@contextmanager
def _listening() -> Iterator[socket.socket]:
    listener = socket.create_server(("127.0.0.1", 0))
    try:
        yield listener
    finally:
        listener.close()


@contextmanager
def _served(settings: SandboxSettings) -> Iterator[str]:
    with _listening() as listener:
        config = uvicorn.Config(
            create_app(settings), log_config=None, access_log=False, lifespan="off", ws="none", loop="asyncio"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            # The socket listens already, so the first request waits in its backlog until the server is up.
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=20)


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base address of a running sandbox; tests use inboxes and references of their own."""
    folder = tmp_path_factory.mktemp("mail")
    with _served(SandboxSettings(slow_ms=1, mail_folder=folder, kept=20, inboxes=5)) as address:
        yield address


@pytest.fixture
def serve() -> Callable[[SandboxSettings], object]:
    """Run a sandbox of other settings: `with serve(settings) as address`."""
    return _served


@pytest.fixture
def client_of() -> Iterator[Callable[..., ProviderClient]]:
    """Build real clients, impatient and without waits; closed at the end."""
    made: list[ProviderClient] = []

    def build(base_url: str, **settings: object) -> ProviderClient:
        chosen = {"deadline_s": 10.0, "attempts": 2, "backoff_base_s": 0.001, "backoff_cap_s": 0.001} | settings
        client = ProviderClient(
            ProviderSettings(name="pan_registry", base_url=base_url, **chosen), sleep=lambda _seconds: None
        )
        made.append(client)
        return client

    yield build
    for client in made:
        client.close()


@pytest.fixture
def raw_server() -> Iterator[Callable[..., int]]:
    """Serve TCP connections with `handler(connection, released)`; `released` is set at teardown. Returns the port."""
    released = threading.Event()
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def start(handler: Callable[[socket.socket, threading.Event], None]) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def serve_all() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                one = threading.Thread(target=serve_one, args=(connection,), daemon=True)
                threads.append(one)
                one.start()

        def serve_one(connection: socket.socket) -> None:
            with connection:
                try:
                    handler(connection, released)
                except OSError:
                    return

        thread = threading.Thread(target=serve_all, daemon=True)
        threads.append(thread)
        thread.start()
        return int(listener.getsockname()[1])

    yield start
    released.set()
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    for thread in threads:
        thread.join(timeout=10)


@pytest.fixture
def certificate_for(tmp_path: Path) -> Callable[[str], Path]:
    """Make a self-signed certificate for a host name; the file holds certificate and key."""

    def make(name: str) -> Path:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file = tmp_path / f"{name}.pem"
        file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + pem)
        return file

    return make
