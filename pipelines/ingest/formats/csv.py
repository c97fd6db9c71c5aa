"""CSV: delimited text in a declared dialect.

A plain file is cut at line ends into blocks and read by Arrow, each distinct value once. Whatever
is not plain (a quoted line end, a stray quote, a record of another length, prose after an empty
line) is read by the strict splitter of the standard library instead, record by record.
"""

import csv
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TextIO

import numpy as np
import pyarrow as pa
from pyarrow import compute
from pyarrow import csv as arrow_csv

from pipelines.ingest.completeness import counted_at_end
from pipelines.ingest.formats.headers import readable_headings, without_second_header
from pipelines.ingest.profiles import Profile
from pipelines.ingest.records import (
    NotPlainError,
    Records,
    UnreadableError,
    compare_headings,
    encoded,
    in_profile_order,
)

BLOCK_BYTES = 24 << 20
PARSED_AT_ONCE = 2 << 20
LONGEST_FIELD = 1 << 16
LONGEST_LINE = 64 << 20
MOST_HEADER_BYTES = 64 << 10
SPLIT_AT_ONCE = 50_000
BOM = b"\xef\xbb\xbf"
MOJIBAKE = "\u00c3\u00a5".encode()
ZEROS = b"\0" * 16
NEWLINE, RETURN, QUOTE = b'\n\r"'
EMPTY_LINES = (b"\n\n", b"\n\r\n")
FIRST_NOT_ASCII = 128
TRAILING = ""
csv.field_size_limit(2**31 - 1)  # a longer field than LONGEST_FIELD is a fault of its record alone
OTHER_FORMATS = {
    b"PK\x03\x04": "a zip or XLSX file",
    b"\xd0\xcf\x11\xe0": "an old Excel file (.xls) or an encrypted workbook",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}


@dataclass(frozen=True, slots=True)
class CsvContainer:
    """Delimited text files."""

    def headings(self, path: Path, profile: Profile) -> list[str] | None:
        """The fields of the header line; None for a file without a header.

        Raises:
            UnreadableError: If the file is empty, of another format, or not in its encoding.
        """
        head = _head(path, profile)
        if profile.header_line == 0:
            return None
        if len(head) < profile.header_line:
            raise UnreadableError("no_header", f"no header on line {profile.header_line}")
        line = head[profile.header_line - 1].rstrip("\r\n")
        if "\r" in line:
            raise UnreadableError(
                "line_ends", "lines end in a bare CR; save the file with CRLF", profile.header_line
            )
        split = next(csv.reader([line], delimiter=profile.delimiter), [])
        fields = readable_headings(split, profile.header_line)
        if profile.trailing_delimiter and fields and fields[-1] == "":
            fields.pop()
        if len(fields) == 1 and len(profile.columns) > 1:
            raise UnreadableError(
                "dialect",
                f"the header is one field; the delimiter must be {profile.delimiter!r}",
                profile.header_line,
            )
        return fields

    def titles(self, path: Path, profile: Profile) -> str:
        """The lines above the header."""
        return "".join(_head(path, profile)[: max(profile.header_line - 1, 0)])

    def records(self, path: Path, profile: Profile, *, strictly: bool) -> Iterator[Records]:
        """The records in order, fast unless they must be split strictly.

        Raises:
            NotPlainError: If the file must be split strictly.
            UnreadableError: If the file cannot be read whole.
        """
        found = self.headings(path, profile)
        if found is not None:
            compare_headings(found, profile)
        names = list(profile.columns) if found is None else in_profile_order(found, profile)
        has_prose = profile.ends_at_empty_line or profile.trailer is not None
        read = _split if strictly or has_prose else _blocks
        yield from without_second_header(read(path, profile, names), profile.header_line)


CONTAINER = CsvContainer()


