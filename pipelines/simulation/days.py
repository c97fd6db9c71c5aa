"""The invented city's school days: Monday to Friday, 20 August to 10 June, without holidays."""

import datetime as dt
from functools import lru_cache

import numpy as np

from pipelines.simulation.parameters import Days
from schemas.calendar import months_of_term

EASTER_SUNDAYS = {
    2012: "2012-04-08",
    2013: "2013-03-31",
    2014: "2014-04-20",
    2015: "2015-04-05",
    2016: "2016-03-27",
    2017: "2017-04-16",
}
AUTUMN_BREAK_WEEK = 44
WINTER_BREAK_WEEK = 9
ASCENSION = 39
"""Days from Easter Sunday to Ascension Day."""


@lru_cache
def school_days(autumn: int) -> Days:
    """Days with teaching in the school year that starts in ``autumn``, in order."""
    days = np.arange(f"{autumn}-08-20", f"{autumn + 1}-06-11", dtype="datetime64[D]")
    taught: Days = days[np.is_busday(days) & ~np.isin(days, _holidays(autumn))]
    return taught


def school_days_of_month(month: str) -> Days:
    """Days with teaching in a month of a simulated year; none in July."""
    autumn = int(month[:4]) - (month[5:] < "08")
    days = school_days(autumn)
    in_month: Days = days[days.astype("datetime64[M]") == np.datetime64(month)]
    return in_month


def teaching_months(term: str) -> list[str]:
    """Months of a term that have a school day."""
    return [month for month in months_of_term(term) if len(school_days_of_month(month))]


def first_school_day(autumn: int) -> np.datetime64:
    """The first day of the school year that starts in ``autumn``, whether simulated or not."""
    return np.busday_offset(f"{autumn}-08-20", 0, roll="forward")


def last_school_day(spring: int) -> np.datetime64:
    """The last day of the school year that ends in ``spring``, whether simulated or not."""
    return np.busday_offset(f"{spring}-06-10", 0, roll="backward")


def term_bounds(term: str) -> tuple[np.datetime64, np.datetime64]:
    """First and last day: 1 August to 31 December, or 1 January to 31 July."""
    edges = ("08-01", "12-31") if term.endswith("HT") else ("01-01", "07-31")
    return np.datetime64(f"{term[:4]}-{edges[0]}"), np.datetime64(f"{term[:4]}-{edges[1]}")


def reference_day(term: str) -> np.datetime64:
    """The day a school's target group is taken: 1 September or 1 February."""
    return np.datetime64(f"{term[:4]}-{'09' if term.endswith('HT') else '02'}-01")


def grading_day(term: str) -> np.datetime64:
    """The day marks are set: the last school day in the autumn or in the spring term."""
    last: np.datetime64 = school_days_of_month(teaching_months(term)[-1])[-1]
    return last


def _holidays(autumn: int) -> Days:
    spring = autumn + 1
    easter = np.datetime64(EASTER_SUNDAYS[spring])
    single = [f"{spring}-05-01", f"{spring}-06-06", easter - 2, easter + ASCENSION]
    return np.concatenate(
        [
            _week(autumn, AUTUMN_BREAK_WEEK),
            np.arange(f"{autumn}-12-20", f"{spring}-01-09", dtype="datetime64[D]"),
            _week(spring, WINTER_BREAK_WEEK),
            np.arange(easter + 1, easter + 6),
            np.array(single, dtype="datetime64[D]"),
        ]
    )


def _week(year: int, week: int) -> Days:
    monday = np.datetime64(dt.date.fromisocalendar(year, week, 1))
    return np.arange(monday, monday + 5)
