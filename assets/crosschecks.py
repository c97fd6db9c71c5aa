"""Judgement across files on the graph: freshness, findings, and what holds publication.

A run of months or terms judges those and shows it on the table concerned, without stopping
anything. Before a release everything is judged once more, for a period may be judged anew by
what came later; only that holds, and only publication.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta

import dagster as dg
import ibis
import pandas as pd

from assets.clock import AT_TAG, moment_of
from assets.contracts import contract_check, described, meaning, run_partitions
from assets.lake import WorkspaceResource
from assets.partitions import BY_KIND, periods_of
from pipelines.crosschecks.accepting import accepted
from pipelines.crosschecks.findings import as_table, findings, holding
from pipelines.crosschecks.reading import tables_of_periods, whole_tables
from pipelines.crosschecks.registry import Crosscheck, load_crosschecks
from pipelines.freshness import OUTSTANDING, Accounts, freshness, judged_on
from schemas.contract import load_contracts
from schemas.crosschecks import FINDING_SEVERITIES, Findings
from schemas.deliveries import Deliveries, Quarantine
from schemas.freshness import FRESHNESS_STATES, Freshness
from schemas.quarantine import Mended

MOST_NAMED = 50
DIVIDED = (
    *("attendance", "enrolments", "grades", "participation"),
    *("support_contacts", "unnamed_reach", "survey_responses"),
    *("target_group_estimates", "selection_criteria"),
)
GATE = "nothing_holds_publication"
EVERY = "every_delivery_came_in_time"
INGESTED_ON_THE_FIFTH = dg.FreshnessPolicy.cron(
    deadline_cron="0 12 5 * *",
    lower_bound_delta=timedelta(hours=12),
    timezone="Europe/Stockholm",
)
"""The ledger is looked through each month on the day the files are due; if not, Dagster says so."""

CHECKED = load_crosschecks()

QUARANTINED = [dg.AssetKey(contract.table().split(".")) for contract in (Quarantine, Mended)]
DUE_EACH_MONTH = dg.AssetKey(Deliveries.table().split("."))


_LISTS = (
    "schools", "districts", "projects", "project_schools", "costs", "joint_costs", "applications",
    "grants", "payments", "grant_conditions", "budgets", "accounts", "interview_segments",
)  # fmt: skip


def with_freshness_policy(spec: dg.AssetSpec) -> dg.AssetSpec:
    """The asset's description, for the ledger with what Dagster itself is to watch."""
    if spec.key != DUE_EACH_MONTH:
        return spec
    return spec.replace_attributes(freshness_policy=INGESTED_ON_THE_FIFTH)


def _spec(crosscheck: Crosscheck, *, after: Iterable[dg.AssetKey] = ()) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        crosscheck.name,
        asset=dg.AssetKey(crosscheck.table.split(".")),
        additional_deps=list(after),
        description=f"{crosscheck.title_sv}. {crosscheck.advice_sv}",
    )


def _chosen(
    context: dg.AssetCheckExecutionContext, crosschecks: Iterable[Crosscheck]
) -> list[Crosscheck]:
    """The judgements that this run asks for."""
    asked = {key.name for key in context.selected_asset_check_keys}
    return [one for one in crosschecks if one.name in asked]


def _result(
    crosscheck: Crosscheck, rows: pd.DataFrame, accepted: Collection[str]
) -> dg.AssetCheckResult:
    """What one judgement found: counts, and the schools and periods; nothing of a pupil."""
    found = rows[rows.crosscheck == crosscheck.name]
    holds = holding(found, accepted)
    return dg.AssetCheckResult(
        check_name=crosscheck.name,
        asset_key=dg.AssetKey(crosscheck.table.split(".")),
        passed=found.empty,
        severity=dg.AssetCheckSeverity.WARN if holds.empty else dg.AssetCheckSeverity.ERROR,
        description=None if found.empty else crosscheck.advice_sv,
        metadata=_metadata(found, holds),
    )


