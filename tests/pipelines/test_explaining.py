"""From a figure to the files: counted by hand, hidden where it must be, traced to the line."""

import json
import re
from dataclasses import asdict, replace

import ibis
import pandas as pd
import pytest

from pipelines import explaining
from pipelines.explaining import (
    NOT_PUBLISHED,
    Question,
    UnknownError,
    definition_of,
    explain,
)
from pipelines.indicators.registry import load_indicators
from pipelines.results import results_table
from pipelines.summaries import KINDS, PLACES, summary
from pipelines.telling import FEW, MANY, Teller
from schemas.contract import load_contracts
from schemas.groups import EVERYBODY
from schemas.indicators import IndicatorValues
from schemas.results import PublishedResults, Results
from schemas.rules import MERIT_SUBJECTS
from tests.pipelines.explained import (
    FEW as FEW_PUPILS,
)
from tests.pipelines.explained import (
    LISTED,
    MINUTES_AWAY,
    REPORTED,
    explained_city,
    indicators,
)
from tests.pipelines.schools.conftest import OTHER, PROJECT, SCHOOL

HOURS, RATE = "unauthorised_absence_hours", "unauthorised_absence_rate"
FEBRUARY, MARCH, YEAR = "2016-02", "2016-03", "2015/16"
USUAL_MINUTES = 120
WITHIN = ("class", "grade", "district")
"""Units that the internal summary has and no result."""


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    return explained_city(tmp_path_factory.getbasetemp() / "explained")


@pytest.fixture
def asked(city):
    """Explain a figure."""

    def ask(indicator, level, unit_id, period, **options):
        question = Question(
            indicator=indicator, level=level, unit_id=unit_id, period=period, **options
        )
        return explain(city, question, indicators())

    return ask


def files(explanation, table=None):
    return {one.file_name for one in explanation.inputs if table in (None, one.table)}


def test_every_result_is_explained_by_the_same_figures(city, asked, monkeypatch):
    monkeypatch.setattr(explaining, "_inputs", lambda *_, **__: ())
    explained = 0
    for indicator in (one for name, one in indicators().items() if name != HOURS):
        rows = city.lake.read(results_table(indicator), Results).to_pyarrow().to_pylist()
        for row in rows:
            of = (indicator.name, row["level"], row["unit_id"], row["school_year"])
            figure = asked(*of, is_internal=True).figure
            assert figure.students == row["students"], of
            assert figure.numerator == pytest.approx(row["numerator"], abs=1e-6), of
            assert figure.denominator == pytest.approx(row["denominator"], abs=1e-6), of
            assert figure.value == pytest.approx(row["value"]), of
            explained += 1
    assert explained > 25


def test_classes_grade_levels_and_districts_are_explained_by_the_figures_of_the_summary(
    city, asked, monkeypatch
):
    monkeypatch.setattr(explaining, "_inputs", lambda *_, **__: ())
    tables = {name: city.lake.read(name, load_contracts()[name]) for name in PLACES}
    explained = set()
    for indicator in (indicators()[name] for name in (HOURS, "target_group", "merit_value_16")):
        values = {indicator.table: city.lake.read(indicator.table, IndicatorValues)}
        rows = summary([indicator], tables | values)
        of_units = rows.filter(rows.grouping == EVERYBODY, rows.level.isin(WITHIN))
        for row in of_units.to_pyarrow().to_pylist():
            of = (indicator.name, row["level"], row["unit_id"], row["period"])
            found = asked(*of, is_internal=True)
            figure = found.figure
            assert (found.state, found.result) == (NOT_PUBLISHED, None)
            assert figure.students == row["students"], of
            by_reason = figure.missing.values()  # one pupil may have two in a year
            assert max(by_reason, default=0) <= row["missing"] <= sum(by_reason), of
            assert figure.numerator == pytest.approx(row["numerator"] or 0, abs=1e-6), of
            assert figure.denominator == pytest.approx(row["denominator"] or 0, abs=1e-6), of
            if row["value"] is not None:
                assert figure.value == pytest.approx(row["value"]), of
            explained.add((row["level"], row["kind"]))
    assert explained == {(level, kind) for level in WITHIN for kind in KINDS}


