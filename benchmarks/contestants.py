"""Ways to bring a lesson file to typed Parquet, each run alone in a process of its own.

``python benchmarks/contestants.py NAME FILE FOLDER`` prints seconds, peak memory [MB] and the
rows accepted, as JSON. ``bare`` is the limit: it reads and writes and judges nothing.
"""

import datetime as dt
import json
import resource
import sys
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

NAMES = [
    "personnummer",
    "skolenhetskod",
    "datum",
    "start",
    "amne",
    "minuter",
    "franvaro_min",
    "franvarotyp",
]
STATUSES = {
    "": "present",
    "G": "authorised",
    "O": "unauthorised",
    "S": "late",
    "A": "other_activity",
    "R": "unreported",
}


def bare(file: Path, folder: Path) -> int:
    """DuckDB, CSV to typed Parquet, nothing else; minutes stay text, for some are faulty."""
    import duckdb

    types = dict.fromkeys(NAMES, "VARCHAR") | {"datum": "DATE", "franvaro_min": "BIGINT"}
    rows = f"read_csv('{file}', auto_detect=false, header=true, delim=';', columns={types})"
    with duckdb.connect() as connection:
        connection.execute(f"COPY (FROM {rows}) TO '{folder / 'bare.parquet'}' (FORMAT parquet)")
    return 0


def ours(file: Path, folder: Path) -> int:
    """Samverkan: SHA-256, strict reading, judgement, pseudonyms, quarantine, repeats, Parquet."""
    from pipelines.ingest.recognition import sha256_of

    return _judged(sha256_of(file), file, folder)


def judgement(file: Path, folder: Path) -> int:
    """The same of a file whose SHA-256 is known: it is taken when a file is received."""
    return _judged("a" * 64, file, folder)


def _judged(delivery_id: str, file: Path, folder: Path) -> int:
    from pipelines.ingest.blocks import Judges
    from pipelines.ingest.recognition import judge_files
    from pipelines.ingest.vault import Vault

    judges = Judges.of(Vault(folder / "vault"), today=dt.datetime.now(dt.UTC).date())
    judged = next(judge_files([(delivery_id, file, file.name)], judges, folder)).judged
    if judged.cause or judged.records != judged.accepted + judged.quarantined + judged.duplicates:
        raise RuntimeError(judged.cause or "records are not conserved")
    return judged.accepted


def pandas_pandera(file: Path, folder: Path) -> int:
    """What a user would write: pandas, pandera.pandas, a dictionary of pseudonyms, Parquet."""
    import pandas as pd
    import pandera.pandas as pa

    rows = pd.read_csv(file, sep=";", dtype=str, keep_default_na=False)
    minutes = pd.to_numeric(rows["minuter"], errors="coerce")
    rows["franvarotyp"] = rows["franvarotyp"].map(STATUSES)
    known = {number for number in rows["personnummer"].unique() if _has_check(number)}
    is_good = minutes.notna() & rows["franvarotyp"].notna() & rows["personnummer"].isin(known)
    rows[~is_good].to_parquet(folder / "quarantine.parquet")
    good = rows[is_good].assign(
        minuter=minutes[is_good].astype("int64"),
        franvaro_min=rows["franvaro_min"][is_good].astype("int64"),
        datum=pd.to_datetime(rows["datum"][is_good], format="%Y-%m-%d"),
    )
    good = good.drop_duplicates(["personnummer", "skolenhetskod", "datum", "start"])
    pupils = {number: place for place, number in enumerate(good["personnummer"].unique())}
    good["personnummer"] = good["personnummer"].map(pupils)
    schema = pa.DataFrameSchema(
        {
            "skolenhetskod": pa.Column(str, pa.Check.str_matches(r"^\d{8}$")),
            "start": pa.Column(str, pa.Check.str_matches(r"^\d{2}:\d{2}$")),
            "minuter": pa.Column(int, pa.Check.in_range(1, 600)),
            "franvaro_min": pa.Column(int, pa.Check.in_range(0, 600)),
            "franvarotyp": pa.Column(str, pa.Check.isin(list(STATUSES.values()))),
        },
        checks=pa.Check(lambda frame: frame["franvaro_min"] <= frame["minuter"]),
    )
    schema.validate(good, lazy=True).to_parquet(folder / "pandas.parquet")
    return len(good)


def polars_streaming(file: Path, folder: Path) -> int:
    """Polars, streaming: typed, judged row by row, without pseudonyms and check digits."""
    import polars as pl

    rows = pl.scan_csv(file, separator=";", infer_schema=False).with_columns(
        pl.col("minuter").cast(pl.Int64, strict=False),
        pl.col("franvaro_min").cast(pl.Int64, strict=False),
        pl.col("datum").str.to_date("%Y-%m-%d", strict=False),
        pl.col("franvarotyp").fill_null("").replace_strict(STATUSES, default=None),
    )
    is_good = (
        pl.col("minuter").is_between(1, 600)
        & (pl.col("franvaro_min") <= pl.col("minuter"))
        & pl.col("datum").is_not_null()
        & pl.col("franvarotyp").is_not_null()
        & pl.col("start").str.contains(r"^\d{2}:\d{2}$")
    ).fill_null(value=False)
    good = rows.filter(is_good).sink_parquet(folder / "polars.parquet", lazy=True)
    held = rows.filter(~is_good).sink_parquet(folder / "quarantine.parquet", lazy=True)
    pl.collect_all([good, held], engine="streaming")
    return int(pl.scan_parquet(folder / "polars.parquet").select(pl.len()).collect().item())


def _has_check(number: str) -> bool:
    digits = [int(c) * (2 - i % 2) for i, c in enumerate(number[2:])]
    return sum(sum(divmod(d, 10)) for d in digits) % 10 == 0


CONTESTANTS: dict[str, Callable[[Path, Path], int]] = {
    "bare": bare,
    "ours": ours,
    "judgement": judgement,
    "polars": polars_streaming,
    "pandas": pandas_pandera,
}


def measured(name: str, file: Path, folder: Path) -> dict[str, float]:
    """Seconds and peak memory of one contestant, after a warm-up on a thousand lines."""
    small = folder / "small"
    small.mkdir()
    sample = small / file.name
    with file.open("rb") as source:
        sample.write_bytes(b"".join(islice(source, 1000)))
    CONTESTANTS[name](sample, small)
    started = time.perf_counter()
    accepted = CONTESTANTS[name](file, folder)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "peak_mb": peak, "accepted": accepted}


if __name__ == "__main__":
    print(json.dumps(measured(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))))
