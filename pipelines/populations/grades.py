"""Pupils who should have marks: enrolled in högstadiet at a school when it sets them.

Why marks cannot be judged is said in :mod:`pipelines.grading`, and takes precedence over what is
missing. Levels that get no marks yet, grade 7 before autumn 2012, are not expected to have any.
"""

from typing import Literal

import ibis
from ibis import _

from pipelines.calendar import first_month_of_term, in_force, school_year_of_term
from pipelines.grading import (
    REPORT,
    SWEDISH_SCALES,
    enrolled_at_end,
    failed_before_summer,
    final_reports,
    is_final_level,
    reports,
)
from pipelines.populations.population import Population
from schemas.grading import FIRST_MARKED_LEVEL
from schemas.rules import MERIT_SUBJECTS, Rule

READS = ("core.grades", "core.enrolments")
MARKED_EN = (
    "Every pupil of högstadiet, grades 7-9, who is enrolled at the school at the end of a term "
    "in which the grade level gets marks, and every pupil whom the school marks, unless its "
    "register says another stage"
)


def marked(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Each pupil, school and term that should have marks, on any scale."""
    return _marked(grades, enrolments, otherwise="nothing_counted")


def marked_on_swedish_scale(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """The same; marks of another scale tell nothing."""
    return _marked(grades, enrolments, otherwise="nothing_counted", any_scale=False)


def before_final(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """The same, in terms that do not end with final grades."""
    final = reports(grades, enrolments).filter(_.is_final).rename(period="term")
    rows = marked_on_swedish_scale(grades, enrolments).anti_join(final, _KEYS)
    leaving = _leaving(enrolments).rename(period="term")
    lacks_marks = _.missing == "no_grades"
    return rows.filter(~lacks_marks).union(rows.filter(lacks_marks).anti_join(leaving, _KEYS))


def compared(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Those who should have marks, where the term before should be known as well."""
    return _marked(grades, enrolments, otherwise="no_term_before")


def after_summer(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Autumn terms of those who did not pass some subject in spring."""
    failed = failed_before_summer(grades, enrolments).rename(period="term")
    return compared(grades, enrolments).semi_join(failed, ["student_id", "period"])


def leavers(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Each pupil, school and school year that should have final grades."""
    return _leavers(grades, enrolments).drop("term")


def leavers_of_17(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """The same; no year before språkval counts as a 17th subject has a value."""
    rows = _leavers(grades, enrolments)
    before = in_force(MERIT_SUBJECTS, first_month_of_term(rows.term)) < _most(MERIT_SUBJECTS)
    is_fault = ~rows.missing.isin(["nothing_counted", "no_final_grades"])
    missing = ibis.ifelse(before & ~is_fault, "not_yet_valid", rows.missing)
    return rows.mutate(missing=missing).drop("term")


_KEYS = ("student_id", "school_id", "period")


def _marked(
    grades: ibis.Table,
    enrolments: ibis.Table,
    *,
    otherwise: Literal["nothing_counted", "no_term_before"],
    any_scale: bool = True,
) -> ibis.Table:
    found = reports(grades, enrolments).filter(_.is_of_stage)
    causes = [(found.fault.notnull(), found.fault)]
    if not any_scale:
        causes.append((~found.scale_id.isin(SWEDISH_SCALES), ibis.literal("other_scale")))
    causes.append((~found.has_counted, ibis.literal("nothing_counted")))
    there = found.select(*REPORT, missing=ibis.cases(*causes, else_=otherwise))
    due = enrolled_at_end(enrolments)
    first = in_force(FIRST_MARKED_LEVEL, first_month_of_term(due.term))
    silent = due.filter(due.grade_level >= first).anti_join(found, REPORT)
    lacking = silent.select(*REPORT, missing=ibis.literal("no_grades"))
    return there.union(lacking).rename(period="term")


def _leaving(enrolments: ibis.Table) -> ibis.Table:
    """Pupils of the last grade level at the end of a spring term."""
    there = enrolled_at_end(enrolments)
    return there.filter(is_final_level(there), there.term.endswith("VT")).select(REPORT)


def _leavers(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """One row per :data:`_KEYS`, with the term that it is judged by."""
    found = final_reports(grades, enrolments)
    missing = ibis.cases(
        (found.fault.notnull(), found.fault),
        (~found.scale_id.isin(SWEDISH_SCALES), "other_scale"),
        (~found.has_counted, "nothing_counted"),
        else_="no_final_grades",
    )
    there = found.select(*REPORT, period=found.school_year, missing=missing)
    leaving = _leaving(enrolments)
    dated = leaving.mutate(period=school_year_of_term(leaving.term))
    silent = dated.anti_join(there, _KEYS)
    return there.union(silent.mutate(missing=ibis.literal("no_final_grades")))


def _most(rules: tuple[Rule, ...]) -> float:
    return max(rules).value


MARKED = Population(who_en=f"{MARKED_EN}.", reads=READS, expected=marked)

MARKED_ON_SWEDISH_SCALE = Population(
    who_en=f"{MARKED_EN}.", reads=READS, expected=marked_on_swedish_scale
)

BEFORE_FINAL = Population(
    who_en=f"{MARKED_EN}; but no term that ends with final grades.",
    reads=READS,
    expected=before_final,
)

COMPARED = Population(who_en=f"{MARKED_EN}.", reads=READS, expected=compared)

AFTER_SUMMER = Population(
    who_en=(
        "Every pupil of högstadiet who did not pass some subject in spring and is enrolled at "
        "the school, or marked by it, at the end of the autumn term."
    ),
    reads=READS,
    expected=after_summer,
)

LEAVERS = Population(
    who_en=(
        "Every pupil with final grades from the school, and every pupil enrolled in the last "
        "grade level there at the end of the spring term."
    ),
    reads=READS,
    expected=leavers,
)

LEAVERS_OF_17 = Population(who_en=LEAVERS.who_en, reads=READS, expected=leavers_of_17)
