"""The same definitions on a Spark Connect server as on DuckDB: one of every kind of expression."""

import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from pyarrow import parquet

from pipelines.indicators.registry import load_indicators
from pipelines.lake import Lake
from schemas.contract import load_contracts
from tests.reference.histories import invented

INDICATORS = load_indicators()
NAMES = (
    "unauthorised_absence_rate",
    "register_coverage",
    "longest_unauthorised_streak",
    "goal_attainment",
    "eligibility_vocational",
    "merit_value_17",
    "reach",
    "unplanned_dropouts",
)
CLUSTER = Path(sys.prefix, "cluster")
SERVER = """
from pysail.spark import SparkConnectServer
server = SparkConnectServer("127.0.0.1", 0)
server.start(background=True)
print(server.listening_address[1], flush=True)
input()
"""


@pytest.fixture(scope="module")
def endpoint():
    """A server in a process of its own, which ends when nobody can write to it any more."""
    if not CLUSTER.is_dir():
        pytest.skip("Spark is not installed: `make test` does it")
    server = subprocess.Popen(  # noqa: S603  our own words
        [sys.executable, "-c", SERVER],
        env={**os.environ, "PYTHONPATH": str(CLUSTER)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with server:
        port = int(server.stdout.readline())
        yield f"sc://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    """Invented histories in two files for each table, which both engines read."""
    made = Lake(tmp_path_factory.mktemp("lake"))
    history = invented(Random(2013), 100)  # noqa: S311  a seed, not a secret
    for name, rows in history.tables().items():
        half = len(rows) // 2
        for partition, part in (("1", rows.slice(0, half)), ("2", rows.slice(half))):
            path = made.path(f"core.{name}", partition)
            path.parent.mkdir(parents=True, exist_ok=True)
            parquet.write_table(part, path)
    return made


@pytest.fixture(scope="module")
def on_spark(endpoint, lake, tmp_path_factory, repository):
    """Rows by indicator, as the server computed them."""
    values = tmp_path_factory.mktemp("values")
    client = "tests.pipelines.indicators.spark_client"
    subprocess.run(  # noqa: S603  our own words
        [sys.executable, "-m", client, endpoint, str(lake.folder), str(values), *NAMES],
        cwd=repository,
        check=True,
    )
    return {name: _rows(parquet.read_table(values / f"{name}.parquet")) for name in NAMES}


def on_duckdb(name, lake):
    contracts = load_contracts()
    sources = {table: lake.read(table, contracts[table]) for table in INDICATORS[name].sources}
    found = {table.split(".")[1]: rows for table, rows in sources.items()}
    return _rows(INDICATORS[name].values(**found).to_pyarrow())


def _rows(table):
    names = ("student_id", "school_id", "period", "numerator", "denominator", "missing")
    return sorted((tuple(row[n] for n in names) for row in table.to_pylist()), key=repr)


@pytest.mark.parametrize("name", NAMES)
def test_spark_gives_the_rows_that_duckdb_gives(name, lake, on_spark):
    expected = on_duckdb(name, lake)
    assert len({numerator for *_, numerator, _, _ in expected} - {None}) > 1
    assert on_spark[name] == expected
