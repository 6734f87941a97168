"""Pictures of documents: read from the API once a session, shown as `data:` addresses, never at one of their own.

The API audits each reading, so a picture is kept for this session's time instead of being read on every run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from backoffice import session
from backoffice.client import ApiProblem, Download
from backoffice.present import pictures
from backoffice.present.words import title

Document = Mapping[str, Any]


@st.cache_data(scope="session", max_entries=12, ttl=900, show_spinner=False)
def _file(document_id: str) -> Download:
    return session.api().document(document_id)


@st.cache_data(scope="session", max_entries=12, ttl=900, show_spinner=False)
def _picture(document_id: str) -> str | None:
    file = _file(document_id)
    return pictures.document_picture(file.content, file.media_type)


@st.cache_data(scope="session", max_entries=12, ttl=900, show_spinner=False)
def _face(document_id: str, box: tuple[tuple[float, float], ...]) -> str | None:
    file = _file(document_id)
    return pictures.face_picture(file.content, file.media_type, box)


def newest(documents: Sequence[Document], kind: str) -> Document | None:
    """The last file of a kind, which is the one that was checked; None where there is none."""
    found = [one for one in documents if one.get("kind") == kind]
    return max(found, key=lambda one: int(one.get("ordinal") or 0), default=None)


def show(document: Document, caption: str | None = None) -> None:
    """A document's picture, or why there is none."""
    name = title(str(document.get("kind")))
    try:
        address = _picture(str(document["id"]))
    except ApiProblem as failure:
        session.refused(failure)
        st.caption(f"{name}: {failure.sentence}")
        return
    if address is None:
        st.caption(f"{name}: the file cannot be drawn.")
        return
    st.image(address, width="stretch", caption=caption or name, alt=name)


def show_face(document: Document, box: Sequence[Sequence[float]] | None, caption: str) -> None:
    """The face in a document, or the whole picture where no face was found."""
    if not box:
        show(document, caption)
        return
    try:
        address = _face(str(document["id"]), tuple((float(x), float(y)) for x, y in box))
    except ApiProblem as failure:
        session.refused(failure)
        st.caption(f"{caption}: {failure.sentence}")
        return
    if address is None:
        st.caption(f"{caption}: the file cannot be drawn.")
        return
    st.image(address, width="stretch", caption=caption, alt=caption)
