"""What is refused of a workbook before any of it is parsed: bombs, macros, external links."""

import zipfile
import zlib
from contextlib import suppress
from pathlib import Path
from xml.parsers import expat

from openpyxl.utils.exceptions import InvalidFileException

from pipelines.ingest.records import UnreadableError

BROKEN = (
    InvalidFileException,
    zipfile.BadZipFile,
    zlib.error,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)
"""What the parsers of workbooks raise when one is damaged."""

MOST_BYTES = 500 << 20
MOST_RATIO = 100
MOST_MEMBERS = 1000
PROLOG = 1 << 10
UNPACKING = (EOFError, OSError, RuntimeError, zlib.error)
"""What unpacking raises; a RuntimeError where the packing is unknown or asks for a password."""
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
            declares = any(_declares_entities(archive, member) for member in _small_xml(members))
    except (*UNPACKING, zipfile.BadZipFile):
        raise UnreadableError("format", "this is no XLSX workbook; save it as .xlsx") from None
    size = sum(member.file_size for member in members)
    packed = max(sum(member.compress_size for member in members), 1)
    names = [member.filename.lower() for member in members]
    if len(members) > MOST_MEMBERS or size > MOST_BYTES or size / packed > MOST_RATIO:
        raise UnreadableError("bomb", "the workbook unpacks to far more than a template holds")
    if any(word in name for name in names for word in REFUSED):
        raise UnreadableError("macro", "the workbook has macros or links; save a copy without")
    if declares:
        raise UnreadableError("format", "the workbook declares entities; save it again as .xlsx")


def _small_xml(members: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """The first members that are XML: of a bomb not all are looked at."""
    return [one for one in members[:MOST_MEMBERS] if one.filename.endswith((".xml", ".rels"))]


def _declares_entities(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    """Whether a document type stands before a member's first element."""
    found: list[str] = []
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = lambda *_: found.append("document type")
    parser.StartElementHandler = lambda *_: found.append("element")
    with archive.open(member) as source, suppress(expat.ExpatError):
        while not found and (part := source.read(PROLOG)):
            parser.Parse(part)
    return found[:1] == ["document type"]
