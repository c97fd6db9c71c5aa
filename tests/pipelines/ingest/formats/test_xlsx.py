"""Workbooks: cells as the text they show, and what is refused before it is parsed."""

import datetime as dt
import re
import zipfile

import openpyxl
import pytest

from pipelines.ingest.formats import sheets, workbooks, xlsx
from pipelines.ingest.formats.xlsx import CONTAINER
from pipelines.ingest.profiles import parse_profile
from pipelines.ingest.records import UnreadableError
from tests.pipelines.ingest.deliveries import workbook

LAYOUT = """
name = "three"
container = "xlsx"
dataset = "three"
file_name = 'three\\.xlsx'
columns = ["Kod", "Namn", "Rest"]
[[tables]]
table = "core.districts"
[tables.cells]
district_id = {column = "Kod"}
district_name = {column = "Namn"}
"""
THREE = parse_profile(LAYOUT)
NAMED = parse_profile('sheet = "Elever"\n' + LAYOUT)
TOLD_TO_NOBODY = "Hemlig"
HEADINGS = ["Kod", "Namn", "Rest"]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "three.xlsx"


def read(path, profile=THREE):
    """Rows as text, the row of the sheet each stands on, and the faults."""
    rows, lines, faults = [], [], {}
    for records in CONTAINER.records(path, profile, strictly=False):
        columns = [column.to_pylist() for column in records.columns.values()]
        faults |= {len(rows) + at: fault for at, fault in records.faults.items()}
        rows += [list(row) for row in zip(*columns, strict=True)]
        lines += records.lines.tolist()
    return rows, lines, faults


def refusal(path, profile=THREE):
    with pytest.raises(UnreadableError) as error:
        read(path, profile)
    assert TOLD_TO_NOBODY not in str(error.value)
    assert error.value.__suppress_context__ or error.value.__context__ is None
    return error.value.cause


