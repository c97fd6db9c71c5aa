"""Bands of absence (frånvaroband): pupils away for more than a share of a term's scheduled time.

One indicator per limit in :data:`schemas.rules.TOTAL_ABSENCE_LIMITS` (absence with or without
valid reason) and :data:`schemas.rules.UNAUTHORISED_ABSENCE_LIMITS`. A band is the difference of
two: "5.1-15" is above 5 and not above 15. A share exactly on a limit belongs to the band below
it. Shares are not rounded: 5.04 % is above 5. Months whose register was not filled in are left
out of both sums. No limit is official; each is a dated rule that a later decision may change.
"""

from collections.abc import Callable
from typing import Literal

import ibis
from ibis import _

from pipelines.calendar import first_month_of_term, in_force, term_of_month
from pipelines.indicators.registry import Example, Indicator
from pipelines.populations.attendance import by_rule, known_months
from schemas.rules import TOTAL_ABSENCE_LIMITS, UNAUTHORISED_ABSENCE_LIMITS, Rule

Kind = Literal["total", "unauthorised"]

PARTS = {
    "total": ("authorised_absence_minutes", "unauthorised_absence_minutes"),
    "unauthorised": ("unauthorised_absence_minutes",),
}
WORDS_EN = {"total": "absence", "unauthorised": "unauthorised absence"}
WORDS_SV = {"total": "frånvaro", "unauthorised": "ogiltig frånvaro"}


def above(kind: Kind, rules: tuple[Rule, ...]) -> Callable[[ibis.Table, ibis.Table], ibis.Table]:
    """The function from attendance to who is above a dated limit, per pupil and term."""

    def compute(attendance: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
        first, *more = (_[part].sum() for part in PARTS[kind])
        known = known_months(attendance, enrolments)
        terms = known.group_by("student_id", "school_id", period=term_of_month(known.month)).agg(
            away=sum(more, first), scheduled=_.scheduled_minutes.sum()
        )
        limit = in_force(rules, first_month_of_term(terms.period))
        is_above = 100 * terms.away.cast("float64") > limit * terms.scheduled.cast("float64")
        return terms.filter(limit.notnull()).select(
            "student_id",
            "school_id",
            "period",
            numerator=is_above.cast("float64"),
            denominator=ibis.literal(1).cast("float64"),
        )

    return compute


def band(kind: Kind, number: int, rules: tuple[Rule, ...]) -> Indicator:
    """The indicator of one limit.

    Args:
        kind: What is summed.
        number: The limit's name; the number itself is in ``rules``.
        rules: The limit, dated [percent].
    """
    return Indicator(
        name=f"{kind}_absence_above_{number}",
        title_en=f"Pupils above {number} % {WORDS_EN[kind]}",
        title_sv=f"Elever med mer än {number} % {WORDS_SV[kind]}",
        unit_en="share of pupils",
        unit_sv="andel av eleverna",
        kind="share",
        higher_is="worse",
        source="SkolL (2010:800) 7 kap. 19 a §; limits after Sävsjö municipality, none is official",
        period="term",
        yearly="any",
        reads=("core.attendance", "core.enrolments"),
        compute=above(kind, rules),
        population=by_rule(rules),
        rules=(rules,),
        numerator_en=(
            f"1 if {WORDS_EN[kind]} is more than {number} percent of the scheduled time of the "
            "months known in the term, else 0; exactly that much is 0."
        ),
        denominator_en="One for each pupil with a known month in the term.",
        limits_en=(
            "A term with one known month is judged by that month. Time not reported in a month "
            "that is known counts as presence. A pupil with two schools in the term is judged at "
            "each by itself. Indicators of several limits count the same pupils: never add them."
        ),
        is_published=False,
        is_drawn=False,
        looks_back=False,
        example=_on_the_limit(kind, number),
    )


def _on_the_limit(kind: Kind, number: int) -> Example:
    """Two months of which one pupil was away for exactly as much as the limit."""
    columns = ["student_id", "school_id", "month", "scheduled_minutes", "reported_minutes"]
    minutes = {part: 120 * number // len(PARTS[kind]) for part in PARTS[kind]}
    february = ["p1", "A", "2016-02", "6000", "6000", *map(str, minutes.values())]
    march = ["p1", "A", "2016-03", "6000", "6000", *("0" for _part in minutes)]
    drawing = [" | ".join(line) for line in ([*columns, *minutes], february, march)]
    return Example(
        says=(
            f"Away for exactly {number} % of the time of two months: on the limit, so in the band "
            "below it and not counted."
        ),
        tables={"core.attendance": "\n".join(drawing)},
        numerator=0,
        denominator=1,
    )


INDICATORS = (
    *(band("total", number, rules) for number, rules in TOTAL_ABSENCE_LIMITS.items()),
    *(band("unauthorised", number, rules) for number, rules in UNAUTHORISED_ABSENCE_LIMITS.items()),
)
