"""A quarantine's way out and back: exported, corrected as an operator does it, handed in."""

import openpyxl

from pipelines.core import core_contracts, core_table
from pipelines.quarantine.exports import export
from pipelines.quarantine.listing import held_records
from pipelines.quarantine.mending import resubmit
from pipelines.quarantine.workbook import GUIDE, OURS


def exported(workspace, chosen=None):
    """The path of a workbook with the records held back."""
    return export(workspace, held_records(workspace, chosen), reason="rättelse").path


def layout_sheets(book):
    """The sheets of a workbook that hold records."""
    return [sheet for sheet in book.worksheets if sheet.title != GUIDE]


def rows_of(path):
    """Every row of every layout's sheet, by heading."""
    book = openpyxl.load_workbook(path)
    found = []
    for sheet in layout_sheets(book):
        heads, *rows = sheet.iter_rows(values_only=True)
        found += [dict(zip(heads, (cell or "" for cell in row), strict=True)) for row in rows]
    book.close()
    return found


def corrected(path, changes):
    """Change cells where there is such a heading: ``{record: {heading: text}}``; None deletes."""
    book = openpyxl.load_workbook(path)
    for sheet in layout_sheets(book):
        heads = [cell.value for cell in sheet[1]]
        for place in range(sheet.max_row, 1, -1):
            number = int(sheet.cell(place, heads.index("Post") + 1).value)
            if number in changes and changes[number] is None:
                sheet.delete_rows(place)
                continue
            for heading, text in changes.get(number, {}).items():
                if heading not in heads:
                    continue
                sheet.cell(place, heads.index(heading) + 1).value = text
    book.save(path)
    book.close()
    return path


def mended(workspace, changes, chosen=None):
    """Export, correct and hand in."""
    path = corrected(exported(workspace, chosen), changes)
    return resubmit(workspace, path, reason="rättad av skolan")


def core(workspace, table):
    """A core table by grain, without where each row stood."""
    contract = core_contracts()[table]
    rows = core_table(workspace, contract).to_pyarrow().to_pylist()
    grain = contract.grain()
    found = {}
    for row in rows:
        key = tuple(row[name] for name in grain)
        assert key not in found, "a key stands twice"
        found[key] = {n: v for n, v in row.items() if n not in ("delivery_id", "record_no")}
    return found


def places(workspace, table):
    """Delivery and record of each row of a core table."""
    rows = core_table(workspace, core_contracts()[table]).to_pyarrow().to_pylist()
    return [(row["delivery_id"], row["record_no"]) for row in rows]


def ours(row):
    """Our columns of an exported row."""
    return {name: row[name] for name in OURS}
