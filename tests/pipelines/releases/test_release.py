"""Publishing: all or nothing, once, and nothing hidden in anything that may leave."""

import csv
import datetime as dt
import hashlib
import json
import re
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from pipelines.lake import Lake
from pipelines.releases import release as publishing
from pipelines.releases.contents import Manifest, ReleaseError
from pipelines.releases.release import MANIFEST, POINTER, current, prune, publish
from pipelines.releases.warehouse import WAREHOUSE, WarehouseError, open_release
from pipelines.results import conforming
from schemas.results import PublishedResults
from tests.pipelines import invented

NOON = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
MANIFEST_OF_TEST = Manifest(code_version="2026.11.0", parameters={"seed": 1}, is_simulated=True)
SWEDISH_ONLY = Manifest(code_version="2026.11.0", languages=("sv",))


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    lake = Lake(tmp_path_factory.mktemp("filled") / "lake")
    invented.fill(lake)
    return lake


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """The same city with other values."""
    lake = Lake(tmp_path_factory.mktemp("other") / "lake")
    invented.fill(lake, seed=2)
    return lake


@pytest.fixture(scope="module")
def release(filled, tmp_path_factory):
    folder = tmp_path_factory.mktemp("published") / "releases"
    return publish(filled, folder, invented.REGISTRY, manifest=MANIFEST_OF_TEST, at=NOON)


@pytest.fixture
def lakes(filled, other):
    """Two lakes of different content."""
    return filled, other


@pytest.fixture
def copied(filled, tmp_path):
    """A lake of one's own to change."""
    shutil.copytree(filled.folder, tmp_path / "lake")
    return Lake(tmp_path / "lake")


@pytest.fixture
def quick(monkeypatch):
    """Pages without their figures, which take most of the time."""
    monkeypatch.setattr(publishing, "render_report", lambda report, _: report.release_id)


def published(lake, folder, *, minutes=0, manifest=SWEDISH_ONLY):
    at = NOON + dt.timedelta(minutes=minutes)
    return publish(lake, folder, invented.REGISTRY, manifest=manifest, at=at)


def test_a_release_is_named_after_its_minute_and_its_content(release):
    written = json.loads((release / MANIFEST).read_text(encoding="utf-8"))
    assert re.fullmatch(r"2026-11-22T1200Z-[0-9a-f]{8}", release.name)
    assert release.name.endswith(written["content_hash"][:8])
    assert written["release_id"] == release.name


def test_a_release_holds_all_its_files_sealed(release):
    assert {path.name for path in release.iterdir()} == {
        "research.duckdb", "results.csv", "results.xlsx", "freshness.csv", "freshness.xlsx",
        "report.html", "report.en.html", "manifest.json",
    }  # fmt: skip
    written = json.loads((release / MANIFEST).read_text(encoding="utf-8"))
    for path in release.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o440
        if path.name != MANIFEST:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            assert written["files"][path.name] == digest


def test_the_manifest_names_the_deliveries_in_force_and_the_rules(release):
    written = json.loads((release / MANIFEST).read_text(encoding="utf-8"))
    assert written["inputs"] == [{"delivery_id": "cd" * 32, "file_name": "narvaro_2012-03_v2.csv"}]
    assert written["parameters"] == {"seed": 1}
    assert written["rules"]["SUPPRESSION_THRESHOLD"][0]["value"] == 10
    assert written["tables"]["core.schools"]["rows"] == 8


def test_the_warehouse_has_every_layer_and_every_indicator(release):
    with open_release(release / WAREHOUSE) as warehouse:
        rows = warehouse.rows('SELECT DISTINCT "schema", "table" FROM data_dictionary')
        values = warehouse.rows("SELECT count(*) AS n FROM result.passed")
    tables = set(zip(rows.schema, rows.table, strict=True))
    layers = {"raw", "core", "quarantine", "checks", "baseline", "indicator", "result", "release"}
    layers |= {"pilot", "survey"}
    assert {schema for schema, _ in tables} - {"main"} == layers
    for name in invented.REGISTRY:
        assert {("indicator", name), ("result", name)} <= tables
    assert values.n[0] > 20


