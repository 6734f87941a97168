"""A version's way: check, submit, approve by another person on what is on record, schedule or activate; and back."""

import streamlit as st

from backoffice import session
from backoffice.client import ApiProblem, Json
from backoffice.present import packs as words
from backoffice.present import version_acts as acts
from backoffice.present.question import Given
from backoffice.present.words import at
from backoffice.widgets import drawer, parts

_EVERY_S = 3.0


def box(version: Json, before: Json | None) -> None:
    """What is on record, the next step, and why a step is not open."""
    with st.container(border=True, key="life_box"):
        status = version["status"]
        if status in {"submitted", "approved", "scheduled"}:
            st.markdown("**On record**")
            _evidence(version)
        st.markdown("**Next step**")
        if status == "draft":
            _draft(version)
        else:
            buttons(acts.steps(version, str(session.me()["id"]), session.me()["permissions"], before), version)
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
            ("Takes effect", at(version.get("effective_from"))),
            ("Live since", at(version.get("activated_at"))),
            ("Digest", words.short_digest(version.get("digest"))),
        ):
            st.caption(f"{label}: {value}")


def buttons(steps: list[acts.Step], version: Json) -> None:
    """A button for each step, off with its reason where it is not open; each opens a drawer."""
    for step in steps:
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


def drawers(version: Json, live: Json | None, before: Json | None) -> None:
    """The one drawer that is open, if any."""
    name = session.drawer(version["id"])
    question = None if name is None else acts.question(name, version, live, before)
    if question is not None:
        drawer.ask(question, lambda given: _move(question.name, version, before, given))


def _evidence(version: Json) -> None:
    """What an approval finds, drawn again by itself while a worker is at it."""
    evidence = version.get("evidence")
    if not words.is_under_way(evidence):
        _evidence_lines(evidence)
        return

    @st.fragment(run_every=_EVERY_S)
    def watched() -> None:
        try:
            now = session.api().version(version["pack"], version["id"])
        except ApiProblem as failure:
            parts.problem(failure)
            return
        if not words.is_under_way(now.get("evidence")):
            st.rerun()
        _evidence_lines(now.get("evidence"))

    watched()


def _evidence_lines(evidence: Json | None) -> None:
    for icon, sentence in words.evidence_lines(evidence):
        st.caption(f"{icon} {sentence}")


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


def _move(name: str, version: Json, before: Json | None, given: Given) -> None:
    api, pack, moved = session.api(), version["pack"], version
    if name == "schedule" and given.instant is not None:
        moved = api.schedule(pack, version["id"], given.instant.isoformat(), given.note)
        session.flash(f"{words.version_name(version)} takes effect at {at(moved.get('effective_from'))}.")
        return
    if name == "rollback":
        moved = before if version["status"] == "active" and before is not None else version
        api.roll_back(pack, moved["id"], given.note)
    elif name == "shadow":
        api.shadow(pack, version["id"], given.note)
    elif name == "challenge":
        api.challenge(pack, version["id"], given.percent, given.note)
    else:
        api.move_version(pack, version["id"], name, given.note)
    session.flash(f"{words.version_name(moved)} is {acts.DONE[name]}.")
