"""Times the target group of one month's run of a city; writes a part of docs/performance.md.

``python benchmarks/target_group.py [PUPILS] [ROUNDS]`` makes a lake of core tables, and runs in
turn, each in a process of its own: what a run of the month makes (the monthly table of the term,
the frozen group, sizes, sensitivity, selection); the monthly table alone; the same of all terms;
every table of participation, money, designs and ambitions over all years; and the limit, DuckDB
reading the same registers, marks and months and grouping them by pupil, nothing judged. Ratios are
of processor time without start-up.
"""

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from city import TERM, write_city

from pipelines.lake import Lake

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "performance.md"
BEGIN, END = "<!-- target group: begin -->", "<!-- target group: end -->"
PUPILS, ROUNDS, YEARS = 40_000, 3, 6
MOST_SECONDS = {"every": 5, "pilot": 10}
NAMES = {
    "limit": "DuckDB reads and groups the same rows by pupil, nothing judged (the limit)",
    "month": "Samverkan: every pupil of every month of the term",
    "every": "Samverkan: that, the frozen group, sizes, sixteen pairs of limits, selection",
    "terms": "Samverkan: the same of every term of the six years, in one run",
    "pilot": "Samverkan: every table of participation, money, designs and ambitions, all years",
}
READ = ("core.enrolments", "core.grades", "core.attendance")


def limit(lake: Lake, folder: Path) -> None:
    """The rows that the term rests on, read and grouped as any answer must."""
    from pipelines.engine import engine

    for name, key in zip(READ, ("term", "term, subject_code, mark", "month"), strict=True):
        files = [str(path) for path in _files(lake, name)]
        sums = "sum(scheduled_minutes), sum(reported_minutes)" if key == "month" else "count(*)"
        engine().raw_sql(
            f"COPY (SELECT student_id, {key}, {sums} FROM read_parquet({files}) GROUP BY ALL) "
            f"TO '{folder / name}.parquet'"
        )


def _files(lake: Lake, name: str) -> list[Path]:
    from schemas.calendar import months_of_term, term_before
    from schemas.contract import load_contracts

    terms = [term_before(TERM), TERM]
    months = [month for term in terms for month in months_of_term(term)]
    wanted = months if load_contracts()[name].partition() == "month" else terms
    return [path for one in wanted if (path := lake.path(name, one)).exists()]


def month(lake: Lake, folder: Path) -> None:
    """The monthly table alone."""
    _months(lake, Lake(folder), [TERM])


def every(lake: Lake, folder: Path) -> None:
    """All tables of the term."""
    _all(lake, Lake(folder), [TERM])


def terms(lake: Lake, folder: Path) -> None:
    """All tables of every term."""
    from schemas.calendar import term_order

    found = _core(lake, "core.enrolments").select("term").distinct().to_pyarrow()["term"]
    _all(lake, Lake(folder), sorted(found.to_pylist(), key=term_order))


def _core(lake: Lake, name: str):  # noqa: ANN202
    from schemas.contract import load_contracts

    return lake.read(name, load_contracts()[name])


def _months(lake: Lake, into: Lake, terms: list[str]) -> None:
    from pipelines.targeting.months import pupils_of_months

    rows = pupils_of_months(*(_core(lake, name) for name in READ), terms=terms)
    into.write_partitions("pilot.target_group", rows, rows.term, terms)


def _all(lake: Lake, into: Lake, terms: list[str]) -> None:
    """What the assets do, each table written before the next reads it."""
    from pipelines.lake import empty
    from pipelines.sharing import share_within
    from pipelines.targeting.pupils import pupils_of_terms
    from pipelines.targeting.selection import likeness, matrix, selection
    from pipelines.targeting.sensitivity import sensitivity
    from pipelines.targeting.terms import sizes
    from pipelines.targeting.windows import in_turn
    from schemas.target_group import SelectionCriteria, TargetGroupEstimates, TargetGroupPupils

    share_within("benchmark")
    _months(lake, into, terms)
    rows = in_turn(pupils_of_terms, terms, *(_core(lake, name) for name in READ))
    into.write_partitions("pilot.target_group_pupils", rows, rows.term, terms)
    pupils = into.read("pilot.target_group_pupils", TargetGroupPupils, partitions=terms)
    said = empty(SelectionCriteria)
    support = [_core(lake, f"core.{name}") for name in ("participation", "project_schools")]
    made = {
        "target_group_terms": sizes(pupils, empty(TargetGroupEstimates)),
        "target_group_sensitivity": sensitivity(pupils),
        "selection": selection(pupils, *support, said),
        "selection_matrix": matrix(said),
        "selection_likeness": likeness(said),
    }
    for name, table in made.items():
        into.write_partitions(f"pilot.{name}", table, table.term, terms)


