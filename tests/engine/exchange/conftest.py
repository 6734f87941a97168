"""Packs for the exchange tests: a small one that uses every part of the format, and one of nothing but odd values."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.pack import read_folder

ROOT = Path(__file__).resolve().parents[3]

WHOLE = """
pack: whole
title: A pack of everything
version: "1"
jurisdiction: IN
note: Says a little of each
on_missing: reject
sources:
  law: {title: The law, reference: "2025/1", as_amended: 2025-12-29, url: "https://example.org/law"}
  policy: {title: "=the policy"}
parameters:
  limit:
    unit: ratio
    title: Lowest match
    note: As measured
    values:
      - {from: 2025-01-01, value: 0.60, source: law, note: "operating point"}
      - {from: 2026-01-01, value: 0.65, source: policy}
  states: {values: [{from: 2025-01-01, value: [AS, JK], source: law}]}
  border: {values: [{from: 1850-05-05, value: 1899-12-31, source: law}]}
signals:
  applicant.name: {type: string, pii: true, title: Name}
  applicant.born: {type: date, pii: true, range: [1900-01-01, 2026-01-01]}
  applicant.state: {type: string}
  pan.status: {type: string, values: [E, N, X], note: As the authority says}
  face.score: {type: number, range: [0, 1], unit: ratio}
  bureau.score: {type: number, range: [300, null]}
  hit: boolean
  seen: {type: datetime}
  tags: {type: list, items: string}
  facts.document: {type: list, fields: {ordinal: number, key: {type: string, pii: true}}}
checks:
  pan: {needs: [applicant.name, document.pan], provides: [pan.status], timeout_s: 10, retries: 2, note: slow}
decisions:
  age: {expression: "years and months duration(applicant.born, as_of).years", type: number, title: Age, note: Completed}
  points:
    title: Points
    hit_policy: COLLECT SUM
    inputs: {status: pan.status, match: face.score}
    outputs: {points: {type: number, default: 0, unit: points}}
    rules:
      - {id: NOT_FOUND, if: {status: '"N","X"'}, then: {points: 60}, reason: Not found, tell: We could not verify it, cite: [law, policy]}
      - {id: LOW, if: {match: < limit}, then: {points: "40.0"}, reason: Low, cite: [law], if_missing: {match: 0}}
      - {id: BOTH, if: {match: "-", status: '"E"'}, then: {points: -5}, if_missing: skip, note: a bonus}
  card:
    note: A card
    scorecard:
      base: 5
      characteristics:
        - {id: BUREAU, input: bureau.score, bands: [{if: ">= 750", points: 0}, {if: "< 750", points: 10.5, reason: Weak, cite: [law]}], if_missing: {input: 300}}
        - {id: TAGS, input: count(tags), bands: [{if: "-", points: 1}], reason: Tags, note: why}
  level:
    hit_policy: PRIORITY
    inputs: {score: points + card}
    outputs: {level: {type: string, values: [high, low], title: The level}, extra: {type: any, default: '"none"'}}
    rules:
      - {id: HIGH, if: {score: ">= 50"}, then: {extra: "1 + 1", level: high}}
      - {id: REST, then: {level: '"low"', extra: 2026-01-01}}
verdict:
  score: points
  note: The worst wins
  rules:
    - {id: HIT, if: hit, verdict: reject, reason: On a list, cite: [law]}
    - {id: HIGH_RISK, if: 'level.level = "high" or not(age >= 18)', verdict: review, reason: High, tell: We look at it, cite: [law], if_missing: {age: 0}}
    - {id: CLEAR, if: not(hit) and age >= 18, verdict: approve, reason: Clear}
routes:
  - {id: FAST, if: hit, queue: edd, priority: 1, due: 24h, role: manager, four_eyes: true, actions: ["ask, again", call]}
  - {id: REST_OF_ALL, queue: kyc, priority: 3, due: 2d, role: officer, note: the rest, title: Others}
patterns:
  - {id: DIFFER, over: {b: document, a: document}, if: "a.ordinal < b.ordinal and a.key != b.key", sets: {patterns.differ: true}, reason: They differ, cite: [law], if_missing: skip}
invariants:
  - {id: NO_HIT, text: Nobody on a list is approved, never: 'verdict = "approve" and hit'}
"""

CASES = """
- case: "=A clean applicant"
  note: the usual one
  as_of: 2026-11-20
  signals: {applicant.name: " ", applicant.born: 1990-08-15, pan.status: E, face.score: 0.7, bureau.score: 800, hit: false, tags: [a, "5"],
    facts.document: [{ordinal: 1, key: "1"}], patterns.differ: false}
  missing: {applicant.state: timed_out, "not declared": not_provided}
  expect: {fired: [CLEAR], verdict: approve, risk.score: -5, warnings: [], customer_reasons: ["one, two"]}
- case: "Odd values, as a case may hold them"
  as_of: 2026-11-20
  signals: {applicant.name: "#null", applicant.state: null, applicant.born: 1850-01-01, face.score: 0.12345678901234567890, hit: "true",
    bureau.score: 123456789012345678901234, pan.status: 5, seen: "2026-01-01", tags: [], "not declared": "x", "": 1, facts.document: [{key: null}]}
  expect: {route: null, not_fired: []}
"""


@pytest.fixture(scope="session")
def whole() -> dict[str, str | bytes]:
    """A pack that uses every part of the format, with cases and a README."""
    return {"pack.yaml": WHOLE, "cases/all.yaml": CASES, "README.md": "# Whole\n\n=1+1\n\ttab\n"}


def packs_of_the_repository() -> list[Path]:
    """The folders of every pack here."""
    return sorted(path.parent for folder in ("rules", "tests/packs") for path in (ROOT / folder).glob("*/pack.yaml"))


def files_of(folder: Path) -> dict[str, str | bytes]:
    """A pack's files with its README."""
    readme = folder / "README.md"
    return {**read_folder(folder), **({"README.md": readme.read_text(encoding="utf-8")} if readme.exists() else {})}
