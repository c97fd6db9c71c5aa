"""`attention`: the list of pupils a school's own team should look at, as a workbook."""

import re
from pathlib import Path
from typing import Annotated

import typer

from assets.commands.terminal import app, console, stop
from pipelines.workspace import Workspace
from schemas.contract import TERM_PATTERN


@app.command()
def attention(
    school: Annotated[str, typer.Argument(help="School unit code.")],
    term: Annotated[
        str | None, typer.Option(help="Term, 2016VT; the latest with lists if left out.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write this file, and not one in the outbox.")
    ] = None,
    pseudonyms: Annotated[
        bool, typer.Option("--pseudonyms", help="Without identity numbers.")
    ] = False,
) -> None:
    """Write a school's attention list for its own team; it is entered in the audit log."""
    from pipelines.audit import AuditError
    from pipelines.ingest.vault import VaultError
    from pipelines.schools.attention import AttentionError, write_attention_list

    if term is not None and re.fullmatch(TERM_PATTERN, term) is None:
        stop(f"{term} is no term; write it as 2016VT", 2)
    try:
        written = write_attention_list(
            Workspace.from_environment(), school, term=term, out=out, with_numbers=not pseudonyms
        )
    except (AttentionError, AuditError, VaultError) as error:
        stop(str(error), 1)
    console.print(str(written.path), highlight=False, markup=False, soft_wrap=True)
    console.print(
        f"{written.term}: {written.pupils} pupils, {written.numbers} by identity number; for that "
        f"school's team only, by a safe way; delete it by {written.delete_by}",
        highlight=False,
        soft_wrap=True,
    )
