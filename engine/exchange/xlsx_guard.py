"""Opens a workbook that may come from anyone.

Before the spreadsheet library sees a byte, the container is held against limits: its size, the number, names, sizes and
compression of its entries, and every XML part read once by a hardened parser (no document type, no entity, bounded
elements, cells and depth). Macros, links to other workbooks, embedded objects and encryption are refused. Nothing
outside of the given bytes is ever opened.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any, Final

import openpyxl
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, XMLParser
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook import Workbook

from engine.exchange.bounds import DAMAGED
from engine.exchange.failure import ExchangeError, Finding, refused

MAX_FILE_BYTES: Final = 16 * 1024 * 1024  # the container
MAX_UNPACKED_BYTES: Final = 128 * 1024 * 1024  # all entries together
MAX_ENTRIES: Final = 5_000  # a pack may have 2,000 tables, a sheet each
MAX_RATIO: Final = 200  # unpacked to packed, once an entry is beyond a megabyte; a sheet of numbers has about 20
MAX_ELEMENTS: Final = 3_000_000
MAX_CELLS: Final = 400_000  # 5,000 rules of 70 columns
MAX_DEPTH: Final = 64

_FORBIDDEN: Final = (
    (re.compile(r"vbaproject|\.bin$|/macrosheets?/|/dialogsheets/", re.IGNORECASE), "macros or embedded programs"),
    (re.compile(r"externallinks?/", re.IGNORECASE), "links to other workbooks"),
    (re.compile(r"activex|embeddings|/connections\.xml|querytables", re.IGNORECASE), "embedded objects or connections"),
)
_HARMLESS: Final = re.compile(r"xl/printerSettings/printerSettings[0-9]+\.bin")
_BROKEN: Final = (
    *DAMAGED,
    InvalidFileException,
    ParseError,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
)
"""What the spreadsheet library raises of a file that is not what it says."""


def open_workbook(content: bytes) -> Workbook:
    """The workbook in these bytes.

    Raises:
        ExchangeError: for what is no workbook, is beyond a limit, or holds what a pack's workbook never holds.
    """
    if len(content) > MAX_FILE_BYTES:
        raise refused("the file", f"larger than {MAX_FILE_BYTES // 2**20} MiB", "split the pack")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as container:
            _check_entries(container)
            _check_parts(container)
    except ExchangeError:
        raise
    except DAMAGED:
        raise refused("the file", "not a workbook (.xlsx)", "save it as an Excel workbook") from None
    try:
        with warnings.catch_warnings():
            # The library warns of styles and extensions that it drops; nothing of a pack stands there.
            warnings.simplefilter("ignore")
            return openpyxl.load_workbook(io.BytesIO(content), keep_links=False, keep_vba=False)
    except _BROKEN:
        raise refused("the file", "the workbook is damaged", "open and save it in a spreadsheet program") from None


def _check_entries(container: zipfile.ZipFile) -> None:
    entries = container.infolist()
    if len(entries) > MAX_ENTRIES:
        raise refused("the file", f"more than {MAX_ENTRIES} parts", "split the pack")
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        raise refused("the file", f"unpacks to more than {MAX_UNPACKED_BYTES // 2**20} MiB", "split the pack")
    seen: set[str] = set()
    for entry in entries:
        name = entry.filename.lower()
        if entry.file_size > 2**20 and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            raise refused(
                "the file", "a part unpacks to far more than it should", "save it again in a spreadsheet program"
            )
        if entry.flag_bits & 1:
            raise refused("the file", "the workbook is encrypted", "remove the password")
        if name in seen or name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/"):
            raise refused("the file", "the container has doubtful names", "save it again in a spreadsheet program")
        seen.add(name)
        for pattern, what in _FORBIDDEN:
            if pattern.search(name) and not _HARMLESS.fullmatch(entry.filename):
                raise refused("the file", f"the workbook holds {what}", "save it as a plain .xlsx without them")


def _check_parts(container: zipfile.ZipFile) -> None:
    counter = _Counter()
    for entry in container.infolist():
        if not entry.filename.lower().endswith((".xml", ".rels", ".vml")):
            continue
        parser = XMLParser(target=counter, forbid_dtd=True)
        counter.depth = 0
        try:
            with container.open(entry) as part:
                while block := part.read(2**16):
                    parser.feed(block)
            parser.close()
        except DefusedXmlException:
            raise refused("the file", "a part declares a document type or an entity", "save it again") from None
        except (ParseError, LookupError):
            raise refused("the file", "the workbook is damaged", "open and save it in a spreadsheet program") from None
    if counter.macros:
        raise refused("the file", "the workbook holds macros", "save it as a plain .xlsx")


class _Counter:
    """Counts elements while a part is read, and keeps nothing."""

    def __init__(self) -> None:
        self.depth = 0
        self.macros = False
        self._elements = 0
        self._cells = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        self.depth += 1
        self._elements += 1
        self._cells += tag.endswith("}c")
        if self._elements > MAX_ELEMENTS or self._cells > MAX_CELLS or self.depth > MAX_DEPTH:
            raise refused("the file", f"more than {MAX_CELLS} cells", "remove what is no part of the pack")
        if "macroEnabled" in attributes.get("ContentType", ""):
            self.macros = True

    def end(self, tag: str) -> None:
        """An element ends."""
        del tag
        self.depth -= 1

    def close(self) -> None:
        """A part ends."""


def cells_of(sheet: Any) -> Iterator[tuple[int, int, object, str]]:
    """The cells of a sheet that stand in the file, by row and column: row, column, value, data type."""
    # Not iter_rows: that makes a cell for every gap, and one cell in the last corner would fill the memory.
    held = sheet._cells  # noqa: SLF001
    for row, column in sorted(held):
        cell = held[row, column]
        if cell.value is not None:
            yield row, column, cell.value, cell.data_type


def formula(where: str) -> Finding:
    """The refusal of a formula."""
    return Finding(where, 0, "the cell holds a formula", "write its value instead: copy, and paste as value")
