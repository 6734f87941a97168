"""The first tab: pictures and faces on the left, declared against read, four numbers and the score's factors beside them."""

import pandas as pd
import streamlit as st

from backoffice import session
from backoffice.client import Json
from backoffice.present import case as words
from backoffice.present.words import title
from backoffice.widgets import documents, parts


def draw(page: Json) -> None:
    """Everything that an officer needs first, without scrolling at 1440 by 900."""
    held = page.get("documents") or []
    if held and session.may("personal_data:read"):
        left, right = st.columns([1, 2], gap="medium")
        with left:
            _pictures(page, held)
        with right:
            _facts(page)
    else:
        if held:
            st.caption("Pictures are shown to those who may see personal data.")
        _facts(page)


def _pictures(page: Json, held: list[Json]) -> None:
    card = documents.newest(held, "pan_card") or documents.newest(held, "address_proof")
    selfie = documents.newest(held, "selfie")
    if card:
        documents.show(card)
    evidence = next((one.get("body") or {} for one in page.get("evidence") or [] if one.get("source") == "face"), {})
    first, second = st.columns(2)
    with first:
        if card:
            documents.show_face(card, (evidence.get("portrait") or {}).get("box"), "On the document")
    with second:
        if selfie:
            documents.show_face(selfie, (evidence.get("selfie") or {}).get("box"), "Selfie")
    _likeness(page)


def _likeness(page: Json) -> None:
    score, sentence = words.face(page)
    if score is None:
        st.caption(sentence)
    else:
        st.progress(min(1.0, max(0.0, score)), text=sentence)


def _facts(page: Json) -> None:
    rows = words.comparison(page)
    proof = words.value_of(page, "address_document.kind")
    if proof:
        rows = [
            {(title(str(proof)) if key == "Address document" else key): cell for key, cell in row.items()}
            for row in rows
        ]
    parts.wrapped_table(rows, alt="Declared against read", empty="Nothing was declared.")
    st.caption(f"PAN register: {words.pan_register(page)}")
    for column, (label, value) in zip(st.columns(4), words.metrics(page), strict=True):
        column.metric(label, value, border=True)
    if not page.get("documents"):
        _likeness(page)
    factors = words.factors(page)
    if not factors:
        st.caption("No rule gave points.")
        return
    st.dataframe(
        pd.DataFrame(factors),
        hide_index=True,
        height="content",
        key="case_factors",
        alt="Factors of the score",
        column_config={
            "Factor": st.column_config.TextColumn(width=285),
            "Points": st.column_config.NumberColumn(width=60),
            "Share of score": st.column_config.ProgressColumn(min_value=0, max_value=1, format="percent", width=130),
        },
    )