def _metadata(found: pd.DataFrame, holds: pd.DataFrame) -> dict[str, dg.MetadataValue | int]:
    if found.empty:
        return {"anmärkningar": 0}
    return {
        "anmärkningar": len(found),
        "stoppar publicering": len(holds),
        "skolor": int(found.school_id.nunique()),
        "var": dg.MetadataValue.md(_named(found)),
    }


def _named(found: pd.DataFrame) -> str:
    """Judgement, school, period and severity of the first findings, as a table."""
    severities = {code.code: code.sv for code in FINDING_SEVERITIES}
    titles = {one.name: one.title_sv for one in CHECKED.values()}
    lines = [
        "| "
        + " | ".join(
            [
                titles[row["crosscheck"]],
                *(row[name] or "" for name in ("school_id", "part", "period")),
                severities[row["severity"]],
                f"`{row['finding_id']}` |",
            ]
        )
        for row in found.head(MOST_NAMED).to_dict("records")
    ]
    more = [f"\n{len(found) - MOST_NAMED} till"] if len(found) > MOST_NAMED else []
    head = "| Kontroll | Skola | Del | Period | Följd | Anmärkning |\n|---|---|---|---|---|---|"
    return "\n".join([head, *lines, *more])


@dg.asset(
    key=Freshness.table().split("."),
    deps=[
        dg.AssetKey(Deliveries.table().split(".")),
        dg.AssetKey(["core", "schools"]),
        *(
            dg.AssetDep(["core", name], partition_mapping=dg.AllPartitionMapping())
            for name in ("attendance", "enrolments", "grades")
        ),
    ],
    description=meaning(Freshness),
    metadata=described(Freshness),
    kinds={"parquet"},
)
def delivery_freshness(
    context: dg.AssetExecutionContext, workspace: WorkspaceResource
) -> ibis.Table:
    """Every delivery that is owed by now, and where it stands."""
    lake, contracts = workspace.workspace.lake, load_contracts()
    tables = {name: lake.read(f"core.{name}", contracts[f"core.{name}"]) for name in _ACCOUNTS}
    deliveries = lake.read(Deliveries.table(), Deliveries)
    accounts = Accounts(**tables, deliveries=deliveries)
    tags = context.run.tags
    today = moment_of(tags).date()
    is_timeless = workspace.workspace.is_simulated and AT_TAG not in tags
    as_of = judged_on(today, accounts.attendance, is_simulated=is_timeless)
    context.add_output_metadata({"as_of": as_of.isoformat()})
    return freshness(accounts, as_of=as_of, today=today)


_ACCOUNTS = ("attendance", "enrolments", "grades", "schools")
freshness_keeps_contract = contract_check(delivery_freshness, Freshness)


@dg.asset(
    key=Findings.table().split("."),
    deps=[
        delivery_freshness,
        dg.AssetKey(Deliveries.table().split(".")),
        *(dg.AssetKey(["core", n]) for n in _LISTS),
        *QUARANTINED,
        *(
            dg.AssetDep(["core", name], partition_mapping=dg.AllPartitionMapping())
            for name in DIVIDED
        ),
    ],
    description=meaning(Findings),
    metadata=described(Findings),
    kinds={"parquet"},
)
def all_findings(workspace: WorkspaceResource) -> ibis.Table:
    """Everything judged, whatever this run made anew: what came later may speak of it."""
    tables = whole_tables(workspace.workspace, CHECKED.values())
    return as_table(findings(CHECKED.values(), tables))


findings_keep_contract = contract_check(all_findings, Findings)


