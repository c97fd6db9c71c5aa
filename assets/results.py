"""One result table per indicator: schools, projects, groups and the city, year by year."""

import dagster as dg
import ibis

from assets.clock import moment_of
from assets.contracts import contract_check, described, meaning
from pipelines.indicators.registry import Indicator, load_indicators
from pipelines.results import Places, conforming, results_of, results_table
from schemas.results import Results

PLACES = {
    "schools": dg.AssetIn(["core", "schools"]),
    "projects": dg.AssetIn(["core", "projects"]),
    "project_schools": dg.AssetIn(["core", "project_schools"]),
    "participation": dg.AssetIn(
        ["core", "participation"], partition_mapping=dg.AllPartitionMapping()
    ),
    "student_terms": dg.AssetIn(
        ["core", "student_terms"], partition_mapping=dg.AllPartitionMapping()
    ),
}


def result_asset(indicator: Indicator) -> dg.AssetsDefinition:
    """The asset that compares units and years in one indicator."""
    values = dg.AssetIn(["indicator", indicator.name], partition_mapping=dg.AllPartitionMapping())

    @dg.asset(
        key=results_table(indicator).split("."),
        ins={"values": values, **PLACES},
        description=f"{indicator.title_en} ({indicator.title_sv}): {meaning(Results)}",
        metadata=described(Results),
        kinds={"parquet"},
    )
    def _asset(
        context: dg.AssetExecutionContext, values: ibis.Table, **places: ibis.Table
    ) -> ibis.Table:
        on = moment_of(context.run.tags).date()
        return conforming(results_of(indicator, values, Places(**places), on=on), Results)

    return _asset


result_assets = [result_asset(indicator) for indicator in load_indicators().values()]
result_checks = [contract_check(asset, Results) for asset in result_assets]
