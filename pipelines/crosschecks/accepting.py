"""Accepting: an operator takes responsibility for a finding that holds publication.

The audit log is where that is kept: who, when, which findings, and why. A finding whose files or
counts have changed since has another name, so it holds again.
"""

from collections.abc import Sequence

from pipelines import audit
from pipelines.workspace import Workspace

ACTION = "finding.accept"


def accept(workspace: Workspace, finding_ids: Sequence[str], *, reason: str) -> None:
    """Let findings no longer hold publication.

    Args:
        workspace: Where everything lies.
        finding_ids: Which ones.
        reason: Why, about no person.

    Raises:
        AuditError: If that cannot be entered in the audit log; then nothing is accepted.
    """
    audit.record(
        workspace, action=ACTION, subject={"finding_ids": sorted(finding_ids)}, reason=reason
    )


def accepted(workspace: Workspace) -> frozenset[str]:
    """Every finding somebody has accepted.

    Raises:
        AuditError: If the audit log is damaged.
    """
    entries = audit.entries(workspace, ACTION)
    return frozenset(one for entry in entries for one in entry.subject["finding_ids"])
