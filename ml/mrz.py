"""Machine-readable zones of travel documents after ICAO Doc 9303: TD1, TD2, TD3 and the visas MRV-A and MRV-B.

It checks and explains what was read and never corrects it. A check digit is right or wrong on its own line of `checks`;
a document whose digits all agree is consistent, not genuine, and its first line (names) carries no check digit at all.
Document numbers longer than nine characters have two conventions in the wild; both are accepted and named.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final, Literal, TypeAlias

MrzKind: TypeAlias = Literal["TD1", "TD2", "TD3", "MRVA", "MRVB"]

_WEIGHTS: Final = (7, 3, 1)
_ALLOWED: Final = re.compile(r"[A-Z0-9<]+")
_SEXES: Final = {"M": "M", "F": "F", "<": "X", "X": "X"}
_EXPIRY_LOOKAHEAD_YEARS: Final = 50


@dataclass(frozen=True, slots=True)
class Mrz:
    """A parsed zone. `valid` says that shape, characters, dates and every check digit are right.

    `kind` is None where the lines have no ICAO shape. `fields` holds strings (dates as YYYY-MM-DD, or shorter where the
    document leaves day or month unknown); `checks` says per item whether it holds; `notes` explains in words.
    """

    valid: bool
    kind: MrzKind | None
    fields: dict[str, str] = field(default_factory=dict)
    checks: dict[str, bool] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the parts lie, as slices of (line, start, end); `composite` lists what the last digit covers."""

    number: tuple[int, int, int]
    birth: tuple[int, int, int]
    sex: tuple[int, int]
    expiry: tuple[int, int, int]
    nationality: tuple[int, int, int]
    names: tuple[int, int, int]
    optional: tuple[tuple[int, int, int], ...]
    optional_check: tuple[int, int] | None = None
    composite: tuple[tuple[int, int, int], ...] = ()
    composite_check: tuple[int, int] | None = None


def _two_lines(width: int, **extra: object) -> _Layout:
    return _Layout(
        number=(1, 0, 9), nationality=(1, 10, 13), birth=(1, 13, 19), sex=(1, 20), expiry=(1, 21, 27), names=(0, 5, width),
        **extra,  # type: ignore[arg-type]
    )  # fmt: skip


_LAYOUTS: Final[dict[MrzKind, _Layout]] = {
    "TD3": _two_lines(
        44,
        optional=((1, 28, 42),),
        optional_check=(1, 42),
        composite=((1, 0, 10), (1, 13, 20), (1, 21, 43)),
        composite_check=(1, 43),
    ),
    "TD2": _two_lines(
        36,
        optional=((1, 28, 35),),
        composite=((1, 0, 10), (1, 13, 20), (1, 21, 35)),
        composite_check=(1, 35),
    ),
    "MRVA": _two_lines(44, optional=((1, 28, 44),)),
    "MRVB": _two_lines(36, optional=((1, 28, 36),)),
    "TD1": _Layout(
        number=(0, 5, 14),
        birth=(1, 0, 6),
        sex=(1, 7),
        expiry=(1, 8, 14),
        nationality=(1, 15, 18),
        names=(2, 0, 30),
        optional=((0, 15, 30), (1, 18, 29)),
        composite=((0, 5, 30), (1, 0, 7), (1, 8, 15), (1, 18, 29)),
        composite_check=(1, 29),
    ),
}


def check_digit(text: str) -> str:
    """The ICAO check digit of `text`: weights 7, 3, 1; digits count as themselves, A is 10 to Z 35, `<` is 0."""
    return str(sum(_value(char) * _WEIGHTS[index % 3] for index, char in enumerate(text)) % 10)


