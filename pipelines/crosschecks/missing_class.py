"""A whole class missing from a school's attendance."""

import ibis
from ibis import _

from pipelines.crosschecks.registry import Crosscheck, found
from pipelines.crosschecks.sums import CLASS_MONTHS


def missing_class(class_months: ibis.Table) -> ibis.Table:
    """Classes of the register without a single pupil in the school's attendance of a month."""
    empty = class_months.filter(_.class_name.notnull(), _.listed > 0, _.present == 0)
    return found(
        empty,
        table_name="core.attendance",
        part=_.class_name,
        period=_.month,
        count=0,
        expected=_.listed,
        measure=1.0,
        basis=_.listed,
    )


CROSSCHECKS = (
    Crosscheck(
        name="missing_class",
        title_sv="En klass saknas helt i närvaron",
        title_en="A whole class is missing from the attendance",
        advice_sv="Be skolan exportera närvaron för alla klasser, eller rätta klassen i "
        "elevregistret.",
        advice_en="Ask the school to export attendance of every class, or to correct the class "
        "in the register.",
        table="core.attendance",
        period="month",
        reads=(CLASS_MONTHS,),
        judge=missing_class,
    ),
)