def open_text(release):
    """Every word and number outside the warehouse."""
    workbook = openpyxl.load_workbook(release / "results.xlsx")
    cells = [str(c.value) for sheet in workbook for row in sheet.iter_rows() for c in row]
    names = ("results.csv", "report.html", "report.en.html", "manifest.json")
    return "\n".join([*cells, *((release / n).read_text(encoding="utf-8-sig") for n in names)])


def test_no_hidden_figure_leaves(release):
    """Values of hidden cells are looked for, written as a reader or a program would."""
    with open_release(release / WAREHOUSE) as warehouse:
        hidden = pd.concat(
            warehouse.rows(
                f"SELECT t.* FROM result.{name} t JOIN release.results r"
                " USING (indicator, level, unit_id, school_year) WHERE r.state <> 'shown'"
            )
            for name in invented.REGISTRY
        )
        shown = warehouse.rows("SELECT * FROM release.results WHERE state = 'shown'")
    assert len(hidden) > 5
    text = open_text(release)
    known = set(shown[["value", "lower", "upper"]].round(6).to_numpy().ravel())
    for column in ("value", "lower", "upper"):
        for number in hidden[column].round(6):
            if number not in known and len(f"{number}") > 6:
                assert f"{number}" not in text
                assert f"{number}".replace(".", ",") not in text


def test_a_hidden_row_of_the_csv_is_points_throughout(release):
    with (release / "results.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file, delimiter=";"))
    hidden = [line for line in lines if line["Värde"] == ".."]
    assert hidden
    for line in hidden:
        assert {line[name] for name in ("Elever", "Täljare", "Nämnare", "Undre gräns")} == {".."}
        assert line["Förändring"] in ("..", ".")


def test_current_is_the_release_by_its_own_name(release):
    assert current(release.parent) == release
    assert (release.parent / "current").resolve() == release.resolve()
    assert current(release.parent / "nowhere") is None


@pytest.mark.usefixtures("quick")
def test_the_same_content_gets_no_second_release(filled, tmp_path):
    first = published(filled, tmp_path)
    assert published(filled, tmp_path, minutes=90) == first
    assert [p for p in tmp_path.iterdir() if p.is_dir() and not p.is_symlink()] == [first]


@pytest.mark.usefixtures("quick")
def test_new_content_gets_a_release_and_the_old_one_stays(filled, other, tmp_path):
    first = published(filled, tmp_path / "r")
    second = published(other, tmp_path / "r", minutes=5)
    assert second != first
    assert current(tmp_path / "r") == second
    assert (first / WAREHOUSE).exists()


@pytest.mark.usefixtures("quick")
def test_other_parameters_are_other_content_and_old_content_is_pointed_at_again(filled, tmp_path):
    other = Manifest(code_version="2026.11.0", parameters={"seed": 2}, languages=("sv",))
    first = published(filled, tmp_path)
    second = published(filled, tmp_path, minutes=5, manifest=other)
    assert second.name > first.name
    assert published(filled, tmp_path, minutes=9) == first
    assert current(tmp_path) == first


STEPS = ["build_warehouse", "write_csv", "write_workbook", "render_report", "_seal", "sync"]
CRASHES = [(step, "before") for step in [*STEPS, "_point_to"]] + [("_point_to", "after")]


class PowerError(Exception):
    """The power goes."""


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("step", "moment"), CRASHES)
def test_a_crash_at_any_step_leaves_the_old_release(lakes, tmp_path, monkeypatch, step, moment):
    filled, other = lakes
    releases = tmp_path / "r"
    first = published(filled, releases)
    act = getattr(publishing, step)

    def crash(*args, **options):
        if moment == "after":
            act(*args, **options)
        raise PowerError

    with monkeypatch.context() as patch:
        patch.setattr(publishing, step, crash)
        with pytest.raises(PowerError):
            published(other, releases, minutes=5)
    swapped = (step, moment) == ("_point_to", "after")
    assert (current(releases) == first) != swapped
    complete = [p.parent for p in releases.glob("*/manifest.json")]
    assert all((release / WAREHOUSE).exists() for release in complete)
    second = published(other, releases, minutes=6)
    assert current(releases) == second
    assert second != first
    assert not list(releases.glob("*.draft"))


