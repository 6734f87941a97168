"""Taking the next case, from wherever one is."""

from __future__ import annotations

import streamlit as st

from backoffice import session
from backoffice.client import ApiProblem
from backoffice.widgets import parts

_NOTHING_WAITS = 404


def claim_next(queue: str | None = None) -> None:
    """Take the most urgent case and open it; say so where nothing waits."""
    try:
        case = session.api().claim_next(queue)
    except ApiProblem as failure:
        if failure.status == _NOTHING_WAITS:
            case = {}
        else:
            parts.problem(failure)
            return
    if not case.get("id"):
        st.info("Nothing waits for you now. New cases come when the rules ask for a person.")
        return
    session.flash(f"{case['number']} is yours.", passing=True)
    session.go("case", case_id=str(case["id"]))
