"""Core tables of a city of any size for the benchmarks: one month of lessons, years of the rest."""

import datetime as dt
from hashlib import blake2b
from pathlib import Path

import ibis
import numpy as np
import pyarrow as pa
from pyarrow import parquet

from pipelines.lake import Lake
from schemas.attendance import AbsencePatterns, Attendance, Lessons
from schemas.calendar import months_of_school_year, months_of_term, terms_of_school_year
from schemas.codes import LESSON_STATUSES, values
from schemas.contract import Contract
from schemas.grades import Grades
from schemas.participation import SupportContacts
from schemas.places import Projects, ProjectSchools, Schools
from schemas.pupils import Enrolments
from schemas.support import Costs, Participation

MONTH, TERM, SCHOOL_YEAR = "2016-03", "2016VT", "2015/16"
FIRST_YEAR = 2015
LAST_LEVEL = 9
DAYS, LESSONS, MINUTES = 20, 5, 60
STARTS = ("08:20", "09:30", "10:40", "12:30", "13:40")
STATUSES = {"present": 0.9, "authorised": 0.05, "unauthorised": 0.02, "late": 0.01}
AWAY = {"authorised": 60, "unauthorised": 60, "late": 10, "other_activity": 60}
SUBJECTS = (
    *("SV", "EN", "MA", "BL", "IDH", "HKK", "MU", "SL", "TK"),
    *("BI", "FY", "KE", "GE", "HI", "RE", "SH", "M1SPA"),
)
MARKS = ("A", "B", "C", "D", "E", "F", "-")
PUPILS_OF_A_SCHOOL, PROJECT_SCHOOLS, PARTICIPANT_SHARE = 400, 10, 0.05
DAYS_OF_SUPPORT, MONTHS_OF_SUPPORT = 100, 4


def write_city(folder: Path, *, pupils: int, years: int, seed: int) -> Lake:
    """Write the lake as it is when the lessons of March 2016 have just been taken in.

    Args:
        folder: Of the lake.
        pupils: In grades 7-9; a hundred lessons each in the month.
        years: School years of registers, marks and months before, the current one included.
        seed: Of the random numbers.

    Returns:
        The lake, without indicators and without March in attendance and its patterns.
    """
    rng, lake = np.random.default_rng(seed), Lake(folder)
    for year in range(FIRST_YEAR - years + 1, FIRST_YEAR + 1):
        _write_year(lake, year, pupils, rng)
    current = _places(FIRST_YEAR, pupils)
    _write(lake, Lessons, MONTH, _lessons(current, rng))
    schools = sorted(set(current["school_id"].to_pylist()))
    valid = {"school_name": "x", "district_id": "d1", "valid_from": "2008-07-01"}
    _write(lake, Schools, "all", {"school_id": schools} | valid)
    _write(lake, Projects, "all", {"project_id": ["p1"], "project_name": "x", "district_id": "d1"})
    in_project = schools[:PROJECT_SCHOOLS]
    projects = {"project_id": ["p1"] * len(in_project), "school_id": in_project}
    since = {"first_term": f"{FIRST_YEAR - years + 1}HT", "basis": "school"}
    _write(lake, ProjectSchools, "all", projects | since)
    return lake


def _write_year(lake: Lake, year: int, pupils: int, rng: np.random.Generator) -> None:
    places = _places(year, pupils)
    school_year = f"{year}/{(year + 1) % 100:02d}"
    for term in terms_of_school_year(school_year):
        start = dt.date(int(term[:4]), 8 if term.endswith("HT") else 1, 10)
        people = {"term": term, "start_date": start, "newly_arrived": "no", "sex": "female"}
        _write(lake, Enrolments, term, places | people)
        _write(lake, Grades, term, _grades(places, term, rng))
        in_project = np.flatnonzero(rng.random(pupils) < PARTICIPANT_SHARE)
        some = {name: column.take(in_project) for name, column in places.items()}
        end = start + dt.timedelta(days=DAYS_OF_SUPPORT)
        ended = {"end_date": end, "planned_end_date": end, "end_reason": "completed"}
        taking_part = {"project_id": "p1", "term": term, "start_date": start}
        _write(lake, Participation, term, some | taking_part | ended)
        for month in months_of_term(term)[:MONTHS_OF_SUPPORT]:
            notes = {"project_id": "p1", "month": month, "kind": "talk", "way": "direct"}
            count = len(in_project)
            often = {"contacts": np.full(count, 4), "minutes": np.full(count, 90)}
            _write(lake, SupportContacts, month, {**some, **notes, **often})
    costs = {"project_id": ["p1"], "school_year": school_year, "category": "staff"}
    _write(lake, Costs, school_year, costs | {"amount_sek": np.array([600_000])})
    for month in months_of_school_year(school_year):
        if month < MONTH and not month.endswith("-07"):
            _write(lake, Attendance, month, places | _month(month, pupils, rng))
            _write(lake, AbsencePatterns, month, places | _pattern(month, pupils, rng))


