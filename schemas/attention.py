"""The attention list of a school's own team, and how often such lists were right before.

Both tell of pupils by what they lack, for those who work with them. They stay in the lake and
in the outbox: no release holds them, not even the researchers' warehouse, because a list of
named conditions answers who, and research asks how many and why.
"""

import datetime as dt

import ibis
import pandera.ibis as pa
from pandera.api.ibis.types import IbisData

from schemas.codes import Code, values
from schemas.columns import STUDENT, month_column, school_key, term_column
from schemas.contract import MONTH_PATTERN, TERM_PATTERN, Contract

RUNGS = (
    Code("all_three", "uppfyller alla villkoren", "meets all three conditions"),
    Code("one_short", "uppfyller två av villkoren", "meets two of three conditions"),
    Code("one_and_sign", "ett villkor och minst ett tecken", "one condition and a sign"),
    Code("sign_only", "inget villkor, men nära en gräns", "no condition, but near a limit"),
    Code("group_only", "i målgruppen, men inte som läget är nu", "in the group, but not by now"),
)
"""Where a pupil stands on the list, highest first. The rule is :mod:`pipelines.attention`."""

MARKED = Code("marked", "alla på listan", "everybody on the list")
UNMARKED = Code("unmarked", "inte på listan", "not on the list")
HIT_GROUPS = (*RUNGS, MARKED, UNMARKED)
"""Whom a hit rate is about."""


