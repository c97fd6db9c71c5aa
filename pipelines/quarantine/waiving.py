"""Waiving: an operator lets named records pass a rule of plausibility, with a reason."""

from collections.abc import Collection
from dataclasses import dataclass

from pipelines.audit import Fact, record
from pipelines.ingest.inbox import ingest
from pipelines.ingest.waivers import WAIVE, shortened
from pipelines.quarantine.listing import Chosen, Held, QuarantineError, held_records, one_source
from pipelines.workspace import Workspace
from schemas.quarantine import WAIVABLE


@dataclass(frozen=True, slots=True)
class Waived:
    """What waiving a rule did.

    Attributes:
        delivery_id: Of which delivery.
        accepted: Records that are accepted now [count].
        held: Records that another reason still speaks against [count].
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
    subject: dict[str, Fact] = {
        "delivery": source.delivery_id,
        "records": shortened(records),
        "count": len(set(records)),
        "rule": rule,
    }
    record(workspace, action=WAIVE, subject=subject, reason=reason)
    workspace.ledger.forget_verdicts([source.delivery_id])
    ingest(workspace, [])
    left = {one.record_no for one in held_records(workspace, Chosen(delivery=source.delivery_id))}
    still = len(left & set(records))
    return Waived(source.delivery_id, len(set(records)) - still, still)


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
