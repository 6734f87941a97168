"""The back office: what Streamlit runs on every interaction. It knows nothing but who is signed in and where they are."""

from __future__ import annotations

import streamlit as st

from backoffice import navigation, session
from backoffice.widgets import parts, sidebar

# Before anything else: a page with an icon name but without this would fetch its favicon from the internet.
st.set_page_config(page_title="Verdict back office", page_icon="🛡️", layout="wide")

if session.signed_in():
    sidebar.draw()
parts.flash()
navigation.run()
