"""A whole school missing from a period that other schools have delivered."""

import ibis
from ibis import _

from pipelines.crosschecks.registry import Crosscheck, found
from pipelines.freshness import OUTSTANDING
from schemas.freshness import EXPECTED_KINDS


def missing_delivery(freshness: ibis.Table) -> ibis.Table:
    """Deliveries past their day without which a published period would have a hole.

    A period that no school has delivered is not published, so it holds nothing back.
    """
    is_outstanding = freshness.state.isin(list(OUTSTANDING))
    begun = freshness.filter(~is_outstanding).select("kind", "period").distinct()
    holes = freshness.filter(is_outstanding).semi_join(begun, ["kind", "period"])
    tables = {kind.kind: kind.table_name for kind in EXPECTED_KINDS}
    return found(
        holes,
        table_name=holes.kind.cases(*tables.items()),
        part=_.kind,
        count=1,
        expected=1.0,
        measure=1.0,
        basis=1,
    )


CROSSCHECKS = (
    Crosscheck(
        name="missing_delivery",
        title_sv="En skola saknas i en period som andra skolor har levererat",
        title_en="A school is missing from a period that other schools have delivered",
        advice_sv="Kör `samverkan late`: där står vilken fil som saknas, sedan när och varför.",
        advice_en="Run `samverkan late`: it says which file is missing, since when and why.",
        table="checks.freshness",
        period="whole",
        reads=("checks.freshness",),
        judge=missing_delivery,
    ),
)
