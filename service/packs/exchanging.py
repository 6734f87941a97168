"""Versions out as files, and files in as drafts: Excel workbooks, DMN models, YAML in a zip.

An export is pure of a version's files; what it leaves out is nothing. An import sees from the content what a file is,
makes a draft of it and never more, and names what of a foreign model could not be carried. A file that does not load,
or that is another pack's, is refused whole, with every reason at its sheet and cell, or its line.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from engine.exchange import ExchangeError, Finding, from_dmn, to_dmn, to_xlsx
from engine.exchange.pack_zip import from_zip, to_zip
from engine.exchange.xlsx_read import read_workbook
from engine.pack import Pack, PackError
from service import audit
from service.db import unit
from service.errors import Invalid, Problem
from service.identity.actor import Actor, Permission
from service.packs.compiling import compile_files
from service.packs.drafting import accept_files, accept_note, new_row
from service.packs.reading import get, row_of

Form: TypeAlias = Literal["dmn", "xlsx", "yaml"]

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XML: Final = "application/xml"
ZIP: Final = "application/zip"
_CONTAINER: Final = b"PK"
_WORKBOOK_PART: Final = b"[Content_Types].xml"  # every workbook has it, and its name stands in the container as it is
_XML_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")  # the byte orders of UTF-16
_SPACE_BEFORE_XML: Final = b"\xef\xbb\xbf \t\r\n"
# What a draft's files may be called wherever they are saved again.
_FILE_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}(?:/[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}){0,3}")
_NOTES: Final[Mapping[str, str]] = {
    "xlsx": "Imported from an Excel workbook",
    "dmn": "Imported from a DMN model",
    "yaml": "Imported from YAML files",
}


@dataclass(frozen=True, slots=True)
class Exported:
    """A version as a file."""

    name: str
    media_type: str
    content: bytes


def export(actor: Actor, version_id: str, to: Form) -> Exported:
    """A version as a workbook, a DMN model, or a zip of its files as they are written. Needs READ_PACKS.

    Raises:
        NotFound: there is no such version. Invalid: a draft that does not load cannot become a workbook or a model;
        every problem is listed.
    """
    actor.must(Permission.READ_PACKS)
    with unit(actor.tenant) as session:
        row = row_of(session, version_id)
    name = f"{row.pack_id}-v{row.number}"
    if to == "yaml":
        return Exported(f"{name}.zip", ZIP, to_zip(row.files))
    write: Callable[[Mapping[str, str]], bytes] = to_xlsx if to == "xlsx" else to_dmn
    try:
        content = write(row.files)
    except PackError:
        compile_files(row.files)  # refuses with every problem in its place
        raise
    except ExchangeError as failure:
        raise Invalid("the version cannot be written in this form", _problems(failure.findings)) from None
    return Exported(f"{name}.{to}", XLSX if to == "xlsx" else XML, content)


def import_draft(actor: Actor, pack_id: str, content: bytes, note: str = "") -> dict[str, Any]:
    """Make a draft of an uploaded file; the kind of file is seen from its content. Needs WRITE_PACKS.

    The answer is the draft with `imported` (what the file was), `content_digest` (of what it decides by: equal to that of
    the version that was exported where nothing was changed) and `not_carried`.

    Raises:
        Invalid: a file that is no pack, does not load, or is another pack's; every reason is listed.
    """
    actor.must(Permission.WRITE_PACKS)
    note = accept_note(note)
    # Reading takes up to seconds; no transaction is open meanwhile.
    found = read_file(content)
    if found.pack.id != pack_id:
        remedy = f"import it as {found.pack.id}, or change the id in the file to {pack_id}"
        raise Invalid("the file is another pack's", (Problem("/file", f"this is the pack {found.pack.id}", remedy),))
    files = accept_files(found.files)
    facts = {"imported": found.form, "sha256": hashlib.sha256(content).hexdigest()}
    with unit(actor.tenant) as session:
        row = new_row(session, actor.tenant, pack_id, files)
        row.authors, row.note = [actor.id], note or _NOTES[found.form]
        session.add(row)
        told = {"pack": pack_id, "number": row.number, "not_carried": len(found.not_carried)}
        audit.append(session, actor, "pack.drafted", row.id, told | facts)
    return get(actor, row.id) | {
        "imported": found.form,
        "content_digest": found.pack.digest,
        "not_carried": [one.to_dict() for one in found.not_carried],
    }


@dataclass(frozen=True, slots=True)
class Read:
    """A pack out of a file: its files, the pack they compile to, and what the file held beside."""

    form: Form
    files: dict[str, str]
    pack: Pack
    not_carried: tuple[Finding, ...] = ()


def read_file(content: bytes) -> Read:
    """The pack in a file; raises `Invalid` with every reason why there is none."""
    try:
        found = _read(content)
    except ExchangeError as failure:
        raise Invalid("the file cannot become a pack", _problems(failure.findings)) from None
    strange = [name for name in found.files if not _FILE_NAME.fullmatch(name)]
    if strange:
        remedy = "write letters without accents, digits, _, - and . only"
        faults = (Problem(name[:120], "a file of a pack is not called so here", remedy) for name in strange)
        raise Invalid("the file cannot become a pack", tuple(faults))
    return found


def _read(content: bytes) -> Read:
    if content.startswith(_CONTAINER):
        if _WORKBOOK_PART in content:
            files, pack = read_workbook(content)
            return Read("xlsx", files, pack)
        written = _texts(from_zip(content))
        return Read("yaml", written, compile_files(written))
    if content.startswith(_XML_MARKS) or content.lstrip(_SPACE_BEFORE_XML).startswith(b"<"):
        model = from_dmn(content)
        return Read("dmn", model.files, model.pack, model.not_carried)
    message, remedy = "neither a workbook, nor a DMN model, nor a zip", "give an .xlsx, a .dmn, or a .zip of YAML files"
    raise ExchangeError([Finding("the file", 0, message, remedy)])


def _texts(files: Mapping[str, bytes]) -> dict[str, str]:
    found, faults = {}, []
    for name, content in files.items():
        try:
            found[name] = content.decode("utf-8")
        except UnicodeDecodeError:
            faults.append(Finding(name, 0, "the file is not UTF-8", "save it as UTF-8"))
    if faults:
        raise ExchangeError(faults)
    return found


def _problems(findings: Iterable[Finding]) -> tuple[Problem, ...]:
    return tuple(
        Problem(f"{one.where}:{one.line}" if one.line else one.where, one.message, one.remedy) for one in findings
    )
