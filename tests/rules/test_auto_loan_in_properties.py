"""What the auto-loan pack promises of every applicant, asked of generated ones.

An applicant is the clean one with some signals changed or lost. Numbers are drawn around the pack's own thresholds, where
mistakes live.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import Pack, Verdict
from engine.pack.model import SignalSpec
from engine.signal import Missing, Reason

WORDS = {
    "applicant.nationality": ["IN", "US", "NP", "KP", "IQ", "DZ"],
    "applicant.residence_country": ["IN", "AE", "KW", "IR"],
    "applicant.state": ["MH", "AS", "JK", "ML", "KL"],
    "pan.holder_type": ["P", "C", "H"],
}
NUMBERS = {
    "applicant.monthly_income": [0, 20000, 24999, 25000, 60000, 1000000],
    "applicant.monthly_obligations": [0, 10000, 32000, 33000, 500000],
    "loan.amount": [1, 49999, 50000, 880001, 968000, 990001, 2500000, 5000001],
    "loan.tenure_months": [1, 11, 12, 60, 61, 84, 85, 360],
    "loan.annual_rate": [0, Decimal("6.99"), 7, 26, Decimal("26.01"), 100],
    "loan.vehicle_price": [1, 100000, 1100000, 90000000],
    "bureau.score": [300, 649, 650, 700, 750, 900],
    "screening.list_age_hours": [0, 24, Decimal("24.01"), 720],
    "address_document.issue_age_days": [0, 60, 61, 4000],
}
RATIOS = [
    0,
    Decimal("0.39"),
    Decimal("0.4"),
    Decimal("0.599"),
    Decimal("0.6"),
    Decimal("0.65"),
    Decimal("0.7"),
    Decimal("0.85"),
    1,
]
LOST = st.sampled_from([Missing(reason) for reason in Reason])
DOCUMENTS = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["pan_card", "aadhaar", "passport"]),
            "name_key": st.sampled_from(["one", "two", None]),
            "number_key": st.sampled_from(["n1", "n2"]),
            "date_of_birth": st.sampled_from([date(1990, 8, 15), date(1991, 8, 15), None]),
            "image_digest": st.sampled_from(["d1", "d2", "d3"]),
        }
    ),
    max_size=4,
).map(lambda items: [{"ordinal": number, **item} for number, item in enumerate(items, 1)])
PRIORS = st.lists(
    st.fixed_dictionaries(
        {
            "status": st.sampled_from(["approve", "review", "rejected"]),
            "days_ago": st.sampled_from([0, 30, 31, 365, 366]),
            "pan_key": st.just("k"),
        }
    ),
    max_size=5,
).map(lambda items: [{"reference": f"A{number}", **item} for number, item in enumerate(items)])
DATES = st.sampled_from(
    [date(2024, 12, 31), date(2026, 2, 1), date(2026, 3, 31), date(2026, 6, 19), date(2026, 11, 20)]
)
EVERYDAY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def values_of(spec: SignalSpec) -> st.SearchStrategy[object]:
    """Values of a signal that matter to the pack."""
    if spec.id == "facts.document":
        return DOCUMENTS
    if spec.id == "facts.prior_application":
        return PRIORS
    if spec.values is not None:
        return st.sampled_from(spec.values)
    if spec.type == "boolean":
        return st.booleans()
    if spec.type == "date":
        return st.dates(date(1930, 1, 1), date(2020, 1, 1)) | st.integers(-40, 40).map(
            lambda days: date(2026, 11, 20) + timedelta(days)
        )
    if spec.type == "number":
        return st.sampled_from(NUMBERS.get(spec.id) or (RATIOS if spec.high == 1 else [0, 1, 2, 3, 6, 7]))
    return st.sampled_from(WORDS.get(spec.id, ["a text"]))


@pytest.fixture(scope="module")
def applicants(auto_loan: Pack, clean_applicant: Mapping[str, object]) -> st.SearchStrategy[dict[str, object]]:
    changes = {name: values_of(spec) | LOST for name, spec in auto_loan.signals.items()}
    few = st.lists(st.sampled_from(sorted(changes)), max_size=5, unique=True)
    some = few.flatmap(lambda names: st.fixed_dictionaries({name: changes[name] for name in names}))
    all_of_it = st.fixed_dictionaries({name: values_of(spec) | LOST for name, spec in auto_loan.signals.items()})
    return st.one_of(some, some, all_of_it).map(lambda changed: {**clean_applicant, **changed})


@EVERYDAY
@given(data=st.data(), as_of=DATES)
def test_no_applicant_breaks_an_invariant(auto_loan: Pack, applicants, data: st.DataObject, as_of: date) -> None:
    decision = auto_loan.decide(data.draw(applicants), as_of)

    assert auto_loan.broken_invariants(decision) == ()


@EVERYDAY
@given(data=st.data(), as_of=DATES)
def test_an_approval_knows_everything_it_relies_on(
    auto_loan: Pack, applicants, data: st.DataObject, as_of: date
) -> None:
    decision = auto_loan.decide(data.draw(applicants), as_of)

    if decision.verdict is Verdict.APPROVE:
        assert (decision.unknowns, decision.warnings, decision.route) == ((), (), None)
        assert decision.risk.category == "low"
        assert "CLEAR_LOW_RISK" in decision.fired
    else:
        assert decision.verdict is Verdict.REVIEW
        assert decision.route is not None
        assert decision.reasons


@EVERYDAY
@given(data=st.data(), as_of=DATES)
def test_losing_signals_never_earns_an_approval(auto_loan: Pack, applicants, data: st.DataObject, as_of: date) -> None:
    given_signals = data.draw(applicants)
    before = auto_loan.decide(given_signals, as_of)
    lost = data.draw(st.lists(st.sampled_from(sorted(auto_loan.signals)), min_size=1, max_size=6, unique=True))

    after = auto_loan.decide({name: value for name, value in given_signals.items() if name not in lost}, as_of)

    assert before.verdict is Verdict.APPROVE or after.verdict is not Verdict.APPROVE


@EVERYDAY
@given(data=st.data(), as_of=DATES)
def test_a_sanctions_hit_always_waits_for_four_eyes(
    auto_loan: Pack, applicants, data: st.DataObject, as_of: date
) -> None:
    decision = auto_loan.decide({**data.draw(applicants), "screening.sanctions_hit": True}, as_of)

    assert decision.verdict is Verdict.REVIEW
    assert decision.route is not None
    assert (decision.route.queue, decision.route.four_eyes) == ("edd", True)


@EVERYDAY
@given(data=st.data())
def test_the_risk_score_stays_between_0_and_100(auto_loan: Pack, applicants, data: st.DataObject) -> None:
    score = auto_loan.decide(data.draw(applicants), date(2026, 11, 20)).risk.score

    assert score is None or 0 <= score <= 100
