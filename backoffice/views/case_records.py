"""The tabs behind the summary: documents with what was read, candidates of screening, the trace of the decision."""

import streamlit as st

from backoffice import session
from backoffice.client import ApiProblem, Json
from backoffice.present import case as words
from backoffice.present import packs as pack_words
from backoffice.present import trail
from backoffice.present.words import MISSING, at, number, shown, spaced, title, verdict_badge
from backoffice.widgets import documents as pictures
from backoffice.widgets import parts

_READINGS = {"pan_card": "pan_card", "address_proof": "address_document"}


def documents(page: Json) -> None:
    """Each newest file with its reading; older files of a kind by name only."""
    held = page.get("documents") or []
    if not held:
        st.info("No documents: this decision was made on signals that the caller sent. They stand below.")
        parts.reading_table(words.signal_rows(page), key="case_signals", alt="Signals", empty="No signals.")
        return
    if not session.may("personal_data:read"):
        st.info("Documents are shown to those who may see personal data.")
        return
    for kind in ("pan_card", "address_proof", "selfie"):
        newest = pictures.newest(held, kind)
        if newest is None:
            continue
        st.subheader(title(kind) + (" · new" if newest.get("new") else ""), anchor=False)
        left, right = st.columns([1, 1.4], gap="medium")
        with left:
            pictures.show(newest, f"{title(kind)}, uploaded {at(newest.get('created_at'))}")
        with right:
            _reading(page, kind)
        older = sum(1 for one in held if one["kind"] == kind) - 1
        if older:
            st.caption(f"{older} older file(s) of this kind were replaced.")


def _reading(page: Json, kind: str) -> None:
    source = _READINGS.get(kind)
    if source is None:
        parts.reading_table(
            words.signal_rows(page, ("face.",)),
            key="face_signals",
            alt="Face signals",
            empty="The face check has not run.",
        )
        return
    body = next((one.get("body") or {} for one in page.get("evidence") or [] if one.get("source") == source), {})
    rows = [
        {"Field": title(name), "Read": shown(field.get("value")), "Confidence": number(field.get("confidence"))}
        for name, field in (body.get("fields") or {}).items()
    ]
    st.caption(f"Recognised as {spaced(str(body.get('kind') or MISSING))}")
    parts.wrapped_table(rows, alt="Fields as read", empty="Nothing could be read.")
    quality = body.get("quality") or {}
    measures = [
        {
            "Measure": title(name),
            "Value": number(one.get("value")),
            "Limit": number(one.get("limit")),
            "Result": "ok" if one.get("passed") else "mismatch: outside the limit",
        }
        for name, one in (quality.get("measures") or {}).items()
    ]
    if measures:
        parts.reading_table(measures, key=f"quality_{kind}", alt="Quality of the picture", empty="")


def screening(page: Json) -> None:
    """Candidates, best first, and why each has its score."""
    hits = page.get("hits") or []
    if not hits:
        found = list(words.signal_rows(page, ("screening.",)))
        st.write(
            "No candidate was found on the lists."
            if words.value_of(page, "screening.sanctions_hit") is False
            else "What screening reported:"
        )
        parts.reading_table(found, key="screening_signals", alt="Screening signals", empty="Screening has not run.")
        return
    parts.reading_table(trail.hit_rows(hits), key="hits", alt="Candidates", empty="")
    for place, hit in enumerate(hits):
        with st.expander(
            f"{hit.get('caption', MISSING)} · {trail.score(hit)} · why", expanded=place == 0, key=f"hit_{place}"
        ):
            parts.wrapped_table(trail.evidence_rows(hit), alt="Evidence", empty="No evidence was kept.")


def trace(page: Json) -> None:
    """Why the decision came out as it did: reasons with their basis, values, tables, thresholds; and the proof of repetition."""
    decision = page.get("decision") or {}
    pack = decision.get("pack") or {}
    with st.container(horizontal=True, vertical_alignment="center"):
        parts.badge(verdict_badge(str(decision.get("verdict"))))
        digest = pack_words.short_digest(pack.get("digest"))
        st.caption(
            f"{pack.get('id')} {pack.get('version')} ({digest}) · engine {decision.get('engine_version')}"
            f" · parameters of {decision.get('as_of')} · decided {at(decision.get('created_at'))}"
        )
        if st.button("Decide again", key="replay", help="Decide once more from the record and compare the digests"):
            _replay(str(page["decision_id"]))
    try:
        explained = session.api().explanation(str(page["decision_id"]))
    except ApiProblem as failure:
        parts.problem(failure)
        return
    st.subheader("Reasons and their basis", anchor=False)
    parts.wrapped_table(trail.basis_rows(explained), alt="Reasons", empty="No rule gave a reason.")
    told = explained.get("trace") or {}
    st.subheader("Rules of the verdict", anchor=False)
    parts.reading_table(
        trail.verdict_rows(told), key="verdict_rules", alt="Verdict rules", empty="The pack has no verdict rules."
    )
    st.subheader("Tables", anchor=False)
    every = st.toggle("Show rules that did not apply", key="all_rules")
    parts.reading_table(
        trail.table_rows(told, all_rules=every),
        key=f"tables_{every}",
        alt="Rules of tables",
        empty="No rule of a table applied.",
    )
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader("Values", anchor=False)
        parts.reading_table(trail.value_rows(told), key="values", alt="Values", empty="Nothing was computed.")
    with right:
        st.subheader("Thresholds of the day", anchor=False)
        parts.reading_table(
            trail.parameter_rows(told), key="thresholds", alt="Thresholds", empty="No threshold was used."
        )
    with st.expander("All signals"):
        parts.reading_table(words.signal_rows(page), key="all_signals", alt="Signals", empty="No signals.")


def _replay(decision_id: str) -> None:
    try:
        again = session.api().replay(decision_id)
    except ApiProblem as failure:
        parts.problem(failure)
        return
    if again.get("same"):
        st.success("Decided again: the same digest, so the same decision.", icon=":material/check_circle:")
    else:
        st.error("Decided again, and the digest differs. Tell the people who run this system.", icon=":material/error:")
