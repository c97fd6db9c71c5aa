"""The attention list by hand: each place, each boundary, and since when."""

import datetime as dt

import pytest

from pipelines.attention.listing import attention_list
from pipelines.attention.standing import standing_at
from pipelines.engine import engine
from schemas.attendance import Attendance
from schemas.grades import Grades
from schemas.pupils import Enrolments
from schemas.support import Participation
from tests.pipelines.invented import FILE
from tests.reference.histories import arrow

PUPIL, SCHOOL, TERM = "a" * 32, "10000001", "2016VT"
KEY = {"student_id": PUPIL, "school_id": SCHOOL, "delivery_id": FILE, "record_no": 1}
GOOD = "SV E, EN E, MA E, BL E, SL E, MU E, IDH E, HKK E, TK E"
ONE_FAILED = GOOD.replace("TK E", "TK F") + ", BI E"
UNABLE = GOOD.replace("EN E", "EN F")


def month(name, away, *, scheduled=1000, reported=None, unauthorised=0):
    return {
        **KEY, "month": name, "scheduled_minutes": scheduled,
        "reported_minutes": scheduled if reported is None else reported,
        "authorised_absence_minutes": away - unauthorised,
        "unauthorised_absence_minutes": unauthorised, "late_minutes": 0,
        "other_activity_minutes": 0, "origin": "month",
    }  # fmt: skip


def marks(drawing, term="2015HT"):
    pairs = (pair.split() for pair in drawing.split(","))
    return [
        {**KEY, "term": term, "subject_code": code, "scale_id": "A-F", "mark": mark,
         "is_final": "no"}
        for code, mark in pairs
    ]  # fmt: skip


def register(term=TERM, **changes):
    row = {**KEY, "term": term, "grade_level": 8, "class_name": "8A", "newly_arrived": "no",
           "start_date": "2015-08-17"}  # fmt: skip
    return dated(row | changes)


def dated(row):
    return {
        name: dt.date.fromisoformat(value) if name.endswith("_date") and value else value
        for name, value in row.items()
    }


def case(grades=(), months=(), *, support=(), enrolled=None):
    """What is known of one pupil."""
    registers = [register("2015VT"), register("2015HT"), register()]
    return {
        "enrolments": registers if enrolled is None else enrolled,
        "grades": list(grades),
        "attendance": list(months),
        "participation": [dated({**KEY, **one}) for one in support],
    }


def rows_of(cases, until="2016-03"):
    """The row of each case's pupil, or None if the pupil is not on the list."""
    contracts = {
        "enrolments": Enrolments,
        "grades": Grades,
        "attendance": Attendance,
        "participation": Participation,
    }
    tables = {}
    for name, contract in contracts.items():
        rows = [
            {**row, "student_id": f"{number:032x}"}
            for number, one in enumerate(cases)
            for row in one[name]
        ]
        drawn = arrow(contract, rows)
        tables[name] = engine().create_table(f"drawn_{name}", drawn, temp=True, overwrite=True)
    found = attention_list(**tables, stands_at=standing_at(until, [TERM])).to_pyarrow().to_pylist()
    by_student = {row["student_id"]: row for row in found}
    return [by_student.get(f"{number:032x}") for number in range(len(cases))]


@pytest.fixture
def listed():
    """The row of the one pupil of the drawn tables."""

    def row(grades=(), months=(), *, until="2016-03", **more):
        return rows_of([case(grades, months, **more)], until)[0]

    return row


def rung(row):
    return row and row["rung"]


TERM_AT_LIMIT = [month("2016-01", 150), month("2016-02", 150), month("2016-03", 150)]
TERM_BELOW = [month("2016-01", 150), month("2016-02", 150), month("2016-03", 149)]
ONLY_RECENT = [month("2016-01", 0), month("2016-02", 150), month("2016-03", 150)]
RISING = [*(month(f"2015-{n}", 0) for n in (11, 12)), *(month(f"2016-0{n}", 50) for n in (1, 2))]


def test_the_place_is_by_conditions_and_signs():
    almost = [*RISING[:2], month("2016-01", 49), month("2016-02", 50)]
    worse = [*marks(GOOD + ", BI E", "2015VT"), *marks(ONE_FAILED)]
    as_bad = [*marks(ONE_FAILED, "2015VT"), *marks(ONE_FAILED)]
    expected = {
        "all three, exactly at the limit": (marks(UNABLE), TERM_AT_LIMIT, "all_three"),
        "a minute below the limit": (marks(UNABLE), TERM_BELOW, "one_short"),
        "failed but eligible": (marks(ONE_FAILED), TERM_AT_LIMIT, "one_short"),
        "one condition, two months at it": (marks(ONE_FAILED), ONLY_RECENT, "one_and_sign"),
        "one condition, up by 5 points": (marks(ONE_FAILED), RISING, "one_and_sign"),
        "one condition, up by less": (marks(ONE_FAILED), almost, None),
        "one condition, more failed": (worse, [], "one_and_sign"),
        "one condition, as many failed": (as_bad, [], None),
        "one condition alone": (marks(ONE_FAILED), [month("2016-01", 149)], None),
        "high absence that lasts": (marks(GOOD), TERM_AT_LIMIT, "one_and_sign"),
        "two months at the limit alone": (marks(GOOD), ONLY_RECENT, "sign_only"),
        "rising absence alone": (marks(GOOD), RISING, None),
        "nothing": (marks(GOOD), [], None),
        "absence unknown": (marks(UNABLE), [], "one_short"),
    }
    found = rows_of([case(drawing, months) for drawing, months, _ in expected.values()])
    places = dict(zip(expected, map(rung, found), strict=True))
    assert places == {name: place for name, (_, _, place) in expected.items()}


