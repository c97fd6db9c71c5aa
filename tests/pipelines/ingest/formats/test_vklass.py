"""Vklass reports: what is a record, what it becomes, and what is held back or refused."""

import io
import zipfile

import pytest
import xlrd
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ingest.formats import vklass, workbooks
from pipelines.ingest.formats.vklass import CONTAINER, minutes_of
from pipelines.ingest.records import UnreadableError
from tests.pipelines.ingest.deliveries import (
    ATTENDANCE_NAME,
    MONTH,
    SCHOOL,
    attendance,
    ingested,
    month_row,
    number,
    one,
    profile,
    reasons,
)
from tests.pipelines.ingest.vklass_reports import (
    HEADINGS,
    OF_PERIOD,
    PUPILS_NAME,
    SCHOOLS_NAME,
    class_block,
    legacy,
    modern,
    pupil,
    report,
    school_report,
)

WRITERS = {"xls": legacy, "xlsx": modern}
AMOUNTS = (
    "scheduled_minutes", "reported_minutes", "authorised_absence_minutes",
    "unauthorised_absence_minutes", "late_minutes", "other_activity_minutes",
)  # fmt: skip
TWO_CLASSES = report(
    class_block("7A", pupil(1), pupil(2)),
    class_block("8B", pupil(3, **{"F min": 0, "F %": "0 %", "N min": 5211, "N %": "96,5 %"})),
)


@pytest.fixture(params=WRITERS)
def suffix(request):
    return request.param


def delivered(workspace, rows, suffix="xls", name=PUPILS_NAME):
    return one(workspace, f"{name}.{suffix}", WRITERS[suffix](rows))


def test_every_pupils_line_of_every_class_is_a_record(workspace, suffix):
    found = delivered(workspace, TWO_CLASSES, suffix)
    assert found.entry["cause"] is None
    assert found.entry["profile"] == "vklass_pupils"
    assert found.entry["scope"] == f"attendance {SCHOOL} {MONTH}"
    assert (found.entry["records"], found.entry["accepted"], found.held) == (3, 3, [])
    rows = found.accepted["attendance"]
    assert [tuple(row[name] for name in AMOUNTS) for row in rows] == [
        (5400, 5400, 189, 36, 0, 0), (5400, 5400, 189, 36, 0, 0), (5400, 5400, 189, 0, 0, 0),
    ]  # fmt: skip
    assert {(row["school_id"], row["month"], row["origin"]) for row in rows} == {
        (SCHOOL, MONTH, "month")
    }


def test_the_same_report_in_both_kinds_of_workbook_gives_the_same_records(tmp_path):
    layout = profile("vklass_pupils")
    read = {}
    for suffix, write in WRITERS.items():
        path = tmp_path / f"r.{suffix}"
        path.write_bytes(write(TWO_CLASSES))
        (records,) = CONTAINER.records(path, layout, strictly=False)
        columns = {name: column.to_pylist() for name, column in records.columns.items()}
        read[suffix] = (records.lines.tolist(), columns, records.faults)
    assert read["xls"] == read["xlsx"]
    assert read["xls"][0] == [7, 8, 13]
    assert read["xls"][1]["Personnr"] == [number(1), number(2), number(3)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"GF %": "3,6 %"}, "GF %: does not agree with GF min"),
        ({"F %": "1 %"}, None),
        ({"F %": "0,67 %"}, None),
        ({"F %": "0,66 %"}, "F %: does not agree with F min"),
        ({"N %": "95,8%"}, None),
        ({"N %": "95.8 %"}, "N %: not a percentage as this report writes it"),
        ({"N %": 0.958}, "N %: not a percentage as this report writes it"),
        ({"N %": ""}, "N %: not a percentage as this report writes it"),
        ({"Undv. tid": "90 h"}, None),
        ({"Undv. tid": "5400 min"}, None),
        ({"Undv. tid": 5000.0, "N %": "104 %", "GF %": "4 %", "F %": "1 %"},
         "reported_within_scheduled"),
        ({"Personnr": ""}, "student_id: "),
        ({"Personnr": "20010115"}, "student_id: "),
        ({"Namn": ""}, None),
        ({"Lekt.": ""}, None),
        ({"F min": "tretti"}, "F min: not whole minutes"),
        ({"N min": "5175,5"}, "N min: not whole minutes"),
        ({"GF min": "-1"}, "GF min: not whole minutes"),
    ],
)  # fmt: skip
def test_a_line_that_contradicts_itself_is_held_back(workspace, changes, expected):
    rows = report(class_block("7A", pupil(1, **changes), pupil(2)))
    found = delivered(workspace, rows)
    assert found.entry["records"] == 2
    assert found.entry["accepted"] == (2 if expected is None else 1)
    if expected is not None:
        assert expected in reasons(found)[1]
        assert found.held[0]["line_no"] == 7


