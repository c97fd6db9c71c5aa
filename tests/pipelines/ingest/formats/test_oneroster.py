"""OneRoster 1.2: linked files in a zip, read into grades and the school's register."""

import io
import zipfile

import pytest

from pipelines.ingest.formats.oneroster import FILES
from tests.pipelines.ingest.deliveries import SCHOOL, number, one, reasons

NAME = f"oneroster_{SCHOOL}_2016VT.zip"
USERS = (
    "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,"
    "middleName,identifier,email,sms,phone,agentSourcedIds,grades,password"
)


def user(n, ids="{personnummer:%s}", grade="09", identifier=""):
    """One user as the standard's header has it."""
    given = ids.replace("%s", number(n))
    return f'u{n},,,true,x,"{given}",Å,Öst,,{identifier},,,,,{grade},'


def members(**changes):
    """A whole export of one school: two pupils, three results, a homeroom class."""
    files = {
        "academicSessions": "sourcedId,status,dateLastModified,title,type,startDate,endDate\n"
        "vt,,,VT 2016,term,2016-01-11,2016-06-10\nht,,,HT,term,2015-08-17,2015-12-18\n",
        "categories": "sourcedId,status,dateLastModified,title,weight\n"
        "c1,,,Slutbetyg,\nc2,,,Terminsbetyg,\nc3,,,Läxa,\n",
        "classes": "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,"
        "classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods\n"
        "k9a,,,9A,,,,homeroom,,s1,,,,\nma,,,Matte 9,,m,,scheduled,,s1,,,,\n"
        "fr,,,Franska,,,,scheduled,,s1,,,M2FRA,\n",
        "courses": "sourcedId,status,dateLastModified,title,subjectCodes\nm,,,Ma,MA\n",
        "enrollments": "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,"
        "userSourcedId,role,primary,beginDate,endDate\n"
        "e1,,,k9a,s1,u0,student,,2015-08-17,\ne2,,,k9a,s1,u1,student,,2015-08-17,2016-03-01\n"
        "e3,,,ma,s1,u0,student,,2015-08-17,\ne4,,,k9a,s1,u9,teacher,,2015-08-17,\n",
        "lineItems": "sourcedId,status,dateLastModified,title,classSourcedId,categorySourcedId,"
        "gradingPeriodSourcedId\n"
        "l1,,,x,ma,c1,vt\nl2,,,x,fr,c2,vt\nl3,,,x,ma,c3,vt\nl4,,,x,fr,c2,ht\n",
        "orgs": f"sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n"
        f"s1,,,Skolan,school,{SCHOOL},\ns2,,,Annan,school,20999999,\n",
        "results": "sourcedId,status,dateLastModified,lineItemSourcedId,studentSourcedId,"
        "scoreStatus,score,scoreDate,comment,textScore\n"
        "r1,,,l1,u0,fully graded,,2016-06-08,,A\nr2,,,l2,u0,fully graded,,2016-06-08,,-\n"
        "r3,,,l1,u1,fully graded,,2016-06-08,,F\n",
        "users": f"{USERS}\n{user(0)}\n{user(1, '{lms:7},{personnummer:%s}', '8')}\n",
    }
    files |= {name: files.get(name, "") + more for name, more in changes.items()}
    return files


def manifest(files, **said):
    """The manifest of an export."""
    modes = {f"file.{name}": "bulk" if name in files else "absent" for name in FILES}
    given = {"manifest.version": "1.0", "oneroster.version": "1.2", **modes, **said}
    return "propertyName,value\n" + "".join(f"{key},{value}\n" for key, value in given.items())


