"""The tab "What would change it": near misses and smallest changes for the officer, and apart what may be told."""

import streamlit as st

from backoffice import session
from backoffice.client import ApiProblem, Json
from backoffice.present import changes as words
from backoffice.present.words import plain
from backoffice.widgets import parts

_NOTHING_TO_TELL = "There is no sentence for the applicant here. Give no reason beyond the decision itself."


def draw(page: Json) -> None:
    """Read when the tab is opened, and not before: the API decides many times over for it."""
    try:
        with st.spinner("Deciding on changed signals"):
            explained = session.api().explanation(str(page["decision_id"]))
    except ApiProblem as failure:
        parts.problem(failure)
        return
    left, right = st.columns([1.7, 1], gap="medium")
    with left:
        _for_the_officer(explained)
    with right:
        _for_the_applicant(explained)


def _for_the_officer(explained: Json) -> None:
    for caution in words.cautions(explained):
        st.caption(f":material/info: {caution}")
    st.subheader("Smallest changes of the verdict", anchor=False)
    _list(words.changes(explained), "No small change of what may change gives another verdict.")
    approval = words.to_approval(explained)
    if approval:
        st.subheader("To an approval", anchor=False)
        _list(approval, "")
    st.subheader("Rules that nearly fired", anchor=False)
    near = words.near_misses(explained)
    if not near:
        st.caption("No rule was close to firing.")
    for text, sentence in near:
        with st.container(gap=None):
            st.text(text)
            st.caption(plain(sentence))


def _for_the_applicant(explained: Json) -> None:
    with st.container(border=True, key="applicant_box"):
        st.markdown("**What the applicant may be told**")
        text = words.for_applicant(explained)
        if text:
            st.code(text, language=None, wrap_lines=True)
            st.caption(":material/content_copy: Point at the text and press the sign in its corner to copy it.")
        else:
            st.caption(_NOTHING_TO_TELL)
        st.caption(
            ":material/visibility_off: Nothing else of this case may be told to the applicant: no other reason, value,"
            " limit, score or list."
        )


def _list(sentences: list[str], empty: str) -> None:
    if not sentences:
        st.caption(empty)
    for sentence in sentences:
        st.markdown(f"- {plain(sentence)}")
