"""The right column: why the case is here, what one may do with it, and the drawers that confirm each act."""

from collections.abc import Callable

import streamlit as st

from backoffice import session
from backoffice.client import ApiProblem, Json
from backoffice.present import case as words
from backoffice.present import case_acts as acts
from backoffice.present import trail
from backoffice.present.question import Given
from backoffice.present.words import case_badge, spaced
from backoffice.widgets import drawer, parts
from backoffice.widgets.claiming import claim_next

_SHOWN = 3


def why(page: Json) -> None:
    """The reasons in words, the rule's id second; what was unknown; what the route asks for."""
    with st.container(border=True, key="why"):
        st.markdown("**Why it is here**")
        found, asked = words.findings(page), words.demands(page)
        lines = [f"{one.text}  \n:gray[:small[{one.rule}]]" for one in (found or asked)]
        st.markdown("\n\n".join(lines[:_SHOWN]) or "No rule fired.")
        rest = [*lines[_SHOWN:], *([f"{one.text}  \n:gray[:small[{one.rule}]]" for one in asked] if found else [])]
        if rest:
            with st.expander(f"{len(rest)} more"):
                st.markdown("\n\n".join(rest))
        unknown = words.unknowns(page)
        if unknown:
            more = f"; {len(unknown) - 2} more" if len(unknown) > 2 else ""
            st.markdown(":orange-badge[Not known] " + "; ".join(unknown[:2]) + more)
        if page.get("actions"):
            st.caption("To do: " + "; ".join(spaced(one) for one in page["actions"]) + ".")


def box(page: Json) -> None:
    """What the officer may do now; a button that is off says why beside it."""
    with st.container(border=True, key="decision_box"):
        st.markdown("**Decision**")
        status = page["status"]
        if status == "closed":
            _closed(page)
        elif status == "second":
            _second(page)
        else:
            _working(page)


def drawers(page: Json) -> None:
    """The one drawer that is open, if any."""
    name = session.drawer(page["id"])
    question = None if name is None else acts.question(name, page)
    if question is not None:
        drawer.ask(question, lambda given: _confirmed(question.name, page, given))


def _working(page: Json) -> None:
    may = page.get("may") or {}
    if may.get("claim") and st.button("Claim", key="claim", type="primary", width="stretch"):
        _do(lambda: session.api().claim(page["id"]), f"{page['number']} is yours.")
    reason = acts.why_not(page, may=may, works=session.may("cases:work"))
    off = reason is not None
    if st.button(
        "Approve", key="approve", type="secondary" if may.get("claim") else "primary", width="stretch", disabled=off
    ):
        session.open_drawer("approve", page["id"])
    if st.button("Request information", key="request", width="stretch", disabled=off):
        session.open_drawer("request", page["id"])
    if st.button("Escalate", key="escalate", width="stretch", disabled=off):
        session.open_drawer("escalate", page["id"])
    st.space("xxsmall")
    if st.button("Decline", key="decline", width="stretch", disabled=off):
        session.open_drawer("decline", page["id"])
    if reason:
        st.caption(reason)
    if page.get("four_eyes"):
        st.caption("A second officer confirms whatever you decide here.")
    if may.get("release") and st.button("Give back", key="release", type="tertiary"):
        _do(lambda: session.api().release(page["id"]), f"{page['number']} is back in its queue.")
    if may.get("assign"):
        _assign(page)


def _assign(page: Json) -> None:
    try:
        people = {str(one["id"]): str(one["name"]) for one in session.api().assignees()}
    except ApiProblem as failure:
        parts.problem(failure)
        return
    with st.popover("Assign", key="assign_to"):
        chosen = st.selectbox(
            "To",
            list(people),
            index=None,
            format_func=people.__getitem__,
            key="assignee",
            placeholder="Choose a person",
        )
        if st.button("Assign", key="assign_go", disabled=chosen is None) and chosen:
            _do(lambda: session.api().assign(page["id"], chosen), f"{page['number']} is with {people[chosen]}.")


def _second(page: Json) -> None:
    made = trail.decided(page.get("timeline") or [])
    st.markdown(acts.recommendation(page, made))
    may = (page.get("may") or {}).get("second")
    if st.button("Agree", key="agree", type="primary", width="stretch", disabled=not may):
        session.open_drawer("agree", page["id"])
    st.space("small")
    if st.button("Send back", key="send_back", width="stretch", disabled=not may):
        session.open_drawer("send_back", page["id"])
    if not may:
        own = page.get("decided_by") == session.me()["id"]
        st.caption(
            "You decided this case; another officer confirms it."
            if own
            else "An approval manager other than the one who decided confirms it."
        )


def _closed(page: Json) -> None:
    st.markdown(acts.outcome(page))
    if session.may("cases:work") and st.button(
        "Claim next", key="claim_next", type="primary", width="stretch", icon=":material/play_arrow:"
    ):
        claim_next()


def _do(act: Callable[[], object], said: str) -> None:
    try:
        act()
    except ApiProblem as failure:
        parts.problem(failure)
        return
    session.flash(said, passing=True)
    st.rerun()


def _confirmed(name: str, page: Json, given: Given) -> None:
    try:
        _act(name, page, given)
    except ApiProblem as failure:
        if not failure.stale:
            raise
        now = session.api().case(page["id"])
        raise ApiProblem(
            failure.status, f"{failure.sentence} Last change: {trail.last_change(now['timeline'])}."
        ) from None


def _act(name: str, page: Json, given: Given) -> None:
    api, case_id, version = session.api(), str(page["id"]), int(page["version"])
    if name in {"approve", "decline"}:
        after = api.decide_case(case_id, outcome=name, reason_code=given.choice, note=given.note, version=version)
    elif name in {"agree", "send_back"}:
        after = api.second_case(case_id, agree=name == "agree", note=given.note, version=version)
    elif name == "escalate":
        after = api.escalate(case_id, given.choice, given.note)
    else:
        after = api.request_information(case_id, acts.WANTED[given.choice], given.note)
    session.flash(
        f"{page['number']}: {acts.done(name)}. It is now {case_badge(str(after.get('status'))).text.lower()}."
    )
    if given.then_next:
        session.close_drawer()
        claim_next()
