"""Pupils counted at schools, in districts of residence and in the city."""

import ibis

from schemas.target_group import ELSEWHERE

CITY = "city"
UNIT = ("term", "level", "unit_id")


def by_unit(pupils: ibis.Table, *, districts: bool = True) -> ibis.Table:
    """Pupils once for each unit they belong to, with ``level``, ``unit_id`` and ``is_judged``.

    Args:
        pupils: Rows of :class:`schemas.target_group.TargetGroupPupils`; all but school and grade
            level is the same at each school of a pupil.
        districts: Whether to count districts of residence too.
    """
    columns = [name for name in pupils.columns if name not in ("school_id", "grade_level")]
    columns.append("is_judged")
    known = pupils.mutate(is_judged=pupils.missing.isnull())
    at_school = known.select(*columns, level=ibis.literal("school"), unit_id=known.school_id)
    once = known.select(columns).distinct(on=["student_id", "term"], keep="first")
    city = once.mutate(level=ibis.literal("city"), unit_id=ibis.literal(CITY))
    if not districts:
        return at_school.union(city)
    lives = once.residence_district_id.fill_null(ELSEWHERE)
    return at_school.union(city, once.mutate(level=ibis.literal("district"), unit_id=lives))
