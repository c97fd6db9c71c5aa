"""The tables judgements look at: whole for a release, or what one run's periods need."""

from collections.abc import Collection, Iterable, Sequence

import ibis

from pipelines.core import core_table
from pipelines.crosschecks.registry import Crosscheck
from pipelines.crosschecks.sums import sources_of
from pipelines.workspace import Workspace
from schemas.calendar import months_of_term, term_of_month
from schemas.contract import load_contracts
from schemas.pupils import Enrolments


def whole_tables(workspace: Workspace, crosschecks: Iterable[Crosscheck]) -> dict[str, ibis.Table]:
    """Every period of the tables some judgements read, as they lie in the lake."""
    contracts = load_contracts()
    names = sources_of(name for one in crosschecks for name in one.reads)
    return {name: workspace.lake.read(name, contracts[name]) for name in sorted(names)}


def tables_of_periods(
    workspace: Workspace, crosschecks: Sequence[Crosscheck], periods: Collection[str], kind: str
) -> dict[str, ibis.Table]:
    """What some judgements need for some periods: those, and the ones they look back on.

    When months are made, the table of the registers is still the old one; so for them it is
    read from the deliveries in force.

    Args:
        workspace: Where everything lies.
        crosschecks: Judgements of one kind of period.
        periods: Months or terms.
        kind: ``month`` or ``term``.
    """
    steps = sorted({0, *(step for one in crosschecks for step in one.looks_back)})
    months = {month for period in periods for month in _months(period, kind)}
    needed = sorted({_earlier(month, step) for month in months for step in steps})
    wanted = {"month": needed, "term": sorted({term_of_month(month) for month in needed})}
    contracts = load_contracts()
    tables = {}
    for name in sorted(sources_of(name for one in crosschecks for name in one.reads)):
        partition = contracts[name].partition()
        partitions = wanted[partition] if partition else None
        if name == Enrolments.table() and kind == "month":
            tables[name] = core_table(workspace, Enrolments, partitions)
        else:
            tables[name] = workspace.lake.read(name, contracts[name], partitions=partitions)
    return tables


def _months(period: str, kind: str) -> list[str]:
    return [period] if kind == "month" else months_of_term(period)


def _earlier(month: str, steps: int) -> str:
    number = int(month[:4]) * 12 + int(month[5:]) - 1 - steps
    return f"{number // 12:04d}-{number % 12 + 1:02d}"
