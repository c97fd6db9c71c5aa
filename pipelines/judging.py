"""Judging by a contract, in the engine: a finished table, or each value on its own.

The rules are the contract's pandera checks. pandera itself asks one query per rule and its
errors quote rows; here all rules of a table are one query and only their names come back.
"""

from collections import ChainMap
from collections.abc import Callable
from itertools import chain

import ibis
from pandera import Check
from pandera.api.ibis.components import Column
from pandera.api.ibis.types import IbisData

from schemas.contract import Contract

GRAIN = "grain"
FEW = 100_000
"""Rows that are judged as they are, all rules in one query; of more, each column's distinct values
are [count]."""

Faults = dict[str, ibis.ir.IntegerScalar]
"""How many rows break each rule."""


def broken_rules(rows: ibis.Table, contract: type[Contract]) -> list[str]:
    """Names of the rules that ``rows`` break, sorted; empty if the contract is kept.

    Names and types of the columns are judged first; a table that has others is not looked
    into. The grain is judged by comparing the number of keys with the number of rows.
    """
    schema = contract.to_schema()
    expected = {name: column.dtype.type for name, column in schema.columns.items()}
    found = dict(rows.schema().items())
    if list(found) != list(expected):
        return ["columns: not those of the contract, in its order"]
    broken = [f"{name}: not {expected[name]}" for name in found if _differs(found, expected, name)]
    if broken:
        return sorted(broken)
    if rows.count().to_pyarrow().as_py() <= FEW:
        by_column = (_column_faults(rows, name, one) for name, one in schema.columns.items())
        return sorted(_broken(rows, dict(ChainMap(*by_column, _table_faults(rows, contract)))))
    return sorted(
        [
            *chain(*(_distinct_faults(rows, name, one) for name, one in schema.columns.items())),
            *_broken(rows, _table_faults(rows, contract)),
        ]
    )


def verdict(check: Check, rows: ibis.Table, name: str | None = None) -> ibis.ir.BooleanValue:
    """What a pandera check says of each row, as a column of the same table.

    Args:
        check: A check of a column, or of the table where ``name`` is left out.
        rows: The table.
        name: The column.
    """
    judge: Callable[..., ibis.Table | ibis.ir.BooleanValue] = check._check_fn
    answer = judge(IbisData(rows, name), **check._check_kwargs)
    return answer.op().values[name].to_expr() if isinstance(answer, ibis.Table) else answer


def _differs(found: dict[str, object], expected: dict[str, object], name: str) -> bool:
    """Whether a type is another; that a column cannot be empty is no difference."""
    return str(found[name]).lstrip("!") != str(expected[name]).lstrip("!")


def _distinct_faults(rows: ibis.Table, name: str, column: Column) -> list[str]:
    """Rules of one column that some row breaks, found on its distinct values."""
    values = rows.select(name).distinct()
    return _broken(values, _column_faults(values, name, column))


def _column_faults(rows: ibis.Table, name: str, column: Column) -> Faults:
    faults = {
        f"{name}: {check.error}": (~verdict(check, rows, name)).sum() for check in column.checks
    }
    return faults if column.nullable else faults | {f"{name}: missing": rows[name].isnull().sum()}


def _table_faults(rows: ibis.Table, contract: type[Contract]) -> Faults:
    """Rules across columns, the grain among them."""
    checks = contract.to_schema().checks
    faults = {str(check.name): (~verdict(check, rows)).sum() for check in checks}
    grain = contract.grain()
    if not grain:
        return faults
    keys = ibis.struct({name: rows[name] for name in grain}).hash().nunique()
    return faults | {GRAIN: rows.count() - keys}


def _broken(rows: ibis.Table, faults: Faults) -> list[str]:
    if not faults:
        return []
    counts = rows.aggregate(**faults).to_pyarrow().to_pylist()[0]
    return [name for name, count in counts.items() if count]
