"""Changes between terms, by hand."""

import pytest

from pipelines.indicators.registry import load_indicators
from schemas.grades import Grades
from schemas.pupils import Enrolments

INDICATORS = load_indicators()
HEADER = "student_id | school_id | term | subject_code | scale_id | mark | is_final"


@pytest.fixture
def changes(drawn, found):
    """``(rose, fell)`` of the pupil by school and term."""

    def values(*documents, register=""):
        tables = tables_of(drawn, documents, register)
        rows = [INDICATORS[f"goal_attainment_{way}"].compute(**tables) for way in ("rose", "fell")]
        rose, fell = ({row[1:3]: row[3] for row in found(table)} for table in rows)
        assert rose.keys() == fell.keys()
        return {key: (rose[key], fell[key]) for key in rose}

    return values


@pytest.fixture
def after_summer(drawn, found):
    """Subjects passed in autumn and failed in spring, by school and term."""

    def values(*documents, register=""):
        tables = tables_of(drawn, documents, register)
        rows = found(INDICATORS["passed_after_summer"].compute(**tables))
        return {row[1:3]: row[3:5] for row in rows}

    return values


def tables_of(drawn, documents, register):
    """A document is ``A 2015VT MA F, EN E``; it is final after a ``!``."""
    lines = []
    for document in documents:
        school, term, marks = document.split(" ", 2)
        is_final = "yes" if term.endswith("!") else "no"
        for subject, mark in (pair.split() for pair in marks.split(",")):
            scale = "A-F" if mark in "ABCDEF-" else "G-MVG"
            lines.append(f"p1|{school}|{term.strip('!')}|{subject}|{scale}|{mark}|{is_final}")
    header = "student_id | school_id | term | grade_level | start_date"
    return {
        "grades": drawn(Grades, "\n".join([HEADER, *lines])),
        "enrolments": drawn(Enrolments, "\n".join([header, *register.splitlines()])),
    }


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ("MA F, EN E", "MA E, EN E", (1, 0)),
        ("MA E, EN E", "MA F, EN E", (0, 1)),
        ("MA F, EN E", "MA E, EN F", (0, 0)),
        ("MA F, EN E", "MA F, EN E, SV E", (1, 0)),
        ("MA F, EN E", "MA E, EN E, SV F, BL F", (0, 0)),
        ("MA F, SV E, EN E", "MA -, SVA E, EN E", (0, 0)),
    ],
)
def test_the_share_of_subjects_passed_is_compared(changes, before, now, expected):
    assert changes(f"A 2015HT {before}", f"A 2016VT {now}") == {("A", "2016VT"): expected}


def test_only_the_term_just_before_is_compared_with_wherever_it_was(changes):
    assert changes("A 2015VT MA F", "A 2016VT MA E") == {}
    assert changes("B 2015HT MA F", "A 2016VT MA E") == {("A", "2016VT"): (1, 0)}
    both = ("A 2015HT MA F", "B 2015HT MA E", "A 2016VT MA F")
    assert changes(*both) == {("A", "2016VT"): (0, 1)}


def test_two_scales_are_not_compared(changes):
    assert changes("A 2012VT MA IG", "A 2012HT MA E") == {}
    assert changes("A 2011HT MA IG", "A 2012VT MA VG") == {("A", "2012VT"): (1, 0)}


def test_a_term_that_cannot_be_judged_is_no_term_before(changes):
    assert changes("A 2015HT SV F, SVA E", "A 2016VT SV E") == {}


@pytest.mark.parametrize(
    ("spring", "autumn", "expected"),
    [
        ("MA F, EN F, SV E", "MA E, EN F, SV E", (1, 2)),
        ("MA F, EN -, SV E", "MA E, EN E, SV F", (2, 2)),
        ("MA F, EN F", "MA E", (1, 2)),
        ("SV F", "SVA E", (1, 1)),
        ("M2FRE F", "M2FRA E", (1, 1)),
        ("MA F", "EN E", (0, 1)),
    ],
)
def test_of_the_subjects_failed_in_spring_those_passed_in_autumn(
    after_summer, spring, autumn, expected
):
    found = after_summer(f"A 2015VT {spring}", f"A 2015HT {autumn}")
    assert found == {("A", "2015HT"): expected}


def test_who_passed_everything_in_spring_has_nothing_to_win_back(after_summer):
    assert after_summer("A 2015VT MA E", "A 2015HT MA F") == {}


def test_final_grades_and_the_last_grade_level_are_left_out(after_summer):
    assert after_summer("A 2015VT! MA F", "A 2015HT MA E") == {}
    documents = ("A 2015VT MA F", "A 2015HT MA E")
    row = "p1 | A | {term} | {level} | 2014-08-01"
    both = [row.format(term=term, level=9) for term in ("2015VT", "2015HT")]
    assert after_summer(*documents, register="\n".join(both)) == {}
    both = [row.format(term=term, level=8) for term in ("2015VT", "2015HT")]
    assert after_summer(*documents, register="\n".join(both)) == {("A", "2015HT"): (1, 1)}


def test_the_school_is_that_of_autumn(after_summer):
    found = after_summer("A 2015VT MA F", "B 2015HT MA E")
    assert found == {("B", "2015HT"): (1, 1)}


def test_changes_stay_inside_and_the_summer_may_leave():
    assert not INDICATORS["goal_attainment_rose"].is_published
    assert not INDICATORS["goal_attainment_fell"].is_published
    assert INDICATORS["passed_after_summer"].is_published
