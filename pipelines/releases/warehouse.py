"""The researchers' warehouse: one DuckDB file per release, written once, then only read.

Schemas are layers, every table and column carries its contract's words, and a view lists them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from inspect import getdoc
from pathlib import Path
from typing import Self

import duckdb
import pandas as pd
from ibis.backends.sql.datatypes import DuckDBType

from pipelines.engine import MEMORY_LIMIT, limits
from pipelines.indicators.registry import Indicator, load_indicators
from pipelines.lake import empty, sync
from pipelines.releases.lineage import lineage_statements
from pipelines.summaries import summary_statements
from schemas.contract import Contract

WAREHOUSE = "research.duckdb"
READ_ONLY = 0o440

_LOCKED = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_persistent_secrets": "false",
    "lock_configuration": "true",
    "memory_limit": MEMORY_LIMIT,
}

_DATA_DICTIONARY = """
CREATE VIEW data_dictionary AS
SELECT c.schema_name AS "schema", c.table_name AS "table", c.column_name AS "column",
       c.data_type AS "type", c.comment AS description, t.comment AS table_description
FROM duckdb_columns() AS c
JOIN (
    SELECT database_name, schema_name, table_name, comment FROM duckdb_tables()
    UNION ALL
    SELECT database_name, schema_name, view_name, comment FROM duckdb_views()
    WHERE comment IS NOT NULL
) AS t USING (database_name, schema_name, table_name)
ORDER BY c.schema_name, c.table_name, c.column_index
"""


class WarehouseError(RuntimeError):
    """A warehouse could not be built or is not what was put in it; never quotes a row."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a warehouse table is made from.

    Attributes:
        paths: Parquet files with the contract's columns; without any, the table is empty.
        contract: Gives the columns, their order and the comments.
        about: What the table holds, where the contract serves several; else its docstring.
    """

    paths: Sequence[Path]
    contract: type[Contract]
    about: str = ""


@dataclass(frozen=True, slots=True)
class Extent:
    """What a table holds, whatever the order of its rows.

    Attributes:
        rows: Number of rows.
        fingerprint: Of every value in them; equal contents give equal fingerprints.
    """

    rows: int
    fingerprint: str


def extents(sources: Mapping[str, Source]) -> dict[str, Extent]:
    """What each table is about to hold, read from its files."""
    with duckdb.connect(config=dict(limits())) as connection:
        return {name: _extent(connection, _origin(source)) for name, source in sources.items()}


def build_warehouse(
    path: Path,
    sources: Mapping[str, Source],
    *,
    expected: Mapping[str, Extent],
    origin: Mapping[str, str | bool],
    indicators: Iterable[Indicator] | None = None,
) -> None:
    """Write a warehouse that nobody has open, read all of it back, and make it read-only.

    Args:
        path: A file that does not exist.
        sources: By ``layer.table``.
        expected: What each table must hold in the end, as :func:`extents` says.
        origin: Which release it is and whether its pupils are invented; the view ``origin``.
        indicators: Whose values the view ``lineage`` leads back to files and the view
            ``summary`` sums; all if left out.

    Raises:
        WarehouseError: If the engine fails (its own message may quote a row), if a table reads
            back as something else, or if a write-ahead log is left.
    """
    try:
        with duckdb.connect(path, config=dict(limits())) as connection:
            connection.execute("SET preserve_insertion_order = false")
            for name, source in sources.items():
                _create(connection, name, source)
            connection.execute(_DATA_DICTIONARY)
            connection.execute(_origin_view(origin))
            registry = list(load_indicators().values() if indicators is None else indicators)
            for statement in (
                *lineage_statements(registry, sources),
                *summary_statements(registry, sources),
            ):
                connection.execute(statement)
    except duckdb.Error as error:
        raise WarehouseError(f"{path.name}: {type(error).__name__}") from None
    verify_warehouse(path, expected)
    path.chmod(READ_ONLY)
    sync(path)


def verify_warehouse(path: Path, expected: Mapping[str, Extent]) -> None:
    """Read every value of every table, which also checks every block's checksum.

    Raises:
        WarehouseError: If a table is missing or holds something else than ``expected``, if the
            file is damaged, or if a write-ahead log lies beside it.
    """
    if path.with_name(f"{path.name}.wal").exists():
        raise WarehouseError(f"{path.name}: a write-ahead log was left beside it")
    try:
        with open_release(path) as warehouse:
            found = {name: _extent(warehouse.connection, _quoted(name)) for name in expected}
    except duckdb.Error as error:
        raise WarehouseError(f"{path.name}: {type(error).__name__}") from None
    differing = sorted(name for name in expected if found[name] != expected[name])
    if differing:
        raise WarehouseError(f"{path.name}: not what was written: {', '.join(differing)}")


@dataclass(frozen=True, slots=True)
class Warehouse:
    """A warehouse file open to read and nothing else: no file, no network, no setting.

    Attributes:
        connection: To the engine.
    """

    connection: duckdb.DuckDBPyConnection

    def __enter__(self) -> Self:
        """Itself; closed when the block ends."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the file."""
        self.connection.close()

    def rows(self, statement: str) -> pd.DataFrame:
        """The rows of one statement.

        Raises:
            WarehouseError: If the engine refuses it; in its words, to the person who asked.
        """
        try:
            return self.connection.execute(statement).df()
        except duckdb.Error as error:
            raise WarehouseError(str(error)) from None

    def answer(self, statement: str) -> str:
        """The rows of one statement as a text table, the middle of a long one left out.

        Raises:
            WarehouseError: As :meth:`rows`.
        """
        try:
            return str(self.connection.sql(statement) or "")
        except duckdb.Error as error:
            raise WarehouseError(str(error)) from None


