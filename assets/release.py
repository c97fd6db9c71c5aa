"""The release: results with small cells hidden, and everything that is published from them."""

import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import dagster as dg
import ibis
import pandas as pd

from assets.ambitions import AMBITION_ASSETS
from assets.contracts import contract_check, described, meaning
from assets.crosschecks import all_findings, delivery_freshness
from assets.designs import DESIGN_ASSETS
from assets.lake import LakeIOManager, WorkspaceResource
from assets.money import money_assets
from assets.results import PLACES, result_assets
from pipelines.indicators.registry import load_indicators
from pipelines.releases.contents import Manifest
from pipelines.releases.disclosure import published
from pipelines.releases.release import publish
from pipelines.releases.withdrawing import withdraw
from pipelines.results import Places, conforming, results_table
from schemas.contract import load_contracts
from schemas.deliveries import Deliveries
from schemas.results import PublishedResults

WAREHOUSE_POOL = "warehouse"

RESULTS = {
    results_table(indicator).replace(".", "_"): dg.AssetIn(results_table(indicator).split("."))
    for indicator in load_indicators().values()
    if indicator.is_published
}

OF_EXPERIENCE = [
    dg.AssetKey(name.split("."))
    for name, contract in load_contracts().items()
    if name.startswith(("survey.", "interview.")) and contract.is_released()
]


@dg.asset(
    key=PublishedResults.table().split("."),
    ins={**RESULTS, **PLACES},
    deps=[all_findings],  # a finding that holds publication stops it before anything is made
    description=meaning(PublishedResults),
    metadata=described(PublishedResults),
    kinds={"parquet"},
)
def published_results(**tables: ibis.Table) -> ibis.Table:
    """Results as they may leave, small cells hidden and the cells that would give them away."""
    places = Places(**{name: tables.pop(name) for name in PLACES})
    results = pd.concat([table.execute() for table in tables.values()], ignore_index=True)
    return conforming(published(results, places, load_indicators()), PublishedResults)


published_results_keep_contract = contract_check(published_results, PublishedResults)


@dg.asset(
    key=["release", "current"],
    deps=[
        published_results,
        delivery_freshness,
        all_findings,
        *result_assets,
        *DESIGN_ASSETS,
        *AMBITION_ASSETS,
        dg.AssetKey(Deliveries.table().split(".")),
        *(
            dg.AssetDep(["core", name], partition_mapping=dg.AllPartitionMapping())
            for name in ("attendance", "lessons", "enrolments", "grades", "participation")
        ),
        *(dg.AssetKey(["core", name]) for name in ("students", "costs", "benchmarks")),
        *OF_EXPERIENCE,
        *money_assets,
    ],
    pool=WAREHOUSE_POOL,
    kinds={"duckdb", "html"},
)
def current_release(
    context: dg.AssetExecutionContext,
    workspace: WorkspaceResource,
    io_manager: dg.ResourceParam[LakeIOManager],
) -> dg.MaterializeResult[None]:
    """Warehouse, result tables, report and manifest, put in force in one step."""
    root = workspace.workspace
    manifest = Manifest(code_version=code_version(), is_simulated=root.is_simulated)
    release = publish(io_manager.lake, root.releases, load_indicators(), manifest=manifest)
    withdraw(root)
    context.log.info(f"in force: {release.name}")
    return dg.MaterializeResult(metadata=_where(release))


def code_version() -> str:
    """The program's version, and the commit where it runs from a checkout."""
    here = Path(__file__).parent.parent
    commit = (
        subprocess.run(  # noqa: S603 - our own words
            ["git", "-C", str(here), "rev-parse", "--short=12", "HEAD"],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        )
        if (here / ".git").exists()
        else None
    )
    known = commit.stdout.strip() if commit and commit.returncode == 0 else ""
    return "+".join(filter(None, [version("samverkan"), known]))


def _where(release: Path) -> Mapping[str, dg.MetadataValue]:
    return {
        "release": dg.MetadataValue.text(release.name),
        "report": dg.MetadataValue.path(str(release / "report.html")),
        "warehouse": dg.MetadataValue.path(str(release / "research.duckdb")),
    }
