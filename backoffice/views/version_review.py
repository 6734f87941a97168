"""What a version's check says, what it changes against the live one, and its files as text."""

import streamlit as st

from backoffice import session
from backoffice.client import ApiProblem, Json
from backoffice.present import packs as words
from backoffice.present.words import at, count
from backoffice.widgets import parts


def check(version: Json) -> None:
    """The last report: problems with file and line, the linter's findings, cases that failed, and the proofs."""
    report = version.get("check_report")
    st.markdown(words.verdict_of_check(report))
    if report:
        st.caption(f"Checked {at(report.get('checked_at'))}")
        _findings(report)
    _proofs(version, report or {})


def _proofs(version: Json, report: Json) -> None:
    """Proofs take a worker's time, so they are asked for; submitting a draft asks by itself."""
    st.subheader("Proofs", anchor=False)
    st.markdown(words.verdict_of_proofs(report))
    parts.wrapped_table(words.proof_rows(report), alt="Proofs of the invariants", empty="")
    may = session.may("packs:write", "packs:approve")
    if may and st.button("Prove now", key="prove", icon=":material/verified:", help="A worker proves every invariant"):
        try:
            session.api().prove(version["pack"], version["id"])
        except ApiProblem as failure:
            parts.problem(failure)
            return
        session.flash("A worker proves the invariants of this version. The result stands in the tab Check.")
        st.rerun()


def _findings(report: Json) -> None:
    problems, lints, failed = words.problem_rows(report), words.lint_rows(report), words.failed_case_rows(report)
    if problems:
        st.subheader("Problems", anchor=False)
        parts.reading_table(problems, key="problems", alt="Problems", empty="")
    if failed:
        st.subheader("Cases that fail", anchor=False)
        parts.reading_table(failed, key="failed_cases", alt="Failed cases", empty="")
    if lints:
        st.subheader("Linter", anchor=False)
        parts.reading_table(lints, key="lints", alt="Findings of the linter", empty="")


def difference(version: Json, live: Json | None) -> None:
    """Rule by rule against the live version."""
    if live is None:
        st.info("No version is live, so there is nothing to compare with.")
        return
    if live["id"] == version["id"]:
        st.info("This is the live version.")
        return
    changes = words.change_rows(session.api().difference(version["pack"], version["id"], live["id"]))
    st.caption(f"From {words.version_name(live)} to {words.version_name(version)}: {count(len(changes), 'change')}.")
    parts.reading_table(
        changes, key="difference", alt="Difference to the live version", empty="Nothing differs in what is decided."
    )


def files(version: Json, *, editable: bool) -> None:
    """The files as written; a draft's text can be changed here where a grid is not enough."""
    held = version.get("files") or {}
    name = st.selectbox(
        "File", sorted(held), key="file_name", index=sorted(held).index("pack.yaml") if "pack.yaml" in held else 0
    )
    if not editable:
        st.code(held[name], language="yaml", line_numbers=True, height=560)
        return
    with st.form(f"file_{version['id']}_{version['row_version']}_{name}", border=False):
        text = st.text_area(
            "YAML", value=held[name], height=520, key=f"text_{version['id']}_{version['row_version']}_{name}"
        )
        sent = st.form_submit_button("Save file", key="save_file")
    if sent and text != held[name]:
        try:
            session.api().save_files(version["pack"], version["id"], {**held, name: text or ""}, version["row_version"])
        except ApiProblem as failure:
            parts.problem(failure)
            return
        session.flash(f"{name} is saved to the draft.")
        st.rerun()
