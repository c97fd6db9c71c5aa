"""The pilot's own records: who takes part, and what it costs."""

import datetime as dt

import ibis
import pandera.ibis as pa
from pandera.api.ibis.types import IbisData

from schemas.codes import COST_CATEGORIES, END_REASONS, values
from schemas.columns import student_key
from schemas.contract import (
    NAME_PATTERN,
    SCHOOL_PATTERN,
    SCHOOL_YEAR_PATTERN,
    TERM_PATTERN,
    Delivered,
)


class Participation(Delivered):
    """A pupil's time in a project (insats), as its register stood in a term.

    Grain: one row per ``student_id``, ``project_id``, ``start_date`` and ``term``. Origin: each
    project's register, once a term; a row is repeated in each term it touches and the latest
    term tells how it ended.
    """

    student_id: str = student_key()
    project_id: str = pa.Field(
        str_matches=NAME_PATTERN, title="Projekt, kod", description="Project key."
    )
    school_id: str = pa.Field(
        str_matches=SCHOOL_PATTERN,
        title="Skolenhetskod",
        description="School the pupil went to at the start.",
    )
    term: str = pa.Field(
        str_matches=TERM_PATTERN, title="Termin", description="Term of the register, 2015HT."
    )
    start_date: dt.date = pa.Field(title="Från", description="First day of support.")
    planned_end_date: dt.date = pa.Field(
        nullable=True, title="Planerat slut", description="Last day as planned at the start."
    )
    end_date: dt.date = pa.Field(
        nullable=True, title="Till", description="Last day of support; empty while it lasts."
    )
    end_reason: str = pa.Field(
        nullable=True,
        isin=values(END_REASONS),
        metadata={"codes": END_REASONS},
        title="Avslutsorsak",
        description="Why it ended; empty while it lasts.",
    )

    class Config(Delivered.Config):
        """Grain."""

        name = "core.participation"
        unique = ["student_id", "project_id", "start_date", "term"]
        metadata = {"partition": "term"}

    @pa.dataframe_check
    @classmethod
    def ends_after_it_starts(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """Support does not end before it starts."""
        rows = data.table
        return rows.end_date.isnull() | (rows.end_date >= rows.start_date)

    @pa.dataframe_check
    @classmethod
    def reason_belongs_to_an_end(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """A reason is given exactly when an end is."""
        return data.table.end_date.isnull() == data.table.end_reason.isnull()


class Costs(Delivered):
    """What a project spent, whole kronor.

    Grain: one row per ``project_id``, ``school_year`` and ``category``. Origin: the accounts
    each district gives once a year.
    """

    project_id: str = pa.Field(
        str_matches=NAME_PATTERN, title="Projekt, kod", description="Project key."
    )
    school_year: str = pa.Field(
        str_matches=SCHOOL_YEAR_PATTERN, title="Läsår", description="School year, 2015/16."
    )
    category: str = pa.Field(
        isin=values(COST_CATEGORIES),
        metadata={"codes": COST_CATEGORIES},
        title="Kostnadsslag",
        description="What the money went to.",
    )
    amount_sek: int = pa.Field(
        ge=0, le=10**9, title="Belopp, kronor", description="Amount, nominal [SEK]."
    )

    class Config(Delivered.Config):
        """Grain."""

        name = "core.costs"
        unique = ["project_id", "school_year", "category"]
