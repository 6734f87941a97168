"""The audit trail: who did what, newest first, and the proof that nothing was changed."""

import streamlit as st

from backoffice import session
from backoffice.client import ApiProblem
from backoffice.present import trail
from backoffice.widgets import parts


def draw() -> None:
    """Entries hold no personal data, so they are shown whole."""
    st.title("Audit trail")
    first, second, third = st.columns([2, 2, 1], vertical_alignment="bottom")
    subject = first.text_input("About", placeholder="Id of a case, decision, version", key="audit_subject")
    action = second.text_input("Act", placeholder="For example case.closed", key="audit_action")
    if third.button("Verify all chains", key="verify_audit", type="primary", width="stretch"):
        _verify()
    after = st.session_state.get("audit_after")
    try:
        page = session.api().audit(
            after, subject=(subject or "").strip() or None, action=(action or "").strip() or None
        )
    except ApiProblem as failure:
        parts.problem(failure)
        return
    parts.reading_table(
        trail.audit_rows(page["items"]),
        key="audit_entries",
        alt="Audit entries",
        empty="No entry matches. Clear the fields to see all.",
    )
    with st.container(horizontal=True):
        if st.button("Newest", key="audit_first", disabled=after is None):
            st.session_state.pop("audit_after", None)
            st.rerun()
        if st.button("Older", key="audit_older", disabled=page.get("next") is None):
            st.session_state["audit_after"] = page["next"]
            st.rerun()


def _verify() -> None:
    try:
        with st.spinner("Walking every chain"):
            report = session.api().verify_audit()
    except ApiProblem as failure:
        parts.problem(failure)
        return
    if report["ok"]:
        st.success(
            f"{report['entries']} entries in {report['lanes']} chains: nothing was changed, dropped or moved.",
            icon=":material/verified:",
        )
        return
    st.error("The trail is broken. Stop work and tell the people who run this system.", icon=":material/gpp_bad:")
    parts.reading_table(
        [dict(fault) for fault in report["faults"]], key="audit_faults", alt="Faults of the audit trail", empty=""
    )
