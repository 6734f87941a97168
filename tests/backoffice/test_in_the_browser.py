"""The journeys of the back office in a real browser, against the real API on the embedded stack."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.stack]

CHROMIUM = next((path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path), None)
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
READY = """() => {
  const app = document.querySelector('[data-testid="stApp"]');
  return app && app.getAttribute('data-test-script-state') === 'notRunning'
    && app.getAttribute('data-test-connection-state') === 'CONNECTED'
    && document.querySelectorAll('[data-testid="stSkeleton"]').length === 0;
}"""
ROW_PX = 35
NOTE = "The papers were seen and compared, and the difference is explained."


class Person:
    """Somebody in front of a browser of their own; keeps what the page broke and whom it called."""

    def __init__(self, browser: Any, url: str, word: str) -> None:
        self.url, self.word = url, word
        self.context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
        self.page = self.context.new_page()
        self.errors: list[str] = []
        self.addresses: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.addresses.append(request.url))

    def sign_in(self, who: str, path: str = "/") -> Person:
        self.page.goto(self.url + path)
        self.page.get_by_label("E-mail").wait_for()
        self.ready()
        self.page.get_by_label("E-mail").fill(f"{who}@office.example")
        self.page.get_by_label("Password", exact=True).fill(self.word)
        self.press("sign_in_go")
        self.page.locator(".st-key-sign_out").wait_for()
        self.ready()
        return self

    def ready(self) -> None:
        self.page.wait_for_timeout(80)  # lets a run that was just triggered begin
        self.page.wait_for_function(READY, timeout=30000)

    def open(self, name: str) -> None:
        self.page.get_by_role("link", name=name).click()
        self.page.get_by_role("heading", name=name, level=1).wait_for()
        self.ready()

    def press(self, key: str) -> None:
        self.page.locator(f".st-key-{key} button").first.click()
        self.ready()

    def choose(self, label: str, option: str) -> None:
        self.ready()
        self.page.get_by_role("combobox", name=label, exact=True).click()
        self.page.keyboard.type(option)  # long lists are drawn only in part
        self.page.get_by_role("option", name=option).first.wait_for()
        self.page.keyboard.press("Enter")

    def open_row(self, table: str, row: int = 0) -> None:
        """Press the button in the first column of a grid, which is known by its label."""
        grid = self.page.get_by_role("region", name=table, exact=True)
        grid.locator("[role=columnheader]").first.wait_for(state="attached")
        box = grid.locator("canvas").first.bounding_box()
        self.page.mouse.click(box["x"] + 30, box["y"] + ROW_PX * (row + 1) + ROW_PX / 2)
        self.ready()

    def edit(self, table: str, x: float, row: int, text: str) -> None:
        """Type into a cell of a grid."""
        grid = self.page.get_by_role("region", name=table, exact=True)
        grid.locator("[role=columnheader]").first.wait_for(state="attached")
        field = self.page.locator("#portal input, #portal textarea").first
        for _ in range(8):
            box = grid.locator("canvas").first.bounding_box()
            self.page.mouse.dblclick(box["x"] + x, box["y"] + ROW_PX * (row + 1) + ROW_PX / 2)
            try:
                field.wait_for(state="visible", timeout=1000)
                break
            except Exception:  # noqa: BLE001 - the grid was being drawn anew under the pointer
                continue
        field.fill(text)
        field.press("Enter")
        self.ready()

    def sees(self, text: str | re.Pattern[str]) -> None:
        self.page.get_by_text(text).first.wait_for()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One browser for this module; its event loop must not outlive it."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        made = play.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield made
        made.close()


@pytest.fixture
def person(browser: Any, office: Any) -> Iterator[Callable[[str], Person]]:
    """Signs somebody in; at the end, no page may have failed or asked anything of the outside."""
    made: list[Person] = []

    def enter(who: str, path: str = "/") -> Person:
        one = Person(browser, office.url, "a calm first password 7")
        made.append(one)
        return one.sign_in(who, path)

    yield enter
    outside = [
        url
        for one in made
        for url in one.addresses
        if not re.match(r"(https?|wss?)://127\.0\.0\.1[:/]|data:|blob:", url)
    ]
    errors = [error for one in made for error in one.errors]
    for one in made:
        one.context.close()
    assert not outside
    assert not errors


def test_an_officer_claims_the_next_case_and_declines_it_with_reason_and_note(person: Any) -> None:
    officer = person("officer")
    officer.press("claim_next")
    officer.page.wait_for_url("**/case?case_id=*")
    officer.page.get_by_role("heading", name=re.compile("KYC-")).wait_for()
    officer.ready()
    officer.press("decline")
    officer.page.get_by_role("dialog").wait_for()
    officer.press("decline_confirm")
    officer.sees("Reason: choose one.")
    officer.choose("Reason", "Documents are unreadable")
    officer.page.get_by_label("Note to file").fill(NOTE)
    officer.press("decline_confirm")
    officer.sees("decline recorded")
    officer.sees("Declined")
    officer.page.get_by_role("tab", name="Timeline").click()
    officer.ready()
    officer.sees(NOTE)


def test_a_four_eyes_case_closes_only_when_a_second_officer_agrees(person: Any) -> None:
    senior = person("senior")
    senior.open("Review queue")
    senior.choose("Queue", "EDD")
    senior.ready()
    senior.open_row("Cases of the queue")
    senior.page.wait_for_url("**/case?case_id=*")
    address = senior.page.url.removeprefix(senior.url)
    senior.press("claim")
    senior.press("approve")
    senior.choose("Reason", "The risk is known")
    senior.page.get_by_label("Note to file").fill(NOTE)
    senior.press("approve_confirm")
    senior.sees("Waiting for second officer")
    senior.sees("You decided this case; another officer confirms it.")
    assert senior.page.locator(".st-key-agree button").is_disabled()

    manager = person("manager", address)
    manager.page.get_by_role("heading", name=re.compile("KYC-")).wait_for()
    manager.sees(NOTE)
    manager.press("agree")
    manager.page.get_by_role("dialog").wait_for()
    manager.press("agree_confirm")
    manager.sees("Approved")
    manager.sees(re.compile("by Sara Senior, confirmed by Mina Manager"))


def _work(tenant: str) -> None:
    """What workers do when the queues give them the jobs about versions, and the trials."""
    from sqlalchemy import select
    from sqlmodel import col

    from service.db import unit
    from service.packs import job_running
    from service.tables import PackJob
    from service.trials import comparing

    with unit(tenant) as session:
        waiting = list(session.execute(select(PackJob.id).where(col(PackJob.status) == "queued")).scalars())
    for job_id in waiting:
        job_running.run(tenant, job_id)
    comparing.compare(tenant)


def test_a_threshold_goes_from_draft_to_live_through_two_people(person: Any, office: Any) -> None:
    analyst = person("analyst")
    analyst.open("Rule packs")
    analyst.press("new_draft")
    analyst.page.wait_for_url("**/version?*")
    analyst.sees(re.compile("Draft v2, not live"))
    analyst.page.get_by_label("Find a threshold").fill("face match sure")
    analyst.page.get_by_label("Find a threshold").press("Enter")
    analyst.ready()
    analyst.edit("Thresholds", 330, 0, "0.66")
    analyst.sees("is now 0.66. Saved to the draft.")
    analyst.press("check")
    analyst.page.get_by_text("The check is red").first.wait_for(timeout=60000)  # cases of this year hold the old value
    assert analyst.page.locator(".st-key-submit button").is_disabled()
    analyst.edit("Thresholds", 330, 0, "0.65")
    analyst.sees("is now 0.65. Saved to the draft.")
    analyst.page.get_by_text("Add a value from a day on").click()
    analyst.choose("Threshold", "face_match_sure")
    analyst.page.locator(".st-key-add_from [role=spinbutton]").first.click()
    analyst.page.keyboard.type("20270101")
    analyst.page.get_by_label("Value", exact=True).fill("0.66")
    analyst.page.get_by_label("Source", exact=True).fill("company_policy")
    analyst.press("add_value_go")
    analyst.sees("from 2027-01-01 on is now 0.66. Saved to the draft.")
    analyst.press("check")
    analyst.page.get_by_text("Draft v2, not live. The check is green").wait_for(timeout=60000)
    analyst.page.get_by_role("tab", name="Difference").click()
    analyst.ready()
    analyst.sees(re.compile("to v2 .*: 1 change"))
    analyst.press("submit")
    analyst.press("submit_confirm")
    analyst.sees(re.compile("is submitted"))
    assert analyst.page.locator(".st-key-approve button").is_disabled()
    address = analyst.page.url.removeprefix(analyst.url)

    approver = person("approver")
    approver.open("Approvals")
    approver.open_row("Pack versions for approval")
    approver.page.wait_for_url("**/version?*")
    assert approver.page.url.removeprefix(approver.url) == address
    approver.sees("The proofs are queued.")
    assert approver.page.locator(".st-key-approve button").is_disabled()
    _work(office.tenant)
    approver.sees("The check is green, proofs included.")  # by itself: the page looks again while a worker is at it
    approver.sees(re.compile("The back-test is on record: [0-9]+ stored decisions"))
    approver.ready()
    approver.page.get_by_role("tab", name="Back-test").click()
    approver.ready()
    approver.sees("From verdict to verdict")
    approver.sees(re.compile("0 of [0-9]+ move"))
    with approver.page.expect_download() as saved:
        approver.page.locator("[class*=st-key-workbook_] button").click()
    assert saved.value.suggested_filename.endswith(".xlsx")
    approver.press("approve")
    approver.press("approve_confirm")
    approver.sees(re.compile("is approved"))
    _try_on_live_traffic(approver, office)
    approver.press("activate")
    approver.press("activate_confirm")
    approver.sees("Tick every line")
    for place in range(3):
        approver.page.locator(f".st-key-activate_tick_{place} label").click()
        approver.ready()
    approver.press("activate_confirm")
    approver.sees(re.compile("is live"))
    approver.open("Rule packs")
    live = approver.page.get_by_role("region", name="Rule packs").locator("[data-testid='glide-cell-1-0']")
    live.filter(has_text="v2 (").wait_for(state="attached")
    _roll_back(approver, address)


def _try_on_live_traffic(approver: Person, office: Any) -> None:
    """A shadow beside the live version for one decision, seen and stopped."""
    from service import decisions
    from service.decisions import DecisionRequest
    from service.identity.actor import system

    approver.page.get_by_role("tab", name="Live traffic").click()
    approver.ready()
    approver.press("shadow")
    approver.page.get_by_role("dialog").wait_for()
    approver.press("shadow_confirm")
    approver.sees(re.compile("is deciding in the shadow"))
    request = DecisionRequest("auto_loan_in", "LOAN-SHADOW", {}, None, "shadow-1")
    decisions.decide(system(office.tenant, "origination"), request)
    _work(office.tenant)
    approver.page.get_by_role("tab", name="Try out").click()
    approver.ready()
    approver.page.get_by_text("A stored decision").click()
    approver.ready()
    approver.press("try_stored_go")
    approver.sees(re.compile("On record: review"))
    approver.page.get_by_role("tab", name="Live traffic").click()
    approver.ready()
    approver.sees("From category to category")
    approver.press("stop")
    approver.page.get_by_role("dialog").wait_for()
    approver.press("stop_confirm")
    approver.sees(re.compile("is not on live traffic any more"))


def _roll_back(approver: Person, address: str) -> None:
    """One click and a reason."""
    approver.open_row("Versions of the pack")
    approver.page.wait_for_url("**/version?*")
    assert approver.page.url.removeprefix(approver.url) == address
    approver.press("rollback")
    approver.page.get_by_role("dialog").wait_for()
    approver.page.get_by_label("Reason").fill("The new threshold sends too many good customers to review.")
    approver.press("rollback_confirm")
    approver.sees(re.compile("v1 .* is live again"))


def test_a_report_is_asked_for_made_and_saved(person: Any, office: Any, tmp_path: Path) -> None:
    from openpyxl import load_workbook

    from service import reports
    from service.identity.actor import system

    manager = person("manager")
    manager.open("Reports")
    manager.press("report_go")
    manager.sees("The report is asked for.")
    # What a worker does when the queue gives it the run.
    run = reports.listing(system(office.tenant), limit=1).items[0]
    reports.run(office.tenant, run["id"])
    ready = manager.page.locator(f".st-key-get_{run['id']} button:not([disabled])")
    ready.wait_for(timeout=20000)
    with manager.page.expect_download() as saved:
        ready.click()
    path = tmp_path / saved.value.suggested_filename
    saved.value.save_as(path)
    assert path.suffix == ".xlsx"
    words = {str(cell.value) for sheet in load_workbook(path).worksheets for row in sheet.iter_rows() for cell in row}
    assert "machine_verdict" in words
    assert not [url for url in manager.addresses if re.search(r":[0-9]+/media/", url)]


def test_an_officer_finds_packs_for_reading_and_nothing_to_change(person: Any) -> None:
    officer = person("officer")
    officer.open("Rule packs")
    assert officer.page.locator(".st-key-new_draft").count() == 0
    assert officer.page.get_by_role("link", name="Approvals").count() == 0
    officer.page.goto(officer.url + "/audit")
    officer.page.get_by_label("E-mail").wait_for()  # a new address is a new session
    officer.sign_in("officer", "/audit")
    officer.sees("Not for your role")


def test_a_wrong_password_says_nothing_about_which_part_was_wrong(browser: Any, office: Any) -> None:
    stranger = Person(browser, office.url, "not the password at all")
    stranger.page.goto(office.url)
    stranger.page.get_by_label("E-mail").wait_for()
    stranger.ready()
    stranger.page.get_by_label("E-mail").fill("nobody@office.example")
    stranger.page.get_by_label("Password", exact=True).fill(stranger.word)
    stranger.press("sign_in_go")
    stranger.sees("E-mail, password or code is wrong")
    stranger.context.close()


def test_a_workbook_is_saved_changed_and_brought_in_as_a_draft(person: Any, office: Any, tmp_path: Path) -> None:
    from openpyxl import load_workbook

    from service import packs

    packs.seed(office.tenant, Path(__file__).parents[1] / "api" / "tiny_pack")
    analyst = person("analyst")
    analyst.open("Rule packs")
    analyst.choose("Pack", "tiny")
    analyst.ready()
    analyst.open_row("Versions of the pack")
    analyst.page.wait_for_url("**/version?*")
    with analyst.page.expect_download() as saved:
        analyst.page.locator(".st-key-save_xlsx button").click()
    path = tmp_path / saved.value.suggested_filename
    assert path.name == "tiny-v1.xlsx"
    saved.value.save_as(path)
    book = load_workbook(path)
    cell = next(cell for row in book["parameters"].iter_rows() for cell in row if cell.value == 650)
    cell.value = 660
    book.save(path)
    analyst.open("Rule packs")
    analyst.page.get_by_text("Import a file as a draft").click()
    analyst.ready()
    analyst.page.locator("input[type=file]").set_input_files(path)
    analyst.ready()
    analyst.press("import_go")
    analyst.sees("Everything in the file was carried.")
    analyst.press("imported_diff")
    analyst.page.wait_for_url("**/version?*")
    analyst.ready()
    analyst.sees(re.compile("to v2 .*: 1 change"))
    assert not [url for url in analyst.addresses if re.search(r":[0-9]+/media/", url)]


def test_a_foreign_model_starts_a_pack_and_tells_what_it_could_not_carry(person: Any, tmp_path: Path) -> None:
    from api.wire.packs import IMPORT_FORM

    example = IMPORT_FORM["requestBody"]["content"]["multipart/form-data"]["example"]["file"]
    path = tmp_path / "model.dmn"
    path.write_text(example.replace("auto_loan_in", "zz_model"), encoding="utf-8")
    analyst = person("analyst")
    analyst.open("Rule packs")
    analyst.page.get_by_text("Import a file as a draft").click()
    analyst.ready()
    analyst.page.locator("input[type=file]").set_input_files(path)
    analyst.ready()
    analyst.press("import_go")
    analyst.sees(re.compile("this is the pack zz_model"))
    analyst.page.get_by_label("Pack", exact=True).last.fill("zz_model")
    analyst.press("import_go")
    analyst.sees(re.compile("2 things could not be carried"))
    analyst.sees("a model has no verdict: every case is reviewed")
    analyst.press("imported_open")
    analyst.page.wait_for_url("**/version?*")
    analyst.sees(re.compile("Draft v1, not live"))


def test_what_would_change_a_case_stands_apart_from_what_may_be_told(person: Any, office: Any) -> None:
    from service import cases
    from service.identity.actor import system

    case = cases.listing(system(office.tenant)).items[0]
    auditor = person("auditor", f"/case?case_id={case['id']}")
    auditor.page.get_by_role("heading", name=re.compile("KYC-")).wait_for()
    auditor.ready()
    auditor.page.get_by_role("tab", name="What would change it").click()
    auditor.sees("Smallest changes of the verdict")
    auditor.ready()
    auditor.sees("What the applicant may be told")
    auditor.sees(re.compile("Nothing else of this case may be told"))
