"""A pupil enrolled at two places at once."""

import ibis
from ibis import _

from pipelines.crosschecks.registry import Crosscheck, found

STILL_ENROLLED = "9999-12-31"


def overlapping_enrolments(enrolments: ibis.Table) -> ibis.Table:
    """Pupils whose time at a school begins before their time elsewhere has ended.

    Counted at the school they came to; ``part`` is the school they were at.
    """
    ends = enrolments.end_date.fill_null(ibis.date(STILL_ENROLLED))
    earlier = ibis.window(
        group_by=["student_id", "term"], order_by=["start_date", "school_id"], preceding=(None, 1)
    )
    rows = enrolments.mutate(
        ends_before=ends.max().over(earlier), school_before=_.school_id.last().over(earlier)
    )
    overlaps = rows.filter(_.start_date <= _.ends_before)
    counted = overlaps.group_by("school_id", "term", "school_before").agg(
        count=_.student_id.nunique(), delivery_id=_.delivery_id.max()
    )
    pupils = enrolments.group_by("school_id", "term").agg(basis=_.student_id.nunique())
    joined = counted.join(pupils, ["school_id", "term"])
    return found(
        joined,
        table_name="core.enrolments",
        part=_.school_before,
        period=_.term,
        expected=0.0,
        measure=_["count"] / _.basis,
    )


CROSSCHECKS = (
    Crosscheck(
        name="overlapping_enrolments",
        title_sv="Elever inskrivna på två ställen samtidigt",
        title_en="Pupils enrolled at two places at once",
        advice_sv="Be skolan som eleverna lämnade att sätta slutdatum, och den andra att "
        "kontrollera startdatum.",
        advice_en="Ask the school they left to set an end, and the other one to check the start.",
        table="core.enrolments",
        period="term",
        reads=("core.enrolments",),
        judge=overlapping_enrolments,
    ),
)
