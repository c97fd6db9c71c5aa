"""Two invented schools whose every file is known, ingested and computed without Dagster."""

from dataclasses import fields, replace
from functools import cache

import ibis
import pandas as pd
import pytest

from pipelines.core import core_contracts, core_table
from pipelines.groups import student_terms
from pipelines.indicators.registry import load_indicators
from pipelines.ingest import inbox
from pipelines.ingest.child import judged_here
from pipelines.lake import Lake
from pipelines.populations.attendance import ATTENDANCE
from pipelines.releases.disclosure import published
from pipelines.results import Places, conforming, results_of, results_table
from pipelines.workspace import Workspace
from schemas.contract import load_contracts
from schemas.deliveries import Deliveries
from schemas.groups import StudentTerms
from schemas.indicators import IndicatorValues
from schemas.results import PublishedResults, Results
from tests.pipelines.ingest.deliveries import (
    attendance,
    csv_text,
    day_row,
    days,
    ingested,
    lesson_row,
    lessons,
    month_row,
    number,
)
from tests.pipelines.schools.conftest import (
    OTHER,
    REGISTER_HEADINGS,
    REGISTERS,
    SCHOOL,
    participant,
    participation,
    pupil,
)

NAMES = (
    "unauthorised_absence_hours", "unauthorised_absence_rate", "target_group", "reach",
    "merit_value_16",
)  # fmt: skip
"""Of each kind of period, and one that rests on a table about no pupil."""

LISTED, REPORTED, UNREGISTERED, SILENT = 15, 12, 12, 13
"""Pupils in the register; those with a filled-in register are before ``UNREGISTERED``; of pupil
``SILENT`` and the one after there is no report."""

FEW = (20, 21, 22)
"""Pupils of the other school."""

MINUTES_AWAY = 137
"""Unauthorised minutes of pupil 0 in March, which stand nowhere else."""

GRADE_HEADINGS = (
    "Personnummer", "Skolenhetskod", "Termin", "Ämne", "Betygsskala", "Betyg", "Slutbetyg",
)  # fmt: skip


def marks(term: str, *, is_final: str = "nej") -> dict[str, bytes]:
    """Two marks of each of the first three pupils."""
    rows = [
        [number(n), SCHOOL, term, subject, "A-F", mark, is_final]
        for n in range(3)
        for subject, mark in (("MA", "F"), ("EN", "C"))
    ]
    return {f"betyg_{SCHOOL}_{term}.csv": csv_text(GRADE_HEADINGS, rows).encode()}


def registers() -> dict[str, bytes]:
    """The pupils of both schools in spring 2016, and those of autumn 2015."""
    here = [pupil(n) for n in range(LISTED)]
    there = [pupil(n, Skolenhetskod=OTHER) for n in FEW]
    before = [pupil(n, Termin="2015HT") for n in range(LISTED)]
    rows = {(SCHOOL, "2016VT"): here, (OTHER, "2016VT"): there, (SCHOOL, "2015HT"): before}
    return {
        f"elever_{school}_{term}.csv": csv_text(REGISTER_HEADINGS, listed).encode()
        for (school, term), listed in rows.items()
    }


def months() -> dict[str, bytes]:
    """Attendance: a month and its correction, and a month with a register left open."""
    away = "Ogiltig frånvaro, minuter"
    open_ = {"Rapporterad tid, minuter": "0", "Giltig frånvaro, minuter": "0", away: "0",
             "Varav sen ankomst, minuter": "0"}  # fmt: skip
    march = [month_row(0, **{away: str(MINUTES_AWAY)}), *map(month_row, range(1, REPORTED))]
    march.append(month_row(UNREGISTERED, **open_))
    february = [month_row(n, Månad="2016-02") for n in range(REPORTED)]
    often = {n: {away: "2000"} for n in range(3)}
    november = [month_row(n, Månad="2015-11", **often.get(n, {})) for n in range(REPORTED)]
    corrected = [month_row(REPORTED, Månad="2016-02"), *february]
    return {
        f"narvaro_{SCHOOL}_2016-03.csv": attendance(march),
        f"narvaro_{SCHOOL}_2016-02.csv": attendance(february),
        f"narvaro_{SCHOOL}_2016-02_v2.csv": attendance(corrected),
        f"narvaro_{SCHOOL}_2015-11.csv": attendance(november),
    }


def parts_of_months() -> dict[str, bytes]:
    """The other school sends days in February, days and lessons in March."""
    at = {"skolenhetskod": OTHER}
    of_days = {
        month: [day_row(n, datum=f"{month}-07", **at) for n in FEW]
        for month in ("2016-02", "2016-03")
    }
    of_lessons = [lesson_row(n, start=start, **at) for n in FEW for start in ("08:10", "09:20")]
    return {
        f"dagar_{OTHER}_2016-02.csv": days(of_days["2016-02"]),
        f"dagar_{OTHER}_2016-03.csv": days(of_days["2016-03"]),
        f"lektioner_{OTHER}_2016-03.csv": lessons(of_lessons),
    }


@cache
def explained_city(folder) -> Workspace:
    """A data folder with both schools, up to what is published; made once."""
    workspace = Workspace(folder)
    workspace.make()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inbox, "judged_by_children", judged_here)
        _deliver(workspace)
    make_tables(workspace)
    return workspace


def _deliver(workspace: Workspace) -> None:
    lists = {name: csv_text(*table).encode() for name, table in REGISTERS.items()}
    supported = participation([participant(n) for n in range(3)])
    first = months()
    correction = {name: first.pop(name) for name in list(first) if "_v2" in name}
    files = {**lists, **registers(), **first, **parts_of_months(), **supported}
    ingested(workspace, {**files, **marks("2015HT"), **marks("2016VT", is_final="ja")})
    ingested(workspace, correction)


def make_tables(workspace: Workspace) -> None:
    """Compute everything from core tables to published results."""
    lake = workspace.lake
    for name, contract in core_contracts().items():
        lake.write(name, core_table(workspace, contract))
    enrolments = read(lake, "core.enrolments")
    lake.write(StudentTerms.table(), student_terms(enrolments))
    ledger = pd.DataFrame(workspace.ledger.rows())
    lake.write(Deliveries.table(), conforming(ledger, Deliveries))
    places = Places(**{one.name: read(lake, f"core.{one.name}") for one in fields(Places)})
    found = []
    for indicator in indicators().values():
        tables = {name.split(".")[1]: read(lake, name) for name in indicator.sources}
        lake.write(indicator.table, indicator.values(**tables))
        values = lake.read(indicator.table, IndicatorValues)
        found.append(results_of(indicator, values, places))
        lake.write(results_table(indicator), conforming(found[-1], Results))
    rows = published(pd.concat(found, ignore_index=True), places, indicators())
    lake.write(PublishedResults.table(), conforming(rows, PublishedResults))


def indicators():
    """The indicators these schools are explained by; absence always with its population."""
    found = {name: load_indicators()[name] for name in NAMES}
    absence = {name: one for name, one in found.items() if name.startswith("unauthorised")}
    return found | {name: replace(one, population=ATTENDANCE) for name, one in absence.items()}


def read(lake: Lake, name: str) -> ibis.Table:
    """A table of the lake."""
    return lake.read(name, load_contracts()[name])
