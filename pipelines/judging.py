"""Judging by a contract, in the engine: a finished table, or each value on its own.

The rules are the contract's pandera checks. pandera itself asks one query per rule and its
errors quote rows; here all rules of a table are one query and only their names come back.
"""

from collections.abc import Callable, Mapping
from itertools import chain

import ibis
from pandera import Check
from pandera.api.ibis.components import Column
from pandera.api.ibis.types import IbisData

from schemas.contract import Contract

GRAIN = "grain"


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
    by_column = [_column_faults(rows, name, column) for name, column in schema.columns.items()]
    return sorted(chain(*by_column, _table_faults(rows, contract)))


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


def _column_faults(rows: ibis.Table, name: str, column: Column) -> list[str]:
    """Rules of one column that some row breaks, found on its distinct values."""
    values = rows.select(name).distinct()
    faults = {f"{name}: {check.error}": ~verdict(check, values, name) for check in column.checks}
    if not column.nullable:
        faults[f"{name}: missing"] = values[name].isnull()
    return _broken(values, faults)


def _table_faults(rows: ibis.Table, contract: type[Contract]) -> list[str]:
    """Rules across columns that some row breaks, the grain among them."""
    faults = {str(check.name): ~verdict(check, rows) for check in contract.to_schema().checks}
    broken = _broken(rows, faults)
    grain = contract.grain()
    if not grain:
        return broken
    keys = ibis.struct({name: rows[name] for name in grain}).hash().nunique()
    repeats = (rows.count() - keys).to_pyarrow().as_py()
    return [*broken, *([GRAIN] if repeats else [])]


def _broken(rows: ibis.Table, faults: Mapping[str, ibis.ir.BooleanValue]) -> list[str]:
    if not faults:
        return []
    counts = rows.aggregate(**{name: fault.sum() for name, fault in faults.items()})
    return [name for name, count in counts.to_pyarrow().to_pylist()[0].items() if count]
