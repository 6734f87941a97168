"""The pages: their addresses, and who sees them.

Every page is registered for everybody, so that an address that somebody may not use gets our words instead of the
framework's "not found"; what a person may not see is hidden from the menu and draws a refusal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import streamlit as st

from backoffice import session
from backoffice.views import (
    account,
    approvals,
    audit,
    case,
    home,
    lists,
    packs,
    people,
    queue,
    reports,
    sign_in,
    version,
)


@dataclass(frozen=True)
class Place:
    """One page. `permissions`: any of them opens it, none are needed where there are none."""

    group: str
    title: str
    icon: str
    path: str
    draw: Callable[[], None]
    permissions: tuple[str, ...] = ()
    listed: bool = True


PLACES: Final = (
    Place("Work", "Home", ":material/home:", "", home.draw),
    Place("Work", "Review queue", ":material/inbox:", "queue", queue.draw, ("cases:read",)),
    Place("Work", "Approvals", ":material/done_all:", "approvals", approvals.draw, ("cases:second", "packs:approve")),
    Place("Work", "Case", ":material/folder_open:", "case", case.draw, ("cases:read",), listed=False),
    Place("Rules", "Rule packs", ":material/rule:", "packs", packs.draw, ("packs:read",)),
    Place("Rules", "Version", ":material/edit_note:", "version", version.draw, ("packs:read",), listed=False),
    Place("Rules", "Watchlists", ":material/person_search:", "lists", lists.draw, ("lists:read",)),
    Place("Records", "Reports", ":material/summarize:", "reports", reports.draw, ("reports:read",)),
    Place("Records", "Audit trail", ":material/link:", "audit", audit.draw, ("audit:read",)),
    Place("Settings", "People and keys", ":material/group:", "people", people.draw, ("admin:manage",)),
    Place("Settings", "My account", ":material/account_circle:", "account", account.draw),
)


def run() -> None:
    """Draw the page of the address: the sign-in for who is not signed in, wherever they wanted to go."""
    made = {place.path: _page(place) for place in PLACES}
    session.remember_pages(made)
    pages: dict[str, list[st.Page]] = {}
    for place in PLACES:
        pages.setdefault(place.group, []).append(made[place.path])
    st.navigation(pages, position="sidebar" if session.signed_in() else "hidden").run()


def _page(place: Place) -> st.Page:
    allowed = session.signed_in() and (not place.permissions or session.may(*place.permissions))
    draw = sign_in.draw if not session.signed_in() else place.draw if allowed else _refuse
    return st.Page(
        draw,
        title=place.title,
        icon=place.icon,
        url_path=place.path or None,
        default=not place.path,
        visibility="visible" if allowed and place.listed else "hidden",
    )


def _refuse() -> None:
    st.title("Not for your role")
    st.write("This page needs a permission that your role does not have. Ask an administrator if you need it.")
