"""Absence reported for a pupil who is not enrolled at that school."""

import ibis
from ibis import _

from pipelines.crosschecks.registry import Crosscheck, found
from pipelines.crosschecks.sums import CLASS_MONTHS


def absence_not_enrolled(class_months: ibis.Table) -> ibis.Table:
    """Pupils with attendance at a school whose register of the term does not have them then.

    A school without any register of the term is judged as a missing delivery instead.
    """
    sums = class_months.group_by("school_id", period=_.month).agg(
        strange=_.strange.sum(),
        present=_.present.sum(),
        delivery_id=_.delivery_id.max(),
        has_register=_.has_register.any(),
    )
    return found(
        sums.filter(_.has_register, _.strange > 0),
        table_name="core.attendance",
        count=_.strange,
        expected=0.0,
        measure=_.strange / (_.strange + _.present),
        basis=_.strange + _.present,
    )


CROSSCHECKS = (
    Crosscheck(
        name="absence_not_enrolled",
        title_sv="Närvaro för elever som inte är inskrivna på skolan",
        title_en="Attendance of pupils who are not enrolled at the school",
        advice_sv="Be skolan jämföra elevregistret med närvaron och skicka den fil som är fel på "
        "nytt.",
        advice_en="Ask the school to compare register and attendance and resend the wrong one.",
        table="core.attendance",
        period="month",
        reads=(CLASS_MONTHS,),
        judge=absence_not_enrolled,
    ),
)
