"""Files as packs without a door in front: what any bytes become, and what the audit keeps of an import."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import parse_pack
from engine.exchange import to_dmn, to_xlsx
from engine.exchange.pack_zip import to_zip
from service.errors import Invalid
from service.packs.exchanging import read_file

FOLDER = Path(__file__).parents[2] / "api" / "tiny_pack"
FILES = {
    path.relative_to(FOLDER).as_posix(): path.read_text(encoding="utf-8") for path in sorted(FOLDER.rglob("*.yaml"))
}
FORMS = {"xlsx": to_xlsx(FILES), "dmn": to_dmn(FILES), "yaml": to_zip(FILES)}


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A file of one of the forms with some bytes overwritten, taken out or doubled."""
    content = bytearray(draw(st.sampled_from(list(FORMS.values()))))
    for _ in range(draw(st.integers(1, 5))):
        place = draw(st.integers(0, len(content) - 1))
        length = draw(st.integers(1, 30))
        match draw(st.sampled_from(["over", "out", "twice"])):
            case "over":
                content[place] = draw(st.integers(0, 255))
            case "out" if len(content) > length + 1:
                del content[place : place + length]
            case _:
                content[place:place] = content[place : place + length]
    return bytes(content)


def repacked(content: bytes, **changes: bytes) -> bytes:
    """A container with entries added or put in place of others."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as held, zipfile.ZipFile(out, "w") as made:
        for name in held.namelist():
            if name not in changes:
                made.writestr(name, held.read(name))
        for name, entry in changes.items():
            made.writestr(name, entry)
    return out.getvalue()


@pytest.mark.parametrize("form", FORMS)
def test_a_file_is_known_by_its_content(form: str) -> None:
    found = read_file(FORMS[form])
    assert (found.form, found.pack.digest, found.not_carried) == (form, parse_pack(FILES).digest, ())


def test_a_model_may_be_of_another_encoding() -> None:
    text = FORMS["dmn"].decode().partition("?>")[2]
    for encoding in ("utf-8-sig", "utf-16"):
        assert read_file(text.encode(encoding)).form == "dmn"


@settings(max_examples=150, deadline=None)
@given(damaged())
def test_a_damaged_file_is_a_pack_or_is_refused_with_reasons(content: bytes) -> None:
    try:
        found = read_file(content)
    except Invalid as failure:
        refusal = failure
    else:
        assert parse_pack(found.files).digest == found.pack.digest
        return
    assert refusal.problems
    assert all(one.where and one.message for one in refusal.problems)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([b"PK\x03\x04", b"PK", b"<", b"\xff\xfe", b""]), st.binary(max_size=300))
def test_any_bytes_are_refused_with_reasons(mark: bytes, rest: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        read_file(mark + rest)
    assert caught.value.problems


def test_a_name_that_could_not_be_saved_again_is_refused() -> None:
    content = repacked(FORMS["yaml"], **{"cases/fälle.yaml": b"[]"})
    with pytest.raises(Invalid) as caught:
        read_file(content)
    assert [one.where for one in caught.value.problems] == ["cases/fälle.yaml"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    ("element", "times"), [("<inputData id='i{0}' name='n{0}'/>", 6001), ("<rule id='r{0}'/>", 10001)]
)
def test_a_model_of_more_parts_than_a_pack_may_have_is_refused_before_it_is_worked_on(
    element: str, times: int, encoding: str
) -> None:
    start = "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' name='tiny' namespace='x' id='m'>"
    text = start + "".join(element.format(place) for place in range(times)) + "</definitions>"
    with pytest.raises(Invalid) as caught:
        read_file(text.encode(encoding))
    assert [one.remedy for one in caught.value.problems] == ["split the model"]


def test_a_workbook_with_a_macro_is_refused() -> None:
    with pytest.raises(Invalid) as caught:
        read_file(repacked(FORMS["xlsx"], **{"xl/vbaProject.bin": b"x"}))
    assert "macros" in caught.value.problems[0].message


@pytest.mark.stack
def test_the_audit_names_the_file_that_a_draft_was_made_of(tenant: str) -> None:
    import hashlib

    from service import audit, packs
    from service.identity.actor import system
    from service.packs import exchanging

    us = system(tenant, "test")
    told: dict[str, Any] = exchanging.import_draft(us, "tiny", FORMS["xlsx"])
    assert told["status"] == "draft"
    entry = audit.entries(us, subject=told["id"]).items[0]
    assert entry["action"] == "pack.drafted"
    assert entry["content"]["imported"] == "xlsx"
    assert entry["content"]["sha256"] == hashlib.sha256(FORMS["xlsx"]).hexdigest()
    file = exchanging.export(us, told["id"], "yaml")
    again = exchanging.import_draft(us, "tiny", file.content)
    assert again["files"] == packs.get(us, told["id"])["files"]
    assert (again["number"], again["row_version"]) == (2, 1)
