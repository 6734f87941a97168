"""A version tried on one set of signals, or on a stored decision: nothing of it counts, and no signal of a customer is shown."""

import json
from datetime import date
from typing import Any

import streamlit as st

from backoffice import session
from backoffice.client import ApiProblem, Json
from backoffice.present.packs import version_name
from backoffice.present.words import at, verdict_badge
from backoffice.widgets import parts

_OWN, _STORED = "Signals of my own", "A stored decision"
_EXAMPLE = '{\n  "bureau.score": 771,\n  "screening.sanctions_hit": false\n}'
_ANSWER = "version_try.answer"


def draw(version: Json) -> None:
    """Two ways: signals as JSON, or the stored signals of a decision, which are opened on the server only."""
    st.caption(
        f"Decides by {version_name(version)} as it stands. The answer is a test: no case, no message, in no register."
    )
    ways = [_OWN, _STORED] if session.may("decisions:read") else [_OWN]
    way = ways[0] if len(ways) == 1 else st.segmented_control("Try it on", ways, default=_OWN, key="try_way")
    if way == _STORED:
        _stored(version)
    else:
        _own(version)
    held: tuple[str, Json] | None = st.session_state.get(_ANSWER)
    if held is not None and held[0] == version["id"]:
        _answer(held[1])


def _own(version: Json) -> None:
    with st.form("try_form", border=False):
        text = st.text_area(
            "Signals as JSON",
            key="try_signals",
            height=220,
            placeholder=_EXAMPLE,
            help="A signal that is not named is missing.",
        )
        day = st.date_input("As of", value=None, key="try_as_of", format="YYYY-MM-DD", help="Today where empty.")
        sent = st.form_submit_button("Decide with this version", key="try_go", type="primary")
    if not sent:
        return
    signals = _read(text or "{}")
    if signals is None:
        st.error("These are no signals: a JSON object of names and values is wanted.")
        return
    _keep(
        version,
        lambda: session.api().try_version(
            version["pack"], version["id"], signals, day if isinstance(day, date) else None
        ),
    )


def _stored(version: Json) -> None:
    reference = (st.text_input("Reference", key="try_reference", placeholder="All of the newest") or "").strip()
    found = [one for one in session.api().decisions(reference or None) if one["pack"]["id"] == version["pack"]]
    if not found:
        st.info(
            "No decision of this pack is stored under that reference." if reference else "No decision is stored yet."
        )
        return
    names = {str(one["id"]): f"{one['reference']} · {one['verdict']} · {at(one['created_at'])}" for one in found}
    with st.form("try_stored_form", border=False):
        picked = st.selectbox("Decision", list(names), format_func=names.__getitem__, key="try_decision")
        sent = st.form_submit_button("Decide it with this version", key="try_stored_go", type="primary")
    if sent and picked:
        _keep(version, lambda: session.api().replay(str(picked), version["id"]))


def _keep(version: Json, ask: Any) -> None:
    st.session_state.pop(_ANSWER, None)
    try:
        st.session_state[_ANSWER] = (version["id"], ask())
    except ApiProblem as failure:
        parts.problem(failure)


def _answer(answer: Json) -> None:
    verdict = str(answer.get("verdict_again") or answer.get("verdict"))
    risk = answer.get("risk_again") or answer.get("risk") or {}
    with st.container(horizontal=True, vertical_alignment="center", key="try_answer"):
        parts.badge(verdict_badge(verdict))
        st.markdown(f"Risk score {risk.get('score')}, category {risk.get('category') or 'none'}")
        if "verdict_again" in answer:
            st.caption(
                f"On record: {answer['verdict']}. "
                + ("The content is the same, and so is the answer." if answer.get("same") else _moved(answer))
            )
    reasons = answer.get("reasons_again") or answer.get("reasons") or []
    rows = [
        {"Rule": str(one.get("rule")), "Reason": str(one.get("text")), "Verdict": str(one.get("verdict") or "")}
        for one in reasons
    ]
    parts.wrapped_table(rows, alt="Rules that fired", empty="No rule fired.")
    unknown = sorted(
        {
            str(one["signal"])
            for one in answer.get("unknowns_again") or answer.get("unknowns") or []
            if one.get("signal")
        }
    )
    if unknown:
        st.caption("Unknown: " + ", ".join(unknown))


def _moved(answer: Json) -> str:
    parts_of = [
        f"{word}: {', '.join(answer[key])}"
        for word, key in (("Fires now", "rules_added"), ("Fires no more", "rules_removed"))
        if answer.get(key)
    ]
    return (". ".join(parts_of) or "The same rules fire") + "."


def _read(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
