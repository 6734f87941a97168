"""What the back office asks of the API, one method per act; `client` carries it, views never see a path.

Nothing is cached, decided or defaulted here: what comes back is what the API said, and a refusal is an `ApiProblem`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, cast
from urllib.parse import quote

from backoffice.client import Client, Download, Json

PAGE: Final = 200


class Api(Client):
    """Everything one signed-in person may ask."""

    def me(self) -> Json:
        """Who is signed in, with roles and permissions."""
        return self.get("/v1/me")

    # -- cases

    def cases(self, *, status: str | None = None, queue: str | None = None, mine: bool = False) -> Json:
        """The first page of cases in working order; `next` is not null where there are more."""
        return self.get("/v1/cases", status=status, queue=queue, mine=mine or None, limit=PAGE)

    def queues(self) -> list[Json]:
        """What waits, by queue: open, claimed, waiting, second, late."""
        return _items(self.get("/v1/queues"))

    def case(self, case_id: str) -> Json:
        """The whole case page."""
        return self.get(f"/v1/cases/{case_id}")

    def claim_next(self, queue: str | None = None) -> Json:
        """Take the most urgent open case; 404, or an answer without an id, where nothing waits."""
        return self.post("/v1/cases:claim-next", {"queue": queue})

    def claim(self, case_id: str) -> Json:
        """Take this case; 409 where another officer has it."""
        return self.post(f"/v1/cases/{case_id}:claim")

    def release(self, case_id: str) -> Json:
        """Put the case back into its queue."""
        return self.post(f"/v1/cases/{case_id}:release")

    def assign(self, case_id: str, person_id: str) -> Json:
        """Hand the case to a person."""
        return self.post(f"/v1/cases/{case_id}:assign", {"person_id": person_id})

    def assignees(self) -> list[Json]:
        """Who may be given a case."""
        return _items(self.get("/v1/assignees"))

    def escalate(self, case_id: str, queue: str, note: str) -> Json:
        """Move the case to another queue, for an approval manager."""
        return self.post(f"/v1/cases/{case_id}:escalate", {"queue": queue, "note": note})

    def request_information(self, case_id: str, what: str, note: str) -> Json:
        """Let the case wait for something from the applicant."""
        return self.post(f"/v1/cases/{case_id}:request-information", {"what": what, "note": note})

    def add_note(self, case_id: str, text: str) -> Json:
        """Write into the timeline."""
        return self.post(f"/v1/cases/{case_id}/notes", {"text": text})

    def decide_case(self, case_id: str, *, outcome: str, reason_code: str, note: str, version: int) -> Json:
        """Decide the case as it was read; 409 where it has changed."""
        body = {"outcome": outcome, "reason_code": reason_code, "note": note, "version": version}
        return self.post(f"/v1/cases/{case_id}:decide", body)

    def second_case(self, case_id: str, *, agree: bool, note: str, version: int) -> Json:
        """Be the second pair of eyes; 409 where the case has changed."""
        return self.post(f"/v1/cases/{case_id}:second", {"agree": agree, "note": note, "version": version})

    def document(self, document_id: str) -> Download:
        """A document's file; the API audits each reading."""
        return self.download(f"/v1/documents/{document_id}/content")

    def explanation(self, decision_id: str) -> Json:
        """Why the decision came out as it did, with the legal basis of each reason."""
        return self.get(f"/v1/decisions/{decision_id}/explanation")

    def replay(self, decision_id: str, version_id: str | None = None) -> Json:
        """Decide again from the record, by what decided or by the version named; `same` says whether the digests agree."""
        body = None if version_id is None else {"version": version_id}
        return self.post(f"/v1/decisions/{decision_id}:replay", body)

    # -- packs

    def packs(self) -> list[Json]:
        """Every pack with its active version and those on their way."""
        return _items(self.get("/v1/packs"))

    def versions(self, pack: str) -> list[Json]:
        """A pack's versions, newest first."""
        return _items(self.get(f"/v1/packs/{pack}/versions"))

    def new_draft(self, pack: str, from_version: str | None = None, note: str = "") -> Json:
        """A draft from a version, or from the active one."""
        return self.post(f"/v1/packs/{pack}/versions", {"from_version": from_version, "note": note})

    def version(self, pack: str, version_id: str) -> Json:
        """A version with its files and its last check."""
        return self.get(_version(pack, version_id))

    def export_version(self, pack: str, version_id: str, to: str) -> Download:
        """A version as a file: `dmn`, `xlsx`, or `yaml` in a zip."""
        return self.download(_version(pack, version_id) + f"/export?to={to}")

    def import_version(self, pack: str, content: bytes, file_name: str, note: str) -> Json:
        """A draft of a file, with `not_carried`; a file that is no pack, or another one, is refused with every reason."""
        return self.upload(f"/v1/packs/{quote(pack, safe='')}/versions:import", {"note": note}, content, file_name)

    def save_files(self, pack: str, version_id: str, files: Mapping[str, str], row_version: int) -> Json:
        """Replace a draft's files; 409 where somebody saved it meanwhile."""
        return self.put(_version(pack, version_id), {"files": dict(files), "row_version": row_version})

    def tables(self, pack: str, version_id: str) -> list[Json]:
        """A version's tables as grids."""
        return _items(self.get(_version(pack, version_id) + "/tables"))

    def save_table(self, pack: str, version_id: str, table: str, rows: Sequence[Json], row_version: int) -> Json:
        """Replace one table's rows in a draft."""
        path = _version(pack, version_id) + f"/tables/{table}"
        return self.put(path, {"rows": list(rows), "row_version": row_version})

    def parameters(self, pack: str, version_id: str) -> list[Json]:
        """A version's parameters with their dated values."""
        return _items(self.get(_version(pack, version_id) + "/parameters"))

    def save_parameter(
        self,
        pack: str,
        version_id: str,
        name: str,
        *,
        start: date,
        value: object,
        source: str,
        note: str,
        row_version: int,
    ) -> Json:
        """Set a parameter's value from a day on."""
        body = {
            "effective_from": start.isoformat(),
            "value": value,
            "source": source,
            "note": note,
            "row_version": row_version,
        }
        return self.put(_version(pack, version_id) + f"/parameters/{name}", body)

    def check(self, pack: str, version_id: str) -> Json:
        """Compile, lint and run the cases; the report."""
        return self.post(_version(pack, version_id) + ":check")

    def difference(self, pack: str, version_id: str, against: str) -> list[Json]:
        """What moves from `against` to the version."""
        return cast("list[Json]", self.get(_version(pack, version_id) + "/diff", against=against).get("changes", []))

    def prove(self, pack: str, version_id: str) -> Json:
        """Ask a worker for the whole check with its proofs."""
        return self.post(_version(pack, version_id) + ":prove")

    def backtest(self, pack: str, version_id: str, first: date | None = None, last: date | None = None) -> Json:
        """Ask a worker to decide stored decisions again; days are both included, the last 90 days where there are none."""
        days = {"from": first, "to": last}
        body = {key: None if day is None else day.isoformat() for key, day in days.items()}
        return self.post(_version(pack, version_id) + ":backtest", body)

    def backtests(self, pack: str, version_id: str) -> list[Json]:
        """A version's back-tests, newest first."""
        return _items(self.get(_version(pack, version_id) + "/backtests"))

    def backtest_result(self, pack: str, version_id: str, job_id: str) -> Json:
        """How far a back-test is, and its figures when it is done."""
        return self.get(_version(pack, version_id) + f"/backtests/{job_id}")

    def backtest_workbook(self, pack: str, version_id: str, job_id: str) -> Download:
        """A finished back-test as a workbook; the API audits each download."""
        return self.download(_version(pack, version_id) + f"/backtests/{job_id}/content")

    def schedule(self, pack: str, version_id: str, effective_from: str, note: str) -> Json:
        """Let an approved version take effect at an instant."""
        body = {"effective_from": effective_from, "note": note}
        return self.post(_version(pack, version_id) + ":schedule", body)

    def roll_back(self, pack: str, to: str | None, note: str) -> Json:
        """Let the version before decide again, or the one named."""
        return self.post(f"/v1/packs/{pack}:rollback", {"to": to, "note": note})

    def shadow(self, pack: str, version_id: str, note: str) -> Json:
        """Let a version decide on live traffic without effect."""
        return self.post(_version(pack, version_id) + ":shadow", {"note": note})

    def challenge(self, pack: str, version_id: str, percent: int, note: str) -> Json:
        """Let a version answer for a part of the references."""
        return self.post(_version(pack, version_id) + ":challenge", {"percent": percent, "note": note})

    def trials(self, pack: str, version_id: str) -> list[Json]:
        """The trials of a version, newest first."""
        return _items(self.get(_version(pack, version_id) + "/trials"))

    def trial(self, pack: str, version_id: str, trial_id: str) -> Json:
        """A trial in figures."""
        return self.get(_version(pack, version_id) + f"/trials/{trial_id}")

    def try_version(self, pack: str, version_id: str, signals: Mapping[str, Any], as_of: date | None) -> Json:
        """Decide by this version, as a test."""
        body = {"signals": dict(signals), "as_of": None if as_of is None else as_of.isoformat()}
        return self.post(_version(pack, version_id) + ":decide", body)

    def decisions(self, reference: str | None = None) -> list[Json]:
        """The newest decisions, of a reference where one is given, without what is sealed."""
        return _items(self.get("/v1/decisions", limit=100, reference=reference))

    def move_version(self, pack: str, version_id: str, act: str, note: str) -> Json:
        """One act of the life cycle that needs nothing but a note, such as submit, approve, activate or stop."""
        return self.post(f"{_version(pack, version_id)}:{act}", {"note": note})

    # -- reports, audit, lists, administration

    def reports(self) -> Json:
        """The catalogue and the runs so far, newest first."""
        return self.get("/v1/reports", limit=50)

    def ask_report(self, name: str, first: date, last: date, kind: str) -> Json:
        """Ask a worker for a report over a period, both days included."""
        return self.post(f"/v1/reports/{name}", {"from": first.isoformat(), "to": last.isoformat(), "format": kind})

    def report(self, run_id: str) -> Download:
        """A finished report's file; the API audits each download."""
        return self.download(f"/v1/reports/runs/{run_id}/content")

    def audit(self, after: str | None, *, subject: str | None, action: str | None) -> Json:
        """A page of the audit trail, newest first."""
        return self.get("/v1/audit", after=after, limit=100, subject=subject, action=action)

    def verify_audit(self) -> Json:
        """Walk every chain."""
        return self.post("/v1/audit:verify")

    def lists(self) -> list[Json]:
        """The watchlists in force, with their ages."""
        return _items(self.get("/v1/lists"))

    def import_list(self, name: str, kind: str, content: bytes, file_name: str) -> Json:
        """A new version of a list, whole or not at all."""
        return self.upload("/v1/lists", {"name": name, "kind": kind}, content, file_name)

    def people(self) -> list[Json]:
        """Everybody who may sign in."""
        return _items(self.get("/v1/people", limit=PAGE))

    def add_person(self, body: Mapping[str, Any]) -> Json:
        """A new person with a first password."""
        return self.post("/v1/people", body)

    def change_person(self, person_id: str, body: Mapping[str, Any]) -> Json:
        """Roles, status, name or password; what is absent stays."""
        return self.post(f"/v1/people/{person_id}:change", body)

    def keys(self) -> list[Json]:
        """API keys, without secrets."""
        return _items(self.get("/v1/keys", limit=PAGE))

    def add_key(self, name: str) -> Json:
        """A key for an origination system; its text is shown this once."""
        return self.post("/v1/keys", {"name": name})

    def revoke_key(self, key_id: str) -> Json:
        """Refuse a key from now on."""
        return self.post(f"/v1/keys/{key_id}:revoke")

    def change_password(self, old: str, new: str) -> None:
        """One's own; ends all sessions."""
        self.post("/v1/me:change-password", {"old_password": old, "new_password": new})

    def enrol_totp(self) -> Json:
        """A secret for an authenticator app, shown this once."""
        return self.post("/v1/me:enrol-totp")

    def confirm_totp(self, code: str) -> None:
        """Switch one-time codes on with a first code."""
        self.post("/v1/me:confirm-totp", {"code": code})


def _items(body: Json) -> list[Json]:
    return cast("list[Json]", body.get("items", []))


def _version(pack: str, version_id: str) -> str:
    return f"/v1/packs/{pack}/versions/{version_id}"
