"""`verdict dmn ...`: DMN models as they are, run once or held against the standard's test kit."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import done_no, messages, progress, read_bytes, read_json, refuse, show

if TYPE_CHECKING:
    from engine.dmn import Import, Model
    from engine.dmn.tck import TestCase, TestFile

AsJson = Annotated[bool, typer.Option("--json", help="for machines")]

dmn_commands = typer.Typer(no_args_is_help=True, help="Run DMN models and the DMN test kit.")


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(dmn_commands, name="dmn")


@dmn_commands.command()
def run(
    model: Annotated[Path, typer.Argument(help="the DMN file", dir_okay=False)],
    decision: Annotated[str, typer.Option("--decision", help="the decision's name")],
    input_file: Annotated[Path, typer.Option("--input", help="a JSON object: input data by name", dir_okay=False)],
    json: AsJson = False,
) -> None:
    """Evaluate one decision of a DMN model and print its value as JSON; warnings go to stderr.

    With --json, value and warnings are one object. Strings of the input become dates, times and durations where the
    model's types ask for them. Imported models are looked for beside the file.

    Example: verdict dmn run loan.dmn --decision "Pre-bureau risk category" --input applicant.json
    """
    from engine.dmn import DmnError
    from engine.dmn.json_values import from_json, to_json

    try:
        loaded = _load(model)
        types = loaded.input_types(decision)
        given = read_json(input_file)
        inputs = {name: from_json(value, types[name]) if name in types else value for name, value in given.items()}
        outcome = loaded.decide(decision, inputs, now=datetime.now(UTC))
    except DmnError as refusal:
        for problem in refusal.problems[1:]:
            messages.print(str(problem), markup=False, soft_wrap=True)
        refuse(str(refusal.problems[0]))
    if json:
        warnings = [{"node": w.node, "code": w.code, "message": w.message} for w in outcome.warnings]
        show({"decision": decision, "value": to_json(outcome.value), "warnings": warnings})
        return
    for warning in outcome.warnings:
        messages.print(f"warning: {warning}", markup=False, soft_wrap=True)
    show(to_json(outcome.value))


def _load(path: Path) -> Model:
    """A model and what it imports, looked for in the model's own folder only. Raises `DmnError`."""
    from engine.dmn import Model, read_model

    folder = path.parent

    def resolve(wanted: Import) -> bytes:
        # Only a name beside the model: a location with folders in it could lead anywhere.
        location = folder / Path(wanted.location_uri).name if wanted.location_uri else None
        if location is not None and location.is_file():
            return read_bytes(location)
        for candidate in sorted(folder.glob("*.dmn")):
            content = read_bytes(candidate)
            if candidate != path and f'namespace="{wanted.namespace}"'.encode() in content:
                return content
        raise LookupError(wanted.name)

    return Model(read_model(read_bytes(path), name=str(path), resolve=resolve))


