"""Attendance (närvaro): per lesson, day and month, per school, and as bare counts.

Minutes are integers.
"""

import datetime as dt

import ibis
import pandera.ibis as pa
from pandera.api.ibis.types import IbisData

from schemas.codes import LESSON_STATUSES, Code, values
from schemas.columns import (
    STUDENT,
    authorised_absence,
    month_column,
    reported_time,
    school_key,
    student_key,
    unauthorised_absence,
)
from schemas.contract import SCHOOL_YEAR_PATTERN, Contract, Delivered
from schemas.grading import SUBJECT_PATTERN
from schemas.rules import MOST_LESSON_MINUTES, MOST_SCHEDULED_MINUTES_A_MONTH

ATTENDANCE_ORIGINS = (
    Code("month", "månadsrapport", "monthly report"),
    Code("lesson", "lektionsrapport", "lesson report"),
    Code("day", "dagsrapport", "daily report"),
)
PATTERN_ORIGINS = ATTENDANCE_ORIGINS[1:]
"""What patterns of absence can be read from: a month as reported has none."""


class Lessons(Delivered):
    """One lesson of one pupil and what became of it.

    Grain: one row per ``student_id``, ``school_id``, ``lesson_date`` and ``starts_at``.
    Origin: lesson-level exports. An unreported lesson is unknown, not present.
    """

    student_id: str = student_key()
    school_id: str = school_key()
    lesson_date: dt.date = pa.Field(
        title="Datum", description="Local date of the lesson (Europe/Stockholm)."
    )
    starts_at: str = pa.Field(
        str_matches=r"^([01]\d|2[0-3]):[0-5]\d$", title="Börjar", description="Local time, HH:MM."
    )
    subject_code: str = pa.Field(
        str_matches=SUBJECT_PATTERN, title="Ämne", description="Ämneskod: subject code."
    )
    scheduled_minutes: int = pa.Field(
        ge=1,
        le=MOST_LESSON_MINUTES,
        title="Minuter",
        description="Erbjuden undervisningstid: length of the lesson [minutes].",
    )
    status: str = pa.Field(
        isin=values(LESSON_STATUSES),
        metadata={"codes": LESSON_STATUSES},
        title="Status",
        description="What became of the lesson for this pupil.",
    )
    absence_minutes: int = pa.Field(
        ge=0, le=MOST_LESSON_MINUTES, title="Frånvaro", description="Time away [minutes]."
    )

    class Config(Delivered.Config):
        """Grain."""

        name = "core.lessons"
        unique = ["student_id", "school_id", "lesson_date", "starts_at"]
        metadata = {"partition": "month", "month_of": "lesson_date"}

    @pa.dataframe_check
    @classmethod
    def absence_within_lesson(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """Nobody is away for longer than the lesson lasts."""
        return data.table.absence_minutes <= data.table.scheduled_minutes


class Days(Delivered):
    """One school day of one pupil and what became of it, where lessons are not told apart.

    Grain: one row per ``student_id``, ``school_id`` and ``school_day``. Origin: day-level
    exports. A day has one status; a day that was not reported is unknown, not present.
    """

    student_id: str = student_key()
    school_id: str = school_key()
    school_day: dt.date = pa.Field(title="Datum", description="Local date (Europe/Stockholm).")
    scheduled_minutes: int = pa.Field(
        ge=1,
        le=MOST_LESSON_MINUTES,
        title="Minuter",
        description="Erbjuden undervisningstid: teaching scheduled that day [minutes].",
    )
    status: str = pa.Field(
        isin=values(LESSON_STATUSES),
        metadata={"codes": LESSON_STATUSES},
        title="Status",
        description="What became of the day for this pupil; codes as of a lesson.",
    )
    absence_minutes: int = pa.Field(
        ge=0, le=MOST_LESSON_MINUTES, title="Frånvaro", description="Time away [minutes]."
    )

    class Config(Delivered.Config):
        """Grain."""

        name = "core.days"
        unique = ["student_id", "school_id", "school_day"]
        metadata = {"partition": "month", "month_of": "school_day"}

    @pa.dataframe_check
    @classmethod
    def absence_within_day(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """Nobody is away for longer than the day lasts."""
        return data.table.absence_minutes <= data.table.scheduled_minutes


class Attendance(Delivered):
    """Teaching a pupil was offered and was away from, in one calendar month.

    Grain: one row per ``student_id``, ``school_id`` and ``month``; a pupil who changes
    school within the month has one row at each. Origin: monthly reports, or the sum of the
    lessons or days where a school delivers those (``origin``).
    Scheduled time that is not reported is unknown: neither presence nor absence.
    """

    student_id: str = student_key()
    school_id: str = school_key()
    month: str = month_column()
    scheduled_minutes: int = pa.Field(
        ge=0,
        le=MOST_SCHEDULED_MINUTES_A_MONTH,
        title="Schemalagd tid, minuter",
        description="Erbjuden undervisningstid: teaching scheduled [minutes].",
    )
    reported_minutes: int = reported_time()
    authorised_absence_minutes: int = authorised_absence()
    unauthorised_absence_minutes: int = unauthorised_absence()
    late_minutes: int = pa.Field(
        ge=0,
        title="Varav sen ankomst, minuter",
        description="Sen ankomst: the part of unauthorised absence that is lateness [minutes].",
    )
    other_activity_minutes: int = pa.Field(
        ge=0,
        title="Annan skolaktivitet, minuter",
        description="Annan skolaktivitet: such as pupil council; not absence [minutes].",
    )
    origin: str = pa.Field(
        isin=values(ATTENDANCE_ORIGINS),
        metadata={"codes": ATTENDANCE_ORIGINS, "constant": "month"},
        title="Underlag",
        description="Whether the month was reported, or summed from lessons or days.",
    )

    class Config(Delivered.Config):
        """Grain."""

        name = "core.attendance"
        unique = ["student_id", "school_id", "month"]
        metadata = {"partition": "month"}

    @pa.dataframe_check
    @classmethod
    def reported_within_scheduled(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """No more time is reported than was scheduled."""
        return data.table.reported_minutes <= data.table.scheduled_minutes

    @pa.dataframe_check
    @classmethod
    def absence_within_reported(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """Absence and other activity lie within the time reported."""
        rows = data.table
        accounted = rows.authorised_absence_minutes + rows.unauthorised_absence_minutes
        return accounted + rows.other_activity_minutes <= rows.reported_minutes

    @pa.dataframe_check
    @classmethod
    def late_within_unauthorised(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """Lateness is a part of unauthorised absence."""
        return data.table.late_minutes <= data.table.unauthorised_absence_minutes


class AbsencePatterns(Contract):
    """How often, on how many days and for how long at a stretch a pupil was away in a month.

    Grain: one row per ``student_id``, ``school_id`` and ``month``. Origin: the lessons, else the
    days, of schools that deliver those; a month that is only reported as a sum has no row.
    A school day is a day with at least one lesson reported; other days are left out, so that
    they neither break a run nor make it longer. The three runs and ``school_days`` are what it
    takes to join the runs of several months exactly. Absence here is lessons with status
    ``unauthorised`` and time away; late arrivals are counted apart.
    """

    student_id: str = pa.Field(
        str_matches=STUDENT, title="Elev", description="Elev: pseudonymous key."
    )
    school_id: str = school_key()
    month: str = month_column()
    school_days: int = pa.Field(
        ge=0, le=31, title="Skoldagar", description="Days with a lesson reported [days]."
    )
    unauthorised_days: int = pa.Field(
        ge=0,
        title="Dagar med ogiltig frånvaro",
        description="School days with any unauthorised absence [days].",
    )
    unauthorised_occasions: int = pa.Field(
        nullable=True,
        ge=0,
        title="Tillfällen av ogiltig frånvaro",
        description="Lessons with unauthorised absence; empty where only days are known [count].",
    )
    late_arrivals: int = pa.Field(
        nullable=True,
        ge=0,
        title="Sena ankomster",
        description="Lessons the pupil came late to; empty where only days are known [count].",
    )
    longest_run: int = pa.Field(
        ge=0,
        title="Längsta följd",
        description="Longest run of school days with any unauthorised absence [days].",
    )
    leading_run: int = pa.Field(
        ge=0, title="Inledande följd", description="The run the month begins with [days]."
    )
    trailing_run: int = pa.Field(
        ge=0, title="Avslutande följd", description="The run the month ends with [days]."
    )
    origin: str = pa.Field(
        isin=values(PATTERN_ORIGINS),
        metadata={"codes": PATTERN_ORIGINS},
        title="Underlag",
        description="Whether it was read from lessons or from days.",
    )

    class Config(Contract.Config):
        """Grain."""

        name = "core.absence_patterns"
        unique = ["student_id", "school_id", "month"]
        metadata = {"partition": "month"}

    @pa.dataframe_check
    @classmethod
    def absent_within_school_days(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """Nobody is away on more days than there are, or on a day without missing a lesson."""
        rows = data.table
        is_within = rows.unauthorised_days <= rows.school_days
        lessons = rows.unauthorised_occasions
        return is_within & (lessons.isnull() | (rows.unauthorised_days <= lessons))

    @pa.dataframe_check
    @classmethod
    def runs_within_absence(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """No run is longer than the longest, and that no longer than all days of absence."""
        rows = data.table
        ends = ibis.greatest(rows.leading_run, rows.trailing_run)
        return (ends <= rows.longest_run) & (rows.longest_run <= rows.unauthorised_days)


class AbsenceCounts(Delivered):
    """Absence delivered as a bare count for a school year, without dates, reasons or minutes.

    Kept apart from :class:`Attendance`, because a count of occasions is no amount of time.
    Grain: one row per ``student_id``, ``school_id``, ``school_year`` and ``subject_code``.
    """

    student_id: str = student_key()
    school_id: str = school_key()
    school_year: str = pa.Field(
        str_matches=SCHOOL_YEAR_PATTERN, title="Läsår", description="School year, 2015/16."
    )
    subject_code: str = pa.Field(
        str_matches=SUBJECT_PATTERN, title="Ämne", description="Ämneskod: subject code."
    )
    occasions: int = pa.Field(
        ge=0, le=2000, title="Frånvarotillfällen", description="Absences counted [occasions]."
    )

    class Config(Delivered.Config):
        """Grain."""

        name = "core.absence_counts"
        unique = ["student_id", "school_id", "school_year", "subject_code"]


class SchoolAbsence(Delivered):
    """Absence of a whole school, or of a grade at it, in one calendar month; no pupil is told.

    Kept apart from :class:`Attendance`, because totals cannot be traced to pupils: they are
    something to compare with, not to add to.
    Grain: one row per ``school_id``, ``month`` and ``grade_level``. Origin: the reports of
    schools that give totals only.
    """

    school_id: str = school_key()
    month: str = month_column()
    grade_level: int = pa.Field(
        nullable=True,
        ge=1,
        le=10,
        title="Årskurs",
        description="Årskurs: grade level; empty for the school as a whole.",
    )
    pupils: int = pa.Field(
        nullable=True, ge=0, le=5000, title="Antal elever", description="Pupils counted [count]."
    )
    scheduled_minutes: int = pa.Field(
        ge=0,
        title="Schemalagd tid, minuter",
        description="Erbjuden undervisningstid, all pupils together [minutes].",
    )
    reported_minutes: int = reported_time()
    authorised_absence_minutes: int = authorised_absence()
    unauthorised_absence_minutes: int = unauthorised_absence()

    class Config(Delivered.Config):
        """Grain."""

        name = "core.school_absence"
        unique = ["school_id", "month", "grade_level"]
        metadata = {"partition": "month"}

    @pa.dataframe_check
    @classmethod
    def reported_within_scheduled(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """No more time is reported than was scheduled."""
        return data.table.reported_minutes <= data.table.scheduled_minutes

    @pa.dataframe_check
    @classmethod
    def absence_within_reported(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """Absence lies within the time reported."""
        rows = data.table
        away = rows.authorised_absence_minutes + rows.unauthorised_absence_minutes
        return away <= rows.reported_minutes

    @pa.dataframe_check
    @classmethod
    def scheduled_within_pupils(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """The pupils counted could have been taught for that long."""
        rows = data.table
        most = rows.pupils * MOST_SCHEDULED_MINUTES_A_MONTH
        return rows.pupils.isnull() | (rows.scheduled_minutes <= most)
