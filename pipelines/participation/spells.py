"""Spells: each participation once, as its latest register has it, with what is odd about it.

An end with an unknown reason is an end of unknown kind. A participation still open in the
project's latest register goes on, as far as is known to the last day of that term; one that is
open in an older register and missing from a later one has vanished. Nothing is left out.
"""

import ibis
from ibis import _

from pipelines.calendar import first_day_of_term, last_day_of_term, latest_by_term, term_order
from pipelines.participation.months import KEYS, longest_of_month, spell_months
from pipelines.sharing import shared
from schemas.codes import END_REASONS, of_group
from schemas.participation import Spells

KINDS = ("planned", "neutral", "unplanned")
LAST_GRADE = 9
NO = ibis.literal(value=False)


def spells(
    participation: ibis.Table,
    enrolments: ibis.Table,
    target_group: ibis.Table,
    projects: ibis.Table,
    support_contacts: ibis.Table,
) -> ibis.Table:
    """Each participation delivered, once.

    Args:
        participation: :class:`schemas.support.Participation`.
        enrolments: :class:`schemas.pupils.Enrolments`.
        target_group: Members: ``student_id``, ``school_id`` and ``term``.
        projects: :class:`schemas.places.Projects`.
        support_contacts: :class:`schemas.participation.SupportContacts`.

    Returns:
        Rows of :class:`schemas.participation.Spells`.
    """
    numbered = _numbered(participation)
    parts = [
        _waiting(numbered, target_group),
        enrolled_at_start(numbered, enrolments),
        _after_grade_nine(numbered, enrolments),
        _dose(numbered, support_contacts),
    ]
    rows = numbered
    for part in parts:
        rows = rows.left_join(part, KEYS).drop(*(f"{key}_right" for key in KEYS))
    known = projects.select("project_id").distinct().mutate(is_listed=ibis.literal(value=True))
    rows = rows.left_join(known, "project_id")
    return rows.mutate(
        waiting_days=(rows.number == 1).ifelse(rows.waited, None).cast("int64"),
        into_next_grade=rows.into_next_grade.fill_null(NO),
        into_upper_secondary=rows.into_upper_secondary.fill_null(NO),
        is_known_project=rows.is_listed.notnull(),
    ).select(Spells.columns())


def standing(participation: ibis.Table) -> ibis.Table:
    """Each participation as its latest register has it: ``last_day`` and ``outcome`` added.

    Args:
        participation: :class:`schemas.support.Participation`.
    """
    latest = latest_by_term(participation, *KEYS)
    registers = participation.group_by("project_id").agg(
        newest=term_order(participation.term).max()
    )
    rows = latest.join(registers, "project_id")
    as_known = ibis.greatest(last_day_of_term(rows.term), rows.start_date)
    kinds = [(rows.end_reason.isin(of_group(END_REASONS, kind)), kind) for kind in KINDS]
    outcome = ibis.cases(
        (rows.end_date.isnull() & (term_order(rows.term) < rows.newest), "vanished"),
        (rows.end_date.isnull(), "open"),
        *kinds,
        else_="unknown",
    )
    return rows.mutate(last_day=ibis.coalesce(rows.end_date, as_known), outcome=outcome)


