"""PDF uploads: inspected by pypdf for anything that acts, then rendered by PDFium to pictures.

A PDF is accepted only as paper. Scripts, launch and submit actions, attachments, forms with XFA, media and encryption
are refused before the renderer sees the file; pages and pixels are limited.
"""

from __future__ import annotations

import io
from threading import Lock
from typing import Final

import numpy as np
import pypdfium2
from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from ml.errors import DocumentRejected
from ml.images import MIN_SIDE_PX, Picture

MAX_PAGES: Final = 20
RENDERED_PAGES: Final = 3
LONG_SIDE_PX: Final = 2000
_MAX_OBJECTS: Final = 20_000
_ACTIVE_KEYS: Final = frozenset(
    {"/JS", "/JavaScript", "/AA", "/EmbeddedFile", "/EmbeddedFiles", "/EF", "/XFA", "/RichMediaContent", "/Collection"}
)
_ACTIVE_ACTIONS: Final = frozenset(
    {"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToR", "/GoToE", "/Movie", "/Sound", "/Rendition"}
)
_ACTIVE_ANNOTATIONS: Final = frozenset({"/FileAttachment", "/RichMedia", "/Movie", "/Sound", "/Screen", "/3D"})
_pdfium = Lock()  # PDFium is not thread-safe


def render_pages(data: bytes) -> list[Picture]:
    """Render the first three pages at 2,000 px on the long side; DocumentRejected for a damaged or active PDF."""
    _inspect(data)
    try:
        with _pdfium:
            document = pypdfium2.PdfDocument(data)
            try:
                return [_render(document[index]) for index in range(min(len(document), RENDERED_PAGES))]
            finally:
                document.close()
    except pypdfium2.PdfiumError as error:
        raise _damaged() from error


def _render(page: pypdfium2.PdfPage) -> Picture:
    width, height = page.get_size()
    if not (1 <= width <= 20_000 and 1 <= height <= 20_000):
        raise DocumentRejected("too_many_pixels", "A page of the PDF has an unusual size.", "Send a picture instead.")
    scale = LONG_SIDE_PX / max(width, height)
    if min(width, height) * scale < MIN_SIDE_PX:
        raise DocumentRejected("too_small", "A page of the PDF is too narrow to read.", "Send a picture instead.")
    bitmap = page.render(scale=scale, may_draw_forms=False)
    return np.array(bitmap.to_pil().convert("RGB"))


def _inspect(data: bytes) -> None:
    try:
        reader = PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted:
            raise DocumentRejected("encrypted", "The PDF is protected by a password.", "Send it without a password.")
        pages = len(reader.pages)
        active = _acts(reader)
    except (PyPdfError, ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError, OSError) as error:
        raise _damaged() from error
    if not 1 <= pages <= MAX_PAGES:
        raise DocumentRejected("too_many_pages", f"The PDF has {pages} pages.", f"Send 1 to {MAX_PAGES} pages.")
    if active:
        raise DocumentRejected(
            "active_content",
            "The PDF contains scripts, attachments or forms.",
            "Print it to a plain PDF or send a photo.",
        )


def _acts(reader: PdfReader) -> bool:
    """Walk every object that the trailer reaches and look for what could run, open, send or carry another file."""
    waiting: list[object] = [reader.trailer]
    seen: set[tuple[int, int]] = set()
    walked = 0
    while waiting:
        node = waiting.pop()
        if isinstance(node, IndirectObject):
            if (node.idnum, node.generation) in seen:
                continue
            seen.add((node.idnum, node.generation))
            node = node.get_object()
        walked += 1
        if walked > _MAX_OBJECTS:
            raise DocumentRejected("too_complex", "The PDF is too complex.", "Send a photo of the document instead.")
        if isinstance(node, DictionaryObject):
            if _active(node):
                return True
            waiting.extend(node.raw_get(key) for key in node)
        elif isinstance(node, ArrayObject):
            waiting.extend(list.__iter__(node))
    return False


def _active(node: DictionaryObject) -> bool:
    if not _ACTIVE_KEYS.isdisjoint(node):
        return True
    return node.get("/S") in _ACTIVE_ACTIONS or node.get("/Subtype") in _ACTIVE_ANNOTATIONS


def _damaged() -> DocumentRejected:
    return DocumentRejected("damaged", "The PDF is damaged or incomplete.", "Send it again or take a picture of it.")
