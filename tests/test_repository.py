"""What holds for the repository as a whole: what may lie in it, and that its parts agree."""

import ast
import re
import subprocess
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml
from dagster import DagsterInstance

PACKAGES = ("schemas", "pipelines", "assets")
DATA = {".csv", ".duckdb", ".feather", ".parquet", ".sqlite", ".xls", ".xlsx"}
LARGEST_BYTES = 500_000
MACHINE_PATH = re.compile(r"(?<![\w.])/(work|farm|root|home/\w+|Users/\w+)/|[.]pyenv/")
REGISTRY = re.compile(r"pypi[.]org|pythonhosted[.]org|registry[.]npmjs|deb[.]debian[.]org")
DATED = r"\d{2}(0[1-9]|1[0-2])([06][1-9]|[1278]\d|[39][01])"
PERSONAL_NUMBER = re.compile(rf"\b(((19|20){DATED}[-+]?)|({DATED}[-+]))\d{{4}}\b")


@pytest.fixture(scope="session")
def tracked(repository):
    """Every tracked file."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    listed = subprocess.run(  # noqa: S603 - a fixed command
        command, cwd=repository, capture_output=True, check=True, text=True
    )
    paths = [repository / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


@pytest.fixture(scope="session")
def texts(tracked, repository):
    """Their text by name, for those that are text."""
    return {str(p.relative_to(repository)): text for p in tracked if (text := _text(p))}


@pytest.fixture(scope="session")
def pyproject(repository):
    """The project's settings."""
    return tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))


def test_data_lie_only_in_the_samples_of_the_tests(tracked, repository):
    data = [path.relative_to(repository) for path in tracked if path.suffix.lower() in DATA]
    assert [p for p in data if not (p.parts[0] == "tests" and "samples" in p.parts)] == []


def test_no_file_is_large(tracked):
    assert [path.name for path in tracked if path.stat().st_size > LARGEST_BYTES] == []


@pytest.mark.parametrize(
    "unwanted",
    [
        pytest.param(MACHINE_PATH, id="path of one machine"),
        pytest.param(REGISTRY, id="address of a package registry"),
        pytest.param(PERSONAL_NUMBER, id="personal number"),
    ],
)
def test_no_file_holds_what_belongs_elsewhere(texts, unwanted):
    assert [name for name, text in texts.items() if unwanted.search(text)] == []


def test_the_pattern_of_personal_numbers_finds_those_of_every_kind():
    day, last = "0131", "0000"
    found = [f"1999{day}-{last}", f"2011{day}{last}", f"19990191{last}", f"99{day}+{last}"]
    assert all(PERSONAL_NUMBER.search(text) for text in found)
    assert not PERSONAL_NUMBER.search("2026-11-22, 16 schools, 201213 of 10000000")


def test_every_locked_package_has_a_version_and_hashes_and_no_address(repository):
    lock = (repository / "requirements.lock").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", lock.strip())
    pinned = re.compile(r"[a-z0-9][a-z0-9.-]*(\[[a-z,]+\])?==[0-9]")
    assert len(entries) > 100
    assert [entry for entry in entries if not pinned.match(entry)] == []
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in lock


def test_every_dependency_is_locked_at_the_version_asked_for(repository, pyproject):
    lock = (repository / "requirements.lock").read_text(encoding="utf-8")
    asked = pyproject["project"]["dependencies"]
    asked += pyproject["project"]["optional-dependencies"]["dev"]
    starts = [re.match(r"[\w.-]+(\[\w+\])?(==[\w.]+)?", dependency)[0] for dependency in asked]
    assert [start for start in starts if f"\n{start}" not in f"\n{lock}"] == []


def test_the_newest_section_of_the_changelog_is_this_version(repository, pyproject):
    changelog = (repository / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## \[?([0-9.]+)", changelog, flags=re.MULTILINE)
    assert versions[0] == pyproject["project"]["version"]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_says_what_belongs_in_it(repository, package):
    modules = sorted((repository / package).rglob("*.py"))
    assert modules
    mute = [m for m in modules if not ast.get_docstring(ast.parse(m.read_text(encoding="utf-8")))]
    assert [str(module.relative_to(repository)) for module in mute] == []


@pytest.mark.parametrize("package", ["schemas", "pipelines"])
def test_only_assets_know_dagster(repository, package):
    imports = re.compile(r"^\s*(from|import) dagster", flags=re.MULTILINE)
    modules = (repository / package).rglob("*.py")
    assert [m.name for m in modules if imports.search(m.read_text(encoding="utf-8"))] == []


def test_dagster_starts_with_the_settings_of_the_repository(repository, tmp_path, monkeypatch):
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    (tmp_path / "dagster.yaml").write_bytes((repository / "dagster.yaml").read_bytes())
    with DagsterInstance.from_config(str(tmp_path)) as instance:
        assert not instance.telemetry_enabled
        assert not instance.nux_enabled
        assert instance.run_monitoring_enabled
        assert instance.run_monitoring_max_runtime_seconds == 6 * 60 * 60
        assert instance.run_retries_enabled
        assert instance.run_retries_max_retries == 2
        assert not instance.run_retries_retry_on_asset_or_op_failure
        assert instance.get_concurrency_config().run_queue_config.max_concurrent_runs == 2
        assert instance.get_concurrency_config().pool_config.default_pool_limit == 1
        assert Path(instance.root_directory) == tmp_path


def test_the_hooks_before_a_commit_need_no_network(repository):
    text = (repository / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    hooks = yaml.safe_load(text)["repos"]
    assert {hook["repo"] for hook in hooks} == {"local"}


def test_the_hook_before_a_commit_stops_data_outside_the_samples(repository):
    text = (repository / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    hooks = {hook["id"]: hook for repo in yaml.safe_load(text)["repos"] for hook in repo["hooks"]}
    hook = hooks["no-data-files"]

    def stops(name):
        return bool(re.search(hook["files"], name) and not re.search(hook["exclude"], name))

    assert stops("may.csv")
    assert stops("notebooks/extract.parquet")
    assert stops("tests/pipelines/may.xlsx")
    assert not stops("tests/pipelines/ingest/samples/may.xlsx")
    assert not stops("pipelines/engine.py")


def test_continuous_integration_runs_the_readme_commands_and_lets_nothing_skip(repository):
    run = (repository / ".ci" / "run").read_text(encoding="utf-8")
    assert "CI=true" in run
    for command in ("make test", "make lint", "make demo"):
        assert re.search(rf"^[^#]*{command}", run, flags=re.MULTILINE)


def test_a_test_that_skips_itself_fails_in_ci(pytester, repository, monkeypatch):
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("PYTHONPATH", str(repository))
    pytester.makeconftest((repository / "tests" / "conftest.py").read_text(encoding="utf-8"))
    pytester.makepyfile(
        test_one="import pytest\ndef test_skips():\n    pytest.skip('no browser')\n",
        test_two="import pytest\npytest.importorskip('a_module_nobody_has')\n",
    )
    result = pytester.runpytest_subprocess("--continue-on-collection-errors")
    result.assert_outcomes(failed=1, errors=1)


def test_the_commands_of_the_readme_are_installed(pyproject):
    module, function = pyproject["project"]["scripts"]["samverkan"].split(":")
    assert find_spec(module) is not None
    assert function == "main"


def _text(path):
    """A file's text; empty if it is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""