def test_a_pupil_without_lessons_has_no_percentage(workspace):
    none = dict.fromkeys(("Undv. tid", "Lekt.", "N min", "GF min", "F min"), 0)
    blank = dict.fromkeys(("N %", "GF %", "F %"), "-")
    wrong = none | dict.fromkeys(("N %", "GF %"), "0 %") | {"F %": "5 %"}
    block = class_block("7A", pupil(1, **none | blank), pupil(2, **wrong))
    found = delivered(workspace, report(block))
    assert reasons(found) == {2: "F %: does not agree with F min"}
    assert found.accepted["attendance"][0]["scheduled_minutes"] == 0


def test_a_value_beside_the_columns_is_not_read_past(workspace):
    found = delivered(workspace, report(class_block("7A", [*pupil(1), "Hemlig"], pupil(2))))
    assert reasons(found) == {1: "record: a value under no heading"}


def test_a_name_alone_is_a_record_held_back(workspace):
    found = delivered(workspace, report(class_block("7A", ["", "Hemlig Elev"], pupil(2))))
    assert found.entry["records"] == 2
    assert "student_id" in reasons(found)[1]


def test_a_pupil_whose_name_is_like_a_sum_is_a_record(workspace):
    found = delivered(workspace, report(class_block("7A", pupil(1, Namn="Totalt"))))
    assert (found.entry["records"], found.entry["accepted"]) == (1, 1)


def test_a_pupil_whose_name_is_like_a_heading_is_a_record(workspace):
    found = delivered(workspace, report(class_block("7A", pupil(1, Namn="Namn"))))
    assert (found.entry["records"], found.entry["accepted"]) == (1, 1)


def test_the_lines_above_the_header_are_its_titles(tmp_path):
    path = tmp_path / "r.xls"
    path.write_bytes(legacy(TWO_CLASSES))
    layout = profile("vklass_pupils")
    assert CONTAINER.titles(path, layout).splitlines()[1:3] == ["Närvaro, elever", "Hemlig Skola"]


def test_a_pupil_in_two_classes_is_counted_once_or_not_at_all(workspace):
    other = {"F min": 0, "F %": "0 %", "N min": 5211, "N %": "96,5 %"}
    first = class_block("7A", pupil(1), pupil(2), pupil(3))
    found = delivered(workspace, report(first, class_block("7B", pupil(1), pupil(2, **other))))
    assert (found.entry["accepted"], found.entry["duplicates"]) == (2, 1)
    assert {row["line_no"] for row in found.held} == {8, 15}


def test_the_period_in_the_title_must_be_the_month_of_the_name(workspace):
    rows = report(class_block("7A", pupil(1)), titles=OF_PERIOD)
    found = delivered(workspace, rows)
    assert found.entry["profile"] == "vklass_pupils_of_period"
    assert found.accepted["attendance"][0]["month"] == MONTH
    rows = report(class_block("7A", pupil(2)), titles=OF_PERIOD)
    found = delivered(workspace, rows, name=f"vklass_{SCHOOL}_2016-04")
    assert found.entry["cause"].startswith("other_period: ")


def test_a_report_of_several_months_is_refused(workspace):
    titles = [["", "2016-01-01 \u2013 2016-06-30"]]
    found = delivered(workspace, report(class_block("7A", pupil(1)), titles=titles))
    assert found.entry["status"] == "rejected"
    assert "spans several months" in found.entry["cause"]


