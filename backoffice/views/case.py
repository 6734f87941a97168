"""The case: one header line, six tabs, and on the right why it is here and the decision box."""

from datetime import UTC, datetime

import streamlit as st

from backoffice import session
from backoffice.client import ApiProblem, Json
from backoffice.present import case as words
from backoffice.present.words import case_badge, due_badge, risk_badge
from backoffice.views import case_changes, case_decision, case_records, case_summary, case_timeline
from backoffice.widgets import parts


def draw() -> None:
    """Read the case anew on each run; nothing of it is kept between them."""
    case_id = st.query_params.get("case_id")
    if not case_id:
        st.title("No case chosen")
        st.write("Open one from the review queue.")
        return
    try:
        page = session.api().case(case_id)
    except ApiProblem as failure:
        parts.problem(failure)
        return
    _header(page)
    main, side = st.columns([3.1, 1], gap="medium")
    with main:
        _tabs(page)
    with side:
        case_decision.why(page)
        case_decision.box(page)
    case_decision.drawers(page)


def _header(page: Json) -> None:
    now, closed = datetime.now(UTC), page.get("status") == "closed"
    owner = page.get("assignee") or {}
    with st.container(horizontal=True, vertical_alignment="center", key="case_header"):
        st.subheader(f"{page['number']} · {words.applicant(page)}", width="content", anchor=False)
        parts.badge(risk_badge(page.get("risk") or {}))
        parts.badge(case_badge(str(page["status"])))
        parts.badge(due_badge(page.get("due_at"), page.get("created_at"), now, closed=closed))
        mine = owner.get("id") == session.me()["id"]
        st.badge("Yours" if mine else str(owner.get("name") or "Nobody's"), color="gray", icon=":material/person:")
        if page.get("four_eyes"):
            st.badge("Four eyes", color="gray", icon=":material/group:")
        if any(document.get("new") for document in page.get("documents") or []):
            st.badge("New evidence", color="violet", icon=":material/fiber_new:")


def _tabs(page: Json) -> None:
    hits = len(page.get("hits") or [])
    summary, documents, screening, trace, changes, timeline = st.tabs(
        ["Summary", "Documents", f"Screening ({hits})", "Decision trace", "What would change it", "Timeline"],
        key="case_tab",
        on_change="rerun",
    )
    if summary.open:
        with summary:
            case_summary.draw(page)
    if documents.open:
        with documents:
            case_records.documents(page)
    if screening.open:
        with screening:
            case_records.screening(page)
    if trace.open:
        with trace:
            case_records.trace(page)
    if changes.open:
        with changes:
            case_changes.draw(page)
    if timeline.open:
        with timeline:
            case_timeline.draw(page)
