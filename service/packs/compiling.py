"""From files to a pack that decides; what does not compile is told whole, with file, line, column and remedy."""

from __future__ import annotations

from collections.abc import Mapping

from engine.pack import Pack, PackError, parse_pack
from service.errors import Invalid, Problem


def compile_files(files: Mapping[str, str]) -> Pack:
    """Compile a pack's files; raises `Invalid` with every problem, each with file, line, column and remedy."""
    try:
        return parse_pack(files)
    except PackError as failure:
        problems = tuple(Problem(f"{p.file}:{p.line}:{p.column}", p.message, p.remedy) for p in failure.problems)
        raise Invalid("the pack does not compile", problems) from None
