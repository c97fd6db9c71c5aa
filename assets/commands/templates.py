"""`templates`: the month's workbooks for schools and projects to fill in."""

import datetime as dt
import re
from pathlib import Path
from typing import Annotated

import typer

from assets.commands.terminal import app, console, stop
from pipelines.workspace import Workspace
from schemas.contract import MONTH_PATTERN


@app.command()
def templates(
    month: Annotated[
        str | None, typer.Option(help="Month they are for, 2016-03; this month if left out.")
    ] = None,
    school: Annotated[
        str | None, typer.Option(help="Only one school, by its code, or one project.")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Also templates and forms that are not due that month.")
    ] = False,
    into: Annotated[
        Path | None, typer.Option(help="Write into this folder, not into the outbox.")
    ] = None,
) -> None:
    """Write the templates that are due, filled with what is known, to the outbox."""
    from pipelines.schools.templates import write_templates

    month = month or dt.datetime.now(dt.UTC).strftime("%Y-%m")
    if re.fullmatch(MONTH_PATTERN, month) is None:
        stop(f"{month} is no month; write it as 2016-03", 2)
    workspace = Workspace.from_environment()
    written = write_templates(workspace, month, owner=school, every=every, into=into)
    if not written.files:
        stop(
            "nothing to write: no school or project of that name is in the registers, or no "
            "template is due that month (see --all)",
            1,
        )
    for path in written.files:
        pupils = written.pupils.get(path, 0)
        note = f"  ({pupils} rows with identity numbers)" if pupils else ""
        console.print(f"{path}{note}", highlight=False, markup=False, soft_wrap=True)
    if written.pupils:
        console.print(
            "Files with identity numbers may be read by you alone; send each to its own school "
            "only, by a safe way.",
            highlight=False,
        )