def test_a_class_is_told_no_number_that_is_not_asked_for_with_a_reason(asked):
    told = asked(HOURS, "class", f"{SCHOOL} 8A", MARCH)
    assert (told.figure.numerator, told.figure.students) == (None, MANY)
    assert {one.records for one in told.inputs} <= {FEW, MANY}
    of_school = asked(HOURS, "school", SCHOOL, MARCH, is_internal=True)
    assert told.unit_name == f"{of_school.unit_name} 8A"
    known = asked(HOURS, "class", told.unit_name.upper(), MARCH, is_internal=True)
    assert known.figure == of_school.figure
    assert known.inputs == of_school.inputs


def test_a_month_is_the_sum_of_its_pupils(asked):
    figure = asked(HOURS, "school", SCHOOL, MARCH).figure
    assert figure.students == REPORTED
    minutes = MINUTES_AWAY + (REPORTED - 1) * USUAL_MINUTES
    assert figure.numerator == pytest.approx(minutes / 60)
    assert figure.value == pytest.approx(minutes / 60 / REPORTED)


def test_pupils_without_a_value_are_counted_by_reason(asked):
    told = asked(RATE, "school", SCHOOL, MARCH, is_internal=True).figure.missing
    assert told == {"no_attendance": LISTED - REPORTED - 1, "no_register": 1}
    assert asked(RATE, "school", SCHOOL, MARCH).figure.missing == dict.fromkeys(told, FEW)


def test_a_year_is_told_with_the_months_it_is_the_sum_of(asked):
    found = asked(RATE, "school", SCHOOL, YEAR)
    assert sum(part.numerator for part in found.parts) == found.figure.numerator
    assert {part.period for part in found.parts if part.students} == {"2015-11", FEBRUARY, MARCH}
    assert found.result["value"] == pytest.approx(found.figure.value)
    assert found.state == "shown"


def test_a_unit_may_be_called_by_its_name(asked):
    assert asked(RATE, "school", "björkskolan", YEAR).unit_id == SCHOOL


@pytest.mark.parametrize("unit", [("city", "city"), ("project", PROJECT), ("group", "pilot"),
                                  ("participants", PROJECT), ("grade_level", "8")])  # fmt: skip
def test_a_hidden_figure_and_its_parts_stay_hidden(asked, unit):
    found = asked(RATE, *unit, YEAR, with_records=True)
    assert found.state in ("suppressed", "protected")
    assert found.result is None
    for figure in (found.figure, *found.parts):
        assert (figure.numerator, figure.denominator, figure.value) == (None, None, None)
        assert figure.students in (0, FEW, MANY)
    assert {one.records for one in found.inputs} <= {FEW, MANY}
    assert not any(one.record_numbers or one.lines for one in found.inputs)


def test_an_indicator_that_is_not_published_tells_no_number(city, asked):
    published = city.lake.read(PublishedResults.table(), PublishedResults)
    kept = published.filter(published.indicator != RATE).to_pyarrow()
    rows = published.to_pyarrow()
    try:
        city.lake.write(PublishedResults.table(), ibis.memtable(kept))
        found = asked(RATE, "school", SCHOOL, YEAR)
    finally:
        city.lake.write(PublishedResults.table(), ibis.memtable(rows))
    assert found.state == NOT_PUBLISHED
    assert found.figure.numerator is None


def test_one_small_month_hides_the_numbers_of_all():
    values = pd.DataFrame(
        [(f"p{n}", "A", month, 1.0, 1.0, None)
         for month, pupils in (("2016-01", 40), ("2016-02", 9)) for n in range(pupils)],
        columns=["student_id", "school_id", "period", "numerator", "denominator", "missing"],
    )  # fmt: skip
    indicator = load_indicators()[HOURS]
    closed = Teller(indicator, "shown", is_internal=False, values=values)
    assert [part.numerator for part in closed.parts(YEAR)] == [None, None]
    assert [part.students for part in closed.parts(YEAR)] == [40, FEW]
    assert closed.figure(YEAR).numerator == 49
    enough = Teller(
        indicator, "shown", is_internal=False, values=values[values.period == "2016-01"]
    )
    assert [part.numerator for part in enough.parts(YEAR)] == [40]


