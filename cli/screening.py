"""`verdict lists ...`: watchlists of the installation's database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.console import progress, refuse, show
from cli.installation import attach

AsJson = Annotated[bool, typer.Option("--json", help="for machines")]
DataDir = Annotated[Path, typer.Option("--data-dir", help="the installation's folder")]
KINDS = ("sanctions", "pep", "watchlist")

list_commands = typer.Typer(no_args_is_help=True, help="Import watchlists and see how old they are.")


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(list_commands, name="lists")


@list_commands.command("import")
def import_list(
    kind: Annotated[str, typer.Argument(help="sanctions, pep or watchlist")],
    file: Annotated[Path, typer.Argument(help="CSV: id,schema,name,aliases,birth_date,countries,...", exists=True)],
    name: Annotated[str | None, typer.Option(help="the list's name; the file's stem where it is not given")] = None,
    data_dir: DataDir = Path("var"),
    json: AsJson = False,
) -> None:
    """Import a watchlist; the old version stays where the file is refused.

    Example: verdict lists import sanctions un.csv --name un
    """
    if kind not in KINDS:
        refuse(f"kind {kind!r}: choose one of {', '.join(KINDS)}")
    with attach(data_dir) as actor, progress() as bar:
        from service.screening import import_list as load

        bar.add_task(f"reading {file.name}", total=None)
        result = load(actor, name or file.stem, kind, file)
    show(result) if json else print(f"{result['name']}: {result['entries']} entries, version {result['id']}")


@list_commands.command()
def status(data_dir: DataDir = Path("var"), json: AsJson = False) -> None:
    """Show every list with its version, size and age.

    Example: verdict lists status
    """
    with attach(data_dir) as actor:
        from service.screening import lists

        found = lists(actor)
    if json:
        show(found)
        return
    for each in found:
        print(f"{each['name']:<20} {each['kind']:<10} {each['entries']:>8} entries   imported {each['created_at']}")
    if not found:
        print("No list yet. Import one: verdict lists import sanctions FILE")
