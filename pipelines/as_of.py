"""As known on a date: a workspace in which nothing that came later has come.

Its ledger is the ledger as it stood then, its lake has the rows of those deliveries alone, and
everything made from them is made anew by the same steps. Its releases lie beside the others,
under the date; nothing of what is in force is touched.
"""

import datetime as dt
import re
import shutil
from pathlib import Path

from pipelines.workspace import Workspace

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
LAST_SECOND = dt.time(23, 59, 59, tzinfo=dt.UTC)
FOLDERS = ("raw", "quarantine", "result/revision_effects")


class AsOfError(ValueError):
    """A date cannot be gone back to; says why."""


def moment_of(text: str) -> dt.datetime:
    """The moment a text names: a whole day is up to its last second, UTC.

    Raises:
        AsOfError: If it is no date.
    """
    try:
        if DAY.fullmatch(text):
            return dt.datetime.combine(dt.date.fromisoformat(text), LAST_SECOND)
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        raise AsOfError(f"{text} is no date; write 2016-07-31 or 2016-07-31T12:00Z") from None
    return at.astimezone(dt.UTC) if at.tzinfo else at.replace(tzinfo=dt.UTC)


def releases_as_of(workspace: Workspace, text: str) -> Path:
    """Where the releases as known on a date lie."""
    return workspace.releases / f"as-of-{text.replace(':', '')}"


def workspace_as_of(workspace: Workspace, text: str) -> Workspace:
    """A workspace as it was on a date, with every table to be made anew.

    Args:
        workspace: The workspace of today.
        text: The date, or the moment.

    Raises:
        AsOfError: If it is no date, lies ahead, or nothing had come by then.
    """
    at = moment_of(text)
    if at > dt.datetime.combine(dt.datetime.now(dt.UTC).date(), LAST_SECOND):
        raise AsOfError(f"{text} lies ahead")
    earlier = Workspace(workspace.root / "as-of" / text.replace(":", ""))
    forget(earlier)
    earlier.root.mkdir(mode=0o700, parents=True)
    releases = releases_as_of(workspace, text)
    releases.mkdir(mode=0o700, exist_ok=True)
    earlier.releases.symlink_to(releases, target_is_directory=True)
    earlier.make()
    ledger = workspace.ledger.as_of(at, earlier.deliveries / "ledger.sqlite")
    known = {str(row["delivery_id"]) for row in ledger.rows()}
    if not known:
        forget(earlier)
        raise AsOfError(f"no delivery had come by {text}")
    _link_rows(workspace, earlier, known)
    if workspace.is_simulated:
        earlier.simulated_mark.touch()
    return earlier


def forget(earlier: Workspace) -> None:
    """Remove a workspace as of a date; its releases stay."""
    shutil.rmtree(earlier.root, ignore_errors=True)


def _link_rows(workspace: Workspace, earlier: Workspace, known: set[str]) -> None:
    """Links to the rows of the deliveries known; a copy of none."""
    for folder in FOLDERS:
        for path in workspace.lake.folder.joinpath(folder).rglob("*.parquet"):
            if path.stem in known:
                link = earlier.lake.folder / path.relative_to(workspace.lake.folder)
                link.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                link.symlink_to(path)
