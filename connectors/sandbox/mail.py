"""The mail catcher of the embedded default: shows the messages that `FileMailer` wrote into the configured folder."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, HTTPException, Request
from fastapi import Path as PathParameter
from fastapi.responses import PlainTextResponse

from connectors.sandbox.faults import settings_of

router = APIRouter(tags=["Mail catcher"])
MailName = Annotated[str, PathParameter(pattern=r"^[0-9a-f]{32}$")]


@router.get("/mail")
def mails(request: Request) -> list[dict[str, str]]:
    """The last messages, newest first: name, recipient, subject, date."""
    settings = settings_of(request)
    files = sorted(_folder(request).glob("*.eml"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    return [_summary(file) for file in files[: settings.kept]]


@router.get("/mail/{name}")
def mail(name: MailName, request: Request) -> PlainTextResponse:
    """One message as it was written."""
    file = _folder(request) / f"{name}.eml"
    if not file.is_file():
        raise HTTPException(404, "no such message")
    return PlainTextResponse(file.read_text(encoding="utf-8", errors="replace"))


def _folder(request: Request) -> Path:
    folder = settings_of(request).mail_folder
    if folder is None:
        raise HTTPException(404, "no mail folder is configured")
    return folder


def _summary(file: Path) -> dict[str, str]:
    message: EmailMessage = message_from_bytes(file.read_bytes(), _class=EmailMessage, policy=policy.default)
    return {
        "name": file.stem,
        "to": str(message["To"]),
        "subject": str(message["Subject"]),
        "date": str(message["Date"]),
    }
