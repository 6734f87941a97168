"""The shipped packs, loaded once, and the applicant whose papers agree."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from engine import Pack, load_pack

RULES = Path(__file__).resolve().parents[2] / "rules"
TODAY = date(2026, 11, 20)


@pytest.fixture(scope="session")
def auto_loan_folder() -> Path:
    return RULES / "auto_loan_in"


@pytest.fixture(scope="session")
def auto_loan(auto_loan_folder: Path) -> Pack:
    return load_pack(auto_loan_folder)


@pytest.fixture(scope="session")
def clean_applicant(auto_loan: Pack) -> Mapping[str, object]:
    """The signals of the case that the pack approves with no point against it."""
    sentence = "A salaried applicant whose papers agree is approved"
    return next(case.signals for case in auto_loan.source.cases if case.name == sentence)


@pytest.fixture
def today() -> date:
    return TODAY
