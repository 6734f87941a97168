"""`verdict audit`, `verdict decision` and `verdict report`: what was decided, and whether the trail is whole."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from cli.console import done_no, progress, refuse, show
from cli.installation import attach

AsJson = Annotated[bool, typer.Option("--json", help="for machines")]
DataDir = Annotated[Path, typer.Option("--data-dir", help="the installation's folder")]

audit_commands = typer.Typer(no_args_is_help=True, help="Verify the audit trail.")
decision_commands = typer.Typer(no_args_is_help=True, help="Decide again what was decided.")


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(audit_commands, name="audit")
    app.add_typer(decision_commands, name="decision")
    app.command()(report)


@audit_commands.callback()
def _audit() -> None:
    """Verify the audit trail."""


@audit_commands.command()
def verify(data_dir: DataDir = Path("var"), json: AsJson = False) -> None:
    """Walk every chain of the audit trail; exit 1 where a row was changed, dropped or reordered.

    Example: verdict audit verify
    """
    with attach(data_dir) as actor, progress() as bar:
        from service.audit import verify as walk

        bar.add_task("verifying the audit trail", total=None)
        result = walk(actor)
    if json:
        show(result.to_dict())
    else:
        print(f"{result.entries} entries in {result.lanes} chains: {'whole' if result.ok else 'BROKEN'}")
        for fault in result.faults:
            print(f"  {fault}")
    if not result.ok:
        done_no()


@decision_commands.callback()
def _decision() -> None:
    """Decide again what was decided."""


@decision_commands.command()
def replay(
    decision_id: Annotated[str, typer.Argument(metavar="ID")], data_dir: DataDir = Path("var"), json: AsJson = False
) -> None:
    """Decide again with the stored pack and signals; exit 1 where the digest differs.

    Example: verdict decision replay dec_01k...
    """
    with attach(data_dir) as actor:
        from service.decisions import replay as again

        result = again(actor, decision_id)
    show(result) if json else print("same digest" if result["same"] else "DIFFERENT digest")
    if not result["same"]:
        done_no()


def report(
    name: Annotated[str, typer.Argument(help="e.g. decision_register")],
    start: Annotated[str, typer.Option("--from", help="first day, e.g. 2026-11-01")],
    end: Annotated[str, typer.Option("--to", help="last day, inclusive")],
    output: Annotated[Path, typer.Option("-o", "--output")],
    form: Annotated[str, typer.Option("--format", help="xlsx or csv")] = "xlsx",
    data_dir: DataDir = Path("var"),
) -> None:
    """Write a regulatory report of a period into a file.

    Example: verdict report decision_register --from 2026-11-01 --to 2026-11-30 -o register.xlsx
    """
    try:
        first, last = date.fromisoformat(start), date.fromisoformat(end)
    except ValueError:
        refuse("--from and --to are dates, written 2026-11-20")
    with attach(data_dir) as actor, progress() as bar:
        from service import reports

        bar.add_task(f"writing {name}", total=None)
        run = reports.request(actor, name, first, last, form)
        reports.run(actor.tenant, run["id"])
        _, _, content = reports.download(actor, run["id"])
    output.write_bytes(content)
    print(output)
