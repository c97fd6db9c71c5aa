"""Indicator values: every indicator, one shape."""

import ibis
import pandera.ibis as pa
from pandera.api.ibis.types import IbisData

from schemas.codes import MISSING_REASONS, values
from schemas.contract import Contract


class IndicatorValues(Contract):
    """What every indicator produces: a numerator and a denominator per pupil and period.

    A value is always ``numerator / denominator``. Keeping both lets a school be the sum
    of its pupils, an interval be computed once, and a small cell be recognised. A pupil who
    belongs to the indicator's population but cannot be judged has neither, and a reason.
    Grain: one row per ``student_id``, ``school_id`` and ``period``.
    """

    student_id: str = pa.Field(title="Elev", description="Elev: pseudonymous key.")
    school_id: str = pa.Field(title="Skolenhetskod", description="School unit code.")
    period: str = pa.Field(
        title="Period", description="Month 2016-03, term 2016VT or school year 2015/16."
    )
    numerator: float = pa.Field(
        ge=0, nullable=True, title="Täljare", description="Täljare: what is counted."
    )
    denominator: float = pa.Field(
        gt=0, nullable=True, title="Nämnare", description="Nämnare: what it is counted out of."
    )
    missing: str = pa.Field(
        isin=values(MISSING_REASONS),
        nullable=True,
        metadata={"codes": MISSING_REASONS},
        title="Orsak till att värde saknas",
        description="Why there is no value; empty where there is one.",
    )

    class Config(Contract.Config):
        """Grain."""

        unique = ["student_id", "school_id", "period"]
        metadata = {"partition": "period"}

    @pa.dataframe_check
    @classmethod
    def has_a_value_or_a_reason(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """Either both numbers and no reason, or a reason and no number."""
        rows = data.table
        has_value = rows.numerator.notnull() & rows.denominator.notnull()
        has_none = rows.numerator.isnull() & rows.denominator.isnull()
        return ibis.ifelse(rows.missing.isnull(), has_value, has_none)
