"""Times the reading of workbooks beside a bare read of the same file; prints a table.

``python benchmarks/workbooks.py [ROWS]`` writes a register with nine columns and reads it in turns,
each time in a process of its own: by openpyxl row by row, which is the limit, by our reader of
cells, and judged to the last record. Ratios are of processor time.
"""

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from lessons import identity_numbers

ROUNDS = 3
LIMIT_SECONDS = 20
ROWS = 100_000
NAME = "elever_10000001_2016VT.xlsx"
HEADINGS = (
    "Personnummer",
    "Skolenhetskod",
    "Termin",
    "Årskurs",
    "Klass",
    "Från",
    "Till",
    "Boende stadsdel, kod",
    "Nyanländ",
)
NAMES = {
    "bare": "openpyxl, row by row, nothing else (the limit)",
    "read": "Samverkan: cells read",
    "ours": "Samverkan: judged, pseudonymised, quarantined, repeats out",
}


def write_workbook(path: Path, *, rows: int) -> None:
    """Write a register of so many invented pupils; one in a thousand has a faulty grade level.

    Args:
        path: Where.
        rows: How many.
    """
    import datetime as dt

    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("elever")
    sheet.append(HEADINGS)
    start, end = dt.date(2016, 1, 10), dt.date(2016, 6, 10)
    for n, number in enumerate(identity_numbers(np.arange(rows)).tolist()):
        level = "nio" if n % 1000 == 0 else 7 + n % 3
        place = f"stadsdel-{n % 14}"
        sheet.append([number, "10000001", "2016VT", level, f"{n % 9}A", start, end, place, "nej"])
    book.save(path)
    book.close()


def bare(path: Path, folder: Path) -> int:
    """Every cell by openpyxl."""
    import openpyxl

    del folder
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    return sum(1 for _ in book.worksheets[0].iter_rows(values_only=True)) - 1


def read(path: Path, folder: Path) -> int:
    """Every cell by our reader, as records."""
    from pipelines.ingest.formats.xlsx import CONTAINER
    from pipelines.ingest.recognition import recognise

    del folder
    return sum(map(len, CONTAINER.records(path, recognise(path, path.name), strictly=False)))


def ours(path: Path, folder: Path) -> int:
    """Read and judged to the last record."""
    import datetime as dt

    from pipelines.ingest.blocks import Judges
    from pipelines.ingest.recognition import judge_file
    from pipelines.ingest.vault import Vault

    judges = Judges.of(Vault(folder / "vault"), today=dt.datetime.now(dt.UTC).date())
    return judge_file(path, path.name, judges, folder).judged.records


CONTESTANTS: dict[str, Callable[[Path, Path], int]] = {"bare": bare, "read": read, "ours": ours}


def measured(name: str, path: Path, folder: Path) -> dict[str, float]:
    """Seconds and peak memory [MB] of one contestant, after a warm-up on a small file."""
    small = folder / path.name
    write_workbook(small, rows=10)
    CONTESTANTS[name](small, folder)
    started, used = time.perf_counter(), time.process_time()
    rows = CONTESTANTS[name](path, folder)
    seconds, processor = time.perf_counter() - started, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "processor": processor, "peak_mb": peak, "rows": rows}


def table(rows: int, rounds: int = ROUNDS) -> list[str]:
    """The figures as lines of Markdown."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in NAMES}
    with TemporaryDirectory() as folder:
        path = Path(folder) / NAME
        write_workbook(path, rows=rows)
        for _ in range(rounds):
            for name in NAMES:
                found[name].append(_alone(name, path))
    lines = [
        "| rows | what | seconds, median | ratio to the limit, median | peak memory, MB |",
        "|---:|---|---:|---:|---:|",
    ]
    for name, what in NAMES.items():
        seconds = statistics.median(one["seconds"] for one in found[name])
        pairs = zip(found[name], found["bare"], strict=True)
        ratio = statistics.median(one["processor"] / bare["processor"] for one, bare in pairs)
        peak = max(one["peak_mb"] for one in found[name])
        lines.append(f"| {rows:,} | {what} | {seconds:.1f} | {ratio:.2f} | {peak:.0f} |")
        if name == "ours" and seconds > LIMIT_SECONDS:
            print(f"above the limit of {LIMIT_SECONDS} seconds", file=sys.stderr)
    return lines


def _alone(name: str, path: Path) -> dict[str, float]:
    with TemporaryDirectory(dir=path.parent) as folder:
        command = [sys.executable, __file__, name, str(path), folder]
        done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    alone: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return alone


if __name__ == "__main__":
    if len(sys.argv) > 2:  # noqa: PLR2004 - a contestant, a file and a folder
        print(json.dumps(measured(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))))
    else:
        size = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
        print("\n".join(table(size)))
