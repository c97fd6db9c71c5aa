"""Who used the support that was paid for: pupils and pupil-months, by project and school year."""

import ibis
from ibis import _

from pipelines.calendar import (
    last_day_of_term,
    latest_by_term,
    school_year_of_date,
    school_year_of_term,
    term_order,
)
from schemas.calendar import FIRST_MONTH_OF_SCHOOL_YEAR
from schemas.codes import END_REASONS, of_group
from schemas.money import CITY

_PROJECT_YEAR = ("project_id", "student_id", "school_year")
_MONTHS = 12


def uses(participation: ibis.Table, target_pupils: ibis.Table) -> ibis.Table:
    """What a cost can be divided by: started, with support, completed, pupil-months, target group.

    Support that is still open in its latest register lasts to the end of that register's term,
    and it lasts at least one day.

    Args:
        participation: :class:`schemas.support.Participation`.
        target_pupils: From :func:`target_pupils`.

    Returns:
        ``level``, ``unit_id``, ``school_year``, ``per`` and ``denominator`` [pupils, or months].
        A pupil, or a month of one, counts once in a project and once in the city.
    """
    support = _support(participation)
    months = _months(support)
    planned = support.filter(_.end_reason.isin(of_group(END_REASONS, "planned")))
    parts = {
        "started": _in_year(support, _.start_date),
        "supported": months.select(_PROJECT_YEAR),
        "completed": _in_year(planned, _.end_date),
        "pupil_month": months,
        "target_group": target_pupils.select(_PROJECT_YEAR),
    }
    return ibis.union(*(_counted(rows, per) for per, rows in parts.items()))


def target_pupils(
    members: ibis.Table,
    student_terms: ibis.Table,
    project_schools: ibis.Table,
    projects: ibis.Table,
) -> ibis.Table:
    """Pupils of the target group whom a project is there for in a term of a school year.

    A project that serves by school is there for the pupils of its schools; one that serves by
    residence for those who live in its district, wherever they go to school.

    Args:
        members: ``indicator.target_group``.
        student_terms: :class:`schemas.groups.StudentTerms`.
        project_schools: :class:`schemas.places.ProjectSchools`.
        projects: :class:`schemas.places.Projects`.

    Returns:
        ``project_id``, ``student_id`` and ``school_year``, each once.
    """
    group = members.filter(_.numerator == 1).select("student_id", "school_id", term=_.period)
    homes = student_terms.select("student_id", "school_id", "term", "residence_district_id")
    group = group.left_join(homes, ["student_id", "school_id", "term"])
    group = group.select("student_id", "school_id", "term", "residence_district_id")
    served = project_schools.join(projects.select("project_id", "district_id"), "project_id")
    by_school = served.filter(_.basis == "school")
    by_home = served.filter(_.basis == "residence").drop("school_id").distinct()
    at_school = group.school_id == by_school.school_id
    at_home = group.residence_district_id == by_home.district_id
    found = _served(group, by_school, at_school).union(_served(group, by_home, at_home))
    return found.distinct()


def _served(group: ibis.Table, served: ibis.Table, place: ibis.ir.BooleanValue) -> ibis.Table:
    """Those of the group whose place a project serves in the term."""
    order = term_order(group.term)
    has_started = order >= term_order(served.first_term)
    lasts = served.last_term.isnull() | (order <= term_order(served.last_term))
    rows = group.join(served, [place, has_started, lasts])
    return rows.select("project_id", "student_id", school_year=school_year_of_term(rows.term))


def _support(participation: ibis.Table) -> ibis.Table:
    """Each time of support as its latest register has it, with its last day."""
    latest = latest_by_term(participation, "student_id", "project_id", "start_date")
    known = ibis.coalesce(latest.end_date, last_day_of_term(latest.term))
    return latest.mutate(last_day=ibis.greatest(known, latest.start_date))


def _months(support: ibis.Table) -> ibis.Table:
    """Project, pupil, school year and month: every calendar month with a day of support."""
    first, last = _number(support.start_date), _number(support.last_day)
    months = support.select("project_id", "student_id", month=ibis.range(first, last + 1).unnest())
    autumn = ((months.month - FIRST_MONTH_OF_SCHOOL_YEAR + 1) / _MONTHS).floor().cast("int64")
    year = autumn.cast("string") + "/" + (autumn + 1).cast("string").right(2)
    return months.select("project_id", "student_id", "month", school_year=year)


def _number(day: ibis.ir.DateValue) -> ibis.ir.IntegerValue:
    """Months since the year 0."""
    return day.year().cast("int64") * _MONTHS + day.month().cast("int64") - 1


def _in_year(support: ibis.Table, day: ibis.Deferred) -> ibis.Table:
    dated = support.mutate(day=day)
    return dated.select("project_id", "student_id", school_year=school_year_of_date(dated.day))


def _counted(rows: ibis.Table, per: str) -> ibis.Table:
    """Distinct rows of each project, and of the city whatever the project."""
    of_project = rows.distinct().group_by("school_year", unit_id=_.project_id)
    of_city = rows.drop("project_id").distinct().group_by("school_year")
    counts = ibis.union(
        _of_level("project", of_project.agg(denominator=_.count())),
        _of_level("city", of_city.agg(denominator=_.count()).mutate(unit_id=ibis.literal(CITY))),
    )
    return counts.mutate(per=ibis.literal(per))


def _of_level(level: str, counts: ibis.Table) -> ibis.Table:
    return counts.select("unit_id", "school_year", "denominator", level=ibis.literal(level))
