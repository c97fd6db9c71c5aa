"""Times the indicators of one month of a city; writes a part of docs/performance.md.

``python benchmarks/indicators.py [PUPILS] [ROUNDS]`` makes a lake of core tables, and times in
turn, each in a process of its own: every indicator of the month, its term and its school year;
the month's alone; and the month's by a table of pupil and day (:mod:`daily_fact`). Ratios are of
processor time without start-up. What the stages would write anew for a month is counted.
"""

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from city import MONTH, SCHOOL_YEAR, TERM, write_city
from daily_fact import INDICATORS, by_duckdb, by_pandas

from pipelines.lake import Lake

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "performance.md"
BEGIN, END = "<!-- indicators: begin -->", "<!-- indicators: end -->"
PUPILS, ROUNDS = 40_000, 3
YEARS = (1, 6)
MOST_SECONDS, MOST_MB, LEAST_RATIO = 15, 1024, 20
PERIODS = {"month": MONTH, "term": TERM, "school_year": SCHOOL_YEAR}
NAMES = {
    "every": "Samverkan: every indicator of the month, its term and its school year",
    "every, 6 years": "the same, with six school years in the lake",
    "month": "Samverkan: the eight monthly indicators of absence",
    "month, 6 years": "the same, with six school years in the lake",
    "duckdb": "a table of pupil and day in DuckDB, the same eight from it",
    "pandas": "a table of pupil and day in pandas, the same eight from it",
}


def every(lake: Lake, folder: Path) -> None:
    """Attendance and patterns of the month from its lessons, then the whole registry."""
    from pipelines.indicators.registry import load_indicators
    from pipelines.sharing import share_within

    _sums_of_lessons(lake)
    share_within("benchmark")
    for name in load_indicators():
        _write(lake, folder, name)


def month(lake: Lake, folder: Path) -> None:
    """The same with only the indicators that the table of pupil and day gives."""
    from pipelines.sharing import share_within

    _sums_of_lessons(lake)
    share_within("benchmark")
    for name in INDICATORS:
        _write(lake, folder, name)


def _sums_of_lessons(lake: Lake) -> None:
    from pipelines.absence_patterns import absence_patterns
    from pipelines.core import sum_of_lessons, with_finer_months
    from pipelines.lake import empty
    from schemas.attendance import AbsencePatterns, Attendance, Days, Lessons

    lessons = lake.read("core.lessons", Lessons, partitions=[MONTH])
    summed = with_finer_months(empty(Attendance), sum_of_lessons(lessons))
    lake.write_partitions("core.attendance", summed, summed.month, [MONTH])
    days = lake.read("core.days", Days, partitions=[MONTH])
    found = absence_patterns(lessons, days).select(AbsencePatterns.columns())
    lake.write_partitions("core.absence_patterns", found, found.month, [MONTH])


def _write(lake: Lake, folder: Path, name: str) -> None:
    """What the asset does: read the partitions it maps to, keep its own period."""
    from pipelines.indicators.registry import load_indicators
    from pipelines.windows import within
    from schemas.contract import load_contracts

    indicator, tables = load_indicators()[name], {}
    for source in indicator.sources:
        contract = load_contracts()[source]
        is_alone = indicator.period == "month" or not indicator.looks_back
        kind = contract.partition() if is_alone else None
        mapped = None if kind is None else _within(indicator.period, kind)
        tables[source.split(".")[1]] = lake.read(source, contract, partitions=mapped)
    period = PERIODS[indicator.period]
    read = tables if indicator.period == "month" else within(indicator, tables, [period])
    values = indicator.values(**read)
    Lake(folder).write_partitions(indicator.table, values, values.period, [period])


def _within(period: str, kind: str) -> list[str]:
    """Partitions of a source that lie in the indicator's period, or that it lies in."""
    from schemas.calendar import months_of_term

    return months_of_term(TERM) if (period, kind) == ("term", "month") else [PERIODS[kind]]


CONTESTANTS: dict[str, Callable[[Lake, Path], None]] = {
    "every": every,
    "month": month,
    "duckdb": by_duckdb,
    "pandas": by_pandas,
}


def measured(name: str, lake: Lake, folder: Path) -> dict[str, float]:
    """Processor seconds of one contestant without start-up, and peak memory [MB]."""
    import pandas as pd

    from pipelines.engine import engine
    from pipelines.indicators.registry import load_indicators

    engine(), load_indicators(), pd.DataFrame()
    used = time.process_time()
    CONTESTANTS[name](lake, folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"processor": time.process_time() - used, "peak_mb": peak}


