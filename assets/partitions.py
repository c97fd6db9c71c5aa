"""The partitionings assets share, and the period each partition key stands for.

Dagster needs keys it can read as times; tables hold the words people use. A month is the same
in both. A term's key is its first month, a school year's key the year it starts in.
"""

import warnings
from collections.abc import Sequence

import dagster as dg

from schemas.calendar import school_year_of_month, term_of_month

warnings.filterwarnings("ignore", message=".*backfill_policy", category=dg.BetaWarning)

FIRST_MONTH = "2011-08"
SINGLE_RUN = dg.BackfillPolicy.single_run()

MONTHS = dg.MonthlyPartitionsDefinition(start_date=FIRST_MONTH, fmt="%Y-%m")
TERMS = dg.TimeWindowPartitionsDefinition(
    start=FIRST_MONTH, fmt="%Y-%m", cron_schedule="0 0 1 1,8 *"
)
SCHOOL_YEARS = dg.TimeWindowPartitionsDefinition(
    start=FIRST_MONTH[:4], fmt="%Y", cron_schedule="0 0 1 8 *"
)

BY_KIND: dict[str, dg.TimeWindowPartitionsDefinition] = {
    "month": MONTHS,
    "term": TERMS,
    "school_year": SCHOOL_YEARS,
}


def period_of(kind: str, key: str) -> str:
    """The period a partition key stands for: ``2016-01`` of terms is ``2016VT``."""
    if kind == "term":
        return term_of_month(key)
    return school_year_of_month(f"{key}-08") if kind == "school_year" else key


def key_of(kind: str, period: str) -> str:
    """The partition key of a period: ``2015HT`` is ``2015-08``, ``2015/16`` is ``2015``."""
    if kind == "term":
        return f"{period[:4]}-{'08' if period.endswith('HT') else '01'}"
    return period[:4] if kind == "school_year" else period


def kind_of(partitions: dg.PartitionsDefinition | None) -> str | None:
    """Which of the three partitionings an asset has, if any."""
    return next((kind for kind, one in BY_KIND.items() if one == partitions), None)


def periods_of(partitions: dg.PartitionsDefinition | None, keys: Sequence[str]) -> list[str] | None:
    """The periods of some partition keys; None for an asset that is not divided."""
    kind = kind_of(partitions)
    return None if kind is None else [period_of(kind, key) for key in keys]
