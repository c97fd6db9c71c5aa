"""The three states of an ambition, and figures of shares and ratios, against slow references."""

import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from statsmodels.stats.proportion import confint_proportions_2indep

from pipelines.ambitions.counting import days_of, year_before
from pipelines.ambitions.figures import figures, planned, with_all_projects
from pipelines.ambitions.outcomes import outcomes
from pipelines.ambitions.stated import Known, days_spoken_of, stated_and_computed
from pipelines.ambitions.states import target_state
from pipelines.lake import empty
from schemas.ambitions import (
    ALL_PROJECTS,
    BY_MEASURE,
    PLANNED,
    TARGET_MEASURES,
    TARGET_OF_KEY,
    WHOLE_OF,
    Figures,
    Outcomes,
    StatedAndComputed,
    StatedFigures,
    Targets,
)
from schemas.codes import values
from schemas.form_answers import FormAnswers
from schemas.forms import WORK_PLAN
from schemas.indicators import IndicatorValues
from schemas.places import ProjectSchools
from schemas.support import Participation
from tests.pipelines import invented
from tests.pipelines.ambitions import small_city

NUMBERS = st.floats(-1e6, 1e6)
DAY = dt.date
NAN = float("nan")


@given(target=NUMBERS, limits=st.tuples(NUMBERS, NUMBERS))
def test_every_ambition_is_in_one_state_and_the_other_direction_is_the_mirror(target, limits):
    lower, upper = sorted(limits)
    state = target_state(target, lower, upper)
    assert (state == "reached") == (lower >= target)
    assert (state == "not_reached") == (upper < target)
    mirrored = target_state(-target, -upper, -lower, higher_is="worse")
    assert mirrored == state


@given(target=NUMBERS, count=NUMBERS)
def test_a_count_is_compared_exactly_and_is_never_undetermined(target, count):
    expected = "reached" if count >= target else "not_reached"
    assert target_state(target, count, count) == expected


@given(target=NUMBERS, limits=st.tuples(NUMBERS, NUMBERS), step=st.floats(0, 1e6))
def test_a_lower_ambition_is_never_further_from_reached(target, limits, step):
    order = ["not_reached", "cannot_be_determined", "reached"]
    lower, upper = sorted(limits)
    states = [order.index(target_state(one, lower, upper)) for one in (target, target - step)]
    assert states == sorted(states)


@pytest.mark.parametrize(
    "missing", [(NAN, 1.0, 2.0), (1.0, NAN, 2.0), (1.0, 0.0, NAN), (1.0, NAN, NAN)]
)
def test_what_is_missing_cannot_be_determined(missing):
    assert target_state(*missing) == "cannot_be_determined"


def support(*rows):
    """Stretches of support: pupil, project, school, term, start, end, reason."""
    full = [
        (invented.pupil(n), project, school, term, start, None, end, reason)
        for n, project, school, term, start, end, reason in rows
    ]
    return invented.table(Participation, full)


def eligible(*rows):
    """Pupils and whether they were eligible, by school year."""
    told = [(invented.pupil(n), "00000001", year, float(y), 1.0, None) for n, year, y in rows]
    return invented.table(IndicatorValues, told)


def of(registers, further=()):
    """Figures by project, measure and day."""
    rows = figures(registers, further).execute().to_dict("records")
    return {(r["project_id"], r["measure"], str(r["as_of"])[:10]): r for r in rows}


def registers(participation, **changes):
    return small_city.registers(
        **{
            "participation": participation,
            "project_schools": invented.table(ProjectSchools, []),
            "targets": invented.table(Targets, []),
        }
        | changes
    )


