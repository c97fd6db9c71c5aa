"""What was promised and stated, beside what the registers say."""

import dagster as dg
import ibis

from assets.contracts import contract_check, described, meaning
from assets.lake import LakeIOManager
from pipelines.ambitions import figures, outcomes, stated
from schemas.ambitions import Figures, Outcomes, StatedAndComputed
from schemas.contract import Contract

ALL = dg.AllPartitionMapping()
MADE_FIGURES = dg.AssetIn(Figures.table().split("."))


@dg.asset(
    key=Figures.table().split("."),
    ins={
        "participation": dg.AssetIn(["core", "participation"], partition_mapping=ALL),
        "project_schools": dg.AssetIn(["core", "project_schools"]),
        "targets": dg.AssetIn(["core", "targets"]),
        "eligible": dg.AssetIn(["indicator", "eligibility_vocational"], partition_mapping=ALL),
        "absence": dg.AssetIn(["indicator", "unauthorised_absence_rate"], partition_mapping=ALL),
        "documents": dg.AssetIn(["core", "stated_figures"]),
    },
    description=meaning(Figures),
    metadata=described(Figures),
    kinds={"parquet"},
)
def figures_of_the_year(documents: ibis.Table, **registers: ibis.Table) -> ibis.Table:
    """Figures to the days of reports, and to those that documents speak of."""
    return figures.figures(figures.Registers(**registers), stated.days_spoken_of(documents))


@dg.asset(
    key=Outcomes.table().split("."),
    ins={
        "targets": dg.AssetIn(["core", "targets"]),
        "form_answers": dg.AssetIn(["core", "form_answers"]),
        "made_figures": MADE_FIGURES,
    },
    description=meaning(Outcomes),
    metadata=described(Outcomes),
    kinds={"parquet"},
)
def outcomes_of_ambitions(
    targets: ibis.Table, form_answers: ibis.Table, made_figures: ibis.Table
) -> ibis.Table:
    """Each ambition, and whether it was reached."""
    return outcomes.outcomes(targets, form_answers, made_figures)


@dg.asset(
    key=StatedAndComputed.table().split("."),
    ins={"documents": dg.AssetIn(["core", "stated_figures"]), "made_figures": MADE_FIGURES},
    description=meaning(StatedAndComputed),
    metadata=described(StatedAndComputed),
    kinds={"parquet"},
)
def stated_beside_computed(documents: ibis.Table, made_figures: ibis.Table) -> ibis.Table:
    """Each stated figure beside the one computed."""
    return stated.stated_and_computed(documents, made_figures)


MADE: list[tuple[dg.AssetsDefinition, type[Contract]]] = [
    (figures_of_the_year, Figures),
    (outcomes_of_ambitions, Outcomes),
    (stated_beside_computed, StatedAndComputed),
]
AMBITION_ASSETS = [asset for asset, _ in MADE]
ambition_checks = [contract_check(asset, contract) for asset, contract in MADE]


@dg.asset_check(asset=stated_beside_computed)
def documents_agree_with_the_registers(
    io_manager: dg.ResourceParam[LakeIOManager],
) -> dg.AssetCheckResult:
    """Every stated figure is the one computed, as it is rounded; both are shown in any case."""
    rows = io_manager.lake.read(StatedAndComputed.table(), StatedAndComputed)
    counted = rows.group_by("agreement").agg(n=rows.count()).execute()
    found = {
        str(agreement): int(n) for agreement, n in zip(counted.agreement, counted.n, strict=True)
    }
    return dg.AssetCheckResult(
        passed=found.get("differs", 0) == 0,
        severity=dg.AssetCheckSeverity.WARN,
        metadata=found,
    )
