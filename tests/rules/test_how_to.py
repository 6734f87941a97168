"""The guide for newcomers works as it is written: its packs load, its cases hold, its commands' answers are true."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest

from engine import Pack, Verdict, parse_pack, run_cases

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "how-to-write-a-rule.md"
FENCE = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def blocks() -> dict[str, str]:
    return {title or language: text for language, title, text in FENCE.findall(GUIDE.read_text(encoding="utf-8"))}


@pytest.fixture(scope="module")
def files(blocks: dict[str, str]) -> dict[str, str]:
    return {name: blocks[name] for name in ("pack.yaml", "cases/examples.yaml")}


@pytest.fixture(scope="module")
def extended(blocks: dict[str, str], files: dict[str, str]) -> dict[str, str]:
    """The pack after the reader has done what the last section asks."""
    pack = files["pack.yaml"]
    pack = pack.replace("\nsignals:", f"{indented(blocks['add to parameters'], 2)}\nsignals:", 1)
    pack = pack.replace("  level:\n", f"{indented(blocks['add to doubt_points'], 6)}  level:\n", 1)
    return {
        "pack.yaml": pack,
        "cases/examples.yaml": files["cases/examples.yaml"] + blocks["add to cases/examples.yaml"],
    }


def indented(text: str, spaces: int) -> str:
    return "".join(" " * spaces + line for line in text.splitlines(keepends=True))


def failures(pack: Pack) -> list[str]:
    return [result.case.name for result in run_cases(pack) if not result.passed]


def test_the_pack_of_the_guide_loads_and_its_cases_hold(files: dict[str, str]) -> None:
    pack = parse_pack(files)

    assert failures(pack) == []
    assert len(pack.source.cases) == 8


def test_the_applicant_of_the_guide_is_decided_as_told(blocks: dict[str, str], files: dict[str, str]) -> None:
    decision = parse_pack(files).decide(json.loads(blocks["signals.json"]), date(2026, 11, 20))

    assert (decision.verdict, decision.risk.score) == (Verdict.REVIEW, 90)
    assert {"PHONE_NOT_VERIFIED", "SMALL_DEPOSIT", "LATE_WITH_SMALL_DEPOSIT"} < set(decision.fired)
    assert decision.customer_reasons == ("Please confirm your phone number", "Please raise the deposit")


def test_the_python_of_the_guide_runs(
    blocks: dict[str, str],
    files: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, text in files.items():
        file = tmp_path / "rules" / "bicycle_hire" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    exec(compile(blocks["python"], str(GUIDE), "exec"), {})

    assert capsys.readouterr().out.startswith("review ")


def test_the_rule_that_the_reader_adds_keeps_all_cases(extended: dict[str, str]) -> None:
    pack = parse_pack(extended)

    assert failures(pack) == []
    assert len(pack.source.cases) == 11


def test_the_added_rule_is_undecided_before_its_number_has_a_value(extended: dict[str, str]) -> None:
    signals = {
        "applicant.date_of_birth": "1990-08-15",
        "phone.verified": True,
        "deposit.amount": 5000,
        "history.late_returns": 1,
    }

    decision = parse_pack(extended).decide(signals, date(2026, 10, 31))

    assert decision.verdict is Verdict.REVIEW
    assert decision.rules("undecided") == ("YOUNG_AND_LATE",)
