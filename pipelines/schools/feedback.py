"""Feedback files: what each sender is told of each file, as a page and as a workbook.

Written to the outbox, one folder per school or project. A feedback file names rows and columns
and never a value, so it may be sent as it is.
"""

import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from pipelines.ingest.profiles import VERSION
from pipelines.ingest.supplements import is_supplement
from pipelines.schools.answers import Answer, answer_of_delivery, shown_name, status_of
from pipelines.schools.faults import Fault, FaultGroup, grouped
from pipelines.schools.outbox import FEEDBACK, write_to_outbox
from pipelines.schools.places import Places, scope_of
from pipelines.schools.sheets import (
    book_bytes,
    new_workbook,
    print_wide,
    put_header,
    put_note,
    put_rows,
    put_title,
    set_widths,
)
from pipelines.workspace import Workspace
from schemas.codes import DELIVERY_STATUSES

PAGES = Path(__file__).parent / "pages"
SUMMARY = "sammanfattning.html"
TOLD = ".told.json"
MOST_ON_A_PAGE = 300
MOST_IN_A_BOOK = 20_000
LETTERS_OF_ID = 12
LONGEST_STEM = 90

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The one line a reader must not miss.

    Attributes:
        tone: ``good``, ``mend`` or ``stop``.
        title: In a few words.
        text: What it means for the rows.
    """

    tone: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Told:
    """What was written.

    Attributes:
        files: Feedback files [count], page and workbook counted once.
        summaries: Summaries [count].
        folders: Where they lie.
    """

    files: int
    summaries: int
    folders: tuple[Path, ...]


def write_new_feedback(workspace: Workspace) -> Told:
    """Write feedback on what changed since the last time: on files with faults, and summaries.

    Left out are files without faults, those that a later file took the place of, and records
    that the operator mended. Run after ingestion; what was told stands beside the outbox's
    folders, so that a file the operator has sent and removed is not written again.
    """
    rows = workspace.ledger.rows()
    told = _told_before(workspace)
    sent = [row for row in rows if not is_supplement(str(row["file_name"]))]
    changed = [row for row in sent if told.get(str(row["delivery_id"])) != _state(row)]
    if not changed:
        return Told(0, 0, ())
    done = _write(workspace, rows, changed, only_open=True)
    states = {str(row["delivery_id"]): _state(row) for row in rows}
    write_to_outbox(workspace.outbox, ".", ".", {TOLD: json.dumps(states).encode()})
    return done


def write_feedback(workspace: Workspace, delivery_ids: Sequence[str]) -> Told:
    """Write feedback on some deliveries, with faults or without, and their senders' summaries.

    Args:
        workspace: Where everything lies.
        delivery_ids: SHA-256 of each.
    """
    rows = workspace.ledger.rows()
    wanted = set(delivery_ids)
    return _write(workspace, rows, [r for r in rows if r["delivery_id"] in wanted], only_open=False)


def feedback_rows(workspace: Workspace) -> list[dict[str, object]]:
    """The answer on every delivery, with the columns of ``quarantine.feedback``."""
    rows = workspace.ledger.rows()
    places = Places.of(workspace)
    in_force = _in_force(rows)
    return [
        {
            "delivery_id": row["delivery_id"],
            "receiver": places.owner_of(row),
            "answer": status_of(row),
            "to_correct": row["quarantined"],
            "is_open": "yes" if _is_open(row, in_force) else "no",
        }
        for row in rows
    ]


def feedback_page(
    answer: Answer, row: Row, *, owner: str, next_name: str, is_simulated: bool
) -> str:
    """The feedback on one file as a page of its own: no script, nothing from elsewhere.

    Args:
        answer: What to tell.
        row: The delivery's line of the ledger.
        owner: Name of the school or project.
        next_name: What the corrected file is to be called.
        is_simulated: Whether to say that everybody is invented.
    """
    of_records = _of_records(answer)
    return (
        _environment()
        .get_template("feedback.html.j2")
        .render(
            title=f"Återkoppling på {answer.file}",
            answer=answer,
            owner=owner,
            is_simulated=is_simulated,
            verdict=verdict_on(answer),
            facts=_facts(answer, row),
            steps=steps_for(answer, next_name),
            problems=_of_file(answer),
            groups=grouped(of_records),
            rows=of_records[:MOST_ON_A_PAGE],
            left_out=max(len(of_records) - MOST_ON_A_PAGE, 0),
            has_cells=any(fault.cell for fault in of_records),
            delivery=str(row["delivery_id"])[:LETTERS_OF_ID],
        )
    )


def feedback_book(answer: Answer, row: Row, *, owner: str, next_name: str) -> bytes:
    """The same feedback as a workbook, with a line to tick off for each cell to correct."""
    book, first = new_workbook("Återkoppling")
    verdict = verdict_on(answer)
    put_title(first, 1, f"Återkoppling på {answer.file}")
    lines = [owner, f"{verdict.title}. {verdict.text}", ""]
    lines += [f"{name}: {value}" for name, value in _facts(answer, row)]
    lines += ["", *(f"{at}. {step}" for at, step in enumerate(steps_for(answer, next_name), 1))]
    for at, line in enumerate(lines, 2):
        put_note(first, at, line)
    table = len(lines) + 3
    groups = [*map(_group_of, _of_file(answer)), *grouped(_of_records(answer))]
    if groups:
        put_header(first, table, ("Rader", "Kolumn", "Vad som är fel", "Gör så här", "Antal"))
        put_rows(
            first,
            table + 1,
            [(g.places, g.column, g.text, g.remedy, g.records or None) for g in groups],
        )
    set_widths(first, (22, 30, 55, 55, 8))
    print_wide(first)
    if answer.faults:
        sheet = book.create_sheet("Att rätta")
        put_header(sheet, 1, ("Rad", "Cell", "Kolumn", "Vad som är fel", "Gör så här", "Klart"))
        found = answer.faults[:MOST_IN_A_BOOK]
        put_rows(sheet, 2, [(f.line, f.cell, f.column, f.text, f.remedy, None) for f in found])
        set_widths(sheet, (8, 12, 30, 55, 60, 8))
        sheet.freeze_panes = "A2"
        sheet.auto_filter.ref = f"A1:F{len(found) + 1}"
        print_wide(sheet, header_row=1)
    return book_bytes(book)


def verdict_on(answer: Answer) -> Verdict:
    """The verdict on a file in Swedish."""
    if answer.status == "unreadable":
        return Verdict("stop", "Filen kunde inte läsas", "Inga uppgifter ur filen används.")
    if answer.status == "held":
        return Verdict(
            "stop", "Filen väntar", "Inga uppgifter ur filen används förrän det är avgjort."
        )
    if answer.status == "superseded":
        return Verdict("good", "Ersatt", "En senare fil gäller i stället för den här.")
    if answer.status == "to_correct":
        return Verdict(
            "mend",
            f"{answer.to_correct} av {_rows(answer.records)} behöver rättas",
            f"{_rows(answer.accepted)} är godkända och används. Övriga används inte förrän en "
            "rättad fil har kommit.",
        )
    return Verdict("good", "Godkänd", f"{_rows(answer.records)} är mottagna.")


def steps_for(answer: Answer, next_name: str) -> list[str]:
    """What the sender does next, in order; nothing for a file that is accepted."""
    if answer.is_accepted:
        return []
    if answer.status == "held":
        return [
            "Ta reda på vilken av filerna som är den rätta.",
            f"Skicka den igen med namnet {next_name}.",
        ]
    is_unknown = any(fault.rule == "unknown" for fault in answer.faults)
    name = "med det namn som mallen har" if is_unknown else f"som {next_name}"
    return [
        "Öppna er egen fil och rätta det som står nedan.",
        f"Spara den {name}.",
        "Prova gärna filen med samverkan check innan den skickas.",
        "Skicka hela filen igen, inte bara de rättade raderna: rader som saknas tas bort.",
    ]


def next_name(row: Row, rows: Iterable[Row]) -> str:
    """What a corrected file is to be called: the next version where this one was read.

    Args:
        row: The delivery to correct.
        rows: Every line of the ledger.
    """
    name = shown_name(str(row["file_name"]))
    if row["scope"] is None:
        return name
    scope = row["scope"]
    last = max(int(str(one["version"])) for one in (row, *rows) if one["scope"] == scope)
    stem, dot, ending = name.rpartition(".")
    return f"{re.sub(f'{VERSION}$', '', stem)}_v{last + 1}{dot}{ending}"


def _write(
    workspace: Workspace, rows: Sequence[Row], changed: Sequence[Row], *, only_open: bool
) -> Told:
    places = Places.of(workspace)
    in_force = _in_force(rows)
    owners = {str(row["delivery_id"]): places.owner_of(row) for row in rows}
    written = 0
    folders = []
    for owner in sorted({owners[str(row["delivery_id"])] for row in changed}):
        of_owner = [row for row in rows if owners[str(row["delivery_id"])] == owner]
        files: dict[str, bytes] = {}
        for row in changed:
            is_wanted = not only_open or _is_open(row, in_force)
            if owners[str(row["delivery_id"])] == owner and is_wanted:
                files |= _files_on(workspace, row, of_owner, places.name_of(owner))
                written += 1
        folder = workspace.outbox / owner / FEEDBACK
        known = {*files, *(path.name for path in folder.glob("*.html"))}
        open_rows = [row for row in of_owner if _is_open(row, in_force)]
        page = _summary(workspace, of_owner, open_rows, known, places.name_of(owner))
        folders.append(
            write_to_outbox(workspace.outbox, owner, FEEDBACK, {**files, SUMMARY: page.encode()})
        )
    return Told(written, len(folders), tuple(folders))


def _files_on(
    workspace: Workspace, row: Row, of_owner: Sequence[Row], owner: str
) -> dict[str, bytes]:
    answer = answer_of_delivery(workspace, row)
    name = next_name(row, of_owner)
    page = feedback_page(
        answer, row, owner=owner, next_name=name, is_simulated=workspace.is_simulated
    )
    return {
        f"{_stem(row)}.html": page.encode(),
        f"{_stem(row)}.xlsx": feedback_book(answer, row, owner=owner, next_name=name),
    }


def _summary(
    workspace: Workspace,
    of_owner: Sequence[Row],
    open_rows: Sequence[Row],
    known: set[str],
    owner: str,
) -> str:
    settled = [row for row in of_owner if row not in open_rows]
    return (
        _environment()
        .get_template("summary.html.j2")
        .render(
            title=f"Mottagna filer från {owner}",
            is_simulated=workspace.is_simulated,
            as_of=dt.datetime.now(dt.UTC).date().isoformat(),
            open=[_line(row, known) for row in reversed(open_rows)],
            settled=[_line(row, known) for row in reversed(settled)],
        )
    )


def _line(row: Row, known: set[str]) -> dict[str, object]:
    page = f"{_stem(row)}.html"
    status = next((c.sv for c in DELIVERY_STATUSES if c.code == row["status"]), row["status"])
    return {
        "file": shown_name(str(row["file_name"])),
        "received": str(row["received_at"])[:10],
        "status": status,
        "records": row["records"],
        "accepted": row["accepted"],
        "to_correct": row["quarantined"],
        "link": page if page in known else "",
    }


def _in_force(rows: Iterable[Row]) -> set[str]:
    """What there is a delivery in force about."""
    return {str(row["scope"]) for row in rows if row["status"] == "active"}


def _is_open(row: Row, in_force: set[str]) -> bool:
    """Whether the sender has something to correct that no later file has made good."""
    if row["status"] == "rejected":
        return scope_of(row) not in in_force
    return row["status"] == "held" or (row["status"] == "active" and bool(row["quarantined"]))


def _of_file(answer: Answer) -> list[Fault]:
    """What is wrong with the file itself."""
    whole = answer.status == "unreadable"
    return [fault for fault in answer.faults if whole or fault.line is None]


def _of_records(answer: Answer) -> list[Fault]:
    """What is wrong with its records."""
    if answer.status == "unreadable":
        return []
    return [fault for fault in answer.faults if fault.line is not None]


def _group_of(fault: Fault) -> FaultGroup:
    return FaultGroup(
        column=fault.column,
        letters="",
        text=fault.text,
        remedy=fault.remedy,
        records=0,
        places=str(fault.line or "hela filen"),
    )


def _facts(answer: Answer, row: Row) -> list[tuple[str, str]]:
    counts = [
        ("Rader i filen", answer.records),
        ("Godkända", answer.accepted),
        ("Att rätta", answer.to_correct),
        ("Exakta dubbletter (räknas en gång)", answer.duplicates),
    ]
    received = ("Mottagen", str(row["received_at"])[:16].replace("T", " ") + " UTC")
    if answer.status == "unreadable":
        return [received]
    return [received, *((name, str(count)) for name, count in counts)]


def _stem(row: Row) -> str:
    """A file name from a delivery's own, with nothing in it that a file system minds."""
    stem = re.sub(r"[^\w-]+", "-", shown_name(str(row["file_name"])).replace("#", "x"))
    return f"{stem[:LONGEST_STEM].strip('-')}_{str(row['delivery_id'])[:8]}"


def _rows(count: int) -> str:
    return "1 rad" if count == 1 else f"{count} rader"


def _state(row: Row) -> str:
    return f"{row['status']} {row['quarantined']} {row['file_name']}"


def _told_before(workspace: Workspace) -> dict[str, str]:
    path = workspace.outbox / TOLD
    try:
        told: dict[str, str] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return told


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(PAGES),
        autoescape=select_autoescape(("j2", "html")),
        undefined=StrictUndefined,
        trim_blocks=True,
    )
