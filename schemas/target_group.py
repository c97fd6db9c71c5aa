"""The target group (målgrupp) in full: month by month, frozen by term, and what schools select on.

Figures of pupils may be small: these tables are for research, and leave it by disclosure control.
"""

from typing import Any

import ibis
import pandera.ibis as pa
from pandera.api.ibis.types import IbisData

from schemas.codes import MISSING_REASONS, Code, values
from schemas.columns import STUDENT, month_column, school_key, term_column
from schemas.contract import NAME_PATTERN, SCHOOL_PATTERN, TERM_PATTERN, Contract, Delivered

SELECTION_CRITERIA = (
    Code("absence", "hög frånvaro", "high absence"),
    Code("unauthorised_absence", "ogiltig frånvaro", "unauthorised absence"),
    Code("failed_subjects", "underkända ämnen", "failed subjects"),
    Code("eligibility_at_risk", "riskerar att inte bli behörig", "at risk of not being eligible"),
    Code("social_worry", "social oro", "social worry"),
    Code("behaviour", "beteende i skolan", "behaviour at school"),
    Code("teacher_nomination", "lärares nominering", "nomination by teachers"),
    Code("pupil_health", "elevhälsans bedömning", "judgement of the pupil health team"),
    Code("social_services", "socialtjänstens bedömning", "judgement of the social services"),
    Code("guardian_wish", "vårdnadshavares önskan", "wish of a guardian"),
    Code("pupil_wish", "elevens egen önskan", "wish of the pupil"),
    Code("motivation", "elevens motivation", "motivation of the pupil"),
    Code("grade_level", "viss årskurs", "a certain grade level"),
    Code("free_places", "lediga platser", "free places"),
    Code("other", "annat", "other"),
)
"""What a school says it takes pupils into support by."""

UNIT_LEVELS = (
    Code("school", "Skola", "School"),
    Code("district", "Stadsdel där eleven bor", "District of residence"),
    Code("city", "Hela staden", "Whole city"),
)
"""What a size is of. A pupil at two schools counts at both, in the district and the city once."""

ELSEWHERE = "unknown"
"""District of pupils whose register names none: most live in another municipality."""

ESTIMATE_STATES = (
    Code("none", "skolan har inte lämnat någon", "the school gave none"),
    Code("holds", "beräknad storlek ligger inom", "the computed size lies within"),
    Code("too_low", "beräknad storlek ligger över", "the computed size lies above"),
    Code("too_high", "beräknad storlek ligger under", "the computed size lies below"),
    Code("impossible", "fler än skolans elever", "more than the school has pupils"),
)
"""How a school's own estimate stands to the size computed."""

VARIED = (
    Code("rule", "regeln som den gäller", "the rule in force"),
    Code("failed_subjects", "antalet underkända ämnen", "the number of failed subjects"),
    Code("absence", "andelen frånvaro", "the share of absence"),
    Code("both", "båda", "both"),
)
"""Which limit differs from the dated rule."""


def _grade_level() -> Any:  # noqa: ANN401 - what pandera's fields are typed as
    return pa.Field(
        ge=1, le=10, title="Årskurs", description="Årskurs: grade level, 7-9 in högstadiet."
    )


def _residence() -> Any:  # noqa: ANN401
    return pa.Field(
        str_matches=NAME_PATTERN,
        nullable=True,
        title="Boende stadsdel, kod",
        description="District of residence, as the register that began last has it.",
    )


def _met(title: str, description: str) -> Any:  # noqa: ANN401
    return pa.Field(nullable=True, title=title, description=description)


def _count(title: str, description: str) -> Any:  # noqa: ANN401
    return pa.Field(ge=0, title=title, description=f"{description} [count].")


def _share(title: str, description: str) -> Any:  # noqa: ANN401
    return pa.Field(nullable=True, ge=0, le=1, title=title, description=description)


