"""The interim report 2016 as a small data set, typed from the documents of the pilot.

Which school and which pupil belongs to which district the documents do not say; numbers per
district are invented so that the totals are those of the documents.
"""

import datetime as dt

import ibis

from pipelines.ambitions.figures import Registers
from schemas.ambitions import ALL_PROJECTS, StatedFigures, Targets
from schemas.form_answers import FormAnswers
from schemas.indicators import IndicatorValues
from schemas.places import ProjectSchools
from schemas.support import Participation
from tests.pipelines import invented

DISTRICTS = (
    "farsta", "skarpnack", "rinkeby-kista", "skarholmen", "enskede-arsta-vantor",
    "spanga-tensta", "alvsjo", "hasselby-vallingby",
)  # fmt: skip
SCHOOLS = (3, 2, 4, 2, 1, 1, 1, 2)
"""Schools of each district in the proposal for 2014: sixteen."""
NEW_SCHOOLS = (1, 1, 1, 1, 1, 1, 0, 0)
"""Six more in 2016."""
PUPILS = {2015: (12, 10, 20, 10, 8, 6, 4, 10), 2016: (20, 15, 30, 17, 14, 10, 6, 15)}
"""80 in the whole of 2015, 127 from January to July 2016."""

DAY = dt.date
JULY = DAY(2016, 7, 31)
END, END_BEFORE = DAY(2016, 12, 31), DAY(2015, 12, 31)

TARGETS = [
    (ALL_PROJECTS, 2016, "pupils", 230.0, 160.0),
    (ALL_PROJECTS, 2016, "schools", 22.0, 16.0),
]

CITY = ALL_PROJECTS
STATED = [
    ("d5", "enrolled", CITY, "pupils", "value", JULY, None, 127.0, 1.0, "enrolled", "pupils"),
    ("d5", "enrolled", CITY, "pupils", "change_percent", JULY, END_BEFORE, 59.0, 1.0, None, None),
    ("d4", "answer", CITY, "pupils", "value", DAY(2015, 11, 1), None, 200.0, 10.0, None, None),
    ("d4", "answer", CITY, "pupils_indirect", "value", DAY(2015, 11, 1), None, 200.0, 10.0, None,
     None),
    ("d2", "pool", CITY, "funds_available", "value", END_BEFORE, None, 1e7, 1.0, None, None),
    ("d5", "funds", CITY, "funds_available", "value", END, None, 1.3e7, 1.0, None, None),
    ("d5", "funds", CITY, "funds_available", "change", END, END_BEFORE, 3e6, 1.0, None, None),
    ("d5", "funds", CITY, "funds_available", "change_percent", END, END_BEFORE, 33.0, 1.0, None,
     None),
    ("d5", "funds", CITY, "funds_distributed", "value", END, None, 1.274e7, 1e4, None, None),
    ("d5", "funds", CITY, "funds_distributed", "percent_of_whole", END, None, 98.0, 1.0, None,
     None),
    ("d5", "applied", CITY, "schools_planned", "change", END, END_BEFORE, 6.0, 1.0, None, None),
    ("d5", "applied", CITY, "schools_planned", "change_percent", END, END_BEFORE, 38.0, 1.0, None,
     None),
    ("d5", "applied", CITY, "pupils_planned", "change", END, END_BEFORE, 70.0, 1.0, None, None),
    ("d5", "applied", CITY, "pupils_planned", "change_percent", END, END_BEFORE, 44.0, 1.0, None,
     None),
]  # fmt: skip


def participation():
    """A pupil of each number, whose support began in January and goes on."""
    rows = []
    pupil = 0
    for year, numbers in PUPILS.items():
        for project, number in zip(DISTRICTS, numbers, strict=True):
            for _ in range(number):
                pupil += 1
                start, end = DAY(year, 1, 15), DAY(year, 6, 10)
                rows.append(
                    (invented.pupil(pupil), project, "00000000", f"{year}VT", start, None, end,
                     "completed")
                )  # fmt: skip
    # the register of the autumn of 2015 is there too, with one who was there in the spring
    first = rows[0]
    rows.append((*first[:3], "2015HT", *first[4:]))
    return invented.table(Participation, rows)


def project_schools():
    """Sixteen schools from 2013 on, six more from 2016 on."""
    begun = (("2013VT", 0, SCHOOLS), ("2016VT", 10, NEW_SCHOOLS))
    rows = [
        (project, f"{place}{first + number:07d}", term, None, "school")
        for term, first, counts in begun
        for place, project in enumerate(DISTRICTS)
        for number in range(counts[place])
    ]
    return invented.table(ProjectSchools, rows)


def nobody() -> ibis.Table:
    """An indicator without a value."""
    return invented.table(IndicatorValues, [])


def registers(**changes):
    """What the figures are made from."""
    tables = {
        "participation": participation(),
        "project_schools": project_schools(),
        "targets": invented.table(Targets, TARGETS),
        "eligible": nobody(),
        "absence": nobody(),
    }
    return Registers(**tables | changes)


def stated():
    """What the documents state."""
    return invented.table(StatedFigures, STATED)


def no_answers():
    """No form was filled in."""
    return invented.table(FormAnswers, [])
