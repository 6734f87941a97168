"""The shipped auto-loan pack, and a small pack whose explanations can be read at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.pack import Pack, load_pack, parse_pack

SMALL = """\
pack: small
title: Small
version: "1"
on_missing: review
sources: {law: {title: "The law", reference: "Section 1"}}
parameters:
  match_min: {unit: ratio, values: [{from: 2025-01-01, value: 0.60, source: law}]}
  burden_max: {unit: percent, values: [{from: 2025-01-01, value: 50, source: law}]}
signals:
  applicant.date_of_birth: {type: date, pii: true}
  applicant.income: {type: number, range: [0, 1000000]}
  loan.instalment: {type: number, range: [0, 1000000]}
  face.match_score: {type: number, range: [0, 1]}
  pan.status: {type: string, values: [E, N, X]}
  screening.hit: {type: boolean}
checks:
  face: {needs: [document.selfie], provides: [face.match_score], timeout_s: 5}
  pan: {needs: [applicant.date_of_birth], provides: [pan.status], timeout_s: 5}
  screening: {needs: [applicant.date_of_birth], provides: [screening.hit], timeout_s: 5}
decisions:
  age: {expression: "years and months duration(applicant.date_of_birth, as_of).years"}
  burden: {expression: "loan.instalment / applicant.income * 100"}
  settled: {expression: 'face.match_score >= match_min and pan.status = "E" and burden <= burden_max'}
  points:
    hit_policy: COLLECT SUM
    inputs: {match: face.match_score, status: pan.status, burden: burden, hit: screening.hit}
    outputs: {points: {type: number, default: 0}}
    rules:
      - {id: FACE_DIFFERS, if: {match: "< match_min"}, then: {points: 40}, reason: "The faces differ",
         tell: "Your selfie did not match your document", cite: [law]}
      - {id: PAN_UNKNOWN, if: {status: '"N","X"'}, then: {points: 30}, reason: "The PAN is not known", cite: [law]}
      - {id: BURDEN_HEAVY, if: {burden: "> burden_max"}, then: {points: 10}, reason: "The instalment is heavy",
         tell: "The instalment is too large for your income", cite: [law]}
      - {id: LISTED, if: {hit: "true"}, then: {points: 90}, reason: "On a list", cite: [law]}
verdict:
  score: points
  rules:
    - {id: MINOR, if: "age < 18", verdict: reject, reason: "Under age", tell: "You must be of age", cite: [law]}
    - {id: ON_LIST, if: "screening.hit", verdict: review, reason: "Screening found a hit", cite: [law]}
    - {id: OPEN, if: "not(settled)", verdict: review, reason: "Something is open", cite: [law]}
    - {id: CLEAR, if: "settled and not(screening.hit) and age >= 18", verdict: approve, reason: "All is clear"}
"""
CLEAN: Mapping[str, object] = {
    "applicant.date_of_birth": "1990-08-15",
    "applicant.income": 50000,
    "loan.instalment": 10000,
    "face.match_score": 0.9,
    "pan.status": "E",
    "screening.hit": False,
}


@pytest.fixture(scope="session")
def small() -> Pack:
    return parse_pack({"pack.yaml": SMALL})


@pytest.fixture
def clean() -> dict[str, object]:
    return dict(CLEAN)


@pytest.fixture(scope="session")
def auto_loan() -> Pack:
    return load_pack(Path(__file__).resolve().parents[3] / "rules" / "auto_loan_in")
