"""Judging a finished table by its contract, without quoting a pupil's row."""

import ibis
from pandera.api.ibis.components import Column
from pandera.config import ValidationDepth, config_context
from pandera.errors import SchemaError, SchemaErrors

from schemas.contract import Contract


def broken_rules(rows: ibis.Table, contract: type[Contract]) -> list[str]:
    """Names of the rules that ``rows`` break, sorted; empty if the contract is kept.

    pandera's own error holds the failing values and, for a rule across columns, the
    whole row. Only its rule names leave this function. A table without rows is judged by
    its columns alone, because pandera takes "all of none" in SQL for a failure.
    """
    is_empty = rows.count().to_pyarrow().as_py() == 0
    depth = ValidationDepth.SCHEMA_ONLY if is_empty else ValidationDepth.SCHEMA_AND_DATA
    try:
        with config_context(validation_depth=depth):
            contract.validate(rows, lazy=True)
    except SchemaErrors as errors:
        return sorted({_rule(error) for error in errors.schema_errors})
    return []


def _rule(error: SchemaError) -> str:
    check = error.check
    name = getattr(check, "error", None) or getattr(check, "name", None) or str(check)
    return f"{error.schema.name}: {name}" if isinstance(error.schema, Column) else str(name)
