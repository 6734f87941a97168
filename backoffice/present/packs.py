"""Rule packs as grids and sentences: versions, thresholds, tables, check reports, differences.

The grid shows texts, because a cell may hold an expression; what an analyst typed is read back into the type that the
threshold had before, so that `0.65` stays a number and `AS, JK` a list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from backoffice.present.words import MISSING, ago, at, shown, title, version_badge

Edits = Mapping[str, Any]
"""What `st.data_editor` keeps under its key: `edited_rows`, `added_rows`, `deleted_rows`, all by position."""

PARAMETER_COLUMNS: Final = ("Threshold", "From", "Value", "Unit", "Source", "Note")
_KEYS: Final = {"From": "from", "Value": "value", "Source": "source", "Note": "note"}
_DIGEST: Final = 12


def pack_row(pack: Mapping[str, Any], now: datetime) -> dict[str, str]:
    """A pack in the list."""
    active = pack.get("active") or {}
    underway = [f"v{one.get('number')} {version_badge(str(one.get('status'))).text}" for one in pack.get("on_the_way") or []]
    return {
        "Pack": title(str(pack.get("id", ""))),
        "Live version": version_name(active) if active else MISSING,
        "Live since": ago(active.get("activated_at"), now),
        "On the way": ", ".join(underway) or MISSING,
        "Versions": str(pack.get("versions", MISSING)),
    }


def version_row(version: Mapping[str, Any], people: Mapping[str, str]) -> dict[str, str]:
    """A version in the list of its pack."""
    when = next((version[key] for key in ("activated_at", "approved_at", "submitted_at", "created_at") if version.get(key)), None)
    return {
        "Version": version_name(version),
        "State": version_badge(str(version.get("status"))).text,
        "Checked": "green" if version.get("checked") else MISSING,
        "Last step": at(when),
        "Written by": ", ".join(person(one, people) for one in version.get("authors") or []) or MISSING,
        "Approved by": person(version.get("approver"), people),
        "Note": str(version.get("note") or MISSING),
    }


def version_name(version: Mapping[str, Any]) -> str:
    """ "v3 (2026.11.1)": our number, and what the author calls it."""
    return f"v{version.get('number')} ({version.get('version', MISSING)})"


def short_digest(digest: str | None) -> str:
    """The beginning of a digest, enough to tell two apart."""
    return MISSING if not digest else digest.removeprefix("sha256:")[:_DIGEST]


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
    changed = {position: row for position, row in changed_rows([dict(row) for row in rows], edits)}
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
        {
            "File": str(one.get("file", MISSING)),
            "Line": str(one.get("line", MISSING)),
            "Column": str(one.get("column", MISSING)),
            "Problem": str(one.get("message", MISSING)),
            "Remedy": str(one.get("remedy") or MISSING),
        }
        for one in report.get("problems") or []
    ]


def lint_rows(report: Mapping[str, Any]) -> list[dict[str, str]]:
    """What the linter says."""
    return [
        {
            "Level": str(one.get("level", "warning")),
            "Where": str(one.get("rule") or one.get("where") or one.get("file") or MISSING),
            "Finding": str(one.get("message") or one.get("text") or shown(one)),
            "Remedy": str(one.get("remedy") or MISSING),
        }
        for one in report.get("lints") or []
        if isinstance(one, Mapping)
    ]


def case_figures(report: Mapping[str, Any]) -> tuple[int, int]:
    """Cases that passed and that failed."""
    cases = report.get("cases") or {}
    if isinstance(cases, Mapping):
        passed, failed = cases.get("passed"), cases.get("failed")
        return (passed if isinstance(passed, int) else len(passed or [])), (failed if isinstance(failed, int) else len(failed or []))
    passed_cases = [one for one in cases if isinstance(one, Mapping) and one.get("passed", one.get("ok"))]
    return len(passed_cases), len(cases) - len(passed_cases)


def failed_case_rows(report: Mapping[str, Any]) -> list[dict[str, str]]:
    """The cases that failed, with what was expected and what came."""
    cases = report.get("cases") or {}
    failed = cases.get("failed") if isinstance(cases, Mapping) else [one for one in cases if not one.get("passed", one.get("ok"))]
    if isinstance(failed, int):
        failed = cases.get("failures") or []
    return [
        {
            "Case": str(one.get("case") or one.get("name") or one.get("title") or MISSING),
            "File": str(one.get("file") or MISSING),
            "Difference": shown(one.get("differences") or one.get("difference") or one.get("error")),
        }
        for one in failed or []
        if isinstance(one, Mapping)
    ]


def change_rows(changes: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Differences of two versions: what, where, before, after."""
    return [
        {
            "What": title(str(one.get("kind") or one.get("what") or one.get("type") or MISSING)),
            "Where": spaced_path(one),
            "Before": shown(one.get("before", one.get("old"))),
            "After": shown(one.get("after", one.get("new"))),
        }
        for one in changes
    ]


def spaced_path(change: Mapping[str, Any]) -> str:
    """Where a difference is: the thing's own name, as the pack writes it."""
    parts = [str(change[key]) for key in ("table", "rule", "id", "name", "where", "path", "field", "column") if change.get(key)]
    return " · ".join(dict.fromkeys(parts)) or MISSING


def verdict_of_check(report: Mapping[str, Any] | None) -> str:
    """A check in one line."""
    if not report:
        return "Not checked since the last change."
    if report.get("problems"):
        return f"The check is red: {len(report['problems'])} problems."
    passed, failed = case_figures(report)
    errors = sum(1 for one in report.get("lints") or [] if isinstance(one, Mapping) and one.get("level") == "error")
    warnings = len(report.get("lints") or []) - errors
    colour = "green" if report.get("ok") else "red"
    return f"The check is {colour}: {passed} cases pass, {failed} fail; {errors} errors and {warnings} warnings of the linter."


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


