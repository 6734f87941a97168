"""Reports: what they say, that they are safe to open, and who may have them."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from openpyxl import load_workbook

from service import audit, cases, reports
from service.errors import Conflict, Forbidden, Invalid, NotFound, ServiceError
from service.identity.actor import system
from service.reports import making, risk_summary
from service.reports.cells import as_file, safe

TODAY = datetime.now(UTC).date()


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    """Nothing goes to a queue; what would have gone is listed."""
    found: list[tuple[str, str]] = []
    monkeypatch.setattr(making, "send_report", lambda *ids: bool(found.append(ids)) or True)
    return found


@pytest.fixture
def made(manager, sent):
    """Ask for a report and make it; returns the run and the content."""

    def make(name: str = "decision_register", file_format: str = "csv") -> tuple[dict, bytes]:
        run = reports.request(manager, name, TODAY - timedelta(days=1), TODAY, file_format)
        assert sent[-1] == (manager.tenant, run["id"])
        reports.run(*sent[-1])
        return reports.get(manager, run["id"]), reports.download(manager, run["id"])[2]

    return make


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


@pytest.mark.stack
def test_the_decision_register_holds_every_decision_and_what_people_made_of_it(ask, made, officer) -> None:
    clean, case_id = ask(reference="A").body, ask(reference="B", forged=True).body["case"]["id"]
    held = cases.claim(officer, case_id)
    cases.decide(
        officer, case_id, "approve", "identity_confirmed", "The original was seen at the branch.", held["version"]
    )
    run, content = made()
    first, second = rows(content)
    assert (first["decision"], first["machine_verdict"], first["human_decision"], first["override"]) == (
        clean["id"],
        "approve",
        "",
        "no",
    )
    assert (second["human_decision"], second["reason_code"], second["officer"], second["override"]) == (
        "approve",
        "identity_confirmed",
        "Omar Officer",
        "yes",
    )
    assert second["rules_fired"].split(", ")[0] == "FORGED"
    assert run["summary"] == {"decisions": 2, "approve": 1, "review": 0, "reject": 1, "overrides": 1}
    assert (run["rows"], run["status"]) == (2, "done")
    for word in ("Asha", "ABCPR1234K", "1990-08-15"):
        assert word not in content.decode()


@pytest.mark.stack
def test_a_report_opens_in_excel_with_a_sheet_that_says_what_it_is(ask, made) -> None:
    ask(reference="A")
    run, content = made(file_format="xlsx")
    book = load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["Report", "About"]
    assert [cell.value for cell in book["Report"][1]][:3] == ["decision", "decided_at", "reference"]
    assert book["Report"]["C2"].value == "A"
    assert book["About"]["B1"].value == "Decision register"
    assert run["file_name"].endswith(".xlsx")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r\n@x", " =1", '=HYPERLINK("http://x")'])
def test_a_text_that_would_run_as_a_formula_is_escaped(text) -> None:
    assert safe(text).startswith("'")
    sheet = load_workbook(io.BytesIO(as_file([{"a": text}], ["a"], {}, "xlsx")))["Report"]
    assert sheet["A2"].data_type == "s"
    assert sheet["A2"].value.startswith("'")
    assert rows(as_file([{"a": text}], ["a"], {}, "csv"))[0]["a"].startswith("'")


@pytest.mark.parametrize(("value", "cell"), [("a=b", "a=b"), (-5, -5), (1.5, 1.5), (None, None), ("a\x00b\x07", "ab")])
def test_other_cells_stay_what_they_are(value, cell) -> None:
    assert safe(value) == cell


def test_an_empty_report_has_its_headings() -> None:
    assert as_file([], ["a", "b"], {}, "csv") == b"a,b\r\n"
    assert load_workbook(io.BytesIO(as_file([], ["a"], {}, "xlsx")))["Report"]["A1"].value == "a"


@pytest.mark.stack
def test_the_risk_summary_counts_categories_and_moves(tenant, sql, made) -> None:
    decision = (
        "INSERT INTO decision (tenant_id, id, reference, pack_id, pack_version, pack_digest, engine_version, as_of, verdict,"
        " risk_category, fired, models, lists, digest, created_at) VALUES"
        " (%s, %s, %s, 'tiny', '1', 'd', '1', now(), %s, %s, '{}', '{}', '{}', 'x', now() + %s)"
    )
    for number, (reference, verdict, category) in enumerate(
        [
            ("A", "approve", "low"),
            ("B", "review", "high"),
            ("A", "review", "medium"),
            ("B", "approve", "low"),
            ("C", "review", None),
        ]
    ):
        sql(decision, tenant, f"dec_{tenant}{number}", reference, verdict, category, timedelta(microseconds=number))
    run, content = made("risk_categorisation_summary")
    (row,) = rows(content)
    counts = {
        name: row[name] for name in ("decisions", "low", "medium", "high", "uncategorised", "moved_up", "moved_down")
    }
    assert counts == {
        "decisions": "5",
        "low": "2",
        "medium": "1",
        "high": "1",
        "uncategorised": "1",
        "moved_up": "1",
        "moved_down": "1",
    }
    assert (row["channel"], row["reviewed_within_6m_percent"], row["overdue_reviews"]) == ("signals", "100.0", "0")
    assert run["summary"]["decisions"] == 5


@pytest.mark.stack
def test_a_category_older_than_six_months_is_an_overdue_review(tenant, sql) -> None:
    from service.db import unit

    decision = (
        "INSERT INTO decision (tenant_id, id, reference, pack_id, pack_version, pack_digest, engine_version, as_of, verdict,"
        " risk_category, fired, models, lists, digest, created_at) VALUES"
        " (%s, %s, %s, 'tiny', '1', 'd', '1', now(), 'review', 'low', '{}', '{}', '{}', 'x', %s)"
    )
    for number, moment in enumerate((datetime(2025, 1, 5, tzinfo=UTC), datetime(2025, 12, 5, tzinfo=UTC))):
        sql(decision, tenant, f"dec_{tenant}{number}", f"R{number}", moment)
    with unit(tenant) as session:
        made = risk_summary.rows(session, datetime(2025, 12, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
    assert [(row["month"], row["overdue_reviews"], row["reviewed_within_6m_percent"]) for row in made] == [
        ("2025-12", 1, 50.0)
    ]


@pytest.mark.stack
def test_requests_and_downloads_are_audited_and_need_their_permission(ask, made, manager, officer, auditor) -> None:
    run, _ = made()
    actions = [entry["action"] for entry in audit.entries(system(manager.tenant), subject=run["id"]).items]
    assert actions == ["report.downloaded", "report.made", "report.requested"]
    with pytest.raises(Forbidden):
        reports.request(auditor, "decision_register", TODAY, TODAY)
    for act in (reports.download, reports.get):
        with pytest.raises(Forbidden):
            act(officer, run["id"])
    assert reports.download(auditor, run["id"])[0] == run["file_name"]


@pytest.mark.stack
def test_a_report_that_is_not_ready_is_a_conflict_and_another_tenants_is_not_found(manager) -> None:
    run = reports.request(manager, "decision_register", TODAY, TODAY)
    with pytest.raises(Conflict, match="queued"):
        reports.download(manager, run["id"])
    for act in (reports.download, reports.get):
        with pytest.raises(NotFound):
            act(system("somebody_else"), run["id"])
    assert reports.listing(system("somebody_else")).items == []


@pytest.mark.stack
@pytest.mark.parametrize(
    ("first", "last", "file_format"),
    [
        (TODAY, TODAY - timedelta(days=1), "csv"),
        (date(1, 1, 1), TODAY, "csv"),
        (TODAY, date(9999, 12, 31), "csv"),
        (TODAY, TODAY, "pdf"),
    ],
)
def test_a_period_or_format_that_makes_no_sense_is_refused(manager, first, last, file_format) -> None:
    with pytest.raises(Invalid):
        reports.request(manager, "decision_register", first, last, file_format)


@pytest.mark.stack
def test_an_unknown_report_is_not_found(manager) -> None:
    with pytest.raises(NotFound):
        reports.request(manager, "nothing", TODAY, TODAY)


@pytest.mark.stack
def test_a_run_that_was_sent_twice_ends_as_one_file(ask, made, tenant) -> None:
    ask()
    run, content = made()
    ask()
    reports.run(tenant, run["id"])
    reports.run(tenant, "rep_unheard_of")
    assert reports.download(system(tenant), run["id"])[2] == content


@pytest.mark.stack
def test_a_refusal_while_a_report_is_made_is_kept_in_the_run(manager, tenant, monkeypatch) -> None:
    def refuse(*_: object) -> bytes:
        raise ServiceError("too many rows")

    run = reports.request(manager, "decision_register", TODAY, TODAY, "csv")
    monkeypatch.setattr(making, "as_file", refuse)
    reports.run(tenant, run["id"])
    assert (reports.get(manager, run["id"])["status"], reports.get(manager, run["id"])["error"]) == (
        "failed",
        "too many rows",
    )


@pytest.mark.stack
def test_a_report_lies_sealed_on_disk(ask, made, stack) -> None:
    body = ask(reference="FIND-ME").body
    made()
    held = b"".join(path.read_bytes() for path in (stack.data_dir / "blobs").rglob("*") if path.is_file())
    assert held
    assert b"FIND-ME" not in held
    assert body["id"].encode() not in held


@pytest.mark.stack
def test_the_catalogue_and_the_runs_are_listed(manager, made) -> None:
    assert {one["name"] for one in reports.catalogue()} == {
        "decision_register",
        "law_matrix",
        "risk_categorisation_summary",
    }
    ids = [made()[0]["id"] for _ in range(3)]
    page = reports.listing(manager, limit=2)
    rest = reports.listing(manager, after=page.next, limit=2)
    assert sorted(item["id"] for item in page.items + rest.items) == sorted(ids)
    assert rest.next is None
