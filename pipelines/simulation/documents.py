"""Interim reports about the invented pilot, and the figures that stand in them: one is wrong."""

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from pipelines.simulation.funds import Fund
from pipelines.simulation.history import History
from pipelines.simulation.world import World
from schemas.ambitions import ALL_PROJECTS, BY_MEASURE, StatedFigures

MILLION = 10**6
LAST_DAY = (7, 31)
MISTAKE = 3
"""Percentage points by which the share distributed that the last report states is too high."""

Stated = tuple[str, str, int, int | None, float]
"""Measure, statistic, year, the year a change is counted from, and the figure."""


def stated_figures(world: World, history: History, funds: Sequence[Fund]) -> pd.DataFrame:
    """What the interim report of each calendar year states: rows of ``core.stated_figures``."""
    rows = [*_of_registers(world, history, funds), *_of_money(funds)]
    return pd.DataFrame(map(_row, rows), columns=StatedFigures.delivered_columns(), dtype=object)


def planted_figures(told: pd.DataFrame) -> pd.DataFrame:
    """Whether each stated figure is the one that can be computed."""
    is_last = told.document == told.document.max()
    is_wrong = is_last & (told.statistic == "percent_of_whole")
    is_alone = told.measure.str.startswith("funds_") & (told.statistic == "value")
    agreement = np.select([is_alone, is_wrong], ["cannot_be_computed", "differs"], "agrees")
    return told[["document", "measure", "statistic"]].assign(agreement=agreement)


def _of_registers(world: World, history: History, funds: Sequence[Fund]) -> Iterator[Stated]:
    schools = int(world.places.pilot_schools.sum())
    given = history.supported
    for year in _years(funds):
        rows = given.touching(np.datetime64(dt.date(year, 1, 1)), np.datetime64(_last_day(year)))
        yield "schools", "value", year, None, schools
        yield "pupils", "value", year, None, len(np.unique(given.pupil[rows]))


def _of_money(funds: Sequence[Fund]) -> Iterator[Stated]:
    granted = {year: _granted(funds, year) for year in _years(funds)}
    available = {year: MILLION * math.ceil(sek / MILLION) for year, sek in granted.items()}
    for year, sek in granted.items():
        yield "funds_available", "value", year, None, available[year]
        yield "funds_distributed", "value", year, None, sek
        share = round(100 * sek / available[year]) + (MISTAKE if year == max(granted) else 0)
        yield "funds_distributed", "percent_of_whole", year, None, share
    for before, year in pairwise(granted):
        change = round(100 * available[year] / available[before] - 100)
        yield "funds_available", "change_percent", year, before, change


def _years(funds: Sequence[Fund]) -> list[int]:
    return sorted({fund.year for fund in funds})


def _granted(funds: Sequence[Fund], year: int) -> int:
    return sum(fund.granted + fund.supervision for fund in funds if fund.year == year)


def _last_day(year: int) -> dt.date:
    return dt.date(year, *LAST_DAY)


def _row(stated: Stated) -> tuple[object, ...]:
    measure, statistic, year, before, figure = stated
    known = BY_MEASURE[measure]
    return (
        f"delredovisning-{year}", "1", ALL_PROJECTS, measure, statistic, _last_day(year),
        None if before is None else _last_day(before), figure, 1, known.definition,
        known.population,
    )  # fmt: skip
