"""Groups of pupils, term by term and over a year, from registers drawn by hand."""

import datetime as dt

import ibis
import pytest

from pipelines.groups import groups_of_year, known, student_terms, with_unknown
from schemas.groups import GROUPINGS, StudentTerms
from schemas.pupils import Enrolments
from tests.pipelines import invented

P1, P2 = invented.pupil(1), invented.pupil(2)


def register(*rows):
    """Enrolments: pupil, school, term, grade level, class, first day, newly arrived, sex."""
    full = [
        (student, school, term, grade, of_class, dt.date.fromisoformat(start), None, "d0",
         arrived, 2000, sex)
        for student, school, term, grade, of_class, start, arrived, sex in rows
    ]  # fmt: skip
    return invented.table(Enrolments, full)


def years(*rows):
    table = groups_of_year(student_terms(register(*rows)))
    return {(r.student_id, r.school_year): r for r in table.execute().itertuples()}


def test_of_overlapping_enrolments_the_one_that_started_last_counts_and_the_pupil_once():
    rows = student_terms(
        register(
            (P1, "1234", "2012HT", 7, "7A", "2012-08-20", "no", "female"),
            (P1, "1234", "2012HT", 7, "7B", "2012-10-01", "no", "female"),
        )
    )
    StudentTerms.validate(rows)
    assert list(rows.execute().class_name) == ["7B"]


def test_the_order_of_the_register_does_not_matter():
    rows = [(P1, "1234", "2012HT", 7, of_class, "2012-08-20", "no", "female") for of_class in "CAB"]
    found = {
        student_terms(register(*order)).execute().class_name[0] for order in (rows, rows[::-1])
    }
    assert found == {"A"}


def test_a_year_takes_its_last_term():
    found = years(
        (P1, "1234", "2012HT", 7, "7A", "2012-08-20", "yes", "male"),
        (P1, "1234", "2013VT", 8, "8A", "2013-01-10", "no", "male"),
    )
    year = found[P1, "2012/13"]
    assert (year.grade_level, year.newly_arrived, year.sex) == ("8", "no", "male")


def test_who_fits_no_group_is_unknown():
    found = years((P2, "1234", "2012HT", 7, None, "2012-08-20", "unknown", None))
    year = found[P2, "2012/13"]
    assert (year.newly_arrived, year.sex) == ("unknown", "unknown")


@pytest.mark.parametrize("grouping", GROUPINGS, ids=lambda one: one.name)
def test_every_group_has_a_name_and_there_is_one_for_the_rest(grouping):
    names = [code.sv for code in with_unknown(grouping)]
    assert len(set(names)) == len(names) == len(grouping.codes) + 1
    codes = ibis.memtable({"code": ["neither", grouping.codes[0].code]})
    found = codes.select(group=known(codes.code, grouping)).execute()
    assert list(found.group) == ["unknown", grouping.codes[0].code]
