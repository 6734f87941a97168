"""Builders of small packs for the tests of `engine.pack`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from engine.pack import Pack, PackError, PackProblem, parse_pack

HEAD = """\
pack: sample
title: A sample
version: "1"
on_missing: review
sources:
  law: {title: A law}
"""
APPROVE = """\
verdict:
  rules:
    - {id: OK, if: "true", verdict: approve, reason: "fine"}
"""

# The example of the format's own page, completed by the declarations that it leaves out.
EXAMPLE = """\
pack: auto_loan_in                    # id, snake_case
title: KYC for auto-loan origination, India
version: "2026.11.1"
jurisdiction: IN
on_missing: review
sources:
  rbi_kyc:
    title: Reserve Bank of India (NBFC - Know Your Customer) Directions, 2025
    reference: RBI/DOR/2025-26/361
    as_amended: 2025-12-29
parameters:
  face_match_min:
    unit: ratio
    values:
      - {from: 2025-01-01, value: 0.60, source: rbi_kyc, note: "operating point of the embedded face engine"}
signals:
  applicant.date_of_birth: {type: date, pii: true}
  pan.status:       {type: string, values: [E, N, X, F, D, ED]}
  face.match_score: {type: number, range: [0, 1]}
  screening.sanctions_hit: {type: boolean}
  bureau.score: {type: number, range: [300, 900]}
  facts.document: {type: list, fields: {ordinal: number, name_key: string}}
checks:
  pan:  {needs: [applicant.pan, applicant.name], provides: [pan.status], timeout_s: 10, retries: 2}
  face: {needs: [document.portrait, selfie.image], provides: [face.match_score], timeout_s: 30}
decisions:
  age: {expression: "years and months duration(applicant.date_of_birth, as_of).years"}
  identity_points:
    hit_policy: COLLECT SUM
    inputs: {status: pan.status, match: face.match_score}
    outputs: {points: {type: number, default: 0}}
    rules:
      - {id: PAN_NOT_FOUND, if: {status: '"N","F","D"'}, then: {points: 60},
         reason: "PAN is not on the income-tax database", tell: "We could not verify the PAN you gave", cite: [rbi_kyc]}
      - {id: FACE_BELOW_MIN, if: {match: "< face_match_min"}, then: {points: 40},
         reason: "Selfie does not match the document portrait", tell: "Your selfie did not match your document", cite: [rbi_kyc]}
  affordability:
    scorecard:
      base: 0
      characteristics:
        - {id: BUREAU, input: bureau.score, bands: [{if: ">= 750", points: 0}, {if: "[650..750)", points: 10, reason: "Score under 750"}, {if: "< 650", points: 30, reason: "Score under 650"}]}
  risk_score:    {expression: "min(100, identity_points + affordability)"}
  risk_category:
    hit_policy: UNIQUE
    inputs: {score: risk_score}
    outputs: {category: {type: string, values: [low, medium, high]}}
    rules:
      - {id: LOW, if: {score: "< 30"}, then: {category: low}}
      - {id: MEDIUM, if: {score: "[30..60)"}, then: {category: '"medium"'}}
      - {id: HIGH, if: {score: ">= 60"}, then: {category: high}}
verdict:
  score: risk_score
  category: risk_category
  rules:
    - {id: SANCTIONS_HIT, if: "screening.sanctions_hit", verdict: review, reason: "On a sanctions list", cite: [rbi_kyc]}
    - {id: NAMES, if: "patterns.names_differ", verdict: review, reason: "Names differ", cite: [rbi_kyc]}
    - {id: NOT_LOW, if: 'risk_category != "low"', verdict: review, reason: "Risk is not low", cite: [rbi_kyc]}
    - {id: MINOR, if: "age < 18", verdict: reject, reason: "Under age", tell: "You must be 18 or older", cite: [rbi_kyc]}
    - {id: CLEAR_LOW_RISK, if: 'risk_category = "low"', verdict: approve, reason: "All checks passed and risk is low"}
