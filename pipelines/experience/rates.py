"""Who answered of those who were asked, as a whole and group by group."""

from collections.abc import Mapping

import ibis
from ibis import _

from pipelines.calendar import (
    first_month_of_term,
    in_force,
    last_day_of_term,
    latest_by_term,
    term_before,
    term_of_month,
)
from pipelines.experience.answers import RESPONDENT, in_units
from pipelines.experience.shares import with_wilson
from pipelines.results import conforming
from schemas.codes import END_REASONS
from schemas.rules import TOTAL_ABSENCE_LIMITS
from schemas.surveys import (
    DESCRIBES_ALL_FROM,
    NON_RESPONSE_GROUPINGS,
    NonResponse,
    ResponseRates,
)

UNKNOWN = "unknown"
BANDS = {30: "above_30", 15: "above_15", 5: "above_5"}


def response_rates(answers: ibis.Table) -> ibis.Table:
    """How many of those asked answered, per instrument, term and project.

    Args:
        answers: :class:`schemas.surveys.SurveyAnswers`.

    Returns:
        Rows of :class:`schemas.surveys.ResponseRates`.
    """
    keys = ["instrument", "term", "project_id", "respondent"]
    counts = (
        _respondents(answers)
        .group_by(keys)
        .agg(
            asked=_.count(),
            answered=_.has_answered.sum(),
            unusable=(_.has_fault & ~_.has_answered).sum(),
        )
    )
    rows = with_wilson(counts.order_by(keys).execute(), "answered", "asked")
    rows["describes_respondents_only"] = rows.share < DESCRIBES_ALL_FROM
    return conforming(rows, ResponseRates)


def non_response(answers: ibis.Table, known: Mapping[str, ibis.Table]) -> ibis.Table:
    """How many of those asked answered in each group, per instrument, term and project.

    Args:
        answers: :class:`schemas.surveys.SurveyAnswers`.
        known: What is known of pupils: ``student_terms``, ``attendance``, ``participation``.

    Returns:
        Rows of :class:`schemas.surveys.NonResponse`.
    """
    respondents = _respondents(answers)
    pupils = respondents.select("student_id", "term").distinct()
    groups = _groups(pupils, known)
    keys = ["instrument", "term", "project_id", "grouping", "group"]
    counts = (
        respondents.join(groups, ["student_id", "term"])
        .group_by(keys)
        .agg(asked=_.count(), answered=_.has_answered.sum())
    )
    rows = with_wilson(counts.order_by(keys).execute(), "answered", "asked")
    return conforming(rows, NonResponse)


def _respondents(answers: ibis.Table) -> ibis.Table:
    """Respondents in their units, and whether they answered anything that counts."""
    people = answers.group_by(*RESPONDENT, "project_id", "respondent").agg(
        has_answered=_.turned.notnull().any(), has_fault=_.fault.notnull().any()
    )
    return in_units(people)


def _groups(pupils: ibis.Table, known: Mapping[str, ibis.Table]) -> ibis.Table:
    """The group of each pupil and term in every grouping: ``grouping`` and ``group``."""
    grown = _registered(pupils, known["student_terms"])
    absent = _absence_before(pupils, known["attendance"])
    supported = _support(pupils, known["participation"])
    keys = ["student_id", "term"]
    wide = grown.join(absent, keys).join(supported, keys)
    parts = [
        wide.select(*keys, grouping=ibis.literal(one.code), group=wide[one.code].fill_null(UNKNOWN))
        for one in NON_RESPONSE_GROUPINGS
    ]
    return ibis.union(*parts)


def _registered(pupils: ibis.Table, student_terms: ibis.Table) -> ibis.Table:
    """Grade level and sex of the term; of two schools the higher grade."""
    keys = ["student_id", "term"]
    once = student_terms.group_by(keys).agg(grade=_.grade_level.max(), sex=_.sex.max())
    joined = pupils.left_join(once, keys)
    return joined.select(*keys, "sex", grade_level=joined.grade.cast("string"))


def _absence_before(pupils: ibis.Table, attendance: ibis.Table) -> ibis.Table:
    """The band of total absence in the term before, months without a register left out."""
    terms = pupils.mutate(before=term_before(pupils.term))
    away = _.authorised_absence_minutes + _.unauthorised_absence_minutes
    known = attendance.semi_join(pupils, "student_id").filter(
        _.reported_minutes > 0, _.scheduled_minutes > 0
    )
    sums = known.group_by("student_id", before=term_of_month(known.month)).agg(
        percent=100 * away.sum().cast("float64") / _.scheduled_minutes.sum().cast("float64")
    )
    joined = terms.left_join(sums, ["student_id", "before"])
    month = first_month_of_term(joined.before)
    cases = [
        (joined.percent > in_force(TOTAL_ABSENCE_LIMITS[limit], month), band)
        for limit, band in BANDS.items()
    ]
    lowest = (joined.percent.notnull(), "up_to_5")
    return joined.select("student_id", "term", absence_before=ibis.cases(*cases, lowest))


def _support(pupils: ibis.Table, participation: ibis.Table) -> ibis.Table:
    """Where the support that began last stood on the last day of the term."""
    starts = latest_by_term(participation, "student_id", "project_id", "start_date").select(
        "student_id", "project_id", "start_date", "end_date", "end_reason"
    )
    last_day = last_day_of_term(pupils.term)
    begun = pupils.mutate(last_day=last_day).left_join(
        starts, [_.student_id == starts.student_id, starts.start_date <= _.last_day]
    )
    ended = begun.end_date <= begun.last_day
    groups = [(ended & (begun.end_reason == reason.code), reason.group) for reason in END_REASONS]
    stood = begun.mutate(
        support=ibis.cases((begun.start_date.isnull(), "none"), *groups, else_="ongoing")
    )
    newest = ibis.row_number().over(
        group_by=["student_id", "term"], order_by=[stood.start_date.desc(), stood.project_id]
    )
    return stood.mutate(place=newest).filter(_.place == 0).select("student_id", "term", "support")