def rewritten(path, change, *, also=()):
    """The same archive with each member changed, and some more."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            changed = change(name, content)
            if changed is not None:
                archive.writestr(name, changed)
        for name, content in also:
            archive.writestr(name, content)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (7, "7"),
        (7.0, "7"),
        (-3.0, "-3"),
        (36.5, "36.5"),
        (211101150000.0, "211101150000"),
        (1e16, "1e+16"),
        ("0123", "0123"),
        (" Åsa ", " Åsa "),
        (dt.datetime.fromisoformat("2016-03-01"), "2016-03-01"),
        (dt.date(2016, 3, 1), "2016-03-01"),
        (dt.datetime.fromisoformat("2016-03-01T08:10"), "2016-03-01T08:10:00"),
        (dt.time(8, 10), "08:10:00"),
        (True, "True"),
        (None, ""),
    ],
)
def test_a_cell_is_the_text_it_stands_for(path, cell, text):
    workbook(path, HEADINGS, [["a", cell, "c"]])
    assert read(path) == ([["a", text, "c"]], [2], {})


def test_a_formula_that_was_never_computed_holds_its_record_back(path):
    workbook(path, HEADINGS, [["a", "b", "c"], ["a", "=1+1", "c"]])
    assert read(path) == ([["a", "b", "c"], ["a", "", "c"]], [2, 3], {1: sheets.NOT_COMPUTED})
    rewritten(
        path,
        lambda _, content: content.replace(b"<v></v>", b"<v>2</v>").replace(b"<v />", b"<v>2</v>"),
    )
    assert read(path) == ([["a", "b", "c"], ["a", "2", "c"]], [2, 3], {})


def test_dates_count_from_the_workbooks_own_epoch(path):
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.active.append(HEADINGS)
    book.active.append(["a", dt.datetime.fromisoformat("2016-03-01"), "c"])
    book.save(path)
    book.close()
    assert read(path)[0] == [["a", "2016-03-01", "c"]]


def test_rows_and_cells_without_values_are_left_out_and_the_others_keep_their_line(path):
    rows = [["a", "b", "c"], [None, None, None], ["d"], [None, "", None], ["e", None, "f"]]
    workbook(path, HEADINGS, [*rows, [None] * 3, [None] * 3])
    assert read(path) == ([["a", "b", "c"], ["d", "", ""], ["e", "", "f"]], [2, 4, 6], {})


def test_a_value_right_of_the_headings_holds_its_record_back(path):
    workbook(path, HEADINGS, [["a", "b", "c", None, None], ["d", "e", "f", None, TOLD_TO_NOBODY]])
    rows, _, faults = read(path)
    assert rows == [["a", "b", "c"], ["d", "e", "f"]]
    assert faults == {1: "record: a value to the right of the last heading"}


def test_a_whole_number_written_with_decimals_is_whole(path):
    workbook(path, HEADINGS, [["a", 7, "c"]])
    rewritten(path, lambda _, content: content.replace(b"<v>7</v>", b"<v>7.0</v>"))
    assert read(path)[0] == [["a", "7", "c"]]


def test_empty_cells_right_of_the_headings_are_nothing(path):
    workbook(path, [*HEADINGS, "=1", None, "=1"], [["a", "b", "c"]])
    assert CONTAINER.headings(path, THREE) == HEADINGS
    assert CONTAINER.titles(path, THREE) == ""


def test_columns_are_known_by_name(path):
    workbook(path, ["rest ", "KOD", "Namn"], [["c", "a", "b"]])
    (records,) = CONTAINER.records(path, THREE, strictly=True)
    assert {name: column[0].as_py() for name, column in records.columns.items()} == {
        "Rest": "c",
        "Kod": "a",
        "Namn": "b",
    }


def test_many_rows_come_in_parts(path, monkeypatch):
    monkeypatch.setattr(xlsx, "ROWS_AT_ONCE", 3)
    workbook(path, HEADINGS, [["a", n, None] for n in range(10)])
    rows, lines, _ = read(path)
    assert rows == [["a", str(n), ""] for n in range(10)]
    assert lines == list(range(2, 12))


@pytest.mark.parametrize("said", ["A1", "A1:B2", "A1:ZZ999"])
def test_a_sheet_that_is_wrong_about_its_size_is_read_whole(path, said):
    workbook(path, HEADINGS, [["a", "b", "c"], ["d", "e", "f"]])
    rewritten(
        path,
        lambda name, content: (
            re.sub(rb'<dimension ref="[^"]*"', f'<dimension ref="{said}"'.encode(), content)
            if name.endswith("sheet1.xml")
            else content
        ),
    )
    assert read(path)[0] == [["a", "b", "c"], ["d", "e", "f"]]


def test_only_the_declared_sheet_is_read(path):
    book = openpyxl.Workbook()
    book.active.append([TOLD_TO_NOBODY])
    sheet = book.create_sheet("Elever")
    sheet.append(HEADINGS)
    sheet.append(["a", "b", "c"])
    book.save(path)
    book.close()
    assert read(path, NAMED)[0] == [["a", "b", "c"]]
    assert refusal(path) == "sheet"


def test_a_sheet_named_as_the_files_of_its_layout_is_the_one_to_read(path):
    book = openpyxl.Workbook()
    book.active.append([TOLD_TO_NOBODY])
    sheet = book.create_sheet("three")
    sheet.append(HEADINGS)
    sheet.append(["a", "b", "c"])
    book.save(path)
    book.close()
    assert read(path)[0] == [["a", "b", "c"]]


def test_hidden_rows_are_rows(path):
    book = openpyxl.Workbook()
    for row in (HEADINGS, ["a", "b", "c"], ["d", "e", "f"]):
        book.active.append(row)
    book.active.row_dimensions[2].hidden = True
    book.active.column_dimensions["A"].hidden = True
    book.save(path)
    book.close()
    assert read(path)[0] == [["a", "b", "c"], ["d", "e", "f"]]


def test_merged_cells_under_the_header_refuse_the_workbook(path):
    book = openpyxl.Workbook()
    for row in (HEADINGS, ["a", "b", "c"], ["a", "b", TOLD_TO_NOBODY]):
        book.active.append(row)
    book.active.merge_cells("A2:A3")
    book.save(path)
    book.close()
    assert refusal(path) == "merged"


def test_rows_out_of_order_are_refused_and_not_left_out(path):
    workbook(path, HEADINGS, [["a", "b", "c"], ["d", "e", "f"]])
    rewritten(path, lambda _, content: content.replace(b'<row r="3"', b'<row r="2"'))
    assert refusal(path) == "format"


def test_titles_may_stand_above_the_header(path):
    profile = parse_profile("header_line = 3\n" + LAYOUT)
    workbook(path, ["Titel", None, "Valt: 2024"], [[], HEADINGS, ["a", "b", "c"]])
    assert CONTAINER.titles(path, profile) == "Titel Valt: 2024\n"
    assert read(path, profile) == ([["a", "b", "c"]], [4], {})


def test_a_workbook_without_the_declared_sheet_is_refused(path):
    workbook(path, HEADINGS, [["a", TOLD_TO_NOBODY, "c"]])
    assert refusal(path, NAMED) == "sheet"


def test_a_sheet_without_rows_is_refused(path):
    workbook(path, [], [])
    with pytest.raises(UnreadableError, match="the sheet is empty"):
        CONTAINER.headings(path, THREE)
    assert refusal(path) == "missing_column"


def test_a_header_and_nothing_else_has_no_records(path):
    workbook(path, HEADINGS, [])
    assert read(path) == ([], [], {})


def test_a_bomb_is_refused_by_what_it_says_it_unpacks_to(path, monkeypatch):
    workbook(path, HEADINGS, [["a", TOLD_TO_NOBODY, "c"]])
    rewritten(path, lambda _, content: content, also=[("xl/media/zeros", b"\0" * (4 << 20))])
    assert refusal(path) == "bomb"
    workbook(path, HEADINGS, [["a", TOLD_TO_NOBODY, "c"]])
    assert read(path)[1] == [2]
    for limit in ("MOST_MEMBERS", "MOST_BYTES"):
        with monkeypatch.context() as lower:
            lower.setattr(workbooks, limit, 3)
            assert refusal(path) == "bomb"


@pytest.mark.parametrize("member", ["xl/vbaProject.bin", "xl/externalLinks/externalLink1.xml"])
def test_macros_and_links_are_refused(path, member):
    workbook(path, HEADINGS, [["a", TOLD_TO_NOBODY, "c"]])
    rewritten(path, lambda _, content: content, also=[(member, b"x")])
    assert refusal(path) == "macro"


def test_entities_are_not_unfolded(path):
    workbook(path, HEADINGS, [["a", TOLD_TO_NOBODY, "c"]])
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>'

    def armed(name, content):
        head = content.find(b"<worksheet")
        return content[:head] + bomb + content[head:] if name.endswith("sheet1.xml") else content

    rewritten(path, armed)
    assert refusal(path) == "format"


@pytest.mark.parametrize(
    "content",
    [b"", b"Kod,Namn,Rest\n", b"PK\x03\x04" + b"x" * 90, b"\xd0\xcf\x11\xe0" + b"\0" * 90],
)
def test_what_is_no_zip_file_is_refused(path, content):
    path.write_bytes(content)
    assert refusal(path) == "format"


BROKEN = {
    "no workbook": lambda name, content: None if name == "[Content_Types].xml" else content,
    "no workbook part": lambda name, content: None if name.endswith("workbook.xml") else content,
    "a type that says nothing": lambda name, content: (
        re.sub(rb"<Override[^>]*main\+xml[^>]*>", b"", content)
        if name == "[Content_Types].xml"
        else content
    ),
    "a sheet that is missing": lambda name, content: (
        None if name.endswith("sheet1.xml") else content
    ),
    "a sheet that stops": lambda name, content: (
        content[: len(content) // 2] if name.endswith("sheet1.xml") else content
    ),
    "a sheet that is no XML": lambda name, content: (
        b"not XML" if name.endswith("sheet1.xml") else content
    ),
    "styles that are no XML": lambda name, content: (
        b"<styleSheet" if name.endswith("styles.xml") else content
    ),
    "no worksheet at all": lambda name, content: (
        re.sub(rb"<sheet [^>]*/>", b"", content) if name.endswith("workbook.xml") else content
    ),
    "a cell of another kind": lambda name, content: (
        content.replace(b"<v>", b"<v>x") if name.endswith("sheet1.xml") else content
    ),
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_a_broken_workbook_is_refused_and_not_quoted(path, change):
    workbook(path, HEADINGS, [["a", TOLD_TO_NOBODY, 3.5], ["b", "c", 4]])
    rewritten(path, change)
    assert refusal(path) in ("format", "sheet")


def test_a_workbook_with_bytes_turned_over_is_refused(path):
    workbook(path, HEADINGS, [[f"k{n}", TOLD_TO_NOBODY, n] for n in range(200)])
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("xl/worksheets/sheet1.xml").header_offset + 60
    content[start : start + 40] = bytes(reversed(content[start : start + 40]))
    path.write_bytes(content)
    assert refusal(path) == "format"
