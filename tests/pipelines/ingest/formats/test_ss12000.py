"""The zip of a pull: its entities joined into records, and what is wrong with them."""

import json
import zipfile

import pytest

from pipelines.connectors.delivery import KINDS, Manifest, write_delivery
from pipelines.connectors.entities import KEPT
from pipelines.ingest.formats.ss12000 import MIXED, UNDATED, outcome
from pipelines.ingest.inbox import ingest, ready_files
from tests.pipelines.ingest.deliveries import number, report

SCHOOL, MONTH, TERM = "12345678", "2016-03", "2016VT"
ENROLLED = {"enroledAt": {"id": "unit"}, "schoolType": "GR", "schoolYear": 8}
ENROLLED |= {"startDate": "2015-08-17"}
SUMS = {
    "startDate": "2016-03-01", "endDate": "2016-03-31", "offeredSum": 600, "reportedSum": 560,
    "attendanceSum": 500, "validAbsenceSum": 40, "invalidAbsenceSum": 20, "otherAttendanceSum": 0,
}  # fmt: skip
WHOLE = {"attendanceMinutes": 60, "validAbsenceMinutes": 0}
WHOLE |= {"invalidAbsenceMinutes": 0, "otherAttendanceMinutes": 0}


def ref(name):
    return {"id": name}


def places():
    """A school unit in a district of a municipality."""
    return [
        {"id": "city", "organisationType": "Huvudman", "displayName": "Sjöstad"},
        {
            "id": "north", "organisationType": "Verksamhetsområde", "organisationCode": "Norrvik",
            "parentOrganisation": ref("city"),
        },
        {
            "id": "unit", "organisationType": "Skolenhet", "schoolUnitCode": SCHOOL,
            "displayName": "Norrviksskolan", "parentOrganisation": ref("north"),
            "startDate": "2008-07-01", "schoolTypes": ["GR"],
        },
    ]  # fmt: skip


def person(n, **changes):
    kept = {"civicNo": {"value": number(n)}, "securityMarking": "Ingen", "enrolments": [ENROLLED]}
    return {"id": f"pupil{n}"} | kept | changes


def teaching(**changes):
    about = {"activityType": "Undervisning", "organisation": ref("unit"), "syllabus": ref("ma")}
    return {"id": "maths"} | about | changes


def event(**changes):
    held = {"startTime": "2016-03-07T07:10:00Z", "endTime": "2016-03-07T09:15:00+01:00"}
    more = {"activity": ref("maths"), "teachingLengthStudent": 60}
    return {"id": "event"} | held | more | changes


def attendance(n=0, **changes):
    about = {"student": ref(f"pupil{n}"), "calendarEvent": ref("event"), "isReported": True}
    return {"id": f"attendance{n}"} | about | WHOLE | changes


def sums(n=0, **changes):
    return {"activity": ref("maths"), "student": ref(f"pupil{n}")} | SUMS | changes


def grade(n=0, **changes):
    about = {"student": ref(f"pupil{n}"), "organisation": ref("unit"), "syllabus": ref("ma")}
    said = {"gradeValue": "C", "finalGrade": False, "semester": "VT", "year": 2016}
    return {"id": f"grade{n}", "registeredDate": "2016-06-08"} | about | said | changes


def delivered(workspace, **choices):
    """Ingest a delivery of some entities: its ledger entry, accepted rows, records held back."""
    dropped(workspace, **choices)
    return judged(workspace)


def dropped(workspace, *, tables, period=MONTH, name="", **entities):
    """A delivery of some entities in the inbox."""
    holds = {MONTH: "month", TERM: "register", "": "schools"}[period]
    fixed = {"organisations": places(), "syllabuses": [{"id": "ma", "subjectDesignation": "MA"}]}
    fixed |= {"activities": [teaching()], "persons": [person(0), person(1)]}
    found = {kind: entities.get(kind, fixed.get(kind, [])) for kind in KINDS}
    manifest = Manifest(
        holds=holds,
        source="stad",
        period=period,
        version=1,
        tables=tuple(tables),
        school_types=("GR",),
        district_type="Verksamhetsområde",
        entities={kind: len(ones) for kind, ones in found.items()},
    )
    path = workspace.inbox / (name or f"ss12000_stad_{period or 'skolor'}_v1.zip")
    bodies = {kind: [json.dumps(one) for one in ones] for kind, ones in found.items()}
    write_delivery(path, manifest, bodies)
    return path


