"""The view ``lineage`` of the warehouse: from an indicator's values to lines in files."""

from collections.abc import Collection, Iterable

import ibis

from pipelines.indicators.registry import KEYS, Indicator
from pipelines.tracing import Step, rows_behind, steps
from schemas.contract import Contract, load_contracts
from schemas.deliveries import Deliveries

LINEAGE = "lineage"
ABOUT = (
    "Each value of each indicator beside each record of a delivered file that it may rest on. "
    "Ask for one indicator and some pupils: the rows are found when they are asked for."
)
OF_VALUE = {
    "indicator": "Name in the registry.",
    "student_id": "Elev: pseudonymous key.",
    "school_id": "School unit code of the value.",
    "period": "What the value is about: month, term or school year.",
}
OF_RECORD = {
    "source_table": "Table the record is a row of.",
    "source_period": "Period of that row; a term may rest on the term before. Empty if dated "
    "otherwise.",
    "source_school_id": "School unit code of that row; another one where the pupil moved.",
    "delivery_id": "SHA-256 of the delivered file.",
    "record_no": "Record in that file, the first one is 1.",
}
OF_FILE = {
    "file_name": "Name as dropped in the inbox.",
    "received_at": "When the file came: UTC, ISO 8601.",
}

_VALUES = "values_of_indicators"


def lineage_statements(indicators: Iterable[Indicator], tables: Collection[str]) -> tuple[str, ...]:
    """The statements that make the view and describe it; none where there are no deliveries.

    Indicators that rest on a table in the same way share one join, so the view stays small.

    Args:
        indicators: The registry; those without a table here are left out.
        tables: What the warehouse holds, as ``layer.table``.
    """
    resting: dict[Step, list[Indicator]] = {}
    for indicator in (one for one in indicators if one.table in tables):
        for step in steps(indicator):
            if {step.table, step.summed_into or step.table} <= {*tables}:
                resting.setdefault(step, []).append(indicator)
    if not resting or Deliveries.table() not in tables:
        return ()
    rows = "\nUNION ALL\n".join(_part(step, those) for step, those in resting.items())
    chosen = ", ".join([f"r.{name}" for name in (*OF_VALUE, *OF_RECORD)])
    files = ", ".join(f"f.{name}" for name in OF_FILE)
    comments = {**OF_VALUE, **OF_RECORD, **OF_FILE}.items()
    beside = f"LEFT JOIN {Deliveries.table()} AS f ON f.delivery_id = r.delivery_id"
    return (
        f"CREATE VIEW {LINEAGE} AS\nSELECT {chosen}, {files}\nFROM (\n{rows}\n) AS r\n{beside}",
        f"COMMENT ON VIEW {LINEAGE} IS {_text(ABOUT)}",
        *(f"COMMENT ON COLUMN {LINEAGE}.{name} IS {_text(about)}" for name, about in comments),
    )


def _part(step: Step, indicators: Iterable[Indicator]) -> str:
    """A query of the rows of some indicators' values and one table's records."""
    keys = ibis.table(dict.fromkeys(("indicator", *KEYS), "string"), name=_VALUES)
    contracts = load_contracts()
    names = [step.table, *filter(None, [step.summed_into])]
    tables = {name: _table(name, contracts[name]) for name in names}
    query = str(ibis.to_sql(rows_behind(step, keys, tables), dialect="duckdb"))
    values = "\nUNION ALL\n".join(
        f"SELECT '{one.name}' AS indicator, {', '.join(KEYS)} FROM {one.table}"
        for one in indicators
    )
    return query.replace(f'"{_VALUES}"', f"(\n{values}\n)")


def _table(name: str, contract: type[Contract]) -> ibis.Table:
    layer, table = name.split(".", 1)
    columns = contract.to_schema().columns
    schema = {column: of_column.dtype.type for column, of_column in columns.items()}
    return ibis.table(schema, name=table, database=layer)


def _text(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"