def test_a_pupil_in_two_projects_counts_once_in_the_city_and_in_each_of_them():
    rows = support(
        (1, "p0", "00000001", "2016VT", DAY(2016, 1, 10), DAY(2016, 3, 1), "transferred"),
        (1, "p1", "00000001", "2016VT", DAY(2016, 3, 2), None, None),
        (2, "p1", "00000002", "2015HT", DAY(2015, 9, 1), None, None),
        (2, "p1", "00000002", "2016VT", DAY(2015, 9, 1), DAY(2016, 2, 1), "did_not_attend"),
        (3, "p1", "00000002", "2016VT", DAY(2016, 2, 1), DAY(2016, 6, 1), "completed"),
    )
    found = of(registers(rows), [DAY(2016, 1, 31)])
    value = {key: row["value"] for key, row in found.items()}
    july = "2016-07-31"
    assert value["p0", "pupils", july] == 1
    assert value["p1", "pupils", july] == 3
    assert value[ALL_PROJECTS, "pupils", july] == 3
    assert value[ALL_PROJECTS, "pupils", "2016-01-31"] == 2
    assert value[ALL_PROJECTS, "pupils", "2015-12-31"] == 1
    assert value["p1", "pupils_started", july] == 2
    assert value["p1", "unplanned_dropouts", july] == 1
    assert value["p0", "unplanned_dropouts", july] == 0
    assert value["p1", "completed", july] == 1
    assert value["p1", "schools_with_pupils", july] == 2
    assert ("p0", "pupils", "2015-12-31") not in value
    assert not [key for key in value if key[2] > july]


def test_support_that_ended_in_autumn_is_not_of_the_next_year():
    rows = support(
        (1, "p0", "00000001", "2015HT", DAY(2015, 9, 1), DAY(2015, 12, 20), "completed"),
        (2, "p0", "00000001", "2016VT", DAY(2016, 2, 1), None, None),
    )
    found = of(registers(rows))
    assert found["p0", "pupils", "2016-07-31"]["value"] == 1
    assert found["p0", "completed", "2016-07-31"]["value"] == 0
    assert found["p0", "pupils", "2016-07-31"]["previous_whole_year"] == 1


def test_schools_are_covered_while_their_terms_last():
    covered = invented.table(
        ProjectSchools,
        [
            ("p0", "00000001", "2013HT", "2015HT", "school"),
            ("p0", "00000002", "2016VT", None, "school"),
            ("p0", "00000003", "2016HT", None, "school"),
            ("p1", "00000002", "2016VT", None, "residence"),
        ],
    )
    rows = support((1, "p0", "00000001", "2016HT", DAY(2015, 9, 1), None, None),
                   (1, "p0", "00000001", "2015HT", DAY(2015, 9, 1), None, None))  # fmt: skip
    found = of(registers(rows, project_schools=covered))
    value = {key: row["value"] for key, row in found.items() if key[1] == "schools"}
    assert value["p0", "schools", "2015-07-31"] == 1
    assert value["p0", "schools", "2016-07-31"] == 1
    assert value["p0", "schools", "2016-11-30"] == 2
    assert value[ALL_PROJECTS, "schools", "2016-07-31"] == 1
    assert value["p1", "schools", "2016-07-31"] == 1


