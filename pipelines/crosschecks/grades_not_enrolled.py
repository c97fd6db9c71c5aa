"""Grades of a pupil who is not enrolled at that school."""

import ibis
from ibis import _

from pipelines.crosschecks.registry import Crosscheck, found
from pipelines.crosschecks.sums import GRADED


def grades_not_enrolled(graded: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Pupils with marks of a term at a school whose register of the term does not have them."""
    keys = ["school_id", "term"]
    listed = enrolments.select("student_id", *keys).distinct().mutate(is_listed=1)
    judged = graded.semi_join(listed, keys).left_join(listed, ["student_id", *keys])
    sums = judged.group_by("school_id", period=_.term).agg(
        strange=_.is_listed.isnull().sum(), pupils=_.count(), delivery_id=_.delivery_id.max()
    )
    return found(
        sums.filter(_.strange > 0),
        table_name="core.grades",
        count=_.strange,
        expected=0.0,
        measure=_.strange / _.pupils,
        basis=_.pupils,
    )


CROSSCHECKS = (
    Crosscheck(
        name="grades_not_enrolled",
        title_sv="Betyg för elever som inte är inskrivna på skolan",
        title_en="Grades of pupils who are not enrolled at the school",
        advice_sv="Be skolan jämföra elevregistret med betygen och skicka den fil som är fel på "
        "nytt.",
        advice_en="Ask the school to compare register and grades and resend the wrong one.",
        table="core.grades",
        period="term",
        reads=(GRADED, "core.enrolments"),
        judge=grades_not_enrolled,
    ),
)
