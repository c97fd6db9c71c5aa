"""The reader of sheets beside two others: the same workbook, the same texts."""

import datetime as dt
import io

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900
from python_calamine import CalamineWorkbook

from pipelines.ingest.formats.sheets import MOST_COLUMNS, NOT_A_DATE, Look, as_text, sheet_rows
from pipelines.ingest.records import UnreadableError
from tests.pipelines.ingest.mutations import with_shared_strings

SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
EARLIEST = dt.datetime.fromisoformat("1990-01-01")
LATEST = dt.datetime.fromisoformat("2100-01-01")
PLAIN = Look(["första", "andra"], frozenset({1, 2}), frozenset({2}), CALENDAR_WINDOWS_1900)

TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn")), min_size=1
)
CELLS = st.one_of(
    st.none(),
    TEXTS.filter(lambda text: not text.startswith("=") and text.strip() == text),
    st.integers(-(10**12), 10**12),
    st.floats(-1e6, 1e6).map(lambda number: round(number, 3)),
    st.booleans(),
    st.dates(dt.date(1990, 1, 1), dt.date(2100, 1, 1)),
    st.datetimes(EARLIEST, LATEST).map(
        lambda moment: moment.replace(microsecond=0)
    ),
)  # fmt: skip
TABLES = st.lists(st.lists(CELLS, min_size=4, max_size=4), min_size=1, max_size=6)


def saved(rows, epoch=CALENDAR_WINDOWS_1900):
    book = openpyxl.Workbook()
    book.epoch = epoch
    book.active.append(["a", "b", "c", "d"])
    for row in rows:
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    book.close()
    return content.getvalue()


def ours(content):
    """Texts by line, padded to four columns."""
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    sheet = book.worksheets[0]
    spans = frozenset(book._timedelta_formats)
    look = Look(sheet._shared_strings, frozenset(book._date_formats), spans, book.epoch)
    with sheet._get_source() as source:
        found = [(row.cells + [""] * 4)[:4] for row in sheet_rows(source, look)]
    book.close()
    return found


def by_openpyxl(content):
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    found = [
        [as_text(cell) for cell in row] for row in book.worksheets[0].iter_rows(values_only=True)
    ]
    book.close()
    return [(row + [""] * 4)[:4] for row in found]


def by_calamine(content):
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
    found = [[as_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    return [(row + [""] * 4)[:4] for row in found]


def cut_empty(rows):
    """Rows up to the last one with anything in it."""
    while rows and not any(rows[-1]):
        rows = rows[:-1]
    return rows


@settings(max_examples=60, deadline=None)
@given(rows=TABLES, is_mac=st.booleans(), is_shared=st.booleans())
def test_three_readers_find_the_same_texts(rows, is_mac, is_shared):
    content = saved(rows, CALENDAR_MAC_1904 if is_mac else CALENDAR_WINDOWS_1900)
    content = with_shared_strings(content) if is_shared else content
    found = cut_empty(ours(content))
    assert found == cut_empty(by_openpyxl(content))
    assert found == cut_empty(by_calamine(content))


def rows_of(body, look=PLAIN):
    source = io.BytesIO(
        f'<worksheet xmlns="{SPACE}"><sheetData>{body}</sheetData></worksheet>'.encode()
    )
    return [(row.line, row.cells, row.fault) for row in sheet_rows(source, look)]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("<c><v>7</v></c>", "7"),
        ("<c><v>007</v></c>", "7"),
        ("<c><v>2.01001E+11</v></c>", "201001000000"),
        ('<c t="s"><v>1</v></c>', "andra"),
        ('<c t="str"><f>A1</f><v></v></c>', ""),
        ('<c t="b"><v>0</v></c>', "False"),
        ('<c t="e"><v>#N/A</v></c>', "#N/A"),
        ('<c t="d"><v>2016-03-01T00:00:00</v></c>', "2016-03-01"),
        ('<c t="inlineStr"><is><r><t>a</t></r><rPh><t>x</t></rPh><r><t>b</t></r></is></c>', "ab"),
        ('<c s="1"><v>42430</v></c>', "2016-03-01"),
        ('<c s="2"><v>0.5</v></c>', "12:00:00"),
        ('<c s="1"><v>999999999999</v></c>', NOT_A_DATE),
    ],
)
def test_a_cell_of_each_kind_is_its_text(cell, text):
    assert rows_of(f"<row>{cell}</row>") == [(1, [text] if text else [], None)]


def test_cells_keep_their_columns_and_far_ones_are_not_lost():
    body = (
        '<row r="3"><c r="C3"><v>1</v></c><c r="XFD3"><v>2</v></c></row><row><c><v>3</v></c></row>'
    )
    (first, cells, _), (second, _, _) = rows_of(body)
    assert (first, second) == (3, 4)
    assert cells[:3] == ["", "", "1"]
    assert (len(cells), cells[-1]) == (MOST_COLUMNS, "2")


@pytest.mark.parametrize(
    "body",
    [
        '<row r="2"/><row r="2"/>',
        '<row r="9999999"/>',
        '<row><c r="AAAA1"><v>1</v></c></row>',
        '<row><c r="1"><v>1</v></c></row>',
        '<row><c t="s"><v>-1</v></c></row>',
        '<row><c t="s"><v>2</v></c></row>',
        "<row><c>",
    ],
)
def test_a_damaged_sheet_is_refused(body):
    with pytest.raises(UnreadableError) as error:
        rows_of(body)
    assert error.value.cause == "format"
