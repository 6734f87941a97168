"""The case as an officer reads it: why it is here, declared against read, faces with their limits, the score's factors.

Limits come from the decision's own trace, so that the screen names the numbers which decided, of the day they decided on.
A comparison that was not made is a dash with its reason, never a match.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from backoffice.present.words import MISSING, number, shown, spaced, title

Page = Mapping[str, Any]
MISMATCH: Final = "mismatch"
_PAN_STATES: Final = {
    "E": "exists and is valid",
    "N": "not in the register",
    "X": "deactivated",
    "F": "marked as fake",
    "D": "deleted",
    "ED": "holder is deceased",
}
_SEEDING: Final = {"Y": "linked with Aadhaar", "R": "not linked with Aadhaar", "NA": "no linking needed"}


@dataclass(frozen=True)
class Why:
    """One reason: the words first, the rule's id second."""

    text: str
    rule: str
    verdict: str | None


def findings(page: Page) -> list[Why]:
    """What the rules found, before what they ask for: the points' reasons, in the decision's order."""
    return [why for why, points in _reasons(page) if points is not None]


def demands(page: Page) -> list[Why]:
    """What the verdict's rules ask for."""
    return [why for why, points in _reasons(page) if points is None]


def unknowns(page: Page) -> list[str]:
    """What was not known, with the reason, once each."""
    told = (_decision(page).get("unknowns") or []) if page.get("decision") else []
    words = [f"{spaced(str(one['signal']))} ({spaced(str(one['reason']))})" for one in told if one.get("signal")]
    return list(dict.fromkeys(words))


def factors(page: Page) -> list[dict[str, Any]]:
    """The reasons with points, heaviest first, each with its share of all points."""
    pairs = [(why.text, float(points)) for why, points in _reasons(page) if points]
    total = sum(points for _, points in pairs) or 1.0
    ordered = sorted(pairs, key=lambda pair: -pair[1])
    return [{"Factor": text, "Points": points, "Share of score": round(points / total, 2)} for text, points in ordered]


def signals(page: Page) -> dict[str, Mapping[str, Any]]:
    """The signals of the page by name."""
    return {str(one["name"]): one for one in page.get("signals") or []}


def value_of(page: Page, name: str) -> Any:
    """A signal's value; None where it is missing."""
    return signals(page).get(name, {}).get("value")


def limit(page: Page, parameter: str) -> float | None:
    """A parameter's value as it decided; None where the decision did not use it."""
    held = ((_decision(page).get("trace") or {}).get("parameters") or {}).get(parameter) or {}
    try:
        return float(str(held.get("value")))
    except ValueError:
        return None


def comparison(page: Page) -> list[dict[str, str]]:
    """What was declared, what each document says, and what came of holding them together."""
    card, proof = _read(page, "pan_card"), _read(page, "address_document")
    rows = [
        ("Name", "name", _likeness(page, "name_similarity", "name_similarity_min")),
        ("Date of birth", "date_of_birth", _flags(page, "dob_match")),
        ("PAN", "number", _flags(page, "number_match", only="pan_card")),
        ("Address", "address", _likeness(page, "address_similarity", "address_similarity_min")),
        ("Expiry", "expiry_date", MISSING),
    ]
    declared = declared_values(page)
    told = []
    for label, field, result in rows:
        own = "pan" if field == "number" else field
        told.append(
            {
                "Field": label,
                "Declared": shown(declared.get(own)),
                "PAN card": _field(card, field) if field != "address" else MISSING,
                "Address document": MISSING if field == "number" else _field(proof, field),
                "Result": result,
            }
        )
    return told


def declared_values(page: Page) -> dict[str, Any]:
    """What the applicant declared: from the application, or from the signals of a decision made without one."""
    held = (page.get("application") or {}).get("declared")
    if held:
        return dict(held)
    return {
        name.removeprefix("applicant."): one.get("value")
        for name, one in signals(page).items()
        if name.startswith("applicant.")
    }


def applicant(page: Page) -> str:
    """Whom the case is about, as far as the viewer may know."""
    return str(declared_values(page).get("name") or page.get("reference") or MISSING)


def pan_register(page: Page) -> str:
    """What the PAN register says, in words."""
    status = value_of(page, "pan.status")
    if status is None:
        return f"{MISSING} ({reason_missing(page, 'pan.status')})"
    parts = [_PAN_STATES.get(str(status), "exists, with an event on its holder")]
    for name, agrees, differs in (
        ("pan.name_match", "name agrees", "name differs"),
        ("pan.dob_match", "date of birth agrees", "date of birth differs"),
    ):
        held = value_of(page, name)
        if held is not None:
            parts.append(agrees if held else differs)
    seeding = value_of(page, "pan.seeding")
    return "; ".join([*parts, *([_SEEDING.get(str(seeding), str(seeding))] if seeding else [])])


