"""Registers not filled in: scheduled time of which nobody knows what became."""

import ibis
from ibis import _

from pipelines.crosschecks.registry import Crosscheck, found
from pipelines.crosschecks.sums import SCHOOL_MONTHS


def unfilled_registers(school_months: ibis.Table) -> ibis.Table:
    """Schools with pupils whose registers of a month are empty, or with much time unreported.

    ``count`` is the pupils without any reported time, ``expected`` all pupils with scheduled
    time, and the measure the share of the scheduled time that is not reported.
    """
    return found(
        school_months.filter(_.reported < _.scheduled),
        table_name="core.attendance",
        period=_.month,
        count=_.blank,
        expected=_.taught,
        measure=1 - _.reported / _.scheduled,
        basis=_.taught,
    )


CROSSCHECKS = (
    Crosscheck(
        name="unfilled_registers",
        title_sv="Frånvaron är inte rapporterad",
        title_en="Registers are not filled in",
        advice_sv="Be skolan fylla i närvaron för de lektioner som saknar rapport och skicka "
        "månaden på nytt.",
        advice_en="Ask the school to fill in the lessons without a report and resend the month.",
        table="core.attendance",
        period="month",
        reads=(SCHOOL_MONTHS,),
        judge=unfilled_registers,
    ),
)
