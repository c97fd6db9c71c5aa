"""Which periods of its sources an indicator's asset reads."""

from datetime import UTC, datetime

import pytest

from assets.definitions import ASSETS
from assets.indicators import indicator_assets
from assets.partitions import BY_KIND, key_of, kind_of, period_of
from pipelines.indicators.registry import load_indicators
from schemas.calendar import months_between, months_of_term
from schemas.contract import load_contracts

INDICATORS = load_indicators()
PARTITIONED = {asset.key: asset for asset in ASSETS if len(asset.keys) == 1}
NOW = datetime(2026, 8, 15, tzinfo=UTC)
YEARS = months_between("2011-08", "2013-07")


def read_by(name, source, periods):
    """The periods of a table that periods of an indicator are made from."""
    asset = next(a for key, a in PARTITIONED.items() if key.path == ["indicator", name])
    key = next(key for key in asset.keys_by_input_name.values() if key.path == source.split("."))
    mapping = asset.get_partition_mapping(key)
    own, kind = asset.partitions_def, load_contracts()[source].partition()
    keys = [key_of(kind_of(own), period) for period in periods]
    found = mapping.get_upstream_mapped_partitions_result_for_partitions(
        own.subset_with_partition_keys(keys), own, BY_KIND[kind], NOW
    )
    return [period_of(kind, key) for key in found.partitions_subset.get_partition_keys()]


@pytest.mark.parametrize("month", YEARS)
def test_a_month_reads_itself(month):
    name = "unauthorised_absence_days"
    assert read_by(name, "core.absence_patterns", [month]) == [month]
    assert read_by(name, "core.attendance", [month]) == [month]


def test_a_month_reads_the_register_as_delivered_for_the_table_is_made_after_it():
    for asset in indicator_assets:
        if kind_of(asset.partitions_def) == "month":
            read = {key.path[-1]: key.path[0] for key in asset.dependency_keys}
            assert read["enrolments"] == "raw"


@pytest.mark.parametrize("term", ["2011HT", "2012VT", "2012HT"])
def test_a_term_that_does_not_look_back_reads_its_months_and_its_register(term):
    name = "longest_unauthorised_streak"
    assert not INDICATORS[name].looks_back
    assert read_by(name, "core.absence_patterns", [term]) == months_of_term(term)
    assert read_by(name, "core.enrolments", [term]) == [term]


def test_a_term_that_looks_back_reads_every_month():
    assert INDICATORS["target_group"].looks_back
    months = read_by("target_group", "core.attendance", ["2012HT"])
    assert {"2011-08", "2012-03", "2012-09"} <= set(months)
