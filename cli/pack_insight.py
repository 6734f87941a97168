"""`verdict pack explain`, `mutate` and `law`: why a decision came out so, what the cases notice, what rests on which law."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.console import day_of, done_no, progress, read_json, refuse, show

PackFolder = Annotated[Path, typer.Argument(metavar="DIR", help="the pack's folder", exists=True, file_okay=False)]
AsJson = Annotated[bool, typer.Option("--json", help="for machines")]


def register(pack: typer.Typer) -> None:
    """Add these commands to the group `pack`."""
    pack.command()(explain)
    pack.command()(mutate)
    pack.command()(law)


def explain(
    pack: Annotated[Path, typer.Option("--pack", help="the pack's folder", exists=True, file_okay=False)],
    signals: Annotated[Path, typer.Option("--signals", help="a JSON object: signal name to value", dir_okay=False)],
    as_of: Annotated[str | None, typer.Option("--as-of", help="the date that parameters are taken at")] = None,
    depth: Annotated[int, typer.Option(help="how many signals a smallest change may touch", min=1, max=4)] = 2,
    limit: Annotated[int, typer.Option(help="how many decisions the search may make", min=1, max=1_000_000)] = 5_000,
    changeable: Annotated[list[str] | None, typer.Option(help="a signal that may be changed; repeatable")] = None,
    json: AsJson = False,
) -> None:
    """Explain a decision: its reasons in sentences, near misses, and the smallest changes that would change the verdict.

    What the applicant may be told stands apart, at the end.
    Example: verdict pack explain --pack rules/auto_loan_in --signals applicant.json --as-of 2026-11-20
    """
    from engine import load_pack
    from engine.explain import explain as explained

    compiled = load_pack(pack)
    try:
        found = explained(compiled, read_json(signals), day_of(as_of), depth=depth, limit=limit, changeable=changeable)
    except ValueError as failure:
        refuse(f"{signals}: {failure}")
    if json:
        show(found.to_dict())
    else:
        print("\n".join(found.lines()))


def mutate(
    folder: PackFolder,
    at_least: Annotated[float, typer.Option("--min", help="exit 1 under this score, 0 to 1", min=0, max=1)] = 0.0,
    sample: Annotated[int | None, typer.Option(help="run this many mutants instead of all", min=1)] = None,
    seed: Annotated[int, typer.Option(help="which sample; the same seed draws the same one")] = 0,
    json: AsJson = False,
) -> None:
    """Change every rule a little and count how many of the changes the pack's cases notice: its mutation score.

    Example: verdict pack mutate rules/auto_loan_in --min 0.9
    """
    from engine import load_pack
    from engine.mutation import CasesFailError
    from engine.mutation import mutate as mutated

    compiled = load_pack(folder)
    with progress() as display:
        task = display.add_task(f"mutants of {compiled.id}")
        try:
            report = mutated(
                compiled,
                sample=sample,
                seed=seed,
                progress=lambda done, total: display.update(task, completed=done, total=total),
            )
        except CasesFailError as failure:
            refuse(f"{folder}: {failure}; make the cases pass first")
    if json:
        show(report.to_dict())
    else:
        print("\n".join(report.lines()))
    if report.score < at_least:
        done_no(f"the mutation score {report.score:.1%} is under {at_least:.1%}")


def law(
    folder: PackFolder,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="a CSV file", dir_okay=False)] = None,
    json: AsJson = False,
) -> None:
    """Show what rests on which legal source: dated values, rules, and the cases that exercise them.

    Example: verdict pack law rules/auto_loan_in -o law.csv
    """
    from engine import load_pack
    from engine.law import law as matrix

    found = matrix(load_pack(folder))
    if output is not None:
        try:
            output.write_bytes(_csv(found.rows()))
        except OSError as failure:
            refuse(f"{output}: {failure.strerror or 'cannot be written'}")
    if json:
        show(found.to_dict())
    elif output is None:
        print("\n".join(found.text()))


def _csv(rows: list[dict[str, Any]]) -> bytes:
    """Rows as CSV that a spreadsheet opens safely: a text that would be a formula gets an apostrophe."""
    from engine.law import COLUMNS

    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _safe(value) for name, value in row.items()})
    return text.getvalue().encode()


def _safe(value: object) -> object:
    risky = isinstance(value, str) and value.lstrip()[:1] in {"=", "+", "-", "@"}
    return f"'{value}" if risky else value
