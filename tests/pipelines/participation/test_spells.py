"""Spells of support, by hand."""

import pytest

from schemas.codes import END_REASONS

KEY = ("student_id", "start_date")


@pytest.fixture
def one(lived, told):
    """One column of the spells of some registers, in order of pupil and start."""

    def column(name, *support, **more):
        return [row[0] for row in told(lived(*support, **more), name, by=KEY)]

    return column


@pytest.mark.parametrize("reason", END_REASONS, ids=lambda reason: reason.code)
def test_the_reason_decides_the_outcome_and_an_unknown_one_is_never_planned(one, reason):
    row = f"p1 | north | A | 2015HT | 2015-09-01 | 2015-11-10 | {reason.code}"
    assert one("outcome", row) == [reason.group]


def test_the_latest_register_tells_how_it_ended(one):
    rows = [
        "p1 | north | A | 2016VT | 2015-09-01 | 2016-03-10 | completed",
        "p1 | north | A | 2015HT | 2015-09-01 | |",
    ]
    assert one("outcome", *rows) == ["planned"]


def test_who_is_open_in_an_older_register_only_has_vanished_and_is_kept(lived, told):
    made = lived(
        "p1 | north | A | 2015HT | 2015-09-01 | |",
        "p2 | north | A | 2016VT | 2016-02-01 | |",
        "p3 | south | A | 2015HT | 2015-09-01 | |",
    )
    assert [
        (p, o, str(d)) for p, o, d in told(made, "student_id", "outcome", "last_day", by=KEY)
    ] == [
        ("p1", "vanished", "2015-12-31"),
        ("p2", "open", "2016-07-31"),
        ("p3", "open", "2015-12-31"),
    ]


def test_an_open_one_that_starts_after_its_registers_term_lasts_its_first_day(one):
    assert one("duration_days", "p1 | north | A | 2015HT | 2016-02-01 | |") == [1]


def test_duration_counts_both_days_and_weeks_that_have_begun(lived, told):
    made = lived(
        "p1 | north | A | 2015HT | 2015-09-01 | 2015-09-07 | completed",
        "p2 | north | A | 2015HT | 2015-09-01 | 2015-09-08 | completed",
        "p3 | north | A | 2015HT | 2015-09-01 | 2015-09-01 | moved",
    )
    assert told(made, "duration_days", "weeks", by=KEY) == [(7, 1), (8, 2), (1, 1)]


def test_a_second_time_in_any_project_is_numbered_with_the_days_between(lived, told):
    made = lived(
        "p1 | north | A | 2015HT | 2015-09-01 | 2015-09-30 | did_not_attend",
        "p1 | south | B | 2015HT | 2015-10-11 | 2015-10-20 | completed",
        "p1 | north | A | 2015HT | 2015-10-21 | |",
    )
    assert told(made, "number", "break_days", "is_overlapping", by=KEY) == [
        (1, None, False), (2, 10, False), (3, 0, False)
    ]  # fmt: skip


def test_two_open_at_once_are_both_flagged_and_both_kept(lived, told):
    made = lived(
        "p1 | north | A | 2015HT | 2015-09-01 | 2015-10-11 | transferred",
        "p1 | south | B | 2015HT | 2015-10-11 | |",
        "p1 | west | B | 2016HT | 2016-10-11 | |",
    )
    assert told(made, "break_days", "is_overlapping", "is_known_project", by=KEY) == [
        (None, True, True), (None, True, True), (284, False, False)
    ]  # fmt: skip


def test_one_within_a_longer_one_overlaps_it_and_so_does_the_longer(one):
    rows = [
        "p1 | north | A | 2015HT | 2015-08-20 | 2015-12-20 | completed",
        "p1 | south | B | 2015HT | 2015-09-10 | 2015-09-12 | moved",
        "p1 | west | B | 2015HT | 2015-12-01 | 2015-12-10 | moved",
    ]
    assert one("is_overlapping", *rows) == [True, True, True]


def test_waiting_runs_from_the_first_day_of_the_first_term_in_the_group(one):
    rows = [
        "p1 | north | A | 2016VT | 2016-02-15 | 2016-03-01 | completed",
        "p1 | north | A | 2016VT | 2016-04-01 | |",
        "p2 | north | A | 2016VT | 2016-02-15 | |",
        "p3 | north | A | 2016VT | 2016-02-15 | |",
    ]
    group = ["p1 | A | 2015HT", "p1 | A | 2016VT", "p2 | A | 2016VT", "p3 | A | 2016HT"]
    assert one("waiting_days", *rows, group=group) == [198, None, 45, None]


