"""A version's way: check, submit, approve by another person, activate with what it does ticked off; and back."""

import streamlit as st

from backoffice import session
from backoffice.client import ApiProblem, Json
from backoffice.present import packs as words
from backoffice.present import version_acts as acts
from backoffice.present.question import Given
from backoffice.present.words import at
from backoffice.widgets import drawer, parts


def box(version: Json) -> None:
    """The next step, and why a step is not open."""
    with st.container(border=True, key="life_box"):
        st.markdown("**Next step**")
        status = version["status"]
        if status == "draft":
            _draft(version)
        else:
            for step in acts.steps(version, str(session.me()["id"]), session.me()["permissions"]):
                if st.button(
                    step.label,
                    key=step.name,
                    type="primary" if step.main else "secondary",
                    width="stretch",
                    disabled=step.why_not is not None,
                ):
                    session.open_drawer(step.name, version["id"])
                if step.why_not:
                    st.caption(step.why_not)
        if (
            status != "draft"
            and session.may("packs:write")
            and st.button("New draft from this", key="draft_from", width="stretch")
        ):
            _new_draft(version)
    with st.container(border=True, key="facts_box"):
        known = {str(session.me()["id"]): "you"}
        for label, value in (
            ("Written by", ", ".join(words.person(one, known) for one in version.get("authors") or [])),
            ("Approved by", words.person(version.get("approver"), known)),
            ("Created", at(version.get("created_at"))),
            ("Submitted", at(version.get("submitted_at"))),
            ("Approved", at(version.get("approved_at"))),
            ("Live since", at(version.get("activated_at"))),
            ("Digest", words.short_digest(version.get("digest"))),
        ):
            st.caption(f"{label}: {value}")


def drawers(version: Json, live: Json | None) -> None:
    """The one drawer that is open, if any."""
    name = session.drawer(version["id"])
    question = None if name is None else acts.question(name, version, live)
    if question is not None:
        drawer.ask(question, lambda given: _move(question.name, version, given))


def _draft(version: Json) -> None:
    if not session.may("packs:write"):
        st.caption("A draft is for its authors; it can be approved once it is submitted.")
        return
    green = bool((version.get("check_report") or {}).get("ok"))
    if st.button(
        "Check", key="check", type="secondary" if green else "primary", width="stretch", icon=":material/fact_check:"
    ):
        _check(version)
    if st.button("Submit", key="submit", type="primary" if green else "secondary", width="stretch", disabled=not green):
        session.open_drawer("submit", version["id"])
    if not green:
        st.caption("Submit opens when the check is green.")


def _check(version: Json) -> None:
    try:
        with st.spinner("Compiling, linting, and running all cases"):
            report = session.api().check(version["pack"], version["id"])
    except ApiProblem as failure:
        parts.problem(failure)
        return
    session.flash(words.verdict_of_check(report) + ("" if report.get("ok") else " See the tab Check."))
    st.rerun()


def _new_draft(version: Json) -> None:
    try:
        made = session.api().new_draft(version["pack"], version["id"])
    except ApiProblem as failure:
        parts.problem(failure)
        return
    session.flash(f"{words.version_name(made)} is a draft of yours. Nothing is live yet.")
    session.go("version", pack=version["pack"], version_id=str(made["id"]))


def _move(name: str, version: Json, given: Given) -> None:
    session.api().move_version(version["pack"], version["id"], name, given.note)
    session.flash(f"{words.version_name(version)} is {acts.DONE[name]}.")
