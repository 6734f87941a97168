"""`verdict backtest`: what a pack would have decided of rows on record, and what changes from another pack."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from cli.console import day_of, messages, refuse, show

if TYPE_CHECKING:
    from engine.backtest import Backtest
    from engine.frames import DataFile


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command()(backtest)


def backtest(
    pack: Annotated[Path, typer.Option("--pack", help="the pack's folder", exists=True, file_okay=False)],
    data: Annotated[Path, typer.Option("--data", help="rows on record: .parquet, or .csv with a line of names")],
    against: Annotated[
        Path | None, typer.Option("--against", help="the pack it would replace", exists=True, file_okay=False)
    ] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="date of rows without a column as_of")] = None,
    outcome: Annotated[str | None, typer.Option("--outcome", help="column that says which rows turned out bad")] = None,
    reference: Annotated[str | None, typer.Option("--reference", help="column that names a changed row")] = None,
    minutes: Annotated[float, typer.Option("--minutes", help="an officer's minutes for one case", min=0)] = 12,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="an Excel workbook with charts")] = None,
    json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """Decide every row of a file in columns; with --against, show what changes and which rules are behind it.

    Columns are named like the pack's signals; an absent column or value is a missing signal. A CSV file is read by the
    types that the pack declares.

    Example: verdict backtest --pack rules/auto_loan_in --data applications.parquet -o report.xlsx
    """
    from engine import load_pack
    from engine.backtest import Backtest, OutcomeError, write_workbook
    from engine.frames import DataError, open_data

    old = None if against is None else load_pack(against)
    try:
        file = open_data(data)
        run = Backtest(
            load_pack(pack),
            old,
            as_of=day_of(as_of),
            outcome=outcome,
            reference=reference,
            minutes_per_case=minutes,
            texts=file.texts,
        )
        _look_at(file, run)
        seconds = _stream(file, run)
    except (DataError, OutcomeError) as failure:
        refuse(str(failure) if str(failure).startswith(str(data)) else f"{data}: {failure}")
    result = run.result()
    if output is not None:
        try:
            write_workbook(result, output)
        except OSError as failure:
            refuse(f"{output}: {failure.strerror or 'cannot be written'}")
    found = result.to_dict() | {"seconds": round(seconds, 3), "cases_per_second": round(file.rows / max(seconds, 1e-9))}
    if json:
        show(found)
    else:
        _print(found)
        if output is not None:
            messages.print(f"workbook: {output}", markup=False, soft_wrap=True)


def _look_at(file: DataFile, run: Backtest) -> None:
    """Refuse a file that has nothing to do with the pack; say once which columns are passed over or absent."""
    declared = run.signals
    known = [name for name in file.columns if name in declared]
    if not known:
        refuse(f"{file.path}: no column is named like a signal of the pack")
    asked = {"as_of", run.outcome, run.reference}
    ignored = [name for name in file.columns if name not in declared and name not in asked]
    absent = [name for name in declared if name not in file.columns]
    for words, names in (
        ("columns ignored, no signals", ignored),
        ("signals without a column, missing in every row", absent),
    ):
        if names:
            messages.print(f"{words}: {', '.join(names)}", markup=False, soft_wrap=True)


def _stream(file: DataFile, run: Backtest) -> float:
    """Add the whole file; the seconds it took."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=messages,
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    start = time.perf_counter()
    with bar:
        task = bar.add_task("rows", total=file.rows)
        for frame in file.batches():
            run.add(frame)
            bar.advance(task, len(frame))
    return time.perf_counter() - start


def _print(found: dict[str, Any]) -> None:
    pack = found["pack"]
    print(
        f"{pack['id']} {pack['version']}: {found['decided']:,} of {found['rows']:,} rows decided as of {found['as_of']}, "
        f"{found['cases_per_second']:,} cases a second"
    )
    for one in found["invalid"]["signals"]:
        print(f"refused: {one['rows']:,} rows, {one['signal']} (expected {one['expected']})")
    _verdicts(found)
    if found["migration"] is not None:
        _migration("Verdict, old down and new across", found["migration"]["verdict"])
        _migration("Category, old down and new across", found["migration"]["category"])
        print(f"{found['changed']['count']:,} rows change their verdict")
        for one in found["changed"]["shown"][:10]:
            name = one["reference"] or f"row {one['row']}"
            print(f"  {name}: {one['old']} -> {one['new']} ({', '.join(one['rules'])})")
    work = found["workload"]
    print(f"review: {work['new']['hours']:,} hours at {work['minutes_per_case']:g} minutes a case{_change(work)}")
    if found["outcome"] is not None:
        _outcome(found)


def _change(work: dict[str, Any]) -> str:
    if work["old"] is None:
        return ""
    return f", {work['new']['hours'] - work['old']['hours']:+,.1f} from {work['old']['hours']:,}"


def _table(title: str, heads: list[str]) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for number, head in enumerate(heads):
        table.add_column(head, justify="left" if number == 0 else "right", no_wrap=True)
    return table


def _verdicts(found: dict[str, Any]) -> None:
    sides = found["verdicts"]
    table = _table("", ["verdict", "rows", "share", *(["old rows"] if sides["old"] is not None else [])])
    for word, rows in sides["new"].items():
        share = rows / found["decided"] if found["decided"] else 0
        table.add_row(
            word, f"{rows:,}", f"{share:.1%}", *([f"{sides['old'][word]:,}"] if sides["old"] is not None else [])
        )
    _out(table)


def _migration(title: str, matrix: dict[str, dict[str, int]]) -> None:
    table = _table(title, ["", *matrix])
    for old, counts in matrix.items():
        table.add_row(old, *(f"{count:,}" for count in counts.values()))
    _out(table)


def _outcome(found: dict[str, Any]) -> None:
    outcome = found["outcome"]
    rate = "unknown" if outcome["base_rate"] is None else f"{outcome['base_rate']:.2%}"
    print(f"outcomes: {outcome['bad']:,} bad of {outcome['known']:,} known, base rate {rate}")
    measured = [line for line in found["rules"] if line.get("outcome") and line["outcome"]["lift"] is not None]
    measured.sort(key=lambda line: -line["outcome"]["f1"])
    table = _table("Rules that tell bad rows best", ["rule", "fired", "bad", "precision", "recall", "F1", "lift"])
    for line in measured[:10]:
        one = line["outcome"]
        shares = (f"{one[key]:.1%}" for key in ("precision", "recall", "f1"))
        table.add_row(line["rule"], f"{one['rows']:,}", f"{one['bad']:,}", *shares, f"{one['lift']:.2f}")
    _out(table)


def _out(table: Table) -> None:
    Console(highlight=False, width=None if sys.stdout.isatty() else 160).print(table)