def test_a_report_and_the_template_of_one_month_are_rivals(workspace):
    files = {ATTENDANCE_NAME: attendance([month_row(1)]), f"{PUPILS_NAME}.xls": legacy(TWO_CLASSES)}
    statuses = [entry["status"] for entry in ingested(workspace, files).values()]
    assert statuses == ["held", "held"]


@pytest.mark.parametrize("missing", ["Personnr", "GF min", "N %"])
def test_a_missing_heading_is_named(workspace, missing):
    rows = [[cell for cell in row if cell != missing] for row in TWO_CLASSES]
    found = delivered(workspace, rows)
    assert found.entry["cause"].startswith("missing_column")
    assert missing in found.entry["cause"]


def test_headings_may_be_written_as_others_shorten_them(workspace):
    short = ("namn", "personnr", "undv_tid", "lekt", "n_min", "gf_min", "f_min", "n_pct",
             "gf_pct", "f_pct")  # fmt: skip
    spelt = dict(zip(HEADINGS, short, strict=True))
    rows = [[spelt.get(cell, cell) for cell in row] for row in TWO_CLASSES]
    assert delivered(workspace, rows).entry["accepted"] == 3


def test_columns_that_change_places_within_the_sheet_are_refused(workspace):
    second = class_block("8B", pupil(3))
    second[1][6], second[1][7] = second[1][7], second[1][6]
    found = delivered(workspace, report(class_block("7A", pupil(1)), second))
    assert found.entry["cause"].startswith("header")
    assert "line 11" in found.entry["cause"]


def test_a_workbook_without_the_header_is_refused(workspace, suffix):
    found = delivered(workspace, [["", "Hemlig"]] * 30, suffix)
    assert found.entry["cause"].startswith("no_header")
    assert "Hemlig" not in found.entry["cause"]


def test_a_second_sheet_with_rows_is_not_read_past(workspace, suffix):
    def add(book):
        if suffix == "xls":
            book.add_sheet("Mer").write(0, 0, "Hemlig")
        else:
            book.create_sheet("Mer").append(["Hemlig"])

    content = WRITERS[suffix](TWO_CLASSES, change=add)
    found = one(workspace, f"{PUPILS_NAME}.{suffix}", content)
    assert found.entry["cause"].startswith("sheet: 2 sheets have rows")


def test_an_empty_workbook_is_refused(workspace, suffix):
    found = delivered(workspace, [], suffix)
    assert found.entry["cause"].startswith("empty")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"<html>Hemlig</html>", b"a;b\n1;2\n"])
def test_what_is_no_workbook_is_refused(workspace, content):
    found = one(workspace, f"{PUPILS_NAME}.xls", content)
    assert found.entry["status"] == "rejected"
    assert "Hemlig" not in found.entry["cause"]


def test_a_workbook_larger_than_any_report_is_refused(tmp_path, monkeypatch, suffix):
    path = tmp_path / "r"
    path.write_bytes(WRITERS[suffix](TWO_CLASSES))
    for module in (workbooks, vklass):
        monkeypatch.setattr(module, "MOST_BYTES", 3)
    with pytest.raises(UnreadableError) as error:
        CONTAINER.headings(path, profile("vklass_pupils"))
    assert error.value.cause == "bomb"


def test_whatever_the_library_raises_refuses_the_file_and_tells_nothing(tmp_path, monkeypatch):
    def give_up(**_):
        raise AssertionError("Hemlig")

    monkeypatch.setattr(xlrd, "open_workbook", give_up)
    path = tmp_path / "r.xls"
    path.write_bytes(legacy(TWO_CLASSES))
    with pytest.raises(UnreadableError, match="no Excel workbook") as error:
        CONTAINER.headings(path, profile("vklass_pupils"))
    assert error.value.__suppress_context__


@pytest.mark.parametrize("value", [True, xlwt.Formula("1/0")])
def test_what_is_neither_text_nor_number_is_no_value(workspace, value):
    rows = report(class_block("7A", pupil(1, **{"F min": value}), pupil(2)))
    assert "F min: not whole minutes" in reasons(delivered(workspace, rows))[1]


