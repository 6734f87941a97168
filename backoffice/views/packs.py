"""Rule packs: which version is live, which are on their way, and every version there was."""

from datetime import UTC, datetime

import streamlit as st

from backoffice import session
from backoffice.client import ApiProblem
from backoffice.present import packs as words
from backoffice.views import pack_import
from backoffice.widgets import parts


def draw() -> None:
    """One pack at a time; drafts are made from the live version or from any other."""
    st.title("Rule packs")
    pack_import.outcome()
    try:
        packs = session.api().packs()
        if not packs:
            st.info("No pack is installed. `verdict setup` loads those of the rules folder.")
            return
        now = datetime.now(UTC)
        parts.reading_table([words.pack_row(pack, now) for pack in packs], key="packs", alt="Rule packs", empty="")
        names = [str(pack["id"]) for pack in packs]
        name = names[0] if len(names) == 1 else st.selectbox("Pack", names, key="pack", persist_state="session")
        _versions(str(name))
        if session.may("packs:write"):
            pack_import.form(str(name))
    except ApiProblem as failure:
        parts.problem(failure)


def _versions(pack: str) -> None:
    api = session.api()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(f"Versions of {pack}", anchor=False, width="stretch")
        drafted = session.may("packs:write") and st.button(
            "New draft from the live version", key="new_draft", type="primary", icon=":material/add:"
        )
    if drafted:
        made = api.new_draft(pack)
        session.flash(f"{words.version_name(made)} is a draft of yours. Nothing is live yet.")
        session.go("version", pack=pack, version_id=str(made["id"]))
    versions = api.versions(pack)
    known = {str(session.me()["id"]): "you"}
    chosen = parts.open_table(
        [words.version_row(one, known) for one in versions],
        key=f"versions_{pack}",
        alt="Versions of the pack",
        widths={"Note": "large"},
    )
    if chosen is not None:
        session.go("version", pack=pack, version_id=str(versions[chosen]["id"]))
