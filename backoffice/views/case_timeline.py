"""What happened to the case, newest first, and a place for a note."""

import streamlit as st

from backoffice import session
from backoffice.client import ApiProblem, Json
from backoffice.present import trail
from backoffice.widgets import parts


def draw(page: Json) -> None:
    """Notes can be added to closed cases too; they are never changed."""
    parts.wrapped_table(trail.event_rows(page.get("timeline") or []), alt="Timeline", empty="Nothing has happened yet.")
    if not session.may("cases:work"):
        return
    with st.form("note_form", clear_on_submit=True):
        text = st.text_area("Note", key="note_text", max_chars=1000, height=90)
        sent = st.form_submit_button("Add note", key="note_add")
    if sent and (text or "").strip():
        try:
            session.api().add_note(str(page["id"]), text.strip())
        except ApiProblem as failure:
            parts.problem(failure)
            return
        session.flash("The note is in the timeline.")
        st.rerun()
