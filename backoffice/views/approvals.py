"""What waits for a second person: cases that an officer has decided, and pack versions that an analyst has submitted."""

from datetime import UTC, datetime

import streamlit as st

from backoffice import session
from backoffice.client import ApiProblem
from backoffice.present import packs as pack_words
from backoffice.present import queue
from backoffice.present.words import title
from backoffice.widgets import parts


def draw() -> None:
    """Nobody is their own second: own items are shown, and their buttons are off on their pages."""
    st.title("Approvals")
    try:
        if session.may("cases:second"):
            _cases()
        if session.may("packs:approve", "packs:activate"):
            _versions()
    except ApiProblem as failure:
        parts.problem(failure)


def _cases() -> None:
    st.subheader("Cases", anchor=False)
    now, me = datetime.now(UTC), str(session.me()["id"])
    waiting = session.api().cases(status="second")["items"]
    if not waiting:
        st.info("No case waits for a second officer.")
        return
    rows = [
        {
            **{key: row[key] for key in ("Case", "Applicant", "Reason", "Risk", "Due in")},
            "Recommended": title(str(case.get("outcome"))),
            "Yours": "decided by you" if case.get("decided_by") == me else "to confirm",
        }
        for case, row in ((case, queue.case_row(case, now, me)) for case in waiting)
    ]
    chosen = parts.open_table(rows, key="second_cases", alt="Cases for a second officer", widths={"Reason": "large"})
    if chosen is not None:
        session.go("case", case_id=str(waiting[chosen]["id"]))


def _versions() -> None:
    st.subheader("Pack versions", anchor=False)
    waiting = [
        one
        for pack in session.api().packs()
        for one in pack.get("on_the_way") or []
        if one["status"] in {"submitted", "approved", "scheduled"}
    ]
    if not waiting:
        st.info("No pack version waits for approval or activation.")
        return
    known = {str(session.me()["id"]): "you"}
    rows = [{"Pack": str(one["pack"]), **pack_words.version_row(one, known)} for one in waiting]
    chosen = parts.open_table(rows, key="waiting_versions", alt="Pack versions for approval")
    if chosen is not None:
        session.go("version", pack=str(waiting[chosen]["pack"]), version_id=str(waiting[chosen]["id"]))
