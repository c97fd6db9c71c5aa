"""An invented city, small or of the demo's size, as tables of the core and indicator layers."""

import datetime as dt

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from pipelines.engine import engine
from pipelines.indicators.registry import Indicator, SeriesBreak
from pipelines.releases.disclosure import published
from pipelines.results import Places, conforming, results_of, results_table
from schemas.attendance import Attendance
from schemas.calendar import months_of_school_year, terms_of_school_year
from schemas.contract import Delivered
from schemas.deliveries import Deliveries
from schemas.groups import StudentTerms
from schemas.indicators import IndicatorValues
from schemas.places import Projects, ProjectSchools, Schools
from schemas.results import PublishedResults, Results
from schemas.support import Participation

FILE = "a" * 64
STEM = ("Alnäs", "Björkvik", "Granåsa", "Hasselö", "Lindhov", "Rönnby", "Sälgsta", "Äppelvik")


def table(contract, rows):
    """Rows, as tuples in the order of the contract, as a table of its columns and types.

    Where a row stood in the delivered file is filled in.
    """
    if issubclass(contract, Delivered):
        rows = [(FILE, number, *row) for number, row in enumerate(rows, 1)]
    columns = contract.to_schema().columns
    schema = ibis.schema({name: column.dtype.type for name, column in columns.items()})
    arrays = list(zip(*rows, strict=True)) or [[] for _ in columns]
    typed = [
        pa.array(array, field.type)
        for array, field in zip(arrays, schema.to_pyarrow(), strict=True)
    ]
    engine()
    return ibis.memtable(pa.table(typed, schema=schema.to_pyarrow()), schema=schema)


def school_years(count):
    return [f"{2011 + i}/{12 + i}" for i in range(count)]


def pupil(number):
    return f"{number:032x}"


def indicator(name, **changes):
    """A record of the registry; nothing computes it."""
    record = {
        "name": name,
        "title_en": name.replace("_", " ").capitalize(),
        "title_sv": f"Påhittad följd {name}",
        "unit_en": "share of pupils",
        "unit_sv": "andel av eleverna",
        "kind": "share",
        "higher_is": "better",
        "source": "Påhittad lag 1 kap. 1 §",
        "period": "school_year",
        "yearly": "sum",
        "reads": (),
        "compute": lambda: None,
    }
    return Indicator(**record | changes)


GRADES_BROKEN = SeriesBreak("2012/13", "ny betygsskala", "new grade scale")


