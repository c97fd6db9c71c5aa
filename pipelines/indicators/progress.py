"""Progress (utveckling mellan terminer): what became of a pupil's marks since the term before.

The term just before, of the same pupil at any school, on the same scale; a subject marked at two
schools is passed if it is at one. Without such a term there is nothing to compare with. Which
marks cannot be judged: :mod:`pipelines.grading`.
"""

from collections.abc import Callable

import ibis
from ibis import _

from pipelines.calendar import term_after
from pipelines.grading import (
    REPORT,
    SCALE_BREAKS,
    across_schools,
    counted_subjects,
    counts,
    failed_before_summer,
    judged,
    passed_subjects,
    subjects,
)
from pipelines.indicators.registry import Example, Indicator, SeriesBreak
from pipelines.populations.grades import AFTER_SUMMER, COMPARED, READS
from pipelines.sharing import shared
from schemas.grading import LAST_BLOCK_LEVEL, PASSING_MARKS

MARKS = """
    student_id | school_id | term   | subject_code | scale_id | mark | is_final
    p1         | A         | 2015VT | MA           | A-F      | F    | no
    p1         | A         | 2015VT | EN           | A-F      | F    | no
    p1         | A         | 2015VT | SV           | A-F      | E    | no
    p1         | A         | 2015HT | MA           | A-F      | E    | no
    p1         | A         | 2015HT | EN           | A-F      | F    | no
    p1         | A         | 2015HT | SV           | A-F      | E    | no
    """
LIMITS = (
    "One subject more or less moves the share, also where the pupil only began or dropped a "
    "subject. The first term of a pupil, and the first of a scale, have no value."
)


def goal_attainment_rose(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Each pupil with a term before counts one, and is counted if a larger share is passed."""
    return _compared(grades, enrolments, lambda now, before: now > before)


def goal_attainment_fell(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Each pupil with a term before counts one, and is counted if a smaller share is passed."""
    return _compared(grades, enrolments, lambda now, before: now < before)


def passed_after_summer(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Of subjects not passed in spring, those passed in autumn; the school is that of autumn."""
    autumn = judged(grades, enrolments).filter(_.term.endswith("HT"))
    failed = failed_before_summer(grades, enrolments)
    pairs = autumn.select(*REPORT, "scale_id").join(failed, ["student_id", "term", "scale_id"])
    marks = subjects(grades, autumn).filter(_.is_passing).select(*REPORT, "subject", "is_passing")
    joined = pairs.left_join(marks, [*REPORT, "subject"]).select(pairs, "is_passing")
    return (
        joined.group_by(*REPORT)
        .agg(numerator=_.is_passing.count().cast("float64"), denominator=_.count().cast("float64"))
        .rename(period="term")
    )


def _compared(
    grades: ibis.Table,
    enrolments: ibis.Table,
    is_so: Callable[[ibis.ir.NumericValue, ibis.ir.NumericValue], ibis.ir.BooleanValue],
) -> ibis.Table:
    """Shares of two terms are compared by whole numbers, crosswise."""
    before = _before(grades, enrolments)
    now = counts(grades, enrolments).filter(_.counted > 0)
    both = now.join(before, ["student_id", "term", "scale_id"])
    is_counted = is_so(both.passed * both.counted_before, both.passed_before * both.counted)
    return both.select(
        *REPORT,
        numerator=is_counted.cast("float64"),
        denominator=ibis.literal(1).cast("float64"),
    ).rename(period="term")


@shared
def _before(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Subjects passed and counted at all schools, under the term after."""
    marks = across_schools(grades, judged(grades, enrolments))
    sums = marks.group_by("student_id", "term", "scale_id").agg(
        passed_before=passed_subjects(), counted_before=counted_subjects()
    )
    return sums.mutate(term=term_after(sums.term))


def _change(
    name: str, words: tuple[str, str, str], compute: Callable[..., ibis.Table], numerator: float
) -> Indicator:
    larger, rose, rose_sv = words
    return Indicator(
        name=name,
        title_en=f"Goal attainment {rose} since the term before",
        title_sv=f"Måluppfyllelsen {rose_sv} sedan förra terminen",
        unit_en="share of pupils",
        unit_sv="andel av eleverna",
        kind="share",
        higher_is="better" if larger == "larger" else "worse",
        source="Proposal of this project, from SkolL (2010:800) 10 kap. 17-18 §§",
        period="term",
        yearly="spring",
        reads=READS,
        compute=compute,
        breaks=tuple(map(SeriesBreak._make, SCALE_BREAKS)),
        population=COMPARED,
        rules=(PASSING_MARKS, LAST_BLOCK_LEVEL),
        numerator_en=f"Pupils who passed a {larger} share of their subjects than the term before.",
        denominator_en="Pupils with marks that can be judged in both terms, on the same scale.",
        limits_en=LIMITS,
        example=Example(
            says="One of three subjects was passed in spring and two of three in autumn.",
            tables={"core.grades": MARKS},
            numerator=numerator,
            denominator=1,
        ),
        is_published=False,
        is_drawn=False,
    )


INDICATORS = (
    _change("goal_attainment_rose", ("larger", "rose", "steg"), goal_attainment_rose, 1),
    _change("goal_attainment_fell", ("smaller", "fell", "sjönk"), goal_attainment_fell, 0),
    Indicator(
        name="passed_after_summer",
        title_en="Passed after summer",
        title_sv="Godkänt efter sommaren",
        unit_en="share of the subjects not passed in spring",
        unit_sv="andel av ämnena som inte var godkända på våren",
        kind="ratio",
        higher_is="better",
        source="Proposal of this project",
        period="term",
        yearly="sum",
        reads=READS,
        compute=passed_after_summer,
        breaks=tuple(map(SeriesBreak._make, SCALE_BREAKS)),
        population=AFTER_SUMMER,
        rules=(PASSING_MARKS, LAST_BLOCK_LEVEL),
        numerator_en="Of those subjects, the ones with a passing mark at the end of autumn.",
        denominator_en="Subjects with F, IG or a streck at the end of spring in grades 7 and 8.",
        limits_en=(
            "Whether the pass was won in summer school or in the autumn's lessons is not known. A "
            "subject that is no longer read counts as not passed."
        ),
        example=Example(
            says="Mathematics and English were failed in spring; mathematics is passed in autumn.",
            tables={"core.grades": MARKS},
            numerator=1,
            denominator=2,
        ),
        is_drawn=False,
    ),
)