def parse_mrz(lines: Sequence[str], today: date | None = None) -> Mrz:
    """Parse two or three lines. `today` places two-digit years and defaults to the current UTC date."""
    cleaned = [re.sub(r"\s", "", line).upper() for line in lines if line.strip()]
    kind = _kind_of(cleaned)
    if kind is None:
        return Mrz(valid=False, kind=None, notes=("The lines do not have the shape of an ICAO machine-readable zone.",))
    if not all(_ALLOWED.fullmatch(line) for line in cleaned):
        return Mrz(valid=False, kind=kind, checks={"characters": False}, notes=("Only A-Z, 0-9 and < may occur.",))
    layout = _LAYOUTS[kind]
    notes: list[str] = []
    number, checks = _document_number(cleaned, layout, notes)
    birth, expiry = _cut(cleaned, layout.birth), _cut(cleaned, layout.expiry)
    checks["date_of_birth"] = check_digit(birth) == cleaned[layout.birth[0]][layout.birth[2]]
    checks["expiry_date"] = check_digit(expiry) == cleaned[layout.expiry[0]][layout.expiry[2]]
    if layout.optional_check:
        line, at = layout.optional_check
        optional = _cut(cleaned, layout.optional[0])
        empty = not optional.strip("<")
        checks["optional"] = cleaned[line][at] == check_digit(optional) or (empty and cleaned[line][at] == "<")
    if layout.composite_check:
        line, at = layout.composite_check
        checks["composite"] = (
            check_digit("".join(_cut(cleaned, part) for part in layout.composite)) == cleaned[line][at]
        )
    now = today or datetime.now(UTC).date()
    fields = _fields(cleaned, layout, number)
    for name, text, latest in (
        ("date_of_birth", birth, now.year),
        ("expiry_date", expiry, now.year + _EXPIRY_LOOKAHEAD_YEARS),
    ):
        value = _date(text, latest)
        checks[f"{name}_form"] = value is not None
        if value:
            fields[name] = value
    checks["sex_form"] = cleaned[layout.sex[0]][layout.sex[1]] in _SEXES
    return Mrz(valid=all(checks.values()), kind=kind, fields=fields, checks=checks, notes=tuple(notes))


def _kind_of(lines: list[str]) -> MrzKind | None:
    shape = (len(lines), {len(line) for line in lines})
    visa = bool(lines) and lines[0].startswith("V")
    if shape == (3, {30}):
        return "TD1"
    if shape == (2, {36}):
        return "MRVB" if visa else "TD2"
    if shape == (2, {44}):
        return "MRVA" if visa else "TD3"
    return None


def _document_number(lines: list[str], layout: _Layout, notes: list[str]) -> tuple[str, dict[str, bool]]:
    line, start, end = layout.number
    number, digit = lines[line][start:end], lines[line][end]
    if digit != "<" or layout.optional_check:
        return number.rstrip("<"), {"document_number": check_digit(number) == digit}
    # A longer number goes on in the optional data and ends with its check digit (Doc 9303 part 5, note j).
    rest = _cut(lines, layout.optional[0]).split("<")[0]
    if len(rest) < 2:
        return number.rstrip("<"), {"document_number": False}
    tail, digit = rest[:-1], rest[-1]
    conventions = {
        "without the filler": check_digit(number + tail) == digit,
        "with the filler": check_digit(number + "<" + tail) == digit,
    }
    held = [name for name, holds in conventions.items() if holds]
    notes.append(f"Long document number; its check digit holds {' and '.join(held) or 'in neither convention'}.")
    return number + tail, {"document_number": bool(held)}


def _fields(lines: list[str], layout: _Layout, number: str) -> dict[str, str]:
    primary, _, secondary = _cut(lines, layout.names).partition("<<")
    fields = {
        "document_type": lines[0][:2].rstrip("<"),
        "issuer": lines[0][2:5].rstrip("<"),
        "surname": primary.replace("<", " ").strip(),
        "given_names": secondary.replace("<", " ").strip(),
        "document_number": number,
        "nationality": _cut(lines, layout.nationality).rstrip("<"),
        "sex": _SEXES.get(lines[layout.sex[0]][layout.sex[1]], ""),
        "optional": " ".join(filter(None, (_cut(lines, part).replace("<", " ").strip() for part in layout.optional))),
    }
    return {name: value for name, value in fields.items() if value}


def _date(text: str, latest_year: int) -> str | None:
    """YYMMDD to ISO form in the last century that does not pass `latest_year`; unknown day or month shortens it."""
    known = re.fullmatch(r"(\d{2})(\d{2}|<<)(\d{2}|<<)", text)
    if not known:
        return "" if text == "<<<<<<" else None
    year = latest_year - (latest_year - int(known[1])) % 100
    if known[2] == "<<":
        return f"{year}" if known[3] == "<<" else None
    if known[3] == "<<":
        return f"{year}-{known[2]}" if 1 <= int(known[2]) <= 12 else None
    try:
        return date(year, int(known[2]), int(known[3])).isoformat()
    except ValueError:
        return None


def _cut(lines: list[str], part: tuple[int, int, int]) -> str:
    line, start, end = part
    return lines[line][start:end]


def _value(char: str) -> int:
    if char == "<":
        return 0
    return int(char) if char.isdigit() else ord(char) - 55
