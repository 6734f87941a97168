"""Watchlists: which are in force, how old they are, and bringing a new version in."""

from datetime import UTC, datetime

import streamlit as st

from backoffice import session
from backoffice.client import ApiProblem
from backoffice.present.words import ago, at, title
from backoffice.widgets import parts


def draw() -> None:
    """A list that is too old still accuses and no longer clears; the state says which."""
    st.title("Watchlists")
    now = datetime.now(UTC)
    try:
        lists = session.api().lists()
    except ApiProblem as failure:
        parts.problem(failure)
        return
    rows = [
        {
            "List": title(str(one["name"])),
            "Kind": title(str(one.get("kind"))),
            "Entries": one.get("entries"),
            "Imported": at(one.get("created_at")),
            "Confirmed": ago(one.get("checked_at"), now),
            "State": "too old: no longer clears" if one.get("stale") else "fresh",
        }
        for one in lists
    ]
    parts.reading_table(rows, key="lists", alt="Watchlists", empty="No list was imported: nobody can be cleared.")
    if session.may("lists:write"):
        _import()


def _import() -> None:
    with st.form("import_list", clear_on_submit=True):
        st.markdown("**Import a list**")
        first, second = st.columns(2)
        name = first.text_input(
            "Name", key="list_name", placeholder="house_list", help="Lower-case letters, digits and _"
        )
        kind = second.selectbox("Kind", ["sanctions", "pep", "watchlist"], format_func=title, key="list_kind")
        file = st.file_uploader("CSV, UTF-8, with a header", type=["csv"], key="list_file")
        sent = st.form_submit_button("Import", key="list_go")
    if not sent:
        return
    if file is None or not (name or "").strip():
        st.error("Give the list a name and choose a file.")
        return
    try:
        made = session.api().import_list(name.strip(), str(kind), file.getvalue(), file.name)
    except ApiProblem as failure:
        parts.problem(failure)
        return
    session.flash(f"{title(made['name'])} is in force with {made['entries']} entries.")
    st.rerun()
