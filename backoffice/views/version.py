"""One version of a pack: its grids, its check and proofs, what it changes and would do, and its way to being live."""

import streamlit as st

from backoffice import session
from backoffice.client import ApiProblem, Json
from backoffice.present import packs as words
from backoffice.present.words import version_badge
from backoffice.views import (
    version_backtest,
    version_files,
    version_grids,
    version_life,
    version_review,
    version_trial,
    version_try,
)
from backoffice.widgets import parts


def draw() -> None:
    """A draft is editable for who may write packs; every other version is for reading."""
    pack, version_id = st.query_params.get("pack"), st.query_params.get("version_id")
    if not pack or not version_id:
        st.title("No version chosen")
        st.write("Open one from Rule packs.")
        return
    try:
        version = session.api().version(pack, version_id)
        versions = session.api().versions(pack)
        live = next((one for one in versions if one["status"] == "active"), None)
        before = words.last_live(versions)
    except ApiProblem as failure:
        parts.problem(failure)
        return
    _header(version, live)
    main, side = st.columns([3.4, 1], gap="medium")
    with side:
        version_life.box(version, before)
        version_files.box(version)
    with main:
        _tabs(version, live)
    version_life.drawers(version, live, before)


def _header(version: Json, live: Json | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(f"{version['pack']} {words.version_name(version)}", width="content", anchor=False)
        parts.badge(version_badge(str(version["status"])))
        if live is not None and live["id"] != version["id"]:
            st.badge(f"Live is {words.version_name(live)}", color="gray")
    if version["status"] == "draft":
        st.warning(
            f"Draft v{version['number']}, not live. {words.verdict_of_check(version.get('check_report'))}",
            icon=":material/edit:",
        )


def _tabs(version: Json, live: Json | None) -> None:
    editable = version["status"] == "draft" and session.may("packs:write")
    thresholds, tables, check, difference, backtest, traffic, attempt, files = st.tabs(
        ["Thresholds", "Tables", "Check", "Difference", "Back-test", "Live traffic", "Try out", "Files"],
        key="version_tab",
        on_change="rerun",
    )
    try:
        if thresholds.open:
            with thresholds:
                version_grids.thresholds(version, editable=editable)
        if tables.open:
            with tables:
                version_grids.tables(version, editable=editable)
        if check.open:
            with check:
                version_review.check(version)
        if difference.open:
            with difference:
                version_review.difference(version, live)
        if backtest.open:
            with backtest:
                version_backtest.draw(version)
        if traffic.open:
            with traffic:
                version_trial.draw(version)
        if attempt.open:
            with attempt:
                version_try.draw(version)
        if files.open:
            with files:
                version_review.files(version, editable=editable)
    except ApiProblem as failure:
        parts.problem(failure)
