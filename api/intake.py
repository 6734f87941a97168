"""Taking a body in: its media type, its size as it streams, the time it may take, and one file of a form in memory.

Uploads are parsed in memory and never spill to a temporary file: a picture of an identity card must not lie unsealed on a
disk because a form parser found it large.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from email.message import Message as MimeMessage
from functools import lru_cache
from typing import Any, Final

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.types import Message, Receive

from api.json_body import Malformed, parse
from api.problems import Refused
from service.errors import Invalid, Problem
from service.settings import settings

BODY_DEADLINE_S: Final = 30.0
_FORM_MARGIN: Final = 64 * 1024
_MAX_FORM_FIELDS: Final = 10


@dataclass(frozen=True)
class BodyRule:
    """What a route takes: the media type, whether its fractions stay exact, and whether it may be as large as a file."""

    media_type: str = "application/json"
    exact: bool = False
    upload: bool = False

    @property
    def limit(self) -> int:
        """The most bytes of a body."""
        return settings().max_upload_bytes + _FORM_MARGIN if self.upload else settings().max_body_bytes


JSON_EXACT: Final = BodyRule(exact=True)
FORM: Final = BodyRule(media_type="application/x-www-form-urlencoded")
UPLOAD: Final = BodyRule(media_type="multipart/form-data", upload=True)


class Incoming(Request):
    """A request whose body is bounded and whose JSON is read strictly."""

    rule = BodyRule()

    @classmethod
    def of(cls, request: Request, rule: BodyRule) -> Incoming:
        """The same request under the route's rule; raises 413 at once where the length is declared too large."""
        declared = request.headers.get("content-length", "")
        if declared.isascii() and declared.isdigit() and int(declared[:20]) > rule.limit:
            raise _too_large(rule.limit)
        bounded = cls(request.scope, _bounded(request.receive, rule.limit))
        bounded.rule = rule
        return bounded

    async def json(self) -> Any:
        """The body as strict JSON; raises 400 with the reason."""
        try:
            return parse(await self.body(), exact=self.rule.exact)
        except Malformed as failure:
            raise Refused(400, str(failure)) from None


def check_media_type(request: Request, rule: BodyRule) -> None:
    """Raise 415 for a body that is declared as something else than the route takes."""
    given = request.headers.get("content-type")
    empty = request.headers.get("content-length", "0") == "0" and "transfer-encoding" not in request.headers
    if given is None and empty:
        return
    kind, charset = _media_type(given or "")
    if kind != rule.media_type:
        raise Refused(415, f"this route takes {rule.media_type}")
    if charset not in {None, "utf-8", "us-ascii"}:
        raise Refused(415, "this route takes UTF-8")


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The file of a form, whole in memory, and the form's other fields."""

    content: bytes
    file_name: str
    fields: dict[str, str]


async def read_upload(request: Request, *, fields: tuple[str, ...], optional: tuple[str, ...] = ()) -> Uploaded:
    """Read a multipart form with one `file`; raises `Invalid` for a form of another shape, 413 for a large file."""
    check_media_type(request, UPLOAD)
    parser = _InMemory(request.headers, _chunks(request), max_files=1, max_fields=_MAX_FORM_FIELDS)
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, UnicodeDecodeError, LookupError, ValueError):
        raise Invalid("the form cannot be read", (Problem("", "is not multipart/form-data with one file"),)) from None
    try:
        held = form.multi_items()
        files = [value for name, value in held if name == "file" and isinstance(value, UploadFile)]
        texts = {name: value for name, value in held if isinstance(value, str)}
        faults = [
            Problem(f"/{name[:64]}", "is not a field of this form") for name in texts if name not in fields + optional
        ][:5]
        faults += [Problem(f"/{name}", "is missing") for name in fields if name not in texts]
        if len(files) != 1 or len(held) != len(files) + len(texts):
            faults.append(Problem("/file", "is missing, or is not the only file"))
        if faults:
            raise Invalid("the form is not the route's", tuple(faults))
        content = await files[0].read()
        name = files[0].filename or "file"
    finally:
        await form.close()
    if len(content) > settings().max_upload_bytes:
        raise _too_large(settings().max_upload_bytes)
    return Uploaded(content, name, texts)


class _InMemory(MultiPartParser):
    """The form parser of the framework, kept from spilling to the disk; the body's limit bounds the memory."""

    spool_max_size = 2**31


async def _chunks(request: Request) -> AsyncGenerator[bytes, None]:
    async for chunk in request.stream():
        yield chunk


@lru_cache(maxsize=64)
def _media_type(given: str) -> tuple[str, str | None]:
    if not given:
        return "", None
    message = MimeMessage()
    message["content-type"] = given
    return message.get_content_type(), message.get_content_charset()


def _bounded(receive: Receive, limit: int) -> Receive:
    seen = 0
    ends: float | None = None

    async def bounded() -> Message:
        nonlocal seen, ends
        loop = asyncio.get_running_loop()
        ends = ends or loop.time() + BODY_DEADLINE_S
        if seen < 0:
            return await receive()
        try:
            async with asyncio.timeout_at(ends):
                message = await receive()
        except TimeoutError:
            raise Refused(408, "the body did not arrive in time") from None
        seen += len(message.get("body", b""))
        if seen > limit:
            raise _too_large(limit)
        if not message.get("more_body", False):
            # What comes after the body is only the news that the caller left; that may take any time.
            seen = -1
        return message

    return bounded


def _too_large(limit: int) -> Refused:
    return Refused(413, f"a body has at most {limit} bytes here")
