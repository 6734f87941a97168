"""From a photograph to a `DocumentReading`: flatten, turn upright, read the text, recognise the kind, read its fields.

One pass of the text reader is the normal road. Only a picture that yields neither a known kind nor confident level text
is read again in other turns, best first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from ml.documents.fields import Found, read_fields
from ml.documents.layout import Layout, Placed
from ml.documents.numbers import hide_numbers, is_pan
from ml.documents.reading import DocumentKind, DocumentReading, Field
from ml.documents.rectify import Flat, flatten, whole_frame
from ml.documents.template import Template, templates
from ml.documents.zone import find_zone
from ml.face import FaceEngine, face_engine
from ml.geometry import Box
from ml.images import Picture, load_pages
from ml.mrz import Mrz
from ml.ocr import TextLine, TextReader, text_reader
from ml.quality import document_quality
from ml.settings import MlSettings

_SURE: Final = 0.85
_PAGE_DETAIL_PX: Final = 960
_CARD_DETAIL_PX: Final = 736


@dataclass(frozen=True, slots=True)
class _Seen:
    """One pass over one turn of the picture."""

    flat: Flat
    lines: list[TextLine]
    layout: Layout
    kind: DocumentKind
    anchors: int
    zone: tuple[Mrz, tuple[Placed, ...]] | None

    @property
    def level_confidence(self) -> float:
        """How sure the reader is of the level lines, weighted by length; 0 where there are none."""
        letters = sum(len(line.text) for line in self.lines)
        if not letters:
            return 0.0
        level = sum(len(line.text) * line.confidence for line in self.lines if line.box.width > line.box.height)
        return level / letters

    @property
    def settled(self) -> bool:
        """Whether another turn need not be tried: a known kind, a passport with its zone, or confident level text."""
        if self.kind == "passport":
            return self.zone is not None
        return self.kind != "other" or self.level_confidence >= _SURE

    @property
    def worth(self) -> tuple[bool, bool, float]:
        """What is compared between turns."""
        return self.kind != "other", self.zone is not None, self.level_confidence * len(self.lines)


class DocumentReader:
    """Reads documents with one text reader and one face engine. Safe to share by threads."""

    def __init__(self, text: TextReader, faces: FaceEngine | None = None) -> None:
        self._text = text
        self._faces = faces

    def read(
        self, source: bytes | str | Path, kind: DocumentKind | None = None, today: date | None = None
    ) -> DocumentReading:
        """Read the first page that shows a known kind, else the first page; see `read_document`."""
        first: DocumentReading | None = None
        for page in load_pages(source):
            reading = self.read_picture(page, kind, today)
            if reading.checks["recognised"]:
                return reading
            first = first or reading
        assert first is not None, "load_pages yields at least one page or raises"
        return first

    def read_picture(
        self, photograph: Picture, kind: DocumentKind | None = None, today: date | None = None
    ) -> DocumentReading:
        """Read one upright or turned photograph."""
        seen = self._upright(photograph, today)
        wanted = kind or seen.kind
        template = templates().get(wanted)
        found = read_fields(seen.layout, template) if template else {}
        fields = {name: _field(entry, seen.flat) for name, entry in found.items()}
        checks = {"recognised": wanted == seen.kind and seen.kind != "other", **_checks(found)}
        if (number := found.get("last4")) is not None:
            fields["number_masked"] = Field(bool(number.masked), number.confidence, fields["last4"].box)
        if seen.zone is not None:
            fields |= _zone_fields(seen.zone, seen.flat)
            checks |= {f"mrz_{name}": holds for name, holds in seen.zone[0].checks.items()}
            checks["mrz_valid"] = seen.zone[0].valid
        portrait = self._portrait(seen.flat) if template and template.portrait else None
        return DocumentReading(
            kind=wanted,
            fields=fields,
            checks=checks,
            quality=document_quality(seen.flat.picture, white_paper=template is None or not template.portrait),
            lines=_safe_lines(seen, wanted),
            model_ids=self._model_ids(portrait=bool(template and template.portrait)),
            width_px=photograph.shape[1],
            height_px=photograph.shape[0],
            portrait=portrait,
            redactions=_redactions(found, seen.flat),
        )

    def _upright(self, photograph: Picture, today: date | None) -> _Seen:
        flat = flatten(photograph)
        first = self._look(flat, today)
        # Single lines can be read sideways, their places on the page cannot: a turned page is always turned back.
        sideways = sum(line.box.height > line.box.width for line in first.lines) > len(first.lines) / 2
        if sideways:
            turns: tuple[int, ...] = (1, 3)
        else:
            turns = () if first.settled else (2,)
        tries = [first, *(self._look(flat.turned(turn), today) for turn in turns)]
        if flat.found and all(seen.kind == "other" for seen in tries):
            tries.append(self._look(whole_frame(photograph), today))  # the outline may have cut the document
        return max(tries, key=lambda seen: seen.worth)

    def _look(self, flat: Flat, today: date | None) -> _Seen:
        page = flat.picture.shape[0] > flat.picture.shape[1]
        lines = self._text.read(flat.picture, detail_px=_PAGE_DETAIL_PX if page else _CARD_DETAIL_PX)
        layout = Layout(lines)
        zone = find_zone(layout.lines, today)
        if zone is not None and zone[0].kind == "TD3" and zone[0].fields.get("document_type", "").startswith("P"):
            return _Seen(flat, lines, layout, "passport", 1, zone)
        kind, anchors = _recognise(layout)
        return _Seen(flat, lines, layout, kind, anchors, zone)

    def _portrait(self, flat: Flat) -> Box | None:
        if self._faces is None:
            return None
        boxes = self._faces.boxes(flat.picture)
        return flat.to_photograph(boxes[0]) if boxes else None

    def _model_ids(self, *, portrait: bool) -> tuple[str, ...]:
        ids = (self._text.model_id,)
        return (*ids, self._faces.model_id) if portrait and self._faces is not None else ids


def read_document(
    source: bytes | str | Path,
    kind: DocumentKind | None = None,
    *,
    today: date | None = None,
    settings: MlSettings | None = None,
) -> DocumentReading:
    """Recognise and read a document from a path or from bytes.

    With `kind` it is read as that kind and `checks["recognised"]` says whether it looks like one. `today` places the
    two-digit years of a machine-readable zone. Raises DocumentRejected for a file that is not accepted and NotExecuted
    where a model cannot run; a field that cannot be read is absent.
    """
    chosen = settings or MlSettings()
    return DocumentReader(text_reader(chosen), face_engine(chosen)).read(source, kind, today)


def _recognise(layout: Layout) -> tuple[DocumentKind, int]:
    """The kind whose anchors are most completely there; `other` where no kind reaches its minimum."""
    counts = {template.kind: layout.anchors(template.anchors) for template in templates().values()}

    def surplus(template: Template) -> float:
        return counts[template.kind] / template.minimum_anchors

    best = max(templates().values(), key=surplus)
    if surplus(best) < 1:
        return "other", counts[best.kind]
    return best.kind, counts[best.kind]


def _field(found: Found, flat: Flat) -> Field:
    box = found.lines[0].seen
    for line in found.lines[1:]:
        box = box.joined(line.seen)
    return Field(found.value, round(found.confidence, 4), flat.to_photograph(box))


def _zone_fields(zone: tuple[Mrz, tuple[Placed, ...]], flat: Flat) -> dict[str, Field]:
    mrz, lines = zone
    box = lines[0].seen
    for line in lines[1:]:
        box = box.joined(line.seen)
    place = flat.to_photograph(box)
    confidence = round(min(line.confidence for line in lines), 4)
    fields = {name: Field(value, confidence, place) for name, value in mrz.fields.items()}
    name = " ".join(filter(None, (mrz.fields.get("given_names"), mrz.fields.get("surname"))))
    if name:
        fields["name"] = Field(name, confidence, place)
    if "document_number" in mrz.fields:
        fields["number"] = Field(mrz.fields["document_number"], confidence, place)
    return fields


def _checks(found: dict[str, Found]) -> dict[str, bool]:
    checks: dict[str, bool] = {}
    if (number := found.get("number")) is not None and len(number.value) == 10:
        checks["pan_format"] = is_pan(number.value)
        checks["number_as_printed"] = not number.repaired
    if (number := found.get("last4")) is not None:
        checks["number_masked"] = bool(number.masked)
    return checks


def _safe_lines(seen: _Seen, kind: DocumentKind) -> tuple[TextLine, ...]:
    always = "aadhaar" in (kind, seen.kind)
    return tuple(
        TextLine(hide_numbers(line.text, always=always), round(line.confidence, 4), seen.flat.to_photograph(line.box))
        for line in seen.lines
    )


def _redactions(found: dict[str, Found], flat: Flat) -> tuple[Box, ...]:
    number = found.get("last4")
    if number is None or number.masked:
        return ()
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = number.lines[0].seen.corners
    share = 0.68  # eight of twelve digits and the two spaces
    first = Box(((x0, y0), (x0 + share * (x1 - x0), y0 + share * (y1 - y0)),
                 (x3 + share * (x2 - x3), y3 + share * (y2 - y3)), (x3, y3)))  # fmt: skip
    return (flat.to_photograph(first),)
