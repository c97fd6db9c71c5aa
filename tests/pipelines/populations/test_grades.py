"""Who should have marks, and why some have no value, by hand."""

import pytest

from pipelines.documentation.examples import drawn
from pipelines.populations import grades as populations
from schemas.grades import Grades
from schemas.pupils import Enrolments

MARKS = "student_id | school_id | term | subject_code | scale_id | mark | is_final"
REGISTER = "student_id | school_id | term | grade_level | start_date | end_date"
GRADE_8 = "p1 | A | 2015HT | 8 | 2014-08-18 |"
GRADE_9 = "p1 | A | 2016VT | 9 | 2014-08-18 |"
FINAL = "p1 | A | 2016VT | MA | A-F | E | yes"
ELSE = "p9 | A | 2015HT | 8 | 2014-08-18 |"


def reasons(population, marks=(), register=()):
    """The reason that would hold, by pupil, school and period."""
    rows = population.expected(
        grades=drawn(Grades, "\n".join([MARKS, *marks])),
        enrolments=drawn(Enrolments, "\n".join([REGISTER, *register])),
    )
    found = rows.to_pyarrow().to_pylist()
    by_key = {(r["student_id"], r["school_id"], r["period"]): r["missing"] for r in found}
    assert len(by_key) == len(found)
    return by_key


def of_p1(population, marks=(), register=()):
    found = reasons(population, marks, register)
    return next((reason for key, reason in found.items() if key[0] == "p1"), "not concerned")


@pytest.mark.parametrize(
    ("marks", "register", "reason"),
    [
        ([], [GRADE_8], "no_grades"),
        (["MA A-F E"], [GRADE_8], "nothing_counted"),
        (["MA A-F E"], [], "nothing_counted"),
        (["MA A-F E"], [ELSE], "no_enrolment"),
        (["MA A-F E"], [ELSE.replace("| A |", "| B |")], "nothing_counted"),
        (["SV A-F E", "SVA A-F -"], [ELSE], "swedish_twice"),
        (["SV A-F E", "SVA A-F adapted"], [GRADE_8], "nothing_counted"),
        (["NO A-F E"], [GRADE_8], "block_grade"),
        (["MA A-F E", "EN G-MVG G", "NO A-F E"], [GRADE_8], "two_scales"),
        (["NO A-F E"], [GRADE_8.replace("| 8 |", "| 6 |")], "not concerned"),
        ([], [GRADE_8.replace("| 8 |", "| 6 |")], "not concerned"),
        ([], [GRADE_8 + " 2015-11-30"], "not concerned"),
        ([], [GRADE_8 + " 2015-12-01"], "no_grades"),
    ],
)
def test_marks_that_should_be_there_are_there_or_missing_for_a_reason(marks, register, reason):
    rows = [
        f"p1 | A | 2015HT | {subject} | {scale} | {mark} | no"
        for subject, scale, mark in (line.split() for line in marks)
    ]
    assert of_p1(populations.MARKED, rows, register) == reason


def test_before_autumn_2012_grade_7_gets_no_marks():
    register = "p1 | A | {term} | 7 | 2011-08-15 |"
    assert of_p1(populations.MARKED, register=[register.format(term="2012VT")]) == "not concerned"
    assert of_p1(populations.MARKED, register=[register.format(term="2012HT")]) == "no_grades"


def test_another_scale_tells_nothing_of_eligibility():
    row = "p1 | A | 2015HT | MA | 0-20 | 12 | no"
    assert of_p1(populations.MARKED_ON_SWEDISH_SCALE, [row], [GRADE_8]) == "other_scale"
    assert of_p1(populations.MARKED, [row], [GRADE_8]) == "nothing_counted"


@pytest.mark.parametrize(
    ("marks", "register", "reason"),
    [
        ([], [GRADE_9], "no_final_grades"),
        ([FINAL.replace("yes", "no")], [GRADE_9], "no_final_grades"),
        ([FINAL.replace("| E", "| -")], [GRADE_9], "no_final_grades"),
        ([FINAL.replace("| E", "| adapted")], [GRADE_9], "nothing_counted"),
        ([FINAL, FINAL.replace("MA", "SV"), FINAL.replace("MA", "SVA")], [GRADE_9],
         "swedish_twice"),
        ([FINAL.replace("A-F | E", "0-20 | 9")], [GRADE_9], "other_scale"),
        ([FINAL], [GRADE_9.replace("p1", "p2")], "no_enrolment"),
        ([], [GRADE_9.replace("| 9 |", "| 8 |")], "not concerned"),
        ([], [GRADE_9.replace("2016VT", "2015HT")], "not concerned"),
        ([], [GRADE_9 + " 2016-05-31"], "not concerned"),
    ],
)  # fmt: skip
def test_leavers_have_final_grades_or_a_reason(marks, register, reason):
    assert of_p1(populations.LEAVERS, marks, register) == reason


def test_the_last_grade_level_moves_with_the_ten_year_school():
    register = [GRADE_9.replace("2016VT", "2029VT"), "p2 | A | 2029VT | 10 | 2020-08-18 |"]
    assert reasons(populations.LEAVERS, register=register) == {
        ("p2", "A", "2028/29"): "no_final_grades"
    }


def test_before_2014_there_is_no_17th_subject_whatever_else():
    register = ["p1 | A | 2013VT | 9 | 2012-08-20 |"]
    assert of_p1(populations.LEAVERS_OF_17, register=register) == "not_yet_valid"
    assert of_p1(populations.LEAVERS_OF_17, register=[GRADE_9]) == "no_final_grades"
    two = [
        FINAL.replace("2016VT", "2013VT"),
        FINAL.replace("2016VT | MA | A-F", "2013VT | EN | 0-20"),
    ]
    assert of_p1(populations.LEAVERS_OF_17, [row.replace("0-20 | E", "0-20 | 12") for row in two],
                 register) == "two_scales"  # fmt: skip


def test_final_grades_and_those_about_to_have_them_have_no_outlook():
    assert of_p1(populations.BEFORE_FINAL, [FINAL], [GRADE_9]) == "not concerned"
    assert of_p1(populations.BEFORE_FINAL, [], [GRADE_9]) == "not concerned"
    assert of_p1(populations.BEFORE_FINAL, [], [GRADE_8]) == "no_grades"
    early = FINAL.replace("2016VT", "2015HT").replace("yes", "no")
    assert of_p1(populations.BEFORE_FINAL, [early], [GRADE_8]) == "nothing_counted"


def test_without_a_term_before_there_is_nothing_to_compare_with():
    assert of_p1(populations.COMPARED, [FINAL], [GRADE_9]) == "no_term_before"
    assert of_p1(populations.COMPARED, [], [GRADE_8]) == "no_grades"


def test_after_summer_concerns_those_who_failed_something_in_spring():
    spring = "p1 | A | 2015VT | MA | A-F | F | no"
    autumn = spring.replace("2015VT", "2015HT")
    both = {
        (key[2], why) for key, why in reasons(populations.AFTER_SUMMER, [spring, autumn]).items()
    }
    assert both == {("2015HT", "no_term_before")}
    assert of_p1(populations.AFTER_SUMMER, [spring], [GRADE_8]) == "no_grades"
    passed = spring.replace("| F |", "| E |")
    assert of_p1(populations.AFTER_SUMMER, [passed, autumn], [GRADE_8]) == "not concerned"
