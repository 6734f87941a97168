"""Frames from a Parquet or CSV file, batch by batch, so that a file of any size needs the memory of one batch.

A CSV file is read as texts: what a text means is said by the signal that a pack declares, never guessed from the data.
Whatever is wrong with a file is a `DataError` of one line.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

BATCH_ROWS: Final = 100_000


class DataError(ValueError):
    """A file that cannot be read as a table: absent, empty, cut off, damaged, or of another kind."""


@dataclass(frozen=True)
class DataFile:
    """A readable table. `texts` says that its columns are texts, as those of a CSV file are."""

    path: Path
    columns: tuple[str, ...]
    rows: int
    texts: bool

    def batches(self, rows: int = BATCH_ROWS) -> Iterator[pl.DataFrame]:
        """The rows in order, so many at a time. Raises `DataError` where the file turns out damaged."""
        with _told(self.path):
            yield from _scan(self.path).collect_batches(chunk_size=rows, maintain_order=True)


def open_data(path: Path) -> DataFile:
    """A Parquet file, or a CSV file by its name `.csv`.

    Raises:
        DataError: for a file that is absent, empty, or no table.
    """
    if not path.is_file():
        raise DataError(f"{path}: there is no such file")
    if not path.stat().st_size:
        raise DataError(f"{path}: the file is empty")
    with _told(path):
        scan = _scan(path)
        columns = tuple(scan.collect_schema().names())
        rows = scan.select(pl.len()).collect().item()
    return DataFile(path, columns, rows, _is_csv(path))


def parquet_batches(path: Path, rows: int = BATCH_ROWS) -> Iterator[pl.DataFrame]:
    """The rows of a Parquet file in order. Raises `DataError` for a file that is none."""
    yield from open_data(path).batches(rows)


def _is_csv(path: Path) -> bool:
    return path.suffix.lower() == ".csv"


def _scan(path: Path) -> pl.LazyFrame:
    return pl.scan_csv(path, infer_schema=False) if _is_csv(path) else pl.scan_parquet(path)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Faults of reading as one line that names the file."""
    kind = "CSV" if _is_csv(path) else "Parquet"
    try:
        yield
    except pl.exceptions.PanicException:
        raise DataError(f"{path}: not a {kind} file, or a damaged one") from None
    except (pl.exceptions.PolarsError, OSError) as failure:
        first = str(failure).strip().splitlines()[0] if str(failure).strip() else type(failure).__name__
        raise DataError(f"{path}: not a {kind} file, or a damaged one: {first[:200]}") from None
