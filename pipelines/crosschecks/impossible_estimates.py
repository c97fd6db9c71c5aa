"""A school's estimate of its target group that is larger than the school."""

import ibis
from ibis import _

from pipelines.crosschecks.registry import Crosscheck, found
from pipelines.target_group import enrolled


def impossible_estimates(target_group_estimates: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Estimates above the pupils of grades 7-9 that the school's register has.

    A school without a register of the term is not judged here: that it lacks one is another
    finding.

    Args:
        target_group_estimates: :class:`schemas.target_group.TargetGroupEstimates`.
        enrolments: :class:`schemas.pupils.Enrolments`.
    """
    pupils = enrolled(enrolments).group_by("school_id", "term").agg(pupils=_.count())
    registers = enrolments.select("school_id", "term").distinct()
    sizes = registers.left_join(pupils, ["school_id", "term"])
    known = sizes.select("school_id", "term", pupils=_.pupils.fill_null(0))
    rows = target_group_estimates.join(known, ["school_id", "term"])
    return found(
        rows.filter(_.high > _.pupils),
        table_name="core.target_group_estimates",
        period=_.term,
        count=_.high,
        expected=_.pupils,
        measure=_.high - _.pupils,
        basis=1,
    )


CROSSCHECKS = (
    Crosscheck(
        name="impossible_estimates",
        title_sv="Målgruppen uppskattad till fler än skolans elever",
        title_en="Target group estimated above the school's pupils",
        advice_sv="Be skolan rätta uppskattningen, eller elevregistret om det är ofullständigt.",
        advice_en="Ask the school to correct its estimate, or its register if that is incomplete.",
        table="checks.findings",
        period="whole",
        reads=("core.target_group_estimates", "core.enrolments"),
        judge=impossible_estimates,
    ),
)
