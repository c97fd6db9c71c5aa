"""The stages of the main job, in order, and which of them deliveries have made outdated.

One run cannot mix partitionings, so the way from the inbox to a release is five jobs. Which
periods are outdated stands in the ledger, not in the clock: whatever stops half-way goes on
from there, and a month the daemon slept through is made when it wakes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import dagster as dg

from assets.partitions import BY_KIND, key_of, kind_of, period_of
from pipelines.closing import outdate_closed
from pipelines.ingest.ledger import Ledger
from pipelines.lake import WHOLE

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition,
    )

INGEST = "ingest"
JOBS = {"month": "months", "term": "terms", "school_year": "school_years", "release": "publish"}
"""The job that makes each kind of period anew, in the order they depend on each other."""

LONGEST_GAP = 2
FIRST_TAG = "dagster/asset_partition_range_start"
LAST_TAG = "dagster/asset_partition_range_end"
KIND_TAG = "samverkan/kind"


@dataclass(frozen=True, slots=True)
class Stage:
    """A job to run for a range of periods.

    Attributes:
        kind: Kind of period.
        periods: The outdated periods, oldest first.
    """

    kind: str
    periods: tuple[str, ...]

    @property
    def job(self) -> str:
        """Name of the job."""
        return JOBS[self.kind]

    @property
    def tags(self) -> dict[str, str]:
        """Run tags: the kind, and the range of partitions."""
        tags = {KIND_TAG: self.kind}
        if self.kind != "release":
            tags[FIRST_TAG] = key_of(self.kind, self.periods[0])
            tags[LAST_TAG] = key_of(self.kind, self.periods[-1])
        return tags


def next_stage(ledger: Ledger, *, at: datetime | None = None) -> Stage | None:
    """The first stage with outdated periods; None when everything is up to date.

    Consecutive periods go in one run; a gap starts another, so that a correction of an old
    month does not remake the years between. Periods the partitioning does not have (before
    2011, or a term not yet begun) are entered as done. A period that closed since the last
    release outdates it, for the mark on its figures goes.

    Args:
        ledger: Says what is outdated.
        at: The moment; now, if left out.
    """
    outdate_closed(ledger, (at or datetime.now(UTC)).date())
    for kind in JOBS:
        pending = ledger.pending().get(kind, [])
        if kind == "release":
            return Stage(kind, (WHOLE,)) if pending else None
        keys = BY_KIND[kind].get_partition_keys()
        known = [period for period in pending if key_of(kind, period) in keys]
        ledger.done(kind, sorted(set(pending) - set(known)))
        if known:
            return Stage(kind, tuple(_consecutive(kind, known, keys)))
    return None


def finish(ledger: Ledger, stage: Stage, *, at: datetime | None = None) -> None:
    """Enter a stage as done; of a release also when, for periods that close later."""
    ledger.done(stage.kind, stage.periods)
    if stage.kind == "release":
        ledger.published(at)


def stage_of_run(tags: dict[str, str]) -> Stage | None:
    """The stage a run was, from its tags; None for any other run."""
    kind = tags.get(KIND_TAG)
    if kind is None:
        return None
    if kind == "release":
        return Stage(kind, (WHOLE,))
    keys = BY_KIND[kind].get_partition_keys_in_range(
        dg.PartitionKeyRange(tags[FIRST_TAG], tags[LAST_TAG])
    )
    return Stage(kind, tuple(period_of(kind, key) for key in keys))


def stage_jobs(assets: list[dg.AssetsDefinition]) -> list["UnresolvedAssetJobDefinition"]:
    """The five jobs: each asset is in exactly one."""
    by_job: dict[str, list[dg.AssetKey]] = {name: [] for name in (INGEST, *JOBS.values())}
    for asset in assets:
        by_job[_job_of(asset)] += list(asset.keys)
    return [
        dg.define_asset_job(name, selection=dg.AssetSelection.assets(*keys))
        for name, keys in by_job.items()
    ]


def _job_of(asset: dg.AssetsDefinition) -> str:
    kind = kind_of(asset.partitions_def)
    if kind is not None:
        return JOBS[kind]
    is_delivered = any(key.path[0] in ("raw", "quarantine", "core") for key in asset.keys)
    is_students = dg.AssetKey(["core", "students"]) in asset.keys
    return INGEST if is_delivered and not is_students else JOBS["release"]


def _consecutive(kind: str, periods: Sequence[str], keys: Sequence[str]) -> list[str]:
    """The first periods with no gap longer than a July, in which no school delivers."""
    places = {key: place for place, key in enumerate(keys)}
    steps = [places[key_of(kind, period)] for period in periods]
    gaps = (later - earlier for earlier, later in pairwise(steps))
    length = next((at for at, gap in enumerate(gaps, 1) if gap > LONGEST_GAP), len(periods))
    return list(periods[:length])
