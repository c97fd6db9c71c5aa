"""As known on a date: a workspace in which nothing that came later has come.

Its ledger is the ledger as it stood then, its lake has the rows of those deliveries alone, and
everything made from them is made anew by the same steps. Its releases lie beside the others,
under the date; nothing of what is in force is touched.
"""

import datetime as dt
import re
import shutil
from itertools import takewhile
from pathlib import Path

from pipelines.audit import log_path, verify
from pipelines.ingest.child import judged_by_children
from pipelines.ingest.placing import archived
from pipelines.ingest.waivers import Waivers
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
        AuditError: If the audit log is damaged: what was decided when is not known then.
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
    earlier.vault.folder.rmdir()
    earlier.vault.folder.symlink_to(workspace.vault.folder, target_is_directory=True)
    ledger = workspace.ledger.as_of(at, earlier.deliveries / "ledger.sqlite")
    known = {str(row["delivery_id"]) for row in ledger.rows()}
    if not known:
        forget(earlier)
        raise AsOfError(f"no delivery had come by {text}")
    _decisions_until(workspace, earlier, at)
    changed = _let_through_since(workspace, earlier) & known
    _link_rows(workspace, earlier, known - changed)
    _judge_as_then(workspace, earlier, changed)
    if workspace.is_simulated:
        earlier.simulated_mark.touch()
    return earlier


def forget(earlier: Workspace) -> None:
    """Remove a workspace as of a date; its releases stay."""
    shutil.rmtree(earlier.root, ignore_errors=True)


def _decisions_until(workspace: Workspace, earlier: Workspace, at: dt.datetime) -> None:
    """Copy the audit log as it stood; it only ever grew, so that is its beginning."""
    log = log_path(workspace)
    if not log.exists():
        return
    known = takewhile(
        lambda entry: dt.datetime.fromisoformat(entry.when) <= at, verify(workspace).entries
    )
    last = max((entry.number for entry in known), default=0)
    then = log_path(earlier)
    then.parent.mkdir(mode=0o700)
    then.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:last]))
    then.chmod(0o600)


def _let_through_since(workspace: Workspace, earlier: Workspace) -> set[str]:
    """Deliveries some of whose records are accepted by a decision that was not made then."""
    now, then = Waivers.of(workspace), Waivers.of(earlier)
    return {one for one in now.by_delivery if now.of_delivery(one) != then.of_delivery(one)}


def _judge_as_then(workspace: Workspace, earlier: Workspace, deliveries: set[str]) -> None:
    """Judge some deliveries by the decisions made until then, with the pseudonyms of now."""
    if not deliveries:
        return
    names = [(one, entry.file_name) for one, entry in earlier.ledger.entries(deliveries).items()]
    for delivery_id, _ in names:
        link = archived(earlier, delivery_id)
        link.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        link.symlink_to(archived(workspace, delivery_id))
    for _ in judged_by_children(earlier, [names]):
        pass  # the ledger knows the verdict; the rows are what was wanted


def _link_rows(workspace: Workspace, earlier: Workspace, known: set[str]) -> None:
    """Links to the rows of the deliveries known; a copy of none."""
    for folder in FOLDERS:
        for path in workspace.lake.folder.joinpath(folder).rglob("*.parquet"):
            if path.stem in known:
                link = earlier.lake.folder / path.relative_to(workspace.lake.folder)
                link.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                link.symlink_to(path)