@pytest.mark.parametrize(("member", "cause"), [("xl/vbaProject.bin", "macro"), (None, "format")])
def test_a_workbook_with_macros_or_without_sheets_is_refused(workspace, member, cause):
    content = io.BytesIO(modern(TWO_CLASSES) if member else b"")
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr(member or "[Content_Types].xml", "x")
    found = one(workspace, f"{PUPILS_NAME}.xlsx", content.getvalue())
    assert found.entry["cause"].startswith(cause)


SCHOOL_LINE = ["Hemlig Skola", "179293,6 h", 2100, "1,2 %", "4,5 %", "0,6 %", "167975,1 h",
               "8068,2 h", "1075,8 h"]  # fmt: skip


def test_a_report_of_a_school_is_in_minutes(workspace, suffix):
    rows = school_report(SCHOOL_LINE, ["Totalt", *SCHOOL_LINE[1:]])
    found = delivered(workspace, rows, suffix, SCHOOLS_NAME)
    assert found.entry["scope"] == f"school_absence {SCHOOL} {MONTH}"
    assert found.entry["records"] == 1
    (row,) = found.accepted["school_absence"]
    assert row["scheduled_minutes"] == 10757616
    assert row["reported_minutes"] == (1679751 + 80682 + 10758) * 6
    assert (row["authorised_absence_minutes"], row["unauthorised_absence_minutes"]) == (
        484092, 64548,
    )  # fmt: skip
    assert (row["grade_level"], row["pupils"]) == (None, None)


def test_a_report_of_a_school_must_agree_with_itself(workspace):
    line = [*SCHOOL_LINE]
    line[4] = "5,4 %"
    found = delivered(workspace, school_report(line), name=SCHOOLS_NAME)
    assert reasons(found) == {1: "GF %: does not agree with GF h"}


def test_several_schools_in_one_report_are_held_back(workspace):
    other = ["Annan Skola", "100 h", 1, "0 %", "0 %", "0 %", "100 h", "0 h", "0 h"]
    found = delivered(workspace, school_report(SCHOOL_LINE, other), name=SCHOOLS_NAME)
    assert (found.entry["records"], found.entry["quarantined"]) == (2, 2)


@pytest.mark.parametrize(
    ("text", "heading", "minutes"),
    [
        ("1 234", "N min", 1234), ("1\u00a0234", "", 1234), ("85,5 h", "Undv. tid", 5130),
        ("85,5", "N h", 5130), ("85", "N h", 5100), ("12 min", "N h", 12), ("0", "", 0),
        ("93,5", "N min", None), ("93,0", "N min", 93), ("", "", None), ("-1", "", None),
        ("1.5", "N h", None), ("tolv", "", None), ("\u0664", "", 4),
    ],
)  # fmt: skip
def test_amounts_of_time_are_read_as_they_are_written(text, heading, minutes):
    assert minutes_of(text, heading) == minutes


ROWS = st.lists(
    st.one_of(
        st.builds(pupil, st.integers(0, 40)),
        st.builds(lambda n: pupil(n, **{"F %": "9 %"}), st.integers(0, 40)),
        st.sampled_from([["", "Klass: 9C"], ["", *HEADINGS], [], ["", "Summa"], ["", "Sida 2"]]),
    ),
    max_size=12,
)


@settings(max_examples=15, deadline=None)
@given(rows=ROWS)
def test_records_are_the_lines_of_pupils_and_no_others(rows, tmp_path_factory):
    path = tmp_path_factory.mktemp("v") / "r.xls"
    path.write_bytes(legacy(report([["", *HEADINGS]], rows)))
    parts = list(CONTAINER.records(path, profile("vklass_pupils"), strictly=False))
    expected = [at for at, row in enumerate(rows, 6) if len(row) > 2 and row[1] != "Namn"]
    assert [line for part in parts for line in part.lines.tolist()] == expected
    assert sum(len(part.faults) for part in parts) == sum("9 %" in row for row in rows)
