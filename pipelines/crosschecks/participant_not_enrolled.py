"""A participant who was not enrolled at the school stated when support began."""

import ibis
from ibis import _

from pipelines.calendar import term_of_month
from pipelines.crosschecks.registry import Crosscheck, found
from pipelines.participation.months import KEYS
from pipelines.participation.spells import enrolled_at_start, standing

STRANGE = ("none", "elsewhere")


def participant_not_enrolled(participation: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Pupils whom the school's register of the term does not have on the first day of support.

    ``part`` tells whether another school has them. A school without any register of the term is
    judged as a missing delivery instead.
    """
    began = standing(participation)
    states = began.join(enrolled_at_start(began, enrolments).select(*KEYS, "enrolment"), KEYS)
    rows = states.mutate(period=term_of_month(states.start_date.strftime("%Y-%m")))
    started = rows.group_by("school_id", "period").agg(basis=_.student_id.nunique())
    strange = rows.filter(_.enrolment.isin(STRANGE))
    counted = strange.group_by("school_id", "period", "enrolment").agg(
        count=_.student_id.nunique(), delivery_id=_.delivery_id.max()
    )
    return found(
        counted.join(started, ["school_id", "period"]),
        table_name="core.participation",
        part=_.enrolment,
        expected=0.0,
        measure=_["count"] / _.basis,
    )


CROSSCHECKS = (
    Crosscheck(
        name="participant_not_enrolled",
        title_sv="Deltagare som inte är inskrivna på angiven skola",
        title_en="Participants not enrolled at the school stated",
        advice_sv="Be projektet kontrollera skola och första dag, och skolan sitt elevregister.",
        advice_en="Ask the project to check school and first day, and the school its register.",
        table="checks.findings",
        period="whole",
        reads=("core.participation", "core.enrolments"),
        judge=participant_not_enrolled,
    ),
)
