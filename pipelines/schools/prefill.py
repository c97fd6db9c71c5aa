"""What a template can be filled with: rows that the same sender delivered before.

The vault holds no identity numbers, so they are read again from the sender's own delivery in
the archive. Records held back then are left out, and those that only the vault may show. Nothing
of a row is logged.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
from pyarrow import parquet

from pipelines.ingest.apart import records_apart
from pipelines.ingest.blocks import Delivery
from pipelines.ingest.formats.registry import load_containers
from pipelines.ingest.placing import archived
from pipelines.ingest.profiles import Profile, TableMapping
from pipelines.ingest.records import UnreadableError
from pipelines.ingest.verdicts import ColumnJudge
from pipelines.lake import raw_table
from pipelines.schools.answers import profile_named
from pipelines.schools.sheets import Value
from pipelines.workspace import Workspace
from schemas.calendar import school_year_of_term, term_of_month, term_order
from schemas.contract import Delivered, load_contracts
from schemas.deliveries import Quarantine

PUPIL = "student_id"
END = "end_date"

Known = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Carried:
    """What a template takes over from an earlier delivery.

    Attributes:
        source: Table of the earlier delivery.
        columns: Columns that are still true.
        within_year: Columns that are still true in the same school year only.
    """

    source: str
    columns: tuple[str, ...]
    within_year: tuple[str, ...] = ()


CARRIED: Mapping[str, tuple[Carried, ...]] = {
    "core.attendance": (
        Carried("core.enrolments", (PUPIL,)),
        Carried("core.attendance", (PUPIL,)),
    ),
    "core.enrolments": (
        Carried(
            "core.enrolments",
            (PUPIL, "start_date", "residence_district_id", "newly_arrived"),
            ("grade_level", "class_name"),
        ),
    ),
    "core.grades": (Carried("core.grades", (PUPIL, "subject_code", "scale_id")),),
    "core.participation": (
        Carried(
            "core.participation",
            (PUPIL, "school_id", "start_date", "planned_end_date", END, "end_reason"),
        ),
    ),
}
"""What each table's template takes over; the first source that there is."""


@dataclass(frozen=True)
class Archive:
    """Deliveries in force, to read again.

    Attributes:
        workspace: Where they lie.
    """

    workspace: Workspace

    @cached_property
    def _active(self) -> list[tuple[Profile, Mapping[str, str], str]]:
        found: list[tuple[Profile, Mapping[str, str], str]] = []
        for row in self.workspace.ledger.rows():
            profile = profile_named(str(row["profile"])) if row["status"] == "active" else None
            if profile is not None:
                named = profile.named(str(row["file_name"])) or {}
                found.append((profile, named, str(row["delivery_id"])))
        return found

    def known_rows(self, contract: type[Delivered], named: Mapping[str, str]) -> list[Known]:
        """Rows to fill a template with, in the order they were delivered.

        Args:
            contract: Whose template.
            named: What the file's name says it is about; its columns are filled from that.
        """
        for carried in CARRIED.get(contract.table(), ()):
            latest = self._latest(carried.source, named)
            if latest is not None:
                profile, source_named, delivery_id = latest
                is_same_year = _school_year(source_named) == _school_year(named)
                columns = carried.columns + (carried.within_year if is_same_year else ())
                rows = self._rows(profile, delivery_id, carried.source)
                return list(_filled(rows, columns, contract, named))
        return []

    def _latest(
        self, table: str, named: Mapping[str, str]
    ) -> tuple[Profile, Mapping[str, str], str] | None:
        """The newest delivery of a table by the same sender, not later than the file's period."""
        owner = _owner(named)
        fitting = [
            one
            for one in self._active
            if _owner(one[1]) == owner
            and _carries(one[0], table)
            and _order(one[1]) <= _order(named, whole="9999")
        ]
        return max(fitting, key=lambda one: _order(one[1]), default=None)

    def _rows(self, profile: Profile, delivery_id: str, table: str) -> list[Known]:
        """The accepted records of a delivery as a template writes them; none if unreadable."""
        mapping = next(one for one in profile.tables if one.table == table)
        texts = self._texts(profile, delivery_id)
        columns = {
            name: _written(mapping, name, [row[cell.column] for row in texts])
            for name, cell in mapping.cells.items()
            if cell.column and cell.column not in ("*", *profile.ignored)
        }
        return [{name: values[at] for name, values in columns.items()} for at in range(len(texts))]

    def _texts(self, profile: Profile, delivery_id: str) -> list[dict[str, str]]:
        container = load_containers()[profile.container]
        path = archived(self.workspace, delivery_id)
        held = self._held(delivery_id)
        texts: list[dict[str, str]] = []
        try:
            held |= self._apart(profile, delivery_id)
            for records in container.records(path, profile, strictly=True):
                texts += pa.table(dict(records.columns)).to_pylist()
        except (UnreadableError, OSError):
            return []
        return [row for number, row in enumerate(texts, 1) if number not in held]

    def _apart(self, profile: Profile, delivery_id: str) -> set[int]:
        entry = self.workspace.ledger.entries([delivery_id])[delivery_id]
        path = archived(self.workspace, delivery_id)
        delivery = Delivery(delivery_id, path, entry.file_name, profile)
        return records_apart(self.workspace.vault, delivery)

    def _held(self, delivery_id: str) -> set[int]:
        path = self.workspace.lake.path(raw_table(Quarantine.table()), delivery_id)
        if not path.exists():
            return set()
        return set(parquet.read_table(path, columns=["record_no"])["record_no"].to_pylist())


