"""How the command line speaks: results on stdout, messages on stderr, one line for each error, three exit codes.

0: done. 1: the answer is no (a check failed, a chain is broken). 2: bad usage or bad input, with the place and the remedy.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

messages = Console(stderr=True, highlight=False)

MAX_INPUT_BYTES = 64 * 1024 * 1024


def done_no(reason: str = "") -> NoReturn:
    """The answer is no: exit 1, with the reason on stderr."""
    if reason:
        messages.print(reason, markup=False)
    raise typer.Exit(1)


def refuse(reason: str) -> NoReturn:
    """Bad usage or input: exit 2 with one line that names the place and the remedy."""
    messages.print(f"verdict: {reason}", markup=False, soft_wrap=True)
    raise typer.Exit(2)


def day_of(text: str | None) -> date:
    """The day of an `--as-of` option, the user's own today without one; refuses what is no date."""
    if text is None:
        return date.today()  # noqa: DTZ011 - the user's own calendar day
    try:
        return date.fromisoformat(text)
    except ValueError:
        refuse(f"--as-of {text!r}: a date is written 2026-11-20")


def show(value: object) -> None:
    """Print a result as JSON, exact decimals kept."""
    json.dump(value, sys.stdout, default=_plain, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def progress() -> Progress:
    """A progress display on stderr that leaves when done; silent where stderr is not a terminal."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=messages,
        transient=True,
        disable=not sys.stderr.isatty(),
    )


def read_bytes(path: Path) -> bytes:
    """Return a file's content; refuses what is absent, no file, or over 64 MiB."""
    try:
        if path.stat().st_size > MAX_INPUT_BYTES:
            refuse(f"{path}: larger than {MAX_INPUT_BYTES // 2**20} MiB")
        return path.read_bytes()
    except OSError as failure:
        refuse(f"{path}: {failure.strerror or 'cannot be read'}")


def read_json(path: Path) -> Mapping[str, object]:
    """Return a JSON object with exact decimals; refuses other content with line and column."""
    try:
        value = json.loads(read_bytes(path), parse_float=Decimal, parse_constant=_no_constant)
    except json.JSONDecodeError as failure:
        refuse(f"{path}:{failure.lineno}:{failure.colno}: {failure.msg}; a JSON object is wanted")
    except (UnicodeDecodeError, RecursionError, ValueError) as failure:
        refuse(f"{path}: not JSON: {type(failure).__name__}")
    if not isinstance(value, dict):
        refuse(f"{path}:1:1: a JSON object is wanted")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)
