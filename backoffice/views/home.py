"""Home: one's own work, what waits for a second look, and whether lists and rules are as they should be."""

from datetime import UTC, datetime

import streamlit as st

from backoffice import session
from backoffice.client import ApiProblem
from backoffice.present import packs as pack_words
from backoffice.present import queue
from backoffice.present.words import ago, title
from backoffice.widgets import parts
from backoffice.widgets.claiming import claim_next


def draw() -> None:
    """Counts first, then the next thing to do."""
    st.title(f"Good day, {session.me().get('name', '')}")
    now = datetime.now(UTC)
    try:
        if session.may("cases:read"):
            _work(now)
        left, right = st.columns(2, gap="medium")
        with left:
            _lists(now)
        with right:
            _packs(now)
    except ApiProblem as failure:
        parts.problem(failure)


def _work(now: datetime) -> None:
    api, me = session.api(), str(session.me()["id"])
    works = session.may("cases:work")
    mine = api.cases(mine=True)["items"] if works else []
    second = api.cases(status="second")["items"] if session.may("cases:second") else []
    if works:
        counted = queue.load(mine, second, now, me)
        told = [("My open cases", counted.mine), ("Due today", counted.due_today), ("Late", counted.late)]
        if session.may("cases:second"):
            told.append(("Wait for my second look", counted.second))
        for column, (label, value) in zip(st.columns(4), told, strict=False):
            column.metric(label, value, border=True)
        with st.container(horizontal=True):
            pressed = st.button("Claim next", key="claim_next", type="primary", icon=":material/play_arrow:")
            resume = st.button(
                "Resume",
                key="resume",
                disabled=not mine,
                help="Open your most urgent case" if mine else "You hold no cases",
            )
        if pressed:
            claim_next()
        if resume:
            session.go("case", case_id=str(mine[0]["id"]))
        st.subheader("My cases")
        if mine:
            chosen = parts.open_table([queue.case_row(case, now, me) for case in mine], key="home_mine", alt="My cases")
            if chosen is not None:
                session.go("case", case_id=str(mine[chosen]["id"]))
        else:
            st.caption("You hold no cases. Claim the next one to begin.")
    st.subheader("What waits")
    parts.reading_table(
        [queue.queue_row(one, now) for one in api.queues()],
        key="home_queues",
        alt="Queues",
        empty="All queues are empty.",
    )


def _lists(now: datetime) -> None:
    if not session.may("lists:read"):
        return
    st.subheader("Watchlists")
    rows = [
        {
            "List": title(str(one["name"])),
            "Kind": one.get("kind"),
            "Entries": one.get("entries"),
            "Confirmed": ago(one.get("checked_at"), now),
            "State": "too old" if one.get("stale") else "fresh",
        }
        for one in session.api().lists()
    ]
    parts.reading_table(
        rows,
        key="home_lists",
        alt="Watchlists",
        empty="No list was imported: nobody can be cleared. An administrator imports one under Watchlists.",
    )


def _packs(now: datetime) -> None:
    if not session.may("packs:read"):
        return
    st.subheader("Rules in force")
    rows = [pack_words.pack_row(pack, now) for pack in session.api().packs()]
    short = [{key: row[key] for key in ("Pack", "Live version", "Live since", "On the way")} for row in rows]
    parts.reading_table(short, key="home_packs", alt="Rule packs in force", empty="No pack is installed.")