def _unit() -> Any:  # noqa: ANN401
    return pa.Field(
        str_matches=r"^[0-9A-Za-z_-]+$",
        title="Enhet, kod",
        description="School unit code, district key (`unknown` if the register has none), or city.",
    )


def _level() -> Any:  # noqa: ANN401
    return pa.Field(
        isin=values(UNIT_LEVELS),
        metadata={"codes": UNIT_LEVELS},
        title="Nivå",
        description="What the row is about.",
    )


def _missing() -> Any:  # noqa: ANN401
    return pa.Field(
        nullable=True,
        isin=values(MISSING_REASONS),
        metadata={"codes": MISSING_REASONS},
        title="Varför uppgift saknas",
        description="Why the pupil cannot be judged; empty for who can.",
    )


def _marks_and_absence_decide(rows: ibis.Table) -> ibis.ir.BooleanValue:
    """Who can be judged is in the group exactly if all three criteria are met."""
    met = rows.low_attainment & rows.not_eligible & rows.high_absence
    is_known = rows.missing.isnull()
    return (is_known == rows.is_in_group.notnull()) & (~is_known | (rows.is_in_group == met))


class TargetGroupEstimates(Delivered):
    """A school's own estimate of how many of its pupils belong to the target group.

    Grain: one row per ``school_id`` and ``term``. Origin: each school, at the start of a term.
    """

    school_id: str = school_key()
    term: str = term_column()
    low: int = pa.Field(
        ge=0, title="Lägst", description="Fewest pupils the school thinks possible [count]."
    )
    mid: int = pa.Field(
        ge=0, title="Troligast", description="Number of pupils the school thinks likeliest [count]."
    )
    high: int = pa.Field(
        ge=0, title="Högst", description="Most pupils the school thinks possible [count]."
    )

    class Config(Delivered.Config):
        """Grain."""

        name = "core.target_group_estimates"
        unique = ["school_id", "term"]
        metadata = {"partition": "term"}

    @pa.dataframe_check
    @classmethod
    def estimates_are_in_order(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """The likeliest number lies between the fewest and the most."""
        rows = data.table
        return (rows.low <= rows.mid) & (rows.mid <= rows.high)


class SelectionCriteria(Delivered):
    """What a school says it takes pupils into support by (urval).

    Grain: one row per ``school_id``, ``term`` and ``criterion``. Origin: each school of a
    project, at the start of a term. A criterion not named is not used; a school without rows has
    said nothing.
    """

    school_id: str = school_key()
    term: str = term_column()
    criterion: str = pa.Field(
        isin=values(SELECTION_CRITERIA),
        metadata={"codes": SELECTION_CRITERIA},
        title="Urvalskriterium",
        description="What pupils are taken in by.",
    )

    class Config(Delivered.Config):
        """Grain."""

        name = "core.selection_criteria"
        unique = ["school_id", "term", "criterion"]
        metadata = {"partition": "term"}


class TargetGroupPupils(Contract):
    """Every pupil who is counted in a term, and each criterion of the target group: frozen.

    Grain: one row per ``student_id``, ``school_id`` and ``term``: grades 7-9 on 1 September or
    1 February. Origin: registers of the term; marks and absence of the term before.
    """

    student_id: str = pa.Field(
        str_matches=STUDENT, title="Elev", description="Elev: pseudonymous key."
    )
    school_id: str = school_key()
    term: str = term_column()
    grade_level: int = _grade_level()
    residence_district_id: str = _residence()
    failed_subjects: int = pa.Field(
        nullable=True,
        ge=0,
        title="Underkända ämnen",
        description="F, IG or streck in the term before [count].",
    )
    low_attainment: bool = _met(
        "Låg måluppfyllelse", "Whether as many subjects are failed as the dated rule says."
    )
    not_eligible: bool = _met(
        "Riskerar att inte bli behörig", "Whether those marks open no vocational programme."
    )
    absence_share: float = _share(
        "Frånvaro, andel", "Absence, with or without leave, over scheduled time, the term before."
    )
    high_absence: bool = _met("Hög frånvaro", "Whether it reaches the limit of the dated rule.")
    is_in_group: bool = _met("I målgruppen", "All three; empty for who cannot be judged.")
    missing: str = _missing()

    class Config(Contract.Config):
        """Grain."""

        name = "pilot.target_group_pupils"
        unique = ["student_id", "school_id", "term"]
        metadata = {"partition": "term"}

    @pa.dataframe_check
    @classmethod
    def all_three_criteria_decide(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """Who can be judged is in the group exactly if all three criteria are met."""
        return _marks_and_absence_decide(data.table)


class TargetGroupMonths(Contract):
    """Every pupil of grades 7-9 in a month, and each criterion as it was known then.

    Grain: one row per ``student_id``, ``school_id`` and ``month`` with a day of enrolment, for
    months of which some school delivered attendance. Origin: registers, grades and attendance;
    of the term, or of the term before until the term has any. Filed by term, because that is
    what a correction makes anew: each month of its term and of the next.
    """

    student_id: str = pa.Field(
        str_matches=STUDENT, title="Elev", description="Elev: pseudonymous key."
    )
    school_id: str = school_key()
    month: str = month_column()
    term: str = term_column()
    grade_level: int = _grade_level()
    residence_district_id: str = _residence()
    marks_term: str = pa.Field(
        str_matches=TERM_PATTERN,
        nullable=True,
        title="Betyg från",
        description="Term of the marks judged; empty without any.",
    )
    failed_subjects: int = pa.Field(
        nullable=True, ge=0, title="Underkända ämnen", description="F, IG or streck [count]."
    )
    low_attainment: bool = _met(
        "Låg måluppfyllelse", "Whether as many subjects are failed as the month's rule says."
    )
    not_eligible: bool = _met(
        "Riskerar att inte bli behörig", "Whether those marks open no vocational programme."
    )
    absence_term: str = pa.Field(
        str_matches=TERM_PATTERN,
        nullable=True,
        title="Frånvaro från",
        description="Term of the absence: this one so far, else the one before.",
    )
    absence_months: int = pa.Field(
        nullable=True,
        ge=0,
        le=7,
        title="Månader bakom frånvaron",
        description="Months of that term with time and a register; one month is thin [count].",
    )
    absence_share: float = _share(
        "Frånvaro, andel", "Absence, with or without leave, over scheduled time of those months."
    )
    high_absence: bool = _met("Hög frånvaro", "Whether it reaches the limit of the month's rule.")
    is_in_group: bool = _met("I målgruppen", "All three; empty for who cannot be judged.")
    missing: str = _missing()

    class Config(Contract.Config):
        """Grain."""

        name = "pilot.target_group"
        unique = ["student_id", "school_id", "month"]
        metadata = {"partition": "term"}

    @pa.dataframe_check
    @classmethod
    def all_three_criteria_decide(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """Who can be judged is in the group exactly if all three criteria are met."""
        return _marks_and_absence_decide(data.table)


class TargetGroupTerms(Contract):
    """Size of the target group, frozen for a term, beside the school's own estimate of it.

    Grain: one row per ``term``, ``level`` and ``unit_id``. Origin:
    ``pilot.target_group_pupils`` and ``core.target_group_estimates``.
    """

    term: str = term_column()
    level: str = _level()
    unit_id: str = _unit()
    pupils: int = _count("Elever", "Pupils of grades 7-9 on the term's reference day")
    judged: int = _count("Elever som kan bedömas", "Those of whom the term before tells enough")
    in_group: int = _count("Målgruppens storlek", "Those in the target group")
    unknown: int = _count("Elever som inte kan bedömas", "Those who cannot be judged")
    unknown_marks: int = _count("Därav utan betyg", "For want of marks that can be judged")
    unknown_absence: int = _count("Därav utan frånvaro", "For want of absence that is registered")
    unknown_both: int = _count("Därav utan båda", "For want of a term before, or of a rule")
    share: float = _share("Målgruppens andel", "In the group, over those judged.")
    lower: float = _share("Undre gräns", "Lower 95 % limit (Wilson).")
    upper: float = _share("Övre gräns", "Upper 95 % limit (Wilson).")
    estimate_low: int = pa.Field(
        nullable=True, ge=0, title="Skolans uppskattning, lägst", description="Fewest [count]."
    )
    estimate_mid: int = pa.Field(
        nullable=True,
        ge=0,
        title="Skolans uppskattning, troligast",
        description="Likeliest [count].",
    )
    estimate_high: int = pa.Field(
        nullable=True, ge=0, title="Skolans uppskattning, högst", description="Most [count]."
    )
    difference: int = pa.Field(
        nullable=True,
        title="Uppskattat minus beräknat",
        description="The likeliest number less the size computed [count].",
    )
    estimate: str = pa.Field(
        isin=values(ESTIMATE_STATES),
        metadata={"codes": ESTIMATE_STATES},
        title="Uppskattning jämförd med beräkning",
        description="How the estimate stands to the size computed.",
    )

    class Config(Contract.Config):
        """Grain."""

        name = "pilot.target_group_terms"
        unique = ["term", "level", "unit_id"]
        metadata = {"partition": "term"}

    @pa.dataframe_check
    @classmethod
    def pupils_are_judged_or_not(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """Nobody is lost between those who can be judged and those who cannot."""
        rows = data.table
        unknown = rows.unknown_marks + rows.unknown_absence + rows.unknown_both
        is_whole = (rows.judged + rows.unknown == rows.pupils) & (unknown == rows.unknown)
        return is_whole & (rows.in_group <= rows.judged)


class TargetGroupSensitivity(Contract):
    """Size of the target group had its limits been others, and how many pupils change sides.

    Grain: one row per ``term``, ``level``, ``unit_id``, ``failed_limit`` and ``absence_limit``.
    Origin: ``pilot.target_group_pupils``. The row of the rule itself is among them.
    """

    term: str = term_column()
    level: str = _level()
    unit_id: str = _unit()
    failed_limit: int = pa.Field(
        ge=1, title="Underkända ämnen, gräns", description="At least so many failed [count]."
    )
    absence_limit: float = pa.Field(
        ge=0, le=1, title="Frånvaro, gräns", description="At least this share of the time."
    )
    varied: str = pa.Field(
        isin=values(VARIED),
        metadata={"codes": VARIED},
        title="Vad som skiljer",
        description="Which limit differs from the dated rule.",
    )
    judged: int = _count("Elever som kan bedömas", "Those of whom the term before tells enough")
    in_group: int = _count("Målgruppens storlek", "Those in the group with these limits")
    entering: int = _count("Tillkommer", "In it with these limits, not by the rule")
    leaving: int = _count("Faller bort", "In it by the rule, not with these limits")

    class Config(Contract.Config):
        """Grain."""

        name = "pilot.target_group_sensitivity"
        unique = ["term", "level", "unit_id", "failed_limit", "absence_limit"]
        metadata = {"partition": "term"}

    @pa.dataframe_check
    @classmethod
    def nobody_changes_sides_by_the_rule(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """With the rule's own limits nobody enters or leaves."""
        rows = data.table
        return (rows.varied != "rule") | ((rows.entering == 0) & (rows.leaving == 0))


class Selection(Contract):
    """Whom a school's pupils in support were, compared with the rule, and what the school says.

    Grain: one row per ``school_id`` and ``term`` with a pupil taken in, a pupil in the target
    group or stated criteria. Origin: ``pilot.target_group_pupils``, ``core.participation``,
    ``core.project_schools`` and ``core.selection_criteria``.
    """

    school_id: str = school_key()
    term: str = term_column()
    is_covered: bool = pa.Field(
        title="Omfattas av projekt", description="Whether a project covers the school in the term."
    )
    taken_in: int = _count("Började", "Pupils of the school whose support began in the term")
    taken_in_group: int = _count("Därav i målgruppen", "Of them, in the term's target group")
    taken_in_marks_only: int = _count(
        "Därav bara låga resultat", "Outside: low attainment and not eligible, absence not high"
    )
    taken_in_absence_only: int = _count(
        "Därav bara hög frånvaro", "Outside: high absence, but eligible or attainment not low"
    )
    taken_in_neither: int = _count("Därav ingetdera", "Outside: neither of the two")
    taken_in_unknown: int = _count("Därav kan inte bedömas", "The term before tells too little")
    taken_in_not_counted: int = _count(
        "Därav inte i registret", "Not in grades 7-9 of any register on the reference day"
    )
    in_group: int = _count("Målgruppens storlek", "Pupils of the target group at the school")
    in_group_without: int = _count(
        "Därav utan stöd", "Of them, without a day of support in the term"
    )
    criteria: str = pa.Field(
        nullable=True,
        title="Uppgivna kriterier",
        description="Codes of the criteria the school states, in order; empty if it said nothing.",
    )

    class Config(Contract.Config):
        """Grain."""

        name = "pilot.selection"
        unique = ["school_id", "term"]
        metadata = {"partition": "term"}

    @pa.dataframe_check
    @classmethod
    def everybody_taken_in_is_somewhere(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """The six kinds are all who were taken in."""
        rows = data.table
        outside = rows.taken_in_marks_only + rows.taken_in_absence_only + rows.taken_in_neither
        rest = rows.taken_in_unknown + rows.taken_in_not_counted
        return (rows.taken_in_group + outside + rest == rows.taken_in) & (
            rows.in_group_without <= rows.in_group
        )


class SelectionMatrix(Contract):
    """School by criterion: what each school that answered says it selects on, and does not.

    Grain: one row per ``school_id``, ``term`` and ``criterion``. Origin:
    ``core.selection_criteria``. A school that said nothing has no rows.
    """

    school_id: str = school_key()
    term: str = term_column()
    criterion: str = pa.Field(
        isin=values(SELECTION_CRITERIA),
        metadata={"codes": SELECTION_CRITERIA},
        title="Urvalskriterium",
        description="What pupils may be taken in by.",
    )
    is_stated: bool = pa.Field(title="Uppges", description="Whether the school names it.")
    schools: int = pa.Field(
        ge=1, title="Skolor som svarat", description="Schools that answered in the term [count]."
    )
    schools_alike: int = pa.Field(
        ge=1,
        title="Skolor som gör lika",
        description="Schools with the same answer on the criterion, itself included [count].",
    )

    class Config(Contract.Config):
        """Grain."""

        name = "pilot.selection_matrix"
        unique = ["school_id", "term", "criterion"]
        metadata = {"partition": "term"}


class SelectionLikeness(Contract):
    """How alike the stated criteria of two schools are.

    Grain: one row per ``term``, ``school_id`` and ``other_school_id``; each pair once, in order
    of code. Origin: ``core.selection_criteria``.
    """

    term: str = term_column()
    school_id: str = school_key()
    other_school_id: str = pa.Field(
        str_matches=SCHOOL_PATTERN,
        title="Den andra skolans skolenhetskod",
        description="School unit code of the other.",
    )
    shared: int = _count("Gemensamma kriterier", "Criteria that both state")
    either: int = pa.Field(
        ge=1, title="Kriterier hos någon", description="Criteria that either states [count]."
    )
    likeness: float = pa.Field(
        ge=0, le=1, title="Likhet", description="Shared over either (Jaccard's index)."
    )

    class Config(Contract.Config):
        """Grain."""

        name = "pilot.selection_likeness"
        unique = ["term", "school_id", "other_school_id"]
        metadata = {"partition": "term"}
