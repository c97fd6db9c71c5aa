"""Revisions: what a correction changes, row by row of the tables it was delivered to.

Rows are compared by their grain, from the accepted rows of both deliveries. A row that the
correction lacks is a deletion: a correction is the whole file again, never an amendment.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import pyarrow as pa
from ibis import _
from pyarrow import parquet

from pipelines.lake import Lake, raw_table
from schemas.contract import Delivered, load_contracts

WHERE_IT_STOOD = ("delivery_id", "record_no")


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChanges:
    """What a correction does to one table.

    Attributes:
        table: Core table.
        before: Rows accepted from the delivery it corrects [count].
        after: Rows accepted from the correction [count].
        new: Only in the correction [count].
        changed: In both, with another value [count].
        gone: Only in the delivery it corrects [count].
        students: Pupils whose rows differ; none where rows are about no pupil.
        schools: Schools whose rows differ; none where rows are about no school.
    """

    table: str
    before: int
    after: int
    new: int
    changed: int
    gone: int
    students: tuple[str, ...]
    schools: tuple[str, ...]

    @property
    def differing(self) -> int:
        """Rows that are not the same in both [count]."""
        return self.new + self.changed + self.gone


def row_changes(lake: Lake, table: str, before: str, after: str) -> RowChanges:
    """What one delivery changes in a table compared with another.

    Args:
        lake: Holds the accepted rows of both.
        table: Core table.
        before: Delivery that is corrected.
        after: The correction.
    """
    contract = contract_of(table)
    keys = contract.grain()
    old = _keyed(lake, contract, before, keys)
    new = _keyed(lake, contract, after, keys)
    new = new.rename({f"{key}_after": key for key in keys})
    both = old.outer_join(new, [old[k].identical_to(new[f"{k}_after"]) for k in keys])
    pairs = both.select(
        **{key: ibis.coalesce(_[key], _[f"{key}_after"]) for key in keys},
        old=_.content,
        new=_.content_right,
    )
    is_same = pairs.old.identical_to(pairs.new)
    differing = pairs.filter(~is_same)
    counts = pairs.aggregate(
        before=_.old.count(),
        after=_.new.count(),
        added=_.old.isnull().sum(),
        gone=_.new.isnull().sum(),
        changed=(_.old != _.new).sum(),
    )
    found = {name: value or 0 for name, value in counts.to_pyarrow().to_pylist()[0].items()}
    return RowChanges(
        table=table,
        before=found["before"],
        after=found["after"],
        new=found["added"],
        changed=found["changed"],
        gone=found["gone"],
        students=_distinct(differing, "student_id"),
        schools=_distinct(differing, "school_id"),
    )


def row_counts(lake: Lake, delivery_id: str, tables: Sequence[str]) -> dict[str, int]:
    """Rows accepted from a delivery, by core table [count]; no row is read.

    Args:
        lake: Holds them.
        delivery_id: Whose.
        tables: Core tables it has rows of.
    """
    paths = {table: lake.path(raw_table(table), delivery_id) for table in tables}
    return {
        table: parquet.read_metadata(path).num_rows if path.exists() else 0
        for table, path in paths.items()
    }


def known_rows(lake: Lake, delivery_id: str, tables: Sequence[str]) -> str:
    """What the accepted rows of a delivery are known by, whatever their order.

    Args:
        lake: Holds them.
        delivery_id: Whose.
        tables: Core tables it has rows of.
    """
    parts = []
    for table in sorted(tables):
        rows = _hashed(lake, contract_of(table), delivery_id)
        sums = rows.aggregate(
            rows=_.count(),
            total=_.content.cast("decimal(38, 0)").sum(),
            mixed=_.content.bit_xor(),
        )
        found = sums.to_pyarrow().to_pylist()[0]
        parts.append(f"{table} {found['rows']} {found['total']} {found['mixed']}")
    return "; ".join(parts)


def contract_of(table: str) -> type[Delivered]:
    """The contract of a table that files are delivered to.

    Raises:
        TypeError: If nothing is delivered to it.
    """
    contract = load_contracts()[table]
    if not issubclass(contract, Delivered):
        raise TypeError(f"nothing is delivered to {table}")
    return contract


def _keyed(
    lake: Lake, contract: type[Delivered], delivery_id: str, keys: Sequence[str]
) -> ibis.Table:
    return _hashed(lake, contract, delivery_id).select(*keys, "content")


def _hashed(lake: Lake, contract: type[Delivered], delivery_id: str) -> ibis.Table:
    """The rows, each with a number that stands for all that was delivered in it."""
    rows = lake.read(raw_table(contract.table()), contract, partitions=[delivery_id])
    values = {name: rows[name] for name in contract.columns() if name not in WHERE_IT_STOOD}
    return rows.mutate(content=ibis.struct(values).hash())


def _distinct(rows: ibis.Table, column: str) -> tuple[str, ...]:
    if column not in rows.columns:
        return ()
    found: pa.Table = rows.select(column).distinct().order_by(column).to_pyarrow()
    return tuple(found[column].to_pylist())