@pytest.mark.parametrize(
    ("start", "end", "is_over"),
    [
        ("2016-06-01", "2016-08-01", True),
        ("2016-07-01", "2016-08-15", True),
        ("2016-07-02", "2016-09-15", False),
        ("2016-06-01", "2016-07-31", False),
        ("2015-09-01", "2016-07-31", False),
        ("2015-09-01", "2017-01-15", True),
        ("2016-09-01", "2017-01-15", False),
    ],
)
def test_over_summer_is_a_whole_july_and_on(one, start, end, is_over):
    row = f"p1 | north | A | 2016HT | {start} | {end} | completed"
    assert one("over_summer", row) == [is_over]


def test_support_that_is_open_at_the_end_of_july_is_not_yet_over_summer(one):
    assert one("over_summer", "p1 | north | A | 2016VT | 2016-03-01 | |") == [False]


def test_support_goes_on_into_the_next_grade_and_into_upper_secondary_school(lived, told):
    rows = [
        f"{pupil} | north | A | 2016HT | 2016-04-01 | 2016-10-01 | completed"
        for pupil in ("p1", "p2", "p3")
    ]
    enrolled = [
        "p1 | A | 2016VT | 8 | 2015-08-17 |",
        "p1 | A | 2016HT | 9 | 2016-08-17 |",
        "p2 | A | 2016VT | 9 | 2015-08-17 | 2016-06-10",
        "p3 | A | 2016VT | 8 | 2015-08-17 |",
        "p3 | A | 2016HT | 8 | 2016-08-17 |",
    ]
    made = lived(*rows, enrolled=enrolled)
    assert told(made, "into_next_grade", "into_upper_secondary", by=KEY) == [
        (True, False), (False, True), (False, False)
    ]  # fmt: skip


def test_nobody_is_in_upper_secondary_school_before_a_later_register_lacks_them(one):
    row = "p1 | north | A | 2016HT | 2016-04-01 | 2016-10-01 | completed"
    assert one("into_upper_secondary", row, enrolled=["p1 | A | 2016VT | 9 | 2015-08-17 |"]) == [
        False
    ]


@pytest.mark.parametrize(
    ("enrolled", "state"),
    [
        (["p1 | A | 2016VT | 8 | 2016-02-15 |"], "at_school"),
        (["p1 | B | 2016VT | 8 | 2015-08-15 |", "p2 | A | 2016VT | 8 | 2015-08-15 |"], "elsewhere"),
        (["p1 | A | 2016VT | 8 | 2016-02-16 |"], "none"),
        (["p1 | A | 2016VT | 8 | 2015-08-15 | 2016-02-14"], "none"),
        (["p1 | A | 2015HT | 8 | 2015-08-15 |", "p2 | A | 2016VT | 8 | 2015-08-15 |"], "none"),
        (["p1 | A | 2015HT | 8 | 2015-08-15 |"], "no_register"),
        ([], "no_register"),
    ],
)
def test_whether_the_pupil_was_enrolled_on_the_first_day_is_told(one, enrolled, state):
    row = "p1 | north | A | 2016VT | 2016-02-15 | |"
    assert one("enrolment", row, enrolled=enrolled) == [state]


def test_the_dose_is_what_was_given_in_the_months_of_the_support(lived, told):
    made = lived(
        "p1 | north | A | 2016VT | 2016-01-10 | 2016-03-10 | completed",
        "p1 | north | A | 2016VT | 2016-03-15 | |",
        "p1 | south | A | 2016VT | 2016-03-15 | |",
        "p2 | north | A | 2016VT | 2016-01-10 | |",
        contacts=[
            "p1 | north | 2015-12 | talk | direct | 9 | 90",
            "p1 | north | 2016-01 | talk | direct | 2 | 90",
            "p1 | north | 2016-02 | class | indirect | 3 | 60",
            "p1 | north | 2016-03 | talk | direct | 4 | 15",
            "p1 | south | 2016-03 | talk | direct | 1 | 0",
        ],
    )
    by = ("student_id", "start_date", "project_id")
    assert told(made, "contacts", "hours", by=by) == [(5, 2.5), (4, 0.25), (1, 0.0), (None, None)]


def test_without_any_register_there_is_no_spell(lived):
    assert lived().count().to_pyarrow().as_py() == 0
