"""The code location as a whole: what exists, where it belongs, what guards it."""

import dagster as dg
import pytest

from assets.definitions import ASSETS, STAGES, defs
from assets.lake import contract_named, table_name
from assets.partitions import kind_of
from assets.stages import INGEST, JOBS
from pipelines.core import core_contracts
from pipelines.indicators.registry import load_indicators
from pipelines.lake import raw_table
from pipelines.results import results_table
from schemas.contract import load_contracts

KEYS = sorted(key for asset in ASSETS for key in asset.keys)
PUBLISHED = "release.current"


def test_the_definitions_can_be_loaded_and_every_job_resolves():
    dg.Definitions.validate_loadable(defs)
    names = {job.name for job in defs.resolve_all_job_defs()}
    assert {INGEST, *JOBS.values()} <= names


def test_every_table_is_an_asset_and_every_asset_but_the_release_is_a_table():
    tables = {
        *load_contracts(),
        *(raw_table(name) for name in core_contracts()),
        *(indicator.table for indicator in load_indicators().values()),
        *(results_table(indicator) for indicator in load_indicators().values()),
    }
    assert {table_name(key) for key in KEYS} == {*tables, PUBLISHED}
    assert len(KEYS) == len(set(KEYS))


@pytest.mark.parametrize("key", KEYS, ids=table_name)
def test_an_asset_is_described_and_its_columns_are_those_of_its_contract(key):
    spec = defs.resolve_asset_graph().get(key)
    assert spec.description
    if table_name(key) == PUBLISHED:
        return
    name = table_name(key)
    contract = contract_named(name if name in load_contracts() else name.replace("raw.", "core."))
    columns = spec.metadata["dagster/column_schema"].columns
    assert [column.name for column in columns] == contract.columns()
    assert all(column.description for column in columns)


def test_every_table_made_here_has_a_blocking_check_of_its_contract():
    checked = {
        spec.asset_key: spec.blocking
        for checks in defs.asset_checks
        for spec in checks.check_specs
        if spec.name == "keeps_contract"
    }
    judged_while_read = {dg.AssetKey(["quarantine", "records"])} | {
        dg.AssetKey(raw_table(name).split(".")) for name in core_contracts()
    }
    expected = set(KEYS) - judged_while_read - {dg.AssetKey(PUBLISHED.split("."))}
    assert set(checked) == expected
    assert all(checked.values())


def test_conservation_of_records_blocks():
    specs = {spec.name: spec for checks in defs.asset_checks for spec in checks.check_specs}
    assert specs["rows_are_conserved"].blocking
    assert specs["rows_are_conserved"].asset_key == dg.AssetKey(["raw", "deliveries"])


def test_each_asset_is_in_exactly_one_job():
    graph = defs.resolve_asset_graph()
    in_jobs = [key for job in STAGES for key in job.selection.resolve(graph)]
    assert sorted(in_jobs) == sorted(KEYS)


@pytest.mark.parametrize("kind", list(JOBS))
def test_a_job_makes_assets_of_one_partitioning(kind):
    graph = defs.resolve_asset_graph()
    job = next(job for job in STAGES if job.name == JOBS[kind])
    kinds = {kind_of(graph.get(key).partitions_def) for key in job.selection.resolve(graph)}
    assert kinds == {None if kind == "release" else kind}


def test_groups_follow_the_layers():
    layers = {key.path[0] for key in KEYS}
    assert layers == {
        *("raw", "quarantine", "core", "indicator", "result", "attention", "baseline"),
        *("ambition", "checks", "design", "interview", "money", "pilot", "release", "survey"),
    }
    graph = defs.resolve_asset_graph()
    assert {graph.get(key).group_name for key in KEYS} == layers


def test_runs_stay_in_one_process():
    assert {job.executor_def.name for job in defs.resolve_all_job_defs()} == {"in_process"}
