"""Expected deliveries: which file each school owes for which period, and when it is due."""

from typing import NamedTuple

import pandera.ibis as pa

from schemas.codes import YES_NO, Code, values
from schemas.columns import school_key
from schemas.contract import Contract
from schemas.rules import Rule

FRESHNESS_STATES = (
    Code("in_time", "i tid", "in time", "delivered"),
    Code("late", "sen", "late", "delivered"),
    Code("corrected", "rättad", "corrected", "delivered"),
    Code("preliminary", "preliminär", "preliminary", "delivered"),
    Code("loaded", "inläst i efterhand", "loaded afterwards", "delivered"),
    Code("held", "väntar på beslut", "held", "outstanding"),
    Code("rejected", "kunde inte läsas", "rejected", "outstanding"),
    Code("missing", "saknas", "missing", "outstanding"),
)
"""Where an expected delivery stands. ``preliminary`` is in time and not yet closed;
``loaded`` was due before the first file ever came here, so nobody can tell if it was late.
``group`` tells what is in force from what somebody has to do something about."""


class ExpectedKind(NamedTuple):
    """A kind of delivery that is expected of each school.

    Attributes:
        kind: The code.
        sv: What it is called in Swedish.
        en: What it is called in English.
        period: ``month`` or ``term``.
        table_name: Core table its rows end in.
        template: Start of the file name of the project's own template.
        of: Which pupils a school must have for it to be expected: ``any``, ``final`` (in the
            last grade level) or ``lower`` (below it, or in the autumn).
    """

    kind: str
    sv: str
    en: str
    period: str
    table_name: str
    template: str
    of: str


EXPECTED_KINDS = (
    ExpectedKind("attendance", "Närvaro", "Attendance", "month", "core.attendance", "narvaro",
                 "any"),
    ExpectedKind("enrolments", "Elever", "Pupils", "term", "core.enrolments", "elever", "any"),
    ExpectedKind("grades", "Terminsbetyg", "Term grades", "term", "core.grades", "betyg", "lower"),
    ExpectedKind("final_grades", "Slutbetyg", "Final grades", "term", "core.grades", "slutbetyg",
                 "final"),
)  # fmt: skip
"""What every school with pupils in the register of a term, or in the last one it sent, owes."""

MONTHS_WITHOUT_SCHOOL = ("07",)
"""SkolF (2011:185) 3 kap. 2 §: the school year starts in August and ends in June."""

DUE_DAY = (
    Rule("2011-08", 5, "Proposal of this project: the monthly run is on the fifth of next month"),
)
"""Day of the month after a month or term on which its files are due."""

FINAL_GRADE_LEVEL = (Rule("1998-01", 9, "SkolL (2010:800) 10 kap. 3 §, nine grade levels"),)
"""The last grade level (årskurs): its marks in spring are final."""


class Freshness(Contract):
    """Each delivery that a school owed by now, and where it stands. Tells nothing of a pupil.

    Grain: one row per ``kind``, ``school_id`` and ``period``. Origin: the registers of pupils,
    the calendar, the delivery ledger and the rows in force.
    """

    kind: str = pa.Field(
        isin=[kind.kind for kind in EXPECTED_KINDS],
        title="Slag",
        description="What was to be delivered.",
    )
    school_id: str = school_key()
    school_name: str = pa.Field(
        nullable=True, title="Skola", description="Name as printed; empty if no list has it."
    )
    period: str = pa.Field(title="Period", description="Month or term.")
    due_on: str = pa.Field(
        str_matches=r"^\d{4}-\d{2}-\d{2}$", title="Senast", description="Day it was due, ISO date."
    )
    state: str = pa.Field(
        isin=values(FRESHNESS_STATES),
        metadata={"codes": FRESHNESS_STATES},
        title="Läge",
        description="Where it stands.",
    )
    is_preliminary: str = pa.Field(
        isin=values(YES_NO),
        metadata={"codes": YES_NO},
        title="Preliminär",
        description="Whether the period can still be corrected as a matter of course.",
    )
    received_on: str = pa.Field(
        nullable=True,
        str_matches=r"^\d{4}-\d{2}-\d{2}$",
        title="Mottagen",
        description="Day the first file of it came, readable or not; empty if none did.",
    )
    delivery_id: str = pa.Field(
        nullable=True, title="Leverans", description="SHA-256 of the newest file of it."
    )

    class Config(Contract.Config):
        """Grain."""

        name = "checks.freshness"
        unique = ["kind", "school_id", "period"]
