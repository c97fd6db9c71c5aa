"""Sums that several judgements start from, and jumps in them.

Every row of the attendance is read once for all judgements: what they look at are these sums.
"""

from collections.abc import Callable, Iterable, Mapping

import ibis
from ibis import _

from pipelines.calendar import first_month_of_term, last_day_of_term, term_of_month, term_order
from schemas.crosschecks import JUMP_EXPLAINED

SCHOOL_MONTHS = "sums.school_months"
CLASS_MONTHS = "sums.class_months"
GRADED = "sums.graded"
SOURCES: Mapping[str, tuple[str, ...]] = {
    SCHOOL_MONTHS: ("core.attendance",),
    CLASS_MONTHS: ("core.attendance", "core.enrolments"),
    GRADED: ("core.grades",),
}
"""Tables that each sum is made of."""


def sources_of(reads: Iterable[str]) -> set[str]:
    """The tables of the lake behind some tables and sums."""
    return {source for name in reads for source in SOURCES.get(name, (name,))}


def with_sums(tables: Mapping[str, ibis.Table], reads: Iterable[str]) -> dict[str, ibis.Table]:
    """The tables, and the sums among ``reads``, each made once."""
    makers: Mapping[str, Callable[..., ibis.Table]] = {
        SCHOOL_MONTHS: school_months,
        CLASS_MONTHS: class_months,
        GRADED: graded,
    }
    made = {
        name: makers[name](*(tables[source] for source in SOURCES[name])).cache()
        for name in sorted({*reads} & {*SOURCES})
    }
    return {**tables, **made}


def graded(grades: ibis.Table) -> ibis.Table:
    """Pupils with marks: how many (``marks``), and the first and last of them in order."""
    return grades.group_by("student_id", "school_id", "term").agg(
        marks=_.count(), least=_.mark.min(), most=_.mark.max(), delivery_id=_.delivery_id.max()
    )


def school_months(attendance: ibis.Table) -> ibis.Table:
    """A school's attendance in a month, summed.

    Returns:
        ``pupils``; ``taught``, those with scheduled time; ``minutes``, scheduled for each of
        them; ``scheduled`` and ``reported`` minutes; ``blank``, pupils with scheduled time of
        which none is reported; ``known``, those with reported time; ``kinds``, different
        amounts of authorised and of unauthorised absence among them.
    """
    is_taught, is_known = _.scheduled_minutes > 0, _.reported_minutes > 0
    return attendance.group_by("school_id", "month").agg(
        pupils=_.count(),
        taught=is_taught.sum(),
        minutes=_.scheduled_minutes.mean(where=is_taught),
        scheduled=_.scheduled_minutes.sum(),
        reported=_.reported_minutes.sum(),
        blank=(is_taught & ~is_known).sum(),
        known=is_known.sum(),
        kinds=_.authorised_absence_minutes.nunique(where=is_known)
        + _.unauthorised_absence_minutes.nunique(where=is_known),
        delivery_id=_.delivery_id.max(),
    )


