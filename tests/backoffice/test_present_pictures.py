from __future__ import annotations

import base64
import io

import pytest
from PIL import Image

from backoffice.present import pictures


def jpeg(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "#345").save(out, "JPEG")
    return out.getvalue()


def opened(address: str | None) -> Image.Image:
    assert address is not None
    head, _, body = address.partition(",")
    assert head == "data:image/jpeg;base64"
    return Image.open(io.BytesIO(base64.b64decode(body)))


def test_a_picture_travels_inside_the_page_and_no_larger_than_a_screen_needs() -> None:
    assert max(opened(pictures.document_picture(jpeg(3000, 2000), "image/jpeg")).size) == pictures.MAX_SIDE_PX


def test_a_face_is_cut_out_as_a_square_with_room_around_it() -> None:
    box = [[100, 100], [200, 100], [200, 200], [100, 200]]
    face = opened(pictures.face_picture(jpeg(600, 400), "image/jpeg", box))
    assert face.width == face.height == 190


def test_a_face_at_the_border_stays_inside_the_picture() -> None:
    face = opened(pictures.face_picture(jpeg(100, 80), "image/jpeg", [[0, 0], [90, 70]]))
    assert face.width <= 100
    assert face.height <= 80


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\xff\xd8\xff broken", b"%PDF-1.4 broken"])
def test_what_cannot_be_drawn_is_none_and_no_error(content: bytes) -> None:
    media = "application/pdf" if content.startswith(b"%PDF") else "image/jpeg"
    assert pictures.document_picture(content, media) is None


def test_the_first_page_of_a_pdf_is_drawn() -> None:
    out = io.BytesIO()
    Image.new("RGB", (400, 300), "white").save(out, "PDF")
    assert opened(pictures.document_picture(out.getvalue(), "application/pdf")).width > 0