def _head(path: Path, profile: Profile) -> list[str]:
    with path.open("rb") as file:
        start = file.read(MOST_HEADER_BYTES)
    if not start.strip():
        raise UnreadableError("empty", "the file is empty; export it again")
    for magic, kind in OTHER_FORMATS.items():
        if start.startswith(magic):
            raise UnreadableError("format", f"this is {kind}, not CSV; save it as CSV UTF-8")
    lines = start.removeprefix(BOM).split(b"\n")[: profile.header_line or 1]
    if len(start) == MOST_HEADER_BYTES and len(lines[-1]) > MOST_HEADER_BYTES // 2:
        raise UnreadableError("header", "the header is longer than any layout's")
    return [_decoded(line + b"\n", profile, at) for at, line in enumerate(lines, 1)]


def _decoded(line: bytes, profile: Profile, at: int) -> str:
    try:
        return line.decode(profile.encoding)
    except UnicodeDecodeError:
        raise UnreadableError(
            "encoding", f"not {profile.encoding}; save the file as {profile.encoding}", at
        ) from None


def _blocks(path: Path, profile: Profile, names: list[str]) -> Iterator[Records]:
    line = profile.header_line + 1
    with path.open("rb") as file:
        for _ in range(profile.header_line):
            file.readline()
        for block in _cut(file):
            records = _plain(block, profile, names, first_line=line)
            line += len(records)
            yield records


def _cut(file: io.BufferedReader) -> Iterator[memoryview]:
    """Blocks of whole lines; the last line gets the line end it may lack.

    One buffer serves every block: a view is good until the next one is asked for.

    Raises:
        UnreadableError: If a line has no end for longer than any record is.
    """
    size = os.fstat(file.fileno()).st_size
    buffer = bytearray(min(BLOCK_BYTES, size + 1))  # most files are far smaller than a block
    kept = 0
    if file.tell() == 0 and file.read(len(BOM)) != BOM:
        file.seek(0)
    while read := file.readinto(memoryview(buffer)[kept:]):
        filled = kept + read
        end = buffer.rfind(b"\n", 0, filled) + 1
        kept = filled - end
        if end:
            yield memoryview(buffer)[:end]
            buffer[:kept] = buffer[end:filled]
        elif filled == len(buffer):
            buffer = _larger(buffer)
    if kept:
        yield memoryview(buffer[:kept] + b"\n")


def _larger(buffer: bytearray) -> bytearray:
    """A buffer of twice the size that begins with what is read."""
    if len(buffer) > LONGEST_LINE:
        raise UnreadableError("line_ends", "lines have no end; save the file with CRLF")
    return buffer + bytearray(len(buffer))


def _plain(block: memoryview, profile: Profile, names: list[str], *, first_line: int) -> Records:
    """Records of a block in which every line is one record.

    Raises:
        NotPlainError: If that is not so, or Arrow finds another number of records.
    """
    if profile.encoding != "utf-8":
        block = _recoded(block, profile.encoding)
    if not _is_simple(block) or not _has_paired_quotes(block, ord(profile.delimiter)):
        raise NotPlainError
    fields = [*names, TRAILING] if profile.trailing_delimiter else names
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(pa.py_buffer(block)),
            read_options=arrow_csv.ReadOptions(
                block_size=PARSED_AT_ONCE,
                column_names=fields,
                use_threads=len(block) > PARSED_AT_ONCE,
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=profile.delimiter, ignore_empty_lines=False
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(fields, pa.dictionary(pa.int32(), pa.string())),
                null_values=[],
                include_columns=[name for name in names if name not in profile.ignored],
            ),
        )
    except pa.ArrowInvalid:
        raise NotPlainError from None
    if table.num_rows != _count(block, b"\n"):
        raise NotPlainError
    table = table.unify_dictionaries()
    columns = {name: _one_chunk(table.column(name)) for name in table.column_names}
    values = [column.dictionary for column in columns.values()]
    if any(map(_has_endless, values)) or (all(map(_has_empty, values)) and _has_gap(block)):
        raise NotPlainError
    lines = np.arange(first_line, first_line + table.num_rows)
    return Records(lines=lines, columns=columns)


