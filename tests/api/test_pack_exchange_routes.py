"""Versions as files over HTTP: what goes out comes in again, and what is no pack is refused with its place."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest

from api.wire.packs import IMPORT_FORM
from api.wire.problems import MEDIA_TYPE

pytestmark = pytest.mark.stack

IMPORT = "/v1/packs/tiny/versions:import"
FORMS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "dmn": "application/xml",
    "yaml": "application/zip",
}


@pytest.fixture
def live(client: Any, sign_in: Any, pack: str) -> tuple[dict[str, str], str, dict[str, Any]]:
    """An analyst's header, the path of the active version of the tiny pack, and the version."""
    analyst = sign_in("rule_analyst")
    version = client.get(f"/v1/packs/{pack}/versions", headers=analyst).json()["items"][0]
    return analyst, f"/v1/packs/{pack}/versions/{version['id']}", version


@pytest.fixture
def send(client: Any) -> Callable[..., Any]:
    """Uploads a file as a draft."""

    def upload(who: dict[str, str], content: bytes, path: str = IMPORT, **fields: str) -> Any:
        return client.post(path, headers=who, data=fields, files={"file": ("upload", content)})

    return upload


def _export(client: Any, live: Any, to: str) -> Any:
    who, path, _ = live
    return client.get(f"{path}/export", params={"to": to}, headers=who)


def _zip(**files: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as container:
        for name, content in files.items():
            container.writestr(name.replace("__", "/").replace("_yaml", ".yaml"), content)
    return held.getvalue()


def _workbook(content: bytes, edit: Callable[[Any], None]) -> bytes:
    book, out = openpyxl.load_workbook(io.BytesIO(content)), io.BytesIO()
    edit(book)
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(("to", "media_type"), FORMS.items())
def test_what_is_exported_is_imported_as_a_draft_that_decides_the_same(
    client: Any, live: Any, send: Any, to: str, media_type: str
) -> None:
    who, path, version = live
    file = _export(client, live, to)
    assert file.status_code == 200, file.text
    assert file.headers["content-type"] == media_type
    name = {"yaml": "zip"}.get(to, to)
    assert file.headers["content-disposition"] == f"attachment; filename*=UTF-8''tiny-v1.{name}"
    assert file.content == _export(client, live, to).content
    made = send(who, file.content)
    assert made.status_code == 201, made.text
    told = made.json()
    assert (told["imported"], told["content_digest"], told["not_carried"]) == (to, version["digest"], [])
    assert (told["status"], told["authors"]) == ("draft", [client.get("/v1/me", headers=who).json()["id"]])
    report = client.post(f"{made.headers['location']}:check", headers=who).json()
    assert report["digest"] == version["digest"]
    assert report["cases"]["passed"] == client.post(f"{path}:check", headers=who).json()["cases"]["passed"]


def test_yaml_goes_out_and_in_as_it_was_written(client: Any, live: Any, send: Any) -> None:
    who, path, _ = live
    written = client.get(path, headers=who).json()["files"]
    made = send(who, _export(client, live, "yaml").content, note="the same again")
    assert made.json()["files"] == written
    assert made.json()["note"] == "the same again"


def test_a_threshold_changed_in_the_workbook_is_the_only_difference(client: Any, live: Any, send: Any) -> None:
    who, _, version = live

    def edit(book: Any) -> None:
        cells = [cell for row in book["parameters"].iter_rows() for cell in row if cell.value == 650]
        assert len(cells) == 1
        cells[0].value = 655

    made = send(who, _workbook(_export(client, live, "xlsx").content, edit))
    assert made.status_code == 201, made.text
    against = {"against": version["id"]}
    changes = client.get(f"{made.headers['location']}/diff", params=against, headers=who).json()["changes"]
    assert [(one["kind"], one["id"]) for one in changes] == [("parameter", "score_min")]
    assert made.json()["note"] == "Imported from an Excel workbook"


def test_the_documented_example_is_imported_and_says_what_it_decided_itself(
    client: Any, sign_in: Any, send: Any
) -> None:
    example = IMPORT_FORM["requestBody"]["content"]["multipart/form-data"]["example"]
    made = send(
        sign_in("rule_analyst"),
        example["file"].encode(),
        "/v1/packs/auto_loan_in/versions:import",
        note=example["note"],
    )
    assert made.status_code == 201, made.text
    told = made.json()
    assert [one["where"] for one in told["not_carried"]] == ["verdict", "on_missing"]
    assert all(one["message"] and one["remedy"] for one in told["not_carried"])
    assert "score * 2" in told["files"]["pack.yaml"]


def _hostile() -> dict[str, tuple[bytes, str]]:
    """Files that are no packs, and where their fault is."""
    entity = b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "b">]><definitions>&a;</definitions>'
    dmn = b'<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" name="tiny"\n>\n<decision></definitions>'
    sound = _zip(pack_yaml=b"pack: tiny\n" * 200)
    broken = bytearray(sound)
    broken[45:60] = bytes(15)
    pointer = bytearray(sound)
    pointer[-6:-2] = b"\xff\xff\xff\x7f"
    return {
        "nothing": (b"", "the file"),
        "an image": (b"\x89PNG\r\n\x1a\n", "the file"),
        "plain yaml": (b"pack: tiny\n", "the file"),
        "a container of nothing": (_zip(), "pack.yaml"),
        "a damaged container": (bytes(broken), "the file"),
        "a directory that leads out": (bytes(pointer), "the file"),
        "an entry without a name": (sound.replace(b"pack.yaml", bytes(9)), "the file"),
        "half a container": (sound[:-30], "the file"),
        "a path that leads out": (_zip(**{"../pack.yaml": b"pack: tiny"}), "../pack.yaml"),
        "a folder in a container": (_zip(**{"tiny/pack.yaml": b"pack: tiny"}), "tiny/pack.yaml"),
        "a bomb": (_zip(pack_yaml=b"#" * 50_000_000), "the file"),
        "a workbook of nothing": (_zip(**{"[Content_Types].xml": b"<Types/>"}), "the file"),
        "not utf-8": (_zip(pack_yaml=b"pack: \xff\xfe"), "pack.yaml"),
        "yaml that does not load": (_zip(pack_yaml=b"pack: tiny\nnonsense: 1\n"), "pack.yaml:2:1"),
        "yaml with an alias bomb": (_zip(pack_yaml=b"a: &a [x, x]\nb: [*a, *a]\n"), "pack.yaml:1:4"),
        "an entity": (entity, "model.dmn"),
        "a model cut short": (dmn, "model.dmn"),
        "markup of another kind": (b"<html><body/></html>", "model.dmn"),
    }