def test_a_corrected_month_rests_on_the_correction_alone(asked):
    (month,) = asked(RATE, "school", SCHOOL, FEBRUARY, with_records=True).inputs[:1]
    assert month.file_name == f"narvaro_{SCHOOL}_{FEBRUARY}_v2.csv"
    assert (month.version, month.status, month.accepted) == (2, "active", REPORTED + 1)
    assert month.record_numbers == (f"1-{REPORTED + 1}",)
    assert month.lines == (f"2-{REPORTED + 2}",)


def test_a_month_summed_from_lessons_leads_to_the_lessons(asked):
    found = asked(RATE, "school", OTHER, MARCH, is_internal=True, with_records=True)
    summed = [one for one in found.inputs if one.table != "core.enrolments"]
    (lessons,) = summed
    assert (lessons.table, lessons.records) == ("core.lessons", 2 * len(FEW_PUPILS))
    assert lessons.lines == ("2-7",)
    february = asked(RATE, "school", OTHER, FEBRUARY, is_internal=True)
    assert files(february, "core.days") == {f"dagar_{OTHER}_{FEBRUARY}.csv"}


def test_reach_leads_to_the_registers_of_the_project(asked):
    found = asked("reach", "school", SCHOOL, "2016VT", is_internal=True)
    assert {"projektskolor.csv", f"deltagande_{PROJECT}_2016VT.csv"} <= files(found)
    assert found.figure.students == 3


def test_a_term_leads_to_the_term_before(asked):
    found = asked("target_group", "school", SCHOOL, "2016VT")
    assert f"narvaro_{SCHOOL}_2015-11.csv" in files(found)
    assert f"betyg_{SCHOOL}_2015HT.csv" in files(found)
    assert not any("2015-11" in name for name in files(asked(RATE, "school", SCHOOL, MARCH)))


@pytest.mark.parametrize(
    ("period", "in_force"),
    [("2012/13", [16]), ("2013/14", [16, 17]), ("2013HT", [16]), ("2014-01", [17])],
)
def test_a_definition_tells_which_version_of_a_rule_is_in_force(period, in_force):
    indicator = replace(load_indicators()["merit_value_17"], rules=(MERIT_SUBJECTS,))
    rules = definition_of(indicator, period).rules
    assert [rule.value for rule in rules] == [16, 17]
    assert [rule.value for rule in rules if rule.is_in_force] == in_force
    assert {rule.rule for rule in rules} == {"MERIT_SUBJECTS"}
    assert all(rule.source for rule in rules)


@pytest.mark.parametrize(
    ("question", "told"),
    [
        (("unauthorised_absence_rat", "school", SCHOOL, MARCH), RATE),
        ((RATE, "scool", SCHOOL, MARCH), "school"),
        ((RATE, "school", "1234567", MARCH), SCHOOL),
        ((RATE, "school", "Björkskola", MARCH), "Björkskolan"),
        ((RATE, "school", SCHOOL, "2019-03"), "2015-08 to 2016-06"),
        ((RATE, "school", SCHOOL, "mars"), "2015HT to 2016VT"),
        (("merit_value_16", "school", SCHOOL, MARCH), "2015/16 to 2015/16"),
    ],
)
def test_what_there_is_not_is_told_with_what_there_is(asked, question, told):
    with pytest.raises(UnknownError, match=re.escape(told)):
        asked(*question)


def test_no_value_of_a_pupils_row_is_told_of_a_unit(city, asked):
    students = _students(city)
    for unit_id, period in ((SCHOOL, MARCH), (SCHOOL, YEAR), (OTHER, MARCH)):
        found = asked(HOURS, "school", unit_id, period, with_records=True)
        told = json.dumps(asdict(found), default=str)
        assert not any(student in told for student in students)
        assert not re.search(rf"(?<![\w.]){MINUTES_AWAY}(?![\w])", told)


def _students(city):
    rows = city.lake.read("core.student_terms", PublishedResults)
    return set(rows.select("student_id").distinct().to_pyarrow()["student_id"].to_pylist())
