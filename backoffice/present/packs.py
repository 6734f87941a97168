"""Rule packs as grids and sentences: versions, thresholds, tables, check reports, differences.

The grid shows texts, because a cell may hold an expression; what an analyst typed is read back into the type that the
threshold had before, so that `0.65` stays a number and `AS, JK` a list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from backoffice.present.words import MISSING, ago, at, count, shown, title, version_badge

Edits = Mapping[str, Any]
"""What `st.data_editor` keeps under its key: `edited_rows`, `added_rows`, `deleted_rows`, all by position."""

PARAMETER_COLUMNS: Final = ("Threshold", "From", "Value", "Unit", "Source", "Note")
_KEYS: Final = {"From": "from", "Value": "value", "Source": "source", "Note": "note"}
_DIGEST: Final = 12
_KINDS_OF_VALUES: Final = frozenset({"number", "date", "date and time", "days and time duration", "missing"})
_EVIDENCE: Final = {
    "done": ":material/check_circle:",
    "running": ":material/hourglass_top:",
    "red": ":material/cancel:",
    "absent": ":material/radio_button_unchecked:",
}


def pack_row(pack: Mapping[str, Any], now: datetime) -> dict[str, str]:
    """A pack in the list."""
    active = pack.get("active") or {}
    underway = [
        f"v{one.get('number')} {version_badge(str(one.get('status'))).text}" for one in pack.get("on_the_way") or []
    ]
    return {
        "Pack": str(pack.get("id", MISSING)),
        "Live version": version_name(active) if active else MISSING,
        "Live since": ago(active.get("activated_at"), now),
        "On the way": ", ".join(underway) or MISSING,
        "Versions": str(pack.get("versions", MISSING)),
    }


def version_row(version: Mapping[str, Any], people: Mapping[str, str]) -> dict[str, str]:
    """A version in the list of its pack."""
    when = next(
        (version[key] for key in ("activated_at", "approved_at", "submitted_at", "created_at") if version.get(key)),
        None,
    )
    return {
        "Version": version_name(version),
        "State": version_badge(str(version.get("status"))).text,
        "Checked": "green" if version.get("checked") else MISSING,
        "Last step": at(when),
        "Takes effect": at(version.get("effective_from")) if version.get("status") == "scheduled" else MISSING,
        "Written by": ", ".join(person(one, people) for one in version.get("authors") or []) or MISSING,
        "Approved by": person(version.get("approver"), people),
        "Note": str(version.get("note") or MISSING),
    }


def version_name(version: Mapping[str, Any]) -> str:
    """Our number and what the author calls it, as in "v3 (2026.11.1)"."""
    return f"v{version.get('number')} ({version.get('version', MISSING)})"


def short_digest(digest: str | None) -> str:
    """The beginning of a digest, enough to tell two apart; a draft has none yet, because it still changes."""
    return MISSING if not digest or digest.startswith("draft:") else digest[:_DIGEST]


def person(who: str | None, people: Mapping[str, str]) -> str:
    """A person's name where it is known here; the product's own accounts by what they do."""
    if not who:
        return MISSING
    return people.get(who) or (who.removeprefix("system:") if who.startswith("system:") else "another person")


def parameter_rows(parameters: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """One row a dated value; `Threshold` names the parameter as the pack does."""
    return [
        {
            "Threshold": str(one.get("name")),
            "Unit": str(one.get("unit") or MISSING),
            **{label: str(value.get(key) or "") for label, key in _KEYS.items()},
        }
        for one in parameters
        for value in one.get("values") or []
    ]


def changed_rows(rows: Sequence[Mapping[str, str]], edits: Edits) -> list[tuple[int, dict[str, str]]]:
    """The rows that an analyst changed, whole, with their positions."""
    return [
        (int(position), {**rows[int(position)], **{key: _cell(value) for key, value in cells.items()}})
        for position, cells in (edits.get("edited_rows") or {}).items()
    ]


def edited_table(rows: Sequence[Mapping[str, Any]], edits: Edits) -> tuple[list[dict[str, Any]], bool]:
    """A table's rows after the edits, and whether a new row still lacks its id and must wait."""
    changed = dict(changed_rows([dict(row) for row in rows], edits))
    gone = {int(position) for position in edits.get("deleted_rows") or []}
    kept = [changed.get(place, dict(row)) for place, row in enumerate(rows) if place not in gone]
    added = [{key: _cell(value) for key, value in row.items()} for row in edits.get("added_rows") or []]
    ready = [row for row in added if row.get("id")]
    keys = list(rows[0]) if rows else []
    whole = [{key: row.get(key) or None for key in keys} for row in [*kept, *ready]]
    return whole, len(ready) < len(added)


def has_edits(edits: Edits) -> bool:
    """Whether there is anything to save."""
    return any(edits.get(key) for key in ("edited_rows", "added_rows", "deleted_rows"))


def typed_value(text: str, parameter: Mapping[str, Any]) -> object:
    """What was typed, in the type that the parameter's values have: numbers, booleans and lists are told apart from texts."""
    held = [str(value.get("value") or "") for value in parameter.get("values") or []]
    if any("," in one for one in held) and not _is_number(text):
        return [_scalar(part.strip()) for part in text.strip("[] ").split(",") if part.strip()]
    return _scalar(text.strip())


