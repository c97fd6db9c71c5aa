"""Waiving: an operator lets named records pass a rule of plausibility, with a reason.

What was waived can be withdrawn, with a reason too; the records are held back again.
"""

from collections.abc import Collection
from dataclasses import dataclass

from pipelines.audit import Fact, record
from pipelines.ingest.inbox import ingest
from pipelines.ingest.ledger import outdated_by
from pipelines.ingest.waivers import WAIVE, WITHDRAW, Waiver, decisions, granted, meant, shortened
from pipelines.quarantine.listing import Chosen, Held, QuarantineError, held_records, one_source
from pipelines.workspace import Workspace
from schemas.deliveries import Quarantine
from schemas.quarantine import WAIVABLE


@dataclass(frozen=True, slots=True)
class Waived:
    """What waiving a rule, or withdrawing that, did.

    Attributes:
        delivery_id: Of which delivery.
        accepted: Of the records named, those that are accepted now [count].
        held: Those that are held back now [count].
    """

    delivery_id: str
    accepted: int
    held: int


def waive(
    workspace: Workspace, delivery: str, records: Collection[int], *, rule: str, reason: str
) -> Waived:
    """Let records pass a rule, and judge their delivery anew.

    Args:
        workspace: Where everything lies.
        delivery: The first characters of the delivery's id.
        records: Their numbers.
        rule: As judging words it; one of :data:`schemas.quarantine.WAIVABLE`.
        reason: Why.

    Raises:
        QuarantineError: If the rule may not be waived, or does not hold one of them back.
        AuditError: If it cannot be entered in the audit log; then nothing changes.
    """
    source = one_source(workspace, delivery)
    allowed = [one for one in WAIVABLE if one.table in source.tables]
    if rule not in {one.rule for one in allowed}:
        rules = ", ".join(f"`{one.rule}`" for one in allowed) or "none"
        raise QuarantineError(f"the rule may not be waived; of this delivery may be: {rules}")
    if source.status != "active":
        raise QuarantineError(f"the delivery is {source.status}; only one in force can be changed")
    held = held_records(workspace, Chosen(delivery=source.delivery_id))
    _require_held_by(held, records, rule)
    record(
        workspace,
        action=WAIVE,
        subject=_subject(source.delivery_id, records, rule),
        reason=reason,
    )
    return _judged_anew(workspace, source.delivery_id, records)


def withdraw(
    workspace: Workspace, delivery: str, records: Collection[int], *, rule: str, reason: str
) -> Waived:
    """Take back that records pass a rule, and judge their delivery anew.

    The periods it has rows of are outdated, also one that now loses its last row.

    Args:
        workspace: Where everything lies.
        delivery: The first characters of the delivery's id.
        records: Their numbers.
        rule: The rule that was waived.
        reason: Why.

    Raises:
        QuarantineError: If one of the records does not pass by such a waiver.
        AuditError: If it cannot be entered in the audit log; then nothing changes.
    """
    source = one_source(workspace, delivery)
    wanted = {(source.delivery_id, number, rule) for number in records}
    missing = sorted(number for _, number, _ in wanted - _passing(workspace, source.delivery_id))
    if missing or not wanted:
        raise QuarantineError(
            f"record {missing[0]} does not pass by a waiver of that rule"
            if missing
            else "name at least one record"
        )
    record(
        workspace,
        action=WITHDRAW,
        subject=_subject(source.delivery_id, records, rule),
        reason=reason,
    )
    (entry,) = workspace.ledger.entries([source.delivery_id]).values()
    for kind, period in outdated_by({p for periods in entry.tables.values() for p in periods}):
        workspace.ledger.outdate(kind, [period])
    return _judged_anew(workspace, source.delivery_id, records)


def _subject(delivery_id: str, records: Collection[int], rule: str) -> dict[str, Fact]:
    return {
        "delivery": delivery_id,
        "records": shortened(records),
        "count": len(set(records)),
        "rule": rule,
    }


def _judged_anew(workspace: Workspace, delivery_id: str, records: Collection[int]) -> Waived:
    workspace.ledger.forget_verdicts([delivery_id])
    ingest(workspace, [])
    still = len(set(_held_now(workspace, delivery_id)) & set(records))
    return Waived(delivery_id, len(set(records)) - still, still)


def _passing(workspace: Workspace, delivery_id: str) -> set[Waiver]:
    """Waivers of a delivery in force, and those withdrawn that a crash left in effect."""
    held = _held_now(workspace, delivery_id)
    once = {one for entry in decisions(workspace) for one in meant(entry) if one[0] == delivery_id}
    in_effect = {one for one in once if one[2] not in held.get(one[1], "")}
    return in_effect | {one for one in granted(workspace) if one[0] == delivery_id}


def _held_now(workspace: Workspace, delivery_id: str) -> dict[int, str]:
    """Records of a delivery that are held back, in force or not, and why."""
    held = workspace.lake.read(Quarantine.table(), Quarantine, partitions=[delivery_id])
    rows = held.select("record_no", "reasons").to_pyarrow().to_pylist()
    return {row["record_no"]: row["reasons"] for row in rows}


def _require_held_by(held: Collection[Held], records: Collection[int], rule: str) -> None:
    found = {one.record_no: one for one in held}
    if not records:
        raise QuarantineError("name at least one record")
    for number in sorted(set(records)):
        one = found.get(number)
        if one is None or rule not in one.reasons:
            raise QuarantineError(f"record {number} is not held back by that rule")
        if one.mended_by is not None:
            raise QuarantineError(f"record {number} is mended already, by {one.mended_by[:12]}")
