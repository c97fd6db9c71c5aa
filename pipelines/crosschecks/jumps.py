"""More or fewer pupils, or more or less time, than a school usually delivers."""

import ibis
from ibis import _

from pipelines.calendar import term_of_month
from pipelines.crosschecks.registry import Crosscheck, found
from pipelines.crosschecks.sums import CLASS_MONTHS, GRADED, SCHOOL_MONTHS, jumps


def volume_jump(school_months: ibis.Table, class_months: ibis.Table) -> ibis.Table:
    """Pupils with attendance in a month, the register of the month as witness."""
    rows = school_months.rename(period="month", size="pupils")
    witness = class_months.group_by("school_id", period=_.month).agg(witness=_.listed.sum())
    return _found(jumps(rows, witness.mutate(witness=_.witness.nullif(0))), "core.attendance")


def time_jump(school_months: ibis.Table) -> ibis.Table:
    """Scheduled time per pupil in a month, over that of the city's middle school."""
    around = school_months.minutes.median().over(ibis.window(group_by="month"))
    rows = school_months.mutate(size=school_months.minutes / around).rename(period="month")
    jumped = jumps(rows, rows.select("school_id", "period", witness=ibis.literal(1)))
    return found(
        jumped,
        table_name="core.attendance",
        count=_.taught,
        expected=_.minutes / _["size"] * _.usual / 60,
        basis=_.taught,
    )


def register_jump(enrolments: ibis.Table, school_months: ibis.Table) -> ibis.Table:
    """Pupils in the register of a term, those with attendance in the term as witness."""
    rows = enrolments.group_by("school_id", period=_.term).agg(
        size=_.student_id.nunique(), delivery_id=_.delivery_id.max()
    )
    present = school_months.group_by("school_id", period=term_of_month(school_months.month))
    return _found(jumps(rows, present.agg(witness=_.pupils.max())), "core.enrolments")


def grades_jump(graded: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Pupils with marks in a term; witness are those in the register, times the city's share.

    Which grade levels get marks changes over the years, but for every school alike.
    """
    keys = ["school_id", "period"]
    rows = graded.group_by("school_id", period=_.term).agg(
        size=_.count(), delivery_id=_.delivery_id.max()
    )
    listed = enrolments.group_by("school_id", period=_.term).agg(listed=_.student_id.nunique())
    shares = rows.join(listed, keys).mutate(share=_["size"] / _.listed)
    usual = shares.share.median().over(ibis.window(group_by="period"))
    witness = shares.mutate(witness=shares.listed * usual).select(*keys, "witness")
    return _found(jumps(rows, witness), "core.grades")


def _found(jumped: ibis.Table, table_name: str) -> ibis.Table:
    return found(
        jumped,
        table_name=table_name,
        count=_["size"],
        expected=_.usual,
        basis=_["size"],
    )


_ADVICE_SV = (
    "Fråga skolan om alla elever är med. Skicka en fullständig fil, eller godta med skäl om det "
    "stämmer."
)
_ADVICE_EN = (
    "Ask the school whether every pupil is there. Resend a complete file, or accept with a reason "
    "if it is right."
)
_LOOKS_BACK = (1, 2, 12, 13, 14)

CROSSCHECKS = (
    Crosscheck(
        name="volume_jump",
        title_sv="Antalet elever i närvaron avviker mer än 30 procent",
        title_en="The number of pupils in the attendance is off by more than 30 per cent",
        advice_sv=_ADVICE_SV,
        advice_en=_ADVICE_EN,
        table="core.attendance",
        period="month",
        reads=(SCHOOL_MONTHS, CLASS_MONTHS),
        judge=volume_jump,
        looks_back=_LOOKS_BACK,
    ),
    Crosscheck(
        name="time_jump",
        title_sv="Schemalagd tid per elev avviker mer än 30 procent",
        title_en="The scheduled time per pupil is off by more than 30 per cent",
        advice_sv="Fråga skolan om hela månadens schema är med i exporten.",
        advice_en="Ask the school whether the whole month's timetable is in the export.",
        table="core.attendance",
        period="month",
        reads=(SCHOOL_MONTHS,),
        judge=time_jump,
        looks_back=_LOOKS_BACK,
    ),
    Crosscheck(
        name="register_jump",
        title_sv="Antalet elever i registret avviker mer än 30 procent",
        title_en="The number of pupils in the register is off by more than 30 per cent",
        advice_sv=_ADVICE_SV,
        advice_en=_ADVICE_EN,
        table="core.enrolments",
        period="term",
        reads=("core.enrolments", SCHOOL_MONTHS),
        judge=register_jump,
        looks_back=(6, 12, 18),
    ),
    Crosscheck(
        name="grades_jump",
        title_sv="Antalet elever med betyg avviker mer än 30 procent",
        title_en="The number of pupils with grades is off by more than 30 per cent",
        advice_sv=_ADVICE_SV,
        advice_en=_ADVICE_EN,
        table="core.grades",
        period="term",
        reads=(GRADED, "core.enrolments"),
        judge=grades_jump,
        looks_back=(6, 12, 18),
    ),
)
