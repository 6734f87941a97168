"""Loading: from a folder or its texts to a compiled pack, or all the reasons why not.

`parse_pack` is pure. `load_pack` reads a folder's YAML and does nothing else; symbolic links out of the folder are not
followed. Every problem of every file is reported at once, with file, line, column and a remedy.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from engine.pack.limits import MAX_FILE_BYTES, MAX_FILES, MAX_PROBLEMS
from engine.pack.pack import Pack
from engine.pack.problems import PackError, PackProblem, Problems
from engine.pack.source import MAIN, implicit_signals, read_source
from engine.pack.typed import Checker


def load_pack(path: str | Path) -> Pack:
    """The pack in a folder.

    Raises:
        PackError: with every problem, or when the folder holds no pack.
    """
    return parse_pack(read_folder(path))


def read_folder(path: str | Path) -> dict[str, bytes]:
    """The YAML texts of a pack's folder by relative name.

    Raises:
        PackError: when there is no such folder or too much in it.
    """
    folder = Path(path).resolve()
    if not folder.is_dir():
        raise PackError([PackProblem(MAIN, 1, 1, "there is no such pack folder", "check the path", "no_pack")])
    found: dict[str, bytes] = {}
    for part in (folder, folder / "tables", folder / "cases"):
        for file in sorted(part.glob("*.yaml")) + sorted(part.glob("*.yml")):
            if len(found) > MAX_FILES or not file.resolve().is_relative_to(folder) or not file.is_file():
                continue
            with file.open("rb") as handle:
                found[file.relative_to(folder).as_posix()] = handle.read(MAX_FILE_BYTES + 1)
    return found


def parse_pack(files: Mapping[str, str | bytes]) -> Pack:
    """The pack of these texts by relative name (`pack.yaml`, `tables/x.yaml`, `cases/y.yaml`).

    Raises:
        PackError: with every problem.
    """
    problems = Problems(MAX_PROBLEMS)
    source = read_source(files, problems)
    if source is None:
        problems.raise_if_any()
        raise PackError([PackProblem(MAIN, 1, 1, "the pack cannot be read", "check pack.yaml", "no_pack")])
    signals = {**source.signals, **implicit_signals(source)}
    typed = Checker(source, signals, problems).check()
    problems.raise_if_any()
    return Pack(typed)
