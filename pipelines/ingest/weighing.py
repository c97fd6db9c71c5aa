"""Weighing: a new delivery compared with the others about the same thing.

What it changes is written beside the rows, as ``raw.revisions`` and ``result.revision_effects``.
A change of what was in force before that is above the dated limits makes it wait for a person.
A correction that comes in one run with what it corrects waits for nobody: that was never in force.
"""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from pipelines.effects import effects
from pipelines.ingest.ledger import Entry, Judged, Weighed
from pipelines.ingest.revisions import RowChanges, known_rows, row_changes
from pipelines.results import conforming
from pipelines.workspace import Workspace
from schemas.deliveries import RevisionEffects, Revisions
from schemas.rules import (
    REVISED_INDICATOR_SHARE,
    REVISED_ROWS_LEAST,
    REVISED_ROWS_SHARE,
    REVISED_STUDENTS_LEAST,
    in_force,
)


def weigh(workspace: Workspace, judged: Sequence[Judged]) -> dict[str, Weighed]:
    """Compare deliveries that were just judged with those they would stand beside.

    Args:
        workspace: Where everything lies; the accepted rows are there, the verdicts not yet.
        judged: The verdicts.

    Returns:
        What is known now of these deliveries and of those they were compared with.
    """
    readable = {one.delivery_id: one for one in judged if one.cause is None and one.scope}
    found: dict[str, Weighed] = {}
    for entries in _groups(workspace, readable).values():
        known = [_with_known_rows(workspace, entry) for entry in entries]
        found |= {one.delivery_id: Weighed(same_rows=one.same_rows) for one in known}
        for one in known:
            if one.delivery_id in readable and not one.was_settled:
                hold = _revised(workspace, one, known)
                found[one.delivery_id] = Weighed(same_rows=one.same_rows, hold=hold)
    return found


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


def _with_known_rows(workspace: Workspace, entry: Entry) -> Entry:
    """A file with records held back is never the same as another: what they said is not known."""
    if entry.same_rows is not None or entry.quarantined:
        return entry
    known = known_rows(workspace.lake, entry.delivery_id, list(entry.tables))
    return replace(entry, same_rows=known)


def _revised(workspace: Workspace, entry: Entry, others: Sequence[Entry]) -> str | None:
    """Write down what a delivery changes; say why it must wait, if it must."""
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
    return None if base.version == entry.version else hold_for(changes, rows, entry.received_at)


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
