"""Times ingest beside other tools in one run; writes docs/performance.md.

Every figure is a ratio against the bare DuckDB copy made in the same round, because absolute
seconds say more about the machine than about the program. Each contestant runs in a process
of its own; rounds go through all of them in turn, and the median of the rounds is shown.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from lessons import write_lessons

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "performance.md"
SIZES = {1_000_000: 3, 10_000_000: 3, 50_000_000: 1}
LARGEST_OF_ALL = 10_000_000  # beyond it the others need more memory than a small machine has
LIMITS = {"ours": 1.5, "judgement": 1.3}
MEMORY_LIMIT_MB = 1024
NAMES = {
    "bare": "DuckDB CSV → Parquet, nothing else (the limit)",
    "ours": "Samverkan: SHA-256, judged, pseudonymised, quarantined, repeats out",
    "judgement": "Samverkan: the same without the SHA-256",
    "polars": "Polars streaming: typed and judged, no pseudonyms",
    "pandas": "pandas + pandera: the same work as ours",
}
BEGIN, END = "<!-- ingest: begin -->", "<!-- ingest: end -->"


def main() -> None:
    """Run every size and rewrite the table."""
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    lines = [
        f"{machine}; `make bench` rewrites this table.",
        "",
        "| rows | what | seconds, median | ratio to the limit, median | peak memory, MB |",
        "|---:|---|---:|---:|---:|",
    ]
    for rows, rounds in SIZES.items():
        lines += _table(rows, _rounds(rows, rounds))
    page = PAGE.read_text("utf-8")
    before, rest = page.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    PAGE.write_text(f"{before}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{after}", "utf-8")
    print("\n".join(lines))


def _rounds(rows: int, rounds: int) -> dict[str, list[dict[str, float]]]:
    names = [name for name in NAMES if rows <= LARGEST_OF_ALL or name in ("bare", *LIMITS)]
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    with TemporaryDirectory() as folder:
        file = Path(folder) / "lektioner_10000001_2016-03.csv"
        write_lessons(file, rows=rows, seed=1)
        for number in range(rounds):
            for name in names:
                found[name].append(_alone(name, file))
                print(f"{rows} rows, round {number + 1}: {name} {found[name][-1]}", flush=True)
    return found


def _alone(name: str, file: Path) -> dict[str, float]:
    with TemporaryDirectory(dir=file.parent) as folder:
        command = [sys.executable, str(HERE / "contestants.py"), name, str(file), folder]
        done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def _table(rows: int, found: dict[str, list[dict[str, float]]]) -> list[str]:
    lines = []
    for name, rounds in found.items():
        seconds = statistics.median(one["seconds"] for one in rounds)
        pairs = zip(rounds, found["bare"], strict=True)
        ratio = statistics.median(one["seconds"] / bare["seconds"] for one, bare in pairs)
        peak = max(one["peak_mb"] for one in rounds)
        lines.append(f"| {rows:,} | {NAMES[name]} | {seconds:.1f} | {ratio:.2f} | {peak:.0f} |")
        limit = LIMITS.get(name)
        if limit is not None and (ratio > limit or peak > MEMORY_LIMIT_MB):
            print(f"{name}: above {limit} times or {MEMORY_LIMIT_MB} MB", file=sys.stderr)
    return lines


if __name__ == "__main__":
    main()
