"""`verdict pack export` and `verdict pack import`: results on stdout, notices on stderr, nothing overwritten unasked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from engine import PackError
from engine.exchange import to_dmn
from engine.pack import load_pack
from tests.engine.exchange.conftest import ROOT

PACK = ROOT / "tests" / "packs" / "quick_checks"


def verdict(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.mark.parametrize(
    ("form", "name"), [("dmn", "p.dmn"), ("xlsx", "p.xlsx"), ("yaml", "p"), ("yaml", "p.zip"), ("yaml", "p.yaml")]
)
def test_what_is_exported_is_imported_with_its_digest(tmp_path, form, name) -> None:
    exported = verdict("pack", "export", PACK, "--to", form, "-o", tmp_path / name, "--json")
    assert exported.exit_code == 0, exported.stderr
    digest = load_pack(PACK).digest
    assert json.loads(exported.stdout)["digest"] == digest
    imported = verdict("pack", "import", tmp_path / name, "-o", tmp_path / "back", "--json")
    assert imported.exit_code == 0, imported.stderr
    assert json.loads(imported.stdout)["digest"] == digest
    assert json.loads(imported.stdout)["not_carried"] == []
    back = load_pack(tmp_path / "back")
    assert back.digest == digest
    assert len(back.source.cases) == (0 if name == "p.yaml" else len(load_pack(PACK).source.cases))
    assert ("files of cases are not in it" in exported.stderr) == (name == "p.yaml")


def test_a_folder_that_is_not_empty_is_not_overwritten_unasked(tmp_path) -> None:
    target = tmp_path / "pack"
    (target / "tables").mkdir(parents=True)
    (target / "tables" / "old.yaml").write_text("stale: {expression: '1'}\n")
    (target / "mine.txt").write_text("kept")
    exported = tmp_path / "p.dmn"
    verdict("pack", "export", PACK, "--to", "dmn", "-o", exported)
    refused = verdict("pack", "import", exported, "-o", target)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "not empty" in refused.stderr
    assert (target / "tables" / "old.yaml").exists()
    assert verdict("pack", "import", exported, "-o", target, "--force").exit_code == 0
    assert load_pack(target).digest == load_pack(PACK).digest
    assert (target / "mine.txt").read_text() == "kept"


def test_a_foreign_model_comes_with_its_list(tmp_path) -> None:
    model = tmp_path / "m.dmn"
    model.write_text(
        '<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" name="M" namespace="urn:m">'
        '<inputData id="i" name="The Age"><variable name="The Age" typeRef="number"/></inputData>'
        '<decision id="d" name="Old"><literalExpression><text>The Age &gt; 65</text></literalExpression></decision></definitions>'
    )
    imported = verdict("pack", "import", model, "-o", tmp_path / "pack")
    assert imported.exit_code == 0
    assert "The Age:1: is named the_age in the pack" in imported.stdout
    assert "not carried" in imported.stderr
    assert load_pack(tmp_path / "pack").source.decisions["old"].logic.text == "the_age > 65"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"<definitions/>", "m: m:1: the file is not a DMN model"),
        (b"PK\x03\x04", "m: the file: not a workbook"),
        (
            to_dmn({"pack.yaml": (PACK / "pack.yaml").read_bytes()}).replace(
                b"<v:pack>", b"<v:pack><v:text key='checks'>x</v:text>"
            ),
            "m: ",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_bad_input_with_its_reasons(tmp_path, content, told) -> None:
    (tmp_path / "m").write_bytes(content)
    refused = verdict("pack", "import", tmp_path / "m", "-o", tmp_path / "pack")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert told in refused.stderr.replace(str(tmp_path) + "/", "")
    assert not (tmp_path / "pack").exists()


@pytest.mark.parametrize("text", ["", "hello", "pack: x\n"])
def test_yaml_that_is_no_pack_is_told_by_the_loader(tmp_path, text) -> None:
    (tmp_path / "x.yaml").write_text(text)
    assert isinstance(verdict("pack", "import", tmp_path / "x.yaml", "-o", tmp_path / "pack").exception, PackError)


def test_a_container_cannot_lead_out_of_its_folder(tmp_path) -> None:
    import zipfile

    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w") as container:
        container.write(PACK / "pack.yaml", "pack.yaml")
        container.writestr("tables/../../evil.yaml", "x")
    refused = verdict("pack", "import", path, "-o", tmp_path / "pack")
    assert refused.exit_code == 2
    assert "no pack has such a file" in refused.stderr
    assert not list(Path(tmp_path).rglob("evil.yaml"))
