"""`vault`: whose rows are kept apart because their identity is protected."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from assets.commands.terminal import app, console, stop
from pipelines.workspace import Workspace

vault = typer.Typer(help="Pupils whose identity is protected.", no_args_is_help=True)
app.add_typer(vault, name="vault")

Why = Annotated[str, typer.Option("--reason", help="Why, for the audit log; about no person.")]


@vault.command()
def protect(
    reason: Why,
    numbers: Annotated[
        Path | None,
        typer.Option("--from", help="File with a number on each line; asked for if left out."),
    ] = None,
    school: Annotated[
        str | None, typer.Option(help="School unit code, if the numbers are temporary ones.")
    ] = None,
) -> None:
    """Keep all rows of pupils apart, and judge anew the files that hold some.

    A number is never an argument: arguments are seen by others and kept by the shell.
    """
    from pipelines.audit import AuditError
    from pipelines.ingest.vault import VaultError
    from pipelines.protection import ProtectionError
    from pipelines.protection import protect as protected

    if numbers is None:
        given = [typer.prompt("Personnummer", hide_input=True)]
    elif numbers.is_file():
        lines = numbers.read_text("utf-8-sig").splitlines()
        given = [text for line in lines if (text := line.strip())]
    else:
        stop(f"{numbers.name}: no such file", 2)
    workspace = Workspace.from_environment()
    try:
        cases = protected(workspace, given, reason=reason, school_id=school)
    except (AuditError, ProtectionError, VaultError) as error:
        stop(str(error), 1)
    known = ", ".join(map(str, cases)) or "none"
    console.print(f"kept apart, as case {known}; then run `samverkan run`", highlight=False)


@vault.command()
def clear(
    case: Annotated[int, typer.Argument(help="The case, as `vault list` shows it.")],
    reason: Why,
) -> None:
    """Let the rows of a pupil be used again, and judge anew the files that hold some."""
    from pipelines.audit import AuditError
    from pipelines.protection import ProtectionError
    from pipelines.protection import clear as cleared

    try:
        cleared(Workspace.from_environment(), case, reason=reason)
    except (AuditError, ProtectionError) as error:
        stop(str(error), 1)
    console.print(f"case {case} is cleared; then run `samverkan run`", highlight=False)


@vault.command("list")
def list_() -> None:
    """Every case: since when, what says so, what is kept apart; never who it is."""
    cases = Workspace.from_environment().vault.register.cases()
    table = Table("case", "since", "protected", "marks", "deliveries", "records", "in a release")
    for one in cases:
        protected = "yes" if one.is_protected else "no"
        released = "no" if one.is_withdrawn else "perhaps"
        counts = (str(one.marks), str(one.deliveries), str(one.records))
        table.add_row(str(one.case_no), one.since, protected, *counts, released)
    console.print(table, markup=False, highlight=False)
