"""Under the menu: where one is, who one is, and the way out."""

from __future__ import annotations

import streamlit as st

from backoffice import session
from backoffice.present.words import role


def draw() -> None:
    """The signed-in person, the tenant, and Sign out."""
    person = session.me()
    with st.sidebar, st.container(key="whoami"):
        st.markdown(f"**{person.get('name', '')}**")
        st.caption(", ".join(role(one) for one in person.get("roles", [])))
        st.badge(f"Tenant {person.get('tenant', '')}", color="orange" if person.get("tenant") == "demo" else "gray")
        if st.button("Sign out", key="sign_out", icon=":material/logout:"):
            session.sign_out()
            st.rerun()