def pilot(lake: Lake, folder: Path) -> None:
    """Every other table of the pilot, each by its asset's own function and written."""
    import dagster as dg

    from assets import ambitions, designs, money, participation
    from assets.lake import contract_named, table_name
    from pipelines.sharing import share_within

    share_within("benchmark")
    modules = (participation, money, designs, ambitions)
    found = [one for module in modules for one in vars(module).values()]
    waiting = {table_name(a.key): a for a in found if isinstance(a, dg.AssetsDefinition) and a.keys}
    into = Lake(folder)
    made = set()
    while waiting:
        name, asset = next(
            (name, asset)
            for name, asset in waiting.items()
            if not {table_name(key) for key in asset.keys_by_input_name.values()} & waiting.keys()
        )
        inputs = {
            argument: (into if table_name(key) in made else lake).read(
                table_name(key), contract_named(table_name(key))
            )
            for argument, key in asset.keys_by_input_name.items()
        }
        started = time.perf_counter()
        into.write(name, asset.op.compute_fn.decorated_fn(**inputs))
        print(f"{name}: {time.perf_counter() - started:.2f} s", file=sys.stderr)
        made.add(name)
        del waiting[name]


CONTESTANTS: dict[str, Callable[[Lake, Path], None]] = {
    "limit": limit,
    "month": month,
    "every": every,
    "terms": terms,
    "pilot": pilot,
}


def measured(name: str, lake: Lake, folder: Path) -> dict[str, float]:
    """Seconds and processor seconds of one contestant without start-up, and peak memory [MB]."""
    import pandas as pd

    from assets.definitions import defs
    from pipelines.engine import engine
    from schemas.contract import load_contracts

    engine(), load_contracts(), pd.DataFrame(), defs
    used, started = time.process_time(), time.perf_counter()
    CONTESTANTS[name](lake, folder)
    return {
        "seconds": time.perf_counter() - started,
        "processor": time.process_time() - used,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main(pupils: int, rounds: int) -> None:
    """Run all and rewrite the table."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in NAMES}
    with TemporaryDirectory() as folder:
        lake = _city(Path(folder, "city"), pupils)
        for number in range(rounds):
            for name in NAMES:
                found[name].append(_alone(name, lake, Path(folder)))
                print(f"round {number + 1}: {name} {found[name][-1]}", flush=True)
    lines = _table(pupils, found)
    page = PAGE.read_text("utf-8")
    before, rest = page.split(BEGIN, 1)
    PAGE.write_text(
        f"{before}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{rest.split(END, 1)[1]}", "utf-8"
    )
    print("\n".join(lines))


def _city(folder: Path, pupils: int) -> Lake:
    """The lake, made by another process: a child counts its parent's peak memory as its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
        return apart.submit(_with_members, folder, pupils).result()


def _with_members(folder: Path, pupils: int) -> Lake:
    """The city, and the indicator that the tables of participation read."""
    from pipelines.indicators.registry import load_indicators
    from schemas.contract import load_contracts

    lake = write_city(folder, pupils=pupils, years=YEARS, seed=1)
    indicator = load_indicators()["target_group"]
    tables = {
        name.split(".")[1]: lake.read(name, load_contracts()[name]) for name in indicator.sources
    }
    lake.write("indicator.target_group", indicator.values(**tables))
    return lake


def _alone(name: str, lake: Lake, folder: Path) -> dict[str, float]:
    with TemporaryDirectory(dir=folder) as values:
        command = [sys.executable, __file__, name, str(lake.folder), values]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
    alone: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return alone


def _table(pupils: int, found: dict[str, list[dict[str, float]]]) -> list[str]:
    rounds = len(found["limit"])
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {pupils:,} pupils"
    lines = [
        f"{machine}, {YEARS} years in the lake, {rounds} rounds; `make bench` rewrites this table.",
        "",
        "| what | seconds | processor seconds | ratio to the limit | peak memory, MB |",
        "|---|---:|---:|---:|---:|",
    ]
    used = {
        name: statistics.median(one["processor"] for one in all_of)
        for name, all_of in found.items()
    }
    for name, what in NAMES.items():
        seconds = statistics.median(one["seconds"] for one in found[name])
        ratio = f"{used[name] / used['limit']:.1f}"
        peak = max(one["peak_mb"] for one in found[name])
        lines.append(f"| {what} | {seconds:.1f} | {used[name]:.1f} | {ratio} | {peak:.0f} |")
        if seconds > MOST_SECONDS.get(name, seconds):
            print(f"{name}: above {MOST_SECONDS[name]} seconds", file=sys.stderr)
    return lines


if __name__ == "__main__":
    if len(sys.argv) > 3:  # noqa: PLR2004 - a contestant, a lake and a folder
        print(json.dumps(measured(sys.argv[1], Lake(Path(sys.argv[2])), Path(sys.argv[3]))))
    else:
        main(*(int(n) for n in sys.argv[1:]), *(PUPILS, ROUNDS)[len(sys.argv) - 1 :])
