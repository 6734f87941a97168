"""`verdict pack export` and `verdict pack import`: packs as Excel workbooks, DMN models and canonical YAML."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import messages, progress, read_bytes, refuse, show

if TYPE_CHECKING:
    from engine.exchange import Finding


class Form(StrEnum):
    """What a pack is exported to."""

    DMN = "dmn"
    XLSX = "xlsx"
    YAML = "yaml"


Target = Annotated[Path, typer.Option("-o", "--output", help="the file to write; for YAML a folder, a .zip or a .yaml")]
Folder = Annotated[Path, typer.Option("-o", "--output", help="the pack's folder to write", file_okay=False)]
AsJson = Annotated[bool, typer.Option("--json", help="for machines")]


def export(
    pack: Annotated[Path, typer.Argument(help="the pack's folder", exists=True, file_okay=False)],
    output: Target,
    to: Annotated[Form, typer.Option("--to", help="the form to export to")],
    json: AsJson = False,
) -> None:
    """Write a pack as a DMN 1.5 model, an Excel workbook or canonical YAML, with nothing lost.

    YAML goes to a folder, or to one file where the name ends in .zip or, without the cases, in .yaml.

    Example: verdict pack export rules/auto_loan_in --to xlsx -o auto_loan_in.xlsx
    """
    from engine.exchange import ExchangeError, to_dmn, to_xlsx, to_yaml

    files = _folder(pack)
    with progress() as shown:
        shown.add_task(f"Exporting {pack}", total=None)
        try:
            if to is Form.YAML:
                written = _write_yaml(output, to_yaml(files))
            else:
                content = to_dmn(files) if to is Form.DMN else to_xlsx(files)
                written = _write(output, content)
        except ExchangeError as error:
            _refuse_all(str(pack), error.findings)
    from engine import load_pack

    digest = load_pack(pack).digest
    if json:
        show({"pack": str(pack), "to": to.value, "files": written, "digest": digest})
    else:
        print(f"wrote {', '.join(written[:3])}{' ...' if len(written) > 3 else ''} with digest {digest[:12]}")


def import_(
    file: Annotated[
        Path, typer.Argument(help="a workbook, a DMN model, a .zip or .yaml of a pack, or a pack's folder", exists=True)
    ],
    output: Folder,
    force: Annotated[bool, typer.Option("--force", help="replace the pack in a folder that is not empty")] = False,
    json: AsJson = False,
) -> None:
    """Read a pack from a file into a folder; the kind of file is seen from its content.

    A DMN model that was not exported from a pack becomes one, with a list of what could not be carried.

    Example: verdict pack import auto_loan_in.xlsx -o rules/auto_loan_in
    """
    from engine import parse_pack
    from engine.exchange import ExchangeError

    if output.exists() and not output.is_dir():
        refuse(f"{output}: not a folder")
    if output.exists() and any(output.iterdir()) and not force:
        refuse(f"{output}: the folder is not empty; give another, or --force to replace the pack in it")
    with progress() as shown:
        shown.add_task(f"Importing {file}", total=None)
        try:
            files, left_out = _read(file)
        except ExchangeError as error:
            _refuse_all(str(file), error.findings)
        pack = parse_pack(files)
    written = _replace(output, files)
    if json:
        found = [one.to_dict() for one in left_out]
        show({"pack": pack.id, "version": pack.version, "digest": pack.digest, "files": written, "not_carried": found})
    else:
        print(f"wrote {len(written)} files of {pack.id} {pack.version} to {output}, digest {pack.digest[:12]}")
        for one in left_out:
            print(f"  {one}")
    if left_out:
        messages.print(f"{len(left_out)} things were not carried as they were, or had to be decided; read the list")


def _folder(folder: Path) -> dict[str, str | bytes]:
    """The files of a pack's folder, its README with them."""
    from engine.pack import read_folder

    files: dict[str, str | bytes] = dict(read_folder(folder))
    readme = folder / "README.md"
    if readme.is_file():
        files["README.md"] = read_bytes(readme)
    return files


def _read(file: Path) -> tuple[dict[str, str], tuple[Finding, ...]]:
    """The files of a pack in whatever form it comes, and what was not carried."""
    from engine.exchange import from_dmn, from_xlsx, to_yaml
    from engine.exchange.pack_zip import from_zip

    if file.is_dir():
        return to_yaml(_folder(file)), ()
    content = read_bytes(file)
    if content.startswith(b"PK"):
        return (to_yaml(from_zip(content)) if _holds_pack(content) else from_xlsx(content)), ()
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"<" or content.startswith((b"\xff\xfe", b"\xfe\xff")):
        found = from_dmn(content, name=file.name)
        return found.files, found.not_carried
    return to_yaml({"pack.yaml": content}), ()


def _holds_pack(content: bytes) -> bool:
    try:
        with zipfile.ZipFile(BytesIO(content)) as container:
            return "pack.yaml" in container.namelist()
    except (zipfile.BadZipFile, NotImplementedError, OSError):
        return False


def _refuse_all(where: str, findings: tuple[Finding, ...]) -> None:
    for finding in findings[1:]:
        messages.print(f"{where}: {finding}", markup=False, soft_wrap=True)
    refuse(f"{where}: {findings[0]}" if findings else where)


def _write(path: Path, content: bytes) -> list[str]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as failure:
        refuse(f"{path}: {failure.strerror or 'cannot be written'}")
    return [str(path)]


def _write_yaml(output: Path, files: Mapping[str, str]) -> list[str]:
    from engine.exchange.pack_yaml import in_one_file
    from engine.exchange.pack_zip import to_zip

    if output.suffix == ".zip":
        return _write(output, to_zip(files))
    if output.suffix in {".yaml", ".yml"} and not output.is_dir():
        left = sum(name.startswith("cases/") for name in files)
        if left:
            messages.print(f"{left} files of cases are not in it; give a folder or a .zip to keep them")
        return _write(output, in_one_file(files).encode("utf-8"))
    return _replace(output, files)


def _replace(folder: Path, files: Mapping[str, str]) -> list[str]:
    """Write the files of a pack, and remove those of the pack that stood there before."""
    try:
        for part in (folder, folder / "tables", folder / "cases"):
            for old in (*part.glob("*.yaml"), *part.glob("*.yml")):
                if old.relative_to(folder).as_posix() not in files:
                    old.unlink()
        for name, text in files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="\n")
    except OSError as failure:
        refuse(f"{folder}: {failure.strerror or 'cannot be written'}")
    return [str(folder / name) for name in files]
