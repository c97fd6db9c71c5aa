"""`pull`: a month read from a system with an SS 12000 interface, dropped into the inbox."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress, TaskID

from assets.commands.terminal import app, console, errors, progress_bar, stop
from pipelines.workspace import Workspace
from schemas.contract import MONTH_PATTERN

if TYPE_CHECKING:
    from pipelines.connectors.pulling import Pulled


@app.command()
def pull(
    source: Annotated[str, typer.Argument(help="A source declared in sources/<name>.toml.")],
    month: Annotated[str, typer.Option(help="Calendar month, such as 2016-03.")],
    whole: Annotated[
        bool, typer.Option("--whole", help="Read everything, not only what changed.")
    ] = False,
) -> None:
    """Read a month from an SS 12000 endpoint into the inbox; go on where it last stopped."""
    from pipelines.audit import AuditError
    from pipelines.connectors.endpoint import Endpoint, PullError
    from pipelines.connectors.pulling import pull as pull_month
    from pipelines.connectors.pulling import sources_of
    from pipelines.connectors.source import SourceError, load_source

    if re.fullmatch(MONTH_PATTERN, month) is None:
        stop(f"{month} is no month; write it as 2016-03", 2)
    workspace = Workspace.from_environment()
    try:
        declared = load_source(sources_of(workspace), source)
    except SourceError as error:
        stop(str(error), 2)
    endpoint = Endpoint.of(declared, tell=lambda text: errors.print(text, soft_wrap=True))
    try:
        with progress_bar() as bar:
            pulled = pull_month(workspace, endpoint, month, whole=whole, progress=_shown(bar))
    except (PullError, SourceError, AuditError) as error:
        stop(str(error), 1)
    _tell(pulled)


def _shown(bar: Progress) -> Callable[[str, int], None]:
    """A line for each collection that counts its pages; how many come nobody knows before."""
    tasks: dict[str, TaskID] = {}

    def tell(kind: str, pages: int) -> None:
        if kind not in tasks:
            tasks[kind] = bar.add_task(f"reading {kind}", total=None)
        bar.update(tasks[kind], completed=pages)

    return tell


def _tell(pulled: "Pulled") -> None:
    for kind, count in pulled.entities.items():
        removed = pulled.removed.get(kind, 0)
        gone = f", {removed} deleted since" if removed else ""
        console.print(f"{kind}: {count}{gone}", highlight=False)
    lines = [f"read: what changed after {pulled.since}"] if pulled.since else []
    lines += [f"nothing there for the {part}: no delivery of it" for part in pulled.empty]
    lines += [
        f"school {school or 'unknown'}: {count} enrolled pupils without any attendance told"
        for school, count in pulled.silent.items()
    ]
    lines += [f"unchanged: {name}" for name in pulled.unchanged]
    lines += [f"in the inbox: {name}" for name in pulled.dropped]
    for line in [*lines, "next: samverkan run"] if pulled.dropped else lines:
        console.print(line, highlight=False, soft_wrap=True)
