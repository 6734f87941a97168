"""What the back office's tests share: an API played from canned answers, and a real one with a browser in front."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

Json = dict[str, Any]
ROOT = Path(__file__).resolve().parents[2]
ME = "per_0000000000000000000000000m"
OTHER = "per_0000000000000000000000000n"
PASSWORD = "a calm first password 7"


# -- an API played from canned answers


@dataclass
class FakeApi:
    """Answers by method and path; what is not canned is 404, as at the real one. Keeps what was asked."""

    answers: dict[tuple[str, str], Any] = field(default_factory=dict)
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    token: str = "first"

    def give(self, method: str, path: str, answer: Any) -> None:
        """An answer: a JSON-able mapping, an `httpx.Response`, or a function of the request."""
        self.answers[method, path] = answer

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.headers.get("content-type") == "application/json" else None
        self.asked.append((request.method, request.url.path, body))
        answer = self.answers.get((request.method, request.url.path))
        if answer is None:
            return problem(404, "there is no such thing")
        if callable(answer):
            answer = answer(request)
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    def sent(self, method: str, path: str) -> list[Any]:
        """The bodies of such requests."""
        return [body for asked, where, body in self.asked if (asked, where) == (method, path)]


def problem(status: int, detail: str, errors: list[Json] | None = None) -> httpx.Response:
    """A refusal in the one shape of errors."""
    told = {
        "type": "/problems/x",
        "title": "No",
        "status": status,
        "detail": detail,
        "errors": errors or [],
        "request_id": "req_1",
    }
    return httpx.Response(status, json=told, headers={"content-type": "application/problem+json"})


@pytest.fixture
def refusal() -> Callable[..., httpx.Response]:
    """Makes a refusal."""
    return problem


@pytest.fixture
def fake() -> FakeApi:
    """An API with a case, a queue, a pack, a report and a list in it."""
    now = datetime.now(UTC)
    api = FakeApi()
    line = case_line(now)
    api.give(
        "GET",
        "/v1/cases",
        {"items": [line, line | {"id": "cas_2", "number": "KYC-000043", "queue": "edd"}], "next": None},
    )
    api.give(
        "GET",
        "/v1/queues",
        {
            "items": [
                {
                    "queue": "kyc_review",
                    "open": 1,
                    "claimed": 1,
                    "waiting": 0,
                    "second": 0,
                    "late": 0,
                    "next_due": line["due_at"],
                }
            ],
            "next": None,
        },
    )
    api.give("GET", "/v1/cases/cas_1", case_page(now))
    api.give(
        "GET",
        "/v1/assignees",
        {"items": [{"id": OTHER, "name": "Mina Manager", "roles": ["approval_manager"]}], "next": None},
    )
    api.give("GET", "/v1/decisions/dec_1/explanation", {"reasons": [], "trace": case_page(now)["decision"]["trace"]})
    versions = [pack_version("pkv_2", 2, "draft", [ME]), pack_version("pkv_1", 1, "active", ["system:author"])]
    api.give(
        "GET",
        "/v1/packs",
        {
            "items": [
                {
                    "id": "tiny",
                    "active": versions[1],
                    "on_the_way": [versions[0] | {"status": "submitted"}],
                    "versions": 2,
                }
            ],
            "next": None,
        },
    )
    api.give("GET", "/v1/packs/tiny/versions", {"items": versions, "next": None})
    for one in versions:
        path = f"/v1/packs/tiny/versions/{one['id']}"
        api.give("GET", path, one | {"files": {"pack.yaml": "pack: tiny\n"}, "check_report": None})
        api.give(
            "GET",
            path + "/parameters",
            {
                "items": [
                    {
                        "name": "face_match_min",
                        "unit": "ratio",
                        "values": [{"from": "2025-01-01", "value": "0.60", "source": "policy", "note": None}],
                    }
                ],
                "next": None,
            },
        )
        api.give("GET", path + "/tables", {"items": [], "next": None})
        for part in ("backtests", "trials"):
            api.give("GET", f"{path}/{part}", {"items": [], "next": None})
    api.give("GET", "/v1/decisions", {"items": [], "next": None})
    api.give(
        "GET",
        "/v1/reports",
        {
            "catalogue": [
                {
                    "name": "decision_register",
                    "title": "Decision register",
                    "text": "Every decision",
                    "formats": ["csv", "xlsx"],
                }
            ],
            "items": [],
            "next": None,
        },
    )
    api.give(
        "GET",
        "/v1/lists",
        {
            "items": [
                {
                    "id": "lst_1",
                    "name": "house_list",
                    "kind": "watchlist",
                    "entries": 2,
                    "stale": False,
                    "checked_at": now.isoformat(),
                    "created_at": now.isoformat(),
                }
            ],
            "next": None,
        },
    )
    api.give(
        "GET",
        "/v1/audit",
        {
            "items": [
                {
                    "id": "1.1",
                    "at": now.isoformat(),
                    "actor": ME,
                    "action": "case.closed",
                    "subject": "cas_1",
                    "content": {"number": 1},
                }
            ],
            "next": None,
        },
    )
    api.give(
        "GET",
        "/v1/people",
        {
            "items": [
                {
                    "id": ME,
                    "name": "Ali Admin",
                    "email": "admin@demo.example",
                    "roles": ["admin"],
                    "status": "active",
                    "totp": False,
                    "last_login_at": None,
                }
            ],
            "next": None,
        },
    )
    api.give("GET", "/v1/keys", {"items": [], "next": None})
    return api


def case_line(now: datetime) -> Json:
    """A case in a list."""
    return {
        "id": "cas_1", "number": "KYC-000042", "reference": "LOAN-42", "decision_id": "dec_1", "application_id": "app_1",
        "queue": "kyc_review", "priority": 3, "role": "verification_officer", "four_eyes": False,
        "actions": ["compare_documents"], "risk": {"score": 40.0, "category": "medium"}, "headline": "The selfie differs",
        "status": "claimed", "assignee": {"id": ME, "name": "Omar Officer"}, "outcome": None, "reason_code": None,
        "decided_by": None, "second_by": None, "late": False, "version": 2, "applicant_name": "Asha Verma",
        "due_at": (now + timedelta(hours=20)).isoformat(), "created_at": (now - timedelta(hours=4)).isoformat(),
        "claimed_at": None, "decided_at": None, "closed_at": None,
    }  # fmt: skip


def case_page(now: datetime) -> Json:
    """A whole case page: a name that differs on the card, a face in the grey zone, one candidate of screening."""
    values = {
        "applicant.name": "Asha Verma", "pan_card.name_similarity": 0.71, "pan_card.number_match": True, "pan_card.quality": 0.82,
        "address_document.name_similarity": 1.0, "address_document.kind": "aadhaar", "pan_card.dob_match": True,
        "pan.status": "E", "pan.name_match": False, "pan.dob_match": True, "pan.seeding": "Y",
        "face.match_score": 0.62, "screening.sanctions_hit": False,
    }  # fmt: skip
    signals = [
        {"name": name, "value": value, "missing": None, "detail": "", "source": "pan_card", "confidence": 0.9}
        for name, value in values.items()
    ]
    signals.append(
        {
            "name": "address_document.dob_match",
            "value": None,
            "missing": "not_readable",
            "detail": "the date could not be read",
            "source": "address_document",
            "confidence": None,
        }
    )
    reasons = [
        {
            "rule": "PAN_NOT_SETTLED",
            "text": "An officer settles the PAN",
            "points": None,
            "verdict": "review",
            "cite": [],
        },
        {"rule": "NAME_DIFFERS", "text": "The card carries another name", "points": 30, "verdict": None, "cite": []},
        {"rule": "FACE_CLOSE", "text": "The face is a close call", "points": 10, "verdict": None, "cite": []},
    ]
    trace = {
        "parameters": {
            "face_match_min": {"value": 0.6, "from": "2025-01-01", "source": "policy"},
            "face_match_sure": {"value": 0.65, "from": "2025-01-01", "source": "policy"},
            "name_similarity_min": {"value": 0.85, "from": "2025-01-01", "source": "policy"},
        },
        "decisions": {"points": {"value": 40, "inputs": {"name": {"pan_card.name_similarity": 0.71}}, "rules": [{"id": "NAME_DIFFERS", "outcome": "fired", "points": 30, "tests": {"name": "< name_similarity_min"}}, {"id": "QUIET", "outcome": "not_fired", "tests": {}}]}},
        "verdict": [{"id": "PAN_NOT_SETTLED", "outcome": "fired", "verdict": "review", "test": "not(pan_settled)", "compared": {"pan_settled": False}}],
    }  # fmt: skip
    fields = {"name": {"value": "AASHA VARMA", "confidence": 0.9}, "number": {"value": "AZZPV4321K", "confidence": 0.9}}
    return case_line(now) | {
        "decided_by_name": None, "second_by_name": None,
        "application": {"id": "app_1", "declared": {"name": "Asha Verma", "pan": "AZZPV4321K", "date_of_birth": "1990-08-15"}},
        "documents": [], "signals": signals, "hits": [{"caption": "Asha Varma", "list": "demo_watchlist", "list_kind": "watchlist", "score": 0.61, "match": False, "countries": ["in"], "evidence": [{"feature": "name", "outcome": "matched", "points": 0.6, "query": "Asha Verma", "candidate": "Asha Varma", "text": "one letter"}]}],
        "evidence": [{"id": "evi_1", "source": "pan_card", "body": {"kind": "pan_card", "fields": fields}}],
        "timeline": [{"id": "cev_1", "kind": "claimed", "actor": {"id": ME, "name": "Omar Officer"}, "at": now.isoformat(), "note": None, "data": {}}],
        "decision": {"verdict": "review", "reasons": reasons, "unknowns": [{"signal": "address_document.dob_match", "rule": "X", "reason": "not_readable"}], "customer_reasons": ["Your documents differ"], "pack": {"id": "tiny", "version": "1", "digest": "abc"}, "as_of": "2026-11-20", "engine_version": "1", "trace": trace},
        "reason_codes": {"approve": [{"code": "documents_agree", "text": "The documents agree"}], "decline": [{"code": "documents_unacceptable", "text": "Documents are not accepted"}]},
        "may": {"claim": False, "release": True, "decide": True, "escalate": True, "request_information": True, "assign": False, "second": False},
    }  # fmt: skip


def pack_version(version_id: str, number: int, status: str, authors: list[str]) -> Json:
    """A pack version in a list."""
    return {
        "id": version_id, "pack": "tiny", "number": number, "version": "1", "digest": "0123456789abcdef", "status": status,
        "authors": authors, "approver": None, "note": "", "checked": False, "row_version": 3, "created_at": "2026-11-20T10:00:00+00:00",
        "submitted_at": None, "approved_at": None, "activated_at": None, "retired_at": None,
    }  # fmt: skip


@pytest.fixture
def page() -> Json:
    """The canned case page."""
    return case_page(datetime.now(UTC))


@pytest.fixture
def draw(fake: FakeApi, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Runs one view for a person of a role, in the framework's own test bench; keeps where the view went to."""
    from streamlit.testing.v1 import AppTest

    from backoffice import session
    from backoffice.client import Credentials
    from service.identity.actor import GRANTS, Role

    connection = httpx.Client(transport=httpx.MockTransport(fake), base_url="http://api.test")
    monkeypatch.setattr(session, "connection", lambda: connection)

    def run(
        view: str, role: str = "verification_officer", query: dict[str, str] | None = None, **state: Any
    ) -> AppTest:
        app = AppTest.from_function(_draw_view, args=(view,), default_timeout=20)
        app.session_state["session.credentials"] = Credentials("access", "refresh")
        permissions = sorted(str(one) for one in GRANTS[Role(role)])
        app.session_state["session.me"] = {
            "id": ME,
            "name": "Omar Officer",
            "tenant": "demo",
            "roles": [role],
            "permissions": permissions,
            "totp": False,
        }
        for key, value in state.items():
            app.session_state[key] = value
        for key, value in (query or {}).items():
            app.query_params[key] = value
        return app.run()

    yield run
    connection.close()


