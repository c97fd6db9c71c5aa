"""Which groups a pupil is in, term by term and over a school year."""

import ibis
from ibis import _

from pipelines.calendar import school_year_of_term, term_order
from pipelines.sharing import shared
from schemas.codes import Code
from schemas.groups import GROUPINGS, UNKNOWN, Grouping, StudentTerms


def student_terms(enrolments: ibis.Table) -> ibis.Table:
    """Each pupil once per school and term, as the enrolment there that started last has it.

    Args:
        enrolments: :class:`schemas.pupils.Enrolments`.

    Returns:
        Rows of :class:`schemas.groups.StudentTerms`.
    """
    newest_first = [_.start_date.desc(), _.end_date.desc(), _.class_name, _.grade_level]
    place = ibis.row_number().over(
        group_by=["student_id", "school_id", "term"], order_by=newest_first
    )
    rows = enrolments.mutate(place=place).filter(_.place == 0)
    return rows.select(StudentTerms.columns())


@shared
def groups_of_year(students: ibis.Table) -> ibis.Table:
    """The groups of each pupil in a school year, as its last term has them.

    Args:
        students: :class:`schemas.groups.StudentTerms`.

    Returns:
        ``student_id``, ``school_year`` and a column per grouping with the code of the group.
    """
    order = term_order(students.term).cast("string") + " " + students.school_id
    keyed = students.mutate(school_year=school_year_of_term(students.term), order=order)
    last = keyed.group_by("student_id", "school_year").agg(
        **{one.name: keyed[one.name].argmax(keyed.order).cast("string") for one in GROUPINGS}
    )
    return last.mutate(**{one.name: known(last[one.name], one) for one in GROUPINGS})


def known(code: ibis.ir.StringValue, grouping: Grouping) -> ibis.ir.StringValue:
    """The code of a group, ``unknown`` for any that is none."""
    is_group = code.isin([one.code for one in grouping.codes])
    return ibis.cases((is_group, code), else_=UNKNOWN.code)


def with_unknown(grouping: Grouping) -> tuple[Code, ...]:
    """The groups, and the one for pupils who fit none."""
    return (*grouping.codes, UNKNOWN)
