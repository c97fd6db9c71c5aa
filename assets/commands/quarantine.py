"""`quarantine`: records held back, listed, exported, taken back corrected, or let through."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from assets.commands.terminal import app, console, stop
from pipelines.workspace import Workspace

if TYPE_CHECKING:
    from pipelines.quarantine.waiving import Waived

quarantine = typer.Typer(help="Records held back: see them and mend them.", no_args_is_help=True)
app.add_typer(quarantine, name="quarantine")

School = Annotated[str | None, typer.Option(help="School unit code the file is about.")]
Month = Annotated[str | None, typer.Option(help="Month (2016-03), term or school year.")]
OfTable = Annotated[str | None, typer.Option("--table", help="Table, such as `attendance`.")]
Reason = Annotated[str | None, typer.Option(help="Words of a reason.")]
OfDelivery = Annotated[
    str | None, typer.Option("--delivery", help="First characters of the delivery's id.")
]
Named = Annotated[str, typer.Option(help="First characters of the delivery's id.")]
Records = Annotated[str, typer.Option(help="Records, such as 12,15 or 12-15.")]
Rule = Annotated[str, typer.Option(help="The rule, as `quarantine list` words it.")]
Stated = Annotated[str, typer.Option(help="Why; about no person.")]
Why = Annotated[str, typer.Option(help="Why, for the audit log; about no person.")]


@quarantine.command("list")
def list_(
    school: School = None,
    month: Month = None,
    table: OfTable = None,
    reason: Reason = None,
    delivery: OfDelivery = None,
) -> None:
    """How many records of which file are held back, by reason; never a value."""
    from pipelines.quarantine.listing import Chosen, counts, held_records

    chosen = Chosen(school=school, month=month, table=table, reason=reason, delivery=delivery)
    held = held_records(Workspace.from_environment(), chosen)
    shown = Table("delivery", "file", "reason", "records", "mended")
    for one in counts(held):
        mended = str(one.mended) if one.mended else ""
        shown.add_row(one.delivery_id[:12], one.file_name, one.reason, str(one.records), mended)
    console.print(shown, markup=False, highlight=False)
    still = sum(one.mended_by is None for one in held)
    console.print(f"records: {still} held back, {len(held) - still} mended", highlight=False)


@quarantine.command()
def export(  # noqa: PLR0913 - one option per thing to choose by
    school: School = None,
    month: Month = None,
    table: OfTable = None,
    reason: Reason = None,
    delivery: OfDelivery = None,
    *,
    why: Why = "to be corrected",
) -> None:
    """Write the records with their values and reasons into a workbook for you alone."""
    from pipelines.audit import AuditError
    from pipelines.ingest.records import UnreadableError
    from pipelines.quarantine.exports import export as exported
    from pipelines.quarantine.listing import Chosen, QuarantineError, held_records

    workspace = Workspace.from_environment()
    chosen = Chosen(school=school, month=month, table=table, reason=reason, delivery=delivery)
    try:
        found = exported(workspace, held_records(workspace, chosen), reason=why)
    except (QuarantineError, AuditError, UnreadableError) as error:
        stop(str(error), 1)
    console.print(f"{found.records} records of {found.deliveries} deliveries", highlight=False)
    console.print(f"workbook: {found.path}", highlight=False, soft_wrap=True)


@quarantine.command()
def resubmit(
    file: Annotated[Path, typer.Argument(help="The corrected workbook.", exists=True)],
    *,
    why: Why = "corrected",
) -> None:
    """Add corrected records to the deliveries they come from, all of them or none."""
    from pipelines.audit import AuditError
    from pipelines.ingest.records import UnreadableError
    from pipelines.quarantine.listing import QuarantineError
    from pipelines.quarantine.mending import resubmit as resubmitted
    from pipelines.storage import StorageError

    try:
        done = resubmitted(Workspace.from_environment(), file, reason=why)
    except (QuarantineError, AuditError, UnreadableError, StorageError) as error:
        stop(str(error), 1)
    for one in done.supplements:
        console.print(
            f"{one.mends[:12]}: {len(one.records)} records mended by {one.delivery_id[:12]}",
            highlight=False,
        )
    console.print(f"not corrected: {done.left}; then run `samverkan run`", highlight=False)


@quarantine.command()
def waive(delivery: Named, records: Records, rule: Rule, reason: Stated) -> None:
    """Let named records pass a rule of plausibility, and judge their delivery anew."""
    from pipelines.quarantine.waiving import waive as waived

    done = _decided(waived, delivery, records, rule=rule, reason=reason)
    still = f", {done.held} held back for other reasons" if done.held else ""
    console.print(f"{done.accepted} accepted{still}; then run `samverkan run`", highlight=False)


@quarantine.command()
def withdraw(delivery: Named, records: Records, rule: Rule, reason: Stated) -> None:
    """Take a waiver back: the records are held back again, and what they were in is outdated."""
    from pipelines.quarantine.waiving import withdraw as withdrawn

    done = _decided(withdrawn, delivery, records, rule=rule, reason=reason)
    still = f", {done.accepted} accepted all the same" if done.accepted else ""
    console.print(f"{done.held} held back{still}; then run `samverkan run`", highlight=False)


def _decided(
    decide: Callable[..., "Waived"], delivery: str, records: str, *, rule: str, reason: str
) -> "Waived":
    """Carry out a decision about records, or say why it cannot be."""
    from pipelines.audit import AuditError
    from pipelines.ingest.waivers import spelled_out
    from pipelines.quarantine.listing import QuarantineError
    from pipelines.storage import StorageError

    try:
        numbers = spelled_out(records.replace(" ", "").split(","))
    except ValueError:
        stop(f"{records}: records are written 12,15 or 12-15", 2)
    try:
        return decide(Workspace.from_environment(), delivery, numbers, rule=rule, reason=reason)
    except (QuarantineError, AuditError, StorageError) as error:
        stop(str(error), 1)