class AttentionList(Contract):
    """Pupils who meet the target-group rule now or are heading there, for their school's own team.

    A working list by a stated rule, and no grounds for a decision by itself. What is unknown is
    empty, never no. ``month`` is when the list stands: the last month reported of the term.
    Grain: one row per ``student_id``, ``school_id`` and ``term``. Origin: registers, grades and
    attendance; marks and absence are of the term, or of the term before until the term has any.
    """

    student_id: str = pa.Field(
        str_matches=STUDENT, title="Elev", description="Elev: pseudonymous key."
    )
    school_id: str = school_key()
    term: str = term_column()
    month: str = month_column()
    grade_level: int = pa.Field(
        ge=1, le=10, title="Årskurs", description="Årskurs: grade level, 7-9 in högstadiet."
    )
    class_name: str = pa.Field(nullable=True, title="Klass", description="Class, as written.")
    rung: str = pa.Field(
        isin=values(RUNGS),
        metadata={"codes": RUNGS},
        title="Plats på listan",
        description="How much of the rule the pupil meets.",
    )
    in_target_group: bool = pa.Field(
        title="I terminens målgrupp",
        description="Whether the term before put the pupil in the target group of this term.",
    )
    conditions: int = pa.Field(
        ge=0, le=3, title="Villkor uppfyllda", description="Conditions met now [count]."
    )
    since: str = pa.Field(
        str_matches=TERM_PATTERN,
        nullable=True,
        title="Sedan",
        description="First term from which on all of the conditions met now have been met.",
    )
    low_attainment: bool = pa.Field(
        nullable=True,
        title="Låg måluppfyllelse",
        description="Whether as many subjects are failed as the limit says.",
    )
    low_attainment_since: str = pa.Field(
        str_matches=TERM_PATTERN,
        nullable=True,
        title="Låg måluppfyllelse sedan",
        description="First term of the unbroken run; empty if it is not met.",
    )
    not_eligible: bool = pa.Field(
        nullable=True,
        title="Inte behörig till yrkesprogram",
        description="Whether the marks are too few for vocational programmes.",
    )
    not_eligible_since: str = pa.Field(
        str_matches=TERM_PATTERN,
        nullable=True,
        title="Inte behörig sedan",
        description="First term of the unbroken run; empty if it is not met.",
    )
    high_absence: bool = pa.Field(
        nullable=True,
        title="Hög frånvaro",
        description="Whether the share of absence of the term so far reaches the limit.",
    )
    high_absence_since: str = pa.Field(
        str_matches=TERM_PATTERN,
        nullable=True,
        title="Hög frånvaro sedan",
        description="First term of the unbroken run; empty if it is not met.",
    )
    recent_absence: bool = pa.Field(
        nullable=True,
        title="Hög frånvaro de två senaste månaderna",
        description="Whether the last two months reported reach the limit, whatever the term.",
    )
    near_failing: bool = pa.Field(
        nullable=True,
        title="Nära gränsen för underkända ämnen",
        description="Whether subjects are failed, fewer than the limit but within one of it.",
    )
    more_failed: bool = pa.Field(
        nullable=True,
        title="Fler underkända ämnen än förra gången",
        description="Whether more subjects are failed than on the marks before.",
    )
    rising_absence: bool = pa.Field(
        nullable=True,
        title="Stigande frånvaro",
        description="Whether absence rose from the two months before the last two.",
    )
    marks_term: str = pa.Field(
        str_matches=TERM_PATTERN,
        nullable=True,
        title="Betyg från",
        description="Term of the marks; empty if there are none of this term or the one before.",
    )
    failed_subjects: int = pa.Field(
        nullable=True, ge=0, title="Underkända ämnen", description="F, IG or streck [count]."
    )
    missing_core: str = pa.Field(
        nullable=True,
        title="Kärnämnen som saknas",
        description="Core subjects not passed, such as EN MA; SV stands for SV or SVA.",
    )
    other_subjects_short: int = pa.Field(
        nullable=True,
        ge=0,
        title="Andra ämnen som saknas",
        description="Other passed subjects that vocational programmes still ask for [count].",
    )
    absence_term: str = pa.Field(
        str_matches=TERM_PATTERN,
        nullable=True,
        title="Frånvaro från",
        description="Term of the absence; empty if nothing is reported of either.",
    )
    absence_share: float = pa.Field(
        nullable=True,
        ge=0,
        le=1,
        title="Frånvaro, andel",
        description="Absence over scheduled time, the term so far.",
    )
    unauthorised_share: float = pa.Field(
        nullable=True,
        ge=0,
        le=1,
        title="Varav ogiltig, andel",
        description="The part of it without valid reason.",
    )
    recent_months: str = pa.Field(
        nullable=True,
        title="Två senaste månader",
        description="The last two months reported, such as 2016-02 2016-03.",
    )
    recent_share: float = pa.Field(
        nullable=True,
        ge=0,
        le=1,
        title="Frånvaro två senaste månader, andel",
        description="Absence over scheduled time in the last two months reported.",
    )
    recent_unauthorised_share: float = pa.Field(
        nullable=True,
        ge=0,
        le=1,
        title="Varav ogiltig två senaste månader, andel",
        description="The part of it without valid reason.",
    )
    high_months_since: str = pa.Field(
        str_matches=MONTH_PATTERN,
        nullable=True,
        title="Månader över gränsen sedan",
        description="First month of the run at or above the limit that lasts to the latest month.",
    )
    register_coverage: float = pa.Field(
        nullable=True,
        ge=0,
        le=1,
        title="Rapporterad tid, andel",
        description="Reported over scheduled time, the term so far.",
    )
    months_unreported: int = pa.Field(
        ge=0,
        title="Månader utan rapport",
        description="Months of the term enrolled so far with teaching and no register [count].",
    )
    is_supported: bool = pa.Field(
        title="Har stöd nu", description="Whether a day of support lies in the month."
    )
    supported_since: dt.date = pa.Field(
        nullable=True, title="Stöd sedan", description="First day of that support."
    )

    class Config(Contract.Config):
        """Grain."""

        name = "attention.pupils"
        unique = ["student_id", "school_id", "term"]
        metadata = {"partition": "term", "is_released": False}

    @pa.dataframe_check
    @classmethod
    def a_condition_met_has_a_beginning(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """A run is told exactly where the condition is met."""
        rows = data.table
        pairs = (
            (rows.low_attainment, rows.low_attainment_since),
            (rows.not_eligible, rows.not_eligible_since),
            (rows.high_absence, rows.high_absence_since),
            (rows.conditions > 0, rows.since),
        )
        return ibis.and_(
            *(met.fill_null(ibis.literal(value=False)) == since.notnull() for met, since in pairs)
        )


class HitRates(Contract):
    """What became of pupils whom the list would have marked three months into an earlier term.

    Only terms and grade levels whose pupils have left grade 9 by now. A pupil without final
    grades has an unknown outcome (moved from the city, most often) and is neither hit nor miss.
    Grain: one row per ``term``, ``grade_level`` and ``rung``.
    """

    term: str = term_column()
    grade_level: int = pa.Field(
        ge=1, le=10, title="Årskurs", description="Årskurs: grade level in that term."
    )
    rung: str = pa.Field(
        isin=values(HIT_GROUPS),
        metadata={"codes": HIT_GROUPS},
        title="Plats på listan",
        description="Place on the list of that term, everybody on it, or nobody on it.",
    )
    pupils: int = pa.Field(ge=1, title="Elever", description="Pupils there [count].")
    unknown: int = pa.Field(
        ge=0, title="Okänt utfall", description="Pupils without final grades [count]."
    )
    known: int = pa.Field(ge=0, title="Känt utfall", description="Pupils with them [count].")
    not_eligible: int = pa.Field(
        ge=0,
        title="Lämnade utan behörighet",
        description="Pupils whose final grades open no vocational programme [count].",
    )
    share: float = pa.Field(
        nullable=True,
        ge=0,
        le=1,
        title="Andel utan behörighet",
        description="Precision: of those with a known outcome, the share not eligible.",
    )
    lower: float = pa.Field(
        nullable=True, ge=0, le=1, title="Undre gräns", description="Lower 95 % limit (Wilson)."
    )
    upper: float = pa.Field(
        nullable=True, ge=0, le=1, title="Övre gräns", description="Upper 95 % limit (Wilson)."
    )
    sensitivity: float = pa.Field(
        nullable=True,
        ge=0,
        le=1,
        title="Fångade, andel",
        description="Of all who left not eligible, the share on this rung or a higher one.",
    )
    sensitivity_lower: float = pa.Field(
        nullable=True,
        ge=0,
        le=1,
        title="Fångade, undre gräns",
        description="Lower 95 % limit (Wilson).",
    )
    sensitivity_upper: float = pa.Field(
        nullable=True,
        ge=0,
        le=1,
        title="Fångade, övre gräns",
        description="Upper 95 % limit (Wilson).",
    )

    class Config(Contract.Config):
        """Grain."""

        name = "attention.hit_rates"
        unique = ["term", "grade_level", "rung"]
        metadata = {"is_released": False}

    @pa.dataframe_check
    @classmethod
    def pupils_are_known_or_unknown(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """Everybody has an outcome or has not, and only who has can have left not eligible."""
        rows = data.table
        return (rows.known + rows.unknown == rows.pupils) & (rows.not_eligible <= rows.known)
