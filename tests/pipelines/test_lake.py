"""The lake: a partition is there whole or not at all."""

import ibis
import pytest
from pyarrow import parquet

from pipelines.engine import engine
from pipelines.lake import Lake, LakeError, empty, raw_table, sync
from schemas.contract import load_contracts
from schemas.places import Districts
from tests.pipelines import invented

TABLE = "core.districts"
TOLD_TO_NOBODY = "Hemlig"


def districts(*names):
    return invented.table(Districts, [(f"d{n}", name) for n, name in enumerate(names)])


def names(table):
    return sorted(table.district_name.to_pyarrow().to_pylist())


def test_what_was_written_is_read(lake):
    path = lake.write(TABLE, districts("Älvby", "Öst"))
    assert path == lake.folder / "core" / "districts" / "all.parquet"
    assert names(lake.read(TABLE, Districts)) == ["Älvby", "Öst"]
    assert lake.read(TABLE, Districts).columns == tuple(Districts.columns())


def test_partitions_are_read_together_or_by_name(lake):
    for year, name in (("2015/16", "a"), ("2016/17", "b")):
        lake.write(TABLE, districts(name), year)
    assert [path.name for path in lake.paths(TABLE)] == ["2015-16.parquet", "2016-17.parquet"]
    assert names(lake.read(TABLE, Districts)) == ["a", "b"]
    assert names(lake.read(TABLE, Districts, partitions=["2016/17", "2017/18"])) == ["b"]
    assert names(lake.read(TABLE, Districts, partitions=["2017/18"])) == []


@pytest.mark.parametrize("name", load_contracts())
def test_a_table_never_written_is_empty_and_of_the_contracts_types(lake, name):
    contract = load_contracts()[name]
    table = lake.read(name, contract)
    assert table.count().to_pyarrow().as_py() == 0
    types = {n: str(c.dtype.type) for n, c in contract.to_schema().columns.items()}
    assert {n: str(t) for n, t in table.schema().items()} == types
    assert table.schema() == empty(contract).schema()


@pytest.mark.parametrize("partitions", [["a"], ["a", "b"]], ids=len)
def test_sums_of_whole_numbers_are_written_as_whole_numbers(lake, partitions):
    rows = ibis.memtable({"period": ["a", "a", "b"], "n": [2**60, 2**60, 1]})
    sums = rows.group_by("period").agg(n=rows.n.sum(), many=rows.n.max())
    lake.write_partitions(TABLE, sums, sums.period, partitions)
    written = parquet.read_table(lake.path(TABLE, "a"))
    assert [str(kind) for kind in written.schema.types] == ["string", "int64", "int64"]
    assert written["n"].to_pylist() == [2**61]


def test_a_write_that_fails_leaves_the_old_partition_and_quotes_no_row(lake):
    lake.write(TABLE, districts("old"))
    broken = districts(TOLD_TO_NOBODY)
    broken = broken.mutate(district_name=broken.district_name.cast("int64"))
    with pytest.raises(LakeError) as error:
        lake.write(TABLE, broken)
    assert str(error.value) == "core.districts, all: ConversionException"
    assert error.value.__suppress_context__
    assert names(lake.read(TABLE, Districts)) == ["old"]
    assert [path.name for path in lake.path(TABLE).parent.iterdir()] == ["all.parquet"]


@pytest.mark.parametrize("periods", [["2015/16", "2016/17"], ["2016VT"], ["2016-03", "2016-04"]])
def test_several_partitions_are_written_from_one_table(lake, periods):
    rows = districts(*periods, "another period")
    lake.write_partitions(TABLE, rows, rows.district_name, periods)
    for one in periods:
        assert names(lake.read(TABLE, Districts, partitions=[one])) == [one]
    assert lake.paths(TABLE) == [lake.path(TABLE, one) for one in periods]
    assert lake.read(TABLE, Districts).columns == tuple(Districts.columns())
    assert len(list(lake.path(TABLE).parent.iterdir())) == len(periods)


def test_a_partition_that_has_no_rows_any_more_is_taken_away(lake):
    rows = districts("a", "b")
    lake.write_partitions(TABLE, rows, rows.district_name, ["a", "b"])
    left = rows.filter(rows.district_name == "b")
    lake.write_partitions(TABLE, left, left.district_name, ["a"])
    assert names(lake.read(TABLE, Districts)) == ["b"]
    lake.write_partitions(TABLE, rows, rows.district_name, [])
    assert names(lake.read(TABLE, Districts)) == ["b"]


def test_more_partitions_than_the_engine_keeps_open_lose_no_row(lake):
    count, partitions = 600_000, [f"p{n}" for n in range(120)]
    numbers = ibis.range(count).unnest().name("number").as_table()
    rows = numbers.mutate(period="p" + (numbers.number % len(partitions)).cast("string"))
    lake.write_partitions(TABLE, rows, rows.period, partitions)
    assert lake.paths(TABLE) == sorted(lake.path(TABLE, one) for one in partitions)
    stored = engine().read_parquet([str(path) for path in lake.paths(TABLE)])
    assert stored.number.nunique().to_pyarrow().as_py() == count


def test_several_partitions_that_fail_leave_the_old_ones(lake):
    rows = districts("a", TOLD_TO_NOBODY)
    lake.write_partitions(TABLE, rows, rows.district_name, ["a", "b"])
    before = {path: path.read_bytes() for path in lake.paths(TABLE)}
    broken = rows.mutate(district_id=rows.district_name.cast("int64").cast("string"))
    with pytest.raises(LakeError) as error:
        lake.write_partitions(TABLE, broken, rows.district_name, ["a", "b"])
    assert TOLD_TO_NOBODY not in str(error.value)
    assert {path: path.read_bytes() for path in lake.path(TABLE).parent.iterdir()} == before


def test_any_other_error_leaves_no_draft(lake, monkeypatch):
    monkeypatch.setattr("pipelines.lake.sync", lambda _: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        lake.write(TABLE, districts("a"))
    assert list(lake.path(TABLE).parent.iterdir()) == []


def test_a_draft_is_not_read(lake):
    path = lake.write(TABLE, districts("a"))
    (path.parent / ".half.parquet").write_bytes(b"PAR1")
    assert names(lake.read(TABLE, Districts)) == ["a"]


def test_a_table_as_delivered_has_the_name_of_its_core_table(tmp_path):
    assert raw_table("core.lessons") == "raw.lessons"
    assert raw_table("quarantine.records") == "quarantine.records"
    assert Lake(tmp_path).path("a.b", "x") == tmp_path / "a" / "b" / "x.parquet"
    sync(tmp_path)


def test_a_table_without_rows_keeps_its_columns(lake):
    lake.write(TABLE, districts("a").filter(ibis.literal(value=False)))
    assert lake.read(TABLE, Districts).columns == tuple(Districts.columns())


def test_where_a_folder_cannot_be_opened_only_files_are_kept_in_step(tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr("pipelines.lake.os.open", lambda path, _: opened.append(path))
    monkeypatch.setattr("pipelines.lake.os.fsync", lambda _: None)
    monkeypatch.setattr("pipelines.lake.os.close", lambda _: None)
    monkeypatch.setattr("pipelines.lake.os.name", "nt")
    sync(tmp_path)
    assert opened == []
