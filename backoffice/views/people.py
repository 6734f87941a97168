"""Administration: who may sign in with which roles, and the keys of other systems."""

from collections.abc import Callable
from datetime import UTC, datetime

import streamlit as st

from backoffice import session
from backoffice.client import ApiProblem, Json
from backoffice.present.words import MISSING, ago, at, role, title
from backoffice.widgets import parts

_ROLES = [
    "verification_officer",
    "approval_manager",
    "compliance_officer",
    "rule_analyst",
    "rule_approver",
    "auditor",
    "admin",
]


def draw() -> None:
    """Two lists; each change is audited by the API."""
    st.title("People and keys")
    people, keys = st.tabs(["People", "API keys"], key="people_tab", on_change="rerun")
    try:
        if people.open:
            with people:
                _people()
        if keys.open:
            with keys:
                _keys()
    except ApiProblem as failure:
        parts.problem(failure)


def _people() -> None:
    now, found = datetime.now(UTC), session.api().people()
    rows = [
        {
            "Name": one["name"],
            "E-mail": one["email"],
            "Roles": ", ".join(role(name) for name in one["roles"]),
            "State": title(one["status"]),
            "One-time codes": "on" if one.get("totp") else "off",
            "Last sign-in": ago(one.get("last_login_at"), now),
        }
        for one in found
    ]
    parts.reading_table(rows, key="people_table", alt="People", empty="Nobody may sign in.")
    left, right = st.columns(2, gap="medium")
    with left, st.form("add_person", clear_on_submit=True):
        st.markdown("**Add a person**")
        name = st.text_input("Name", key="person_name")
        email = st.text_input("E-mail", key="person_email")
        password = st.text_input("First password", type="password", key="person_password")
        roles = st.multiselect("Roles", _ROLES, format_func=role, key="person_roles")
        if st.form_submit_button("Add", key="person_add"):
            body = {"name": name, "email": email, "password": password, "roles": roles}
            _act(lambda: session.api().add_person(body), f"{name} may sign in.")
    with right:
        _change({str(one["id"]): one for one in found})


def _change(people: Json) -> None:
    with st.container(border=True):
        st.markdown("**Change a person**")
        chosen = st.selectbox(
            "Person",
            list(people),
            index=None,
            format_func=lambda one: people[one]["name"],
            key="change_person",
            placeholder="Choose one",
        )
        if not chosen:
            return
        person = people[chosen]
        roles = st.multiselect("Roles", _ROLES, default=person["roles"], format_func=role, key=f"roles_{chosen}")
        active = st.toggle("May sign in", value=person["status"] == "active", key=f"active_{chosen}")
        if st.button("Save", key="change_go"):
            body = {"roles": roles, "status": "active" if active else "disabled"}
            _act(lambda: session.api().change_person(chosen, body), f"{person['name']} is changed.")


def _keys() -> None:
    found = session.api().keys()
    rows = [
        {
            "Name": one["name"],
            "Scopes": ", ".join(role(scope) for scope in one["scopes"]),
            "Ends": at(one.get("expires_at")),
            "Revoked": at(one.get("revoked_at")),
        }
        for one in found
    ]
    parts.reading_table(rows, key="keys_table", alt="API keys", empty="No system has a key.")
    with st.form("add_key", clear_on_submit=True):
        name = st.text_input("New key for", key="key_name", placeholder="loan origination")
        sent = st.form_submit_button("Make key", key="key_add")
    if sent and name:
        try:
            made = session.api().add_key(name)
        except ApiProblem as failure:
            parts.problem(failure)
            return
        st.success("Copy the key now; it is not shown again.")
        st.code(made["key"], language=None)
    open_keys = {str(one["id"]): one for one in found if not one.get("revoked_at")}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Revoke",
            list(open_keys),
            index=None,
            format_func=lambda one: open_keys[one]["name"],
            key="key_revoke",
            placeholder=MISSING,
        )
        if st.button("Revoke key", key="key_revoke_go", disabled=chosen is None) and chosen:
            _act(lambda: session.api().revoke_key(chosen), "The key is refused from now on.")


def _act(act: Callable[[], object], said: str) -> None:
    try:
        act()
    except ApiProblem as failure:
        parts.problem(failure)
        return
    session.flash(said)
    st.rerun()
