"""Columns that several contracts share, each defined once.

A call gives a field of its own, for a field remembers the contract it stands in.
"""

from typing import Any

import pandera.ibis as pa

from schemas.contract import (
    MONTH_PATTERN,
    NAME_PATTERN,
    SCHOOL_PATTERN,
    SCHOOL_YEAR_PATTERN,
    TERM_PATTERN,
)

STUDENT = r"^[0-9a-f]{32}$"
"""A ``student_id``: 128 random bits in hexadecimal."""

EARLIEST_YEAR, LATEST_YEAR = 2011, 2100
"""From the baseline on; a year after is a slip of the pen."""


def student_key() -> Any:  # noqa: ANN401 - what pandera's fields are typed as
    """The pupil of a delivered row, written as an identity number and stored as a pseudonym."""
    return pa.Field(
        str_matches=STUDENT,
        metadata={"from_identity": "student_id"},
        title="Personnummer",
        description="Elev: pseudonymous key.",
    )


def school_key() -> Any:  # noqa: ANN401
    """The school unit (skolenhet) a row is about."""
    return pa.Field(
        str_matches=SCHOOL_PATTERN, title="Skolenhetskod", description="School unit code."
    )


def project_key() -> Any:  # noqa: ANN401
    """The local project a row is about."""
    return pa.Field(str_matches=NAME_PATTERN, title="Projekt, kod", description="Project key.")


def year_column() -> Any:  # noqa: ANN401
    """The calendar year a row is about: funds, work plans and reports go by it."""
    return pa.Field(
        ge=EARLIEST_YEAR,
        le=LATEST_YEAR,
        title="År",
        description="Calendar year, as that of funds and plans.",
    )


def month_column() -> Any:  # noqa: ANN401
    """The calendar month a row is about."""
    return pa.Field(
        str_matches=MONTH_PATTERN, title="Månad", description="Calendar month, YYYY-MM."
    )


def term_column() -> Any:  # noqa: ANN401
    """The term a row is about."""
    return pa.Field(str_matches=TERM_PATTERN, title="Termin", description="Term, 2016VT.")


def reported_time() -> Any:  # noqa: ANN401
    """The part of the scheduled time that is known."""
    return pa.Field(
        ge=0,
        title="Rapporterad tid, minuter",
        description="Part of the scheduled time for which a register was filled in [minutes].",
    )


def authorised_absence() -> Any:  # noqa: ANN401
    """Absence with a valid reason (giltig frånvaro)."""
    return pa.Field(
        ge=0,
        title="Giltig frånvaro, minuter",
        description="Giltig frånvaro: illness reported or leave granted [minutes].",
    )


def unauthorised_absence() -> Any:  # noqa: ANN401
    """Absence without a valid reason (ogiltig or olovlig frånvaro)."""
    return pa.Field(
        ge=0,
        title="Ogiltig frånvaro, minuter",
        description="Ogiltig (olovlig) frånvaro: without valid reason, late arrivals included.",
    )


def school_year_column() -> Any:  # noqa: ANN401
    """The school year a row is about."""
    return pa.Field(
        str_matches=SCHOOL_YEAR_PATTERN, title="Läsår", description="School year, 2015/16."
    )
