"""The confirm drawer: repeats who and what, names the consequence, asks for reason and note, and acts only on Confirm.

Exactly one drawer is open, by a flag in the session; a refusal keeps it open with what was typed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from backoffice import session
from backoffice.client import ApiProblem
from backoffice.present.question import Given, Question, wanting
from backoffice.widgets import parts

MAX_NOTE: Final = 1000


def ask(question: Question, act: Callable[[Given], None]) -> None:
    """Draw the drawer; `act` is called with a complete answer and may raise `ApiProblem`."""

    @st.dialog(question.title, position="right", width="medium", on_dismiss=session.close_drawer)
    def drawn() -> None:
        st.markdown(f"**{question.about}**")
        st.markdown(question.consequence)
        with st.form(f"{question.name}_form", border=False):
            more = _more(question)
            choice, note, complete = _fields(question)
            with st.container(horizontal=True):
                confirmed = st.form_submit_button(question.confirm, type="primary", key=f"{question.name}_confirm")
                onward = question.and_next and st.form_submit_button(
                    "Confirm and take next", key=f"{question.name}_next"
                )
        if confirmed or onward:
            st.session_state.pop(session.DRAWER_FAILED, None)
            _settle(
                question,
                replace(more, choice=choice, note=note.strip(), then_next=bool(onward)),
                complete=complete,
                act=act,
            )
        _tell_failure(question)

    drawn()


def _more(question: Question) -> Given:
    """What is asked for beside reason and note."""
    if question.asks == "percent":
        percent = st.slider("Share of the references, in percent", 1, 50, 5, key=f"{question.name}_percent")
        return Given("", "", percent=int(percent))
    if question.asks != "instant":
        return Given("", "")
    day, hour, zone = st.columns(3)
    begins = day.date_input("From the day", value=None, key=f"{question.name}_day", format="YYYY-MM-DD")
    at = hour.time_input("At", value=time(), key=f"{question.name}_time", step=900)
    names = list(dict.fromkeys([st.context.timezone or "UTC", "UTC"]))
    name = zone.selectbox("Time zone", names, key=f"{question.name}_zone")
    if not isinstance(begins, date) or at is None:
        return Given("", "")
    return Given("", "", instant=datetime.combine(begins, at, tzinfo=_zone(name)))


def _zone(name: str) -> tzinfo:
    """The zone of that name; UTC where this machine does not know it, as the drawer then says."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        st.caption(f"The zone {name} is not known here; the time is taken as UTC.")
        return UTC


def _fields(question: Question) -> tuple[str, str, bool]:
    choice = ""
    if question.choices:
        picked = st.selectbox(
            question.choice_label,
            list(question.choices),
            index=None,
            format_func=lambda code: question.choices[code],
            key=f"{question.name}_choice",
            placeholder="Choose one",
        )
        choice = str(picked or "")
    label = question.note_label + (f" (at least {question.least_note} characters)" if question.least_note else "")
    note = st.text_area(label, key=f"{question.name}_note", max_chars=MAX_NOTE, height=140) or ""
    ticked = [st.checkbox(words, key=f"{question.name}_tick_{place}") for place, words in enumerate(question.ticks)]
    return choice, note, all(ticked)


def _settle(question: Question, given: Given, *, complete: bool, act: Callable[[Given], None]) -> None:
    faults = wanting(question, given, ticked=complete)
    if faults:
        st.error("  \n".join(faults))
        return
    try:
        act(given)
    except ApiProblem as failure:
        # Kept, because the button below is pressed in a later run, in which nothing was confirmed.
        st.session_state[session.DRAWER_FAILED] = failure
        return
    session.close_drawer()
    st.rerun()


def _tell_failure(question: Question) -> None:
    failure: ApiProblem | None = st.session_state.get(session.DRAWER_FAILED)
    if failure is None:
        return
    parts.problem(failure)
    if failure.stale and st.button("Reload", key=f"{question.name}_reload"):
        session.close_drawer()
        st.rerun()