routes:
  - {id: EDD, if: 'risk_category = "high"', queue: edd, priority: 1, due: 24h, role: approval_manager, four_eyes: true, actions: [request_source_of_funds]}
  - {id: STANDARD, queue: kyc_review, priority: 3, due: 2d, role: verification_officer}
patterns:
  - {id: NAMES_DIFFER, over: {a: document, b: document}, if: "a.ordinal < b.ordinal and a.name_key != b.name_key",
     sets: {patterns.names_differ: true}, reason: "Two documents carry different names", cite: [rbi_kyc]}
invariants:
  - {id: NO_SANCTIONED_APPROVAL, text: "An applicant with a sanctions hit is never approved automatically",
     never: 'verdict = "approve" and screening.sanctions_hit'}
"""

CASES = """\
- case: A selfie under the minimum goes to review
  as_of: 2026-11-20
  signals: {pan.status: E, face.match_score: 0.41, screening.sanctions_hit: false, applicant.date_of_birth: 1990-08-15,
            bureau.score: 800, facts.document: []}
  expect: {verdict: review, risk.score: 40, fired: [FACE_BELOW_MIN], not_fired: [PAN_NOT_FOUND], route: kyc_review}
"""

CLEAN: dict[str, Any] = {
    "pan.status": "E",
    "face.match_score": 0.9,
    "screening.sanctions_hit": False,
    "applicant.date_of_birth": "1990-08-15",
    "bureau.score": 800,
    "facts.document": [{"ordinal": 1, "name_key": "A"}, {"ordinal": 2, "name_key": "A"}],
}
TODAY = date(2026, 11, 20)


@pytest.fixture
def today() -> date:
    """The date that the samples decide on."""
    return TODAY


@pytest.fixture(scope="session")
def example_text() -> str:
    """The pack of the format's own page."""
    return EXAMPLE


@pytest.fixture(scope="session")
def example() -> Pack:
    """The pack of the format's own page, with one case, compiled."""
    return parse_pack({"pack.yaml": EXAMPLE, "cases/a.yaml": CASES})


@pytest.fixture
def clean() -> dict[str, Any]:
    """Signals of an applicant whom the example approves."""
    return {**CLEAN, "facts.document": [dict(fact) for fact in CLEAN["facts.document"]]}


@pytest.fixture(scope="session")
def build() -> Callable[..., Pack]:
    """Compile a pack from its parts; the head and an approving verdict are supplied."""

    def make(body: str, verdict: str = APPROVE, **files: str) -> Pack:
        named = {name.replace("__", "/") + ".yaml": text for name, text in files.items()}
        return parse_pack({"pack.yaml": HEAD + body + verdict, **named})

    return make


@pytest.fixture(scope="session")
def refused() -> Callable[..., tuple[PackProblem, ...]]:
    """The problems of a pack that does not load."""

    def make(body: str, verdict: str = APPROVE, head: str = HEAD, **files: str) -> tuple[PackProblem, ...]:
        named = {name.replace("__", "/") + ".yaml": text for name, text in files.items()}
        with pytest.raises(PackError) as caught:
            parse_pack({"pack.yaml": head + body + verdict, **named})
        return caught.value.problems

    return make


@pytest.fixture(scope="session")
def table(build: Callable[..., Pack]) -> Callable[..., Any]:
    """Decide a table of one number `x` and one `y`: the value and the decision."""

    def make(policy: str, rules: str, outputs: str = "out: {type: number}", **signals: Any) -> tuple[Any, Any]:
        body = (
            "signals: {x: {type: number}, y: {type: number}}\n"
            f"decisions:\n  t:\n    hit_policy: {policy}\n    inputs: {{x: x, y: y}}\n    outputs: {{{outputs}}}\n"
            f"    rules:\n{rules}"
        )
        decision = build(body).decide(signals, TODAY)
        return decision.value("t"), decision

    return make