@pytest.mark.parametrize("kind", _hostile())
def test_a_hostile_or_broken_file_is_one_problem_with_its_place(client: Any, live: Any, send: Any, kind: str) -> None:
    who, _, _ = live
    content, where = _hostile()[kind]
    answer = send(who, content)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    errors = answer.json()["errors"]
    assert any(one["where"].startswith(where) for one in errors), errors
    assert all(one["message"] for one in errors)
    assert len(client.get("/v1/packs/tiny/versions", headers=who).json()["items"]) == 1


def test_every_fault_of_a_workbook_is_told_by_sheet_and_cell(client: Any, live: Any, send: Any) -> None:
    who, _, _ = live

    def edit(book: Any) -> None:
        for row in book["parameters"].iter_rows():
            for cell in row:
                if cell.value == 650:
                    cell.value = "=600+50"
        for row in book["verdict"].iter_rows():
            for cell in row:
                if cell.value == "screening.sanctions_hit":
                    cell.value = '=HYPERLINK("http://evil.example")'

    answer = send(who, _workbook(_export(client, live, "xlsx").content, edit))
    assert answer.status_code == 422, answer.text
    places = [one["where"] for one in answer.json()["errors"]]
    assert len(places) == 2
    assert {place.partition("!")[0] for place in places} == {"parameters", "verdict"}
    assert all(one["message"] == "the cell holds a formula" for one in answer.json()["errors"])


@pytest.mark.parametrize("to", FORMS)
def test_a_file_of_another_pack_is_refused_by_both_names(client: Any, live: Any, send: Any, to: str) -> None:
    who, _, _ = live
    answer = send(who, _export(client, live, to).content, "/v1/packs/other/versions:import")
    assert answer.status_code == 422
    assert answer.json()["detail"] == "the file is another pack's"
    assert answer.json()["errors"] == [
        {
            "where": "/file",
            "message": "this is the pack tiny",
            "remedy": "import it as tiny, or change the id in the file to other",
        }
    ]
    assert client.get("/v1/packs/other/versions", headers=who).status_code == 404


def test_a_draft_that_does_not_load_goes_out_as_it_is_written_and_in_no_other_form(client: Any, live: Any) -> None:
    who, _, _ = live
    files = {"pack.yaml": "pack: tiny\nnonsense: 1\n"}
    made = client.post("/v1/packs/tiny/versions", json={"files": files}, headers=who)
    broken = (who, made.headers["location"], made.json())
    assert zipfile.ZipFile(io.BytesIO(_export(client, broken, "yaml").content)).namelist() == ["pack.yaml"]
    for to in ("xlsx", "dmn"):
        answer = _export(client, broken, to)
        assert answer.status_code == 422
        assert "pack.yaml:2:1" in [one["where"] for one in answer.json()["errors"]]


def test_who_reads_packs_may_export_and_only_who_writes_them_may_import(
    client: Any, live: Any, send: Any, sign_in: Any
) -> None:
    analyst, path, version = live
    officer = sign_in("verification_officer")
    file = _export(client, (officer, path, version), "xlsx")
    assert file.status_code == 200
    assert send(officer, file.content).status_code == 403
    assert send({}, file.content).status_code == 401
    assert client.get(f"{path}/export", headers=analyst).status_code == 422
    assert client.get(f"{path}/export", params={"to": "pdf"}, headers=analyst).status_code == 422
    elsewhere = path.replace("/tiny/", "/other/")
    assert client.get(f"{elsewhere}/export", params={"to": "dmn"}, headers=analyst).status_code == 404


def test_an_import_is_bounded_and_takes_one_file_and_a_note(client: Any, live: Any, send: Any) -> None:
    who, _, _ = live
    assert send(who, b"P" * (10 * 1024 * 1024 + 1)).status_code == 413
    assert send(who, b"<x/>", pack="tiny").json()["errors"][0]["where"] == "/pack"
    assert send(who, b"<x/>", note="n" * 1001).status_code == 422
    assert client.post(IMPORT, json={}, headers=who).status_code == 415
    assert client.post(IMPORT, headers=who, data={"file": "text"}).status_code in {415, 422}
