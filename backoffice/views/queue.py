"""The review queue: chips, filters that are always the ones applied, and a button to open each case."""

from datetime import UTC, datetime

import streamlit as st

from backoffice import session
from backoffice.client import ApiProblem, Json
from backoffice.present import queue
from backoffice.present.words import title
from backoffice.widgets import parts
from backoffice.widgets.claiming import claim_next

_WIDTHS: dict[str, parts.Width] = {
    "Case": 95,
    "Applicant": 140,
    "Reason": 315,
    "Risk": 95,
    "Queue": 95,
    "Due in": 95,
    "Status": 75,
    "Owner": 65,
}


def draw() -> None:
    """Filters stay over page changes; the grid's key holds them, because a selection is by position."""
    st.title("Review queue")
    now, me = datetime.now(UTC), str(session.me()["id"])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.segmented_control(
            "Show",
            [one.name for one in queue.LENSES],
            default="Unassigned",
            required=True,
            key="queue_lens",
            persist_state="session",
        )
        if session.may("cases:work") and st.button(
            "Claim next", key="claim_next", type="primary", icon=":material/play_arrow:"
        ):
            claim_next()
    lens = queue.lens(name)
    try:
        page = session.api().cases(status=lens.status, mine=lens.mine)
    except ApiProblem as failure:
        parts.problem(failure)
        return
    cases = page["items"]
    wanted, band, text = _filters(cases)
    shown = queue.matching(cases, queue=wanted, band=band, text=text)
    st.caption(queue.count_line(len(shown), len(cases), more=page.get("next") is not None))
    if not cases:
        st.info(lens.empty)
        return
    if not shown:
        st.info(queue.nothing_matches(len(cases)))
        st.button("Clear filters", key="clear_filters", on_click=_clear)
        return
    drawn = abs(hash((lens.name, wanted, band, text, tuple(case["id"] for case in shown))))
    rows = [queue.case_row(case, now, me) for case in shown]
    chosen = parts.open_table(rows, key=f"cases_{drawn}", alt="Cases of the queue", widths=_WIDTHS)
    if chosen is not None:
        session.go("case", case_id=str(shown[chosen]["id"]))


def _clear() -> None:
    st.session_state.update(queue_name=None, queue_band=None, queue_text="")


def _filters(cases: list[Json]) -> tuple[str | None, str | None, str]:
    names = sorted({str(case["queue"]) for case in cases})
    bands = sorted({str(case["risk"]["category"]) for case in cases if (case.get("risk") or {}).get("category")})
    first, second, third = st.columns([1, 1, 2])
    wanted = first.selectbox(
        "Queue", names, index=None, format_func=title, placeholder="All", key="queue_name", persist_state="session"
    )
    band = second.selectbox(
        "Risk", bands, index=None, format_func=str.upper, placeholder="All", key="queue_band", persist_state="session"
    )
    text = third.text_input(
        "Find", placeholder="Case number, applicant, reason", key="queue_text", persist_state="session"
    )
    return wanted, band, text or ""
