"""One pupil's path: from an indicator's values to the pupil's own rows and the lines they stood on.

Only with the vault's consent: whoever asks can read the vault's key and says why, which is
entered in the audit log before anything is read. The log tells who asked, not about whom; a keyed
digest of the pupil lets whoever has the key find out. The rows are shown and stored nowhere.
"""

import datetime as dt
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis

from pipelines.audit import record
from pipelines.explaining import UnknownError
from pipelines.indicators.registry import KEYS, Indicator
from pipelines.ingest.identity import identity_of
from pipelines.lines import lines_of
from pipelines.tracing import (
    KINDS,
    Step,
    in_longer,
    kind_of_period,
    period_of,
    rows_behind,
    steps,
)
from pipelines.workspace import Workspace
from schemas.codes import MISSING_REASONS
from schemas.contract import load_contracts
from schemas.indicators import IndicatorValues

LOOKED_UP = "explain.pupil"
DIGEST_LETTERS = 16
WORDS = {code.code: code.en for code in MISSING_REASONS}
SOURCE_PERIOD = "source_period"
OF_DELIVERY = ("delivery_id", "file_name", "received_at", "status")
NOT_TOLD = frozenset({"student_id", "delivery_id", "record_no"})


class ConsentError(PermissionError):
    """A pupil may not be looked up; says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of the pupil's own.

    Attributes:
        table: Where it lies, ``core.attendance``.
        figures: Its columns by name; the pupil's own.
        record_no: Record in the file.
        line_no: Line of the file it starts on; None if it cannot be found again.
        delivery_id: SHA-256 of the file.
        file_name: As dropped in the inbox.
        received_at: UTC, ISO 8601.
        version: 1, or as the file's name says.
        status: Where the delivery stands now.
    """

    table: str
    figures: Mapping[str, object]
    record_no: int
    line_no: int | None
    delivery_id: str
    file_name: str
    received_at: str
    version: int
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PupilValue:
    """What the indicator says of the pupil at a school in a period.

    Attributes:
        school_id: The school.
        period: Month, term or school year.
        numerator: None without a value.
        denominator: None without a value.
        value: Numerator over denominator, times the indicator's scale.
        missing: Why there is no value, in words.
        rows: The rows it rests on.
    """

    school_id: str
    period: str
    numerator: float | None
    denominator: float | None
    value: float | None
    missing: str | None
    rows: tuple[Row, ...]


def consented_pupil(
    workspace: Workspace, asked: str, *, is_identity: bool, about: Mapping[str, str], reason: str
) -> str:
    """The ``student_id`` of a pupil who may be looked up, once that is in the audit log.

    A number that the vault does not know is entered as well: the answer tells something, too.

    Args:
        workspace: Where everything lies.
        asked: A ``student_id``, or an identity number as schools write it.
        is_identity: Which of the two; the number itself is written nowhere.
        about: What is looked up, for the log.
        reason: Why; one line, about no person.

    Raises:
        ConsentError: If the vault's key cannot be read by whoever asks.
        IdentityError: If it is no identity number; the message does not quote it.
        AuditError: If it cannot be entered.
        UnknownError: If the vault knows no such number; nothing is entered in the vault.
    """
    path = workspace.vault.folder / "key"
    if not os.access(path, os.R_OK):
        raise ConsentError("a pupil is looked up only by who may read the vault's key")
    student_id: str | None = asked
    if is_identity:
        number = identity_of(asked, today=dt.datetime.now(dt.UTC).date()).number
        (student_id,) = workspace.vault.known_ids([number])
    subject = {**about, "by": "identity" if is_identity else "student_id"}
    sealed = _digest(path, student_id) if student_id else "unknown"
    record(workspace, action=LOOKED_UP, subject={**subject, "pupil": sealed}, reason=reason)
    if student_id is None:
        raise UnknownError("the vault knows no pupil of that number")
    return student_id


def pupil_path(
    workspace: Workspace, student_id: str, indicator: Indicator, period: str | None = None
) -> tuple[PupilValue, ...]:
    """What an indicator says of a pupil, with the rows and lines behind it; ask for consent first.

    Args:
        workspace: Where everything lies.
        student_id: The pupil.
        indicator: Which.
        period: Month, term or school year; all if left out.

    Raises:
        UnknownError: If the pupil has no value there and should have none.
    """
    values = workspace.lake.read(indicator.table, IndicatorValues)
    own = values.filter(values.student_id == student_id)
    if period is not None:
        kind = kind_of_period(period) or ""
        if kind not in KINDS[KINDS.index(indicator.period) :]:
            raise UnknownError(f"{indicator.name} is by {indicator.period}; {period} is none")
        own = own.filter(in_longer(own.period, indicator.period, kind) == period)
    found = own.order_by("period", "school_id").to_pyarrow().to_pylist()
    if not found:
        raise UnknownError(f"no value of {indicator.name} for that pupil, and none is expected")
    own = ibis.memtable(own.to_pyarrow())
    behind = _rows_behind(workspace, indicator, own.select(*KEYS), student_id)
    return tuple(_value(indicator, one, behind) for one in found)


