"""Months of support: a pupil counts once in the city, and in the right project."""

import datetime as dt
from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.participation.months import pupil_months
from pipelines.results import conforming
from schemas.participation import Spells
from tests.reference.participation import months_of
from tests.reference.spells import spell_frame

BY = ("student_id", "month")


def test_who_moves_between_a_school_based_and_a_residence_based_project_counts_once(lived, told):
    made = pupil_months(
        lived(
            "p1 | north | A | 2015HT | 2015-10-01 | 2015-11-10 | transferred",
            "p1 | south | B | 2015HT | 2015-11-11 | 2016-01-08 | completed",
        )
    )
    assert told(made, "month", "project_id", "days", "participations", by=BY) == [
        ("2015-10", "north", 31, 1),
        ("2015-11", "south", 20, 2),
        ("2015-12", "south", 31, 1),
        ("2016-01", "south", 8, 1),
    ]


def test_of_equally_many_days_the_one_that_started_last_counts_then_the_first_by_key(lived, told):
    made = pupil_months(
        lived(
            "p1 | north | A | 2016VT | 2016-01-15 | 2016-03-31 | completed",
            "p1 | south | B | 2016VT | 2016-01-20 | 2016-03-31 | completed",
            "p2 | south | B | 2016VT | 2016-02-01 | 2016-02-29 | completed",
            "p2 | north | A | 2016VT | 2016-02-01 | 2016-02-29 | completed",
        )
    )
    assert told(made, "month", "project_id", "school_id", by=BY) == [
        ("2016-01", "north", "A"),
        ("2016-02", "south", "B"),
        ("2016-03", "south", "B"),
        ("2016-02", "north", "A"),
    ]


def test_support_over_the_summer_has_a_july(lived, told):
    made = pupil_months(lived("p1 | north | A | 2016HT | 2016-06-30 | 2016-08-01 | completed"))
    assert told(made, "month", "days", by=BY) == [("2016-06", 1), ("2016-07", 31), ("2016-08", 1)]


SPELL = st.tuples(
    st.sampled_from(["p1", "p2"]),
    st.sampled_from(["north", "south"]),
    st.dates(dt.date(2015, 8, 1), dt.date(2016, 8, 1)),
    st.integers(0, 120),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(SPELL, max_size=6, unique_by=lambda one: one[:3]))
def test_months_are_those_of_a_day_by_day_count(drawn):
    rows = [(pupil, project, start, start + dt.timedelta(n)) for pupil, project, start, n in drawn]
    made = pupil_months(conforming(spell_frame(rows), Spells)).to_pyarrow().to_pylist()
    found = {(r["student_id"], r["month"]): (r["project_id"], r["days"]) for r in made}
    assert found == months_of(rows)
    pupils = defaultdict(set)
    for pupil, month in found:
        pupils[month].add(pupil)
    assert sum(map(len, pupils.values())) == len(made)
