"""Pupils (elever) and where they are enrolled. No name, no number, no address."""

import datetime as dt

import ibis
import pandera.ibis as pa
from pandera.api.ibis.types import IbisData

from schemas.codes import SEXES, YES_NO, values
from schemas.columns import STUDENT, school_key, student_key
from schemas.contract import NAME_PATTERN, TERM_PATTERN, Contract, Delivered

PROTECTION_HEADINGS = ("Skyddade personuppgifter", "Sekretessmarkering")
"""A column that a register may have besides the contract's: it reaches the vault and no table."""

UNPROTECTED = frozenset({"", "nej", "n", "ingen", "no", "false", "0"})
"""Spellings that say a pupil's identity is not protected; whatever else stands there says it is."""


class Enrolments(Delivered):
    """Time a pupil is enrolled at a school; a pupil who moves has one row at each.

    Grain: one row per ``student_id``, ``school_id``, ``start_date`` and ``term``. Origin: each
    school's register for a term; the latest delivery of a term wins.
    ``birth_year`` and ``sex`` are read off the identity number at the door.
    """

    student_id: str = student_key()
    school_id: str = school_key()
    term: str = pa.Field(
        str_matches=TERM_PATTERN, title="Termin", description="Term of the register, 2015HT."
    )
    grade_level: int = pa.Field(
        ge=1, le=10, title="Årskurs", description="Årskurs: grade level, 7-9 in högstadiet."
    )
    class_name: str = pa.Field(nullable=True, title="Klass", description="Class, as written.")
    start_date: dt.date = pa.Field(title="Från", description="First day enrolled.")
    end_date: dt.date = pa.Field(
        nullable=True, title="Till", description="Last day enrolled; empty while it lasts."
    )
    residence_district_id: str = pa.Field(
        str_matches=NAME_PATTERN,
        nullable=True,
        title="Boende stadsdel, kod",
        description="District of residence (folkbokföring).",
    )
    newly_arrived: str = pa.Field(
        isin=values(YES_NO),
        metadata={"codes": YES_NO},
        title="Nyanländ",
        description="Nyanländ: schooling in Sweden for at most four years (SkolL 3 kap. 12 a §).",
    )
    birth_year: int = pa.Field(
        nullable=True,
        ge=1980,
        le=2100,
        metadata={"from_identity": "birth_year"},
        title="Födelseår",
        description="Year of birth, from the identity number.",
    )
    sex: str = pa.Field(
        nullable=True,
        isin=values(SEXES),
        metadata={"codes": SEXES, "from_identity": "sex"},
        title="Kön",
        description="Legal sex, from the identity number.",
    )

    class Config(Delivered.Config):
        """Grain."""

        name = "core.enrolments"
        unique = ["student_id", "school_id", "start_date", "term"]
        metadata = {"partition": "term", "only_in_vault": PROTECTION_HEADINGS}

    @pa.dataframe_check
    @classmethod
    def ends_after_it_starts(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """An enrolment does not end before it starts."""
        rows = data.table
        return rows.end_date.isnull() | (rows.end_date >= rows.start_date)


class Students(Contract):
    """Pupils ever enrolled, one row each.

    Grain: one row per ``student_id``. Origin: ``core.enrolments``, the latest term.
    """

    student_id: str = pa.Field(
        str_matches=STUDENT, title="Elev", description="Elev: pseudonymous key, stable over years."
    )
    birth_year: int = pa.Field(
        nullable=True, ge=1980, le=2100, title="Födelseår", description="Year of birth."
    )
    sex: str = pa.Field(
        nullable=True,
        isin=values(SEXES),
        metadata={"codes": SEXES},
        title="Kön",
        description="Legal sex, from the identity number.",
    )
    first_term: str = pa.Field(
        str_matches=TERM_PATTERN, title="Första termin", description="First term in a register."
    )
    last_term: str = pa.Field(
        str_matches=TERM_PATTERN, title="Sista termin", description="Last term in a register."
    )

    class Config(Contract.Config):
        """Grain."""

        name = "core.students"
        unique = ["student_id"]
