"""Invented histories of pupils, as rows of the core tables, with every odd case on purpose."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

import pyarrow as pa

from schemas.attendance import AbsencePatterns, Attendance, Days, Lessons
from schemas.calendar import months_of_term, terms_of_school_year
from schemas.codes import END_REASONS, LESSON_STATUSES, values
from schemas.grades import Grades
from schemas.grading import scale_in_use
from schemas.places import ProjectSchools
from schemas.pupils import Enrolments
from schemas.support import Participation
from tests.reference.absence import patterns

SCHOOL_YEARS = ("2009/10", "2010/11", "2011/12", "2012/13", "2013/14")
TERMS = tuple(term for year in SCHOOL_YEARS for term in terms_of_school_year(year))
SCHOOLS = ("10000001", "10000002", "10000003", "10000004")
SCHOOLS_BY_LESSON, SCHOOLS_BY_DAY = SCHOOLS[:1], SCHOOLS[1:2]
SUBJECTS = (
    *("BL", "EN", "HKK", "IDH", "MA", "MU", "SL", "TK"),
    *("BI", "FY", "KE", "GE", "HI", "RE", "SH"),
)
EXTRAS = ("M2FRA", "M2FRE", "M2DEU", "M1SPA", "MLARA", "MLFIN", "TN", "DA")
MARKS = {
    "A-F": ("A", "B", "C", "D", "E", "F", "-", "adapted"),
    "G-MVG": ("MVG", "VG", "G", "IG", "-", "adapted"),
    "0-20": ("0", "9", "10", "20"),
}
CONTRACTS = {
    "enrolments": Enrolments,
    "grades": Grades,
    "attendance": Attendance,
    "lessons": Lessons,
    "days": Days,
    "absence_patterns": AbsencePatterns,
    "participation": Participation,
    "project_schools": ProjectSchools,
}


@dataclass
class History:
    """Rows of the core tables, by table name.

    Attributes:
        rows: A list of rows, each a dict, under every name in ``CONTRACTS``.
    """

    rows: dict[str, list[dict]] = field(default_factory=lambda: {name: [] for name in CONTRACTS})

    def add(self, table, **row):
        """Add a row; columns not named are missing."""
        rows = self.rows[table]
        rows.append({"delivery_id": "0" * 64, "record_no": len(rows) + 1, **row})

    def of(self, students):
        """Rows of some pupils, every row that is of no pupil, and which registers came."""
        wanted = {*students, None}
        kept = {
            name: [row for row in rows if row.get("student_id") in wanted]
            for name, rows in self.rows.items()
        }
        registers = {(row["school_id"], row["term"]) for row in self.rows["enrolments"]}
        kept["enrolments"] += [{"school_id": s, "term": term} for s, term in sorted(registers)]
        return History(kept)

    def tables(self):
        """The same as Arrow tables that keep their contracts' columns, order and types."""
        return {name: arrow(CONTRACTS[name], rows) for name, rows in self.rows.items()}


def arrow(contract, rows):
    columns = contract.to_schema().columns
    types = {"string": pa.string(), "int64": pa.int64(), "date": pa.date32()}
    schema = pa.schema([(name, types[str(column.dtype)]) for name, column in columns.items()])
    return pa.Table.from_pylist(rows, schema=schema)


def invented(random: Random, pupils: int) -> History:
    """Histories of ``pupils`` pupils at four schools over four school years."""
    history = History()
    for school in SCHOOLS[:3]:
        _project_school(history, random, school)
    for _ in range(pupils):
        student = f"{random.getrandbits(128):032x}"
        first = random.randrange(len(TERMS) - 1)
        terms = TERMS[first : first + random.choice((1, 2, 3, 4, 4))]
        ability = random.choice((0.15, 0.5, 0.9, 0.97))
        absence = random.choice((0, 0.02, 0.05, 0.15, 0.2, 0.3, 0.6))
        for term in terms:
            schools = random.sample(SCHOOLS, k=2 if random.random() < 0.1 else 1)
            for school in schools:
                pupil = {"student_id": student, "school_id": school}
                _enrol(history, random, pupil, term)
                _grade(history, random, {**pupil, "term": term}, ability=ability)
                _attend(history, random, pupil, months_of_term(term), absence=absence)
                _tell_days(history, random, pupil, term)
        if random.random() < 0.4:
            _support(history, random, student, terms)
    rows = history.rows
    rows["absence_patterns"] = patterns(rows["lessons"], rows["days"])
    return history


def _project_school(history, random, school):
    first, last = sorted(random.sample(range(len(TERMS)), k=2))
    history.add(
        "project_schools",
        project_id="p1",
        school_id=school,
        first_term=TERMS[first],
        last_term=random.choice((TERMS[last], None)),
        basis="school",
    )
    if random.random() < 0.5:
        history.add(
            "project_schools",
            project_id="p2",
            school_id=school,
            first_term=TERMS[0],
            last_term=TERMS[last],
            basis="residence",
        )


def _day(random, term, *, before=0, after=0):
    first = date(int(term[:4]), 8 if term.endswith("HT") else 1, 1)
    return first + timedelta(days=random.randrange(-before, 153 + after))


