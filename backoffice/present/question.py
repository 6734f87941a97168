"""A question that is asked before an act, as a value: the drawer draws it, tests read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(frozen=True)
class Question:
    """One act to be confirmed. `choices` maps codes to words; `ticks` must all be set; `least_note` counts characters.

    `asks` names what else is asked for: an instant with its zone, or a percentage.
    """

    name: str
    title: str
    about: str
    consequence: str
    confirm: str
    choices: Mapping[str, str] = field(default_factory=dict)
    choice_label: str = "Reason"
    least_note: int = 0
    note_label: str = "Note to file"
    ticks: Sequence[str] = ()
    and_next: bool = False
    asks: Literal["", "instant", "percent"] = ""


@dataclass(frozen=True)
class Given:
    """What the officer put into the drawer."""

    choice: str
    note: str
    then_next: bool = False
    instant: datetime | None = None
    percent: int = 0


def wanting(question: Question, given: Given, *, ticked: bool) -> list[str]:
    """What is still missing before the act, in sentences; empty where it may go on."""
    found = []
    if question.choices and not given.choice:
        found.append(f"{question.choice_label}: choose one.")
    if len(given.note) < question.least_note:
        found.append(f"{question.note_label}: at least {question.least_note} characters; it has {len(given.note)}.")
    if question.asks == "instant" and given.instant is None:
        found.append("Say on which day and at what time.")
    if not ticked:
        found.append("Tick every line to say that you have seen it.")
    return found
