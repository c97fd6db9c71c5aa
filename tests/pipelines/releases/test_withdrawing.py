"""Releases with rows of a pupil who is protected now go when one without them is in force."""

import shutil

import ibis
import pytest

from pipelines.releases.release import current
from pipelines.releases.warehouse import WAREHOUSE, Source, build_warehouse, extents
from pipelines.releases.withdrawing import withdraw
from pipelines.workspace import Workspace
from schemas.pupils import Students

WITH, WITHOUT = "2026-01-01T0000Z-a", "2026-02-01T0000Z-b"
SECRET, OTHER = "5ec" + 29 * "a", 32 * "b"


@pytest.fixture
def workspace(tmp_path):
    made = Workspace(tmp_path / "data")
    made.make()
    made.vault.register.mark([SECRET], "officer")
    return made


@pytest.fixture
def released(workspace, lake):
    """Puts a release of some pupils in place."""

    def place(name, pupils, *, folder=workspace.releases):
        columns = {"student_id": pupils, "birth_year": [2001] * len(pupils)}
        columns |= {"sex": ["female"] * len(pupils)}
        columns |= {one: ["2015HT"] * len(pupils) for one in ("first_term", "last_term")}
        path = lake.write("core.students", ibis.memtable(columns), name)
        sources = {"core.students": Source([path], Students)}
        (folder / name).mkdir(parents=True)
        origin = {"release_id": name, "is_simulated": True}
        warehouse = folder / name / WAREHOUSE
        build_warehouse(warehouse, sources, expected=extents(sources), origin=origin)
        return folder / name

    return place


def put_in_force(workspace, release):
    (workspace.releases / "current").symlink_to(release.name, target_is_directory=True)


def test_older_releases_with_rows_of_the_pupil_are_deleted(workspace, released):
    gone, kept = released(WITH, [SECRET, OTHER]), released(WITHOUT, [OTHER])
    put_in_force(workspace, kept)
    assert withdraw(workspace) == [gone]
    assert not gone.exists()
    assert current(workspace.releases) == kept
    assert [case.is_withdrawn for case in workspace.vault.register.cases()] == [True]


def test_the_release_in_force_stays_and_is_looked_at_again(workspace, released):
    in_force = released(WITH, [SECRET])
    put_in_force(workspace, in_force)
    assert withdraw(workspace) == []
    assert [case.is_withdrawn for case in workspace.vault.register.cases()] == [False]
    (workspace.releases / "current").unlink()
    put_in_force(workspace, released(WITHOUT, [OTHER]))
    assert withdraw(workspace) == [in_force]


def test_releases_as_known_on_a_date_go_together(workspace, released):
    earlier = workspace.releases / "as-of-2016-07-31"
    released(WITH, [SECRET], folder=earlier)
    put_in_force(workspace, released(WITHOUT, [OTHER]))
    assert withdraw(workspace) == [earlier]


def test_nobody_looks_into_releases_while_nobody_is_protected(workspace, released, monkeypatch):
    old = released(WITH, [SECRET])
    workspace.vault.register.clear(SECRET)
    monkeypatch.setattr(shutil, "rmtree", None)
    assert withdraw(workspace) == []
    assert old.exists()
