"""Values of indicators on a Spark Connect endpoint, in a process of its own.

``python -m tests.pipelines.indicators.spark_client ENDPOINT LAKE VALUES NAME...`` has the server
read the files of ``LAKE/core/<table>`` and writes ``VALUES/<indicator>.parquet``.
"""

import sys
from pathlib import Path

import ibis
from pyarrow import parquet

from pipelines.indicators.registry import load_indicators

INDICATORS = load_indicators()  # pandera, which comes with it, is not to find PySpark
sys.path.append(str(Path(sys.prefix, "cluster")))


def write_values(endpoint: str, lake: Path, values: Path, names: list[str]) -> None:
    """Compute some indicators on the server and write each to a file."""
    from pyspark.sql import SparkSession  # noqa: PLC0415  not to be found any earlier

    session = SparkSession.builder.remote(endpoint).getOrCreate()
    spark = ibis.pyspark.connect(session)
    core = (lake / "core").iterdir()
    found = {f.name: spark.read_parquet(str(f), table_name=f.name) for f in core}
    for name in names:
        wanted = (table.split(".")[1] for table in INDICATORS[name].sources)
        rows = INDICATORS[name].values(**{table: found[table] for table in wanted})
        parquet.write_table(spark.to_pyarrow(rows), values / f"{name}.parquet")
    session.stop()


if __name__ == "__main__":
    write_values(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:])