def _filled(
    rows: Sequence[Known],
    columns: Sequence[str],
    contract: type[Delivered],
    named: Mapping[str, str],
) -> Iterator[Known]:
    """Rows with what is still true, each once, without those that had ended before."""
    first_day = _first_day(named)
    seen = set()
    for row in rows:
        end = row.get(END)
        kept = {name: row.get(name) for name in columns}
        key = tuple(kept.values())
        if key in seen or (end is not None and str(end) < first_day):
            continue
        seen.add(key)
        given = {name: named[name] for name in contract.columns() if name in named}
        yield {**kept, **given}


def _written(mapping: TableMapping, name: str, texts: Sequence[str]) -> list[Value]:
    """A column as the template writes it: codes in Swedish, dates as dates."""
    contract = load_contracts()[mapping.table]
    if name == PUPIL or not issubclass(contract, Delivered):
        return [text.strip() for text in texts]
    distinct = list(dict.fromkeys(texts))
    judged = ColumnJudge(contract, name, mapping.cells[name]).judge(distinct)
    swedish = {code.code: code.sv for code in contract.codes(name)}
    values = {
        text: swedish.get(value, value) if isinstance(value, str) else value
        for text, value in zip(distinct, judged.values.to_pylist(), strict=True)
    }
    return [values[text] for text in texts]


def _carries(profile: Profile, table: str) -> bool:
    """Whether a layout has whole rows of a table, a record each."""
    return any(one.table == table and not one.unpivot for one in profile.tables)


def _owner(named: Mapping[str, str]) -> tuple[str | None, str | None]:
    return named.get("school_id"), named.get("project_id")


def _term(named: Mapping[str, str]) -> str | None:
    return named.get("term") or (term_of_month(named["month"]) if "month" in named else None)


def _school_year(named: Mapping[str, str]) -> str:
    term = _term(named)
    return school_year_of_term(term) if term else named.get("school_year", "")


def _order(named: Mapping[str, str], *, whole: str = "") -> tuple[int, str]:
    """Grows with the period a file is about; ``whole`` is the place of a term among its months."""
    term = _term(named)
    return (term_order(term) if term else 0), named.get("month", whole)


def _first_day(named: Mapping[str, str]) -> str:
    """First day of the period, ISO; a pupil who had left before is not asked for."""
    if "month" in named:
        return f"{named['month']}-01"
    term = _term(named)
    return "" if term is None else f"{term[:4]}-{'08' if term.endswith('HT') else '01'}-01"
