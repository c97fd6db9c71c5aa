"""The three criteria of the target group by the dated rule, each apart, and why one is unknown.

Who lacks marks, or absence, that can be judged is neither in the group nor outside it, also
where what is known would put the pupil outside: a size must not depend on which half is missing.
"""

import ibis

from pipelines.calendar import in_force
from schemas.rules import TARGET_ABSENCE_SHARE, TARGET_FAILED_SUBJECTS

NO_TERM = ("no_term_before", "not_yet_valid")
NO_ABSENCE = ("no_attendance", "no_scheduled_time", "no_register")


def judged(rows: ibis.Table, month: ibis.ir.StringValue) -> ibis.Table:
    """Pupils with what is known of them, judged by the rule of a month.

    Args:
        rows: With the columns of :data:`pipelines.targeting.facts.MARKS` and ``ABSENCE``; a term
            is NULL where there are no marks, or no attendance, at all.
        month: Whose rule judges each row.

    Returns:
        The rows with ``low_attainment``, ``high_absence``, ``missing`` (a code of
        :data:`schemas.codes.MISSING_REASONS`; NULL for who can be judged) and ``is_in_group``.
    """
    failed, share = (
        in_force(rule, month) for rule in (TARGET_FAILED_SUBJECTS, TARGET_ABSENCE_SHARE)
    )
    missing = ibis.cases(
        (failed.isnull() | share.isnull(), "not_yet_valid"),
        (rows.marks_term.isnull() & rows.absence_term.isnull(), "no_term_before"),
        (rows.marks_term.isnull(), "no_grades"),
        (rows.marks_missing.notnull(), rows.marks_missing),
        (rows.absence_term.isnull(), "no_attendance"),
        (rows.absence_missing.notnull(), rows.absence_missing),
    )
    full = rows.mutate(
        low_attainment=rows.failed_subjects >= failed,
        high_absence=rows.absence_share >= share,
        missing=missing,
    )
    met = full.low_attainment & full.not_eligible & full.high_absence
    return full.mutate(is_in_group=full.missing.isnull().ifelse(met, None))
