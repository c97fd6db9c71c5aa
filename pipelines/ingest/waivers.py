"""Waivers: rules of plausibility that do not count against named records.

The audit log is where a waiver stands until its withdrawal stands there too; judging asks here.
Nothing else makes a record acceptable.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import ibis

from pipelines.audit import Entry, verify
from pipelines.judging import GRAIN, broken_rules
from pipelines.workspace import Workspace
from schemas.contract import Contract
from schemas.quarantine import WAIVABLE

if TYPE_CHECKING:
    from pipelines.ingest.blocks import Reasons, Span

WAIVE = "quarantine.waive"
WITHDRAW = "quarantine.withdraw"
BETWEEN = "; "

Waiver = tuple[str, int, str]
"""Delivery, record and rule."""


@dataclass(frozen=True, slots=True)
class Waivers:
    """The waivers in force.

    Attributes:
        by_delivery: Record numbers by rule, by delivery; one whose waivers were all withdrawn
            has none.
    """

    by_delivery: Mapping[str, Mapping[str, frozenset[int]]] = field(default_factory=dict)

    @classmethod
    def of(cls, workspace: Workspace) -> "Waivers":
        """Those the audit log holds.

        Raises:
            AuditError: If the log is damaged.
        """
        found: dict[str, dict[str, set[int]]] = {
            entry.subject["delivery"]: {} for entry in decisions(workspace)
        }
        for delivery_id, number, rule in granted(workspace):
            found[delivery_id].setdefault(rule, set()).add(number)
        return cls(
            {
                delivery_id: {rule: frozenset(numbers) for rule, numbers in rules.items()}
                for delivery_id, rules in found.items()
            }
        )

    def of_delivery(self, delivery_id: str) -> set[tuple[int, str]]:
        """Record numbers and rules of one delivery."""
        rules = self.by_delivery.get(delivery_id, {})
        return {(number, rule) for rule, numbers in rules.items() for number in numbers}

    def lift(self, spans: Sequence["Span"], reasons: "Reasons") -> None:
        """Take away what a waiver says does not count, from the records of a block.

        To be called after the values are judged, so that the rules across columns are held
        against what is clean then.

        Args:
            spans: Whose records lie where in the block.
            reasons: What speaks against each record; changed.
        """
        for span in spans:
            last_no = span.first_no + span.stop - span.start - 1
            for number, rule in self.of_delivery(span.delivery.delivery_id):
                if span.first_no <= number <= last_no:
                    place = number - span.first_no + span.start
                    left = without(reasons.texts[reasons.kinds[place]], rule)
                    if left not in reasons.texts:
                        reasons.texts.append(left)
                    reasons.kinds[place] = reasons.texts.index(left)


def granted(workspace: Workspace) -> dict[Waiver, Entry]:
    """Waivers in force, and the entry of the audit log that grants each; if several, the first.

    Raises:
        AuditError: If the log is damaged.
    """
    found: dict[Waiver, Entry] = {}
    for entry in decisions(workspace):
        for one in meant(entry):
            if entry.action == WAIVE:
                found.setdefault(one, entry)
            else:
                found.pop(one, None)
    return found


def decisions(workspace: Workspace) -> list[Entry]:
    """Entries of the audit log that waive a rule which may still be waived, or withdraw that.

    Raises:
        AuditError: If the log is damaged.
    """
    rules = {waivable.rule for waivable in WAIVABLE}
    return [
        entry
        for entry in verify(workspace).entries
        if entry.action in (WAIVE, WITHDRAW) and entry.subject["rule"] in rules
    ]


def meant(entry: Entry) -> list[Waiver]:
    """What a decision is about, record by record."""
    delivery, rule = entry.subject["delivery"], entry.subject["rule"]
    return [(delivery, number, rule) for number in spelled_out(entry.subject["records"])]


def unexcused(rows: ibis.Table, contract: type[Contract], waivers: Waivers) -> list[str]:
    """Rules of a contract that rows break without a waiver, sorted.

    Args:
        rows: A core table, with ``delivery_id`` and ``record_no``.
        contract: Its contract.
        waivers: The waivers in force.
    """
    broken = broken_rules(rows, contract)
    waived = {
        rule: [(d, n) for d, rules in waivers.by_delivery.items() for n in rules.get(rule, ())]
        for rule in broken
        if rule in {w.rule for w in WAIVABLE if w.table == contract.table()} and rule != GRAIN
    }
    return [
        rule
        for rule in broken
        if not waived.get(rule) or rule in broken_rules(_others(rows, waived[rule]), contract)
    ]


def without(reasons: Iterable[str], rule: str) -> tuple[str, ...]:
    """Reasons against a record but for one rule; a column's own are joined in one text."""
    left = (
        BETWEEN.join(part for part in reason.split(BETWEEN) if part != rule) for reason in reasons
    )
    return tuple(reason for reason in left if reason)


def spelled_out(ranges: Iterable[str]) -> list[int]:
    """Record numbers from ``3`` and ``5-9``, in order."""
    ends = ((text.split("-")[0], text.split("-")[-1]) for text in ranges)
    return [n for first, last in ends for n in range(int(first), int(last) + 1)]


def shortened(numbers: Iterable[int]) -> list[str]:
    """Record numbers as ``3`` and ``5-9``, in order."""
    found: list[list[int]] = []
    for number in sorted(set(numbers)):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return [str(first) if first == last else f"{first}-{last}" for first, last in found]


def _others(rows: ibis.Table, waived: Sequence[tuple[str, int]]) -> ibis.Table:
    deliveries, numbers = zip(*waived, strict=True)
    named = ibis.memtable({"delivery_id": list(deliveries), "record_no": list(numbers)})
    return rows.anti_join(named, ["delivery_id", "record_no"])
