"""Whose attendance should be known, and why it is not: by hand and against a slow reference."""

from datetime import date
from random import Random

import pytest

from pipelines.documentation.examples import drawn
from pipelines.engine import engine
from pipelines.indicators.registry import load_indicators
from pipelines.populations.attendance import enrolled_months, not_enrolled
from schemas.attendance import Attendance
from schemas.pupils import Enrolments
from tests.reference.absence import is_in_force, of_enrolled, term_of
from tests.reference.histories import invented

HISTORY = invented(Random(5), 250)  # noqa: S311  a seed, not a secret
INDICATORS = load_indicators()
NEAREST = ("no_lessons", "no_register", "no_scheduled_time", "no_attendance", "no_enrolment")


@pytest.fixture(scope="module")
def tables():
    return {
        name: engine().create_table(f"history_{name}", rows, temp=True, overwrite=True)
        for name, rows in HISTORY.tables().items()
    }


def reasons(otherwise):
    """Every pupil, school and month that should have a value, and the reason if there is none."""
    attendance, enrolments = HISTORY.rows["attendance"], HISTORY.rows["enrolments"]
    known = of_enrolled(attendance, enrolments)
    found = {}
    for row in attendance:
        key = row["student_id"], row["school_id"], row["month"]
        if key not in known:
            found[key] = "no_enrolment"
        elif row["scheduled_minutes"] == 0:
            found[key] = "no_scheduled_time"
        else:
            found[key] = otherwise if row["reported_minutes"] else "no_register"
    for key in enrolled():
        found.setdefault(key, "no_attendance")
    return found


def enrolled():
    """Pupils, schools and months of teaching with a day of enrolment in the term's register."""
    for row in HISTORY.rows["enrolments"]:
        year = int(row["term"][:4])
        for number in range(8, 13) if row["term"].endswith("HT") else range(1, 7):
            first, after = date(year, number, 1), date(year + number // 12, number % 12 + 1, 1)
            if row["start_date"] < after and (row["end_date"] or first) >= first:
                yield row["student_id"], row["school_id"], f"{year}-{number:02d}"


def told(name, tables):
    """What an indicator says of everybody: the reason, or none where there is a value."""
    indicator = INDICATORS[name]
    sources = {table.split(".")[1] for table in indicator.sources}
    rows = indicator.values(**{table: tables[table] for table in sources}).to_pyarrow().to_pylist()
    found = {(r["student_id"], r["school_id"], r["period"]): r["missing"] for r in rows}
    assert len(found) == len(rows)
    return found


@pytest.mark.parametrize(
    ("name", "otherwise"),
    [
        ("unauthorised_absence_hours", None),
        ("total_absence_rate", None),
        ("register_coverage", None),
        ("late_arrivals", "no_lessons"),
        ("unauthorised_absence_days", "no_lessons"),
    ],
)
def test_everybody_who_should_have_a_month_has_a_value_or_the_reason(name, otherwise, tables):
    found, expected = told(name, tables), reasons(otherwise)
    assert expected.keys() <= found.keys()
    without = {key: reason for key, reason in found.items() if reason is not None}
    assert without == {key: expected[key] for key in without}
    assert len(set(without.values())) >= 3


@pytest.mark.parametrize(
    ("name", "otherwise"),
    [("total_absence_above_15", None), ("long_absence", "no_lessons")],
)
def test_everybody_who_should_have_a_term_has_a_value_or_the_nearest_reason(
    name, otherwise, tables
):
    nearest = {}
    for (student, school, month), reason in reasons(otherwise).items():
        nearest.setdefault((student, school, term_of(month)), set()).add(reason)
    found = told(name, tables)
    assert nearest.keys() <= found.keys()
    for key, reason in found.items():
        if not is_in_force(key[2]):
            assert reason == "not_yet_valid"
        elif reason is not None:
            assert reason == min(nearest[key] - {None}, key=NEAREST.index)


def test_a_pupil_is_enrolled_in_a_month_with_a_single_day():
    enrolments = drawn(
        Enrolments,
        """
        student_id | school_id | term   | start_date | end_date
        p1         | A         | 2016VT | 2016-02-29 | 2016-04-01
        p2         | A         | 2016VT | 2014-08-18 |
        p2         | A         | 2015HT | 2014-08-18 | 2015-08-01
        """,
    )
    rows = enrolled_months(enrolments).to_pyarrow().to_pylist()
    months = sorted((row["student_id"], row["month"]) for row in rows)
    assert months == [
        *(("p1", f"2016-{number:02d}") for number in (2, 3, 4)),
        ("p2", "2015-08"),
        *(("p2", f"2016-{number:02d}") for number in range(1, 7)),
    ]


def test_a_school_without_a_register_of_the_term_is_believed():
    attendance = drawn(
        Attendance,
        """
        student_id | school_id | month
        p1         | A         | 2015-12
        p1         | A         | 2016-01
        p1         | B         | 2016-01
        """,
    )
    enrolments = drawn(
        Enrolments,
        """
        student_id | school_id | term   | start_date | end_date
        p2         | A         | 2016VT | 2014-08-18 |
        p1         | B         | 2016VT | 2014-08-18 |
        """,
    )
    rows = not_enrolled(attendance, enrolments).to_pyarrow().to_pylist()
    assert rows == [{"student_id": "p1", "school_id": "A", "month": "2016-01"}]
