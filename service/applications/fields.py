"""What an applicant may declare: each field with its form, checked all at once.

A field is one of the table below or one that the pack declares as `applicant.<field>`; anything else is refused with the
nearest known name. Texts are freed of doubled blanks and refused when they hold control characters. Problems name the
field and what is expected, never what was typed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from functools import partial
from typing import Final

from pydantic.networks import validate_email
from pydantic_core import PydanticCustomError
from stdnum.in_ import pan as stdnum_pan

from engine.pack.admit import RefusedError, admission, admit_boolean, admit_date, admit_number
from engine.pack.model import SignalSpec
from engine.pack.problems import SignalProblem
from engine.signal import Missing
from service.applications.countries import COUNTRIES, INDIAN_STATES
from service.errors import Problem

REQUIRED: Final = ("name", "date_of_birth")
MAX_MONEY: Final = Decimal(10**12)
OLDEST: Final = date(1900, 1, 1)
_E164 = re.compile(r"\+[1-9][0-9]{6,14}\Z")
_PREFIX = "applicant."
Form = Callable[[object], object]


class FieldError(ValueError):
    """A field is not of its form; the text says what is expected."""


def plain_text(value: object, longest: int, what: str) -> str:
    """A text of one line without control characters, blanks joined."""
    if not isinstance(value, str):
        raise FieldError(what)
    text = " ".join(unicodedata.normalize("NFC", value).split())
    if not 1 <= len(text) <= longest or any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn"} for c in text):
        raise FieldError(what)
    return text


def check_applicant(given: Mapping[str, object], signals: Mapping[str, SignalSpec], today: date) -> tuple[
    dict[str, object], list[Problem]
]:  # fmt: skip
    """Return the declaration in typed form and every problem; `signals` are the pack's, `today` bounds birthdays."""
    known: dict[str, Form] = {**_FORMS, "date_of_birth": partial(_birthday, today=today)}
    declared: dict[str, object] = {}
    problems = [
        Problem(f"/applicant/{name}", "this field is needed") for name in REQUIRED if given.get(name) in {None, ""}
    ]
    for name, value in given.items():
        if value is None or (name in REQUIRED and value == ""):
            continue
        spec = signals.get(_PREFIX + name)
        if name not in known and spec is None:
            problems.append(_unknown(name, [*known, *(key.removeprefix(_PREFIX) for key in signals)]))
            continue
        try:
            form = known.get(name)
            declared[name] = value if form is None else form(value)
            if spec is not None:
                declared[name] = _as_declared(spec, declared[name])
        except FieldError as fault:
            problems.append(Problem(f"/applicant/{name}", f"expected {fault}"))
    return declared, problems


def check_signals(
    given: Mapping[str, object], signals: Mapping[str, SignalSpec], provided: Mapping[str, str]
) -> tuple[dict[str, object], list[Problem]]:
    """Return the caller's signals in typed form and every problem; `provided` maps a signal to the check it comes from."""
    admitted: dict[str, object] = {}
    problems: list[Problem] = []
    for name, value in given.items():
        where, spec = f"/signals/{name[:120]}", signals.get(name)
        if spec is None:
            near = get_close_matches(name, list(signals), 1)
            problems.append(
                Problem(where, "the pack declares no such signal", f"did you mean {near[0]}?" if near else "")
            )
        elif name in provided:
            message = f"this signal comes from the check {provided[name]} and cannot be given"
            problems.append(Problem(where, message))
        elif name.startswith(("applicant.", "facts.", "patterns.")):
            problems.append(Problem(where, "this signal cannot be given", "declare the applicant in `applicant`"))
        elif value is not None:
            try:
                admitted[name] = _as_declared(spec, value)
            except FieldError as fault:
                problems.append(Problem(where, f"expected {fault}"))
    return admitted, problems


def _as_declared(spec: SignalSpec, value: object) -> object:
    missing: dict[str, Missing] = {}
    faults: list[SignalProblem] = []
    admitted: object = admission(spec)(value, missing, faults)
    if faults:
        raise FieldError(f"{faults[0].expected}, got {faults[0].got}")
    return admitted


def _unknown(name: str, known: list[str]) -> Problem:
    near = get_close_matches(name, known, 1)
    return Problem(f"/applicant/{name[:64]}", "unknown field", f"did you mean {near[0]}?" if near else "")


def _name(value: object) -> str:
    what = "a name of 1 to 200 characters with at least one letter and no digits"
    text = plain_text(value, 200, what)
    if not any(map(str.isalpha, text)) or any(map(str.isdigit, text)):
        raise FieldError(what)
    return text


def _birthday(value: object, today: date) -> date:
    try:
        day = admit_date(value)
    except RefusedError:
        raise FieldError("a date, YYYY-MM-DD") from None
    if not OLDEST <= day <= today:
        raise FieldError("a date between 1900-01-01 and today")
    return day


def _address(value: object) -> str:
    what = "an address of 5 to 500 characters"
    text = plain_text(value, 500, what)
    if len(text) < 5:
        raise FieldError(what)
    return text


def _email(value: object) -> str:
    what = "one plain e-mail address"
    text = plain_text(value, 254, what)
    try:
        address = validate_email(text)[1]
    except PydanticCustomError:
        raise FieldError(what) from None
    if address.casefold() != text.casefold():  # a display name came along
        raise FieldError(what)
    return text


def _phone(value: object) -> str:
    what = "a number in international form: + and 7 to 15 digits"
    text = plain_text(value, 30, what).replace(" ", "").replace("-", "")
    if not _E164.match(text):
        raise FieldError(what)
    return text


def _pan(value: object) -> str:
    what = "a PAN: five letters, four digits, one letter"
    text = plain_text(value, 20, what)
    if not stdnum_pan.is_valid(text):
        raise FieldError(what)
    return str(stdnum_pan.compact(text))


def _money(value: object) -> Decimal | int:
    what = "an amount of rupees, zero or more"
    try:
        amount = admit_number(value)
    except RefusedError:
        raise FieldError(what) from None
    if not 0 <= amount <= MAX_MONEY:
        raise FieldError(what)
    return amount


def _flag(value: object) -> bool:
    try:
        return admit_boolean(value)
    except RefusedError:
        raise FieldError("true or false") from None


def _one_of(allowed: frozenset[str], what: str) -> Callable[[object], str]:
    def check(value: object) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise FieldError(what)
        return value

    return check


_COUNTRY = _one_of(COUNTRIES, "a country's two capital letters (ISO 3166-1)")
_EMPLOYMENTS = frozenset({"salaried", "self_employed", "business", "retired", "student", "unemployed"})
_FORMS: Final[Mapping[str, Form]] = {
    "name": _name,
    "father_name": _name,
    "gender": _one_of(frozenset({"M", "F", "X"}), "M, F or X"),
    "nationality": _COUNTRY,
    "residence_country": _COUNTRY,
    "state": _one_of(INDIAN_STATES, "the two letters of an Indian state, such as MH"),
    "address": _address,
    "email": _email,
    "phone": _phone,
    "pan": _pan,
    "employment": _one_of(_EMPLOYMENTS, f"one of {', '.join(sorted(_EMPLOYMENTS))}"),
    "monthly_income": _money,
    "monthly_obligations": _money,
    "is_nri": _flag,
    "has_aadhaar": _flag,
}