Place = tuple[str, str]
"""School and period of a value."""


def _value(
    indicator: Indicator, found: Mapping[str, Any], behind: Mapping[Place, list[Row]]
) -> PupilValue:
    place = found["school_id"], found["period"]
    n, d = found["numerator"], found["denominator"]
    return PupilValue(
        school_id=place[0],
        period=place[1],
        numerator=n,
        denominator=d,
        value=None if n is None else indicator.per * n / d,
        missing=WORDS.get(found["missing"] or ""),
        rows=tuple(sorted(behind.get(place, []), key=_order)),
    )


def _rows_behind(
    workspace: Workspace, indicator: Indicator, own: ibis.Table, student_id: str
) -> dict[Place, list[Row]]:
    """Rows by the value that rests on them."""
    ledger = {str(row["delivery_id"]): row for row in workspace.ledger.rows()}
    found: dict[Place, list[Row]] = {}
    for step in steps(indicator):
        tables = _tables(workspace, step, student_id)
        behind = rows_behind(step, own, tables).to_pyarrow().to_pylist()
        rows = _by_record(step.table, tables[step.table])
        lines = _lines(workspace, behind, ledger)
        for one in behind:
            delivery = ledger[one["delivery_id"]]
            at = one["delivery_id"], one["record_no"]
            for figures in rows[*at, one["source_period"]]:
                row = _row(step.table, figures, delivery, lines.get(at))
                found.setdefault((one["school_id"], one["period"]), []).append(row)
    return found


def _tables(workspace: Workspace, step: Step, student_id: str) -> dict[str, ibis.Table]:
    """The tables of a step as far as they are about a pupil."""
    contracts = load_contracts()
    found = {}
    for name in [step.table, *filter(None, [step.summed_into])]:
        rows = workspace.lake.read(name, contracts[name])
        is_own = "student_id" in contracts[name].columns()
        found[name] = rows.filter(rows.student_id == student_id) if is_own else rows
    return found


def _by_record(
    table: str, rows: ibis.Table
) -> dict[tuple[str, int, str | None], list[dict[str, object]]]:
    """Rows by delivery, record and period: a record may fill several rows."""
    contract = load_contracts()[table]
    found: dict[tuple[str, int, str | None], list[dict[str, object]]] = {}
    keyed = rows.mutate(**{SOURCE_PERIOD: period_of(rows, contract)})
    for row in keyed.to_pyarrow().to_pylist():
        key = row["delivery_id"], row["record_no"], row.pop(SOURCE_PERIOD)
        found.setdefault(key, []).append(row)
    return found


def _lines(
    workspace: Workspace, behind: list[dict[str, Any]], ledger: Mapping[str, Mapping[str, object]]
) -> dict[tuple[str, int], int]:
    """Line by delivery and record; each file is read once."""
    wanted: dict[str, set[int]] = {}
    for one in behind:
        wanted.setdefault(one["delivery_id"], set()).add(one["record_no"])
    return {
        (delivery_id, number): line
        for delivery_id, numbers in wanted.items()
        for number, line in lines_of(workspace, ledger[delivery_id], numbers).items()
    }


def _row(
    table: str, figures: Mapping[str, Any], delivery: Mapping[str, object], line_no: int | None
) -> Row:
    contract = load_contracts()[table]
    return Row(
        table=table,
        figures={name: figures[name] for name in contract.columns() if name not in NOT_TOLD},
        record_no=figures["record_no"],
        line_no=line_no,
        version=int(str(delivery["version"])),
        **{name: str(delivery[name]) for name in OF_DELIVERY},
    )


def _order(row: Row) -> tuple[str, str, int]:
    return row.table, row.received_at, row.record_no


def _digest(key: Path, student_id: str) -> str:
    """What the log knows a pupil by: nothing without the vault's key."""
    sealed = hmac.digest(key.read_bytes(), b"audit|" + student_id.encode(), "sha256")
    return sealed.hex()[:DIGEST_LETTERS]