def test_a_share_has_wilsons_limits_and_newcombes_difference():
    rows = support(
        *((n, "p0", "00000001", "2015VT", DAY(2015, 1, 15), DAY(2015, 6, 1), "completed")
          for n in range(20)),
        *((n, "p0", "00000001", "2016VT", DAY(2016, 1, 15), DAY(2016, 6, 1), "completed")
          for n in range(20, 45)),
    )  # fmt: skip
    marks = eligible(
        *((n, "2014/15", n < 9) for n in range(20)),
        *((n, "2015/16", n < 40) for n in range(20, 45)),
        (99, "2015/16", 1),
    )
    found = of(registers(rows, eligible=marks), [DAY(2016, 3, 1)])
    row = found["p0", "eligible_share", "2016-07-31"]
    assert (row["numerator"], row["denominator"], row["value"]) == (20, 25, 80)
    wilson = binomtest(20, 25).proportion_ci(method="wilson")
    assert (row["lower"], row["upper"]) == pytest.approx((100 * wilson.low, 100 * wilson.high))
    assert (row["previous"], row["change"]) == (45, pytest.approx(35))
    limits = confint_proportions_2indep(20, 25, 9, 20, method="newcomb", compare="diff")
    assert (row["change_lower"], row["change_upper"]) == pytest.approx(
        tuple(100 * one for one in limits), abs=1e-6
    )
    assert np.isnan(row["percent_since_whole_year"])
    assert ("p0", "eligible_share", "2016-03-01") not in found
    promised = invented.table(
        Targets,
        [("p0", 2016, "eligible_share", 70.0, None), ("p0", 2015, "eligible_share", 70.0, None)],
    )
    told = outcomes(promised, small_city.no_answers(), figures(registers(rows, eligible=marks)))
    states = {str(r["as_of"])[:10]: r["state"] for r in told.execute().to_dict("records")}
    assert 100 * wilson.low < 70 < 100 * wilson.high
    assert states["2016-07-31"] == "cannot_be_determined"


def test_a_ratio_is_of_sums_of_the_pupils_in_the_months_to_the_day():
    rows = support(
        *((n, "p0", "00000001", f"{year}VT", DAY(year, 1, 15), DAY(year, 6, 1), "completed")
          for year in (2015, 2016) for n in range(4))
    )  # fmt: skip
    minutes = [
        (invented.pupil(n), "00000001", f"{year}-{month:02d}", 10.0 * n + year - 2010, 100.0, None)
        for n in range(5)
        for year in (2015, 2016)
        for month in (1, 2, 9)
    ]
    found = of(registers(rows, absence=invented.table(IndicatorValues, minutes)),
               [DAY(2016, 1, 31)])  # fmt: skip
    row = found["p0", "unauthorised_absence_rate", "2016-07-31"]
    assert row["numerator"] == sum(2 * (10 * n + 6) for n in range(4))
    assert (row["denominator"], row["value"]) == (800, pytest.approx(21))
    assert row["lower"] < 21 < row["upper"]
    assert (row["previous"], row["change"]) == (pytest.approx(20), pytest.approx(1))
    assert row["change_lower"] < 1 < row["change_upper"]
    assert found["p0", "unauthorised_absence_rate", "2016-01-31"]["denominator"] == 400


def test_applications_add_up_and_a_missing_year_before_is_not_nought():
    targets = invented.table(
        Targets,
        [
            ("p0", 2016, "pupils", 30.0, 20.0),
            ("p1", 2016, "pupils", 40.0, None),
            ("p0", 2015, "pupils", 25.0, None),
            ("p0", 2016, "eligible_share", 80.0, 70.0),
        ],
    ).execute()
    rows = planned(targets)
    found = {(r.project_id, str(r.as_of)): r.numerator for r in rows.itertuples()}
    assert set(rows.measure) == {"pupils_planned"}
    assert found[ALL_PROJECTS, "2016-12-31"] == 70
    assert found["p0", "2015-12-31"] == 25
    assert found[ALL_PROJECTS, "2015-12-31"] == 25
    summed = with_all_projects(targets[targets.measure == "pupils"], "previous_value")
    city = summed[(summed.project_id == ALL_PROJECTS) & (summed.year == 2016)]
    assert math.isnan(city.previous_value.iloc[0])


