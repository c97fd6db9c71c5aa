"""The revision report as files: a workbook and a page for each correction, in the outbox.

For the operator alone: the figures are not suppressed.
"""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

import pandas as pd
from ibis import _
from openpyxl import Workbook

from pipelines.ingest.weighing import why_unknown
from pipelines.lake import Lake
from pipelines.releases.tables import SIMULATED, neutralised
from pipelines.workspace import Workspace
from schemas.contract import Contract
from schemas.deliveries import RevisionEffects, Revisions

FOLDER = "revisions"
PRIVATE = 0o600
SHEETS: tuple[tuple[str, str, type[Contract]], ...] = (
    ("Rader", "Vad rättelsen ändrar i tabellerna", Revisions),
    ("Indikatorer", "Vad den gör med skolornas indikatorer", RevisionEffects),
)
NOT_KNOWN = "Vad rättelsen gör med skolornas indikatorer kunde inte räknas ut och är inte känt"
PAGE = """<!doctype html>
<html lang="sv"><head><meta charset="utf-8"><title>Rättelse {name}</title>
<style>
body {{ font: 1rem/1.4 sans-serif; margin: 2rem; color: #222; }}
table {{ border-collapse: collapse; margin: 0 0 2rem; }}
th, td {{ border-bottom: 1px solid #ccc; padding: .25rem .75rem; text-align: left; }}
</style></head>
<body><h1>Rättelse: {name}</h1><p>{lead}</p>
{tables}
</body></html>
"""


def revisions_of(lake: Lake, delivery_id: str | None = None) -> pd.DataFrame:
    """Rows of :class:`schemas.deliveries.Revisions`, of one correction or all."""
    return _chosen(lake, Revisions, delivery_id)


def effects_of(lake: Lake, delivery_id: str | None = None) -> pd.DataFrame:
    """Rows of :class:`schemas.deliveries.RevisionEffects`, of one correction or all."""
    return _chosen(lake, RevisionEffects, delivery_id)


def write_pages(workspace: Workspace, delivery_id: str) -> tuple[Path, Path]:
    """Write the workbook and the page of one correction.

    Returns:
        Where they lie.
    """
    folder = workspace.outbox / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    row = next(row for row in workspace.ledger.rows() if row["delivery_id"] == delivery_id)
    stem = f"{Path(str(row['file_name'])).stem}_{delivery_id[:12]}"
    frames = [_chosen(workspace.lake, contract, delivery_id) for *_names, contract in SHEETS]
    unknown = why_unknown(workspace, delivery_id)
    lead = f"Status: {row['status']}. {row['cause'] or unknown or ''}"
    if unknown is not None:
        lead = f"{lead}. {NOT_KNOWN}"
    if workspace.is_simulated:
        lead = f"{SIMULATED}. {lead}"
    book, page = folder / f"{stem}.xlsx", folder / f"{stem}.html"
    _write_book(book, frames, lead)
    page.write_text(_page(stem, lead, frames), encoding="utf-8")
    for path in (book, page):
        path.chmod(PRIVATE)
    return book, page


def _chosen(lake: Lake, contract: type[Contract], delivery_id: str | None) -> pd.DataFrame:
    rows = lake.read(contract.table(), contract)
    if delivery_id is not None:
        rows = rows.filter(_.delivery_id == delivery_id)
    found: pd.DataFrame = rows.order_by(contract.grain()).execute()
    return found


def _headings(contract: type[Contract]) -> list[str]:
    return [str(column.title) for column in contract.to_schema().columns.values()]


def _cells(frame: pd.DataFrame) -> Iterable[list[str | int | float]]:
    for row in frame.to_dict("records"):
        yield [_cell(value) for value in row.values()]


def _cell(value: object) -> str | int | float:
    if isinstance(value, str):
        return neutralised(value)
    number = float(str(value))
    if pd.isna(number):
        return "."
    return int(number) if number.is_integer() else round(number, 6)


def _write_book(path: Path, frames: Sequence[pd.DataFrame], lead: str) -> None:
    book = Workbook(write_only=True)
    for (name, title, contract), frame in zip(SHEETS, frames, strict=True):
        sheet = book.create_sheet(name)
        sheet.append([f"{title}. {lead}"])
        sheet.append(_headings(contract))
        for cells in _cells(frame):
            sheet.append(cells)
    book.save(path)


def _page(stem: str, lead: str, frames: Sequence[pd.DataFrame]) -> str:
    tables = "\n".join(
        f"<h2>{escape(title)}</h2>\n{_html(_headings(contract), _cells(frame))}"
        for (_name, title, contract), frame in zip(SHEETS, frames, strict=True)
    )
    return PAGE.format(name=escape(stem), lead=escape(lead), tables=tables)


def _html(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    body = "\n".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>"
