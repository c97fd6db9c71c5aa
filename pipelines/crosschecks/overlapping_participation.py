"""A pupil with support in two places at once."""

import ibis
from ibis import _

from pipelines.calendar import term_of_month
from pipelines.crosschecks.registry import Crosscheck, found
from pipelines.participation.spells import standing


def overlapping_participation(participation: ibis.Table) -> ibis.Table:
    """Participations that began before another of the same pupil had ended.

    Counted at the school and in the term where the later one began; ``part`` is the project that
    the earlier one was in, the same one or another. Both are kept.
    """
    earlier = ibis.window(
        group_by="student_id", order_by=["start_date", "project_id"], preceding=(None, 1)
    )
    known = standing(participation)
    rows = known.mutate(
        ends_before=known.last_day.max().over(earlier),
        project_before=known.project_id.last().over(earlier),
    )
    overlaps = rows.filter(_.start_date <= _.ends_before)
    term = term_of_month(overlaps.start_date.strftime("%Y-%m"))
    counted = overlaps.group_by("school_id", "project_before", period=term).agg(
        count=_.student_id.nunique(), delivery_id=_.delivery_id.max()
    )
    return found(
        counted,
        table_name="core.participation",
        part=_.project_before,
        expected=0.0,
        measure=_["count"],
        basis=1,
    )


CROSSCHECKS = (
    Crosscheck(
        name="overlapping_participation",
        title_sv="Elever med två insatser samtidigt",
        title_en="Pupils with two participations at once",
        advice_sv="Be det projekt som eleverna lämnade att sätta slutdatum, eller projekten att "
        "enas om vem som redovisar dem.",
        advice_en="Ask the project they left to set an end, or the projects to agree on who "
        "reports them.",
        table="checks.findings",
        period="whole",
        reads=("core.participation",),
        judge=overlapping_participation,
    ),
)
