"""Exports: records held back, with their values and every reason, for the operator to correct."""

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.audit import Entry, Fact, entries, record
from pipelines.ingest.apart import records_apart
from pipelines.ingest.blocks import Delivery
from pipelines.ingest.formats.registry import load_containers
from pipelines.ingest.profiles import Profile
from pipelines.ingest.records import NotPlainError
from pipelines.ingest.supplements import read_columns
from pipelines.ingest.waivers import BETWEEN, shortened, spelled_out
from pipelines.lake import sync
from pipelines.quarantine.listing import Held, QuarantineError, by_delivery
from pipelines.quarantine.workbook import Line, titles, write_workbook
from pipelines.schools.faults import Fault, faults_of_records
from pipelines.workspace import Workspace
from schemas.quarantine import WAIVABLE

EXPORTED = "quarantine.export"
ID_BYTES = 6
OR_WAIVE = {waivable.rule: waivable.sv for waivable in WAIVABLE}


@dataclass(frozen=True, slots=True)
class Exported:
    """An export.

    Attributes:
        path: The workbook.
        export_id: What it is known by.
        records: Records in it [count].
        deliveries: Deliveries they are of [count].
    """

    path: Path
    export_id: str
    records: int
    deliveries: int


def export(workspace: Workspace, held: Sequence[Held], *, reason: str) -> Exported:
    """Write records held back into a workbook in the outbox, for the operator's eyes alone.

    Records that are mended already are left out, and those that only the vault may show.

    Args:
        workspace: Where everything lies.
        held: Which ones.
        reason: Why, for the audit log.

    Raises:
        QuarantineError: If there is none.
        AuditError: If it cannot be entered in the audit log; then there is no workbook.
    """
    open_ = _shown(workspace, by_delivery([one for one in held if one.mended_by is None]))
    if not open_:
        raise QuarantineError("no such record is in quarantine")
    export_id = _new_id()
    folder = workspace.outbox / "quarantine"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"karantan_{export_id}.xlsx"
    draft = path.with_name(f".{path.name}.part")
    try:
        _write(draft, export_id, open_)
        with draft.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        numbers = {one: shortened(h.record_no for h in each) for one, each in open_.items()}
        subject: dict[str, Fact] = {
            "export": export_id,
            "records": [f"{one} {','.join(each)}" for one, each in numbers.items()],
            "count": sum(map(len, open_.values())),
            "sha256": sha256,
        }
        sync(draft)
        record(workspace, action=EXPORTED, subject=subject, reason=reason)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return Exported(path, export_id, sum(map(len, open_.values())), len(open_))


def exported_records(workspace: Workspace, export_id: str) -> dict[str, frozenset[int]]:
    """Record numbers by delivery of an export, as the audit log has them.

    Raises:
        QuarantineError: If there was no such export.
        AuditError: If the log is damaged.
    """
    found = (e for e in entries(workspace, EXPORTED) if e.subject["export"] == export_id)
    entry: Entry | None = next(found, None)
    if entry is None:
        raise QuarantineError("the audit log knows no such export; is it another workspace's?")
    pairs = (text.split(" ") for text in entry.subject["records"])
    return {one: frozenset(spelled_out(numbers.split(","))) for one, numbers in pairs}


def values_of(delivery: Delivery, numbers: Iterable[int]) -> dict[int, dict[str, str]]:
    """Text of some records by heading, read again from the archived file.

    Raises:
        UnreadableError: If the file cannot be read any more.
    """
    wanted = sorted(set(numbers))
    try:
        return _values(delivery, wanted, strictly=False)
    except NotPlainError:
        return _values(delivery, wanted, strictly=True)


def faults_of(held: Held) -> list[Fault]:
    """What is wrong with a record, in Swedish, and the headings it is about."""
    return faults_of_records(
        [(held.line_no, BETWEEN.join(held.reasons))], held.source.profile, (), "sv"
    )


def faulty_headings(faults: Iterable[Fault], profile: Profile) -> frozenset[str]:
    """Columns of the file that faults are about."""
    named = {fault.column for fault in faults}
    return frozenset(
        name
        for name in read_columns(profile)
        if any(name == text or name in text.split(" + ") for text in named)
    )


def _shown(workspace: Workspace, held: Mapping[str, Sequence[Held]]) -> dict[str, Sequence[Held]]:
    """Records by delivery, without those about pupils whose rows the vault keeps."""
    shown: dict[str, Sequence[Held]] = {}
    for delivery_id, each in held.items():
        apart = records_apart(workspace.vault, each[0].source.delivery)
        kept = [one for one in each if one.record_no not in apart]
        if kept:
            shown[delivery_id] = kept
    return shown


def _write(draft: Path, export_id: str, held: Mapping[str, Sequence[Held]]) -> None:
    lines: dict[str, list[Line]] = {}
    profiles = {}
    for each in held.values():
        profile = each[0].source.profile
        profiles[profile.name] = profile
        lines.setdefault(profile.name, []).extend(_lines(each))
    sheets = {
        title: (profile, lines[profile.name])
        for title, profile in titles(list(profiles.values())).items()
    }
    files = [(one, each[0].source.file_name) for one, each in held.items()]
    write_workbook(draft, export_id, sheets, files)


def _lines(held: Sequence[Held]) -> list[Line]:
    source = held[0].source
    values = values_of(source.delivery, (one.record_no for one in held))
    told = {one.reasons: faults_of(one) for one in {one.reasons: one for one in held}.values()}
    to_do = {reasons: _to_do(faults) for reasons, faults in told.items()}
    faulty = {reasons: faulty_headings(faults, source.profile) for reasons, faults in told.items()}
    return [
        Line(
            delivery_id=source.delivery_id,
            record_no=one.record_no,
            line_no=one.line_no,
            reasons=BETWEEN.join(one.reasons),
            to_do=to_do[one.reasons],
            faulty=faulty[one.reasons],
            values=values[one.record_no],
        )
        for one in held
    ]


def _to_do(faults: Iterable[Fault]) -> str:
    """What is wrong and what to do, each said once."""
    said = (
        f"{fault.column + ': ' if fault.column else ''}{fault.text} {fault.remedy}"
        + (f" Eller begär undantag: {OR_WAIVE[fault.rule]}" if fault.rule in OR_WAIVE else "")
        for fault in faults
    )
    return "\n".join(dict.fromkeys(said))


def _values(
    delivery: Delivery, wanted: Sequence[int], *, strictly: bool
) -> dict[int, dict[str, str]]:
    container = load_containers()[delivery.profile.container]
    found: dict[int, dict[str, str]] = {}
    seen = 0
    for records in container.records(delivery.path, delivery.profile, strictly=strictly):
        here = [number for number in wanted if seen < number <= seen + len(records)]
        taken = {
            name: records.columns[name].take([number - seen - 1 for number in here]).to_pylist()
            for name in read_columns(delivery.profile)
        }
        for at, number in enumerate(here):
            found[number] = {name: texts[at] for name, texts in taken.items()}
        seen += len(records)
    return found


def _new_id() -> str:
    """Letters that nobody takes for a number."""
    return secrets.token_hex(ID_BYTES).translate(str.maketrans("0123456789", "ghijklmnop"))