def judged(workspace):
    (path,) = ready_files(workspace.inbox)
    ingest(workspace, [path])
    (entry,) = [row for row in workspace.ledger.rows() if row["file_name"] == path.name]
    return report(workspace, entry)


def only(found, table):
    """The one accepted row of the one table."""
    assert found.entry["cause"] is None
    assert found.held == []
    assert {name for name, rows in found.accepted.items() if rows} == {table}
    (row,) = found.accepted[table]
    return row


@pytest.mark.parametrize(
    ("changes", "minutes", "expected"),
    [
        ({}, 60, ("present", 0, None)),
        ({"isReported": False}, 60, ("unreported", 0, None)),
        ({"isReported": None}, 60, ("", None, None)),
        ({"attendanceMinutes": 0, "validAbsenceMinutes": 60}, 60, ("authorised", 60, None)),
        ({"attendanceMinutes": 50, "invalidAbsenceMinutes": 10}, 60, ("unauthorised", 10, None)),
        ({"attendanceMinutes": 0, "otherAttendanceMinutes": 60}, 60, ("other_activity", 60, None)),
        ({"validAbsenceMinutes": 30, "invalidAbsenceMinutes": 10}, 60, ("", None, MIXED)),
        ({"attendanceMinutes": None}, 60, ("present", 0, None)),
        ({"validAbsenceMinutes": None}, 60, ("present", 0, None)),
        ({"validAbsenceMinutes": None}, 80, ("", None, None)),
        ({"validAbsenceMinutes": None, "attendanceMinutes": None}, 60, ("", None, None)),
        ({"validAbsenceMinutes": True}, 80, ("", None, None)),
    ],
)
def test_the_outcome_of_a_lesson(changes, minutes, expected):
    assert outcome(attendance(**changes), minutes) == expected


def test_a_lesson_has_the_day_and_hour_of_the_clock_in_stockholm(workspace):
    late = {"startTime": "2016-03-31T21:30:00Z", "endTime": "2016-03-31T22:00:00Z"}
    found = delivered(
        workspace,
        tables=["lessons"],
        calendarEvents=[event(**late, teachingLengthStudent=None)],
        attendances=[attendance(attendanceMinutes=30)],
    )
    row = only(found, "lessons")
    assert (str(row["lesson_date"]), row["starts_at"]) == ("2016-03-31", "23:30")
    assert (row["scheduled_minutes"], row["subject_code"], row["school_id"]) == (30, "MA", SCHOOL)


def test_who_does_not_take_part_has_no_lesson_and_who_has_less_has_less(workspace):
    exceptions = [
        {"student": ref("pupil0"), "participates": False},
        {"student": ref("pupil1"), "participates": True, "teachingLength": 40},
    ]
    found = delivered(
        workspace,
        tables=["lessons"],
        calendarEvents=[event(studentExceptions=exceptions)],
        attendances=[attendance(0), attendance(1, attendanceMinutes=40)],
    )
    assert only(found, "lessons")["scheduled_minutes"] == 40


@pytest.mark.parametrize(
    ("changes", "about"),
    [({"cancelled": True}, {}), ({}, {"activityType": "Elevaktivitet"})],
    ids=["cancelled", "no teaching"],
)
def test_what_was_not_held_as_teaching_is_no_record(workspace, changes, about):
    other = event(id="held", startTime="2016-03-08T08:00:00+01:00", activity=ref("english"))
    found = delivered(
        workspace,
        tables=["lessons"],
        activities=[teaching(**about), teaching(id="english")],
        calendarEvents=[event(**changes), other],
        attendances=[attendance(0), attendance(1, calendarEvent=ref("held"))],
    )
    assert str(only(found, "lessons")["lesson_date"]) == "2016-03-08"


