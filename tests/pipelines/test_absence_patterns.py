"""Patterns of absence: by hand, against single lessons, and joined over months."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandera.config import ValidationDepth, config_context

from pipelines.absence_patterns import absence_patterns, longest_streaks
from pipelines.documentation.examples import drawn
from pipelines.engine import engine
from pipelines.lake import empty
from schemas.attendance import AbsencePatterns, Days, Lessons
from tests.reference import absence
from tests.reference.histories import arrow

FEBRUARY = [dt.date(2016, 2, day) for day in range(1, 30)]
SPRING = [dt.date(2016, 1, 1) + dt.timedelta(days=day) for day in range(182)]
STATUSES = ("present", "present", "unauthorised", "unauthorised", "late", "unreported")


def computed(lessons, days):
    """What the engine makes of rows, in order."""
    tables = {
        name: engine().create_table(f"told_{name}", arrow(contract, rows), overwrite=True)
        for name, contract, rows in (("lessons", Lessons, lessons), ("days", Days, days))
    }
    rows = absence_patterns(tables["lessons"], tables["days"]).to_pyarrow().to_pylist()
    return sorted(rows, key=key_of)


def key_of(row):
    return row["student_id"], row["school_id"], row["month"]


def lesson(day, status, **other):
    """An hour of pupil p1 at school A, unless said otherwise."""
    return {
        "student_id": "p1",
        "school_id": "A",
        "lesson_date": day,
        "starts_at": "08:20",
        "status": status,
        "absence_minutes": 0 if status == "present" else 60,
        **other,
    }


def day_of(day, status, **other):
    return lesson(day, status, **other) | {"school_day": day}


@st.composite
def told(draw, days=FEBRUARY):
    """Rows of three pupils at two schools, on few or many days."""
    names = st.tuples(st.sampled_from(["p1", "p2", "p3"]), st.sampled_from("AB"))
    parts = st.tuples(names, st.sampled_from(days), st.sampled_from(STATUSES))
    keyed = {(name, day): status for name, day, status in draw(st.lists(parts, max_size=60))}
    return [(name, day, status) for (name, day), status in keyed.items()]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("", (0, 0, 0, 0, 0)),
        ("0", (1, 0, 0, 0, 0)),
        ("1", (1, 1, 1, 1, 1)),
        ("111", (3, 3, 3, 3, 3)),
        ("1101", (4, 3, 2, 2, 1)),
        ("0110", (4, 2, 2, 0, 0)),
        ("0111011", (7, 5, 3, 0, 2)),
    ],
)
def test_a_day_nobody_reported_neither_breaks_a_streak_nor_makes_it_longer(pattern, expected):
    statuses = ["unauthorised" if letter == "1" else "present" for letter in pattern]
    rows = [
        lesson(FEBRUARY[gap * n], status, student_id=f"p{gap}")
        for gap in (1, 3)
        for n, status in enumerate(statuses)
    ]
    rows += [lesson(FEBRUARY[-1], "unreported", student_id=student) for student in ("p1", "p3")]
    names = ("school_days", "unauthorised_days", "longest_run", "leading_run", "trailing_run")
    found = [tuple(row[name] for name in names) for row in computed(rows, [])]
    assert found == [expected, expected]


def test_an_occasion_is_a_lesson_and_a_late_arrival_is_none():
    day, other = FEBRUARY[:2]
    [row] = computed(
        [
            lesson(day, "unauthorised", starts_at="08:20"),
            lesson(day, "unauthorised", starts_at="09:30"),
            lesson(day, "late", starts_at="10:40"),
            lesson(other, "late", starts_at="08:20"),
            lesson(other, "authorised", starts_at="09:30"),
            lesson(other, "unauthorised", starts_at="10:40", absence_minutes=0),
        ],
        [],
    )
    assert (row["unauthorised_occasions"], row["unauthorised_days"]) == (2, 1)
    assert (row["late_arrivals"], row["school_days"], row["origin"]) == (2, 2, "lesson")


def test_of_whole_days_occasions_and_late_arrivals_are_unknown():
    [row] = computed([], [day_of(FEBRUARY[0], "unauthorised"), day_of(FEBRUARY[1], "late")])
    assert (row["unauthorised_occasions"], row["late_arrivals"]) == (None, None)
    assert (row["unauthorised_days"], row["school_days"], row["origin"]) == (1, 2, "day")


def test_lessons_go_before_days_in_the_months_and_schools_that_have_any():
    march = dt.date(2016, 3, 1)
    rows = computed(
        [lesson(FEBRUARY[0], "present")],
        [day_of(FEBRUARY[0], "unauthorised", student_id="p2"), day_of(march, "unauthorised")],
    )
    assert [(row["student_id"], row["month"], row["origin"]) for row in rows] == [
        ("p1", "2016-02", "lesson"),
        ("p1", "2016-03", "day"),
    ]


def test_without_a_row_there_is_none_and_the_contract_is_kept():
    rows = absence_patterns(empty(Lessons), empty(Days))
    made = engine().create_table("no_patterns", rows, overwrite=True)
    with config_context(validation_depth=ValidationDepth.SCHEMA_ONLY):
        AbsencePatterns.validate(made)
    assert made.count().to_pyarrow().as_py() == 0


@settings(deadline=None, max_examples=12)
@given(told(), told(), st.randoms())
def test_agrees_with_single_lessons_whatever_their_order(lessons, days, random):
    parts = [
        lesson(day, status, student_id=student, school_id=school, starts_at=starts_at)
        for (student, school), day, status in lessons
        for starts_at in ("08:20", "10:40")
    ]
    whole = [day_of(day, status, student_id=n[0], school_id=n[1]) for n, day, status in days]
    expected = sorted(absence.patterns(parts, whole), key=key_of)
    random.shuffle(parts)
    assert computed(parts, whole) == expected


@settings(deadline=None, max_examples=12)
@given(told(days=SPRING[::3]))
def test_the_streak_of_a_term_joined_over_months_is_that_of_its_days(lessons):
    rows = [lesson(day, status, student_id=n[0], school_id=n[1]) for n, day, status in lessons]
    patterns = absence_patterns(engine().create_table(
        "told_lessons", arrow(Lessons, rows), overwrite=True), empty(Days))  # fmt: skip
    joined = {
        (row["student_id"], row["school_id"]): (row["school_days"], row["longest_run"])
        for row in longest_streaks(patterns).to_pyarrow().to_pylist()
    }
    parts = {}
    for row in rows:
        told = (row["lesson_date"], row["status"], row["absence_minutes"])
        parts.setdefault((row["student_id"], row["school_id"]), []).append(told)
    days = {key: absence.school_days(found) for key, found in parts.items()}
    assert joined == {key: (len(of), absence.longest_run(of)) for key, of in days.items()}


@settings(deadline=None, max_examples=5)
@given(told(), st.sampled_from(["p1", "p2", "p3"]))
def test_the_pattern_of_a_pupil_does_not_depend_on_the_others(lessons, student):
    rows = [lesson(day, status, student_id=n[0], school_id=n[1]) for n, day, status in lessons]
    alone = [row for row in rows if row["student_id"] == student]
    assert computed(alone, []) == [
        row for row in computed(rows, []) if row["student_id"] == student
    ]


def test_a_streak_goes_on_over_a_month_that_is_all_absence_and_one_without_a_school_day():
    patterns = drawn(
        AbsencePatterns,
        """
        student_id | school_id | month   | school_days | longest_run | leading_run | trailing_run
        p1         | A         | 2016-01 | 10          | 2           | 0           | 2
        p1         | A         | 2016-02 | 15          | 15          | 15          | 15
        p1         | A         | 2016-04 | 0           | 0           | 0           | 0
        p1         | A         | 2016-05 | 9           | 4           | 3           | 1
        p1         | A         | 2016-08 | 9           | 9           | 9           | 9
        """,
    )
    rows = longest_streaks(patterns).order_by("term").to_pyarrow().to_pylist()
    assert [(row["term"], row["school_days"], row["longest_run"]) for row in rows] == [
        ("2016HT", 9, 9),
        ("2016VT", 34, 20),
    ]