def day(text: str) -> date | None:
    """A day as the grid shows it; None where it is none."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def problem_rows(report: Mapping[str, Any]) -> list[dict[str, str]]:
    """What the compiler refuses, with its place and the remedy."""
    return [
        {"Place": _place(one), "Problem": str(one.get("message", MISSING)), "Remedy": str(one.get("remedy") or MISSING)}
        for one in report.get("problems") or []
    ]


def lint_rows(report: Mapping[str, Any]) -> list[dict[str, str]]:
    """What the linter says, with a witness where it has one."""
    return [
        {
            "Level": str(one.get("level", MISSING)),
            "Place": _place(one),
            "Finding": str(one.get("message", MISSING)),
            "Remedy": str(one.get("remedy") or MISSING),
            "For example": shown(one.get("witness")),
        }
        for one in report.get("lints") or []
    ]


def failed_case_rows(report: Mapping[str, Any]) -> list[dict[str, str]]:
    """The cases that failed: what was expected, what came."""
    return [
        {
            "Case": str(one.get("case", MISSING)),
            "Place": f"{one.get('file', MISSING)}:{one.get('line', MISSING)}",
            "What": str(fault.get("key", MISSING)),
            "Expected": shown(fault.get("expected")),
            "Came": shown(fault.get("got")),
        }
        for one in (report.get("cases") or {}).get("results") or []
        if not one.get("passed")
        for fault in one.get("differences") or []
    ]


def proof_rows(report: Mapping[str, Any]) -> list[dict[str, str]]:
    """What became of each invariant, a refuted one with the signals that refute it."""
    return [
        {
            "Invariant": str(one.get("invariant", MISSING)),
            "Says": str(one.get("text") or MISSING),
            "Proof": str(one.get("status", MISSING)),
            "Why": str(one.get("reason") or MISSING),
            "Counterexample": shown(one.get("signals")),
        }
        for one in report.get("proofs") or []
    ]


def verdict_of_proofs(report: Mapping[str, Any]) -> str:
    """The proofs in one line; nothing is said of proofs that were not made."""
    if "proofs" not in report:
        return "The invariants have not been proved for this content."
    states = [str(one.get("status")) for one in report.get("proofs") or []]
    if not states:
        return "The pack states no invariants, so there is nothing to prove."
    parts = [f"{states.count(state)} {state}" for state in ("proved", "refuted", "undecided") if state in states]
    return f"Invariants: {', '.join(parts)}."


def evidence_lines(evidence: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """What an approval finds: an icon and a sentence for each thing."""
    return [
        (_EVIDENCE.get(str(item.get("state")), ":material/help:"), _sentence(str(item.get("text"))))
        for item in (evidence or {}).get("items") or []
    ]


def is_under_way(evidence: Mapping[str, Any] | None) -> bool:
    """Whether a worker is still at it."""
    return any(item.get("state") == "running" for item in (evidence or {}).get("items") or [])


def last_live(versions: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The version that was live before the one that is."""
    gone = [one for one in versions if one.get("status") == "retired" and one.get("activated_at")]
    return max(gone, key=lambda one: str(one.get("retired_at") or ""), default=None)


def change_rows(changes: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Differences of two versions; of what changed only the parts that differ."""
    told = []
    for one in changes:
        before, after = _differing(_bare(one.get("before")), _bare(one.get("after")))
        told.append(
            {
                "What": title(str(one.get("kind", ""))),
                "Name": str(one.get("id", MISSING)),
                "Change": str(one.get("change", MISSING)),
                "Before": shown(before),
                "After": shown(after),
            }
        )
    return told


def verdict_of_check(report: Mapping[str, Any] | None) -> str:
    """A check in one line."""
    if not report:
        return "Not checked since the last change."
    if report.get("problems"):
        return f"The check is red: {count(len(report['problems']), 'problem')}."
    cases, lints = report.get("cases") or {}, report.get("lints") or []
    errors = sum(1 for one in lints if one.get("level") == "error")
    colour = "green" if report.get("ok") else "red"
    return (
        f"The check is {colour}: {count(int(cases.get('passed') or 0), 'case')} pass, {cases.get('failed') or 0} fail; "
        f"the linter has {count(errors, 'error')} and {count(len(lints) - errors, 'warning')}."
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def _place(one: Mapping[str, Any]) -> str:
    return f"{one.get('file', MISSING)}:{one.get('line', MISSING)}:{one.get('column', MISSING)}"


def _bare(value: Any) -> Any:
    """A value of a pack without the word for its type, which the API puts before it where JSON has no such type."""
    if isinstance(value, Mapping):
        return {key: _bare(part) for key, part in value.items()}
    if not isinstance(value, list) or not value:
        return value
    kind, *parts = value
    if kind == "list":
        return [_bare(part) for part in parts]
    return parts[0] if len(parts) == 1 and kind in _KINDS_OF_VALUES else [_bare(part) for part in value]


def _differing(before: Any, after: Any) -> tuple[Any, Any]:
    """What is the same on both sides is left out, as deep as both are mappings; of two lists, what only one has."""
    if isinstance(before, list) and isinstance(after, list):
        return [one for one in before if one not in after], [one for one in after if one not in before]
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return before, after
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    parts = {key: _differing(before.get(key), after.get(key)) for key in keys}
    return {key: pair[0] for key, pair in parts.items()}, {key: pair[1] for key, pair in parts.items()}


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _scalar(text: str) -> object:
    if text in {"true", "false"}:
        return text == "true"
    try:
        return int(text)
    except ValueError:
        pass
    return float(text) if _is_number(text) else text
