"""Workbooks (XLSX) that are the same bytes whenever they are written."""

import io
import re
import zipfile
from collections.abc import Sequence

from openpyxl import Workbook

LONG_AGO = (2000, 1, 1, 0, 0, 0)
STAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def workbook_bytes(sheet: str, header: Sequence[str], rows: Sequence[Sequence[str | int]]) -> bytes:
    """One sheet; numbers are written as numbers and texts as texts."""
    book = Workbook(write_only=True)
    page = book.create_sheet(sheet)
    for row in (header, *rows):
        page.append(row)
    written = io.BytesIO()
    book.save(written)
    return _without_times(written.getvalue())


def _without_times(package: bytes) -> bytes:
    steady = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as parts, zipfile.ZipFile(steady, "w") as copy:
        for name in parts.namelist():
            content = parts.read(name)
            if name == "docProps/core.xml":
                content = STAMP.sub(b"2000-01-01T00:00:00Z", content)
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            copy.writestr(entry, content)
    return steady.getvalue()
