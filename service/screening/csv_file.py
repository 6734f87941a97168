"""The generic list file: CSV with one person or body a line, read as a stream and strictly.

Header `id,schema,name,aliases,birth_date,countries,gender,list,programme,reference,topics`, UTF-8, several values in one
cell separated by `;`. Every problem is named with its line; a file with any is refused whole, since a half-read list is
a list with people missing. A file that does not end with a line break was cut off and is refused too.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from engine.screening.entity import Entity, EntityError, read_entity
from engine.screening.partial_dates import PartialDate
from service.errors import Invalid, Problem

COLUMNS: Final = (
    "id", "schema", "name", "aliases", "birth_date", "countries", "gender", "list", "programme", "reference", "topics",
)  # fmt: skip
SCHEMAS: Final = frozenset({"Person", "Organization", "Company", "LegalEntity", "PublicBody", "Vessel"})
MAX_BYTES: Final = 512 * 1024 * 1024
MAX_CELL: Final = 20_000
MAX_PROBLEMS: Final = 100
_ID = re.compile(r"[!-~]{1,200}\Z")
_COUNTRY = re.compile(r"[a-z]{2}(-[a-z0-9]{2,3})?\Z")
_TOPIC = re.compile(r"[a-z]+([._][a-z]+)*\Z")
_GENDERS = frozenset({"", "male", "female", "other"})


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One line: an entity in Follow-the-Money form with its list's own words."""

    id: str
    entity: dict[str, Any]
    read: Entity


def file_digest(source: Path | bytes) -> str:
    """SHA-256 of the file's bytes; raises `Invalid` where it is empty, too large, cut off or unreadable."""
    digest = hashlib.sha256()
    with _opened(source) as file:
        _check_whole(file)
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def read_entries(source: Path | bytes, name: str) -> Iterator[ListEntry]:
    """Yield the entries; raises `Invalid` with all problems (at most 100) once the file has been read to its end."""
    problems: list[Problem] = []
    seen: set[str] = set()
    with _opened(source) as file:
        _check_whole(file)
        with io.TextIOWrapper(file, encoding="utf-8-sig", newline="") as text:
            for line, row in _rows(text, name, problems):
                entry = _entry(row, f"{name}:{line}", seen, problems)
                if entry is not None:
                    yield entry
                if len(problems) >= MAX_PROBLEMS:
                    break
    if not seen and not problems:
        problems.append(
            Problem(f"{name}:2", "the list is empty", "an empty list would clear everybody; send a full one")
        )
    if problems:
        raise Invalid("the list is not imported; the version before stays in force", tuple(problems))


def _opened(source: Path | bytes) -> BinaryIO:
    if isinstance(source, bytes):
        return io.BytesIO(source)
    try:
        return source.open("rb")
    except OSError as failure:
        raise Invalid(f"the list's file cannot be read (errno {failure.errno})") from None


def _check_whole(file: BinaryIO) -> None:
    size = file.seek(0, io.SEEK_END)
    if size == 0:
        raise Invalid("the list's file is empty; the version before stays in force")
    if size > MAX_BYTES:
        raise Invalid(f"the list's file is larger than {MAX_BYTES // 1024**2} MiB")
    file.seek(-1, io.SEEK_END)
    if file.read(1) not in {b"\n", b"\r"}:
        raise Invalid(
            "the list's file does not end with a line break: it was cut off; the version before stays in force"
        )
    file.seek(0)


def _rows(text: io.TextIOWrapper, name: str, problems: list[Problem]) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(text, strict=True)
    try:
        header = next(reader)
        wrong = _header_problems(header)
        if wrong:
            problems.extend(Problem(f"{name}:1", message, "the columns are " + ",".join(COLUMNS)) for message in wrong)
            return
        for cells in reader:
            if len(cells) != len(header):
                message = f"{len(cells)} cells where the header has {len(header)}"
                problems.append(Problem(f"{name}:{reader.line_num}", message))
            elif any(len(cell) > MAX_CELL for cell in cells):
                problems.append(Problem(f"{name}:{reader.line_num}", f"a cell of more than {MAX_CELL} characters"))
            else:
                yield reader.line_num, dict(zip(header, (cell.strip() for cell in cells), strict=True))
    except UnicodeDecodeError:
        problems.append(Problem(f"{name}:{reader.line_num + 1}", "the text is not UTF-8"))
    except (csv.Error, StopIteration):
        problems.append(Problem(f"{name}:{reader.line_num}", "this is not CSV: an unclosed quote or a forbidden byte"))


def _header_problems(header: list[str]) -> list[str]:
    wrong = [f"no column {column}" for column in COLUMNS if column not in header]
    wrong += [f"unknown column {column[:40]!r}" for column in header if column not in COLUMNS]
    return wrong + (["a column stands twice"] if len(set(header)) != len(header) else [])


def _entry(row: dict[str, str], where: str, seen: set[str], problems: list[Problem]) -> ListEntry | None:
    faults = _faults(row)
    if row["id"] in seen:
        faults.append("the id stands twice in the file")
    seen.add(row["id"])
    entity: dict[str, Any] = {
        "id": row["id"],
        "schema": row["schema"],
        "properties": {
            "name": [row["name"]],
            "alias": split(row["aliases"]),
            "birthDate": split(row["birth_date"]),
            "country": split(row["countries"].lower()),
            "gender": split(row["gender"].lower()),
            "topics": split(row["topics"]),
        },
        "list": row["list"],
        "programme": row["programme"],
        "reference": row["reference"],
    }
    read = None
    if not faults:
        try:
            read = read_entity(entity)
        except EntityError as fault:
            faults.append(str(fault))
    problems.extend(Problem(where, fault) for fault in faults)
    return None if read is None else ListEntry(row["id"], entity, read)


def _faults(row: dict[str, str]) -> list[str]:
    faults = []
    if not _ID.match(row["id"]):
        faults.append("id: 1 to 200 visible ASCII characters")
    if row["schema"] not in SCHEMAS:
        faults.append(f"schema: one of {', '.join(sorted(SCHEMAS))}")
    if not row["name"]:
        faults.append("name: at least one")
    if not all(map(_is_date, split(row["birth_date"]))):
        faults.append("birth_date: YYYY, YYYY-MM or YYYY-MM-DD")
    if not all(map(_COUNTRY.match, split(row["countries"].lower()))):
        faults.append("countries: two-letter codes")
    if row["gender"].lower() not in _GENDERS:
        faults.append("gender: male, female, other or nothing")
    if not all(map(_TOPIC.match, split(row["topics"]))):
        faults.append("topics: words such as sanction or role.pep")
    return faults


def split(cell: str) -> list[str]:
    """The values of a cell."""
    return [part for value in cell.split(";") if (part := value.strip())]


def _is_date(text: str) -> bool:
    try:
        PartialDate.parse(text)
    except ValueError:
        return False
    return True
