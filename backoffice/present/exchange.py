"""Packs in and out in words: the forms of a file, what an import left out, and in which file a version is saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from backoffice.present.packs import version_name
from backoffice.present.words import MISSING, count

FORMS: Final[Mapping[str, str]] = {"xlsx": "Excel", "dmn": "DMN", "yaml": "YAML"}
"""What the API writes, by the words of the buttons."""

UPLOADS: Final = ("xlsx", "dmn", "xml", "zip")
"""How the files end that may be chosen; what they are, the API sees from their content."""

_KINDS: Final = {"xlsx": "an Excel workbook", "dmn": "a DMN model", "yaml": "YAML files"}


def imported(draft: Mapping[str, Any]) -> str:
    """What an upload became."""
    kind = _KINDS.get(str(draft.get("imported")), "a file")
    return f"{draft.get('pack')} {version_name(draft)} is a draft of yours, made of {kind}. Nothing is live yet."


def not_carried(draft: Mapping[str, Any]) -> str:
    """How much of the file the draft leaves out, in a sentence."""
    left = draft.get("not_carried") or []
    if not left:
        return "Everything in the file was carried."
    things = count(len(left), "thing")
    return f"{things} could not be carried as in the file, or had to be decided. Read each before you go on."


def not_carried_rows(draft: Mapping[str, Any]) -> list[dict[str, str]]:
    """What the draft leaves out or decided itself, with the place in the file."""
    return [
        {
            "Place": f"{one.get('where', MISSING)}" + (f", line {one['line']}" if one.get("line") else ""),
            "Not as in the file": str(one.get("message", MISSING)),
            "What to do": str(one.get("remedy") or MISSING),
        }
        for one in draft.get("not_carried") or []
    ]