def _draw_view(view: str) -> None:
    import importlib

    importlib.import_module(f"backoffice.views.{view}").draw()


# -- a real one, with a browser in front


@dataclass(frozen=True)
class Office:
    """A running back office with its API; `tenant` holds people, a live pack and cases to review."""

    url: str
    api: str
    tenant: str


PEOPLE = {
    "officer": ("Omar Officer", "verification_officer"),
    "manager": ("Mina Manager", "approval_manager"),
    "senior": ("Sara Senior", "approval_manager"),
    "analyst": ("Anil Analyst", "rule_analyst"),
    "approver": ("Asta Approver", "rule_approver"),
    "auditor": ("Ada Auditor", "auditor"),
    "admin": ("Ali Admin", "admin"),
}


@pytest.fixture(scope="session")
def office(stack: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The embedded stack, the API and the back office, each in a process of its own."""
    tenant = "office"
    _furnish(tenant)
    api, web = free_port(), free_port()
    environment = stack.environment | {
        "VERDICT_DEFAULT_TENANT": tenant,
        "VERDICT_RULES_DIR": str(ROOT / "rules"),
        "VERDICT_PUBLIC_RATE_LIMIT_PER_MINUTE": "1000",
        "VERDICT_API_URL": f"http://127.0.0.1:{api}",
    }
    log = tmp_path_factory.mktemp("office")
    serve = ["uvicorn", "api.app:app", "--host", "127.0.0.1", "--port", str(api), "--log-level", "warning"]
    draw = [
        "streamlit",
        "run",
        str(ROOT / "backoffice" / "app.py"),
        "--server.port",
        str(web),
        "--server.address",
        "127.0.0.1",
    ]
    with (
        served(serve, environment, f"http://127.0.0.1:{api}/health/ready", log / "api.log"),
        served(draw, environment, f"http://127.0.0.1:{web}/_stcore/health", log / "web.log"),
    ):
        yield Office(f"http://127.0.0.1:{web}", f"http://127.0.0.1:{api}", tenant)


class served:  # noqa: N801 - reads as a verb where it is used
    """A child process that answers at an address; ended, and awaited, at the end."""

    def __init__(self, command: list[str], environment: dict[str, str], health: str, log: Path) -> None:
        self.command, self.environment, self.health, self.log = command, environment, health, log

    def __enter__(self) -> None:
        with self.log.open("w") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.command],
                cwd=ROOT,
                env={**os.environ, **self.environment},
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        end = time.monotonic() + 60
        while not _answers(self.health):
            if self.process.poll() is not None or time.monotonic() > end:
                self.process.kill()
                raise RuntimeError(f"{self.command[0]} does not answer:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.1)

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def _furnish(tenant: str) -> None:
    """People, the auto-loan pack as the live version, and its own review cases, decided as a system would."""
    from engine import load_pack
    from engine.signal import Missing
    from service import audit, decisions, packs
    from service.db import unit
    from service.decisions import DecisionRequest
    from service.identity import people
    from service.identity.actor import system
    from service.tables import Tenant

    with unit(tenant) as session:
        session.add(Tenant(id=tenant, name=tenant))
        session.flush()
        audit.open_lanes(session, tenant)
    actor = system(tenant, "installer")
    for short, (name, role) in PEOPLE.items():
        people.create_person(actor, email=f"{short}@office.example", name=name, password=PASSWORD, roles=[role])
    packs.seed(tenant, ROOT / "rules" / "auto_loan_in")
    cases = load_pack(ROOT / "rules" / "auto_loan_in").source.cases
    number = 0
    for file in ("roads", "pan", "face", "screening"):
        for case in [one for one in cases if one.place.file == f"cases/{file}.yaml"][1:6]:
            number += 1
            known = {name: value for name, value in case.signals.items() if not isinstance(value, Missing)}
            signals = {name: _plain(value) for name, value in known.items()}
            decisions.decide(
                actor, DecisionRequest("auto_loan_in", f"LOAN-{number:04d}", signals, None, f"seed-{number}")
            )


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return {key: _plain(one) for key, one in value.items()} if isinstance(value, dict) else value