@shared
def _numbered(participation: ibis.Table) -> ibis.Table:
    """How long, which time, what lies between, and whether it overlaps."""
    rows = standing(participation)
    order = ["start_date", "project_id"]
    mine = ibis.window(group_by="student_id", order_by=order)
    before = ibis.window(group_by="student_id", order_by=order, preceding=(None, 1))
    rows = rows.mutate(
        number=ibis.row_number().over(mine) + 1,
        ended_before=rows.last_day.max().over(before),
        starts_next=rows.start_date.lead().over(mine),
        duration_days=(rows.last_day.delta(rows.start_date, unit="day") + 1).cast("int64"),
    )
    year = rows.start_date.year() + (rows.start_date > _first_of(rows.start_date.year(), 7)).ifelse(
        1, 0
    )
    between = rows.start_date.delta(rows.ended_before, unit="day").cast("int64") - 1
    is_overlapping = (rows.ended_before >= rows.start_date) | (rows.starts_next <= rows.last_day)
    return rows.mutate(
        break_days=(between >= 0).ifelse(between, None).cast("int64"),
        weeks=((rows.duration_days + 6) // 7).cast("int64"),
        over_summer=rows.last_day >= _first_of(year, 8),
        is_overlapping=is_overlapping.fill_null(NO),
    )


def _first_of(year: ibis.ir.IntegerValue, month: int) -> ibis.ir.DateValue:
    return ibis.date(year.cast("int64"), month, 1)


def _waiting(rows: ibis.Table, target_group: ibis.Table) -> ibis.Table:
    """Days from the first term in the target group to the start."""
    terms = target_group.select("student_id", opens=first_day_of_term(target_group.term)).distinct()
    known = rows.select(*KEYS).join(terms, "student_id").filter(_.opens <= _.start_date)
    first = known.group_by(*KEYS).agg(opens=_.opens.min())
    days = first.start_date.delta(first.opens, unit="day").cast("int64")
    return first.select(*KEYS, waited=days)


def enrolled_at_start(rows: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Whether the pupil was enrolled on the first day, and went on to a higher grade level.

    Args:
        rows: From :func:`standing`.
        enrolments: :class:`schemas.pupils.Enrolments`.

    Returns:
        The key of each row, ``enrolment`` and ``into_next_grade``.
    """
    own = rows.select(*KEYS, "last_day", at_start=rows.school_id)
    time = enrolled_time(enrolments).semi_join(rows, "student_id")
    pairs = own.left_join(time, "student_id").drop("student_id_right")
    covers = (pairs.first <= pairs.start_date) & (pairs.last >= pairs.start_date)
    shares = (pairs.first <= pairs.last_day) & (pairs.last >= pairs.start_date)
    facts = pairs.group_by(*KEYS).agg(
        here=(covers & (pairs.school_id == pairs.at_start)).any(),
        anywhere=covers.any(),
        lowest=pairs.grade_level.min(where=shares),
        highest=pairs.grade_level.max(where=shares),
    )
    told = facts.join(_has_register(rows, enrolments), KEYS)
    return told.select(
        *KEYS,
        enrolment=ibis.cases(
            (told.here.fill_null(NO), "at_school"),
            (told.anywhere.fill_null(NO), "elsewhere"),
            (~told.has_register, "no_register"),
            else_="none",
        ),
        into_next_grade=told.highest > told.lowest,
    )


def enrolled_time(enrolments: ibis.Table) -> ibis.Table:
    """What each register says of its own term: ``first`` and ``last`` day enrolled within it.

    Args:
        enrolments: :class:`schemas.pupils.Enrolments`.
    """
    first, last = first_day_of_term(enrolments.term), last_day_of_term(enrolments.term)
    time = enrolments.select(
        "student_id",
        "school_id",
        "term",
        "grade_level",
        "sex",
        "residence_district_id",
        first=ibis.greatest(enrolments.start_date, first),
        last=ibis.least(ibis.coalesce(enrolments.end_date, last), last),
    )
    return time.filter(time.first <= time.last)


def _has_register(rows: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Whether the school stated has delivered a register of the term of the first day."""
    registers = enrolments.select(
        at=enrolments.school_id,
        opens=first_day_of_term(enrolments.term),
        closes=last_day_of_term(enrolments.term),
    ).distinct()
    own = rows.select(*KEYS, "school_id")
    covers = [
        own.school_id == registers["at"],
        own.start_date >= registers.opens,
        own.start_date <= registers.closes,
    ]
    joined = own.left_join(registers, covers)
    return joined.select(*KEYS, has_register=joined["at"].notnull())


def _after_grade_nine(rows: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Whether it goes on after the summer in which the pupil left grade 9.

    Only where some school has delivered a register of a later term, which lacks the pupil.
    """
    terms = enrolments.mutate(order=term_order(enrolments.term))
    newest = terms.agg(newest=_.order.max())
    last = terms.group_by("student_id").agg(
        order=_.order.max(), term=_.term.argmax(_.order), grade=_.grade_level.max()
    )
    left = last.cross_join(newest).filter(
        _.grade >= LAST_GRADE, _.order < _.newest, _.term.endswith("VT")
    )
    gone = left.select("student_id", summer=last_day_of_term(left.term))
    joined = rows.select(*KEYS, "last_day").join(gone, "student_id")
    is_after = (joined.start_date <= joined.summer) & (joined.last_day > joined.summer)
    return joined.select(*KEYS, into_upper_secondary=is_after)


def _dose(rows: ibis.Table, support_contacts: ibis.Table) -> ibis.Table:
    """Contacts of the months a participation covers, each in one participation of the project."""
    months = longest_of_month(spell_months(rows), "student_id", "project_id")
    given = support_contacts.join(months, ["student_id", "project_id", "month"])
    return given.group_by(*KEYS).agg(contacts=given.contacts.sum(), hours=given.minutes.sum() / 60)
