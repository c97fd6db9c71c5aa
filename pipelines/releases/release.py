"""Publishing: a release is built out of sight, checked, and put in place in one step.

``releases/<release_id>/`` never changes once it has that name; ``releases/current`` points to the
one in force. Whoever reads an old release keeps it. A crash at any step leaves the old
``current``, and the next publication clears away what was left half-made.

A release is named after the minute it was made and its content: the tables, the deliveries they
came from, the parameters and the code version. Content that has a release already gets no second
one; ``current`` is pointed at the one it has.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pandas as pd

from pipelines.indicators.registry import Indicator
from pipelines.lake import Lake, sync
from pipelines.releases.contents import (
    Manifest,
    content_of,
    open_rows,
    pilot_schools,
    quality_of,
    sources,
)
from pipelines.releases.heat import write_freshness_csv, write_freshness_workbook
from pipelines.releases.report import LANGUAGES, Report, render_report
from pipelines.releases.tables import write_csv, write_workbook
from pipelines.releases.warehouse import WAREHOUSE, build_warehouse, extents

CURRENT = "current"
POINTER = "current.txt"
MANIFEST = "manifest.json"
RESULTS_CSV = "results.csv"
RESULTS_XLSX = "results.xlsx"
FRESHNESS_CSV = "freshness.csv"
FRESHNESS_XLSX = "freshness.xlsx"
DRAFT = ".draft"
KEPT = 12
LEAST_KEPT = 3
ORIGIN = ("release_id", "made_at", "code_version", "content_hash", "is_simulated")
READ_ONLY = 0o440


def publish(
    lake: Lake,
    releases: Path,
    indicators: Mapping[str, Indicator],
    *,
    manifest: Manifest,
    at: datetime | None = None,
) -> Path:
    """Publish what the lake holds, unless it was published before.

    Args:
        lake: Holds every table, ``release.results`` among them.
        releases: Folder of the releases; only one publication may run in it at a time.
        indicators: The registry.
        manifest: What else to write down.
        at: The time to put on it; now, if left out.

    Returns:
        The folder of the release in force.

    Raises:
        ReleaseError: If ``release.results`` is missing, breaks its contract or is not of the
            results in the lake.
        WarehouseError: If the warehouse cannot be built or does not read back.
    """
    releases.mkdir(mode=0o700, parents=True, exist_ok=True)
    _clear_drafts(releases)
    rows = open_rows(lake, indicators)
    tables = sources(lake, indicators)
    expected = extents(tables)
    content = content_of(lake, expected, manifest)
    release = _with_content(releases, content["content_hash"])
    if release is None:
        content = _named(content, at or datetime.now(UTC))
        draft = releases / f"{content['release_id']}{DRAFT}"
        draft.mkdir(mode=0o750)
        origin = {name: content[name] for name in ORIGIN}
        with ThreadPoolExecutor(max_workers=1) as beside:
            built = beside.submit(
                build_warehouse, draft / WAREHOUSE, tables, expected=expected, origin=origin
            )
            _write_open_files(draft, _report(lake, indicators, content, rows), manifest)
            built.result()
        _seal(draft, content)
        release = releases / content["release_id"]
        draft.rename(release)
        sync(releases)
    _point_to(release)
    prune(releases)
    return release


def current(releases: Path) -> Path | None:
    """The release in force, under its own name; None before the first.

    Open files by this path, not through ``current``: then nothing changes under a reader.
    """
    pointer, link = releases / POINTER, releases / CURRENT
    if pointer.exists():
        release = releases / pointer.read_text(encoding="utf-8").strip()
    elif link.is_symlink():
        release = releases / link.readlink()
    else:
        return None
    return release if release.is_dir() else None


def prune(releases: Path, *, keep: int = KEPT) -> list[Path]:
    """Delete all but the newest releases and the one in force, and return the deleted ones.

    Raises:
        ValueError: If fewer than three would be kept.
    """
    if keep < LEAST_KEPT:
        raise ValueError(f"at least {LEAST_KEPT} releases are kept, got {keep}")
    old = [release for release in _all(releases)[:-keep] if release != current(releases)]
    for release in old:
        shutil.rmtree(release)
    return old


def _clear_drafts(releases: Path) -> None:
    """Remove what an interrupted publication left."""
    for draft in releases.glob(f"*{DRAFT}"):
        shutil.rmtree(draft)
    for link in releases.glob(f".{CURRENT}-*"):
        link.unlink()


def _all(releases: Path) -> list[Path]:
    """Complete releases, the oldest first."""
    folders = {manifest.parent for manifest in releases.glob(f"*/{MANIFEST}")}
    return sorted(f for f in folders if f.name != CURRENT and not f.name.endswith(DRAFT))


def _with_content(releases: Path, content_hash: str) -> Path | None:
    """The release that holds this content already, if any."""
    for release in reversed(_all(releases)):
        written = json.loads((release / MANIFEST).read_text(encoding="utf-8"))
        if written["content_hash"] == content_hash:
            return release
    return None


def _named(content: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    made_at = at.astimezone(UTC)
    return {
        "release_id": f"{made_at:%Y-%m-%dT%H%MZ}-{content['content_hash'][:8]}",
        "made_at": f"{made_at:%Y-%m-%dT%H:%M:%SZ}",
        **content,
    }


def _report(
    lake: Lake, indicators: Mapping[str, Indicator], content: Mapping[str, Any], rows: pd.DataFrame
) -> Report:
    return Report(
        release_id=content["release_id"],
        made_at=content["made_at"],
        code_version=content["code_version"],
        is_simulated=content["is_simulated"],
        results=rows,
        indicators=indicators,
        pilot_schools=pilot_schools(lake),
        quality=quality_of(lake, indicators),
    )


def _write_open_files(draft: Path, report: Report, manifest: Manifest) -> None:
    """Everything that may leave: made from published rows, never from the warehouse."""
    marked = report.is_simulated
    write_csv(draft / RESULTS_CSV, report.results, report.indicators, is_simulated=marked)
    write_workbook(
        draft / RESULTS_XLSX,
        report.results,
        report.indicators,
        missing=report.quality.missing,
        is_simulated=marked,
    )
    write_freshness_csv(draft / FRESHNESS_CSV, report.quality.freshness, is_simulated=marked)
    write_freshness_workbook(draft / FRESHNESS_XLSX, report.quality.freshness, is_simulated=marked)
    for language in manifest.languages:
        page = render_report(report, language)
        (draft / LANGUAGES[language]).write_text(page, encoding="utf-8", newline="\n")


def _seal(draft: Path, content: Mapping[str, Any]) -> None:
    """Write the manifest with every file's checksum, and have the disk keep it all."""
    files = {path.name: _sha256(path) for path in sorted(draft.iterdir())}
    text = json.dumps({**content, "files": files}, indent=2, ensure_ascii=False)
    (draft / MANIFEST).write_text(f"{text}\n", encoding="utf-8", newline="\n")
    for path in draft.iterdir():
        path.chmod(READ_ONLY)
        sync(path)
    sync(draft)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _point_to(release: Path) -> None:
    """Swap ``current``; where there are no symbolic links, a file that names the release."""
    releases = release.parent
    draft = releases / f".{CURRENT}-{uuid4().hex}"
    try:
        draft.symlink_to(release.name, target_is_directory=True)
        draft.replace(releases / CURRENT)
        (releases / POINTER).unlink(missing_ok=True)
    except OSError:
        with suppress(FileNotFoundError):
            draft.unlink()
        draft.write_text(release.name, encoding="utf-8")
        sync(draft)
        draft.replace(releases / POINTER)
    sync(releases)
