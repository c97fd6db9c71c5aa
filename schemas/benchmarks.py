"""Public statistics to compare with: one number, or the publisher's sign for none."""

import ibis
import pandera.ibis as pa
from pandera.api.ibis.types import IbisData

from schemas.codes import VALUE_STATES, values
from schemas.contract import NAME_PATTERN, Delivered


class Benchmarks(Delivered):
    """A published figure for an area (municipality or school) and a year.

    A suppressed or missing cell keeps its state and has no value; it is never a number.
    Grain: one row per ``report``, ``year``, ``area_code``, ``provider_type`` and ``measure``.
    """

    report: str = pa.Field(
        str_matches=NAME_PATTERN, title="Rapport", description="Which published report."
    )
    year: str = pa.Field(
        str_matches=r"^\d{4}(/\d{2})?$",
        title="År",
        description="Calendar year 2024 or school year 2024/25, as the file itself says.",
    )
    area_code: str = pa.Field(
        str_matches=r"^[0-9A-Z]{1,12}$",
        title="Kommunkod",
        description="Municipality, school or other area, in the publisher's own code.",
    )
    area_name: str = pa.Field(title="Kommun", description="Name as printed.")
    provider_type: str = pa.Field(
        title="Typ av huvudman",
        description="Huvudmannatyp: type of responsible body; else the part of an area that the "
        "row is about, such as a school phase or a grade and group of pupils.",
    )
    measure: str = pa.Field(
        str_matches=NAME_PATTERN, title="Mått", description="What is measured, with its unit."
    )
    value: float = pa.Field(
        nullable=True, title="Värde", description="The number, in the unit the measure names."
    )
    state: str = pa.Field(
        isin=values(VALUE_STATES),
        metadata={"codes": VALUE_STATES},
        title="Status",
        description="Whether the cell held a number or a sign.",
    )

    class Config(Delivered.Config):
        """Grain."""

        name = "core.benchmarks"
        unique = ["report", "year", "area_code", "provider_type", "measure"]

    @pa.dataframe_check
    @classmethod
    def only_reported_cells_have_values(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """A value stands exactly where the cell is reported."""
        return data.table.value.notnull() == (data.table.state == "reported")
