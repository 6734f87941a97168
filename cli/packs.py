"""`verdict decide` and `verdict pack ...`: the pure engine on files, without a database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress, TaskID

from cli import pack_exchange, pack_insight
from cli.console import day_of, done_no, progress, read_json, show

if TYPE_CHECKING:
    from engine import Decision

PackDir = Annotated[Path, typer.Option("--pack", help="the pack's folder", exists=True, file_okay=False)]
SignalsFile = Annotated[Path, typer.Option("--signals", help="a JSON object: signal name to value", dir_okay=False)]
AsOf = Annotated[str | None, typer.Option("--as-of", help="the date that parameters are taken at, e.g. 2026-11-20")]
AsJson = Annotated[bool, typer.Option("--json", help="for machines")]

pack_commands = typer.Typer(no_args_is_help=True, help="Check and compare packs.")


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(decide)
    pack_commands.command()(pack_exchange.export)
    pack_commands.command("import")(pack_exchange.import_)
    app.add_typer(pack_commands, name="pack")
    pack_insight.register(pack_commands)


def decide(pack: PackDir, signals: SignalsFile, as_of: AsOf = None, json: AsJson = False) -> None:
    """Decide once, purely, and print the decision as JSON.

    Example: verdict decide --pack rules/auto_loan_in --signals applicant.json --as-of 2026-11-20
    """
    del json  # the decision is JSON for people as well
    from engine import load_pack

    compiled = load_pack(pack)
    decision: Decision = compiled.decide(read_json(signals), day_of(as_of))
    show(decision.to_dict())


@pack_commands.command()
def check(
    packs: Annotated[list[Path], typer.Argument(help="folders of packs", exists=True, file_okay=False)],
    proofs: Annotated[bool, typer.Option("--proofs/--no-proofs", help="prove the invariants over all inputs")] = True,
    limit: Annotated[float, typer.Option("--limit", help="seconds of solver time per pack", min=0.001)] = 20,
    json: AsJson = False,
) -> None:
    """Compile, lint, prove and run the cases of packs: every problem at once, with file, line, column and remedy.

    A refuted invariant prints a case file that reproduces it. Exit 1 where anything failed or was left undecided.

    Example: verdict pack check rules/auto_loan_in --limit 30
    """
    from engine import check_pack

    reports = {}
    for folder in packs:
        with progress() as shown:
            task = shown.add_task(f"checking {folder.name}", total=None)

            def told(done: int, total: int, task: TaskID = task, shown: Progress = shown) -> None:
                shown.update(task, completed=done, total=total)

            reports[str(folder)] = check_pack(folder, proofs=proofs, limit_ms=int(limit * 1000), progress=told)
    if json:
        show({folder: report.to_dict() for folder, report in reports.items()})
    else:
        for report in reports.values():
            for line in report.lines():
                print(line)
    if not all(report.ok for report in reports.values()):
        done_no()


@pack_commands.command()
def diff(
    old: Annotated[Path, typer.Argument(exists=True, file_okay=False)],
    new: Annotated[Path, typer.Argument(exists=True, file_okay=False)],
    json: AsJson = False,
) -> None:
    """Compare two packs by rules and parameters, not by lines. Exit 1 where they differ.

    Example: verdict pack diff rules/auto_loan_in /tmp/changed
    """
    from engine import diff_packs, load_pack

    changes = diff_packs(load_pack(old), load_pack(new))
    if json:
        show([change.to_dict() for change in changes])
    else:
        for change in changes:
            print(change)
    if changes:
        done_no()
