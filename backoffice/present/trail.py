"""What happened and how it was decided, as rows: the timeline, the trace, the audit, the hits of screening."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from backoffice.present.words import MISSING, at, number, shown, spaced, title

_EVENTS: Final = {
    "opened": "Case opened",
    "claimed": "Claimed",
    "released": "Given back",
    "assigned": "Assigned",
    "escalated": "Moved to another queue",
    "information_requested": "Customer asked",
    "noted": "Note",
    "recommended": "Recommended, second officer needed",
    "sent_back": "Sent back by the second officer",
    "closed": "Closed",
}
_OUTCOMES: Final = {
    "fired": "applied",
    "not_fired": "did not apply",
    "undecided": "could not be decided",
    "skipped": "skipped",
}


def event_rows(timeline: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The timeline, newest first."""
    return [
        {
            "When": at(event.get("at")),
            "What": _EVENTS.get(str(event.get("kind")), title(str(event.get("kind")))),
            "Who": str((event.get("actor") or {}).get("name") or MISSING),
            "Details": _facts(event.get("data") or {}),
            "Note": str(event.get("note") or MISSING),
        }
        for event in timeline
    ]


def last_change(timeline: Sequence[Mapping[str, Any]]) -> str:
    """Who changed a case last, for an officer whose copy is old."""
    if not timeline:
        return "somebody"
    event = timeline[0]
    who = str((event.get("actor") or {}).get("name") or "somebody")
    return f"{who} at {at(event.get('at'))} ({_EVENTS.get(str(event.get('kind')), spaced(str(event.get('kind')))).lower()})"


def decided(timeline: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The newest recommendation or closing."""
    return next((event for event in timeline if event.get("kind") in {"recommended", "closed"}), {})


def verdict_rows(trace: Mapping[str, Any]) -> list[dict[str, str]]:
    """Every rule of the verdict, with the values that it compared."""
    return [
        {
            "Rule": str(rule.get("id")),
            "Outcome": _OUTCOMES.get(str(rule.get("outcome")), str(rule.get("outcome"))),
            "Would say": str(rule.get("verdict", MISSING)),
            "Test": str(rule.get("test", MISSING)),
            "Compared": shown(rule.get("compared")),
        }
        for rule in trace.get("verdict") or []
    ]


def table_rows(trace: Mapping[str, Any], *, all_rules: bool) -> list[dict[str, str]]:
    """Every rule of every table and scorecard; those that did nothing only where asked for."""
    rows = []
    for name, decision in (trace.get("decisions") or {}).items():
        for rule in decision.get("rules") or []:
            if all_rules or rule.get("outcome") not in {"not_fired", "skipped"}:
                tests = rule.get("tests") or ({"": rule["test"]} if rule.get("test") else {})
                rows.append(
                    {
                        "Table": title(str(name)),
                        "Rule": str(rule.get("id")),
                        "Outcome": _OUTCOMES.get(str(rule.get("outcome")), str(rule.get("outcome"))),
                        "Points": number(rule.get("points")),
                        "Test": "; ".join(f"{key} {test}".strip() for key, test in tests.items()) or MISSING,
                        "Values": shown(_values(decision, rule)),
                    }
                )
    return rows


def value_rows(trace: Mapping[str, Any]) -> list[dict[str, str]]:
    """What every decision of the graph came to."""
    return [
        {"Decision": title(str(name)), "Value": shown(decision.get("value"))}
        for name, decision in (trace.get("decisions") or {}).items()
    ]


def parameter_rows(trace: Mapping[str, Any]) -> list[dict[str, str]]:
    """The thresholds of the day, with where they come from."""
    return [
        {
            "Threshold": title(str(name)),
            "Value": shown((held or {}).get("value")),
            "In force from": str((held or {}).get("from", MISSING)),
            "Source": str((held or {}).get("source", MISSING)),
        }
        for name, held in (trace.get("parameters") or {}).items()
    ]


def basis_rows(explanation: Mapping[str, Any]) -> list[dict[str, str]]:
    """The reasons with their legal basis."""
    return [
        {
            "Reason": str(reason.get("text")),
            "Rule": str(reason.get("rule")),
            "Points": number(reason.get("points")),
            "Basis": "; ".join(
                ", ".join(str(part) for part in (one.get("title"), one.get("reference")) if part)
                for one in reason.get("basis") or []
            )
            or MISSING,
        }
        for reason in explanation.get("reasons") or []
    ]


def hit_rows(hits: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Candidates of screening, best first."""
    return [
        {
            "Listed as": str(hit.get("caption", MISSING)),
            "List": title(str(hit.get("list", ""))),
            "Kind": str(hit.get("list_kind", MISSING)),
            "Score": score(hit),
            "Result": "hit" if hit.get("match") else "candidate, under the threshold",
            "Programme": shown(hit.get("programme")),
            "Countries": shown([str(code).upper() for code in hit.get("countries") or []]),
        }
        for hit in hits
    ]


def score(hit: Mapping[str, Any]) -> str:
    """A candidate's score with two places, so that scores can be compared by eye."""
    value = hit.get("score")
    return f"{value:.2f}" if isinstance(value, int | float) else MISSING


def evidence_rows(hit: Mapping[str, Any]) -> list[dict[str, str]]:
    """Why a candidate has its score, feature by feature."""
    return [
        {
            "Feature": title(str(line.get("feature"))),
            "Applicant": shown(line.get("query")),
            "List entry": shown(line.get("candidate")),
            "Result": spaced(str(line.get("outcome"))).lower(),
            "Points": number(line.get("points")),
            "In words": str(line.get("text", MISSING)),
        }
        for line in hit.get("evidence") or []
    ]


def audit_rows(entries: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The audit trail."""
    return [
        {
            "When": at(entry.get("at")),
            "Who": str(entry.get("actor", MISSING)),
            "Act": title(str(entry.get("action", ""))),
            "About": str(entry.get("subject", MISSING)),
            "Facts": shown(entry.get("content")),
            "Link": str(entry.get("id", MISSING)),
        }
        for entry in entries
    ]


def _facts(data: Mapping[str, Any]) -> str:
    return "; ".join(f"{spaced(key)}: {shown(value)}" for key, value in data.items() if value is not None) or MISSING


def _values(decision: Mapping[str, Any], rule: Mapping[str, Any]) -> dict[str, Any]:
    if rule.get("input") is not None:
        return dict(rule["input"])
    inputs, tests = decision.get("inputs") or {}, rule.get("tests") or {}
    found: dict[str, Any] = {}
    for column in tests:
        found |= inputs.get(column) or {}
    return found
