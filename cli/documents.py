"""`verdict document ...` and `verdict face ...`: the readers on files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast, get_args

import typer

from cli.console import done_no, refuse, show

AsJson = Annotated[bool, typer.Option("--json", help="for machines")]
Image = Annotated[Path, typer.Argument(help="JPEG, PNG or PDF", exists=True, dir_okay=False)]

document_commands = typer.Typer(no_args_is_help=True, help="Read documents.")
face_commands = typer.Typer(no_args_is_help=True, help="Compare faces.")


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(document_commands, name="document")
    app.add_typer(face_commands, name="face")


@document_commands.callback()
def _document() -> None:
    """Read documents."""


@document_commands.command()
def read(
    image: Image,
    kind: Annotated[str | None, typer.Option(help="e.g. pan_card; classified where it is not given")] = None,
    picture: Annotated[Path | None, typer.Option(help="write the image with the boxes that were read")] = None,
    json: AsJson = False,
) -> None:
    """Classify and read a document: fields with confidence, checks, quality.

    Example: verdict document read card.jpg --picture boxes.png
    """
    from ml.documents import DocumentKind, drawn, read_document, reading_evidence
    from ml.images import load_image
    from service.models import ml_settings

    if kind is not None and kind not in get_args(DocumentKind):
        refuse(f"kind {kind!r}: choose one of {', '.join(get_args(DocumentKind))}")
    reading = read_document(image, kind=cast("DocumentKind | None", kind), settings=ml_settings())
    if picture is not None:
        picture.write_bytes(drawn(load_image(image), reading))
    if json:
        show(reading_evidence(reading))
        return
    print(f"kind {reading.kind}   quality {reading.quality.score:.2f} of 1")
    for name, field in reading.fields.items():
        print(f"{name:<16} {field.value!s:<44} {field.confidence:.2f}")
    for name, passed in reading.checks.items():
        print(f"check {name:<24} {'passed' if passed else 'FAILED'}")
    for sentence in reading.quality.complaints:
        print(sentence)


@face_commands.callback()
def _face() -> None:
    """Compare faces."""


@face_commands.command()
def compare(
    first: Image,
    second: Image,
    json: AsJson = False,
) -> None:
    """Compare the largest faces of two images; exit 1 where they are not the same person or no face was found.

    Example: verdict face compare card.jpg selfie.jpg
    """
    from ml.documents.evidence import face_evidence
    from ml.face import compare_faces
    from service.models import ml_settings

    match = compare_faces(first, second, settings=ml_settings())
    if json:
        show(face_evidence(match))
    elif match.score is None:
        print(f"no comparison: {match.reason}")
    else:
        print(f"score {match.score:.2f}, a match from 0.60: {'same person' if match.is_match else 'different people'}")
        if match.reason:
            print(match.reason)
    if not match.is_match:
        done_no()
