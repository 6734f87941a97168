"""Sign in: e-mail, password, and a one-time code for those who switched it on."""

import streamlit as st

from backoffice import session
from backoffice.client import ApiProblem


def draw() -> None:
    """The form. Every wrong pair gets the same words, and an address that was asked for opens afterwards."""
    _, middle, _ = st.columns([1, 1.1, 1])
    with middle:
        st.title("Verdict back office")
        st.caption("Sign in with the account that your administrator gave you.")
        with st.form("sign_in", border=True):
            email = st.text_input("E-mail", key="email", autocomplete="username")
            password = st.text_input("Password", type="password", key="password", autocomplete="current-password")
            code = st.text_input(
                "One-time code",
                key="code",
                max_chars=6,
                autocomplete="one-time-code",
                help="Leave empty if you have not switched codes on",
            )
            sent = st.form_submit_button("Sign in", type="primary", key="sign_in_go", width="stretch")
        if sent:
            _sign_in(email.strip(), password, code.strip())


def _sign_in(email: str, password: str, code: str) -> None:
    if not email or not password:
        st.error("Enter your e-mail and your password.")
        return
    try:
        session.sign_in(email, password, code)
    except ApiProblem as failure:
        wrong = failure.status == 401
        st.error(
            "E-mail, password or code is wrong, or the account is closed for a while." if wrong else failure.sentence
        )
        return
    st.rerun()