def zipped(files, **kwargs):
    """The files as a zip."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(f"{name}.csv", text, **kwargs)
    return content.getvalue()


def export(files=None, **said):
    """A whole zip file with its manifest."""
    files = members() if files is None else files
    return zipped({"manifest": manifest(files, **said), **files})


def test_results_become_grades_and_homeroom_enrolments_the_register(workspace):
    found = one(workspace, NAME, export())
    assert found.held == []
    assert found.entry["records"] == found.entry["accepted"] == 5
    grades = [(r["subject_code"], r["mark"], r["is_final"]) for r in found.accepted["grades"]]
    assert grades == [("MA", "A", "yes"), ("M2FRA", "-", "no"), ("MA", "F", "yes")]
    assert {row["term"] for row in found.accepted["grades"]} == {"2016VT"}
    register = found.accepted["enrolments"]
    assert [(row["grade_level"], row["class_name"]) for row in register] == [(9, "9A"), (8, "9A")]
    assert [str(row["end_date"]) for row in register] == ["None", "2016-03-01"]
    pupils = [row["student_id"] for row in register]
    assert [row["student_id"] for row in found.accepted["grades"]] == [pupils[0], *pupils]
    assert {row["school_id"] for row in (*register, *found.accepted["grades"])} == {SCHOOL}


RESULT = "r9,,,{},{},{},,2016-06-08,,{}\n"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (RESULT.format("l3", "u1", "fully graded", "A"), "is_final: not one of the codes"),
        (RESULT.format("l2", "u1", "submitted", "A"), "record: scoreStatus is not one of its"),
        (RESULT.format("l2", "u1", "fully graded", ""), "mark: missing"),
        (RESULT.format("l2", "u1", "fully graded", "85"), "mark"),
        (RESULT.format("l2", "u7", "fully graded", "A"), "record: it points at a line that is not"),
        (RESULT.format("l8", "u1", "fully graded", "A"), "record: it points at a line that is not"),
        (RESULT.format("l4", "u1", "fully graded", "A"), "term: not the one in the file name"),
        (RESULT.format("l2", "u1", "fully graded", "A,B"), "record: another number of fields"),
        ("r9,tobedeleted,,l2,u1,fully graded,,,,A\n", "record: it is marked as deleted"),
    ],
)
def test_a_result_that_does_not_fit_is_held_back_with_its_line(workspace, line, reason):
    found = one(workspace, NAME, export(members(results=line)))
    assert reasons(found)[4].startswith(reason)
    assert found.held[0]["line_no"] == 5
    assert (found.entry["accepted"], found.entry["quarantined"]) == (5, 1)


def test_an_enrolment_at_another_school_or_without_identity_is_held_back(workspace):
    more = "e8,,,k9a,s2,u1,student,,2016-03-02,\ne9,,,k9a,s1,u2,student,,2015-08-17,\n"
    files = members(enrollments=more, users=f"{user(2, '')}\n")
    found = one(workspace, NAME, export(files))
    assert reasons(found)[6] == "school_id: not the one in the file name"
    assert reasons(found)[7].startswith("student_id: ")
    assert [row["line_no"] for row in found.held] == [6, 7]


def test_a_user_without_the_type_is_known_by_the_identifier(workspace):
    files = members()
    files["users"] = f"{USERS}\n{user(0)}\n{user(1, '{lms:7}', identifier=number(1))}\n"
    assert one(workspace, NAME, export(files)).entry["accepted"] == 5


def test_a_roster_without_results_is_a_register_alone(workspace):
    files = {n: text for n, text in members().items() if n in ("classes", "enrollments", "orgs")}
    found = one(workspace, NAME, export({**files, "users": members()["users"]}))
    assert found.entry["accepted"] == 2
    assert found.accepted["grades"] == []


def without(name):
    """A whole export but for one file, of which the manifest says nothing either."""
    return {key: text for key, text in members().items() if key != name}


REFUSED = {
    "empty": b"",
    "format": b"sourcedId,status\n",
    "format: this is no whole": export()[:-200],
    "manifest: the zip has no": zipped(members()),
    "manifest: the zip does not": export(**{"file.roles": "bulk"}),
    "version": export(**{"oneroster.version": "1.1"}),
    "delta": export(**{"file.results": "delta"}),
    "incomplete": export(without("users")),
    "no_records": export({"orgs": members()["orgs"]}),
    "header": export(without("users") | {"users": "sourcedId,grades\nu0,9\n"}),
    "encoding": export(without("users") | {"users": USERS.encode() + b"\xe5\n"}),
    "quote": export(members(results='r9,,,l2,u1,"fully" graded,,,,A\n')),
    "quote: line 1: users": export(without("users") | {"users": '"sourcedId,grades'}),
    "bomb": export(members(users="u5" + "0" * 10_000_000)),
    "members": zipped({**members(), "manifest": manifest(members()), "../users": "x"}),
}


@pytest.mark.parametrize("cause", REFUSED)
def test_an_unsafe_or_partial_zip_is_refused(workspace, cause):
    found = one(workspace, NAME, REFUSED[cause])
    assert found.entry["status"] == "rejected"
    assert found.entry["cause"].startswith(cause)


def test_an_encrypted_member_is_refused(workspace):
    content = bytearray(export())
    for magic, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(magic) + place] |= 1
    assert one(workspace, NAME, bytes(content)).entry["cause"].startswith("encrypted")


def test_a_member_packed_in_an_unknown_way_is_refused(workspace):
    content = bytearray(export())
    for magic, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        content[content.index(magic) + place] = 99
    assert one(workspace, NAME, bytes(content)).entry["cause"].startswith("format")


def test_a_zip_whose_size_is_a_lie_is_refused(workspace):
    content = bytearray(export(members(results=RESULT.format("l2", "u1", "fully graded", "E"))))
    at = content.index(b"results.csv", content.index(b"PK\x01\x02")) - 46
    content[at + 24 : at + 28] = (10).to_bytes(4, "little")
    found = one(workspace, NAME, bytes(content))
    assert found.entry["status"] == "rejected"
