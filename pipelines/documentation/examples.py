"""Worked examples: tables drawn by hand, and what an indicator makes of them."""

from collections.abc import Mapping
from textwrap import dedent

import ibis
import pandas as pd

from pipelines.engine import engine
from pipelines.indicators.registry import Indicator
from schemas.contract import Contract, load_contracts

Row = Mapping[str, str | float]


def drawn(contract: type[Contract], drawing: str) -> ibis.Table:
    """A table of a contract from text: columns separated by ``|``, the first line their names.

    An empty cell is missing, and so is every column of the contract that is not drawn.
    """
    header, *rows = [[cell or None for cell in line] for line in cells_of(drawing)]
    columns = contract.to_schema().columns
    schema = ibis.schema({name: column.dtype.type for name, column in columns.items()})
    frame = pd.DataFrame(rows, columns=header, dtype=object).reindex(columns=list(columns))
    text = ibis.schema(dict.fromkeys(columns, "string"))
    engine()
    return ibis.memtable(frame.astype(object), schema=text).cast(schema)


def cells_of(drawing: str) -> list[list[str]]:
    """The cells of a drawn table, its header first."""
    lines = dedent(drawing).strip().splitlines()
    return [[cell.strip() for cell in line.split("|")] for line in lines]


def worked(indicator: Indicator) -> list[Row]:
    """What the indicator makes of its example, in order; a table not drawn has no row.

    Returns:
        ``student_id``, ``school_id``, ``period``, ``numerator`` and ``denominator``.

    Raises:
        ValueError: If it has no example.
    """
    if indicator.example is None:
        raise ValueError(f"{indicator.name} has no example")
    contracts = load_contracts()
    drawings = {name.split(".")[-1]: text for name, text in indicator.example.tables.items()}
    tables = {
        table.split(".")[1]: drawn(
            contracts[table],
            drawings.get(table.split(".")[1], contracts[table].columns()[0]),
        )
        for table in indicator.reads
    }
    rows: list[Row] = indicator.compute(**tables).to_pyarrow().to_pylist()
    keys = ("student_id", "school_id", "period")
    return sorted(rows, key=lambda row: tuple(str(row[key]) for key in keys))