def _places(year: int, pupils: int) -> dict[str, pa.Array]:
    """Pupil, school and grade level; a third of the pupils is new each year."""
    each = -(-pupils // 3)
    number = np.arange(pupils)
    level = 7 + number // each
    cohort = (year - level + 7) * each + number % each
    ids = [blake2b(int(n).to_bytes(8), digest_size=16).hexdigest() for n in cohort]
    schools = [f"{10000001 + n % each // (PUPILS_OF_A_SCHOOL // 3)}" for n in number.tolist()]
    return {
        "student_id": pa.array(ids),
        "school_id": pa.array(schools),
        "grade_level": pa.array(level),
    }


def _lessons(places: dict[str, pa.Array], rng: np.random.Generator) -> dict[str, object]:
    pupils, of_pupil = len(places["student_id"]), DAYS * LESSONS
    pupil = np.repeat(np.arange(pupils), of_pupil)
    day = np.tile(np.repeat(np.arange(DAYS), LESSONS), pupils)
    lesson = np.tile(np.arange(LESSONS), pupils * DAYS)
    known = values(LESSON_STATUSES)
    rest = (1 - sum(STATUSES.values())) / (len(known) - len(STATUSES))
    status = rng.choice(len(known), size=len(pupil), p=[STATUSES.get(s, rest) for s in known])
    away = np.array([AWAY.get(s, 0) for s in known])
    return {
        "student_id": places["student_id"].take(pupil),
        "school_id": places["school_id"].take(pupil),
        "lesson_date": np.busday_offset(f"{MONTH}-01", np.arange(DAYS))[day],
        "starts_at": pa.array(STARTS).take(lesson),
        "subject_code": pa.array(SUBJECTS).take(lesson),
        "scheduled_minutes": np.full(len(pupil), MINUTES),
        "status": pa.array(known).take(status),
        "absence_minutes": away[status],
    }


def _grades(places: dict[str, pa.Array], term: str, rng: np.random.Generator) -> dict[str, object]:
    pupils = len(places["student_id"])
    pupil = np.repeat(np.arange(pupils), len(SUBJECTS))
    is_final = (places["grade_level"].to_numpy() == LAST_LEVEL) & term.endswith("VT")
    return {
        "student_id": places["student_id"].take(pupil),
        "school_id": places["school_id"].take(pupil),
        "term": term,
        "subject_code": pa.array(SUBJECTS * pupils),
        "scale_id": "A-F",
        "mark": pa.array(MARKS).take(rng.choice(len(MARKS), size=len(pupil))),
        "is_final": np.where(is_final, "yes", "no")[pupil],
    }


def _month(month: str, pupils: int, rng: np.random.Generator) -> dict[str, object]:
    scheduled = DAYS * LESSONS * MINUTES
    return {
        "month": month,
        "scheduled_minutes": np.full(pupils, scheduled),
        "reported_minutes": np.full(pupils, scheduled),
        "authorised_absence_minutes": rng.binomial(scheduled, 0.05, pupils),
        "unauthorised_absence_minutes": rng.binomial(scheduled, 0.03, pupils),
        "late_minutes": np.zeros(pupils, dtype=int),
        "other_activity_minutes": np.zeros(pupils, dtype=int),
        "origin": "lesson",
    }


def _pattern(month: str, pupils: int, rng: np.random.Generator) -> dict[str, object]:
    days = rng.binomial(DAYS, 0.1, pupils)
    return {
        "month": month,
        "school_days": np.full(pupils, DAYS),
        "unauthorised_days": days,
        "unauthorised_occasions": days,
        "late_arrivals": rng.binomial(DAYS, 0.05, pupils),
        "longest_run": np.minimum(days, 1),
        "leading_run": np.zeros(pupils, dtype=int),
        "trailing_run": np.zeros(pupils, dtype=int),
        "origin": "lesson",
    }


def _write(lake: Lake, contract: type[Contract], partition: str, known: dict[str, object]) -> None:
    """Write a partition; a single value is that of every row, a column not named is empty."""
    columns = contract.to_schema().columns
    types = ibis.schema({name: c.dtype.type for name, c in columns.items()}).to_pyarrow()
    known = {"delivery_id": "0" * 64} | known
    size = max(len(v) for v in known.values() if not isinstance(v, str | dt.date))
    known = {n: v for n, v in known.items() if n in columns} | _record_numbers(columns, size)
    arrays = [_column(known.get(field.name), field.type, size) for field in types]
    schema = pa.schema([(field.name, field.type) for field in types])
    path = lake.path(contract.table(), partition)
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.table(arrays, schema=schema), path)


def _record_numbers(columns: dict[str, object], size: int) -> dict[str, object]:
    return {"record_no": np.arange(1, size + 1)} if "record_no" in columns else {}


def _column(value: object, kind: pa.DataType, size: int) -> pa.Array:
    if value is None or isinstance(value, str | dt.date):
        return pa.repeat(pa.scalar(value, type=kind), size)
    return (value if isinstance(value, pa.Array) else pa.array(value)).cast(kind)