def test_two_kinds_of_absence_in_one_lesson_are_held_back(workspace):
    mixed = attendance(0, validAbsenceMinutes=20, invalidAbsenceMinutes=20)
    found = delivered(
        workspace, tables=["lessons"], calendarEvents=[event()], attendances=[mixed, attendance(1)]
    )
    assert [one["reasons"] for one in found.held] == [f"record: {MIXED}"]
    assert found.entry["accepted"] == 1


def test_sums_of_activities_add_up_per_pupil_and_school(workspace):
    unit = {"id": "unit2", "organisationType": "Skolenhet", "schoolUnitCode": "87654321"}
    second, third = teaching(id="english"), teaching(id="away", organisation=ref("unit2"))
    mentoring = teaching(id="mentor", activityType="Övrigt")
    about = ("maths", "english", "away", "mentor")
    found = delivered(
        workspace,
        tables=["attendance"],
        organisations=[*places(), unit],
        activities=[teaching(), second, third, mentoring],
        aggregatedAttendance=[sums(activity=ref(name)) for name in about],
    )
    assert found.held == []
    rows = found.accepted["attendance"]
    names = ("school_id", "month", "scheduled_minutes", "unauthorised_absence_minutes")
    assert sorted(tuple(row[name] for name in names) for row in rows) == [
        (SCHOOL, MONTH, 1200, 40),
        ("87654321", MONTH, 600, 20),
    ]


def test_an_activity_without_a_school_counts_where_the_pupil_is_enrolled(workspace):
    found = delivered(
        workspace,
        tables=["attendance"],
        activities=[teaching(organisation=None)],
        aggregatedAttendance=[sums()],
    )
    assert only(found, "attendance")["school_id"] == SCHOOL


def test_a_sum_that_is_not_told_is_unknown_and_not_zero(workspace):
    untold = sums(1, activity=ref("english"), reportedSum=None)
    found = delivered(
        workspace,
        tables=["attendance"],
        activities=[teaching(), teaching(id="english")],
        aggregatedAttendance=[sums(0), sums(1), untold],
    )
    assert found.entry["accepted"] == 1
    ((reasons,),) = [[one["reasons"] for one in found.held]]
    assert reasons.startswith("reported_minutes: ")


def test_the_register_has_enrolments_of_the_term_and_form_that_count(workspace):
    others = [
        ENROLLED | {"schoolType": "GRS"},
        ENROLLED | {"startDate": "2014-08-18", "endDate": "2015-12-31"},
        ENROLLED | {"startDate": "2016-08-15"},
    ]
    found = delivered(
        workspace,
        tables=["enrolments"],
        period=TERM,
        persons=[person(0, enrolments=[ENROLLED | {"endDate": "2016-04-01"}, *others])],
    )
    row = only(found, "enrolments")
    assert (row["term"], row["grade_level"], str(row["end_date"])) == (TERM, 8, "2016-04-01")
    assert (row["newly_arrived"], row["class_name"], row["birth_year"]) == ("unknown", None, 2001)


def group(name, *members, **changes):
    about = {"id": name, "displayName": name, "groupType": "Klass", "organisation": ref("unit")}
    own = [m if isinstance(m, dict) else {"person": ref(m)} for m in members]
    return about | {"startDate": "2015-08-01", "groupMemberships": own} | changes


