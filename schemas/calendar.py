"""The school calendar in words: months, terms (terminer) and school years (läsår).

A month is ``2016-03``, a term ``2016VT`` (spring) or ``2015HT`` (autumn), a school year
``2015/16``. The school year runs from August to July; SkolF (2011:185) 3 kap. 2 § lets the
responsible body set the days within that.
"""

FIRST_MONTH_OF_SCHOOL_YEAR = 8

MONTHS_OF_TEACHING = ("01", "02", "03", "04", "05", "06", "08", "09", "10", "11", "12")
"""All but July: the school year begins in August and ends in June (SkolF 3 kap. 3 §)."""


def months_between(first: str, last: str) -> list[str]:
    """Every month from ``first`` to ``last``, both included."""
    numbers = range(_month_number(first), _month_number(last) + 1)
    return [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in numbers]


def term_of_month(month: str) -> str:
    """The term a month lies in; July belongs to the spring term it follows."""
    year, number = month.split("-")
    return f"{year}{'HT' if int(number) >= FIRST_MONTH_OF_SCHOOL_YEAR else 'VT'}"


def school_year_of_month(month: str) -> str:
    """The school year a month lies in."""
    return school_year_of_term(term_of_month(month))


def school_year_of_term(term: str) -> str:
    """The school year a term lies in: ``2015HT`` and ``2016VT`` are both ``2015/16``."""
    first = int(term[:4]) - (term[4:] == "VT")
    return f"{first:04d}/{(first + 1) % 100:02d}"


def months_of_term(term: str) -> list[str]:
    """August to December, or January to July."""
    year = term[:4]
    return (
        months_between(f"{year}-08", f"{year}-12")
        if term.endswith("HT")
        else months_between(f"{year}-01", f"{year}-07")
    )


def terms_of_school_year(school_year: str) -> tuple[str, str]:
    """Its autumn and its spring term, in that order."""
    first = int(school_year[:4])
    return f"{first:04d}HT", f"{first + 1:04d}VT"


def months_of_school_year(school_year: str) -> list[str]:
    """Its twelve months, August first."""
    autumn, spring = terms_of_school_year(school_year)
    return months_of_term(autumn) + months_of_term(spring)


def term_before(term: str) -> str:
    """The term just before: ``2015HT`` before ``2016VT``."""
    year = int(term[:4])
    return f"{year - 1:04d}HT" if term.endswith("VT") else f"{year:04d}VT"


def term_after(term: str) -> str:
    """The term just after: ``2016HT`` after ``2016VT``."""
    year = int(term[:4])
    return f"{year + 1:04d}VT" if term.endswith("HT") else f"{year:04d}HT"


def term_order(term: str) -> int:
    """A number that grows with time: 2016VT before 2016HT, unlike their letters."""
    return int(term[:4]) * 2 + (term[4:] == "HT")


def _month_number(month: str) -> int:
    year, number = month.split("-")
    return int(year) * 12 + int(number) - 1
