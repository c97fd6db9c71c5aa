"""Weighing: a new delivery compared with the others about the same thing.

What it changes is written beside the rows, as ``raw.revisions`` and ``result.revision_effects``.
A change of what was in force before that is above the dated limits makes it wait for a person.
A correction that comes in one run with what it corrects waits for nobody: that was never in force.
One that cannot be compared waits too, and says so; the others go on.
"""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from pipelines.effects import effects
from pipelines.ingest.ledger import Entry, Judged, Weighed
from pipelines.ingest.revisions import RowChanges, known_rows, row_changes, row_counts
from pipelines.results import conforming
from pipelines.storage import lacks_room, require_room, storage_error
from pipelines.workspace import Workspace
from schemas.deliveries import RevisionEffects, Revisions
from schemas.rules import (
    REVISED_INDICATOR_SHARE,
    REVISED_ROWS_LEAST,
    REVISED_ROWS_SHARE,
    REVISED_STUDENTS_LEAST,
    in_force,
)

NOT_WEIGHED = "not_weighed: "


def weigh(workspace: Workspace, judged: Sequence[Judged]) -> dict[str, Weighed]:
    """Compare deliveries that were just judged with those they would stand beside.

    Args:
        workspace: Where everything lies; the accepted rows are there, the verdicts not yet.
        judged: The verdicts.

    Returns:
        What is known now of these deliveries and of those they were compared with.

    Raises:
        StorageError: If what they change cannot be written down for lack of room.
    """
    readable = {one.delivery_id: one for one in judged if one.cause is None and one.scope}
    found: dict[str, Weighed] = {}
    for entries in _groups(workspace, readable).values():
        new = {e.delivery_id for e in entries if e.delivery_id in readable and not e.was_settled}
        found |= _weighed(workspace, entries, new)
    return found


def why_unknown(workspace: Workspace, delivery_id: str) -> str | None:
    """Why it is not known what a correction did to the indicators; None if it is.

    Args:
        workspace: Where everything lies.
        delivery_id: The correction.
    """
    if workspace.lake.path(RevisionEffects.table(), delivery_id).exists():
        return None
    found = None
    for event in workspace.ledger.events():
        if event["delivery_id"] == delivery_id and event["status_to"] == "received":
            found = None
        elif event["delivery_id"] == delivery_id and str(event["why"]).startswith(NOT_WEIGHED):
            found = str(event["why"])
    return found


def _weighed(workspace: Workspace, entries: Sequence[Entry], new: set[str]) -> dict[str, Weighed]:
    """What is known now of deliveries about one thing, and which of the new ones must wait."""
    try:
        known = _with_known_rows(workspace, entries)
    except Exception as error:  # noqa: BLE001 - the others of the run must not suffer
        why = _not_weighed(workspace, error)
        return {one: Weighed(hold=why) for one in sorted(new)}
    found = {one.delivery_id: Weighed(same_rows=one.same_rows) for one in known}
    for one in known:
        if one.delivery_id not in new:
            continue
        try:
            hold = _revised(workspace, one, known)
        except Exception as error:  # noqa: BLE001 - as above
            hold = _not_weighed(workspace, error)
            workspace.lake.path(RevisionEffects.table(), one.delivery_id).unlink(missing_ok=True)
        found[one.delivery_id] = Weighed(same_rows=one.same_rows, hold=hold)
    return found


def _not_weighed(workspace: Workspace, error: Exception) -> str:
    """Why a delivery waits that could not be compared; an error's own text may quote a row.

    Raises:
        StorageError: If there is no room to write on: that is no delivery's fault.
    """
    if isinstance(error, OSError) and lacks_room(error):
        raise storage_error(workspace.lake.folder, error) from None
    require_room(workspace.lake.folder)
    return (
        f"not_weighed: what it changes could not be computed ({type(error).__name__}); report it "
        "with the delivery's id, then release it or reject it"
    )


def _groups(workspace: Workspace, judged: dict[str, Judged]) -> dict[str, list[Entry]]:
    """Deliveries by what they are about, where there are several, in order of arrival."""
    rivals = workspace.ledger.rivals({str(one.scope) for one in judged.values()})
    own = workspace.ledger.entries(judged)
    for delivery_id, one in judged.items():
        entry = replace(
            own[delivery_id],
            scope=one.scope,
            version=one.version,
            quarantined=one.quarantined,
            tables=one.content,
        )
        others = [e for e in rivals[str(one.scope)] if e.delivery_id != delivery_id]
        rivals[str(one.scope)] = [*others, entry]
    return {scope: entries for scope, entries in rivals.items() if len(entries) > 1}