def _recoded(block: memoryview, encoding: str) -> memoryview:
    try:
        return memoryview(bytes(block).decode(encoding).encode())
    except UnicodeDecodeError:
        raise NotPlainError from None


def _one_chunk(column: pa.ChunkedArray) -> pa.DictionaryArray:
    combined = column.combine_chunks()
    return combined.chunk(0) if isinstance(combined, pa.ChunkedArray) else combined


def _is_simple(block: memoryview) -> bool:
    """Whether nothing stands in a block that needs a closer look."""
    has_lone_return = _has(block, b"\r") and _count(block, b"\r") != _count(block, b"\r\n")
    if has_lone_return or _has(block, b"\0"):
        return False
    is_ascii = np.frombuffer(block, np.uint8).max() < FIRST_NOT_ASCII
    return bool(is_ascii) or not _has(block, MOJIBAKE)


def _has_gap(block: memoryview) -> bool:
    """Whether a line is empty, which Arrow reads as a record of empty values."""
    return bytes(block).startswith((b"\n", b"\r\n")) or any(map(partial(_has, block), EMPTY_LINES))


def _has(block: memoryview, what: bytes) -> bool:
    return bool(_whole(block).find(what, 0, len(block)) >= 0)


def _count(block: memoryview, what: bytes) -> int:
    return _whole(block).count(what, 0, len(block))


def _whole(block: memoryview) -> bytearray | bytes:
    """The bytes a view is the beginning of; a view itself cannot be searched."""
    assert isinstance(block.obj, bytearray | bytes)  # noqa: S101 - made by _cut and _recoded
    return block.obj


def _has_empty(values: pa.StringArray) -> bool:
    return bool(compute.index(values, "").as_py() >= 0)


def _has_endless(values: pa.StringArray) -> bool:
    longest = compute.max(compute.binary_length(values)).as_py()
    return longest is not None and longest > LONGEST_FIELD


def _has_paired_quotes(block: memoryview, delimiter: int) -> bool:
    """Whether every quoted field is closed on its line, between delimiters."""
    if not _has(block, b'"'):
        return True
    seen = np.frombuffer(block, np.uint8)
    ends, quotes = np.flatnonzero(seen == NEWLINE), np.flatnonzero(seen == QUOTE)
    if len(quotes) % 2:
        return False
    opening, closing = quotes[0::2], quotes[1::2]
    if np.any(np.searchsorted(ends, opening) != np.searchsorted(ends, closing)):
        return False
    before = np.where(opening > 0, seen[opening - 1], NEWLINE)
    after = seen[closing + 1]
    starts = np.isin(before, [delimiter, NEWLINE, QUOTE])
    stops = np.isin(after, [delimiter, NEWLINE, RETURN, QUOTE])
    return bool(np.all(starts & stops))


def _split(path: Path, profile: Profile, names: list[str]) -> Iterator[Records]:
    """Records one by one, each with its line and what is wrong with its shape."""
    lines: list[int] = []
    rows: list[list[str]] = []
    for line, fields in _strictly(path, profile, len(names)):
        lines.append(line)
        rows.append(fields)
        if len(rows) == SPLIT_AT_ONCE:
            yield _gathered(lines, rows, names, profile)
            lines, rows = [], []
    if rows:
        yield _gathered(lines, rows, names, profile)


def _strictly(path: Path, profile: Profile, width: int) -> Iterator[tuple[int, list[str]]]:
    expected = width + profile.trailing_delimiter
    is_ended = _is_ended(path) or counted_at_end(path, profile) is not None
    empty: list[int] = []
    line, found = 0, expected
    with _opened(path, profile) as source:
        numbered = _numbered(_lines(source, path, profile), profile)
        for line, fields in _without_trailer(numbered, profile):
            found = len(fields)
            if fields:
                yield from ((at, []) for at in empty)
                empty.clear()
                yield line, _without_phantom(fields, profile, width)
            elif profile.ends_at_empty_line:
                return
            else:
                empty.append(line)
    if found < expected and not is_ended:
        raise UnreadableError("truncated", "the file stops inside a record; export it again", line)


