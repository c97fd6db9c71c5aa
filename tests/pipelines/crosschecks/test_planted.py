"""Judgements on an invented city: exactly what was planted is found, and nothing else."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from pipelines.crosschecks.findings import findings, holding
from pipelines.crosschecks.registry import load_crosschecks
from pipelines.crosschecks.sums import school_months
from pipelines.crosschecks.unfilled_registers import unfilled_registers
from pipelines.freshness import Accounts, freshness
from pipelines.simulation.absence import REPORTED, SCHEDULED
from tests.pipelines.crosschecks.town import as_table, town

AS_OF = dt.date(2014, 1, 1)


@pytest.fixture(scope="module")
def city():
    return town()


def judged(city, *names, as_of=AS_OF):
    """What all judgements find, or some of them."""
    tables = city.tables()
    accounts = {n: tables[f"core.{n}"] for n in ("enrolments", "attendance", "grades", "schools")}
    owed = freshness(Accounts(**accounts, deliveries=tables["raw.deliveries"]), as_of=as_of)
    known = load_crosschecks()
    chosen = [known[name] for name in names] if names else list(known.values())
    return findings(chosen, {**tables, "checks.freshness": owed})


def places(found):
    """Judgement, school and period of each finding."""
    return set(zip(found.crosscheck, found.school_id, found.period, strict=True))


def is_of(frame, school, period, column="month"):
    return (frame.school_id == school) & (frame[column] == period)


@pytest.mark.parametrize("seed", [3, 4])
def test_a_city_where_nothing_is_wrong_gives_no_finding(seed):
    last_due = dt.date(2013, 8, 6)
    assert judged(town(seed=seed), as_of=last_due).empty


def test_a_small_city_gives_no_finding_that_holds():
    last_due = dt.date(2013, 8, 6)
    found = judged(town(seed=5, schools=4, pupils_per_grade=12), as_of=last_due)
    assert holding(found, ()).empty


def test_empty_registers_are_counted_as_they_were_planted(city):
    rows = unfilled_registers(school_months(as_table("core.attendance", city.attendance)))
    counted = rows.execute().groupby("period")["count"].sum()
    planted = {
        register.listed.period: int(
            ((register.minutes[:, SCHEDULED] > 0) & (register.minutes[:, REPORTED] == 0)).sum()
        )
        for register in city.registers
    }
    assert sum(planted.values()) > 0
    assert counted.to_dict() == planted


def test_exactly_the_school_months_left_out_are_missing_and_hold(city):
    schools = sorted(set(city.attendance.school_id))
    left_out = {(schools[0], "2012-03"), (schools[2], "2012-03"), (schools[4], "2011-11")}
    keys = pd.MultiIndex.from_frame(city.attendance[["school_id", "month"]])
    found = judged(city.but(attendance=city.attendance[~keys.isin(left_out)]), "missing_delivery")
    assert places(found) == {("missing_delivery", *key) for key in left_out}
    assert len(holding(found, ())) == len(left_out)


def test_a_month_nobody_delivered_holds_nothing(city):
    left = city.attendance[city.attendance.month != "2012-03"]
    assert judged(city.but(attendance=left), "missing_delivery").empty


def test_a_register_left_out_is_missing_and_its_months_are_still_expected(city):
    school = sorted(set(city.enrolments.school_id))[1]
    register = city.enrolments[~is_of(city.enrolments, school, "2012HT", "term")]
    months = city.attendance[~is_of(city.attendance, school, "2012-10")]
    found = judged(city.but(enrolments=register, attendance=months), "missing_delivery")
    assert places(found) == {
        ("missing_delivery", school, "2012HT"),
        ("missing_delivery", school, "2012-10"),
    }


def halved(frame, school, period, column="month"):
    """The frame with six in ten pupils of one school and period left out."""
    rows = is_of(frame, school, period, column)
    pupils = sorted(set(frame[rows].student_id))
    gone = pupils[: round(0.6 * len(pupils))]
    return frame[~(rows & frame.student_id.isin(gone))]


def test_a_drop_is_a_jump_in_its_month_and_the_way_back_is_none(city):
    school = sorted(set(city.attendance.school_id))[3]
    found = judged(city.but(attendance=halved(city.attendance, school, "2012-02")), "volume_jump")
    assert places(found) == {("volume_jump", school, "2012-02")}
    assert found.severity.tolist() == ["hold"]
    assert found.measure[0] == pytest.approx(0.6, abs=0.05)


def test_without_any_register_the_month_before_tells_a_jump(city):
    school = sorted(set(city.attendance.school_id))[3]
    dropped = city.but(
        attendance=halved(city.attendance, school, "2012-02"), enrolments=city.enrolments[:0]
    )
    found = judged(dropped, "volume_jump")
    assert places(found) == {
        ("volume_jump", school, "2012-02"),
        ("volume_jump", school, "2012-03"),
    }


def test_a_school_that_shrinks_in_register_and_attendance_alike_is_no_jump(city):
    school = sorted(set(city.attendance.school_id))[3]
    pupils = sorted(set(city.enrolments[city.enrolments.school_id == school].student_id))
    gone = pupils[: round(0.6 * len(pupils))]
    late = city.attendance.month >= "2012-08"
    attendance = city.attendance[
        ~((city.attendance.school_id == school) & late & city.attendance.student_id.isin(gone))
    ]
    later = city.enrolments.term.isin(["2012HT", "2013VT"])
    register = city.enrolments[
        ~((city.enrolments.school_id == school) & later & city.enrolments.student_id.isin(gone))
    ]
    shrunk = city.but(attendance=attendance, enrolments=register)
    assert judged(shrunk, "volume_jump", "register_jump").empty


def test_a_register_cut_in_half_is_a_jump_against_the_attendance(city):
    school = sorted(set(city.attendance.school_id))[2]
    register = halved(city.enrolments, school, "2012VT", "term")
    found = judged(city.but(enrolments=register), "register_jump")
    assert places(found) == {("register_jump", school, "2012VT")}


def test_half_the_grades_of_a_school_are_a_jump(city):
    school = sorted(set(city.grades.school_id))[2]
    grades = halved(city.grades, school, "2012HT", "term")
    found = judged(city.but(grades=grades), "grades_jump")
    assert places(found) == {("grades_jump", school, "2012HT")}


def test_half_the_timetable_of_a_school_is_a_jump_of_time(city):
    school = min(set(city.attendance.school_id))
    rows = is_of(city.attendance, school, "2012-10")
    halves = city.attendance.scheduled_minutes.where(~rows, city.attendance.scheduled_minutes // 2)
    found = judged(city.but(attendance=city.attendance.assign(scheduled_minutes=halves)),
                   "time_jump")  # fmt: skip
    assert places(found) == {("time_jump", school, "2012-10")}
    assert found.severity.tolist() == ["warn"]


def test_everybody_present_all_month_is_constant(city):
    school = sorted(set(city.attendance.school_id))[1]
    rows = is_of(city.attendance, school, "2012-05")
    absence = ["authorised_absence_minutes", "unauthorised_absence_minutes", "late_minutes"]
    frame = city.attendance.assign(
        **{name: np.where(rows, 0, city.attendance[name]) for name in absence}
    )
    found = judged(city.but(attendance=frame), "constant_values")
    assert places(found) == {("constant_values", school, "2012-05")}


def test_one_mark_for_all_is_constant(city):
    school = sorted(set(city.grades.school_id))[1]
    rows = is_of(city.grades, school, "2012HT", "term")
    found = judged(city.but(grades=city.grades.assign(mark=city.grades.mark.where(~rows, "C"))),
                   "constant_marks")  # fmt: skip
    assert places(found) == {("constant_marks", school, "2012HT")}


@pytest.mark.parametrize(("share", "severity"), [(0.2, "warn"), (0.7, "hold")])
def test_registers_not_filled_in_warn_and_then_hold(city, share, severity):
    school = sorted(set(city.attendance.school_id))[5]
    rows = is_of(city.attendance, school, "2012-09").to_numpy()
    empty = rows & (np.cumsum(rows) <= share * rows.sum())
    zero = {name: np.where(empty, 0, city.attendance[name]) for name in city.attendance
            if name.endswith("_minutes") and name != "scheduled_minutes"}  # fmt: skip
    found = judged(city.but(attendance=city.attendance.assign(**zero)), "unfilled_registers")
    assert places(found) == {("unfilled_registers", school, "2012-09")}
    assert found.severity.tolist() == [severity]


def test_a_class_left_out_is_named(city):
    school = min(set(city.enrolments.school_id))
    register = city.enrolments[is_of(city.enrolments, school, "2012HT", "term")]
    name = register.class_name.value_counts().index[0]
    pupils = set(register[register.class_name == name].student_id)
    rows = is_of(city.attendance, school, "2012-11") & city.attendance.student_id.isin(pupils)
    found = judged(city.but(attendance=city.attendance[~rows]), "missing_class")
    assert places(found) == {("missing_class", school, "2012-11")}
    assert found.part.tolist() == [name]


@pytest.mark.parametrize(("pupils", "severity"), [(3, "warn"), (60, "hold")])
def test_another_schools_pupils_are_not_enrolled_here(city, pupils, severity):
    here, there = sorted(set(city.attendance.school_id))[:2]
    of_month = city.attendance[is_of(city.attendance, there, "2012-04")]
    listed = city.enrolments[is_of(city.enrolments, here, "2012VT", "term")].student_id
    strangers = of_month[~of_month.student_id.isin(listed)][:pupils]
    moved = strangers.assign(school_id=here)
    found = judged(city.but(attendance=pd.concat([city.attendance, moved])), "absence_not_enrolled")
    assert places(found) == {("absence_not_enrolled", here, "2012-04")}
    assert found["count"].tolist() == [pupils]
    assert found.severity.tolist() == [severity]


def test_grades_of_another_schools_pupils_are_not_of_the_enrolled(city):
    here, there = sorted(set(city.grades.school_id))[:2]
    of_term = city.grades[is_of(city.grades, there, "2012HT", "term")]
    listed = city.enrolments[is_of(city.enrolments, here, "2012HT", "term")].student_id
    pupil = of_term[~of_term.student_id.isin(listed)].student_id.iloc[0]
    moved = of_term[of_term.student_id == pupil].assign(school_id=here)
    found = judged(city.but(grades=pd.concat([city.grades, moved])), "grades_not_enrolled")
    assert places(found) == {("grades_not_enrolled", here, "2012HT")}
    assert found["count"].tolist() == [1]


def test_a_pupil_at_two_schools_at_once_overlaps(city):
    here, there = sorted(set(city.enrolments.school_id))[:2]
    register = city.enrolments[is_of(city.enrolments, there, "2012HT", "term")]
    listed = city.enrolments[is_of(city.enrolments, here, "2012HT", "term")].student_id
    double = register[~register.student_id.isin(listed) & register.end_date.isna()][:2]
    double = double.assign(school_id=here, start_date=dt.date(2012, 10, 1))
    found = judged(city.but(enrolments=pd.concat([city.enrolments, double])),
                   "overlapping_enrolments")  # fmt: skip
    assert places(found) == {("overlapping_enrolments", here, "2012HT")}
    assert (found.part.tolist(), found["count"].tolist()) == ([there], [2])


def test_a_school_nobody_knows_holds_in_every_table_it_is_in(city):
    school = min(city.schools.school_id)
    found = judged(city.but(schools=city.schools[city.schools.school_id != school]),
                   "unknown_school")  # fmt: skip
    assert set(found.school_id) == {school}
    assert set(found.table_name) == {"core.attendance", "core.enrolments", "core.grades"}
    assert set(found.severity) == {"hold"}


def test_a_school_is_unknown_after_it_closed(city):
    school = min(city.schools.school_id)
    closed = city.schools.assign(valid_to=[
        "2013-05-15" if one == school else None for one in city.schools.school_id
    ])  # fmt: skip
    found = judged(city.but(schools=closed), "unknown_school")
    assert places(found) == {("unknown_school", school, "2013-06")}


def test_a_district_no_list_has_is_an_unknown_code(city):
    found = judged(city.but(schools=city.schools.assign(district_id="nowhere")), "unknown_code")
    assert found["count"].sum() == len(city.schools)
    assert set(found.part) == {"district_id"}