@pytest.mark.usefixtures("quick")
def test_what_an_interrupted_publication_left_is_cleared_away(filled, tmp_path):
    (tmp_path / "2026-01-01T0000Z-00000000.draft").mkdir()
    (tmp_path / ".current-0").symlink_to("nowhere")
    published(filled, tmp_path)
    assert {path.name[:7] for path in tmp_path.iterdir()} == {"2026-11", "current"}


@pytest.mark.usefixtures("quick")
def test_without_symbolic_links_a_file_names_the_release(filled, other, tmp_path, monkeypatch):
    def refused(*_, **__):
        raise OSError

    releases = tmp_path / "r"
    monkeypatch.setattr(Path, "symlink_to", refused)
    first = published(filled, releases)
    assert (releases / POINTER).read_text(encoding="utf-8") == first.name
    assert current(releases) == first
    monkeypatch.undo()
    monkeypatch.setattr(publishing, "render_report", lambda report, _: report.release_id)
    second = published(other, releases, minutes=5)
    assert current(releases) == second
    assert not (releases / POINTER).exists()


@pytest.mark.usefixtures("quick")
def test_only_the_newest_releases_and_the_one_in_force_are_kept(filled, tmp_path):
    made = [
        published(
            filled,
            tmp_path,
            minutes=n,
            manifest=Manifest(code_version=f"{n}", languages=("sv",)),
        )
        for n in range(5)
    ]
    again = Manifest(code_version="0", languages=("sv",))
    assert published(filled, tmp_path, minutes=9, manifest=again) == made[0]
    assert prune(tmp_path, keep=3) == [made[1]]
    assert current(tmp_path) == made[0]
    with pytest.raises(ValueError, match="at least 3"):
        prune(tmp_path, keep=2)


@pytest.mark.usefixtures("quick")
def test_a_reader_of_the_old_release_is_not_disturbed(filled, other, tmp_path):
    first = published(filled, tmp_path / "r")
    with open_release(first / WAREHOUSE) as warehouse:
        before = warehouse.rows("SELECT sum(value) AS v FROM result.hours").v[0]
        second = published(other, tmp_path / "r", minutes=5)
        assert warehouse.rows("SELECT sum(value) AS v FROM result.hours").v[0] == before
        with open_release(second / WAREHOUSE) as newer:
            assert newer.rows("SELECT sum(value) AS v FROM result.hours").v[0] != before


def test_nothing_is_published_without_disclosure_control(copied, tmp_path):
    copied.path("release.results").unlink()
    with pytest.raises(ReleaseError, match="has not been made"):
        published(copied, tmp_path / "r")
    assert current(tmp_path / "r") is None


def test_published_results_of_other_results_stop_the_release(copied, other, tmp_path):
    copied.write("release.results", other.read("release.results", PublishedResults))
    with pytest.raises(ReleaseError, match="not of the results"):
        published(copied, tmp_path / "r")


def test_results_of_an_indicator_that_may_not_leave_stop_the_release(filled, tmp_path):
    inside = replace(invented.REACH, is_published=False)
    registry = {**invented.REGISTRY, "reach": inside}
    with pytest.raises(ReleaseError, match="not of the results"):
        publish(filled, tmp_path, registry, manifest=SWEDISH_ONLY, at=NOON)
    assert current(tmp_path) is None


def test_a_small_cell_in_the_published_results_stops_the_release(copied, tmp_path):
    rows = copied.read("release.results", PublishedResults).execute()
    first = rows[rows.state == "shown"].index[0]
    rows.loc[first, "students"] = 9
    copied.write("release.results", conforming(rows, PublishedResults))
    with pytest.raises(ReleaseError, match="breaks its contract") as raised:
        published(copied, tmp_path / "r")
    assert raised.value.__cause__ is None


def test_a_warehouse_that_reads_back_otherwise_is_not_published(filled, tmp_path, monkeypatch):
    def swapped(tables):
        found = extents(tables)
        return found | {"core.schools": found["core.projects"]}

    extents = publishing.extents
    monkeypatch.setattr(publishing, "extents", swapped)
    with pytest.raises(WarehouseError, match=r"core\.schools"):
        published(filled, tmp_path)
    assert current(tmp_path) is None
