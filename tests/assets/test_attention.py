"""The attention list on the graph: made term by term, and in no release."""

from random import Random

import dagster as dg
import ibis

from assets.attention import attention_hit_rates, attention_list
from assets.core import core_assets
from assets.lake import LakeIOManager
from pipelines.core import partition_of
from pipelines.judging import broken_rules
from pipelines.lake import Lake
from pipelines.releases.contents import sources
from schemas.attention import AttentionList, HitRates
from schemas.contract import load_contracts
from tests.reference.histories import invented

TERM, KEY = "2014VT", "2014-01"
READ = ("enrolments", "grades", "attendance", "participation")


def filled(workspace):
    """The lake with invented histories as core tables."""
    rows = invented(Random(5), 150).tables()  # noqa: S311  a seed, not a secret
    for name in READ:
        table = ibis.memtable(rows[name])
        contract = load_contracts()[f"core.{name}"]
        period = partition_of(table, contract)
        periods = table.select(period=period).distinct().to_pyarrow()["period"].to_pylist()
        workspace.lake.write_partitions(f"core.{name}", table, period, sorted(periods))


def made(workspace, asset, key=None):
    """Materialise one asset from what lies in the lake."""
    sources = [
        dg.AssetSpec(one.key, partitions_def=one.partitions_def)
        for one in core_assets
        if one.key.path[1] in READ
    ]
    manager = LakeIOManager(root=str(workspace.root))
    result = dg.materialize(
        [asset, *sources], selection=[asset], partition_key=key, resources={"io_manager": manager}
    )
    assert result.success


def test_the_list_and_the_hit_rates_are_made_and_keep_their_contracts(workspace):
    filled(workspace)
    made(workspace, attention_list, KEY)
    made(workspace, attention_hit_rates)
    rows = workspace.lake.read(AttentionList.table(), AttentionList)
    assert set(rows.term.to_pyarrow().to_pylist()) == {TERM}
    assert broken_rules(rows, AttentionList) == []
    rates = workspace.lake.read(HitRates.table(), HitRates)
    assert rates.count().to_pyarrow().as_py() > 0
    assert broken_rules(rates, HitRates) == []


def test_no_release_holds_either_table(tmp_path):
    held = sources(Lake(tmp_path), {})
    assert "core.grades" in held
    assert not any(name.startswith("attention.") for name in held)
