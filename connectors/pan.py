"""PAN verification: is this Permanent Account Number real, alive, linked, and does it belong to this name and birthday.

`ProteanPanVerifier` speaks the request and answer of Protean's PAN verification (offered through RBIH, API 1.3.2). The
provider confirms by flags; it discloses no name. A number of the wrong form is never sent. A blank flag, or a code
outside the published list, becomes a `Missing`; an answer of another shape, or about another number, is refused whole.
No flag is ever filled in (invariant 3). The last letter of a PAN is a check letter by an unpublished algorithm: no
claim is made on it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from stdnum.in_ import pan as stdnum_pan

from connectors.errors import ConnectorError, GarbageAnswer, ProviderRefused, RetryLater
from connectors.http import ProviderClient
from engine.signal import Finding, Missing, Reason, Signal, Value, missing

SOURCE = "pan_verification"
LOCAL_SIGNALS = ("pan.format_valid", "pan.holder_type")
PROVIDER_SIGNALS = ("pan.status", "pan.name_match", "pan.dob_match", "pan.seeding")
PAN_SIGNALS = (*LOCAL_SIGNALS, *PROVIDER_SIGNALS)

# E: existing and valid; N: not in the database; X: deactivated; F: fake; D: deleted; E?: existing, with an event
# (A amalgamation, C acquisition, D death, I dissolution, L liquidated, M merger, P partition, S split,
# U under liquidation).
PAN_STATUSES = frozenset({"E", "N", "X", "F", "D", "EA", "EC", "ED", "EI", "EL", "EM", "EP", "ES", "EU"})
SEEDING_STATUSES = frozenset({"Y", "R", "NA"})  # linked, not linked, not an individual

_SUCCESS = "1"
_BUSY_CODES = frozenset({"2", "11"})  # system error; tables being exchanged
_REFUSAL_CODES = frozenset(str(code) for code in range(3, 22)) - _BUSY_CODES  # our account, signature or request


@dataclass(frozen=True, slots=True)
class PanQuery:
    """What the applicant declared. All of it is personal data, so nothing of it shows in repr."""

    pan: str = field(repr=False)
    name: str = field(repr=False)
    date_of_birth: date = field(repr=False)
    father_name: str | None = field(default=None, repr=False)


class PanVerifier(Protocol):
    """A source of PAN verification."""

    def verify(self, query: PanQuery) -> Finding:
        """Say what is known of the number: exactly the signals in PAN_SIGNALS, known or missing.

        Raises ConnectorError when the provider gave no usable answer; `unverified` turns that into a Finding.
        """


class ProteanPanVerifier:
    """The Protean-shaped provider. `path` holds the API's version and language; `now` gives aware UTC."""

    def __init__(
        self,
        client: ProviderClient,
        *,
        path: str = "panverification/v1/en",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._client = client
        self._path = path
        self._now = now

    def verify(self, query: PanQuery) -> Finding:
        """As PanVerifier.verify; one call, at most, to the provider."""
        if not stdnum_pan.is_valid(query.pan):
            return _malformed(self._now())
        number = stdnum_pan.compact(query.pan)
        asked = {
            "pan": number,
            "name": query.name,
            "fathername": query.father_name or "",
            "dob": query.date_of_birth.strftime("%d/%m/%Y"),
        }
        body = self._client.post_json(self._path, {"inputData": [asked]}).body
        row = self._row(body, number)
        observed_at = self._now()
        signals = (
            *_local(number, observed_at),
            Signal("pan.status", _code(row.pan_status, PAN_STATUSES, "status"), SOURCE, observed_at),
            Signal("pan.name_match", _flag(row.name, "name"), SOURCE, observed_at),
            Signal("pan.dob_match", _flag(row.dob, "date of birth"), SOURCE, observed_at),
            Signal("pan.seeding", _code(row.seeding_status, SEEDING_STATUSES, "seeding"), SOURCE, observed_at),
        )
        request: dict[str, Value] = {**asked}
        return Finding(signals, {"provider": self._client.settings.name, "request": request, "answer": body})

    def _row(self, body: Value, number: str) -> _Row:
        name = self._client.settings.name
        try:
            answer = _Answer.model_validate(body)
        except ValidationError:
            # `from None`: pydantic's text would quote the answer.
            raise GarbageAnswer(name, "the answer has not the promised fields") from None
        if answer.response_code in _BUSY_CODES:
            raise RetryLater(name, f"answered with code {answer.response_code}")
        if answer.response_code in _REFUSAL_CODES:
            raise ProviderRefused(name, f"answered with code {answer.response_code}")
        if answer.response_code != _SUCCESS:
            raise GarbageAnswer(name, "the answer carries an unpublished response code")
        if len(answer.rows) != 1 or answer.rows[0].pan != number:
            raise GarbageAnswer(name, "the answer is about another number than was asked")
        return answer.rows[0]


def unverified(query: PanQuery, error: ConnectorError) -> Finding:
    """What is still known when the provider failed for good: the number's form; the rest is missing, and why."""
    if not stdnum_pan.is_valid(query.pan):
        return _malformed(None)
    number = stdnum_pan.compact(query.pan)
    return Finding((*_local(number, None), *missing(PROVIDER_SIGNALS, error.reason, str(error), SOURCE)))


class _Row(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", str_max_length=200)
    pan: str
    pan_status: str
    name: str
    fathername: str
    dob: str
    seeding_status: str


class _Answer(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", str_max_length=200)
    response_code: str = Field(alias="response_Code")
    rows: list[_Row] = Field(alias="outputData", default_factory=list, max_length=5)


def _local(number: str, observed_at: datetime | None) -> tuple[Signal, ...]:
    return (
        Signal("pan.format_valid", True, SOURCE, observed_at),
        Signal("pan.holder_type", number[3], SOURCE, observed_at),
    )


def _malformed(observed_at: datetime | None) -> Finding:
    detail = "the number is not of the form of a PAN, so the provider was not asked"
    rest = ("pan.holder_type", *PROVIDER_SIGNALS)
    return Finding(
        (
            Signal("pan.format_valid", False, SOURCE, observed_at),
            *missing(rest, Reason.NOT_EXECUTED, detail, SOURCE),
        )
    )


def _flag(text: str, what: str) -> bool | Missing:
    match text.strip().upper():
        case "Y":
            return True
        case "N":
            return False
        case "":
            return Missing(Reason.NOT_FOUND, f"the provider left the {what} flag blank")
        case _:
            return Missing(Reason.FAILED, f"the provider's {what} flag is outside its published list")


def _code(text: str, published: frozenset[str], what: str) -> str | Missing:
    code = text.strip().upper()
    if not code:
        return Missing(Reason.NOT_FOUND, f"the provider left the {what} blank")
    return code if code in published else Missing(Reason.FAILED, f"the provider's {what} is outside its published list")
