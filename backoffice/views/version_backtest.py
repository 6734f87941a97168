"""A version on stored decisions: asked for here, worked out by a worker, shown as figures, matrices, rules and references."""

from datetime import UTC, date, datetime, timedelta

import streamlit as st

from backoffice import session
from backoffice.client import ApiProblem, Json
from backoffice.present import backtest as words
from backoffice.widgets import download, parts

_EVERY_S = 3.0
_RUNNING = ("queued", "running")


def draw(version: Json) -> None:
    """The newest back-test, how to ask for another, and those before."""
    if version["status"] == "draft":
        st.info("A back-test is of content that changes no more. Submitting the draft starts one by itself.")
        return
    jobs = session.api().backtests(version["pack"], version["id"])
    if session.may("packs:write", "packs:approve"):
        _ask(version, busy=any(job["status"] in _RUNNING for job in jobs))
    if not jobs:
        st.info("No back-test yet.")
        return
    chosen = jobs[0] if len(jobs) == 1 else _choice(jobs)
    if chosen["status"] in _RUNNING:
        _watch(version, chosen["id"])
        return
    if chosen["status"] == "failed":
        st.error(words.job_line(chosen), icon=":material/error:")
        return
    _result(version, session.api().backtest_result(version["pack"], version["id"], chosen["id"]))


def _ask(version: Json, *, busy: bool) -> None:
    today = datetime.now(UTC).date()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        days = st.date_input(
            "Decisions from, to",
            value=(today - timedelta(days=90), today),
            key="backtest_days",
            format="YYYY-MM-DD",
            help="An approval wants the last 90 days.",
        )
        pressed = st.button("Start back-test", key="backtest_go", icon=":material/history:", disabled=busy)
    if not pressed:
        return
    if not isinstance(days, tuple) or len(days) != 2 or not all(isinstance(day, date) for day in days):
        st.error("Choose two days.")
        return
    usual = days == (today - timedelta(days=90), today)
    try:
        session.api().backtest(version["pack"], version["id"], *(() if usual else days))
    except ApiProblem as failure:
        parts.problem(failure)
        return
    session.flash("The back-test is asked for; a worker takes it.", passing=True)
    st.rerun()


def _choice(jobs: list[Json]) -> Json:
    names = {str(job["id"]): job for job in jobs}
    picked = st.selectbox(
        "Back-test",
        list(names),
        format_func=lambda one: " · ".join(words.job_row(names[one])[key] for key in ("Asked for", "State")),
        key="backtest_choice",
    )
    return names[str(picked or jobs[0]["id"])]


@st.fragment(run_every=_EVERY_S)
def _watch(version: Json, job_id: str) -> None:
    """Drawn again by itself until the job has ended."""
    try:
        job = session.api().backtest_result(version["pack"], version["id"], job_id)
    except ApiProblem as failure:
        parts.problem(failure)
        return
    if job["status"] not in _RUNNING:
        st.rerun()
    st.progress(words.share_done(job), text=words.job_line(job))


def _result(version: Json, job: Json) -> None:
    result = job.get("result") or {}
    row = words.job_row(job)
    st.caption(f"Decisions from {row['Decisions from']} to {row['to']}, against {row['Against']}.")
    with st.container(horizontal=True):
        for label, value, delta in words.summary(result):
            st.metric(label, value, delta, border=True, delta_color="inverse")
    _matrices(result)
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader("Rules that fire more or less", anchor=False)
        parts.reading_table(
            words.rule_rows(result), key="backtest_rules", alt="Rules", empty="No rule fires differently."
        )
    with right:
        st.subheader("Review work", anchor=False)
        parts.reading_table(
            words.queue_rows(result), key="backtest_queues", alt="Review work by queue", empty="No case."
        )
    st.caption(words.outcome_line(result))
    st.subheader("Decisions that change", anchor=False)
    count = (result.get("changed") or {}).get("count") or 0
    shown = words.changed_rows(result)
    if count > len(shown):
        st.caption(f"The first {len(shown)} of {count}.")
    parts.reading_table(shown, key="backtest_changed", alt="Decisions that change", empty="No verdict changes.")
    _workbook(version, job)


def _matrices(result: Json) -> None:
    moved = result.get("migration")
    if not moved:
        st.info("There was no version to compare with; the figures are of this version alone.")
        return
    left, right = st.columns(2, gap="medium")
    for place, name, order in ((left, "verdict", words.VERDICTS), (right, "category", ())):
        with place:
            st.subheader(f"From {name} to {name}", anchor=False)
            matrix = words.matrix(moved.get(name), order)
            parts.heat_table(matrix, alt=f"How each {name} moves", down="live", across="this version")
            st.caption(f"{matrix.moved} of {matrix.total} move.")


def _workbook(version: Json, job: Json) -> None:
    if not job.get("workbook"):
        return
    if st.button("Save as workbook", key=f"workbook_{job['id']}", icon=":material/download:"):
        try:
            file = session.api().backtest_workbook(version["pack"], version["id"], job["id"])
        except ApiProblem as failure:
            parts.problem(failure)
            return
        download.hand_over(file, f"{job['id']}-{datetime.now(UTC).timestamp()}")
