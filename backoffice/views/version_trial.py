"""A version on live traffic: a shadow without effect, a challenger for a share; what they say beside the live version."""

import streamlit as st

from backoffice import session
from backoffice.client import Json
from backoffice.present import backtest, trial
from backoffice.present import version_acts as acts
from backoffice.views import version_life
from backoffice.widgets import parts


def draw(version: Json) -> None:
    """Start and stop, and the figures of the trial that was chosen, the newest first."""
    if version["status"] == "draft":
        st.info("Only an approved version is tried on live traffic.")
        return
    trials = session.api().trials(version["pack"], version["id"])
    running = [str(one["mode"]) for one in trials if one.get("running")]
    if running or version["status"] in {"approved", "scheduled"}:
        with st.container(horizontal=True, key="trial_acts"):
            version_life.buttons(acts.trial_steps(version, running, session.me()["permissions"]), version)
    if not trials:
        st.info("This version has run in no trial: neither as shadow nor as challenger.")
        return
    names = {str(one["id"]): one for one in trials}
    picked = (
        str(trials[0]["id"])
        if len(trials) == 1
        else st.selectbox("Trial", list(names), format_func=lambda one: trial.headline(names[one]), key="trial_choice")
    )
    if len(trials) == 1:
        st.caption(trial.headline(trials[0]))
    _figures(session.api().trial(version["pack"], version["id"], str(picked)))


def _figures(figures: Json) -> None:
    with st.container(horizontal=True):
        for label, value in trial.summary(figures):
            st.metric(label, value, border=True)
    waiting = trial.waiting_line(figures)
    if waiting:
        st.caption(f":material/hourglass_top: {waiting}")
    left, right = st.columns(2, gap="medium")
    for place, name, key, order in (
        (left, "verdict", "verdicts", backtest.VERDICTS),
        (right, "category", "categories", ()),
    ):
        with place:
            st.subheader(f"From {name} to {name}", anchor=False)
            matrix = backtest.matrix(figures.get(key), order)
            parts.heat_table(matrix, alt=f"How each {name} moves", down="live", across="candidate")
    st.subheader("Who decided, and how it turned out", anchor=False)
    parts.reading_table(trial.arm_rows(figures), key="trial_arms", alt="Both sides", empty="No decision yet.")
    st.caption("A bad rate counts approved decisions with a recorded outcome; a shadow decides nothing itself.")
    st.subheader("Decisions on which they differ", anchor=False)
    rules = trial.rule_rows(figures)
    if rules:
        st.caption("By " + ", ".join(f"{one['Rule']} ({one['Decisions']})" for one in rules[:8]))
    parts.reading_table(trial.differing_rows(figures), key="trial_differing", alt="Differing decisions", empty="None.")
    errors = trial.error_rows(figures)
    if errors:
        st.subheader("Not comparable", anchor=False)
        parts.reading_table(errors, key="trial_errors", alt="Decisions that could not be compared", empty="")
