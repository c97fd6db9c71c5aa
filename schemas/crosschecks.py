"""Judgement across files: what is looked for, from which limit it warns or stops publication."""

from typing import NamedTuple

import pandera.ibis as pa

from schemas.codes import Code, values
from schemas.contract import SCHOOL_PATTERN, Contract

FINDING_SEVERITIES = (
    Code("hold", "stoppar publicering", "holds publication"),
    Code("warn", "varnar", "warns"),
)
"""What a finding leads to. One that holds does so until the files are corrected or an operator
accepts it with a reason; no other delivery and no other table waits for it."""


class Limit(NamedTuple):
    """From where a judgement speaks, and how loudly.

    Attributes:
        crosscheck: Name of the judgement.
        severity: A value of :data:`FINDING_SEVERITIES`.
        valid_from: First month it applies to, YYYY-MM.
        above: A finding whose measure is larger than this has the severity.
        unit: What the measure is.
        fewest: Pupils, rows or records that a measure must rest on; below it nothing is said.
        source: Who says so, or why this number.
    """

    crosscheck: str
    severity: str
    valid_from: str
    above: float
    unit: str
    fewest: int
    source: str


_OWN = "Proposal of this project: "
_SHARE = "share of the pupils in the delivery"

LIMITS = (
    Limit(
        "missing_delivery", "hold", "2011-08", 0, "deliveries", 0,
        "Catalogue of bad input, case 81: a whole school missing is named and holds",
    ),
    Limit(
        "missing_class", "warn", "2011-08", 0, "classes", 5,
        _OWN + "a class of fewer than five may be a group that is taught elsewhere",
    ),
    Limit(
        "volume_jump", "hold", "2011-08", 0.30, "share of the usual number of pupils", 10,
        "Catalogue of bad input, case 80: more than 30 % up or down holds",
    ),
    Limit(
        "register_jump", "hold", "2011-08", 0.30, "share of the usual number of pupils", 10,
        "Catalogue of bad input, case 80: more than 30 % up or down holds",
    ),
    Limit(
        "grades_jump", "hold", "2011-08", 0.30, "share of the usual number of pupils", 10,
        "Catalogue of bad input, case 80: more than 30 % up or down holds",
    ),
    Limit(
        "time_jump", "warn", "2011-08", 0.30, "share of the usual teaching time per pupil", 10,
        _OWN + "as case 80; a timetable may change, so it does not hold",
    ),
    Limit(
        "constant_values", "hold", "2011-08", 0, "columns without any variation", 20,
        "Catalogue of bad input, case 82: all equal holds; of fewer than 20 it may be true",
    ),
    Limit(
        "constant_marks", "hold", "2011-08", 0, "columns without any variation", 20,
        "Catalogue of bad input, case 82: all equal holds; of fewer than 20 it may be true",
    ),
    Limit(
        "unfilled_registers", "warn", "2011-08", 0.10, "share of the scheduled time", 1,
        _OWN + "in the big systems a few per cent of the lessons are never reported",
    ),
    Limit(
        "unfilled_registers", "hold", "2011-08", 0.50, "share of the scheduled time", 10,
        _OWN + "a rate that rests on less than half of the time says more about the register",
    ),
    Limit(
        "absence_not_enrolled", "warn", "2011-08", 0, _SHARE, 1,
        _OWN + "the register or the attendance is wrong; the school knows which",
    ),
    Limit(
        "absence_not_enrolled", "hold", "2011-08", 0.20, _SHARE, 10,
        _OWN + "so many strangers are another school's file or another term's register",
    ),
    Limit(
        "grades_not_enrolled", "warn", "2011-08", 0, _SHARE, 1,
        _OWN + "the register or the grades are wrong; the school knows which",
    ),
    Limit(
        "grades_not_enrolled", "hold", "2011-08", 0.20, _SHARE, 10,
        _OWN + "so many strangers are another school's file or another term's register",
    ),
    Limit(
        "overlapping_enrolments", "warn", "2011-08", 0, "share of the pupils in the register", 1,
        _OWN + "a pupil is enrolled at one school at a time; a late deregistration is common",
    ),
    Limit(
        "overlapping_enrolments", "hold", "2011-08", 0.20, "share of the pupils in the register",
        10, _OWN + "so many pupils at two schools are one register delivered as two",
    ),
    Limit(
        "unknown_school", "hold", "2011-08", 0, "rows", 0,
        "Catalogue of bad input, cases 69 and 70: no result can be about a school nobody knows",
    ),
    Limit(
        "impossible_estimates", "warn", "2011-08", 0, "pupils more than the school has", 0,
        _OWN + "an estimate stands beside the size computed and enters no other figure",
    ),
    Limit(
        "unknown_code", "hold", "2011-08", 0, "rows", 0,
        _OWN + "a key that no list has would vanish from every table that is joined with it",
    ),
    Limit(
        "paid_above_grant", "warn", "2011-08", 0, "kronor", 0,
        _OWN + "no more is paid than was granted; the figures are kept as they are",
    ),
    Limit(
        "paid_before_plan", "warn", "2011-08", 0, "kronor", 0,
        "Conditions of the funds of 2014: the plan is approved before payment",
    ),
    Limit(
        "supervision_above_limit", "warn", "2014-01", 0, "kronor", 0,
        "Proposal for the funds of 2014: 25 000 kronor for each project",
    ),
    Limit(
        "joint_costs_undivided", "warn", "2011-08", 0, "kronor", 0,
        _OWN + "without a project's costs there is nobody to divide them among",
    ),
    Limit(
        "overlapping_participation", "warn", "2011-08", 0, "pupils", 0,
        _OWN + "a pupil has support in one project at a time; a late end is common",
    ),
    Limit(
        "participant_not_enrolled", "warn", "2011-08", 0, "share of the pupils who started", 1,
        _OWN + "the project's register or the school's is wrong; they know which",
    ),
    Limit(
        "unknown_end_reason", "warn", "2011-08", 0.10, "share of the participations ended", 10,
        _OWN + "an unknown reason hides a dropout or a success; a few are unavoidable",
    ),
    Limit(
        "codes_held_back", "warn", "2011-08", 0.01, "share of the records in the delivery", 0,
        _OWN + "a new code in a sender's system shows as many records held back for one reason",
    ),
    Limit(
        "codes_held_back", "hold", "2011-08", 0.30, "share of the records in the delivery", 10,
        "Catalogue of bad input, case 80: what is left of the file has fallen more than 30 %",
    ),
    Limit(
        "wrong_month", "warn", "2011-08", 0, "share of the records in the delivery", 0,
        "Catalogue of bad input, case 71: single records of another month are held back",
    ),
    Limit(
        "wrong_month", "hold", "2011-08", 0.01, "share of the records in the delivery", 5,
        "Catalogue of bad input, case 71: above 1 % the whole file is in doubt; of a small file "
        "one record is more than that, so at least five",
    ),
    Limit(
        "unknown_instrument", "warn", "2011-08", 0, "share of the answers in the delivery", 1,
        _OWN + "the answers enter no score until the instrument is declared",
    ),
    Limit(
        "unknown_question", "warn", "2011-08", 0, "share of the answers in the delivery", 1,
        _OWN + "the answers enter no score",
    ),
    Limit(
        "answer_out_of_scale", "warn", "2011-08", 0, "share of the answers in the delivery", 1,
        _OWN + "the answers enter no score",
    ),
    Limit(
        "answer_out_of_scale", "hold", "2011-08", 0.20, "share of the answers in the delivery",
        10, _OWN + "so many are another scale, and then the others mean something else too",
    ),
    Limit(
        "unknown_theme", "warn", "2011-08", 0, "rows", 0,
        _OWN + "the codings count in no table until the theme is in a codebook",
    ),
    Limit(
        "answered_twice", "warn", "2011-08", 0, "share of the answers in the delivery", 1,
        _OWN + "of different answers none counts; somebody must say which holds",
    ),
)  # fmt: skip
"""What warns and what holds publication. A finding takes the severest limit that it exceeds."""

