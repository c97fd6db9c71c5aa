"""`release` and `reject`: what only a person can decide about a delivery."""

from collections.abc import Callable
from typing import Annotated

import typer

from assets.commands.terminal import app, console, print_deliveries, stop
from pipelines.ingest.ledger import Ledger, LedgerError
from pipelines.workspace import Workspace

Delivery = Annotated[str, typer.Argument(help="File name, or the first characters of its id.")]
Reason = Annotated[str, typer.Option(help="Why, for the history; about no person.")]


@app.command()
def release(delivery: Delivery, reason: Reason = "checked with the sender") -> None:
    """Put a held delivery in force; its rivals and what it corrects give way."""
    _decide(delivery, reason, "delivery.release", Ledger.release)


@app.command()
def reject(delivery: Delivery, reason: Reason) -> None:
    """Take a delivery out; the version below it comes into force."""
    _decide(delivery, reason, "delivery.reject", Ledger.reject)


def one_delivery(workspace: Workspace, words: str) -> str:
    """The id of the one delivery that some words name; stops if they name none or several."""
    found = workspace.ledger.named(words)
    if len(found) != 1:
        known = f"{len(found)} deliveries" if found else "no delivery"
        stop(f"{words} names {known}; see `samverkan status --all` and `samverkan revisions`", 2)
    return found[0]


def _decide(
    words: str, reason: str, action: str, decide: Callable[[Ledger, str, str], None]
) -> None:
    from pipelines.audit import AuditError, record

    workspace = Workspace.from_environment()
    delivery_id = one_delivery(workspace, words)
    try:
        record(workspace, action=action, subject={"delivery": delivery_id}, reason=reason)
        decide(workspace.ledger, delivery_id, reason)
    except (AuditError, LedgerError) as error:
        stop(str(error), 1)
    print_deliveries([r for r in workspace.ledger.rows() if r["delivery_id"] == delivery_id])
    console.print("`samverkan run` makes the tables anew")
