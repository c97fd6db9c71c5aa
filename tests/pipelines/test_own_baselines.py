"""Own baselines against months counted by hand, and against a slow sum."""

import datetime as dt

import ibis
import numpy as np
import pytest

from pipelines.engine import engine
from pipelines.own_baselines import has_baseline, own_baselines
from schemas.baselines import OwnBaselines
from schemas.calendar import months_between, term_before, term_of_month
from schemas.support import Participation
from tests.pipelines import invented

HOURS = invented.indicator("hours", kind="mean", period="month")
RATE = invented.indicator("rate", kind="ratio", period="month", per=100.0)
PASSED = invented.indicator("passed", period="term", yearly="spring")
FINAL = invented.indicator("final")
P1 = invented.pupil(1)


def support(*rows):
    full = [
        (student, project, "00000001", term, dt.date.fromisoformat(start), None, None, None)
        for student, project, start, term in rows
    ]
    return invented.table(Participation, full)


def amounts(*rows):
    engine()
    columns = ("student_id", "school_id", "period", "numerator", "denominator")
    types = ("string", "string", "string", "float64", "float64")
    frame = {name: [row[at] for row in rows] for at, name in enumerate(columns)}
    return ibis.memtable(frame, schema=dict(zip(columns, types, strict=True)))


def found(indicator, values, participation):
    made = own_baselines([indicator], {indicator.table: values}, participation)
    table = engine().create_table("own_baselines", made, overwrite=True)
    OwnBaselines.validate(table)
    return table.execute().to_dict("records")


def test_a_monthly_baseline_is_the_twelve_months_before_the_month_of_the_start():
    months = ["2012-01", "2012-02", "2013-01", "2013-02"]
    values = amounts(*((P1, "1234", month, 10.0**n, 1.0) for n, month in enumerate(months)))
    (row,) = found(HOURS, values, support((P1, "p0", "2013-02-14", "2013VT")))
    assert (row["first_period"], row["last_period"]) == ("2012-02", "2013-01")
    assert (row["numerator"], row["denominator"], row["periods"]) == (110.0, 2.0, 2)
    assert row["value"] == 55.0


def test_a_baseline_of_terms_is_the_term_before():
    passed = {"2011HT": 1.0, "2012VT": 2.0, "2012HT": 3.0, "2013VT": 4.0}
    values = amounts(*((P1, "1234", term, n, 10.0) for term, n in passed.items()))
    (row,) = found(PASSED, values, support((P1, "p0", "2013-02-14", "2013VT")))
    assert (row["first_period"], row["value"]) == ("2012HT", 0.3)


def test_a_pupil_who_changed_school_keeps_the_history():
    values = amounts((P1, "1234", "2012-05", 60.0, 600.0), (P1, "5678", "2012-09", 30.0, 300.0))
    (row,) = found(RATE, values, support((P1, "p0", "2013-02-14", "2013VT")))
    assert (row["numerator"], row["denominator"], row["value"]) == (90.0, 900.0, 10.0)


def test_nothing_before_is_no_value_and_says_so():
    values = amounts((P1, "1234", "2013-02", 60.0, 600.0))
    (row,) = found(RATE, values, support((P1, "p0", "2013-02-14", "2013VT")))
    assert row["missing"] == "no_value_before"
    assert np.isnan(row["value"])


def test_support_repeated_in_the_register_of_the_next_term_began_once():
    both = support((P1, "p0", "2013-02-14", "2013VT"), (P1, "p0", "2013-02-14", "2013HT"))
    values = amounts((P1, "1234", "2012-05", 60.0, 600.0))
    assert len(found(RATE, values, both)) == 1


def test_a_final_grade_has_no_before():
    assert not has_baseline(FINAL)
    assert has_baseline(HOURS)
    assert has_baseline(PASSED)


@pytest.mark.parametrize("indicator", [HOURS, RATE, PASSED], ids=lambda one: one.name)
def test_agrees_with_the_slow_sum(indicator):
    rng = np.random.default_rng(4)
    values = invented.values(indicator, rng, schools=4, students=50, years=3)
    starts = [
        (invented.pupil(n), f"p{n % 2}", f"201{3 + n % 2}-{1 + n % 6:02d}-15")
        for n in range(0, 50, 3)
    ]
    rows = values.execute()
    participation = support(*((*one, "2014VT") for one in starts))
    for row in found(indicator, values, participation):
        start = f"{row['start_date']:%Y-%m}"
        window = (
            months_between("2000-01", start)[-13:-1]
            if indicator.period == "month"
            else [term_before(term_of_month(start))]
        )
        own = rows[(rows.student_id == row["student_id"]) & rows.period.isin(window)]
        assert row["periods"] == own.period.nunique()
        assert np.nan_to_num(row["numerator"]) == pytest.approx(own.numerator.sum())
        if len(own):
            expected = indicator.per * own.numerator.sum() / own.denominator.sum()
            assert row["value"] == pytest.approx(expected)