JUMP_EXPLAINED = 0.30
"""A change is no jump where the register, the same change a year before or most other schools
show it too, to within this share: July, a first term, a school that grows or closes."""


class Findings(Contract):
    """What the files of a school say against each other, or leave out. Not for publication.

    Grain: one row per ``finding_id``. Origin: the judgements in ``pipelines/crosschecks``, from
    the tables in force. Counts of pupils may be small: nothing here leaves but severity, school,
    period and name of the judgement.
    """

    finding_id: str = pa.Field(
        str_matches=r"^[0-9a-f]{16}$",
        title="Anmärkning",
        description="Of everything it says: another count or another file is another finding.",
    )
    crosscheck: str = pa.Field(title="Kontroll", description="Name of the judgement.")
    severity: str = pa.Field(
        isin=values(FINDING_SEVERITIES),
        metadata={"codes": FINDING_SEVERITIES},
        title="Följd",
        description="What it leads to.",
    )
    table_name: str = pa.Field(title="Tabell", description="Table it is about.")
    school_id: str = pa.Field(
        str_matches=SCHOOL_PATTERN,
        nullable=True,
        title="Skolenhetskod",
        description="School unit code; empty where no school is to blame.",
    )
    part: str = pa.Field(
        nullable=True, title="Del", description="Class, column or kind of delivery it is about."
    )
    period: str = pa.Field(
        nullable=True,
        title="Period",
        description="Month, term, school year or calendar year; empty for a list.",
    )
    delivery_id: str = pa.Field(
        nullable=True, title="Leverans", description="SHA-256 of a file it shows in."
    )
    count: int = pa.Field(
        ge=0, title="Antal", description="Pupils, rows or records concerned [count]."
    )
    expected: float = pa.Field(
        nullable=True, title="Väntat", description="What was to be expected in their place."
    )
    measure: float = pa.Field(title="Mått", description="What is compared with the limit.")
    limit: float = pa.Field(title="Gräns", description="The limit it exceeds.")

    class Config(Contract.Config):
        """Grain."""

        name = "checks.findings"
        unique = ["finding_id"]
