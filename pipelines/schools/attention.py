"""Handing the attention list to a school's own team: a workbook for that school, and no other.

Pupils are written by identity number where the school's own register in the archive has it and
the vault links it to that pupil; whom the vault keeps apart stays a pseudonym, as does whoever
is in no register of the school. The audit log is told before the file is written.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ibis import _

from pipelines.audit import record
from pipelines.ingest.identity import identities_of
from pipelines.ingest.vault import at_school
from pipelines.schools.attention_book import Row, Sheet, attention_book
from pipelines.schools.outbox import ATTENTION, write_alone, write_to_outbox
from pipelines.schools.places import Places
from pipelines.schools.prefill import PUPIL, Archive
from pipelines.workspace import Workspace
from schemas.attention import AttentionList, HitRates
from schemas.calendar import term_order
from schemas.pupils import Enrolments
from schemas.rules import ATTENTION_DAYS_KEPT, in_force

WRITTEN = "attention.write"
BIRTH_DIGITS = 8


class AttentionError(RuntimeError):
    """There is no list to hand over; never tells of a pupil."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """A list that was written.

    Attributes:
        path: The workbook.
        term: Its term.
        pupils: Pupils on it [count].
        numbers: Those written by identity number [count].
        delete_by: The day it must be deleted.
    """

    path: Path
    term: str
    pupils: int
    numbers: int
    delete_by: dt.date


def write_attention_list(
    workspace: Workspace,
    school_id: str,
    *,
    term: str | None = None,
    out: Path | None = None,
    with_numbers: bool = True,
) -> HandedOver:
    """Write a school's list as a workbook that the operator alone can read (mode 0600).

    Args:
        workspace: Where tables, deliveries, vault and outbox are.
        school_id: Whose list.
        term: Which term; the latest that has lists, if left out.
        out: A file to write instead of one in the outbox.
        with_numbers: Whether pupils are written by identity number.

    Raises:
        AttentionError: If the school is in no register, or no list of the term has been made.
        VaultError: If the vault cannot answer; then nothing is written.
        AuditError: If it cannot be entered in the audit log; then nothing is written.
    """
    places = Places.of(workspace)
    if school_id not in places.schools:
        raise AttentionError(f"no school {school_id} is in the registers")
    term = term or _latest_term(workspace)
    rows = _rows(workspace, school_id, term)
    numbers = _numbers(workspace, school_id, term) if with_numbers and rows else {}
    known = {student: numbers[student] for row in rows if (student := _student(row)) in numbers}
    made_on = dt.datetime.now(dt.UTC).date()
    sheet = Sheet(
        school_name=places.name_of(school_id),
        term=term,
        month=str(rows[0]["month"]) if rows else term,
        made_on=made_on,
        delete_by=made_on + _kept(made_on),
        is_simulated=workspace.is_simulated,
    )
    content = attention_book(sheet, rows, known, _rates(workspace))
    _enter(workspace, sheet, school_id, counts=(len(rows), len(known)))
    path = _put(workspace, f"uppmarksamhet_{school_id}_{term}.xlsx", content, school_id, out=out)
    return HandedOver(
        path=path, term=term, pupils=len(rows), numbers=len(known), delete_by=sheet.delete_by
    )


def _latest_term(workspace: Workspace) -> str:
    terms = [path.stem for path in workspace.lake.paths(AttentionList.table())]
    if not terms:
        raise AttentionError("no list has been made; run `samverkan run`")
    return max(terms, key=term_order)


def _rows(workspace: Workspace, school_id: str, term: str) -> list[Row]:
    if not workspace.lake.path(AttentionList.table(), term).exists():
        raise AttentionError(f"no list of {term} has been made")
    table = workspace.lake.read(AttentionList.table(), AttentionList, partitions=[term])
    rows: list[Row] = table.filter(_.school_id == school_id).to_pyarrow().to_pylist()
    return rows


def _rates(workspace: Workspace) -> Sequence[Row]:
    rows: list[Row] = workspace.lake.read(HitRates.table(), HitRates).to_pyarrow().to_pylist()
    return rows


def _numbers(workspace: Workspace, school_id: str, term: str) -> dict[str, str]:
    """Identity numbers by ``student_id``, of the school's own register; the vault links them."""
    named = {"school_id": school_id, "term": term}
    texts = [str(row[PUPIL]) for row in Archive(workspace).known_rows(Enrolments, named)]
    if not texts:
        return {}
    found = identities_of(texts, today=dt.datetime.now(dt.UTC).date())
    keys = [
        at_school(number, school_id) if found.is_temporary[place] else number
        for place, number in enumerate(found.numbers)
    ]
    students = workspace.vault.known_ids(keys)
    return {
        student: f"{number[:BIRTH_DIGITS]}-{number[BIRTH_DIGITS:]}"
        for place, (student, number) in enumerate(zip(students, found.numbers, strict=True))
        if student is not None and place not in found.faults
    }


def _enter(workspace: Workspace, sheet: Sheet, school_id: str, *, counts: tuple[int, int]) -> None:
    pupils, numbers = counts
    record(
        workspace,
        action=WRITTEN,
        subject={
            "school": school_id,
            "term": sheet.term,
            "month": sheet.month,
            "pupils": pupils,
            "rows_with_identity_numbers": numbers,
            "delete_by": sheet.delete_by.isoformat(),
        },
        reason="Attention list for the school's own team",
    )


def _put(
    workspace: Workspace, name: str, content: bytes, school_id: str, *, out: Path | None
) -> Path:
    if out is not None:
        write_alone(out, content)
        return out
    return write_to_outbox(workspace.outbox, school_id, ATTENTION, {name: content}) / name


def _student(row: Row) -> str:
    return str(row["student_id"])


def _kept(day: dt.date) -> dt.timedelta:
    return dt.timedelta(days=in_force(ATTENTION_DAYS_KEPT, f"{day:%Y-%m}").value)
