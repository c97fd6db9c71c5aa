"""Results: an indicator summed over pupils, with its interval and its change."""

import ibis
import pandera.ibis as pa
from pandera.api.ibis.types import IbisData

from schemas.codes import LEVELS, RESULT_STATES, values
from schemas.contract import SCHOOL_YEAR_PATTERN, Contract

BASELINE = "2011/12"
"""School year that describes each school before the pilot (decision of 2013)."""


class Results(Contract):
    """One indicator for one unit and school year. Unsuppressed: for the warehouse only.

    Grain: one row per ``indicator``, ``level``, ``unit_id`` and ``school_year``.
    """

    indicator: str = pa.Field(title="Indikator", description="Name in the registry.")
    level: str = pa.Field(
        isin=values(LEVELS),
        metadata={"codes": LEVELS},
        title="Nivå",
        description="What the row is about.",
    )
    unit_id: str = pa.Field(title="Enhet, kod", description="School, project or group key.")
    unit_name: str = pa.Field(title="Enhet", description="Name as printed.")
    school_year: str = pa.Field(
        str_matches=SCHOOL_YEAR_PATTERN, title="Läsår", description="School year, 2015/16."
    )
    students: int = pa.Field(ge=1, title="Elever", description="Pupils the value rests on [count].")
    numerator: float = pa.Field(ge=0, title="Täljare", description="Sum over pupils.")
    denominator: float = pa.Field(gt=0, title="Nämnare", description="Sum over pupils.")
    value: float = pa.Field(
        title="Värde", description="Numerator over denominator, times the indicator's scale."
    )
    lower: float = pa.Field(
        nullable=True, title="Undre gräns", description="Lower 95 % confidence limit."
    )
    upper: float = pa.Field(
        nullable=True, title="Övre gräns", description="Upper 95 % confidence limit."
    )
    change: float = pa.Field(
        nullable=True,
        title="Förändring",
        description="Value less the value of the school year before; empty across a break.",
    )
    change_lower: float = pa.Field(
        nullable=True, title="Förändring, undre gräns", description="Lower 95 % limit."
    )
    change_upper: float = pa.Field(
        nullable=True, title="Förändring, övre gräns", description="Upper 95 % limit."
    )
    baseline: float = pa.Field(
        nullable=True,
        title="Utgångsläge 2011/12",
        description="The unit's value in the baseline school year 2011/12.",
    )
    since_baseline: float = pa.Field(
        nullable=True,
        title="Förändring sedan 2011/12",
        description="Value less the baseline; empty where a break lies between.",
    )
    since_baseline_lower: float = pa.Field(
        nullable=True, title="Sedan 2011/12, undre gräns", description="Lower 95 % limit."
    )
    since_baseline_upper: float = pa.Field(
        nullable=True, title="Sedan 2011/12, övre gräns", description="Upper 95 % limit."
    )
    series_break: str = pa.Field(
        nullable=True,
        title="Tidsseriebrott",
        description="Why this year cannot be compared with the year before, if it cannot.",
    )
    is_preliminary: bool = pa.Field(
        title="Preliminär",
        description="Whether the school year was not closed yet: late reports may change it.",
    )

    class Config(Contract.Config):
        """Grain."""

        unique = ["indicator", "level", "unit_id", "school_year"]

    @pa.dataframe_check
    @classmethod
    def no_change_across_a_break(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """A change is never computed across a break in the series."""
        return data.table.series_break.isnull() | data.table.change.isnull()


class PublishedResults(Contract):
    """Results as they may leave: hidden cells have no number at all.

    Grain: one row per ``indicator``, ``level``, ``unit_id`` and ``school_year``.
    """

    indicator: str = pa.Field(title="Indikator", description="Name in the registry.")
    level: str = pa.Field(isin=values(LEVELS), title="Nivå", description="What the row is about.")
    unit_id: str = pa.Field(title="Enhet, kod", description="School, project or group key.")
    unit_name: str = pa.Field(title="Enhet", description="Name as printed.")
    school_year: str = pa.Field(
        str_matches=SCHOOL_YEAR_PATTERN, title="Läsår", description="School year, 2015/16."
    )
    state: str = pa.Field(
        isin=values(RESULT_STATES),
        metadata={"codes": RESULT_STATES},
        title="Status",
        description="Whether the figures are shown, and if not, why.",
    )
    students: int = pa.Field(nullable=True, ge=10, title="Elever", description="Pupils [count].")
    numerator: float = pa.Field(nullable=True, ge=0, title="Täljare", description="Numerator.")
    denominator: float = pa.Field(nullable=True, gt=0, title="Nämnare", description="Denominator.")
    value: float = pa.Field(nullable=True, title="Värde", description="The figure.")
    lower: float = pa.Field(nullable=True, title="Undre gräns", description="Lower 95 % limit.")
    upper: float = pa.Field(nullable=True, title="Övre gräns", description="Upper 95 % limit.")
    change: float = pa.Field(
        nullable=True, title="Förändring", description="Since the school year before."
    )
    change_lower: float = pa.Field(
        nullable=True, title="Förändring, undre gräns", description="Lower 95 % limit."
    )
    change_upper: float = pa.Field(
        nullable=True, title="Förändring, övre gräns", description="Upper 95 % limit."
    )
    baseline: float = pa.Field(
        nullable=True,
        title="Utgångsläge 2011/12",
        description="The unit's value in the baseline school year 2011/12.",
    )
    since_baseline: float = pa.Field(
        nullable=True,
        title="Förändring sedan 2011/12",
        description="Value less the baseline; empty where a break lies between.",
    )
    since_baseline_lower: float = pa.Field(
        nullable=True, title="Sedan 2011/12, undre gräns", description="Lower 95 % limit."
    )
    since_baseline_upper: float = pa.Field(
        nullable=True, title="Sedan 2011/12, övre gräns", description="Upper 95 % limit."
    )
    series_break: str = pa.Field(
        nullable=True, title="Tidsseriebrott", description="Why the year before is no comparison."
    )
    is_preliminary: bool = pa.Field(
        title="Preliminär",
        description="Whether the school year was not closed yet: late reports may change it.",
    )

    class Config(Contract.Config):
        """Grain."""

        name = "release.results"
        unique = ["indicator", "level", "unit_id", "school_year"]

    @pa.dataframe_check
    @classmethod
    def hidden_cells_hold_nothing(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """A row that is not shown carries no figure."""
        rows = data.table
        figures = [rows.students, rows.numerator, rows.denominator, rows.value, rows.lower]
        figures += [rows.upper, rows.change, rows.change_lower, rows.change_upper]
        figures += [rows.since_baseline, rows.since_baseline_lower, rows.since_baseline_upper]
        is_bare = ibis.and_(*(figure.isnull() for figure in figures))
        return (rows.state == "shown") | is_bare