def open_release(path: Path) -> Warehouse:
    """A published warehouse, for reading.

    Args:
        path: The file in the folder that :func:`pipelines.releases.release.current` returns: under
            the release's own name, so that what is open stays as it is when a new one comes.
    """
    return Warehouse(duckdb.connect(path, read_only=True, config=dict(_LOCKED)))


def _origin_view(origin: Mapping[str, str | bool]) -> str:
    """A view of one row, that a query can carry into whatever is made of the file."""
    values = ", ".join(
        f'{value if isinstance(value, bool) else _text(value)} AS "{name}"'
        for name, value in origin.items()
    )
    return f"CREATE VIEW origin AS SELECT {values}"


def _create(connection: duckdb.DuckDBPyConnection, name: str, source: Source) -> None:
    """One table with its rows and its comments."""
    table = _quoted(name)
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {table.partition('.')[0]}")
    connection.execute(f"CREATE TABLE {table} AS FROM {_origin(source)} LIMIT 0")
    connection.execute(f"INSERT INTO {table} FROM {_origin(source)}")
    about = source.about or getdoc(source.contract) or ""
    connection.execute(f"COMMENT ON TABLE {table} IS {_text(about)}")
    for column, meaning in source.contract.to_schema().columns.items():
        comment = _text(meaning.description or meaning.title or "")
        connection.execute(f'COMMENT ON COLUMN {table}."{column}" IS {comment}')


def _origin(source: Source) -> str:
    """The source as something to select from: the contract's columns, in its order."""
    if not source.paths:
        types = empty(source.contract).schema().items()
        columns = ", ".join(
            f'CAST(NULL AS {DuckDBType.to_string(of_column)}) AS "{column}"'
            for column, of_column in types
        )
        return f"(SELECT {columns} WHERE false)"
    columns = ", ".join(f'"{column}"' for column in source.contract.columns())
    files = ", ".join(_text(str(path)) for path in source.paths)
    return f"(SELECT {columns} FROM read_parquet([{files}], hive_partitioning = false))"


def _extent(connection: duckdb.DuckDBPyConnection, origin: str) -> Extent:
    query = f"SELECT count(*), coalesce(sum(hash(t)), 0)::VARCHAR FROM {origin} AS t"
    rows, fingerprint = connection.execute(query).fetchone() or (0, "0")
    return Extent(rows, fingerprint)


def _quoted(name: str) -> str:
    layer, table = name.split(".", 1)
    return f'"{layer}"."{table}"'


def _text(words: str) -> str:
    """A text literal; comments and file lists take no parameters."""
    return "'" + words.replace("'", "''") + "'"
