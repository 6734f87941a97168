"""A workbook, a DMN model or YAML brought in as a draft: the form, and what came of the last upload."""

import streamlit as st

from backoffice import session
from backoffice.client import ApiProblem, Json
from backoffice.present import exchange as words
from backoffice.present.words import plain
from backoffice.widgets import parts

_MADE = "pack_import.made"


def outcome() -> None:
    """The draft that the last upload became, what it leaves out, and the ways on; until it is closed."""
    held: tuple[Json, str | None] | None = st.session_state.get(_MADE)
    if held is None:
        return
    draft, live = held
    with st.container(border=True, key="imported_box"):
        st.markdown(f":material/upload_file: **{plain(words.imported(draft))}**")
        st.markdown(words.not_carried(draft))
        parts.wrapped_table(words.not_carried_rows(draft), alt="Not carried", empty="")
        with st.container(horizontal=True):
            if live is not None and st.button("Compare with the live version", key="imported_diff", type="primary"):
                _leave(draft, "Difference")
            if st.button("Open the draft", key="imported_open"):
                _leave(draft, None)
            if st.button("Close", key="imported_close", type="tertiary"):
                st.session_state.pop(_MADE)
                st.rerun()


def form(pack: str) -> None:
    """A file and the pack it is of; the file says itself which pack it is, and both must agree."""
    with (
        st.expander("Import a file as a draft", icon=":material/upload_file:"),
        st.form(f"import_{pack}", border=False),
    ):
        file = st.file_uploader(
            "Excel workbook, DMN model, or zip of YAML files", type=list(words.UPLOADS), key=f"import_file_{pack}"
        )
        first, second = st.columns([1, 2])
        name = first.text_input(
            "Pack",
            value=pack,
            key=f"import_pack_{pack}",
            help="The pack's id, as in the file. A new one starts a pack.",
        )
        note = second.text_input("Note", key=f"import_note_{pack}", max_chars=1000)
        sent = st.form_submit_button("Import as a draft", key="import_go")
    if not sent:
        return
    if file is None or not (name or "").strip():
        st.error("Choose a file and name its pack.")
        return
    _send((name or "").strip(), file.getvalue(), file.name, (note or "").strip())


def _send(pack: str, content: bytes, file_name: str, note: str) -> None:
    api = session.api()
    try:
        with st.spinner("Reading the file"):
            draft = api.import_version(pack, content, file_name, note)
        live = next((str(one["id"]) for one in api.versions(pack) if one["status"] == "active"), None)
    except ApiProblem as failure:
        parts.problem(failure)
        return
    kept = {key: draft.get(key) for key in ("id", "pack", "number", "version", "imported", "not_carried")}
    st.session_state[_MADE] = (kept, live)
    st.rerun()


def _leave(draft: Json, tab: str | None) -> None:
    st.session_state.pop(_MADE)
    if tab is not None:
        st.session_state["version_tab"] = tab
    session.go("version", pack=str(draft["pack"]), version_id=str(draft["id"]))
