"""Protection: what the vault officer decides about pupils with a protected identity.

Every step stands in the audit log by the number of the case, which says nothing of who it is.
"""

import datetime as dt
import re
from collections.abc import Mapping, Sequence

from pipelines.audit import record
from pipelines.ingest.identity import identities_of
from pipelines.ingest.inbox import ingest
from pipelines.ingest.register import OFFICER
from pipelines.ingest.sweeping import PROTECT
from pipelines.ingest.vault import at_school
from pipelines.workspace import Workspace

CLEAR = "vault.clear"
ACCEPTED = re.compile(r"^(\d+) accepted,")

Row = Mapping[str, object]


class ProtectionError(ValueError):
    """What was asked for cannot be done; says why, and never quotes a number."""


def protect(
    workspace: Workspace, numbers: Sequence[str], *, reason: str, school_id: str | None = None
) -> list[int]:
    """Keep all rows of some pupils apart from now on, and take out those that are there.

    Args:
        workspace: Where everything lies.
        numbers: Identity numbers as a school writes them.
        reason: Why, for the audit log; about no person.
        school_id: Whose temporary numbers they are, if they are.

    Returns:
        The numbers of their cases.

    Raises:
        ProtectionError: If a number is none, or a temporary one lacks its school.
        AuditError: If it cannot be entered in the audit log; then nothing changes.
    """
    students = workspace.vault.student_ids(_looked_up(numbers, school_id))
    record(workspace, action=PROTECT, subject={"count": len(set(students))}, reason=reason)
    register = workspace.vault.register
    register.mark(students, OFFICER)
    cases = sorted({case for one in students if (case := register.case_of(one)) is not None})
    for case in cases:
        register.audited(case)
    ingest(workspace, [])
    return cases


def clear(workspace: Workspace, case_no: int, *, reason: str) -> None:
    """Let the rows of a pupil be used again; files that came until now protect nobody anew.

    Args:
        workspace: Where everything lies.
        case_no: The case.
        reason: Why, for the audit log; about no person.

    Raises:
        ProtectionError: If there is no such case, or it is cleared already.
        AuditError: If it cannot be entered in the audit log; then nothing changes.
    """
    register = workspace.vault.register
    open_ = {case.case_no for case in register.cases() if case.is_protected}
    student = register.student_of(case_no)
    if student is None or case_no not in open_:
        raise ProtectionError(f"{case_no} is no open case; see `samverkan vault list`")
    record(workspace, action=CLEAR, subject={"case": case_no}, reason=reason)
    register.clear(student)
    ingest(workspace, [])


def shown_deliveries(workspace: Workspace, rows: Sequence[Row]) -> list[dict[str, object]]:
    """Lines of the ledger for a table of the lake: as if no record were kept apart in the vault.

    Else whoever counts the rows of a delivery would know how many are missing.

    Args:
        workspace: Whose vault keeps them.
        rows: With the columns of ``raw.deliveries``.
    """
    kept = workspace.vault.register.kept_by_delivery()
    return [_less(row, kept.get(str(row["delivery_id"]), 0)) for row in rows]


def shown_events(workspace: Workspace, rows: Sequence[Row]) -> list[dict[str, object]]:
    """Steps of deliveries for a table of the lake, with counts as in :func:`shown_deliveries`.

    Args:
        workspace: Whose vault keeps records apart.
        rows: With the columns of ``raw.delivery_events``.
    """
    kept = workspace.vault.register.kept_by_delivery()

    def why(row: Row) -> str:
        less = kept.get(str(row["delivery_id"]), 0)
        return ACCEPTED.sub(lambda n: f"{max(int(n[1]) - less, 0)} accepted,", str(row["why"]))

    return [{**row, "why": why(row)} for row in rows]


def _less(row: Row, kept: int) -> dict[str, object]:
    counts = {name: int(str(row[name])) for name in ("records", "accepted", "superseded")}
    fitting = kept if counts["accepted"] + counts["superseded"] >= kept else 0
    place = "accepted" if counts["accepted"] else "superseded"
    less = {name: counts[name] - fitting for name in ("records", place)}
    return {**row, **counts, **less}


def _looked_up(numbers: Sequence[str], school_id: str | None) -> list[str]:
    found = identities_of(numbers, today=dt.datetime.now(dt.UTC).date())
    for place, fault in sorted(found.faults.items()):
        raise ProtectionError(f"number {place + 1}: {fault}; nothing was entered")
    if school_id is None and found.is_temporary.any():
        raise ProtectionError("a temporary number is known by its school; say which with --school")
    return [
        at_school(number, school_id or "") if is_temporary else number
        for number, is_temporary in zip(found.numbers, found.is_temporary, strict=True)
    ]
