"""The warehouse: complete, commented, and shut to everything but reading."""

import stat

import ibis
import pytest

from pipelines.engine import engine
from pipelines.releases.warehouse import (
    Source,
    WarehouseError,
    build_warehouse,
    extents,
    open_release,
    verify_warehouse,
)
from schemas.indicators import IndicatorValues
from schemas.places import Schools
from tests.pipelines import invented

SCHOOLS = "core.schools"
VALUES = "indicator.passed"

ORIGIN = {"release_id": "2016-07-01 'a'", "is_simulated": True}


@pytest.fixture
def sources(lake):
    passed = invented.indicator("passed")
    values = ibis.memtable(
        {
            "student_id": [invented.pupil(n) for n in range(6)],
            "school_id": ["00000000", "00000001"] * 3,
            "period": ["2011/12"] * 3 + ["2012/13"] * 3,
            "numerator": [1.0] * 6,
            "denominator": [1.0] * 6,
        }
    ).mutate(missing=ibis.null("string"))
    lake.write(SCHOOLS, invented.places(4, 1).schools)
    for year in ("2011/12", "2012/13"):
        lake.write(passed.table, values.filter(values.period == year), year)
    engine()
    return {
        SCHOOLS: Source(lake.paths(SCHOOLS), Schools),
        VALUES: Source(lake.paths(VALUES), IndicatorValues, about="It's who passed."),
        "raw.nothing": Source([], Schools),
    }


@pytest.fixture
def path(sources, tmp_path):
    path = tmp_path / "w.duckdb"
    build_warehouse(path, sources, expected=extents(sources), origin=ORIGIN)
    return path


def test_every_row_of_every_partition_is_there(path):
    with open_release(path) as warehouse:
        assert warehouse.rows(f"SELECT count(*) AS n FROM {SCHOOLS}").n[0] == 4
        assert warehouse.rows(f"SELECT count(*) AS n FROM {VALUES}").n[0] == 6
        assert warehouse.rows("SELECT count(*) AS n FROM raw.nothing").n[0] == 0


def test_the_warehouse_itself_says_whether_its_pupils_are_invented(path):
    with open_release(path) as warehouse:
        (row,) = warehouse.rows("SELECT * FROM origin").to_dict("records")
    assert row == ORIGIN


def test_the_data_dictionary_says_what_the_contracts_say(path):
    with open_release(path) as warehouse:
        rows = warehouse.rows("SELECT * FROM data_dictionary")
    schools = rows[(rows.schema == "core") & (rows.table == "schools")].set_index("column")
    expected = Schools.data_dictionary().set_index("column")
    assert list(schools.index) == list(expected.index)
    assert list(schools.description) == list(expected.description)
    assert set(schools.table_description) == {Schools.__doc__.replace("\n    ", "\n").strip()}
    values = rows[rows.table == "passed"]
    assert set(values.table_description) == {"It's who passed."}
    assert rows.description.str.len().min() > 0
    assert dict(zip(values.column, values.type, strict=True))["numerator"] == "DOUBLE"


def test_a_warehouse_is_read_only_on_disk_and_leaves_no_log(path):
    assert stat.S_IMODE(path.stat().st_mode) == 0o440
    assert not path.with_name("w.duckdb.wal").exists()


ESCAPES = [
    "CREATE TABLE core.mine (a INT)",
    "DROP TABLE core.schools",
    "COPY core.schools TO '{folder}/out.csv'",
    "SELECT * FROM read_csv('{folder}/secret.csv')",
    "SELECT * FROM read_text('{folder}/secret.csv')",
    "SELECT * FROM '{folder}/secret.csv'",
    "SELECT * FROM glob('{folder}/*')",
    "ATTACH '{folder}/other.duckdb'",
    "EXPORT DATABASE '{folder}/export'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "SET memory_limit = '100GB'",
    "SET threads = 64",
    "RESET memory_limit",
]


@pytest.mark.parametrize("statement", ESCAPES, ids=lambda s: s.split(" '")[0])
def test_a_query_cannot_leave_the_file(path, tmp_path, statement):
    (tmp_path / "secret.csv").write_text("a\n1\n", encoding="utf-8")
    with open_release(path) as warehouse, pytest.raises(WarehouseError):
        warehouse.rows(statement.format(folder=tmp_path))


def test_an_answer_is_a_table_of_text(path):
    with open_release(path) as warehouse:
        assert "Alnässkolan 0" in warehouse.answer("FROM core.schools")
        with pytest.raises(WarehouseError, match="nowhere"):
            warehouse.answer("FROM nowhere")


def test_the_fingerprint_does_not_depend_on_the_order_of_rows(lake):
    schools = invented.places(6, 1).schools
    lake.write("core.a", schools)
    lake.write("core.b", schools.order_by(ibis.desc("school_id")))
    lake.write("core.c", schools.limit(5))
    found = extents({n: Source(lake.paths(f"core.{n}"), Schools) for n in "abc"})
    assert found["a"] == found["b"] != found["c"]


def test_a_table_that_reads_back_otherwise_is_refused(sources, path):
    expected = extents(sources)
    wrong = expected | {SCHOOLS: expected[VALUES]}
    with pytest.raises(WarehouseError, match=SCHOOLS):
        verify_warehouse(path, wrong)


def test_a_damaged_file_is_refused(sources, path, tmp_path):
    damaged = bytearray(path.read_bytes())
    damaged[20_000] ^= 1
    (tmp_path / "d.duckdb").write_bytes(damaged)
    with pytest.raises(WarehouseError, match=r"d\.duckdb"):
        verify_warehouse(tmp_path / "d.duckdb", extents(sources))


def test_a_log_left_beside_it_is_refused(sources, path):
    path.with_name("w.duckdb.wal").write_bytes(b"")
    with pytest.raises(WarehouseError, match="write-ahead log"):
        verify_warehouse(path, extents(sources))


def test_a_failure_to_build_quotes_no_row(lake, tmp_path):
    lake.write(SCHOOLS, invented.places(2, 1).projects)
    source = {SCHOOLS: Source(lake.paths(SCHOOLS), Schools)}
    with pytest.raises(WarehouseError, match=r"^w\.duckdb: BinderException$"):
        build_warehouse(tmp_path / "w.duckdb", source, expected={}, origin=ORIGIN)