def member(n, since=None, until=None):
    dates = {"startDate": since, "endDate": until}
    return {"person": ref(f"pupil{n}"), **{name: day for name, day in dates.items() if day}}


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ([group("8B", "pupil0", "pupil1")], "8B"),
        ([group("8B", "pupil1")], None),
        ([group("8B", "pupil0", groupType="Undervisning")], None),
        ([group("8B", "pupil0", endDate="2015-12-20")], None),
        ([group("8B", "pupil0", organisation=ref("elsewhere"))], None),
        ([group("8B", member(0, until="2016-03-01")), group("8C", member(0, "2016-03-02"))], "8C"),
        ([group("8C", member(0, "2016-03-02")), group("8B", member(0, until="2016-03-01"))], "8C"),
        ([group("8B", member(0, until="2016-03-01"))], "8B"),
        ([group("8B", "pupil0"), group("8C", "pupil0")], None),
        ([group("8B", "pupil0"), group("8 B2", "pupil0", displayName="8B")], "8B"),
        ([group("8B", member(0, "2016-08-17"))], None),
    ],
)
def test_the_class_is_the_one_a_pupil_is_in_at_last_unless_there_are_two(
    workspace, groups, expected
):
    found = delivered(
        workspace, tables=["enrolments"], period=TERM, persons=[person(0)], groups=groups
    )
    assert only(found, "enrolments")["class_name"] == expected


def test_a_class_after_the_pupil_left_is_not_the_class(workspace):
    left = [ENROLLED | {"endDate": "2016-03-01"}]
    groups = [group("8B", member(0, until="2016-03-01")), group("8C", member(0, "2016-04-01"))]
    found = delivered(
        workspace, tables=["enrolments"], period=TERM, groups=groups,
        persons=[person(0, enrolments=left)],
    )  # fmt: skip
    assert only(found, "enrolments")["class_name"] == "8B"


def test_a_grade_without_school_under_the_required_name_is_taken(workspace):
    found = delivered(workspace, tables=["grades"], period=TERM, grades=[grade()])
    row = only(found, "grades")
    names = ("term", "subject_code", "scale_id", "mark", "is_final", "school_id")
    assert [row[name] for name in names] == [TERM, "MA", "A-F", "C", "no", SCHOOL]


def test_an_examination_is_no_grade_and_a_correction_replaces(workspace):
    later = {"registeredDate": "2016-06-20", "correctionType": "Rättelse", "gradeValue": "B"}
    grades = [grade(), grade(id="later", **later), grade(id="exam", gradeValue="A", trial=True)]
    found = delivered(workspace, tables=["grades"], period=TERM, grades=grades)
    assert only(found, "grades")["mark"] == "B"


def test_two_grades_of_which_none_corrects_the_other_are_both_held_back(workspace):
    grades = [grade(), grade(id="later", gradeValue="B"), grade(1)]
    found = delivered(workspace, tables=["grades"], period=TERM, grades=grades)
    assert (found.entry["accepted"], found.entry["quarantined"]) == (1, 2)


def test_a_grade_that_does_not_say_its_term_is_held_back(workspace):
    found = delivered(
        workspace, tables=["grades"], period=TERM, grades=[grade(), grade(1, semester=None)]
    )
    assert [one["reasons"] for one in found.held] == [f"record: {UNDATED}"]


@pytest.mark.parametrize("marking", ["Sekretessmarkering", "Skyddad folkbokföring", "??", 1])
def test_the_vault_keeps_every_record_of_a_protected_pupil(workspace, marking):
    found = delivered(
        workspace,
        tables=["enrolments", "grades"],
        period=TERM,
        persons=[person(0, securityMarking=marking), person(1)],
        grades=[grade(0), grade(1)],
    )
    assert found.held == []
    assert found.entry["accepted"] == 4
    assert {len(rows) for rows in found.accepted.values()} == {1}
    assert workspace.vault.register.kept(found.entry["delivery_id"]) == 2
    assert len(workspace.vault.register.protected()) == 1


def test_a_pupil_without_a_number_is_held_back(workspace):
    found = delivered(
        workspace,
        tables=["enrolments"],
        period=TERM,
        persons=[person(0, civicNo=None), person(1)],
    )
    assert [one["reasons"] for one in found.held] == ["student_id: not an identity number"]


def test_a_school_lies_in_the_district_above_it(workspace):
    preschool = {"id": "small", "organisationType": "Skolenhet", "schoolUnitCode": "11111111"}
    units = [*places(), preschool | {"schoolTypes": ["FS"]}]
    found = delivered(workspace, tables=["schools"], period="", organisations=units)
    row = only(found, "schools")
    assert [row[name] for name in ("school_id", "district_id", "valid_from", "valid_to")] == [
        SCHOOL,
        "norrvik",
        "2008-07-01",
        None,
    ]