def _without_trailer(
    lines: Iterator[tuple[int, list[str]]], profile: Profile
) -> Iterator[tuple[int, list[str]]]:
    """The lines but for a trailer, which is one only if nothing but empty lines follow it."""
    kept: list[tuple[int, list[str]]] = []
    for line, fields in lines:
        is_trailer = profile.trailer is not None and bool(
            profile.trailer.fullmatch(profile.delimiter.join(fields).strip())
        )
        if fields:
            yield from kept
            kept.clear()
        if is_trailer or kept:
            kept.append((line, fields))
        else:
            yield line, fields


def _is_ended(path: Path) -> bool:
    """Whether the last line has an end.

    Raises:
        UnreadableError: If the file ends in zeros, as a copy to a full disk does.
    """
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - len(ZEROS), 0))
        last = file.read()
    if last == ZEROS:
        raise UnreadableError("binary_tail", "the file ends in empty bytes; copy it again")
    return last.endswith(b"\n")


def _opened(path: Path, profile: Profile) -> TextIO:
    """The text of a file without its byte order mark, every line end as it is."""
    file = path.open("rb")
    if file.read(len(BOM)) != BOM:
        file.seek(0)
    return io.TextIOWrapper(file, profile.encoding, newline="")


def _lines(source: TextIO, path: Path, profile: Profile) -> Iterator[str]:
    """Lines under the header, each with its end, whichever of the three that is.

    Raises:
        UnreadableError: If a byte is none of the encoding, or letters were encoded twice.
    """
    line = 0
    try:
        for line, text in enumerate(source, 1):
            if MOJIBAKE.decode() in text:
                words = "letters are encoded twice; export the file again"
                raise UnreadableError("mojibake", words, line)
            if line > profile.header_line:
                yield text
    except UnicodeDecodeError:
        raise _undecodable(path, profile) from None


def _undecodable(path: Path, profile: Profile) -> UnreadableError:
    """Where the first byte is that is none of the encoding."""
    before = 0
    with path.open("rb") as file:
        for line, content in enumerate(file, 1):
            try:
                content.decode(profile.encoding)
            except UnicodeDecodeError as error:
                words = f"byte {before + error.start + 1} is not {profile.encoding}"
                return UnreadableError(
                    "encoding", f"{words}; save the file as {profile.encoding}", line
                )
            before += len(content)
    return UnreadableError("encoding", f"not {profile.encoding}; save the file as such")


def _without_phantom(fields: list[str], profile: Profile, width: int) -> list[str]:
    """A record without the empty field after a trailing delimiter."""
    has_one = profile.trailing_delimiter and len(fields) == width + 1 and fields[-1] == ""
    return fields[:-1] if has_one else fields


def _numbered(source: Iterator[str], profile: Profile) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line it starts on."""
    reader = csv.reader(source, delimiter=profile.delimiter, strict=True)
    while True:
        line = profile.header_line + reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise UnreadableError(
                "quote", "a quotation mark is not closed or stands inside a field", line
            ) from None
        yield line, fields


def _gathered(
    lines: list[int], rows: list[list[str]], names: list[str], profile: Profile
) -> Records:
    faults = {at: fault for at, row in enumerate(rows) if (fault := _fault(row, len(names)))}
    blank = [""] * len(names)
    whole = [blank if at in faults else row for at, row in enumerate(rows)]
    read = [(i, name) for i, name in enumerate(names) if name not in profile.ignored]
    columns = {name: encoded([row[i] for row in whole]) for i, name in read}
    return Records(lines=np.array(lines), columns=columns, faults=faults)


def _fault(row: list[str], width: int) -> str | None:
    if len(row) != width:
        return f"record: {len(row)} fields instead of {width}"
    if any("\0" in field for field in row):
        return "record: nul_byte"
    if any(len(field) > LONGEST_FIELD for field in row):
        return "record: too_long"
    if any("\r" in field for field in row):
        return "record: carriage return inside a field"
    return None
