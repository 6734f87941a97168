"""Who sits in front of the screen: tokens and identity of one browser session, and what a view leaves for the next run.

Everything lives in `st.session_state`, which is the server's memory of this tab and ends with it; no cookie, no address
holds a token. Permissions here only choose what is drawn: the API checks every act again.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

import httpx
import streamlit as st

from backoffice import client
from backoffice.calls import Api
from backoffice.client import ApiProblem, Credentials, Json

_CREDENTIALS: Final = "session.credentials"
_ME: Final = "session.me"
_PAGES: Final = "session.pages"
_FLASH: Final = "session.flash"
_DRAWER: Final = "session.drawer"
DRAWER_FAILED: Final = "drawer.failed"
DEFAULT_ADDRESS: Final = "http://127.0.0.1:8000"


@st.cache_resource
def connection() -> httpx.Client:
    """The process's connections to the API at `VERDICT_API_URL`."""
    return client.connect(os.environ.get("VERDICT_API_URL", DEFAULT_ADDRESS))


def signed_in() -> bool:
    """Whether this tab has tokens."""
    return _CREDENTIALS in st.session_state


def sign_in(email: str, password: str, code: str) -> None:
    """Sign in and keep the tokens; raises `ApiProblem`."""
    credentials = client.sign_in(connection(), email, password, code)
    st.session_state[_ME] = Api(connection(), credentials).me()
    st.session_state[_CREDENTIALS] = credentials


def sign_out() -> None:
    """Forget everything of this tab, and end the session at the server."""
    if signed_in():
        api().sign_out()
    st.session_state.clear()


def api() -> Api:
    """The API in this person's name."""
    credentials: Credentials = st.session_state[_CREDENTIALS]
    return Api(connection(), credentials)


def me() -> Json:
    """The signed-in person, as the API told at sign-in."""
    found: Json = st.session_state[_ME]
    return found


def may(*permissions: str) -> bool:
    """Whether the person has one of the permissions; what is not granted is not drawn."""
    return any(permission in me().get("permissions", []) for permission in permissions)


def flash(words: str, *, passing: bool = False) -> None:
    """Leave a sentence for the next run, whichever page draws it; a `passing` one is for what can be undone at once."""
    st.session_state[_FLASH] = (words, passing)


def take_flash() -> tuple[str, bool] | None:
    """The sentence that was left, once, and whether it passes."""
    left: tuple[str, bool] | None = st.session_state.pop(_FLASH, None)
    return left


def open_drawer(name: str, subject: str) -> None:
    """Say which drawer is open, and for which thing; there is never more than one."""
    st.session_state.pop(DRAWER_FAILED, None)
    st.session_state[_DRAWER] = (name, subject)


def close_drawer() -> None:
    """No drawer is open."""
    st.session_state.pop(_DRAWER, None)


def drawer(subject: str) -> str | None:
    """The drawer that is open for this thing; one that was left open for another thing is not drawn."""
    held: tuple[str, str] | None = st.session_state.get(_DRAWER)
    return held[0] if held is not None and held[1] == subject else None


def remember_pages(pages: Mapping[str, st.Page]) -> None:
    """The pages of this run by path, so that a view can leave for another without importing it."""
    st.session_state[_PAGES] = dict(pages)


def go(path: str, **query: str) -> None:
    """Leave for another page; `query` is its address's query, which never holds personal data."""
    close_drawer()
    st.switch_page(st.session_state[_PAGES][path], query_params=query)


def refused(problem: ApiProblem) -> None:
    """Leave a tab whose session the server has ended; other problems are the view's to show."""
    if problem.signed_out:
        st.session_state.clear()
        flash("Your session has ended. Sign in again.")
        st.rerun()
