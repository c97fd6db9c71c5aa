"""Closing: until a period is closed its figures are preliminary (preliminära)."""

import datetime as dt
import re

from pipelines.ingest.ledger import Ledger
from pipelines.lake import WHOLE
from schemas.calendar import (
    months_of_school_year,
    months_of_term,
    school_year_of_month,
    school_year_of_term,
)
from schemas.contract import MONTH_PATTERN, SCHOOL_YEAR_PATTERN, TERM_PATTERN
from schemas.rules import DAYS_UNTIL_CLOSED, in_force

_ONE_DAY = dt.timedelta(days=1)


def closes_on(period: str) -> dt.date:
    """The first day on which the figures of a month, term or school year are final.

    Raises:
        ValueError: If it is no period.
        LookupError: If it lies before the first of the dated rules.
    """
    month = _last_month(period)
    year, number = (int(part) for part in month.split("-"))
    next_month = dt.date(year + number // 12, number % 12 + 1, 1)
    return next_month + int(in_force(DAYS_UNTIL_CLOSED, month).value) * _ONE_DAY


def is_preliminary(period: str, on: dt.date) -> bool:
    """Whether a period's figures may still change by late reports on a day."""
    return on < closes_on(period)


def outdate_closed(ledger: Ledger, today: dt.date) -> None:
    """Enter the release as outdated if a school year has closed since it was made."""
    made = ledger.published_on()
    if made is None:
        return
    years = filter(None, {_school_year(period) for period in ledger.periods()})
    if any(made < closes_on(year) <= today for year in years):
        ledger.outdate("release", [WHOLE])


def _last_month(period: str) -> str:
    if re.fullmatch(MONTH_PATTERN, period):
        return period
    if re.fullmatch(TERM_PATTERN, period):
        return months_of_term(period)[-1]
    if re.fullmatch(SCHOOL_YEAR_PATTERN, period):
        return months_of_school_year(period)[-1]
    raise ValueError(f"{period} is no month, term or school year")


def _school_year(period: str) -> str | None:
    """The school year of a period; None for what is no period."""
    if re.fullmatch(MONTH_PATTERN, period):
        return school_year_of_month(period)
    if re.fullmatch(TERM_PATTERN, period):
        return school_year_of_term(period)
    return period if re.fullmatch(SCHOOL_YEAR_PATTERN, period) else None
