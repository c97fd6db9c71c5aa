"""Legacy workbooks: refused by their records before any cell is parsed."""

import io
import struct

import pytest
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ingest.formats.legacy_excel import MAGIC, MOST_COLUMNS, refuse_unsafe_legacy
from pipelines.ingest.formats.vklass import CONTAINER
from pipelines.ingest.records import UnreadableError
from tests.pipelines.ingest.deliveries import profile
from tests.pipelines.ingest.vklass_reports import class_block, legacy, pupil, report

GOOD = legacy(report(class_block("7A", *(pupil(n) for n in range(30)))))
WINDOW, SHEET, BOOK_LINK, PASSWORD, PROJECT, TEXTS = 0x3D, 0x85, 0x1AE, 0x2F, 0xD3, 0xFC
SECTOR = 512


def record(kind, body):
    return struct.pack("<HH", kind, len(body)) + body


def with_record(kind, body):
    """A workbook whose record on windows is another one instead."""
    at = GOOD.index(struct.pack("<HH", WINDOW, 18))
    return GOOD[:at] + record(kind, body.ljust(18, b"\0")[:18]) + GOOD[at + 22 :]


def with_entry(name):
    """A compound file whose unused directory entry is a stream of some name."""
    place = GOOD.index("Root Entry".encode("utf-16-le")) + 2 * 128
    letters = name.encode("utf-16-le")
    entry = letters.ljust(64, b"\0") + struct.pack("<H", len(letters) + 2)
    return GOOD[:place] + entry + GOOD[place + len(entry) :]


def cause(content):
    with pytest.raises(UnreadableError) as error:
        refuse_unsafe_legacy(content)
    assert "Hemlig" not in str(error.value)
    return error.value.cause


def test_a_plain_workbook_is_let_through():
    refuse_unsafe_legacy(GOOD)
    assert GOOD.startswith(MAGIC)


@pytest.mark.parametrize("name", ["_VBA_PROJECT_CUR", "VBA", "Macros"])
def test_macros_are_seen_by_their_storage(name):
    assert cause(with_entry(name)) == "macro"


def test_encryption_is_seen_by_its_storage_or_its_record():
    assert cause(with_entry("EncryptedPackage")) == "encrypted"
    assert cause(with_record(PASSWORD, b"")) == "encrypted"


def test_macros_are_seen_by_their_record_and_their_sheet():
    assert cause(with_record(PROJECT, b"")) == "macro"
    assert cause(with_record(SHEET, b"\0\0\0\0\0\1\0\0")) == "macro"
    refuse_unsafe_legacy(with_record(SHEET, b"\0\0\0\0\0\0\0\0"))
    refuse_unsafe_legacy(with_record(SHEET, b"\0\0\0\0\0\2\0\0"))


@pytest.mark.parametrize(("letters", "is_link"), [(0x0401, False), (0x3A01, False), (12, True)])
def test_links_to_other_books_are_refused_and_to_the_own_not(letters, is_link):
    content = with_record(BOOK_LINK, struct.pack("<HH", 1, letters))
    if is_link:
        assert cause(content) == "macro"
    else:
        refuse_unsafe_legacy(content)


def test_a_record_of_no_kind_does_not_end_the_walk():
    cells = struct.pack("<HHHH", 0, MOST_COLUMNS, 0, 0)
    nothing = record(0, b"")
    at = GOOD.index(struct.pack("<HH", WINDOW, 18))
    hidden = nothing + record(0x203, cells + b"\0" * 6)
    assert len(hidden) == 22
    assert cause(GOOD[:at] + hidden + GOOD[at + 22 :]) == "bomb"


def test_a_sheet_that_begins_inside_another_record_is_refused():
    assert cause(with_record(SHEET, struct.pack("<IBB", 30, 0, 0))) == "format"


def test_a_cell_far_to_the_right_or_more_texts_than_fit_is_a_bomb():
    for column in (MOST_COLUMNS - 1, MOST_COLUMNS):
        rows = [[""] * column + ["x"]]
        if column < MOST_COLUMNS:
            refuse_unsafe_legacy(legacy(rows))
        else:
            assert cause(legacy(rows)) == "bomb"
    assert cause(with_record(TEXTS, struct.pack("<II", 1, 1 << 31))) == "bomb"


