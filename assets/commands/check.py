"""`check`: a file judged before it is sent."""

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assets.commands.terminal import app, console

if TYPE_CHECKING:
    from pipelines.schools.answers import Answer


class Words(StrEnum):
    """Language of what is to be corrected."""

    SV = "sv"
    EN = "en"


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Files to judge.", exists=True)],
    lang: Annotated[Words, typer.Option(help="Language of the faults.")] = Words.SV,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON, for machines.")] = False,
) -> None:
    """Judge files as if they were delivered, and store nothing.

    Exit status 0 if every file would be accepted whole, 1 if something is to be corrected.
    """
    from pipelines.ingest.checked import check_files

    answers = check_files(files, lang.value)
    if as_json:
        typer.echo(json.dumps([one.as_json() for one in answers], ensure_ascii=False, indent=2))
    else:
        for answer in answers:
            _tell(answer)
    if not all(answer.is_accepted for answer in answers):
        raise typer.Exit(1)


def _tell(answer: "Answer") -> None:
    from pipelines.schools.faults import grouped

    summary = (
        f"{answer.records} records: {answer.accepted} accepted, "
        f"{answer.to_correct} to correct, {answer.duplicates} exact repeats"
    )
    if answer.status == "unreadable":
        summary = "cannot be read: whole file refused"
    console.print(f"{answer.file}: {summary}", highlight=False, markup=False, soft_wrap=True)
    for fault in answer.faults:
        if fault.line is None or answer.status == "unreadable":
            _line(f"line {fault.line}: " if fault.line else "", fault.text, fault.remedy)
    if answer.status != "unreadable":
        for group in grouped(answer.faults):
            letters = f" ({group.letters})" if group.letters else ""
            about = f"{group.column}{letters}: " if group.column else ""
            _line(f"line {group.places}: {about}", group.text, group.remedy)


def _line(where: str, text: str, remedy: str) -> None:
    told = f"  {where}{text} {remedy}"
    console.print(told, highlight=False, markup=False, soft_wrap=True)
