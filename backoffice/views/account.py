"""One's own account: password, and one-time codes."""

import streamlit as st

from backoffice import session
from backoffice.client import ApiProblem, Json
from backoffice.present.words import role
from backoffice.widgets import parts


def draw() -> None:
    """Both acts are the API's; a new password ends every session, this one too."""
    me = session.me()
    st.title("My account")
    st.caption(f"{me['name']} · {', '.join(role(one) for one in me['roles'])}")
    left, right = st.columns(2, gap="medium")
    with left:
        _password()
    with right:
        _codes(me)


def _password() -> None:
    with st.form("change_password"):
        st.markdown("**Password**")
        old = st.text_input("Present password", type="password", key="old_password", autocomplete="current-password")
        new = st.text_input("New password", type="password", key="new_password", autocomplete="new-password")
        again = st.text_input("New password again", type="password", key="again_password", autocomplete="new-password")
        sent = st.form_submit_button("Change password", key="password_go")
    if not sent:
        return
    if new != again:
        st.error("The two new passwords differ.")
        return
    try:
        session.api().change_password(old, new)
    except ApiProblem as failure:
        parts.problem(failure)
        return
    session.sign_out()
    session.flash("The password is changed. Sign in with the new one.")
    st.rerun()


def _codes(me: Json) -> None:
    with st.container(border=True):
        st.markdown("**One-time codes**")
        if me.get("totp"):
            st.write("Sign-in asks for a code from your app. An administrator takes codes off if you lose the device.")
            return
        st.write("Sign-in asks for your password only.")
        if st.button("Switch codes on", key="totp_begin"):
            try:
                st.session_state["totp_secret"] = session.api().enrol_totp()["secret"]
            except ApiProblem as failure:
                parts.problem(failure)
        secret = st.session_state.get("totp_secret")
        if secret:
            _confirm(secret)


def _confirm(secret: str) -> None:
    st.write("Enter this secret into your authenticator app, then the first code that it shows.")
    st.code(secret, language=None)
    with st.form("totp_form", border=False):
        code = st.text_input("First code", max_chars=6, key="totp_code")
        sent = st.form_submit_button("Confirm", key="totp_go")
    if sent:
        try:
            session.api().confirm_totp(code.strip())
        except ApiProblem as failure:
            parts.problem(failure)
            return
        st.session_state.pop("totp_secret", None)
        session.me()["totp"] = True
        session.flash("One-time codes are on.")
        st.rerun()
