"""Thresholds and tables as editable grids. Every change is saved to the draft at once, for a grid forgets on page change.

The grid's key holds the draft and its row version: after each save the grid begins anew from what the API holds, and
an edit, which is known by its position only, can never reach another draft or another state of this one.
"""

from datetime import date

import pandas as pd
import streamlit as st

from backoffice import session
from backoffice.client import ApiProblem, Json
from backoffice.present import packs as words
from backoffice.present.words import title
from backoffice.widgets import parts


def thresholds(version: Json, *, editable: bool) -> None:
    """One row a dated value; a value that begins on another day is added below the grid."""
    parameters = session.api().parameters(version["pack"], version["id"])
    wanted = st.text_input("Find a threshold", key="find_threshold", placeholder="Part of a name")
    shown = [one for one in parameters if (wanted or "").strip().lower().replace(" ", "_") in str(one["name"]).lower()]
    rows = words.parameter_rows(shown)
    if not rows:
        st.info(f"0 of {len(parameters)} thresholds match. Clear the field to see them.")
        return
    frame = pd.DataFrame(rows)[list(words.PARAMETER_COLUMNS)]
    if not editable:
        st.dataframe(frame, hide_index=True, height=560, key="thresholds_read", alt="Thresholds")
        return
    st.caption("Double-click a value to change it; it is saved at once. Every threshold keeps its source.")
    key = f"thresholds_{version['id']}_{version['row_version']}_{abs(hash(wanted))}"
    st.data_editor(
        frame,
        hide_index=True,
        height=500,
        key=key,
        alt="Thresholds",
        num_rows="fixed",
        disabled=["Threshold", "Unit", "From"],
        column_config={
            "Threshold": st.column_config.TextColumn(width="medium"),
            "Note": st.column_config.TextColumn(width="large"),
        },
    )
    changed = [row for _, row in words.changed_rows(rows, st.session_state.get(key) or {})]
    if changed:
        known = {str(one["name"]): one for one in parameters}
        _save_values(version, [(known[row["Threshold"]], row) for row in changed])
    _add_value(version, parameters)


def _save_values(version: Json, changes: list[tuple[Json, dict[str, str]]]) -> None:
    """Save one value after the other, each on the row version that the one before left; stop at the first refusal."""
    saved, row_version = [], int(version["row_version"])
    for parameter, row in changes:
        name, begins = str(parameter["name"]), words.day(row["From"])
        if begins is None or not row["Value"].strip() or not row["Source"].strip():
            st.error(f"{title(name)} needs a day, a value and a source; it was not saved.")
            break
        try:
            after = session.api().save_parameter(
                version["pack"],
                version["id"],
                name,
                start=begins,
                value=words.typed_value(row["Value"], parameter),
                source=row["Source"].strip(),
                note=row["Note"].strip(),
                row_version=row_version,
            )
        except ApiProblem as failure:
            parts.problem(failure)
            break
        row_version = int(after["row_version"])
        saved.append(f"{title(name)} from {begins} on is now {row['Value']}.")
    if saved:
        session.flash(" ".join([*saved, "Saved to the draft."]))
    if len(saved) == len(changes):
        st.rerun()


def _add_value(version: Json, parameters: list[Json]) -> None:
    with st.expander("Add a value from a day on"), st.form("add_value", border=False):
        names = {str(one["name"]): one for one in parameters}
        first, second, third = st.columns(3)
        name = first.selectbox("Threshold", list(names), index=None, key="add_name", placeholder="Choose one")
        begins = second.date_input("From", key="add_from", format="YYYY-MM-DD")
        value = third.text_input("Value", key="add_value_text")
        source = st.text_input("Source", key="add_source", help="A source of the pack, as the values above name it")
        note = st.text_input("Note", key="add_note")
        if st.form_submit_button("Add", key="add_value_go"):
            if not name or not isinstance(begins, date):
                st.error("Choose a threshold and a day.")
            else:
                typed = {"From": begins.isoformat(), "Value": value, "Source": source, "Note": note}
                _save_values(version, [(names[name], typed)])


def tables(version: Json, *, editable: bool) -> None:
    """One table at a time: conditions, results, reason, what the customer is told, and the sources."""
    grids = session.api().tables(version["pack"], version["id"])
    names = [str(one["table"]) for one in grids]
    if not names:
        st.info("This version has no tables.")
        return
    name = st.selectbox("Table", names, format_func=title, key="table_name")
    grid = next(one for one in grids if one["table"] == name)
    policy = f" · hit policy {grid['hit_policy']}" if grid.get("hit_policy") else ""
    st.caption(f"{grid['file']} · {len(grid['rows'])} rules{policy}. An empty cell means: any value.")
    titles = _titles(grid)
    frame = pd.DataFrame(grid["rows"], columns=[one["key"] for one in grid["columns"]])
    if not editable:
        st.dataframe(
            frame.rename(columns=titles), hide_index=True, height="content", key=f"table_read_{name}", alt=title(name)
        )
        return
    key = f"table_{name}_{version['id']}_{version['row_version']}"
    configured = {
        one: st.column_config.TextColumn(label, pinned=one == "id", width="medium") for one, label in titles.items()
    }
    st.data_editor(
        frame.astype("object").where(frame.notna(), None), hide_index=True, key=key, alt=title(name), column_config=configured,
        num_rows="dynamic" if grid.get("growing") else "fixed",
        placeholder="",
    )  # fmt: skip
    edits = st.session_state.get(key) or {}
    if words.has_edits(edits):
        _save_table(version, name, grid["rows"], edits)


def _save_table(version: Json, name: str, rows: list[Json], edits: Json) -> None:
    whole, waits = words.edited_table(rows, edits)
    if waits:
        st.info("Give the new rule an id in capital letters; it is saved then.")
        if whole == [dict(row) for row in rows]:
            return
    try:
        session.api().save_table(version["pack"], version["id"], name, whole, version["row_version"])
    except ApiProblem as failure:
        parts.problem(failure)
        st.caption("Nothing was saved; the grid still shows your change.")
        return
    session.flash(f"{title(name)} is saved to the draft.")
    st.rerun()


def _titles(grid: Json) -> dict[str, str]:
    """Column labels, told apart where two columns have the same words."""
    roles = {"if": "if ", "then": "then "}
    return {
        str(one["key"]): (
            roles.get(str(one["role"]), "") + (str(one["title"]).removeprefix("if.").removeprefix("then."))
            if one["role"] in roles and one["key"] != "if"
            else title(str(one["key"]))
        )
        for one in grid["columns"]
    }