def _with_known_rows(workspace: Workspace, entries: Sequence[Entry]) -> list[Entry]:
    """The deliveries, with what the rows are known by of those that can be the same as another.

    A file with records held back, or kept in the vault, is never the same: what they said is not
    known. Nor is one with another number of rows, which the files tell without being read.
    """
    counts = [row_counts(workspace.lake, one.delivery_id, list(one.tables)) for one in entries]
    return [
        replace(one, same_rows=known_rows(workspace.lake, one.delivery_id, list(one.tables)))
        if one.same_rows is None and counts.count(count) > 1 and _is_all_in_lake(workspace, one)
        else one
        for one, count in zip(entries, counts, strict=True)
    ]


def _is_all_in_lake(workspace: Workspace, entry: Entry) -> bool:
    return not entry.quarantined and not workspace.vault.register.kept(entry.delivery_id)


def _revised(workspace: Workspace, entry: Entry, others: Sequence[Entry]) -> str | None:
    """Write down what a delivery changes; say why it must wait, or empty if it need not.

    None where there is nothing in force before that it corrects.
    """
    base = _corrected(entry, others)
    if base is None or (base.same_rows is not None and base.same_rows == entry.same_rows):
        return None
    tables = sorted({*base.tables, *entry.tables})
    ids = base.delivery_id, entry.delivery_id
    changes = [row_changes(workspace.lake, table, *ids) for table in tables]
    _write_revisions(workspace, entry, base, changes)
    if base.status != "active" or base.received_at >= entry.received_at:
        return None
    rows = effects(workspace, base, entry, changes)
    if not rows.empty:
        table = conforming(rows, RevisionEffects)
        workspace.lake.write(RevisionEffects.table(), table, entry.delivery_id)
    if base.version == entry.version:
        return None
    return hold_for(changes, rows, entry.received_at) or ""


def _corrected(entry: Entry, others: Sequence[Entry]) -> Entry | None:
    """What a delivery corrects: the one in force, or the highest version under its own."""
    lower = [one for one in others if one.version <= entry.version and one is not entry]
    in_force_now = [one for one in lower if one.status == "active"]
    by_version = sorted(
        (one for one in lower if one.version < entry.version), key=lambda one: one.version
    )
    return next(iter([*in_force_now, *reversed(by_version)]), None)


def hold_for(changes: Sequence[RowChanges], rows: pd.DataFrame, at: str) -> str | None:
    """Why a correction must wait for a person; None if it need not.

    Args:
        changes: What it does to each table.
        rows: Rows of :class:`schemas.deliveries.RevisionEffects`.
        at: When it came, ISO 8601; the limits of that month hold.
    """
    month = at[:7]
    limits = (REVISED_ROWS_SHARE, REVISED_ROWS_LEAST, REVISED_INDICATOR_SHARE)
    share, least, moved = (in_force(limit, month).value for limit in limits)
    for one in changes:
        if one.differing >= least and one.differing > share * max(one.before, 1):
            return (
                f"large_change: {one.differing} rows of {one.table} differ from the {one.before} "
                "in force; release it or reject it"
            )
    students = in_force(REVISED_STUDENTS_LEAST, month).value
    many = rows[rows[["students_before", "students_after"]].min(axis=1) >= students]
    difference = (many.value_after - many.value_before).abs()
    far = many[(difference > moved * many.value_before.abs()) & (many.value_before != 0)]
    if far.empty:
        return None
    names = ", ".join(sorted(set(far.indicator)))
    return (
        f"large_effect: moves {names} of {far.school_id.nunique()} schools by more than "
        f"{moved:.0%}; release it or reject it"
    )


def _write_revisions(
    workspace: Workspace, entry: Entry, base: Entry, changes: Sequence[RowChanges]
) -> None:
    rows = [
        {
            "delivery_id": entry.delivery_id,
            "table_name": one.table,
            "supersedes": base.delivery_id,
            "rows_before": one.before,
            "rows_after": one.after,
            "rows_new": one.new,
            "rows_changed": one.changed,
            "rows_gone": one.gone,
        }
        for one in changes
    ]
    table = conforming(pd.DataFrame(rows, columns=Revisions.columns()), Revisions)
    workspace.lake.write(Revisions.table(), table, entry.delivery_id)