def test_blank_cells_count_as_columns():
    def styled(book):
        for column in range(60, 70):
            book.get_sheet(0).write(0, column, "", xlwt.easyxf("font: bold on"))

    assert cause(legacy([["a"]], change=styled)) == "bomb"


@pytest.mark.parametrize("length", [0, 8, 40, 511, 512, 700])
def test_a_file_cut_off_is_refused(length):
    assert cause(GOOD[:length]) in ("format", "truncated")


def test_a_chain_of_sectors_without_end_is_refused():
    table = struct.unpack_from("<I", GOOD, 0x4C)[0]
    at = (table + 1) * SECTOR
    looped = GOOD[:at] + struct.pack("<I", 0) + GOOD[at + 4 :]
    assert cause(looped) == "format"


def test_a_list_of_sectors_that_leads_to_itself_is_refused():
    last = len(GOOD) // SECTOR - 2
    here = struct.pack("<I", last)
    assert cause(GOOD[:0x44] + here + GOOD[0x48:-4] + here) == "format"


def test_a_stream_that_begins_outside_the_file_is_refused():
    assert cause(GOOD[:0x30] + struct.pack("<I", 100_000) + GOOD[0x34:]) == "format"


def test_more_tables_than_sectors_are_refused():
    assert cause(GOOD[:0x4C] + struct.pack("<I", 0) * 109 + GOOD[SECTOR:]) == "format"


@pytest.mark.parametrize("sector", [1, 100_000])
def test_a_chain_that_nothing_here_follows_must_end_too(sector):
    """The library follows the chain of small streams as well, for ever if it has no end."""
    table = struct.unpack_from("<I", GOOD, 0x4C)[0]
    unused = (table + 1) * SECTOR + 4 * (len(GOOD) // SECTOR + 1)
    assert GOOD[unused : unused + 4] == struct.pack("<i", -1)
    own = (unused - (table + 1) * SECTOR) // 4
    looped = GOOD[:unused] + struct.pack("<I", own if sector == 1 else sector) + GOOD[unused + 4 :]
    if sector == 1:
        assert cause(looped) == "format"
    else:
        refuse_unsafe_legacy(looped)


def test_a_workbook_of_before_1997_is_refused():
    entry = "Workbook".encode("utf-16-le")
    older = "Book".encode("utf-16-le").ljust(len(entry), b"\0")
    at = GOOD.index(entry)
    lengths = struct.pack("<H", 10)
    assert (
        cause(GOOD[:at] + older + GOOD[at + 16 : at + 64] + lengths + GOOD[at + 66 :]) == "format"
    )


def test_a_stream_may_end_with_its_last_record():
    at = GOOD.index("Workbook".encode("utf-16-le")) + 0x78
    length = struct.unpack_from("<I", GOOD, at)[0]
    end = GOOD.rindex(struct.pack("<HH", 0x0A, 0), 0, SECTOR + length) + 4 - SECTOR
    refuse_unsafe_legacy(GOOD[:at] + struct.pack("<I", end) + GOOD[at + 4 :])


def test_a_workbook_of_more_sectors_than_its_header_lists_is_read_whole():
    book = xlwt.Workbook()
    sheet = book.add_sheet("Rapport")
    for row in range(9000):
        sheet.write(row, 0, f"{row:04d}" * 200)
    content = io.BytesIO()
    book.save(content)
    assert struct.unpack_from("<I", content.getvalue(), 0x48)[0] > 0
    refuse_unsafe_legacy(content.getvalue())


@settings(max_examples=150, deadline=None)
@given(
    place=st.integers(0, len(GOOD) - 1),
    bytes_=st.binary(min_size=1, max_size=8),
    cut=st.integers(0, len(GOOD)) | st.just(len(GOOD)),
)
def test_whatever_is_changed_the_file_is_read_or_refused(place, bytes_, cut, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "changed.xls"
    path.write_bytes((GOOD[:place] + bytes_ + GOOD[place + len(bytes_) :])[:cut])
    told = ""
    try:
        list(CONTAINER.records(path, profile("vklass_pupils"), strictly=False))
    except UnreadableError as error:
        told = str(error)
    assert "Hemlig" not in told
