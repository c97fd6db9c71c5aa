"""The data folder: one place, and nobody else's."""

import pytest

from pipelines.workspace import VARIABLE, Workspace

FOLDERS = {"inbox", "deliveries", "vault", "lake", "releases", "dagster", "outbox"}


def test_every_folder_is_made_and_is_the_owners_alone(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "d"))
    workspace = Workspace.from_environment()
    assert workspace.root == tmp_path / "d"
    assert {path.name for path in workspace.root.iterdir()} == FOLDERS
    for path in (workspace.root, *workspace.root.iterdir()):
        assert path.stat().st_mode & 0o777 == 0o700
    workspace.make()


def test_without_a_variable_it_lies_where_one_stands(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    assert Workspace.from_environment().root == tmp_path / "data"


def test_a_simulated_workspace_says_so(tmp_path):
    workspace = Workspace(tmp_path)
    assert not workspace.is_simulated
    workspace.simulated_mark.touch()
    assert workspace.is_simulated


@pytest.mark.parametrize("name", sorted(FOLDERS - {"lake", "vault"}))
def test_each_thing_lies_in_its_own_folder(tmp_path, name):
    workspace = Workspace(tmp_path)
    assert getattr(workspace, name) == tmp_path / name
    assert workspace.ledger.path.parent == workspace.deliveries
    assert workspace.lake.folder == tmp_path / "lake"
    assert workspace.vault.folder == tmp_path / "vault"
