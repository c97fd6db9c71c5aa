"""Indicator values: every indicator, one shape."""

import pandera.ibis as pa

from schemas.contract import Contract


class IndicatorValues(Contract):
    """What every indicator produces: a numerator and a denominator per pupil and period.

    A value is always ``numerator / denominator``. Keeping both lets a school be the sum
    of its pupils, an interval be computed once, and a small cell be recognised.
    Grain: one row per ``student_id``, ``school_id`` and ``period``.
    """

    student_id: str = pa.Field(title="Elev", description="Elev: pseudonymous key.")
    school_id: str = pa.Field(title="Skolenhetskod", description="School unit code.")
    period: str = pa.Field(
        title="Period", description="Month 2016-03, term 2016VT or school year 2015/16."
    )
    numerator: float = pa.Field(ge=0, title="Täljare", description="Täljare: what is counted.")
    denominator: float = pa.Field(
        gt=0, title="Nämnare", description="Nämnare: what it is counted out of."
    )

    class Config(Contract.Config):
        """Grain."""

        unique = ["student_id", "school_id", "period"]
        metadata = {"partition": "period"}