def main(pupils: int, rounds: int) -> None:
    """Run all and rewrite the table."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in NAMES}
    with TemporaryDirectory() as folder:
        lakes = {years: _city(Path(folder, f"{years}"), pupils, years) for years in YEARS}
        for number in range(rounds):
            for name in NAMES:
                lake = lakes[YEARS[1] if "years" in name else YEARS[0]]
                found[name].append(_alone(name.split(",")[0], lake, Path(folder)))
                print(f"round {number + 1}: {name} {found[name][-1]}", flush=True)
    lines = [*_table(pupils, found), "", *_corrected()]
    page = PAGE.read_text("utf-8")
    before, rest = page.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    PAGE.write_text(f"{before}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{after}", "utf-8")
    print("\n".join(lines))


def _city(folder: Path, pupils: int, years: int) -> Lake:
    """The lake, made by another process: a child counts its parent's peak memory as its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
        return apart.submit(write_city, folder, pupils=pupils, years=years, seed=1).result()


def _alone(name: str, lake: Lake, folder: Path) -> dict[str, float]:
    with TemporaryDirectory(dir=folder) as values:
        command = [sys.executable, __file__, name, str(lake.folder), values]
        started = time.perf_counter()
        done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
        seconds = time.perf_counter() - started
        sums = _sums(Path(values)) if name != "every" else {}
    alone: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    if sums and sums != FIRST_SUMS.setdefault(str(lake.folder), sums):
        raise RuntimeError(f"{name} gives other figures")
    return {"seconds": seconds, **alone}


FIRST_SUMS: dict[str, dict[str, tuple[float, ...]]] = {}
"""Rows and sums of each monthly indicator by lake, which all contestants must agree on."""


def _sums(folder: Path) -> dict[str, tuple[float, ...]]:
    import pandas as pd

    sums = {}
    for name in INDICATORS:
        path = folder / f"{name}.parquet"
        ours = folder / "indicator" / name / f"{MONTH}.parquet"
        rows = pd.read_parquet(path if path.exists() else ours).dropna(subset=["numerator"])
        sums[name] = (len(rows), round(rows["numerator"].sum(), 3), rows["denominator"].sum())
    return sums


def _table(pupils: int, found: dict[str, list[dict[str, float]]]) -> list[str]:
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {pupils:,} pupils"
    rounds = len(found["every"])
    lines = [
        f"{machine}, {pupils * 100:,} lessons, {rounds} rounds; `make bench` rewrites this table.",
        "",
        "| what | seconds, whole process | processor seconds of the work | peak memory, MB |",
        "|---|---:|---:|---:|",
    ]
    used = {}
    for name, what in NAMES.items():
        seconds = statistics.median(one["seconds"] for one in found[name])
        used[name] = statistics.median(one["processor"] for one in found[name])
        peak = max(one["peak_mb"] for one in found[name])
        lines.append(f"| {what} | {seconds:.1f} | {used[name]:.1f} | {peak:.0f} |")
        if name == "every" and (seconds > MOST_SECONDS or peak > MOST_MB):
            print(f"above {MOST_SECONDS} seconds or {MOST_MB} MB", file=sys.stderr)
    ratios = {name: used[name] / used["month"] for name in ("duckdb", "pandas")}
    if min(ratios.values()) < LEAST_RATIO:
        print(f"less than {LEAST_RATIO} times cheaper than pupil and day", file=sys.stderr)
    growth = {name: used[f"{name}, 6 years"] / used[name] for name in ("month", "every")}
    beside = ", ".join(f"{name} {ratio:.1f}" for name, ratio in ratios.items())
    grown = f"the month's {growth['month']:.2f}, every indicator {growth['every']:.2f}"
    return [
        *lines,
        "",
        f"Processor time of a table of pupil and day over ours: {beside} (goal {LEAST_RATIO}).",
        f"Six school years in the lake over one: {grown}.",
    ]


def _corrected() -> list[str]:
    """Partitions that the stages write anew when lessons of one month are corrected."""
    from assets.definitions import ASSETS
    from assets.partitions import BY_KIND, kind_of
    from pipelines.ingest.ledger import outdated_by

    anew = Counter(kind for kind, _ in outdated_by([MONTH]))
    tables = Counter(kind_of(asset.partitions_def) for asset in ASSETS)
    years = YEARS[1]
    in_all = {"month": 12 * years, "term": 2 * years, "school_year": years}
    lines = [
        f"Written anew when lessons of {MONTH} are corrected, of {years} school years:",
        "",
        "| period | tables | periods | partitions written | of |",
        "|---|---:|---:|---:|---:|",
    ]
    for kind in BY_KIND:
        written, known = tables[kind] * anew[kind], tables[kind] * in_all[kind]
        lines.append(f"| {kind} | {tables[kind]} | {anew[kind]} | {written} | {known} |")
    return lines


if __name__ == "__main__":
    if len(sys.argv) > 3:  # noqa: PLR2004 - a contestant, a lake and a folder
        print(json.dumps(measured(sys.argv[1], Lake(Path(sys.argv[2])), Path(sys.argv[3]))))
    else:
        main(*(int(n) for n in sys.argv[1:]), *(PUPILS, ROUNDS)[len(sys.argv) - 1 :])