# -- the test kit


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the result file."""

    folder: str
    file: str
    case: str
    status: str
    message: str
    expects_null: bool

    @property
    def level(self) -> str:
        """The level that the folder belongs to."""
        return self.folder.rpartition("/")[0] or "-"


@dmn_commands.command()
def tck(
    folder: Annotated[Path, typer.Argument(help="the kit, a level or one test", exists=True, file_okay=False)],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="where the result CSV goes")] = None,
    json: AsJson = False,
) -> None:
    """Run the DMN TCK's cases below a folder; exit 0 where all pass. The last line is `N passed, M failed`.

    Cases that expect a value and cases that expect null are counted apart; failures go to stderr.

    Example: verdict dmn tck dmn-tck/TestCases/compliance-level-3 -o results.csv
    """
    rows = list(_run_all(folder))
    if not rows:
        refuse(f"{folder}: no test files (*-test-*.xml); give a folder of the DMN TCK")
    if output is not None:
        _write(output, rows)
    passed = sum(row.status == "SUCCESS" for row in rows)
    failed = sum(row.status == "ERROR" for row in rows)
    if json:
        levels = [
            {"level": level, "expects": expects, "passed": good, "failed": bad}
            for level, expects, good, bad in _summary(rows)
        ]
        failures = [{"test": r.folder, "case": r.case, "message": r.message} for r in rows if r.status == "ERROR"]
        show({"passed": passed, "failed": failed, "levels": levels, "failures": failures})
    else:
        for row in rows:
            if row.status == "ERROR":
                messages.print(f"{row.folder} {row.case}: {row.message}", markup=False, soft_wrap=True)
        print(f"{'level':<24}{'expects':<10}{'passed':>8}{'failed':>8}")
        for level, expects, good, bad in _summary(rows):
            print(f"{level:<24}{expects:<10}{good:>8}{bad:>8}")
        print(f"{passed} passed, {failed} failed")
    if failed:
        done_no()


def _summary(rows: list[Row]) -> Iterator[tuple[str, str, int, int]]:
    """Passed and failed cases of each level, those that expect a value and those that expect null apart."""
    counts = Counter((row.level, row.expects_null, row.status) for row in rows)
    for level in sorted({row.level for row in rows}):
        for null, expects in ((False, "a value"), (True, "null")):
            yield level, expects, counts[level, null, "SUCCESS"], counts[level, null, "ERROR"]


def _run_all(root: Path) -> Iterator[Row]:
    files = sorted(root.rglob("*-test-*.xml"))
    now = datetime.now(UTC)
    with progress() as bar:
        task = bar.add_task("test files", total=len(files))
        models: dict[Path, Model | str] = {}
        for file in files:
            bar.update(task, description=file.parent.name)
            yield from _run_file(root, file, models, now)
            bar.advance(task)


def _run_file(root: Path, file: Path, models: dict[Path, Model | str], now: datetime) -> Iterator[Row]:
    """The rows of one test file; a model that cannot be read is an error of each of its cases."""
    from engine.dmn import DmnError
    from engine.dmn.tck import read_tests, run_case

    folder = _folder(root, file)
    try:
        tests = read_tests(read_bytes(file), str(file))
    except DmnError as refusal:
        yield Row(folder, file.stem, "-", "ERROR", str(refusal), expects_null=False)
        return
    path = _model_path(file, tests)
    if path not in models:
        try:
            models[path] = _load(path) if path.is_file() else f"the model {path.name} is not there"
        except (DmnError, typer.Exit) as refusal:
            models[path] = str(refusal) or "the model cannot be read"
    model = models[path]
    for case in tests.cases:
        if isinstance(model, str):
            yield _row(folder, file, case, model)
            continue
        try:
            message = run_case(model, case, now=now).message
        except Exception as fault:  # noqa: BLE001 - one case's fault is a row of the result, never the end of the run
            message = f"internal fault: {type(fault).__name__}"
        yield _row(folder, file, case, message)


def _row(folder: str, file: Path, case: TestCase, message: str) -> Row:
    status = "ERROR" if message else "SUCCESS"
    return Row(folder, file.stem, case.id, status, message, case.expects_null)


def _folder(root: Path, file: Path) -> str:
    """`level/test`, as the kit's result files name it, wherever the run began."""
    parts = file.resolve().parent.parts
    return "/".join(parts[-2:]) if len(parts) > 2 else str(file.parent.relative_to(root))


def _model_path(file: Path, tests: TestFile) -> Path:
    """The model's file; only ever beside the test."""
    return file.parent / Path(tests.model or "none.dmn").name


def _write(path: Path, rows: list[Row]) -> None:
    """The result file in the kit's form: every field in quotes."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows((row.folder, row.file, row.case, row.status, row.message) for row in rows)
    try:
        path.write_text(text.getvalue(), encoding="utf-8")
    except OSError as failure:
        refuse(f"{path}: {failure.strerror or 'cannot be written'}")