def class_months(attendance: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """A class in a month: pupils in the register, and pupils with attendance.

    A pupil counts as enrolled from the first to the last month of the register of a term.

    Returns:
        ``school_id``, ``month``, ``class_name``, ``listed`` and ``present``; a row with
        ``strange`` pupils, who have attendance and are not in the register; only schools and
        months with attendance, and ``has_register`` where the school has one of the term.
    """
    spans = _spans(enrolments)
    rows = attendance.mutate(term=term_of_month(attendance.month))
    months = rows.group_by("school_id", "month", "term").agg(delivery_id=_.delivery_id.max())
    sums = ibis.union(_listed(spans, months), _met(rows, spans))
    by_class = sums.group_by("school_id", "month", "class_name").agg(
        listed=_.listed.sum(), present=_.present.sum(), strange=_.strange.sum()
    )
    with_register = spans.select("school_id", "term").distinct().mutate(has_register=True)
    months = months.left_join(with_register, ["school_id", "term"])
    return by_class.join(
        months.select("school_id", "month", "delivery_id", has_register=_.has_register.notnull()),
        ["school_id", "month"],
    )


def _spans(enrolments: ibis.Table) -> ibis.Table:
    """First and last month of each pupil at a school in a term."""
    spans = enrolments.group_by("student_id", "school_id", "term").agg(
        first=_.start_date.min().strftime("%Y-%m"),
        last=_.end_date.max().strftime("%Y-%m"),
        is_open=_.end_date.isnull().any(),
        class_name=_.class_name.max(),
    )
    end = last_day_of_term(spans.term).strftime("%Y-%m")
    return spans.mutate(
        first=ibis.greatest(spans.first, first_month_of_term(spans.term)),
        last=spans.is_open.ifelse(end, ibis.least(spans.last, end)),
    )


def _listed(spans: ibis.Table, months: ibis.Table) -> ibis.Table:
    """Pupils of the register by class, in the months with attendance."""
    alike = spans.group_by("school_id", "term", "class_name", "first", "last")
    rows = months.join(alike.agg(pupils=_.count()), ["school_id", "term"])
    within = rows.filter(_.first <= _.month, _.month <= _.last)
    listed = within.group_by("school_id", "month", "class_name").agg(listed=_.pupils.sum())
    return _counts(listed, present=0, strange=0)


def _met(rows: ibis.Table, spans: ibis.Table) -> ibis.Table:
    """Pupils with attendance by the class they are enrolled in; strange where they are not."""
    joined = rows.left_join(spans, ["student_id", "school_id", "term"])
    within = (joined.first <= joined.month) & (joined.month <= joined.last)
    joined = joined.mutate(is_listed=within.fill_null(False))  # noqa: FBT003
    met = joined.group_by(
        "school_id", "month", class_name=_.is_listed.ifelse(_.class_name, None)
    ).agg(present=_.is_listed.sum(), strange=(~_.is_listed).sum())
    return _counts(met, listed=0)


def _counts(rows: ibis.Table, **counts: object) -> ibis.Table:
    """The counts of a class in a month, as whole numbers of 64 bits: a sum has 128 in DuckDB."""
    named = rows.mutate(**counts)
    kept = named.select("school_id", "month", "class_name", "listed", "present", "strange")
    return kept.cast(dict.fromkeys(("listed", "present", "strange"), "int64"))


def jumps(rows: ibis.Table, witness: ibis.Table) -> ibis.Table:
    """Sums that differ from those of the period before, unless something explains it.

    What explains a jump is another table that follows it (the register), the same jump a year
    before (a break, a first term), or the same in most schools (a short month). The first
    period of a school is compared with the witness alone.

    Args:
        rows: ``school_id``, ``period`` (months or terms), ``size`` and ``delivery_id``.
        witness: ``school_id``, ``period`` and ``witness``, what ``size`` should be near to.

    Returns:
        The rows with ``usual``, what the size was to be expected, and ``measure``, how far it is
        from that as a share of it.
    """
    stepped = _steps(rows).left_join(witness, ["school_id", "period"])
    usual = stepped.before.fill_null(stepped.witness)
    judged = stepped.mutate(usual=usual, measure=(stepped["size"] / usual - 1).abs())
    follows = _is_near(judged["size"] / judged.witness)
    as_a_year_ago = _is_near(judged.change / judged.change_year_ago)
    as_most = _is_near(judged.change / judged.change_around)
    return judged.filter(judged.usual.notnull(), ~(follows | as_a_year_ago | as_most))


def _steps(rows: ibis.Table) -> ibis.Table:
    """The size a period before, and the change since: here, here a year before, and around."""
    is_term = rows.period.length() == len("2016VT")
    order = is_term.ifelse(term_order(rows.period), rows.period.replace("-", "").cast("int64"))
    by_school = ibis.window(group_by="school_id", order_by="order")
    stepped = rows.mutate(order=order)
    stepped = stepped.mutate(before=stepped["size"].lag().over(by_school))
    stepped = stepped.mutate(change=stepped["size"] / stepped.before.nullif(0))
    around = stepped.change.median().over(ibis.window(group_by="period"))
    stepped = stepped.mutate(change_around=around)
    year_ago = stepped.select(
        school_id=_.school_id,
        period=(_.period.left(4).cast("int64") + 1).cast("string") + _.period.substr(4),
        change_year_ago=_.change,
    )
    return stepped.left_join(year_ago, ["school_id", "period"]).drop(
        "school_id_right", "period_right"
    )


def _is_near(ratio: ibis.ir.FloatingValue) -> ibis.ir.BooleanValue:
    """Whether a ratio is one to within :data:`schemas.crosschecks.JUMP_EXPLAINED`."""
    return ibis.coalesce((ratio - 1).abs() <= JUMP_EXPLAINED, ibis.literal(False))  # noqa: FBT003
