"""Mending: a corrected workbook comes back, and its records become deliveries of their own.

All of it is taken or nothing: every row is judged and looked through before the first is entered.
"""

import csv
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.audit import Fact, record
from pipelines.engine import engine
from pipelines.ingest.blocks import Judges
from pipelines.ingest.inbox import ingest
from pipelines.ingest.judging import CONFLICT, Outcome
from pipelines.ingest.profiles import Profile
from pipelines.ingest.recognition import judge_file, sha256_of
from pipelines.ingest.records import UnreadableError
from pipelines.ingest.supplements import layout_of, name_of, read_columns, titled
from pipelines.ingest.waivers import shortened
from pipelines.lake import raw_table
from pipelines.quarantine.confined import export_in, rows_in
from pipelines.quarantine.exports import exported_records, faults_of, faulty_headings, values_of
from pipelines.quarantine.listing import (
    RESUBMIT,
    Held,
    QuarantineError,
    Source,
    held_records,
    mended_rows,
    sources,
)
from pipelines.quarantine.workbook import Row, shown, titles
from pipelines.workspace import Workspace
from schemas.contract import Delivered, load_contracts
from schemas.deliveries import Quarantine

SHAPE = "record: "
MOST_TOLD = 50


class MendingError(QuarantineError):
    """A corrected workbook is refused, whole; every reason names the sheet and the row.

    Attributes:
        faults: One line each; never a value.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        more = [f"and {len(faults) - MOST_TOLD} more"] if len(faults) > MOST_TOLD else []
        super().__init__("\n".join([*faults[:MOST_TOLD], *more]))


@dataclass(frozen=True, slots=True)
class Supplement:
    """The mended records of one delivery.

    Attributes:
        delivery_id: SHA-256 of the file they come in.
        mends: The delivery they are of.
        records: Their numbers there, in order.
    """

    delivery_id: str
    mends: str
    records: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Resubmitted:
    """What taking a workbook back did.

    Attributes:
        supplements: What was delivered.
        left: Records of the workbook that nobody had corrected [count].
    """

    supplements: tuple[Supplement, ...]
    left: int


@dataclass(frozen=True, slots=True)
class _Mended:
    """A record as it came back."""

    held: Held
    row: Row
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Draft:
    """A supplement that is not delivered yet."""

    path: Path
    source: Source
    records: tuple[_Mended, ...]


def resubmit(workspace: Workspace, path: Path, *, reason: str) -> Resubmitted:
    """Take back a workbook of an export: corrected records are added to their deliveries.

    A record is corrected if a value differs from the one in the file, or if it is marked. The
    others stay in quarantine.

    Args:
        workspace: Where everything lies.
        path: The workbook.
        reason: Why, for the audit log.

    Raises:
        MendingError: If a row cannot be taken; then nothing is.
        AuditError: If it cannot be entered in the audit log.
    """
    rows = _rows(workspace, path)
    corrected, left = _corrected(workspace, rows)
    if not corrected:
        raise MendingError(["no record is corrected: change its values, or mark it in `Rättad`"])
    workspace.deliveries.mkdir(mode=0o700, parents=True, exist_ok=True)
    with TemporaryDirectory(dir=workspace.deliveries, prefix=".mending-") as folder:
        drafts = _drafts(workspace, corrected, Path(folder))
        faults = [fault for draft in drafts for fault in _judged(workspace, draft, Path(folder))]
        if faults:
            raise MendingError(faults)
        found = tuple(_enter(workspace, draft, reason) for draft in drafts)
        ingest(workspace, [draft.path for draft in drafts])
    _require_in_force(workspace, found)
    return Resubmitted(found, left)


def _rows(workspace: Workspace, path: Path) -> list[Row]:
    """The rows of a workbook, each of a record of its export and each once."""
    try:
        allowed = exported_records(workspace, export_in(path))
        known = sources(workspace)
        profiles = {known[one].profile.name: known[one].profile for one in allowed}
        rows = rows_in(path, titles(list(profiles.values())))
    except UnreadableError as error:
        raise MendingError([f"{path.name}: {error.cause}: {error}"]) from None
    faults = []
    seen: set[tuple[str, int]] = set()
    for row in rows:
        key = _key(row)
        if key is None or key[1] not in allowed.get(key[0], ()):
            faults.append(f"{row.place}: no record of this export")
        elif key in seen:
            faults.append(f"{row.place}: the same record stands twice")
        else:
            seen.add(key)
    if faults:
        raise MendingError(faults)
    return rows


def _key(row: Row) -> tuple[str, int] | None:
    number = row.record_no
    return (row.delivery_id, int(number)) if number.isascii() and number.isdecimal() else None


def _corrected(workspace: Workspace, rows: Sequence[Row]) -> tuple[list[_Mended], int]:
    """Records that came back corrected, and how many did not.

    Raises:
        MendingError: If one cannot be mended now, or not so.
    """
    known = sources(workspace)
    held = {one.key: one for one in held_records(workspace)}
    faults: list[str] = []
    found: list[_Mended] = []
    for delivery_id, own in _by_delivery(rows).items():
        source = known[delivery_id]
        before = values_of(source.delivery, (number for _, number in map(_known_key, own)))
        for row in own:
            written = before[_known_key(row)[1]]
            values = _values(row, written)
            if values != written or row.is_marked:
                one = _mendable(source, held.get(_known_key(row)), written, values)
                if isinstance(one, Held):
                    found.append(_Mended(one, row, values))
                else:
                    faults.append(f"{row.place}: {one}")
    if faults:
        raise MendingError(faults)
    return found, len(rows) - len(found)


def _mendable(
    source: Source, held: Held | None, written: Mapping[str, str], values: Mapping[str, str]
) -> Held | str:
    """The record, or why it cannot be mended now or not so."""
    if source.status != "active":
        return f"its delivery is {source.status}: a correction or a decision came meanwhile"
    if held is None:
        return "the record is no longer in quarantine"
    return _refusal(held) or _changed_key(held, written, values) or held


def _known_key(row: Row) -> tuple[str, int]:
    return row.delivery_id, int(row.record_no)


def _values(row: Row, written: Mapping[str, str]) -> dict[str, str]:
    """Values of a row; those that are as they were shown are as they were written."""
    return {
        name: text if shown(row.values[name]).strip() == shown(text).strip() else row.values[name]
        for name, text in written.items()
    }


def _refusal(held: Held) -> str | None:
    if held.mended_by is not None:
        return f"the record is mended already, by {held.mended_by[:12]}"
    if any(one.startswith(SHAPE) and one != CONFLICT for one in held.reasons):
        return "its fields cannot be told apart; have the whole file sent again"
    return None


def _changed_key(held: Held, written: Mapping[str, str], values: Mapping[str, str]) -> str | None:
    """Which column of the key was changed though nothing spoke against it."""
    profile = held.source.profile
    fixed = _key_columns(profile) - faulty_headings(faults_of(held), profile)
    changed = sorted(name for name in fixed & written.keys() if written[name] != values[name])
    return f"{', '.join(changed)} is part of the key and was not at fault" if changed else None


def _key_columns(profile: Profile) -> set[str]:
    contracts = load_contracts()
    return {
        cell.column
        for mapping in profile.tables
        for name, cell in mapping.cells.items()
        if cell.column and name in contracts[mapping.table].grain()
    }


def _drafts(workspace: Workspace, corrected: Sequence[_Mended], folder: Path) -> list[_Draft]:
    """A file for each delivery that has records corrected."""
    by_source: dict[str, list[_Mended]] = {}
    for one in corrected:
        by_source.setdefault(one.held.source.delivery_id, []).append(one)
    drafts = []
    for delivery_id, own in by_source.items():
        source = own[0].held.source
        records = tuple(sorted(own, key=lambda one: one.held.record_no))
        place = 1 + len(_supplements_of(workspace, delivery_id))
        path = folder / name_of(source.file_name, delivery_id, place)
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=";", lineterminator="\n").writerows(_lines(source, records))
        drafts.append(_Draft(path, source, records))
    return drafts


def _lines(source: Source, records: Sequence[_Mended]) -> Iterator[list[str]]:
    profile = source.profile
    delivery = source.delivery
    stated = [delivery.stated(cell) for cell in titled(profile).values()]
    yield list(layout_of(profile).columns)
    for one in records:
        values = [one.values[name] for name in read_columns(profile)]
        yield [*values, *stated, source.delivery_id, str(one.held.record_no)]


def _judged(workspace: Workspace, draft: _Draft, folder: Path) -> list[str]:
    """What speaks against a supplement: its rows, and what is accepted already."""
    judges = Judges.of(workspace.vault, today=dt.datetime.now(dt.UTC).date())
    outcome = judge_file(draft.path, draft.path.name, judges, folder)
    places = {n: one.row.place for n, one in enumerate(draft.records, 1)}
    if outcome.judged.cause is not None:
        return [f"{draft.source.file_name}: {outcome.judged.cause}"]
    faults = _still_held(outcome, places)
    if outcome.judged.duplicates:
        faults.append(f"{draft.source.file_name}: two corrected records are the same")
    clashing = sorted(_clashes(workspace, draft.source, outcome))
    faults += [f"{places[n]}: the file has an accepted record with that key" for n in clashing]
    for left in outcome.drafts.values():
        left.unlink()
    return faults


def _still_held(outcome: Outcome, places: Mapping[int, str]) -> list[str]:
    draft = outcome.drafts.get(Quarantine.table())
    if draft is None:
        return []
    rows = engine().read_parquet(str(draft)).order_by("record_no").to_pyarrow().to_pylist()
    return [f"{places[row['record_no']]}: {row['reasons']}" for row in rows]


def _clashes(workspace: Workspace, source: Source, outcome: Outcome) -> set[int]:
    """Records whose grain an accepted row of the delivery, or of a supplement to it, has."""
    family = [source.delivery_id, *_supplements_of(workspace, source.delivery_id)]
    found: set[int] = set()
    for table, draft in outcome.drafts.items():
        contract = load_contracts()[table]
        if issubclass(contract, Delivered) and contract.grain():
            standing = workspace.lake.read(raw_table(table), contract, partitions=family)
            new = engine().read_parquet(str(draft))
            clashing = new.semi_join(standing, contract.grain()).record_no.to_pyarrow()
            found |= set(clashing.to_pylist())
    return found


def _supplements_of(workspace: Workspace, delivery_id: str) -> list[str]:
    """Supplements to a delivery, in force or not."""
    rows = (row for row in mended_rows(workspace) if row["delivery_id"] == delivery_id)
    return list(dict.fromkeys(str(row["mended_by"]) for row in rows))


def _enter(workspace: Workspace, draft: _Draft, reason: str) -> Supplement:
    numbers = tuple(one.held.record_no for one in draft.records)
    sha256 = sha256_of(draft.path)
    subject: dict[str, Fact] = {
        "delivery": draft.source.delivery_id,
        "records": shortened(numbers),
        "count": len(numbers),
        "supplement": sha256,
    }
    record(workspace, action=RESUBMIT, subject=subject, reason=reason)
    return Supplement(sha256, draft.source.delivery_id, numbers)


def _require_in_force(workspace: Workspace, supplements: Iterable[Supplement]) -> None:
    statuses = {str(row["delivery_id"]): row["status"] for row in workspace.ledger.rows()}
    lost = [one for one in supplements if statuses.get(one.delivery_id) != "active"]
    if lost:
        raise MendingError(
            [
                f"{one.mends[:12]}: its mended records are delivered as {one.delivery_id[:12]}, "
                f"which is {statuses.get(one.delivery_id)}; see `samverkan status --all`"
                for one in lost
            ]
        )


def _by_delivery(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.delivery_id, []).append(row)
    return found
