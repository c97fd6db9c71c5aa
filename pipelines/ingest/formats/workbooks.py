"""What is refused of a workbook before any of it is parsed: bombs, macros, external links."""

import zipfile
from pathlib import Path

from pipelines.ingest.records import UnreadableError

MOST_BYTES = 500 << 20
MOST_RATIO = 100
MOST_MEMBERS = 1000
REFUSED = ("vbaproject.bin", "externallinks/", "externallink")


def refuse_unsafe(path: Path) -> None:
    """Look at what an XLSX file says it holds, and read none of it.

    Raises:
        UnreadableError: If it is no zip file, would unpack to far more than a template holds, or
            holds macros or links to other files.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except zipfile.BadZipFile:
        raise UnreadableError("format", "this is no XLSX workbook; save it as .xlsx") from None
    size = sum(member.file_size for member in members)
    packed = max(sum(member.compress_size for member in members), 1)
    names = [member.filename.lower() for member in members]
    if len(members) > MOST_MEMBERS or size > MOST_BYTES or size / packed > MOST_RATIO:
        raise UnreadableError("bomb", "the workbook unpacks to far more than a template holds")
    if any(word in name for name in names for word in REFUSED):
        raise UnreadableError("macro", "the workbook has macros or links; save a copy without")