def test_a_pupil_of_the_group_who_has_mended_is_listed_last(listed):
    earlier = [month("2015-10", 200)]
    better = [month("2016-02", 0), month("2016-03", 0)]
    row = listed([*marks(UNABLE), *marks(GOOD, TERM)], [*earlier, *better], until="2016-06")
    assert (row["rung"], row["in_target_group"], row["since"]) == ("group_only", True, None)


def test_what_is_missing_is_named(listed):
    row = listed(marks("SVA F, EN -, MA E, BL E, SL E"), TERM_AT_LIMIT)
    assert (row["missing_core"], row["other_subjects_short"]) == ("SV EN", 3)
    assert row["failed_subjects"] == 2


def test_marks_of_the_term_count_from_its_last_month_on(listed):
    grades = [*marks(UNABLE), *marks(GOOD, TERM)]
    assert listed(grades, until="2016-05")["marks_term"] == "2015HT"
    assert listed(grades, until="2016-06") is None


def test_before_anything_is_reported_the_term_before_is_judged(listed):
    row = listed(marks(UNABLE), [month("2015-10", 150)], until="2016-01")
    assert (row["rung"], row["in_target_group"], row["month"]) == ("all_three", True, "2016-01")
    assert row["absence_term"] == "2015HT"


def test_since_is_the_first_term_of_the_unbroken_run(listed):
    grades = [*marks(UNABLE, "2014VT"), *marks(GOOD, "2014HT"), *marks(UNABLE, "2015VT")]
    months = [month("2014-05", 900), month("2015-10", 150), *TERM_AT_LIMIT]
    row = listed([*grades, *marks(UNABLE)], months)
    assert row["not_eligible_since"] == row["low_attainment_since"] == "2015VT"
    assert row["high_absence_since"] == "2014VT"
    assert row["since"] == "2015VT"


def test_a_term_of_which_nothing_is_known_breaks_no_run_and_a_good_one_does(listed):
    months = [month("2015-05", 200), month("2015-10", 149), *TERM_AT_LIMIT]
    assert listed(marks(UNABLE), months)["high_absence_since"] == TERM
    unknown = [months[0], month("2015-10", 0, reported=0), *TERM_AT_LIMIT]
    assert listed(marks(UNABLE), unknown)["high_absence_since"] == "2015VT"


def test_months_over_the_limit_are_counted_back_from_the_last(listed):
    months = [month("2015-11", 150), month("2015-12", 149), *TERM_AT_LIMIT]
    assert listed(marks(UNABLE), months)["high_months_since"] == "2016-01"
    assert listed(marks(UNABLE), TERM_BELOW)["high_months_since"] is None


def test_unreported_months_and_coverage_are_told_and_counted_as_neither(listed):
    months = [month("2016-01", 150), month("2016-02", 0, reported=0)]
    row = listed(marks(UNABLE), months)
    assert (row["months_unreported"], row["register_coverage"]) == (2, 0.5)
    assert row["absence_share"] == 0.15
    assert row["recent_absence"] is None


def test_unauthorised_absence_is_told_apart(listed):
    months = [month("2016-02", 200, unauthorised=50), month("2016-03", 200, unauthorised=150)]
    row = listed(marks(UNABLE), months)
    assert (row["absence_share"], row["unauthorised_share"]) == (0.2, 0.1)
    assert row["recent_unauthorised_share"] == 0.1


def test_support_is_now_if_a_day_of_it_lies_in_the_month():
    spells = {
        ("2015-10-01", None): "2015-10-01",
        ("2016-03-31", None): "2016-03-31",
        ("2016-04-01", None): None,
        ("2015-10-01", "2016-03-01"): "2015-10-01",
        ("2015-10-01", "2016-02-29"): None,
    }
    cases = [
        case(marks(UNABLE), TERM_AT_LIMIT, support=[
            {"project_id": "p", "term": TERM, "start_date": start, "end_date": end,
             "end_reason": end and "completed"}
        ])
        for start, end in spells
    ]  # fmt: skip
    found = rows_of(cases)
    since = [row["supported_since"] and row["supported_since"].isoformat() for row in found]
    assert since == list(spells.values())
    assert [row["is_supported"] for row in found] == [one is not None for one in since]


def test_listed_is_who_goes_to_the_school_in_the_month():
    there = [{"end_date": "2016-03-01"}, {"start_date": "2016-03-31"}]
    elsewhere = [{"end_date": "2016-02-29"}, {"start_date": "2016-04-01"}, {"grade_level": 6}]
    found = rows_of(
        [
            case(marks(UNABLE), TERM_AT_LIMIT, enrolled=[register("2015HT"), register(**changes)])
            for changes in [*there, *elsewhere]
        ]
    )
    assert [row is not None for row in found] == [True] * len(there) + [False] * len(elsewhere)


def test_marks_that_cannot_be_judged_are_unknown(listed):
    row = listed(marks(UNABLE + ", SVA E"), TERM_AT_LIMIT)
    assert row["rung"] == "one_and_sign"
    assert row["low_attainment"] is None
    assert row["not_eligible"] is None
    assert row["marks_term"] is None
