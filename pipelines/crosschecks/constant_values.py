"""Values without any variation: a default that was exported instead of what happened."""

import ibis
from ibis import _

from pipelines.crosschecks.registry import Crosscheck, found
from pipelines.crosschecks.sums import GRADED, SCHOOL_MONTHS

ONE_OF_EACH = 2
"""Kinds of absence where all authorised is the same amount, and all unauthorised."""


def constant_values(school_months: ibis.Table) -> ibis.Table:
    """Schools where every pupil has the same absence in a month, none at all included."""
    return found(
        school_months.filter(_.kinds == ONE_OF_EACH),
        table_name="core.attendance",
        period=_.month,
        count=_.known,
        measure=1.0,
        basis=_.known,
    )


def constant_marks(graded: ibis.Table) -> ibis.Table:
    """Schools where every mark of a term is the same."""
    sums = graded.group_by("school_id", period=_.term).agg(
        marks=_.marks.sum(),
        least=_.least.min(),
        most=_.most.max(),
        delivery_id=_.delivery_id.max(),
    )
    return found(
        sums.filter(_.least == _.most),
        table_name="core.grades",
        count=_.marks,
        measure=1.0,
        basis=_.marks,
    )


_ADVICE_SV = "Troligen är standardvärden exporterade. Be skolan om en ny export."
_ADVICE_EN = "Defaults were probably exported. Ask the school for a new export."

CROSSCHECKS = (
    Crosscheck(
        name="constant_values",
        title_sv="Alla elever har samma frånvaro",
        title_en="Every pupil has the same absence",
        advice_sv=_ADVICE_SV,
        advice_en=_ADVICE_EN,
        table="core.attendance",
        period="month",
        reads=(SCHOOL_MONTHS,),
        judge=constant_values,
    ),
    Crosscheck(
        name="constant_marks",
        title_sv="Alla betyg är lika",
        title_en="Every mark is the same",
        advice_sv=_ADVICE_SV,
        advice_en=_ADVICE_EN,
        table="core.grades",
        period="term",
        reads=(GRADED,),
        judge=constant_marks,
    ),
)
