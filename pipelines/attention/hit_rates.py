"""How right the list was: what became of the pupils it would have marked in earlier terms.

Each past term's list is made as it stood after its third month, October or March, from what was
known then, and compared with how its pupils left the last grade level. Only terms and grade
levels are told whose pupils have left by now: those of whose last spring term some final grades
are known. A pupil without final grades has an unknown outcome, most often because of a move from
the city, and is counted as unknown and as neither hit nor miss. A pupil at two schools counts
once, at the higher place.
"""

import ibis
import numpy as np
import pandas as pd
from ibis import _

from pipelines.attention.listing import judged
from pipelines.attention.standing import third_month
from pipelines.calendar import in_force, latest_by_term, term_order
from pipelines.comparisons.proportions import wilson_interval
from pipelines.grading import VOCATIONAL, final_subjects, is_eligible, standing
from schemas.attention import HIT_GROUPS, MARKED, RUNGS, UNMARKED, HitRates
from schemas.codes import values
from schemas.grading import FINAL_GRADE_LEVEL

COUNTS = ("pupils", "unknown", "known", "not_eligible")
KEYS = ["term", "grade_level"]
TERMS_A_YEAR = 2


def hit_rates(enrolments: ibis.Table, grades: ibis.Table, attendance: ibis.Table) -> ibis.Table:
    """What became of pupils by their place on the lists of earlier terms.

    Args:
        enrolments: :class:`schemas.pupils.Enrolments`, of every term.
        grades: :class:`schemas.grades.Grades`, of every term.
        attendance: :class:`schemas.attendance.Attendance`, of every month.

    Returns:
        Rows of :class:`schemas.attention.HitRates`.
    """
    lists = judged(enrolments, grades, attendance, stands_at=third_month)
    counts = _counted(_with_outcome(_once(lists), _leavers(grades, enrolments))).execute()
    columns = HitRates.to_schema().columns
    schema = ibis.schema({name: column.dtype.type for name, column in columns.items()})
    return ibis.memtable(_with_intervals(counts)[list(columns)], schema=schema)


def _once(lists: ibis.Table) -> ibis.Table:
    """Each pupil of a term once, at the highest place; ``place`` counts rungs from 0."""
    rungs = values(RUNGS)
    places = [(lists.rung == rung, place) for place, rung in enumerate(rungs)]
    place = ibis.cases(*places, else_=len(rungs))
    return lists.group_by("student_id", "term", "term_number").agg(
        grade_level=_.grade_level.max(), place=place.min()
    )


def _leavers(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """How each pupil left: by the last final grades, over all schools of that term."""
    marks = final_subjects(grades, enrolments)
    once = marks.group_by("student_id", "term", "subject").agg(
        is_passing=_.is_passing.any(), is_counted=_.is_counted.any()
    )
    pupils = latest_by_term(standing(once, "student_id", "term"), "student_id")
    left = pupils.mutate(lacks=~is_eligible(VOCATIONAL, pupils), left=term_order(pupils.term))
    return left.filter(_.has_counted).select("student_id", "left", "lacks")


def _with_outcome(pupils: ibis.Table, leavers: ibis.Table) -> ibis.Table:
    """Pupils whose last spring term is over, with how they left; ``lacks`` is NULL if unknown."""
    final_level = in_force(FINAL_GRADE_LEVEL, pupils.term.left(4) + "-01")
    spring = pupils.term_number + pupils.term_number % TERMS_A_YEAR
    years_left = (final_level - pupils.grade_level).cast("int64")
    due = pupils.mutate(due=spring + TERMS_A_YEAR * years_left)
    ended = leavers.select(due=_.left).distinct()
    joined = due.semi_join(ended, "due").mutate(own=_.student_id)
    both = joined.left_join(leavers, "student_id").mutate(
        outcome=ibis.ifelse(_.left >= _.term_number, _.lacks, None)
    )
    return both.select(*KEYS, "place", "outcome")


def _counted(pupils: ibis.Table) -> ibis.Table:
    """Counts by term, grade level and place."""
    return pupils.group_by(*KEYS, "place").agg(
        pupils=_.count(),
        unknown=_.count() - _.outcome.count(),
        known=_.outcome.count(),
        not_eligible=_.outcome.fill_null(ibis.literal(value=False)).sum(),
    )


def _with_intervals(counts: pd.DataFrame) -> pd.DataFrame:
    """Counts with everybody on the list added, shares, sensitivities and their limits."""
    is_marked = counts.place < len(RUNGS)
    marked = counts[is_marked].groupby(KEYS, as_index=False)[list(COUNTS)].sum()
    ordered = counts.sort_values([*KEYS, "place"])
    so_far = ordered.groupby(KEYS).not_eligible.cumsum()
    named = ordered.assign(rung=_rungs(ordered.place), caught=so_far)
    named.loc[named.rung == UNMARKED.code, "caught"] = np.nan
    marked = marked.assign(rung=MARKED.code, caught=marked.not_eligible, place=len(RUNGS))
    rows = pd.concat([named, marked], ignore_index=True)
    totals = counts.groupby(KEYS).not_eligible.sum().rename("total").reset_index()
    rows = rows.merge(totals, on=KEYS)
    rows[["share", "lower", "upper"]] = _shares(rows.not_eligible, rows.known)
    sensitivity = ["sensitivity", "sensitivity_lower", "sensitivity_upper"]
    rows[sensitivity] = _shares(rows.caught, rows.total)
    order = rows.rung.map(values(HIT_GROUPS).index)
    return rows.assign(order=order).sort_values([*KEYS, "order"], ignore_index=True)


def _rungs(places: pd.Series) -> list[str]:
    names = [*values(RUNGS), UNMARKED.code]
    return [names[place] for place in places]


def _shares(numerator: pd.Series, denominator: pd.Series) -> np.ndarray:
    """Shares with Wilson limits, shape (n, 3); NaN where there is nobody to tell of."""
    shares = np.full((len(numerator), 3), np.nan)
    told = ((denominator > 0) & numerator.notna()).to_numpy()
    if told.any():
        found = wilson_interval(numerator[told].to_numpy(float), denominator[told].to_numpy(float))
        shares[told] = np.column_stack([found.value, found.lower, found.upper])
    return shares
