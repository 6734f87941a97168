"""A version saved as a workbook, a DMN model or its YAML files."""

from datetime import UTC, datetime

import streamlit as st

from backoffice import session
from backoffice.client import ApiProblem, Json
from backoffice.present.exchange import FORMS
from backoffice.widgets import download, parts


def box(version: Json) -> None:
    """A button for each form; the file is made when one is pressed."""
    with st.container(border=True, key="save_box"):
        st.caption("Save this version as")
        with st.container(horizontal=True, gap="small"):
            pressed = [
                form
                for form, label in FORMS.items()
                if st.button(label, key=f"save_{form}", icon=":material/download:", type="tertiary")
            ]
        for form in pressed:
            _save(version, form)


def _save(version: Json, form: str) -> None:
    try:
        file = session.api().export_version(version["pack"], version["id"], form)
    except ApiProblem as failure:
        parts.problem(failure)
        return
    download.hand_over(file, f"{version['id']}-{form}-{datetime.now(UTC).timestamp()}")