def test_organisations_that_lie_within_each_other_in_a_circle_have_no_district(workspace):
    units = [one | {"parentOrganisation": ref("unit")} for one in places() if one["id"] == "unit"]
    found = delivered(workspace, tables=["schools"], period="", organisations=units)
    assert [one["reasons"].split(":")[0] for one in found.held] == ["district_id"]


def test_a_line_held_back_can_be_found_in_the_zip(workspace):
    name = f"ss12000_stad_{TERM}_v1.zip"
    found = delivered(
        workspace, tables=["grades"], period=TERM, grades=[grade(), grade(1, gradeValue="H")]
    )
    (held,) = found.held
    archive = workspace.deliveries / found.entry["delivery_id"][:2] / found.entry["delivery_id"]
    assert found.entry["file_name"] == name
    with zipfile.ZipFile(archive) as members:
        lines = b"".join(members.read(member) for member in members.namelist()).splitlines()
    assert json.loads(lines[held["line_no"] - 1])["id"] == "grade1"


def test_a_month_under_the_name_of_another_is_refused(workspace):
    found = delivered(
        workspace,
        tables=["attendance"],
        name="ss12000_stad_2016-04_v1.zip",
        aggregatedAttendance=[sums(0), sums(1)],
    )
    assert found.entry["cause"].startswith("other_period: line 9: 2 of 2 records")


def test_a_register_under_the_name_of_a_month_is_refused(workspace):
    found = delivered(
        workspace, tables=["grades"], period=TERM, name=f"ss12000_stad_{MONTH}_v1.zip"
    )
    assert found.entry["status"] == "rejected"


def spoiled(path, spoil):
    """A delivery whose members are written anew, changed."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    spoil(members)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


SPOILING = {
    "count_mismatch": lambda members: members.update({"grades.jsonl": b""}),
    "json": lambda members: members.update({"grades.jsonl": b"{]\n"}),
    "truncated": lambda members: members.update({"grades.jsonl": b'{"id": "a"'}),
    "bomb": lambda members: members.update({"grades.jsonl": b" " * (60 << 20)}),
    "format": lambda members: members.update({"../x.jsonl": b""}),
    "unlisted": lambda members: members.pop("manifest.json"),
    "no entity": lambda members: members.update({"grades.jsonl": b"[]\n"}),
    "another layout": lambda members: members.update({"manifest.json": b'{"format": "x"}'}),
    "no manifest": lambda members: members.update({"manifest.json": b"[]"}),
}


@pytest.mark.parametrize("case", SPOILING)
def test_a_spoiled_zip_is_refused_with_a_cause(workspace, case):
    path = dropped(workspace, tables=["grades"], period=TERM, grades=[grade()])
    spoiled(path, SPOILING[case])
    found = judged(workspace)
    known = {"unlisted": "format", "no entity": "json"}
    cause = known.get(case, "format" if " " in case else case)
    assert found.entry["status"] == "rejected"
    assert found.entry["cause"].startswith(f"{cause}: ")


def test_what_is_no_zip_at_all_is_refused(workspace):
    (workspace.inbox / f"ss12000_stad_{TERM}_v1.zip").write_bytes(b"PK\x03\x04 and no more")
    found = judged(workspace)
    assert found.entry["cause"].startswith("format: ")


def test_equal_entities_give_equal_bytes(tmp_path):
    manifest = Manifest(
        holds="schools",
        source="stad",
        period="",
        version=1,
        tables=("schools",),
        school_types=("GR",),
        district_type=None,
        entities={"organisations": 3},
    )
    paths = [tmp_path / "one.zip", tmp_path / "two.zip"]
    for path in paths:
        write_delivery(path, manifest, {"organisations": map(json.dumps, places())})
    one, two = (path.read_bytes() for path in paths)
    assert one == two
    assert set(KEPT) == set(KINDS)
