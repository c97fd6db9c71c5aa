"""`audit`: the log of what operators did, checked and shown."""

from typing import Annotated

import typer
from rich.table import Table

from assets.commands.terminal import app, console, stop
from pipelines.audit import AuditError, Entry, Verified
from pipelines.audit import verify as verified
from pipelines.workspace import Workspace

audit = typer.Typer(help="The log of who did what, when and why.", no_args_is_help=True)
app.add_typer(audit, name="audit")


@audit.command()
def verify(
    head: Annotated[
        str | None, typer.Option(help="SHA-256 of an entry, as written down earlier.")
    ] = None,
) -> None:
    """Check that no entry was changed, added or taken out; say the head to write down."""
    found = _read(head)
    interrupted = f", {found.interrupted} cut off by a crash" if found.interrupted else ""
    console.print(f"{len(found.entries)} entries are as entered{interrupted}", highlight=False)
    console.print(f"head: {found.head}", highlight=False, soft_wrap=True)


@audit.command()
def show(
    action: Annotated[
        str | None, typer.Option(help="Only actions that begin so, such as `quarantine`.")
    ] = None,
    last: Annotated[int, typer.Option(help="At most so many, the newest.", min=1)] = 50,
) -> None:
    """Show entries, oldest first."""
    chosen = [entry for entry in _read(None).entries if entry.action.startswith(action or "")]
    table = Table("entry", "when", "who", "action", "subject", "reason")
    for entry in chosen[-last:]:
        cells = (entry.when, entry.who, entry.action, _subject(entry), entry.reason)
        table.add_row(str(entry.number), *cells)
    console.print(table, markup=False, highlight=False)


def _read(head: str | None) -> Verified:
    try:
        return verified(Workspace.from_environment(), head=head)
    except AuditError as error:
        stop(str(error), 1)


def _subject(entry: Entry) -> str:
    return "\n".join(f"{name}: {_shown(value)}" for name, value in entry.subject.items())


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