def test_the_application_wins_over_the_plan_and_no_figure_cannot_be_determined():
    targets = invented.table(Targets, [("p0", 2016, "pupils", 30.0, 20.0)])
    answers = invented.table(
        FormAnswers,
        [
            ("p0", 2016, "work_plan", "pupils_planned", "35"),
            ("p1", 2016, "work_plan", "pupils_planned", "12"),
            ("p1", 2016, "work_plan", "eligibility_aim", "62.5"),
            ("p1", 2016, "work_plan", "schools_planned", None),
            ("p1", 2016, "interim_report", "pupils", "9"),
        ],
    )
    rows = outcomes(targets, answers, empty(Figures)).execute().to_dict("records")
    told = {(r["project_id"], r["measure"]): r for r in rows}
    assert set(told) == {
        ("p0", "pupils"), ("p1", "pupils"), (ALL_PROJECTS, "pupils"), ("p1", "eligible_share"),
    }  # fmt: skip
    assert (told["p0", "pupils"]["target"], told["p0", "pupils"]["target_source"]) == (
        30,
        "application",
    )
    assert told["p1", "eligible_share"]["target"] == 62.5
    assert told["p1", "pupils"]["target_source"] == "work_plan"
    assert told[ALL_PROJECTS, "pupils"]["target"] == 42
    assert {r["state"] for r in rows} == {"cannot_be_determined"}
    assert {str(r["as_of"])[:10] for r in rows} == {"2016-12-31"}


def test_documents_that_contradict_each_other_give_no_base():
    key = (ALL_PROJECTS, "funds_available", DAY(2015, 12, 31))
    other = (ALL_PROJECTS, "funds_available", DAY(2014, 12, 31))
    known = Known({}, {"d1": {key: frozenset({1.0})}, "d2": {key: frozenset({2.0})}})
    assert known.of(key, "d1") == (1.0, "documents")
    assert known.of(key, "d3") is None
    assert known.of(other, "d1") is None
    assert Known({key: 3.0}, known.documents).of(key, "d1") == (3.0, "registers")


def test_nothing_can_be_computed_from_nought():
    before, now = DAY(2015, 12, 31), DAY(2016, 12, 31)
    rows = [
        ("d5", "a", "p0", "funds_available", "value", before, None, 0.0, 1.0, None, None),
        ("d5", "a", "p0", "funds_available", "value", now, None, 5.0, 1.0, None, None),
        ("d5", "a", "p0", "funds_available", "change_percent", now, before, 5.0, 1.0, None, None),
        ("d5", "a", "p0", "pupils", "percent_of_whole", now, None, 5.0, 1.0, None, None),
    ]  # fmt: skip
    stated = invented.table(StatedFigures, rows)
    found = stated_and_computed(stated, empty(Figures)).execute()
    assert set(found.agreement) == {"cannot_be_computed"}
    assert found.computed.isna().all()
    assert days_spoken_of(stated) == {DAY(2015, 12, 31), DAY(2016, 12, 31)}


def test_nothing_delivered_is_empty_tables():
    nothing = [empty(one) for one in (Targets, FormAnswers, Figures)]
    made = {
        Figures: figures(
            registers(
                empty(Participation),
                project_schools=empty(ProjectSchools),
                targets=empty(Targets),
                eligible=empty(IndicatorValues),
                absence=empty(IndicatorValues),
            )
        ),
        Outcomes: outcomes(*nothing),
        StatedAndComputed: stated_and_computed(empty(StatedFigures), empty(Figures)),
    }
    for contract, rows in made.items():
        assert rows.schema() == empty(contract).schema()
        assert rows.count().execute() == 0
    assert days_of(empty(Participation)).count().execute() == 0


def test_a_leap_day_a_year_before_is_the_last_of_february():
    assert year_before(DAY(2016, 2, 29)) == DAY(2015, 2, 28)
    assert year_before(DAY(2016, 7, 31)) == DAY(2015, 7, 31)


def test_measures_hold_together():
    keys = {question.key for question in WORK_PLAN.questions}
    assert set(TARGET_OF_KEY) <= keys
    assert {*TARGET_OF_KEY.values(), *PLANNED} <= set(values(TARGET_MEASURES))
    assert {*PLANNED.values(), *WHOLE_OF, *WHOLE_OF.values()} <= set(BY_MEASURE)
    for measure in BY_MEASURE.values():
        assert measure.kind in ("count", "share", "ratio")
        assert measure.higher_is in ("better", "worse")
        assert measure.definition
        assert measure.population
