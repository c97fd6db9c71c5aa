"""Support that ended, nobody knows why: it is neither planned nor a dropout."""

import ibis
from ibis import _

from pipelines.calendar import school_year_of_date
from pipelines.crosschecks.registry import Crosscheck, found
from pipelines.participation.spells import standing


def unknown_end_reason(participation: ibis.Table) -> ibis.Table:
    """Ends of unknown reason in a project and school year, out of all its ends.

    ``part`` is the project. Support that vanished from the registers is not an end, but is counted
    here: nobody knows how it went either.
    """
    rows = standing(participation).filter(_.outcome != "open")
    counted = rows.group_by(part=rows.project_id, period=school_year_of_date(rows.last_day)).agg(
        count=_.count(where=_.outcome.isin(["unknown", "vanished"])),
        basis=_.count(),
        delivery_id=_.delivery_id.max(),
    )
    return found(
        counted.filter(counted["count"] > 0),
        table_name="core.participation",
        expected=0.0,
        measure=_["count"] / _.basis,
    )


CROSSCHECKS = (
    Crosscheck(
        name="unknown_end_reason",
        title_sv="Insatser som avslutats utan känd orsak",
        title_en="Support that ended for an unknown reason",
        advice_sv="Be projektet ange orsaken, och slutdatum för dem som saknas i ett senare "
        "register.",
        advice_en="Ask the project for the reason, and for an end of those whom a later register "
        "lacks.",
        table="checks.findings",
        period="whole",
        reads=("core.participation",),
        judge=unknown_end_reason,
    ),
)
