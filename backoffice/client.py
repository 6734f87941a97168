"""The one way to the API: HTTP with the person's tokens, renewed once when they end; refusals as sentences.

No other module of the back office speaks HTTP. What the API refuses becomes an `ApiProblem` with words that may be shown;
what cannot be reached is an `ApiProblem` too, never an empty answer. Tokens live in the `Credentials` of one browser
session and are renewed under a lock, because a refresh token that is used twice ends the session.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

import httpx

Json = dict[str, Any]
"""An answer's body. The shapes stand in `api.wire` and in the services that fill them."""

TIMEOUT_S: Final = 60.0  # checking a pack runs all its cases
_UNREACHABLE: Final = "The server does not answer. Try again in a minute; nothing was changed."


@dataclass(frozen=True)
class Fault:
    """One fault of an input: where, what is wrong, what to do."""

    where: str
    message: str
    remedy: str = ""


class ApiProblem(Exception):
    """Why the API refused. `status` is 0 where no answer came; `sentence` is for people."""

    def __init__(self, status: int, sentence: str, faults: tuple[Fault, ...] = (), request_id: str = "") -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.faults, self.request_id = status, sentence, faults, request_id

    @property
    def stale(self) -> bool:
        """Whether the thing has changed since it was read."""
        return self.status == httpx.codes.CONFLICT

    @property
    def signed_out(self) -> bool:
        """Whether only a new sign-in helps."""
        return self.status == httpx.codes.UNAUTHORIZED


@dataclass
class Credentials:
    """The tokens of one signed-in browser session; they never leave the server's memory."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)


@dataclass(frozen=True)
class Download:
    """A file as the API gave it."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


def connect(address: str) -> httpx.Client:
    """A pool of connections to the API, without anybody's tokens; shared by all sessions of the process."""
    return httpx.Client(base_url=address, timeout=TIMEOUT_S, follow_redirects=False)


def sign_in(connection: httpx.Client, email: str, password: str, code: str = "") -> Credentials:
    """Tokens for an e-mail and a password; raises `ApiProblem` with the same words for every wrong pair."""
    form = {"grant_type": "password", "username": email, "password": password} | ({"totp": code} if code else {})
    body = _body(_send(connection, "POST", "/v1/token", data=form))
    return Credentials(str(body["access_token"]), str(body["refresh_token"]))


class Client:
    """Requests in one person's name."""

    def __init__(self, connection: httpx.Client, credentials: Credentials) -> None:
        """`connection` is shared, `credentials` are this session's own."""
        self._connection, self._credentials = connection, credentials

    def get(self, path: str, **query: str | int | bool | None) -> Json:
        """The JSON at a path; a query value of None is left out."""
        return _body(self._authorised("GET", path, params={k: v for k, v in query.items() if v is not None}))

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Json:
        """The answer to an act; an answer without content is an empty mapping."""
        return _body(self._authorised("POST", path, json=None if body is None else dict(body)))

    def put(self, path: str, body: Mapping[str, Any]) -> Json:
        """The answer to a replacement."""
        return _body(self._authorised("PUT", path, json=dict(body)))

    def upload(self, path: str, fields: Mapping[str, str], content: bytes, file_name: str) -> Json:
        """The answer to a form with one file."""
        return _body(self._authorised("POST", path, data=dict(fields), files={"file": (file_name, content)}))

    def download(self, path: str) -> Download:
        """The file at a path."""
        answer = self._authorised("GET", path)
        disposition = answer.headers.get("content-disposition", "")
        name = unquote(disposition.rpartition("UTF-8''")[2]) if "UTF-8''" in disposition else "file"
        return Download(name, answer.headers.get("content-type", "application/octet-stream"), answer.content)

    def sign_out(self) -> None:
        """End the session at the server; a server that does not answer leaves the tokens to expire."""
        try:
            _send(self._connection, "POST", "/v1/token:revoke", json={"refresh_token": self._credentials.refresh})
        except ApiProblem:
            return

    def _authorised(self, method: str, path: str, **content: Any) -> httpx.Response:
        used = self._credentials.access
        try:
            return _send(self._connection, method, path, headers=_bearer(used), **content)
        except ApiProblem as problem:
            if not problem.signed_out:
                raise
        self._renew(used)
        return _send(self._connection, method, path, headers=_bearer(self._credentials.access), **content)

    def _renew(self, used: str) -> None:
        with self._credentials.lock:
            if self._credentials.access != used:
                return  # another run of this session has renewed them meanwhile
            body = _body(
                _send(self._connection, "POST", "/v1/token:refresh", json={"refresh_token": self._credentials.refresh})
            )
            self._credentials.access = str(body["access_token"])
            self._credentials.refresh = str(body["refresh_token"])


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _send(connection: httpx.Client, method: str, path: str, **content: Any) -> httpx.Response:
    try:
        answer = connection.request(method, path, **content)
    except httpx.HTTPError:
        raise ApiProblem(0, _UNREACHABLE) from None
    if answer.is_success:
        return answer
    raise _problem(answer)


def _body(answer: httpx.Response) -> Json:
    if not answer.content:
        return {}
    try:
        body = answer.json()
    except ValueError:
        raise ApiProblem(answer.status_code, "The server's answer cannot be read.") from None
    return body if isinstance(body, dict) else {}


def _problem(answer: httpx.Response) -> ApiProblem:
    try:
        told = answer.json()
    except ValueError:
        told = {}
    if not isinstance(told, dict):
        told = {}
    faults = tuple(
        Fault(str(one.get("where", "")), str(one.get("message", "")), str(one.get("remedy", "")))
        for one in told.get("errors", [])
        if isinstance(one, dict)
    )
    sentence = str(told.get("detail") or told.get("title") or f"The server refused ({answer.status_code}).")
    return ApiProblem(answer.status_code, _as_sentence(sentence), faults, str(told.get("request_id", "")))


def _as_sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else text + "."
