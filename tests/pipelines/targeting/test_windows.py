"""Many terms are judged a few at a time, and every term once."""

from pipelines.targeting.windows import TOGETHER, in_turn
from schemas.attendance import Attendance
from schemas.grades import Grades
from schemas.groups import StudentTerms
from tests.pipelines.invented import pupil, table

TERMS = [f"{year}{half}" for year in range(2012, 2016) for half in ("VT", "HT")]


def test_every_term_is_judged_once_however_many_there_are():
    rows = [(pupil(1), "S1", term, None, 8, None, "no", None) for term in TERMS]
    listed = table(StudentTerms, rows)
    nothing = table(Grades, []), table(Attendance, [])
    seen = []

    def judged(students, _grades, _attendance):
        seen.append(students.count().execute())
        return students.select("student_id", "term")

    assert len(TERMS) > TOGETHER
    found = in_turn(judged, TERMS, listed, *nothing).execute()
    assert sorted(found.term) == sorted(TERMS)
    assert seen == [TOGETHER, TOGETHER + 1]
