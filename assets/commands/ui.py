"""`ui`: Dagster's web pages and daemon."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from assets.commands.terminal import app, console
from pipelines.workspace import Workspace

PORT = 3000


@app.command()
def ui(
    port: Annotated[int, typer.Option(help="Port on this machine.")] = PORT,
    read_only: Annotated[bool, typer.Option("--read-only", help="Look, do not press.")] = False,
) -> None:
    """Start Dagster's web pages (127.0.0.1 only) and the daemon behind sensors and schedule."""
    from assets.running import open_home

    open_home(Workspace.from_environment())
    location = ["-m", "assets.definitions"]
    web = ["dagster-webserver", "-h", "127.0.0.1", "-p", str(port), *location]
    commands = [web + ["--read-only"] * read_only, ["dagster-daemon", "run", *location]]
    console.print(f"http://127.0.0.1:{port}  (Ctrl-C stops)")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a service stops the same way
    beside = Path(sys.executable).parent
    started = [subprocess.Popen([str(beside / c[0]), *c[1:]]) for c in commands]  # noqa: S603
    try:
        started[0].wait()
    except KeyboardInterrupt:
        pass
    finally:
        for one in started:
            one.terminate()
        for one in started:
            one.wait()