def period_checks(kind: str) -> dg.AssetChecksDefinition:
    """The judgements of months or of terms, in one step, for the periods of a run.

    They stop nothing: a severe one holds the release when that is made.

    Args:
        kind: ``month`` or ``term``.
    """
    mine = [one for one in CHECKED.values() if one.period == kind]

    @dg.multi_asset_check(
        name=f"judge_across_files_by_{kind}", specs=[_spec(one) for one in mine], can_subset=True
    )
    def _check(
        context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource
    ) -> Iterator[dg.AssetCheckResult]:
        chosen = _chosen(context, mine)
        periods = periods_of(BY_KIND[kind], run_partitions(context)) or []
        tables = tables_of_periods(workspace.workspace, chosen, periods, kind)
        rows = findings(chosen, tables, periods=periods)
        responsible = accepted(workspace.workspace)
        yield from (_result(one, rows, responsible) for one in chosen)

    return _check


month_checks = period_checks("month")
term_checks = period_checks("term")


@dg.multi_asset_check(
    name="judge_what_was_held_back",
    specs=[
        _spec(one, after=QUARANTINED) for one in CHECKED.values() if one.table == Deliveries.table()
    ],
    can_subset=True,
)
def held_back_checks(
    context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource
) -> Iterator[dg.AssetCheckResult]:
    """The judgements of the ledger and the quarantine."""
    chosen = _chosen(context, CHECKED.values())
    rows = findings(chosen, whole_tables(workspace.workspace, chosen))
    responsible = accepted(workspace.workspace)
    yield from (_result(one, rows, responsible) for one in chosen)


_BEFORE_RELEASE = [
    one for one in CHECKED.values() if one.table in (Freshness.table(), Findings.table())
]


@dg.multi_asset_check(
    name="judge_before_release",
    specs=[
        *(_spec(one) for one in _BEFORE_RELEASE),
        dg.AssetCheckSpec(
            EVERY,
            asset=delivery_freshness,
            description="Varje leverans som skulle ha kommit har kommit i tid.",
        ),
        dg.AssetCheckSpec(
            GATE,
            asset=all_findings,
            blocking=True,
            description="Ingen anmärkning stoppar publiceringen: rätta filerna eller godta med "
            "skäl (`samverkan findings`).",
        ),
    ],
    can_subset=True,
)
def release_checks(
    context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource
) -> Iterator[dg.AssetCheckResult]:
    """The judgements of the whole, and whether anything holds the release."""
    lake = workspace.workspace.lake
    rows = lake.read(Findings.table(), Findings).execute()
    rows = rows.astype(object).where(rows.notna(), None)
    responsible = accepted(workspace.workspace)
    yield from (_result(one, rows, responsible) for one in _chosen(context, _BEFORE_RELEASE))
    asked = {key.name for key in context.selected_asset_check_keys}
    if EVERY in asked:
        yield _timeliness(lake.read(Freshness.table(), Freshness).execute())
    if GATE in asked:
        yield _gate(holding(rows, responsible))


def _timeliness(rows: pd.DataFrame) -> dg.AssetCheckResult:
    """Counts by state, and the schools that owe something."""
    states = {code.code: code.sv for code in FRESHNESS_STATES}
    owed = rows[rows.state.isin(OUTSTANDING)]
    counts = {states[str(state)]: int(count) for state, count in rows.state.value_counts().items()}
    lines = [
        f"- {row.school_id} {row.kind} {row.period}" for row in owed.head(MOST_NAMED).itertuples()
    ]
    return dg.AssetCheckResult(
        check_name=EVERY,
        asset_key=delivery_freshness.key,
        passed=bool(owed.empty and not (rows.state == "late").any()),
        severity=dg.AssetCheckSeverity.WARN,
        description=None if owed.empty else "Kör `samverkan late`.",
        metadata={**counts, "att kräva in": dg.MetadataValue.md("\n".join(lines))},
    )


def _gate(holds: pd.DataFrame) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=GATE,
        asset_key=all_findings.key,
        passed=holds.empty,
        severity=dg.AssetCheckSeverity.ERROR,
        description=None if holds.empty else "Kör `samverkan findings`.",
        metadata=_metadata(holds, holds),
    )
