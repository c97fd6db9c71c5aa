"""Ed-Fi attendance events and JSON: each shape of document, durations, and what is refused."""

import json

import pytest

from pipelines.ingest.formats import json as json_format
from pipelines.ingest.formats.edfi import CONTAINER
from pipelines.ingest.records import UnreadableError
from tests.pipelines.ingest.deliveries import number, one, profile, reasons

SCHOOL_NO = "20110115"
NAME = f"studentSchoolAttendanceEvents_{SCHOOL_NO}_2016-03.json"
CATEGORIES = "uri://ed-fi.org/AttendanceEventCategoryDescriptor#"


def event(n, category="In Attendance", day=7, **more):
    """One event as the standard's own example has it."""
    return {
        "id": f"{n:032x}",
        "schoolReference": {"schoolId": int(SCHOOL_NO), "link": {"rel": "School", "href": "/x"}},
        "sessionReference": {"schoolId": int(SCHOOL_NO), "schoolYear": 2016, "sessionName": "VT"},
        "studentReference": {"studentUniqueId": number(n)},
        "attendanceEventCategoryDescriptor": f"{CATEGORIES}{category}",
        "eventDate": f"2016-03-{day:02d}",
        "_etag": "1",
    } | more


GOOD = [
    event(0),
    event(1, "Excused Absence", eventDuration=1),
    event(2, "Unexcused Absence", eventDuration=0.33),
    event(3, "Tardy", schoolAttendanceDuration=15),
    event(4, "Unexcused Absence", eventDuration=None),
]
DAYS = [("present", 0), ("authorised", 360), ("unauthorised", 119), ("late", 15),
        ("unauthorised", 360)]  # fmt: skip
SHAPES = {
    "array": json.dumps(GOOD),
    "indented": json.dumps(GOOD, indent=2),
    "lines": "\n".join(json.dumps(one) for one in GOOD),
    "bom": "\ufeff" + json.dumps(GOOD),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_an_event_becomes_a_day_with_its_minutes(workspace, shape):
    found = one(workspace, NAME, SHAPES[shape].encode())
    assert found.held == []
    rows = found.accepted["days"]
    assert [(row["status"], row["absence_minutes"]) for row in rows] == DAYS
    assert {(row["scheduled_minutes"], row["school_id"]) for row in rows} == {(360, SCHOOL_NO)}
    assert found.entry["scope"] == f"days {SCHOOL_NO} 2016-03"


def test_a_school_day_is_as_long_in_both_places_of_the_layout():
    layout = profile("edfi_attendance")
    scheduled = layout.tables[0].cells["scheduled_minutes"].constant
    assert scheduled == str(layout.settings["minutes_per_school_day"])


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (event(9, "Early departure", eventDuration=0.5), "status: not one of the codes"),
        (event(9, "Tardy"), "record: how long it lasted is not said"),
        (event(9, "Tardy", eventDuration="lite"), "record: a duration is no number"),
        (event(9, "Tardy", eventDuration="NaN"), "record: a duration is no number"),
        (event(9, "Tardy", eventDuration=1.5), "absence_within_day"),
        (event(9, "Tardy", schoolAttendanceDuration=-5), "absence_minutes: "),
        (event(9, day=32), "school_day: "),
        (event(9, studentReference={"studentUniqueId": "604877"}), "student_id: "),
        (event(9, schoolReference={"schoolId": 1234567}), "school_id: not the one in the file"),
        (event(9, diagnosis="x"), "record: a field that is not part of this layout"),
        (event(9, eventDate=["2016-03-07"]), "record: a field that is not part of this layout"),
        ("text", "record: no JSON object"),
    ],
)
def test_an_event_that_does_not_fit_is_held_back_with_its_line(workspace, bad, reason):
    lines = "\n".join(json.dumps(one) for one in [GOOD[0], bad, GOOD[1]])
    found = one(workspace, NAME, lines.encode())
    assert [row["record_no"] for row in found.accepted["days"]] == [1, 3]
    assert reasons(found)[2].startswith(reason)
    assert found.held[0]["line_no"] == 2


def test_a_name_that_stands_twice_holds_the_event_back(workspace):
    twice = json.dumps(event(9))[:-1] + ', "eventDate": "2016-03-08"}'
    found = one(workspace, NAME, f"[{json.dumps(GOOD[0])},\n{twice}]".encode())
    assert reasons(found)[2].startswith("record: a name stands twice; ")


def test_a_broken_line_leaves_the_others_intact(workspace):
    lines = [json.dumps(GOOD[0]), '{"eventDate": "20', json.dumps(GOOD[1])]
    found = one(workspace, NAME, "\n".join(lines).encode())
    assert reasons(found)[2].startswith("record: no JSON object; ")
    assert len(found.accepted["days"]) == 2


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "empty"),
        (b"[]", "no_records"),
        (json.dumps(GOOD).encode()[:-30], "format: line 1"),
        (json.dumps(GOOD).encode() + b"]", "format: line 1: something follows"),
        (json.dumps(GOOD).encode("utf-16"), "encoding"),
        (json.dumps(GOOD).replace("VT", "å").encode(), ""),
        (b'[{"schools": 1}]', "format: line 1: no field of this layout"),
        (b"[" * 100_000, "format: line 1: values are nested too deep"),
        (b'[{"a": ' + b'"x' * 3_000_000, "format: line 1"),
        (json.dumps(GOOD[1:]).encode(), "exceptions_only"),
        (b"personnummer;datum\n1;2\n", "format: line 1: no field"),
    ],
)
def test_a_document_that_is_not_whole_is_refused(workspace, content, cause):
    found = one(workspace, NAME, content)
    if cause:
        assert found.entry["status"] == "rejected"
        assert found.entry["cause"].startswith(cause)
    else:
        assert found.entry["accepted"] == len(GOOD)


def test_two_events_of_a_pupil_and_day_are_both_held_back(workspace):
    events = [GOOD[0], event(0, "Excused Absence"), GOOD[1]]
    found = one(workspace, NAME, json.dumps(events).encode())
    assert sorted(reasons(found)) == [1, 2]


@pytest.mark.parametrize("chunk", [1, 7, 64])
def test_where_a_document_is_cut_into_chunks_makes_no_difference(tmp_path, monkeypatch, chunk):
    monkeypatch.setattr(json_format, "CHUNK_BYTES", chunk)
    path = tmp_path / NAME
    for shape in SHAPES.values():
        path.write_text(shape, encoding="utf-8")
        (records,) = CONTAINER.records(path, profile("edfi_attendance"), strictly=False)
        assert records.columns["minutesAway"].to_pylist() == [str(m) for _, m in DAYS]
        assert records.columns["schoolReference.schoolId"].to_pylist() == [SCHOOL_NO] * len(DAYS)


def test_lines_are_those_of_the_file(tmp_path):
    path = tmp_path / NAME
    path.write_text(json.dumps(GOOD, indent=1), encoding="utf-8")
    (records,) = CONTAINER.records(path, profile("edfi_attendance"), strictly=False)
    text = path.read_text(encoding="utf-8").splitlines()
    assert [text[line - 1].strip() for line in records.lines] == ["{"] * len(GOOD)


def test_an_array_that_the_layout_does_not_find_is_a_refusal(tmp_path):
    path = tmp_path / "x.json"
    path.write_text('{"a": [1, 12, {"b": 2}]}', encoding="utf-8")
    layout = profile("skolverket_merit_api")
    with pytest.raises(UnreadableError, match="has no schools"):
        json_format.CONTAINER.headings(path, layout)