def _enrol(history, random, pupil, term):
    if random.random() < 0.03:
        return
    start = _day(random, term, before=200) if random.random() < 0.5 else _reference_day(term)
    end = None
    if random.random() < 0.3:
        end = max(start, random.choice((_reference_day(term), _day(random, term, after=100))))
    history.add(
        "enrolments",
        **pupil,
        term=term,
        grade_level=random.choice((6, 7, 7, 8, 8, 9, 9, 9)),
        start_date=start,
        end_date=end,
        newly_arrived="no",
    )


def _reference_day(term):
    return date(int(term[:4]), 9 if term.endswith("HT") else 2, 1)


def _last(term):
    return date(int(term[:4]), 12 if term.endswith("HT") else 7, 31)


def _grade(history, random, pupil, *, ability):
    draw = random.random()
    if draw < 0.05:
        return
    scale = "0-20" if draw > 0.98 else scale_in_use(pupil["term"]).scale_id
    only = random.choice(("-", "adapted")) if random.random() < 0.03 and scale != "0-20" else None
    likely = 0.15 if pupil["term"].endswith("HT") else 0.4
    is_final = "yes" if random.random() < likely else random.choice(("no", "unknown"))
    for subject in _subjects(random):
        other = "A-F" if random.random() < 0.002 else scale
        marks = MARKS[other]
        passing = random.choice(marks[: len(marks) // 2])
        mark = only or (passing if random.random() < ability else random.choice(marks))
        history.add(
            "grades",
            **pupil,
            subject_code=subject,
            scale_id=other,
            mark=mark if mark in marks else marks[0],
            is_final="no" if random.random() < 0.005 else is_final,
        )


def _subjects(random):
    """Subjects of one list of marks, some of which should not stand beside each other."""
    swedish = random.choice((*[["SV"]] * 5, *[["SVA"]] * 4, [], ["SV", "SVA"]))
    block = random.choice((["NO"], ["SO"])) if random.random() < 0.05 else []
    common = random.sample(SUBJECTS, k=random.choice((15, 15, 14, 8, 3)))
    return [*swedish, *block, *common, *random.sample(EXTRAS, k=random.choice((0, 0, 1, 2, 4)))]


def _attend(history, random, pupil, months, *, absence):
    for month in months:
        if random.random() < 0.03:
            continue
        scheduled = 0 if month.endswith("-07") else random.choice((0, 2000, 4000, 6000))
        reported = random.choice((0, scheduled // 2, scheduled, scheduled, scheduled))
        away = min(reported, round(scheduled * absence))
        unauthorised = random.choice((0, away // 2, away))
        history.add(
            "attendance",
            **pupil,
            month=month,
            scheduled_minutes=scheduled,
            reported_minutes=reported,
            authorised_absence_minutes=away - unauthorised,
            unauthorised_absence_minutes=unauthorised,
            late_minutes=0,
            other_activity_minutes=0,
            origin="month",
        )


def _tell_days(history, random, pupil, term):
    """Lessons, or days, of a term: few for most pupils, many for some who are mostly away."""
    if pupil["school_id"] not in (*SCHOOLS_BY_LESSON, *SCHOOLS_BY_DAY):
        return
    is_away = random.random() < 0.1
    step = random.choice((1, 1, 2) if is_away else (9, 20, 60))
    usual = random.choice(("present", "present", "late", "unauthorised"))
    day = _day(random, term)
    while day <= _last(term):
        status = random.choice((usual, usual, random.choice(values(LESSON_STATUSES))))
        status = "unauthorised" if is_away and random.random() < 0.97 else status
        if pupil["school_id"] in SCHOOLS_BY_DAY:
            _tell(history, "days", pupil, status, school_day=day)
        else:
            for starts_at in random.sample(("08:20", "10:40", "13:00"), k=random.choice((1, 2))):
                told = {"lesson_date": day, "starts_at": starts_at, "subject_code": "MA"}
                _tell(history, "lessons", pupil, status, **told)
                status = random.choice((status, *values(LESSON_STATUSES)))
        day += timedelta(days=random.randrange(1, 2 * step))


def _tell(history, table, pupil, status, **told):
    minutes = {"scheduled_minutes": 60, "absence_minutes": 0 if status == "present" else 20}
    history.add(table, **pupil, **told, status=status, **minutes)


def _support(history, random, student, terms):
    """A participation as the register of each term it touches showed it."""
    for project in random.sample(("p1", "p2"), k=random.choice((1, 1, 2))):
        begun = random.randrange(len(terms))
        start = random.choice((_day(random, terms[begun]), _last(terms[begun])))
        end = random.choice((None, start, start + timedelta(days=random.randrange(400))))
        school = random.choice(SCHOOLS)
        touched = random.choice((terms[begun:], terms[begun : begun + 1]))
        for term in touched:
            has_ended = end is not None and term == touched[-1]
            history.add(
                "participation",
                student_id=student,
                project_id=project,
                school_id=school,
                term=term,
                start_date=start,
                end_date=end if has_ended else None,
                end_reason=random.choice(values(END_REASONS)) if has_ended else None,
            )
