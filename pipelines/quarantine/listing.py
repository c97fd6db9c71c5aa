"""What is in quarantine: records held back of the deliveries in force, chosen and counted."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pipelines.audit import entries
from pipelines.ingest.blocks import Delivery
from pipelines.ingest.placing import archived
from pipelines.ingest.profiles import Profile, load_profiles
from pipelines.ingest.supplements import is_supplement
from pipelines.ingest.waivers import BETWEEN, granted, spelled_out
from pipelines.workspace import Workspace
from schemas.deliveries import Quarantine

RESUBMIT = "quarantine.resubmit"
SHORTEST_ID = 6


class QuarantineError(ValueError):
    """What was asked for cannot be done; says why in lines, and never quotes a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which records are meant; everything left out is any.

    Attributes:
        school: School unit code the file is about.
        month: Month, or term or school year, the file is about.
        table: Table the file is delivered to, with or without ``core.``.
        reason: Words of a reason.
        delivery: The first characters of a delivery's id.
    """

    school: str | None = None
    month: str | None = None
    table: str | None = None
    reason: str | None = None
    delivery: str | None = None


@dataclass(frozen=True)
class Source:
    """A delivery with records held back.

    Attributes:
        workspace: Where it lies.
        delivery_id: SHA-256 of the file.
        file_name: Its name.
        scope: What it is about.
        status: Where it stands.
        profile_name: Layout it was read by.
    """

    workspace: Workspace
    delivery_id: str
    file_name: str
    scope: str
    status: str
    profile_name: str

    @cached_property
    def profile(self) -> Profile:
        """Its layout.

        Raises:
            QuarantineError: If there is no such layout any more.
        """
        found = [one for one in load_profiles() if one.name == self.profile_name]
        if not found:
            raise QuarantineError(f"{self.file_name}: no layout is called {self.profile_name} now")
        return found[0]

    @property
    def delivery(self) -> Delivery:
        """The archived file and its layout."""
        path = archived(self.workspace, self.delivery_id)
        return Delivery(self.delivery_id, path, self.file_name, self.profile)

    def is_about(self, chosen: Chosen) -> bool:
        """Whether its records may be among those chosen."""
        words = self.scope.split()
        return (
            self.delivery_id.startswith(chosen.delivery or "")
            and (chosen.school is None or chosen.school in words)
            and (chosen.month is None or chosen.month in words)
            and (chosen.table is None or f"core.{_plain(chosen.table)}" in self.tables)
        )

    @property
    def tables(self) -> set[str]:
        """Core tables that its records are rows of."""
        return {mapping.table for mapping in self.profile.tables}


@dataclass(frozen=True, slots=True)
class Held:
    """A record held back.

    Attributes:
        source: Of which delivery.
        record_no: Record in the file, the first is 1.
        line_no: Line of the file, or row of the sheet, it starts on.
        reasons: What speaks against it; never a value.
        mended_by: Delivery in force with its corrected values, if any.
    """

    source: Source
    record_no: int
    line_no: int
    reasons: tuple[str, ...]
    mended_by: str | None

    @property
    def key(self) -> tuple[str, int]:
        """Delivery and record."""
        return self.source.delivery_id, self.record_no


@dataclass(frozen=True, slots=True)
class Count:
    """How many records of a file a reason speaks against.

    Attributes:
        file_name: The file.
        delivery_id: Its SHA-256.
        reason: The reason.
        records: Records that are not mended [count].
        mended: Records that are [count].
    """

    file_name: str
    delivery_id: str
    reason: str
    records: int
    mended: int


def sources(workspace: Workspace) -> dict[str, Source]:
    """Deliveries that were judged and are no supplements, by id."""
    return {
        str(row["delivery_id"]): Source(
            workspace,
            str(row["delivery_id"]),
            str(row["file_name"]),
            str(row["scope"]),
            str(row["status"]),
            str(row["profile"]),
        )
        for row in workspace.ledger.rows()
        if row["scope"] is not None and not is_supplement(str(row["file_name"]))
    }


def one_source(workspace: Workspace, words: str) -> Source:
    """The delivery whose id begins with some characters.

    Raises:
        QuarantineError: If there is none, or several.
    """
    found = [s for one, s in sources(workspace).items() if one.startswith(words.lower())]
    if len(words) < SHORTEST_ID or len(found) != 1:
        raise QuarantineError(
            f"{len(found)} deliveries begin with {words}; give at least {SHORTEST_ID} characters "
            "of the id that `quarantine list` shows"
        )
    return found[0]


def held_records(workspace: Workspace, chosen: Chosen | None = None) -> list[Held]:
    """Records held back of deliveries in force, by delivery and record.

    Args:
        workspace: Where everything lies.
        chosen: Which ones; all if left out.
    """
    wanted = chosen or Chosen()
    meant = {
        one: source
        for one, source in sources(workspace).items()
        if source.status == "active" and source.is_about(wanted)
    }
    table = workspace.lake.read(Quarantine.table(), Quarantine, partitions=list(meant))
    mended = {
        (row["delivery_id"], row["record_no"]): str(row["mended_by"])
        for row in mended_rows(workspace)
        if row["status"] == "active"
    }
    found = [
        Held(
            meant[row["delivery_id"]],
            row["record_no"],
            row["line_no"],
            tuple(row["reasons"].split(BETWEEN)),
            mended.get((row["delivery_id"], row["record_no"])),
        )
        for row in table.order_by("delivery_id", "record_no").to_pyarrow().to_pylist()
    ]
    return [one for one in found if _has_reason(one, wanted.reason)]


def counts(held: Iterable[Held]) -> list[Count]:
    """Records by file and reason, the most frequent first."""
    open_, mended = Counter[tuple[str, str, str]](), Counter[tuple[str, str, str]]()
    for one in held:
        for reason in one.reasons:
            key = (one.source.file_name, one.source.delivery_id, reason)
            (mended if one.mended_by else open_)[key] += 1
    keys = sorted(open_ | mended, key=lambda key: (-open_[key], key))
    return [Count(*key, open_[key], mended[key]) for key in keys]


def mended_rows(workspace: Workspace) -> list[dict[str, object]]:
    """Records mended by a delivery of their own, with the columns of ``quarantine.mended``.

    One that was entered but, after a crash, not delivered is not mended.

    Raises:
        AuditError: If the audit log is damaged.
    """
    statuses = {str(row["delivery_id"]): row["status"] for row in workspace.ledger.rows()}
    delivered = {entry.subject["supplement"]: entry for entry in entries(workspace, RESUBMIT)}
    return [
        {
            "delivery_id": entry.subject["delivery"],
            "record_no": number,
            "mended_by": supplement,
            "mended_record_no": place,
            "status": statuses[supplement],
            "mended_at": entry.when,
            "audit_entry": entry.number,
        }
        for supplement, entry in delivered.items()
        if statuses.get(supplement) in ("active", "superseded")
        for place, number in enumerate(spelled_out(entry.subject["records"]), 1)
    ]


def waiver_rows(workspace: Workspace) -> list[dict[str, object]]:
    """Waivers in force, with the columns of ``quarantine.waivers``.

    Raises:
        AuditError: If the audit log is damaged.
    """
    return [
        {
            "delivery_id": delivery,
            "record_no": number,
            "rule": rule,
            "waived_at": entry.when,
            "audit_entry": entry.number,
        }
        for (delivery, number, rule), entry in granted(workspace).items()
    ]


def by_delivery(held: Sequence[Held]) -> Mapping[str, list[Held]]:
    """Records by the delivery they are of, in their order."""
    found: dict[str, list[Held]] = {}
    for one in held:
        found.setdefault(one.source.delivery_id, []).append(one)
    return found


def _has_reason(held: Held, words: str | None) -> bool:
    return words is None or any(words.casefold() in one.casefold() for one in held.reasons)


def _plain(table: str) -> str:
    return table.removeprefix("core.").removeprefix("raw.")
