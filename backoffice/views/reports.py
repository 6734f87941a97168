"""Reports: ask for one over a period, wait while a worker makes it, and save the file."""

from datetime import UTC, date, datetime, timedelta

import streamlit as st

from backoffice import session
from backoffice.client import ApiProblem, Json
from backoffice.present import reports as words
from backoffice.widgets import parts
from backoffice.widgets.download import hand_over

_POLL_S = 2


def draw() -> None:
    """The form for who may make reports; the runs for everybody who may read them."""
    st.title("Reports")
    try:
        told = session.api().reports()
    except ApiProblem as failure:
        parts.problem(failure)
        return
    if session.may("reports:make"):
        _ask(told["catalogue"])
    st.subheader("Runs", anchor=False)
    waiting = any(words.unfinished(run) for run in told["items"])
    if "download" in st.session_state:
        hand_over(*st.session_state["download"])
    st.fragment(_runs, run_every=_POLL_S if waiting else None)()


def _ask(catalogue: list[Json]) -> None:
    today = datetime.now(UTC).date()
    titles = {str(one["name"]): one for one in catalogue}
    with st.form("ask_report"):
        first, second, third, last = st.columns([2, 1.6, 1, 0.8], vertical_alignment="bottom")
        name = first.selectbox("Report", list(titles), format_func=lambda one: titles[one]["title"], key="report_name")
        period = second.date_input(
            "Period (days in UTC, both included)",
            (today - timedelta(days=29), today),
            key="report_period",
            format="YYYY-MM-DD",
        )
        kind = third.selectbox("Format", ["xlsx", "csv"], format_func=str.upper, key="report_format")
        sent = last.form_submit_button("Make report", type="primary", key="report_go", width="stretch")
        st.caption("  \n".join(f"{one['title']}: {one['text']}." for one in catalogue))
    if sent:
        _send(str(name), period, str(kind))


def _send(name: str, period: object, kind: str) -> None:
    if not isinstance(period, tuple) or len(period) != 2 or not all(isinstance(one, date) for one in period):
        st.error("Choose the first and the last day.")
        return
    try:
        session.api().ask_report(name, period[0], period[1], kind)
    except ApiProblem as failure:
        parts.problem(failure)
        return
    session.flash("The report is asked for. It appears below when it is ready.")
    st.rerun()


def _runs() -> None:
    try:
        runs = session.api().reports()["items"]
    except ApiProblem as failure:
        parts.problem(failure)
        return
    if not runs:
        st.info("No report was made yet. Choose one above and press Make report.")
        return
    now = datetime.now(UTC)
    for run in runs[:20]:
        with st.container(horizontal=True, vertical_alignment="center", key=f"run_{run['id']}"):
            st.markdown(f"**{run['title']}**  \n:gray[{words.period(run)}]", width="stretch")
            parts.badge(words.badge(run))
            st.caption(words.facts(run, now), width="content")
            if st.button(
                "Download", key=f"get_{run['id']}", disabled=run["status"] != "done", icon=":material/download:"
            ):
                _download(run)
    if not any(words.unfinished(run) for run in runs) and st.session_state.pop("reports_waiting", False):
        st.rerun()  # the whole page, so that polling ends
    if any(words.unfinished(run) for run in runs):
        st.session_state["reports_waiting"] = True


def _download(run: Json) -> None:
    try:
        file = session.api().report(run["id"])
    except ApiProblem as failure:
        parts.problem(failure)
        return
    count = st.session_state["downloads"] = st.session_state.get("downloads", 0) + 1
    # Drawn by the whole page, not here: this fragment is drawn anew every two seconds, and would take the file away again.
    st.session_state["download"] = (file, f"{run['id']}_{count}")
    st.rerun()
