"""A candidate on live traffic in words and figures: whether it agrees, where it differs, and how both sides turned out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backoffice.present.words import MISSING, at, number, title

Json = Mapping[str, Any]


def headline(trial: Json) -> str:
    """What runs or ran, for whom, since when."""
    what = "Shadow" if trial.get("mode") == "shadow" else f"Challenger for {trial.get('percent')} % of the references"
    if trial.get("running"):
        return f"{what}, running since {at(trial.get('started_at'))}"
    why = f" ({trial['end_note']})" if trial.get("end_note") else ""
    return f"{what}, {at(trial.get('started_at'))} to {at(trial.get('ended_at'))}{why}"


def summary(figures: Json) -> list[tuple[str, str]]:
    """The figures to read first."""
    agreement = figures.get("agreement")
    return [
        ("Compared", number(figures.get("compared"))),
        ("Agree", MISSING if agreement is None else f"{100 * float(agreement):.1f} %"),
        ("Differ", number(figures.get("differ"))),
        ("Not comparable", number(figures.get("failed"))),
        ("Fell back", number(figures.get("fallbacks"))),
    ]


def waiting_line(figures: Json) -> str | None:
    """What is not worked out yet; None where nothing is."""
    pending = int(figures.get("pending") or 0)
    return f"{pending} more are being compared; they come within a minute." if pending else None


def arm_rows(figures: Json) -> list[dict[str, str]]:
    """What each side really answered, and how those it approved turned out."""
    names = {"champion": "Live version", "challenger": "Challenger"}
    return [
        {
            "Decided by": names[arm],
            "Decisions": number(side.get("decided")),
            **{title(word): number(times) for word, times in (side.get("verdicts") or {}).items()},
            "Review rate": _percent(side.get("review_rate")),
            "Approved, then good": number(side.get("approved_good")),
            "Approved, then bad": number(side.get("approved_bad")),
            "Bad rate": _percent(side.get("bad_rate")),
        }
        for arm, side in (figures.get("arms") or {}).items()
        if arm in names and side.get("decided")
    ]


def rule_rows(figures: Json) -> list[dict[str, str]]:
    """The rules on which differing verdicts differ."""
    return [{"Rule": str(one["rule"]), "Decisions": number(one["count"])} for one in figures.get("rules") or []]


def differing_rows(figures: Json) -> list[dict[str, str]]:
    """The newest decisions on which the two differ."""
    return [
        {
            "Decided": at(one.get("created_at")),
            "Reference": str(one.get("reference")),
            "Live version": title(str(one.get("champion_verdict"))),
            "Candidate": title(str(one.get("candidate_verdict"))),
            "Answered by": "candidate" if one.get("arm") == "challenger" else "live version",
            "Rules": ", ".join(one.get("rules") or []) or MISSING,
        }
        for one in figures.get("differing") or []
    ]


def error_rows(figures: Json) -> list[dict[str, str]]:
    """Why some could not be compared."""
    return [
        {"The candidate": str(one["error"]), "Decisions": number(one["count"])} for one in figures.get("errors") or []
    ]


def _percent(rate: object) -> str:
    return MISSING if rate is None else f"{100 * float(str(rate)):.1f} %"
