"""A back-test on stored decisions: their signals opened in batches, decided by two versions as columns, kept as figures.

Decisions are read by key, a batch in a short transaction of its own, oldest first: they never change once stored, so the pages
together are one picture, and no transaction stays open while columns are worked out. Memory holds one batch. What is kept
is counts, rules and the callers' references; signals are nowhere but in the batch.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

import polars as pl
from sqlalchemy import Row, text

from engine.backtest import Backtest, write_workbook
from engine.signal import Missing
from service.db import unit
from service.decisions.rendering import SIGNALS, decode_signals
from service.keys import keyring
from service.packs import jobs
from service.packs.active import ActivePack, by_version
from service.packs.jobs import Claimed
from service.tables import utc_now

BATCH: Final = 2000
# Names that no signal can have, so that neither column hides one.
REFERENCE: Final = "#reference"
BAD: Final = "#bad"
AS_OF: Final = "as_of"
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Tried:
    """What a back-test found: its figures, how many decisions it read, and the workbook."""

    result: dict[str, Any]
    rows: int
    workbook: bytes


def run(tenant: str, claimed: Claimed) -> Tried:
    """Try a version on the decisions of its window; raises what a version that does not compile raises, and `LeaseLost`."""
    pack = by_version(tenant, claimed.version_id)[0]
    rival = None if claimed.against_id is None else by_version(tenant, claimed.against_id)[0]
    until = claimed.to_at or utc_now()
    total, erased, labelled = _count(tenant, claimed)
    test = Backtest(
        pack.pack,
        None if rival is None else rival.pack,
        as_of=until.date(),
        outcome=BAD if labelled else None,
        reference=REFERENCE,
    )
    names = sorted({*pack.pack.signals, *(() if rival is None else rival.pack.signals)})
    done = 0
    jobs.progress(tenant, claimed, done, total)
    for rows in _batches(tenant, claimed):
        test.add(frame([Stored(row.reference, row.as_of, row.bad, _signals(tenant, row)) for row in rows], names))
        done += len(rows)
        jobs.progress(tenant, claimed, done, max(total, done))
    found = test.result()
    workbook = io.BytesIO()
    write_workbook(found, workbook)
    about = {
        "version": _named(pack),
        "against": None if rival is None else _named(rival),
        "stored": done,
        "erased": erased,
    }
    window = {"from": (claimed.from_at or _BEGINNING).isoformat(), "to": until.isoformat()}
    return Tried(found.to_dict() | {"about": about | window}, done, workbook.getvalue())


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored decision as a back-test needs it; `bad` is null where nobody has told its outcome."""

    reference: str
    as_of: date
    bad: bool | None
    signals: Mapping[str, Any]


def frame(rows: Sequence[Stored], names: Sequence[str]) -> pl.DataFrame:
    """Decisions as columns: reference, date, outcome, and each signal in the narrowest type that holds its values exactly.

    A missing signal is null. What has no exact column, such as a number of twenty digits or values of two kinds, stays a
    Python object, which the engine decides row by row.
    """
    columns = [
        pl.Series(REFERENCE, [row.reference for row in rows], pl.String),
        pl.Series(AS_OF, [row.as_of for row in rows], pl.Date),
        pl.Series(BAD, [row.bad for row in rows], pl.Boolean),
    ]
    columns += [_column(name, [_plain(row.signals.get(name)) for row in rows]) for name in names]
    return pl.DataFrame(columns)


def _column(name: str, values: list[Any]) -> pl.Series:
    kinds = {type(value) for value in values if value is not None}
    if not kinds:
        return pl.Series(name, values, pl.Null)
    if kinds <= {int, float, Decimal} and all(_is_double(value) for value in values):
        return pl.Series(name, [None if value is None else float(value) for value in values], pl.Float64)
    if len(kinds) == 1:
        (kind,) = kinds
        if kind in _PLAIN:
            return pl.Series(name, values, _PLAIN[kind])
        if kind is list:
            texts = [None if value is None else _list_text(value) for value in values]
            if all((text is None) == (value is None) for text, value in zip(texts, values, strict=True)):
                return pl.Series(name, texts, pl.String)
    return pl.Series(name, values, pl.Object)


_PLAIN: Final[dict[type, type[pl.DataType]]] = {bool: pl.Boolean, str: pl.String, date: pl.Date}


def _is_double(value: Any) -> bool:
    """Whether a double spells the very same number."""
    if value is None or isinstance(value, float):
        return True
    try:
        return bool(Decimal(repr(float(value))) == value)
    except OverflowError:
        return False


def _list_text(value: list[Any]) -> str | None:
    """A list of facts as JSON; None where JSON would not bring the same list back."""

    def kept(part: object) -> Any:
        if isinstance(part, datetime) or not isinstance(part, date | Decimal):
            raise TypeError
        if isinstance(part, date):
            return part.isoformat()
        if not _is_double(part):
            raise TypeError
        return float(part)

    try:
        return json.dumps(value, default=kept, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError):
        return None


def _plain(value: Any) -> Any:
    return None if isinstance(value, Missing) else value


def _signals(tenant: str, row: Row[Any]) -> dict[str, Any]:
    return decode_signals(keyring().open(row.signals, tenant=tenant, field=SIGNALS))


def _batches(tenant: str, claimed: Claimed) -> Iterator[Sequence[Row[Any]]]:
    facts = _window(claimed) | {"batch": BATCH, "last_at": _BEGINNING, "last": ""}
    while True:
        with unit(tenant) as session:
            rows = session.execute(_PAGE, facts).all()
        if not rows:
            return
        yield rows
        facts |= {"last_at": rows[-1].created_at, "last": rows[-1].id}


def _count(tenant: str, claimed: Claimed) -> tuple[int, int, bool]:
    """How many decisions there are to try, how many whose signals are erased, and whether any has an outcome."""
    with unit(tenant) as session:
        row = session.execute(_COUNT, _window(claimed)).one()
    return row.held, row.erased, row.labelled


def _window(claimed: Claimed) -> dict[str, Any]:
    return {"pack": claimed.pack_id, "start": claimed.from_at or _BEGINNING, "end": claimed.to_at or utc_now()}


def _named(pack: ActivePack) -> dict[str, str]:
    return {"id": pack.id, "version": pack.version, "digest": pack.digest}


_COUNT: Final = text(
    "SELECT count(signals) AS held, count(*) FILTER (WHERE signals IS NULL) AS erased,"
    " EXISTS (SELECT FROM decision_outcome o JOIN decision x ON x.id = o.decision_id WHERE x.pack_id = :pack"
    " AND x.created_at >= :start AND x.created_at < :end) AS labelled"
    " FROM decision WHERE pack_id = :pack AND created_at >= :start AND created_at < :end"
)
_PAGE: Final = text(
    "SELECT d.id, d.reference, d.as_of, d.signals, d.created_at, (SELECT o.outcome = 'bad' FROM decision_outcome o"
    " WHERE o.decision_id = d.id ORDER BY o.id DESC LIMIT 1) AS bad FROM decision d WHERE d.pack_id = :pack"
    " AND d.created_at >= :start AND d.created_at < :end AND (d.created_at, d.id) > (:last_at, :last)"
    " AND d.signals IS NOT NULL ORDER BY d.created_at, d.id LIMIT :batch"
)
