"""Document kinds as data: one YAML file per kind says how it is recognised and where its fields stand.

Templates are part of the product and loaded strictly: an unknown key, a wrong type or a reference to a field that is
read later stops the load (ValueError), so that a spelling mistake never becomes an unread field.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files
from typing import Literal, TypeAlias

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from ml.documents.reading import DocumentKind

FieldType: TypeAlias = Literal["name", "date", "pan", "aadhaar", "gender", "address", "number"]
Place: TypeAlias = Literal["same", "right", "below", "above"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Finder(_Strict):
    """One way to find a field: beside a label, somewhere by its form, or on a row above another field.

    `only_unlabelled` keeps a finder to prints that show none of the template's labels: where there are labels, a value
    that is not beside its own belongs to another field. `followed_by` names a field that must stand below the rows.
    """

    labelled: tuple[str, ...] = ()
    look: tuple[Place, ...] = ("same", "right", "below")
    anywhere: str | None = None
    above: str | None = None
    rows: int = Field(default=1, ge=1, le=5)
    only_unlabelled: bool = False
    followed_by: str | None = None

    @field_validator("anywhere")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        if value is not None:
            re.compile(value)
        return value

    @model_validator(mode="after")
    def _one_way(self) -> Finder:
        if sum((bool(self.labelled), self.anywhere is not None, self.above is not None)) != 1:
            raise ValueError("a finder has exactly one of labelled, anywhere and above")
        return self


class FieldRule(_Strict):
    """How one field is read: its type and the finders, tried in order."""

    name: str
    type: FieldType
    find: tuple[Finder, ...] = Field(min_length=1)


class Template(_Strict):
    """One kind of document. `anchors` are printed words; `minimum_anchors` of them make the kind recognised."""

    kind: DocumentKind
    anchors: tuple[str, ...] = Field(min_length=1)
    minimum_anchors: int = Field(ge=1)
    detail_px: int = Field(default=640, ge=320, le=1600)
    portrait: bool = False
    fields: tuple[FieldRule, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> Template:
        read: set[str] = set()
        for rule in self.fields:
            for finder in rule.find:
                for other in (finder.above, finder.followed_by):
                    if other is not None and other not in read:
                        raise ValueError(f"{self.kind}.{rule.name}: {other} is not read before it")
            read.add(rule.name)
        return self


@lru_cache(maxsize=1)
def templates() -> dict[DocumentKind, Template]:
    """All templates by kind; ValueError if one is malformed or two describe the same kind."""
    loaded: dict[DocumentKind, Template] = {}
    folder = files("ml.documents") / "templates"
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".yaml"):
            continue
        template = Template.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
        if template.kind in loaded:
            raise ValueError(f"{file.name}: the kind {template.kind} has two templates")
        loaded[template.kind] = template
    return loaded
