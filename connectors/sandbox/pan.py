"""PAN verification as Protean answers it: flags against what is on file, never the name itself.

A number that is not on file answers N. Invalid numbers (N, X, F, D) get blank flags and a blank seeding status. Names
are compared as letters, whatever the case and spacing.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from connectors.sandbox.faults import apply, provider_conditions
from connectors.sandbox.identities import holder

router = APIRouter(tags=["PAN verification"], dependencies=[Depends(provider_conditions)])
MAX_ROWS = 5
_Text = Annotated[str, Field(max_length=200)]


class PanRow(BaseModel):
    """One number to verify; `dob` as DD/MM/YYYY."""

    pan: Annotated[str, Field(max_length=10)]
    name: _Text
    fathername: _Text = ""
    dob: Annotated[str, Field(pattern=r"^[0-9]{2}/[0-9]{2}/[0-9]{4}$")]


class PanRequest(BaseModel):
    """The provider's request."""

    inputData: list[PanRow]  # noqa: N815 - the provider's own spelling


@router.post("/panverification/{version}/{language}")
async def verify_pan(version: str, language: str, body: PanRequest, request: Request) -> dict[str, object]:  # noqa: ARG001 - part of the provider's path
    """Response codes: 1 answered, 5 no number in the request, 7 more numbers than allowed."""
    if not body.inputData:
        return {"response_Code": "5", "outputData": []}
    if len(body.inputData) > MAX_ROWS:
        return {"response_Code": "7", "outputData": []}
    for row in body.inputData:
        if person := holder(row.pan):
            await apply(person.fault, request)
    return {"response_Code": "1", "outputData": [_verified(row) for row in body.inputData]}


def _verified(row: PanRow) -> dict[str, str]:
    person = holder(row.pan)
    status = person.pan_status if person else "N"
    if person is None or not status.startswith("E"):
        return {
            "pan": row.pan,
            "pan_status": status,
            "name": "",
            "fathername": "",
            "dob": "",
            "seeding_status": "",
        }
    on_file = person.registered_date_of_birth or person.date_of_birth
    return {
        "pan": row.pan,
        "pan_status": status,
        "name": _flag(_letters(row.name) == _letters(person.registered_name or person.name)),
        "fathername": _flag(_letters(row.fathername) == _letters(person.father_name)) if row.fathername else "",
        "dob": _flag(row.dob == _printed(on_file)),
        "seeding_status": person.seeding,
    }


def _flag(same: bool) -> str:  # noqa: FBT001 - a flag made of a fact
    return "Y" if same else "N"


def _letters(name: str) -> str:
    return "".join(char for char in name.upper() if char.isalpha())


def _printed(day: date) -> str:
    return day.strftime("%d/%m/%Y")