def places(schools, projects, *, students=0):
    """Half the schools in projects from the second year on; the other half compared with."""
    years = school_years(6)
    pilots = range(schools // 2)
    support = [
        (pupil(n), f"p{n % projects}", f"{n % schools:08d}", f"2013{term}",
         dt.date(2013, 2, 1), None, None, None)
        for n in range(0, students, 7) if n % schools in pilots
        for term in ("VT", "HT")
    ]  # fmt: skip
    return Places(
        schools=table(
            Schools,
            [
                (f"{n:08d}", f"{STEM[n % 8]}skolan {n}", f"d{n % 8}", "2000-01-01", None)
                for n in range(schools)
            ],
        ),
        projects=table(
            Projects,
            [(f"p{n}", f"Insats {STEM[n]}", f"d{n}") for n in range(projects)],
        ),
        project_schools=table(
            ProjectSchools,
            [
                (f"p{n % projects}", f"{n:08d}", terms_of_school_year(years[1])[0], None,
                 "school")
                for n in pilots
            ],
        ),
        participation=table(Participation, support),
        student_terms=registered(students, schools, years),
    )  # fmt: skip


def registered(students, schools, years):
    """Where each pupil goes and which groups it is in; the last tenth is in no register."""
    rows = [
        (pupil(n), f"{n % schools:08d}", term, f"{7 + n % 3}A", 7 + n % 3,
         ("female", "male")[n % 2], "yes" if n % 10 == 0 else "no", f"d{n % 8}")
        for year in years for term in terms_of_school_year(year)
        for n in range(students - students // 10)
    ]  # fmt: skip
    return table(StudentTerms, rows)


def values(measured, rng, *, schools, students, years):
    """A row per pupil and period; every twentieth pupil moves to the next school at midyear."""
    frames = []
    for year in school_years(years):
        autumn, spring = terms_of_school_year(year)
        periods = {
            "month": [m for m in months_of_school_year(year) if m[5:] not in ("07", "08")],
            "term": [autumn, spring],
            "school_year": [year],
        }[measured.period]
        number, place = np.divmod(np.arange(students * len(periods)), len(periods))
        moves = (number % 20 == 0) & (place >= len(periods) / 2)
        frames.append(
            pd.DataFrame(
                {
                    "student_id": [pupil(n) for n in number],
                    "school_id": [f"{n:08d}" for n in (number + moves) % schools],
                    "period": np.array(periods)[place],
                    **_amounts(measured, rng, number, place=place),
                }
            )
        )
    rows = pd.concat(frames, ignore_index=True).drop_duplicates(IndicatorValues.grain())
    engine()
    return ibis.memtable(rows).mutate(missing=ibis.null("string"))


def _amounts(measured, rng, number, *, place):
    size = len(number)
    if measured.kind == "share":
        return {"numerator": (rng.random(size) < 0.8) * 1.0, "denominator": np.ones(size)}
    if measured.kind == "mean":
        hours = rng.integers(0, 600, size) / 60 * (number % 3 == 0)
        return {"numerator": hours, "denominator": np.ones(size)}
    scheduled = rng.integers(3000, 6000, size) + place
    return {"numerator": scheduled * rng.beta(1, 9, size), "denominator": scheduled * 1.0}


PASSED = indicator("passed", period="term", yearly="spring", breaks=(GRADES_BROKEN,))
HOURS = indicator("hours", kind="mean", period="month", higher_is="worse", unit_sv="timmar")
REACH = indicator("reach", period="term", yearly="any")
REGISTRY = {measured.name: measured for measured in (PASSED, HOURS, REACH)}


def fill(lake, *, seed=1, schools=8, students=400):
    """Write every table a release is made of, from invented values to published results."""
    rng = np.random.default_rng(seed)
    city = places(schools, 2, students=students)
    for name in ("schools", "projects", "project_schools", "participation", "student_terms"):
        lake.write(f"core.{name}", getattr(city, name))
    lake.write("raw.deliveries", deliveries())
    lake.write("core.attendance", attendance(), "2012-03")
    found = []
    for measured in REGISTRY.values():
        amounts = values(measured, rng, schools=schools, students=students, years=3)
        lake.write(measured.table, amounts)
        found.append(results_of(measured, amounts, city))
        lake.write(results_table(measured), conforming(found[-1], Results))
    rows = published(pd.concat(found, ignore_index=True), city, REGISTRY)
    lake.write("release.results", conforming(rows, PublishedResults))


def attendance():
    """A month at two schools; one left a tenth of its registers open."""
    months = [(pupil(n), f"{n % 2:08d}", "2012-03", 6000, 6000 - 600 * (n % 2)) for n in range(20)]
    return table(Attendance, [(*month, 60, 30, 10, 0, "month") for month in months])


def deliveries():
    """One file in force, one corrected and one that cannot be read."""
    first = ("ab" * 32, "narvaro_2012-03.csv", "2012-04-02T07:00:00Z", "month", "narvaro 2012-03")
    later = ("cd" * 32, "narvaro_2012-03_v2.csv", "2012-05-02T07:00:00Z", "month", first[4])
    broken = ("ef" * 32, "betyg_2012VT.csv", "2012-06-20T07:00:00Z", None, None)
    return table(
        Deliveries,
        [
            (*first, 1, "superseded", None, 1200, 0, 12, 0, 1188, "unproven"),
            (*later, 2, "active", None, 1204, 1190, 4, 10, 0, "proven"),
            (*broken, 1, "rejected", "rad 17: rubriken <Betyg> saknas", 0, 0, 0, 0, 0, "unproven"),
        ],
    )
