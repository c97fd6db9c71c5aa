"""The lake: the only module that writes a table or knows where one lies."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote
from uuid import uuid4

import duckdb
import ibis
from ibis import _
from ibis.expr.operations import Cast
from pyarrow import parquet

from pipelines.engine import engine
from pipelines.sharing import read_once
from schemas.contract import Contract

WHOLE = "all"
PERIOD = "period_of_row"


class LakeError(RuntimeError):
    """A table could not be written; says which, and never quotes a row."""


@dataclass(frozen=True, slots=True)
class Lake:
    """Tables as Parquet, one file per partition: a month is there whole or not at all.

    Attributes:
        folder: Holds ``<layer>/<table>/<partition>.parquet``; a table that is not divided
            has the one partition ``all``.
    """

    folder: Path

    def path(self, table: str, partition: str = WHOLE) -> Path:
        """Where one partition of ``layer.table`` lies; ``2015/16`` is written ``2015-16``."""
        return self.folder.joinpath(*table.split("."), f"{partition.replace('/', '-')}.parquet")

    def paths(self, table: str) -> list[Path]:
        """Every partition of a table that has been written, in order of name."""
        return sorted(self.path(table).parent.glob("[!.]*.parquet"))

    def read(
        self, table: str, contract: type[Contract], *, partitions: Sequence[str] | None = None
    ) -> ibis.Table:
        """Some partitions of a table, or all; without any written file, a table without rows.

        Args:
            table: ``layer.table``.
            contract: Columns and types of a table that has no file yet.
            partitions: Which ones; all that exist if left out.
        """
        if partitions is None:
            paths = self.paths(table)
        else:
            paths = [path for p in partitions if (path := self.path(table, p)).exists()]
        if not paths:
            return empty(contract)
        names = [str(path) for path in paths]
        return read_once(paths, lambda: engine().read_parquet(names, hive_partitioning=False))

    def write(self, table: str, rows: ibis.Table, partition: str = WHOLE) -> Path:
        """Replace one partition, so that a reader sees the old file or the new one.

        Raises:
            LakeError: If the engine fails. Its own message may quote a pupil's row (DuckDB
                prints the value it could not cast), so only the kind of error is passed on.
        """
        target = self.path(table, partition)
        with _draft(target, f"{table}, {partition}") as draft:
            engine().to_parquet(_as_declared(rows), draft)
            sync(draft)
            draft.replace(target)
            sync(target.parent)
        return target

    def write_partitions(
        self, table: str, rows: ibis.Table, period: ibis.ir.StringValue, partitions: Sequence[str]
    ) -> None:
        """Replace several partitions of a table; the expression is run once.

        Each partition is replaced whole; one without rows is left without a file.

        Args:
            table: ``layer.table``.
            rows: Rows of all these partitions; rows of others are left out.
            period: The partition each row belongs to.
            partitions: Which ones.

        Raises:
            LakeError: As :meth:`write`.
        """
        if len(partitions) == 1:
            self._write_only(table, rows.filter(period == partitions[0]), partitions[0])
            return
        folder = self.path(table).parent
        folder.mkdir(parents=True, exist_ok=True)
        chosen = _as_declared(rows.mutate(**{PERIOD: period})).filter(
            _[PERIOD].isin(list(partitions))
        )
        drafted = TemporaryDirectory(dir=folder, prefix=".draft-")
        with _one_file_each(partitions), drafted as drafts:
            try:
                engine().to_parquet(chosen, drafts, partition_by=PERIOD)
            except duckdb.Error as error:
                raise LakeError(f"{table}: {type(error).__name__}") from None
            for partition in partitions:
                draft = Path(drafts, f"{PERIOD}={quote(partition, safe='')}", "data_0.parquet")
                target = self.path(table, partition)
                if draft.exists():
                    sync(draft)
                    draft.replace(target)
                else:
                    target.unlink(missing_ok=True)
        sync(folder)

    def _write_only(self, table: str, rows: ibis.Table, partition: str) -> None:
        """One partition, on every core: several take one thread, lest each writes files."""
        path = self.write(table, rows, partition)
        if parquet.read_metadata(path).num_rows == 0:
            path.unlink()


def _as_declared(rows: ibis.Table) -> ibis.Table:
    """Rows whose whole numbers have the type they are said to have.

    DuckDB's sums of integers have 128 bits, which Parquet lacks and it writes as floats. Ibis takes
    them for 64 bits and leaves a cast to that out, so the cast is made without asking it.
    """
    whole = {name: kind for name, kind in rows.schema().items() if kind.is_integer()}
    return rows.mutate(**{name: Cast(rows[name], kind).to_expr() for name, kind in whole.items()})


@contextmanager
def _one_file_each(partitions: Sequence[str]) -> Iterator[None]:
    """Have the engine write one file per partition.

    Of itself it writes one for each of its threads, and another whenever it closed one to keep
    the number of open files down.
    """
    files = len(partitions) + 1
    engine().raw_sql(f"SET threads = 1; SET partitioned_write_max_open_files = {files}")
    try:
        yield
    finally:
        engine().raw_sql("RESET threads; RESET partitioned_write_max_open_files")


@contextmanager
def _draft(target: Path, what: str) -> Iterator[Path]:
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{uuid4().hex}.tmp")
    try:
        yield draft
    except duckdb.Error as error:
        raise LakeError(f"{what}: {type(error).__name__}") from None
    finally:
        draft.unlink(missing_ok=True)


def empty(contract: type[Contract]) -> ibis.Table:
    """A table of the contract's columns and types without a row."""
    columns = contract.to_schema().columns
    schema = ibis.schema({name: column.dtype.type for name, column in columns.items()})
    return ibis.memtable(schema.to_pyarrow().empty_table(), schema=schema)


def raw_table(table: str) -> str:
    """The table as delivered that a core table is made from: ``raw.lessons``."""
    return table.replace("core.", "raw.")


def sync(path: Path) -> None:
    """Have the disk keep what the file or folder holds now."""
    if os.name == "nt" and path.is_dir():  # Windows cannot open a folder
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
