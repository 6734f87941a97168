"""Small parts drawn alike everywhere: badges, problems, tables with a button in each row, tables for reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from backoffice import session
from backoffice.client import ApiProblem
from backoffice.present.backtest import Matrix
from backoffice.present.case import MISMATCH
from backoffice.present.words import Badge, title

_MISMATCH_STYLE: Final = "background-color: rgba(179, 38, 30, 0.14); font-weight: 600"
_OPEN: Final = "Open"
Width = Literal["small", "medium", "large"] | int


def badge(one: Badge | None) -> None:
    """A word on its colour; nothing where there is nothing to say."""
    if one is not None:
        st.badge(one.text, color=one.colour, icon=one.icon)


def problem(failure: ApiProblem) -> None:
    """Why the API refused, with every fault of the input; ends this tab's session where the server has."""
    session.refused(failure)
    lines = [
        f"- `{fault.where}` {fault.message}" + (f" ({fault.remedy})" if fault.remedy else "")
        for fault in failure.faults
    ]
    reference = f"\n\nReference: {failure.request_id}" if failure.request_id and failure.status >= 500 else ""
    st.error("\n".join([failure.sentence, "", *lines]) + reference, icon=":material/error:")


def flash() -> None:
    """The sentence that the last act left."""
    left = session.take_flash()
    if left is None:
        return
    words, passing = left
    if passing:
        st.toast(words, icon=":material/check_circle:")
    else:
        st.success(words, icon=":material/check_circle:")


def reading_table(rows: Sequence[Mapping[str, Any]], *, key: str, alt: str, empty: str) -> None:
    """Rows to read in a grid, as tall as they are; a sentence where there are none."""
    if not rows:
        st.caption(empty)
        return
    st.dataframe(_styled(rows), hide_index=True, height="content", key=key, alt=alt)


def wrapped_table(rows: Sequence[Mapping[str, Any]], *, alt: str, empty: str) -> None:
    """Rows to read as an ordinary table, whose long texts wrap and which screen readers know."""
    if not rows:
        st.caption(empty)
        return
    st.table(_styled(rows), hide_index=True, alt=alt)


def _styled(rows: Sequence[Mapping[str, Any]]) -> Styler:
    """The rows with every cell that begins with "mismatch" standing out."""
    frame = pd.DataFrame([dict(row) for row in rows])
    return frame.style.map(lambda cell: _MISMATCH_STYLE if str(cell).startswith(MISMATCH) else "")


def heat_table(matrix: Matrix, *, alt: str, down: str, across: str) -> None:
    """Counts from one side (rows) to the other (columns), darker where more of a row goes; what stays is in another colour."""
    labels = [title(word) for word in matrix.words]
    frame = pd.DataFrame(
        [list(row) for row in matrix.counts], columns=labels, index=pd.Index(labels, name=f"{down} ↓ {across} →")
    )
    looks = pd.DataFrame(
        [[_heat(share, stays=i == j) for j, share in enumerate(row)] for i, row in enumerate(matrix.shares)],
        columns=labels,
        index=frame.index,
    )
    st.table(frame.style.apply(lambda _: looks, axis=None).format("{:,.0f}"), alt=alt)


def _heat(share: float, *, stays: bool) -> str:
    if not share:
        return ""
    colour = "27, 94, 166" if stays else "194, 94, 0"
    return f"background-color: rgba({colour}, {0.10 + 0.50 * share:.2f}); font-weight: {400 if stays else 600}"


def open_table(
    rows: Sequence[Mapping[str, Any]], *, key: str, alt: str, widths: Mapping[str, Width] | None = None
) -> int | None:
    """Rows with a button in each; the position of the row whose button was just pressed. Filters belong into `key`."""
    frame = pd.DataFrame([{_OPEN: _OPEN, **row} for row in rows])
    button = f"{key}_open"
    columns: dict[str, Any] = {
        _OPEN: st.column_config.ButtonColumn("", width=60, type="tertiary", key=button, help="Open this one")
    }
    for name, width in (widths or {}).items():
        columns[name] = st.column_config.TextColumn(name, width=width)
    st.dataframe(
        frame, hide_index=True, height="content" if len(rows) <= 14 else 540, key=key, alt=alt, column_config=columns
    )
    pressed = st.session_state.get(button)
    return None if not pressed else int(pressed["row"])