def face(page: Page) -> tuple[float | None, str]:
    """The likeness and a sentence with both limits; the likeness is None where none could be computed."""
    score = value_of(page, "face.match_score")
    low, sure = limit(page, "face_match_min"), limit(page, "face_match_sure")
    limits = [f"a match from {low:.2f}"] if low is not None else []
    limits += [f"a sure one from {sure:.2f}"] if sure is not None else []
    said = f" ({', '.join(limits)})" if limits else ""
    if not isinstance(score, int | float):
        return None, f"Face likeness {MISSING}: {reason_missing(page, 'face.match_score')}{said}"
    return float(score), f"Face likeness {score:.2f}{said}"


def reason_missing(page: Page, name: str) -> str:
    """Why a signal has no value."""
    one = signals(page).get(name)
    return "not asked for" if one is None else str(one.get("detail") or spaced(str(one.get("missing") or "not known")))


def metrics(page: Page) -> list[tuple[str, str]]:
    """The four numbers under the comparison."""
    quality, score = value_of(page, "pan_card.quality"), value_of(page, "face.match_score")
    open_hits = [hit for hit in page.get("hits") or [] if hit.get("match")]
    risk = (page.get("risk") or {}).get("score")
    screened = signals(page).get("screening.sanctions_hit", {})
    hit = any(value_of(page, f"screening.{kind}_hit") is True for kind in ("sanctions", "pep", "watchlist"))
    screening = (
        str(len(open_hits) or 1) + " open"
        if open_hits or hit
        else "Clear"
        if screened.get("value") is False
        else MISSING
    )
    return [
        ("PAN card quality", f"{quality:.2f}" if isinstance(quality, int | float) else MISSING),
        ("Face", f"{score:.2f}" if isinstance(score, int | float) else MISSING),
        ("Screening", screening),
        ("Risk", f"{number(risk)} / 100" if risk is not None else MISSING),
    ]


def signal_rows(page: Page, prefixes: Iterable[str] = ()) -> list[dict[str, str]]:
    """Signals as rows: name, value or why there is none, source, confidence."""
    wanted = tuple(prefixes)
    return [
        {
            "Signal": name,
            "Value": shown(one.get("value"))
            if one.get("missing") is None
            else f"{MISSING} ({reason_missing(page, name)})",
            "Source": title(str(one["source"])) if one.get("source") else "Caller",
            "Confidence": number(one.get("confidence")),
        }
        for name, one in signals(page).items()
        if not wanted or name.startswith(wanted)
    ]


def _decision(page: Page) -> Mapping[str, Any]:
    return page.get("decision") or {}


def _reasons(page: Page) -> list[tuple[Why, float | None]]:
    told = _decision(page).get("reasons") or []
    return [
        (
            Why(str(one.get("text") or one.get("rule")), str(one.get("rule")), one.get("verdict")),
            _points(one.get("points")),
        )
        for one in told
    ]


def _points(value: object) -> float | None:
    try:
        return None if value is None else float(str(value))
    except ValueError:
        return None


def _read(page: Page, source: str) -> Mapping[str, Any]:
    body = next((one.get("body") for one in page.get("evidence") or [] if one.get("source") == source), None)
    return (body or {}).get("fields") or {}


def _field(fields: Mapping[str, Any], name: str) -> str:
    return shown((fields.get(name) or {}).get("value"))


def _flags(page: Page, name: str, only: str | None = None) -> str:
    held = {kind: value_of(page, f"{kind}.{name}") for kind in ("pan_card", "address_document") if only in {None, kind}}
    return _result({kind: bool(value) for kind, value in held.items() if value is not None}, {})


def _likeness(page: Page, name: str, parameter: str) -> str:
    least = limit(page, parameter)
    held = {kind: value_of(page, f"{kind}.{name}") for kind in ("pan_card", "address_document")}
    known = {kind: float(value) for kind, value in held.items() if isinstance(value, int | float)}
    if least is None:
        return ", ".join(f"{value:.2f}" for value in known.values()) or MISSING
    return _result({kind: value >= least for kind, value in known.items()}, known)


def _result(agrees: Mapping[str, bool], likeness: Mapping[str, float]) -> str:
    differ = [kind for kind, same in agrees.items() if not same]
    if differ:
        where = " and ".join(spaced(kind) + (f" {likeness[kind]:.2f}" if kind in likeness else "") for kind in differ)
        return f"{MISMATCH}: {where}"
    if not agrees:
        return MISSING
    least = min(likeness.values(), default=None)
    return "match" if least is None else f"match {least:.2f}"
