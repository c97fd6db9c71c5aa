"""Baselines: where a pupil stood before the support began."""

import datetime as dt

import ibis
import pandera.ibis as pa
from pandera.api.ibis.types import IbisData

from schemas.codes import Code, values
from schemas.columns import STUDENT
from schemas.contract import NAME_PATTERN, Contract

BASELINE_GAPS = (
    Code("no_value_before", "inget värde före insatsen", "no value before the support"),
)


class OwnBaselines(Contract):
    """A participant's own baseline in one indicator: the time before the support began.

    Of a monthly indicator the twelve calendar months before the month of the first day, so that
    every season is in it once; of a term's the last term before. Summed over the pupil's schools.
    Support that began twice has two rows.
    Grain: one row per ``indicator``, ``student_id``, ``project_id`` and ``start_date``.
    """

    indicator: str = pa.Field(title="Indikator", description="Name in the registry.")
    student_id: str = pa.Field(
        str_matches=STUDENT, title="Elev", description="Elev: pseudonymous key."
    )
    project_id: str = pa.Field(
        str_matches=NAME_PATTERN, title="Projekt, kod", description="Project key."
    )
    start_date: dt.date = pa.Field(title="Från", description="First day of support.")
    first_period: str = pa.Field(title="Första period", description="First month, or the term.")
    last_period: str = pa.Field(title="Sista period", description="Last month, or the term.")
    periods: int = pa.Field(
        ge=0, title="Perioder med värde", description="Months or terms with a value [count]."
    )
    numerator: float = pa.Field(ge=0, nullable=True, title="Täljare", description="Sum.")
    denominator: float = pa.Field(gt=0, nullable=True, title="Nämnare", description="Sum.")
    value: float = pa.Field(
        nullable=True,
        title="Värde",
        description="Numerator over denominator, times the indicator's scale.",
    )
    missing: str = pa.Field(
        isin=values(BASELINE_GAPS),
        nullable=True,
        metadata={"codes": BASELINE_GAPS},
        title="Orsak till att värde saknas",
        description="Why there is no value; empty where there is one.",
    )

    class Config(Contract.Config):
        """Grain."""

        name = "baseline.participants"
        unique = ["indicator", "student_id", "project_id", "start_date"]

    @pa.dataframe_check
    @classmethod
    def has_a_value_or_a_reason(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """A row without a value says why."""
        rows = data.table
        return rows.value.isnull() == rows.missing.notnull()
