"""Where each part of an imported pack came from, so that the loader's findings are told in the author's terms.

An import writes YAML and lets the loader judge it; the loader speaks of lines of that YAML, which nobody has seen. Here
a line and column become a path in the pack, and the path becomes the cell or element that it was made of.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from engine.exchange.failure import ExchangeError, Finding
from engine.pack import Pack, PackError, PackProblem, parse_pack
from engine.pack.limits import MAX_PROBLEMS
from engine.pack.problems import Place, Problems
from engine.pack.source import MAIN
from engine.pack.yaml_tree import ListNode, MapNode, Node, parse_yaml

Path: TypeAlias = tuple[str | int, ...]
"""Keys and positions from the root of a pack: `("decisions", "risk", "rules", 3, "if", "score")`."""


class Origins:
    """The place of everything that was imported, by path."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[str, int]] = {}

    def add(self, path: Path, where: str, line: int = 0, *, keep: bool = False) -> None:
        """Remember a place; with `keep`, an earlier one stays."""
        if not (keep and path in self._known):
            self._known[path] = (where, line)

    def add_all(self, path: Path, cells: Mapping[str, str]) -> None:
        """Remember the places of an entry's keys."""
        for key, where in cells.items():
            self.add((*path, key), where)

    def of(self, path: Path) -> tuple[str, int]:
        """The place of a path, or of the nearest part that holds it."""
        while path not in self._known and path:
            path = path[:-1]
        return self._known.get(path, ("the file", 0))


def load_or_locate(files: Mapping[str, str], origins: Origins) -> Pack:
    """The pack of imported files.

    Raises:
        ExchangeError: with what the loader refuses, each at the place it was imported from.
    """
    try:
        return parse_pack(files)
    except PackError as error:
        found = []
        for problem, path in paths_of(error.problems, files):
            where, line = origins.of(path)
            found.append(Finding(where, line, problem.message, problem.remedy))
        raise ExchangeError(found) from None


def paths_of(problems: Iterable[PackProblem], files: Mapping[str, str]) -> Iterator[tuple[PackProblem, Path]]:
    """Each problem with the path of what stands where it was found; the empty path where nothing does."""
    places: dict[str, list[tuple[Place, Path]]] = {}
    for problem in problems:
        if problem.file not in places:
            places[problem.file] = (
                sorted(_places(problem.file, files[problem.file]), key=_by_place) if problem.file in files else []
            )
        known = places[problem.file]
        after = bisect_right(known, Place(problem.file, problem.line, problem.column), key=_by_place)
        yield problem, known[after - 1][1] if after else ()


def _by_place(one: tuple[Place, Path]) -> Place:
    return one[0]


def _places(file: str, text: str) -> Iterator[tuple[Place, Path]]:
    """Every place of a file with its path in the pack, keys before what they hold."""
    root = parse_yaml(file, text, Problems(MAX_PROBLEMS))
    if root is not None:
        folder = file.partition("/")[0]
        start: dict[str, Path] = {MAIN: (), "tables": ("decisions",)}
        yield from _walk(root, start.get(folder, (folder, file)))


def _walk(node: Node, path: Path) -> Iterator[tuple[Place, Path]]:
    yield node.place, path
    if isinstance(node, ListNode):
        for position, item in enumerate(node.items):
            yield from _walk(item, (*path, position))
    elif isinstance(node, MapNode):
        for key, value in node.entries.items():
            yield node.keys[key], (*path, key)
            yield from _walk(value, (*path, key))
