import io

import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, TextStringObject

from ml.errors import DocumentRejected
from ml.images import load_image, load_pages
from ml.pdf import LONG_SIDE_PX, MAX_PAGES


def paper(pages=1, **page):
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(page.get("width", 300), page.get("height", 400))
    return writer


def written(writer):
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def refused(data):
    with pytest.raises(DocumentRejected) as caught:
        load_pages(data)
    return caught.value.code


def named(**entries):
    return DictionaryObject({NameObject(f"/{key}"): value for key, value in entries.items()})


def test_a_scanned_pdf_becomes_pictures_of_a_fixed_size(encoded):
    data = encoded(Image.fromarray(np.full((400, 300, 3), 120, np.uint8)), "PDF")
    (page,) = load_pages(data)
    assert max(page.shape) == LONG_SIDE_PX
    assert page.mean() == pytest.approx(120, abs=3)
    assert load_image(data).shape == page.shape


def test_only_the_first_three_pages_are_drawn():
    assert len(load_pages(written(paper(7)))) == 3


def test_a_pdf_with_too_many_pages_is_refused():
    assert refused(written(paper(MAX_PAGES + 1))) == "too_many_pages"


def test_a_pdf_with_javascript_is_refused():
    writer = paper()
    script = named(S=NameObject("/JavaScript"), JS=TextStringObject("app.alert('hello')"))
    scripts = named(Names=ArrayObject([TextStringObject("start"), writer._add_object(script)]))
    writer.root_object[NameObject("/Names")] = named(JavaScript=scripts)
    assert refused(written(writer)) == "active_content"


def test_a_pdf_that_carries_a_file_is_refused():
    writer = paper()
    writer.add_attachment("notes.txt", b"hello")
    assert refused(written(writer)) == "active_content"


@pytest.mark.parametrize("action", ["JavaScript", "Launch", "SubmitForm", "ImportData", "GoToR", "Rendition"])
def test_a_pdf_that_acts_when_opened_is_refused(action):
    writer = paper()
    writer.root_object[NameObject("/OpenAction")] = named(S=NameObject(f"/{action}"))
    assert refused(written(writer)) == "active_content"


def test_a_pdf_that_only_says_where_to_open_is_paper():
    writer = paper()
    writer.root_object[NameObject("/OpenAction")] = ArrayObject(
        [writer.pages[0].indirect_reference, NameObject("/Fit")]
    )
    assert len(load_pages(written(writer))) == 1


def test_a_script_hidden_in_an_annotation_is_found():
    writer = paper()
    script = named(S=NameObject("/JavaScript"), JS=TextStringObject("x"))
    link = named(Type=NameObject("/Annot"), Subtype=NameObject("/Link"), A=script,
                 Rect=ArrayObject([NumberObject(value) for value in (0, 0, 9, 9)]))  # fmt: skip
    writer.pages[0][NameObject("/Annots")] = ArrayObject([writer._add_object(link)])
    assert refused(written(writer)) == "active_content"


def test_an_encrypted_pdf_is_refused():
    writer = paper()
    writer.encrypt("secret", algorithm="AES-256")
    assert refused(written(writer)) == "encrypted"


def test_a_page_of_absurd_size_is_refused():
    assert refused(written(paper(width=30_000, height=30_000))) == "too_many_pixels"
    assert refused(written(paper(width=2_000, height=2))) == "too_small"


def test_a_truncated_pdf_is_refused():
    data = written(paper())
    assert PdfReader(io.BytesIO(data)).pages
    assert refused(data[: len(data) // 2]) == "damaged"
