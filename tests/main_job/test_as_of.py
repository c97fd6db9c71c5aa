"""As known on a date: what was published then, rebuilt after a later correction came."""

import datetime as dt
import json
import shutil

import pytest

from assets.running import run_ingest, run_outdated
from pipelines.as_of import AsOfError, forget, moment_of, releases_as_of, workspace_as_of
from pipelines.ingest.ledger import Judged, Ledger
from pipelines.releases.release import current
from pipelines.simulation.city import Parameters, simulate
from tests.main_job.whole_job import at_home, drop, new_workspace, only_indicators
from tests.pipelines.ingest.test_weighing import corrected

CITY = Parameters(seed=3, schools=4, years=1, pupils_per_grade=20)
FIRST = dt.datetime(2013, 1, 1, 8, tzinfo=dt.UTC)
BETWEEN = "2013-01-01"
LATER = dt.datetime(2013, 2, 1, 8, tzinfo=dt.UTC)


LOWER = {"MVG": "VG", "VG": "G", "G": "IG"}


def lowered(row, headings):
    """One mark lower."""
    place = list(headings).index("Betyg")
    return [*row[:place], LOWER.get(row[place], row[place]), *row[place + 1 :]]


def tables(release):
    """What the release's manifest says each table held."""
    return json.loads((release / "manifest.json").read_text(encoding="utf-8"))["tables"]


def made(workspace, at):
    """Every stage of the job at a moment."""
    with at_home(workspace), only_indicators("goal_attainment", "unauthorised_absence_hours"):
        runs = [run_ingest(at=at), *run_outdated(workspace, at=at)]
    assert [run.failed for run in runs if not run.is_success] == []


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A city published before a correction and after it; and what was published first."""
    folder = tmp_path_factory.mktemp("as_of")
    city = simulate(folder / "city", parameters=CITY)
    workspace = new_workspace(folder / "workspace")
    drop(city.deliveries.iterdir(), workspace)
    made(workspace, FIRST)
    first = tables(current(workspace.releases))
    path = min(city.deliveries.glob("betyg_*_2012VT.csv"))
    name = f"{path.stem}_v8.csv"
    workspace.inbox.joinpath(name).write_bytes(corrected(path, lowered, 30))
    made(workspace, LATER)
    return workspace, first


def test_what_was_published_then_is_published_again(told):
    workspace, first = told
    now, link = tables(current(workspace.releases)), (workspace.releases / "current").readlink()
    earlier = workspace_as_of(workspace, BETWEEN)
    made(earlier, moment_of(BETWEEN))
    forget(earlier)
    again = tables(current(releases_as_of(workspace, BETWEEN)))
    assert {name for name in first if again[name] != first[name]} == set()
    changed = {name for name in first if now[name] != first[name]}
    assert changed >= {"raw.deliveries", "raw.delivery_events", "core.grades", "raw.revisions"}
    assert "result.goal_attainment" in changed
    assert (workspace.releases / "current").readlink() == link


@pytest.fixture
def ledger(tmp_path):
    """A month, and a month later its correction."""
    entered = Ledger(tmp_path / "ledger.sqlite")
    content = {"core.attendance": frozenset({"2012-03"})}
    for version, at in ((1, FIRST), (2, LATER)):
        delivery_id = f"{version}" * 64
        entered.receive([(delivery_id, f"v{version}.csv", at.isoformat(timespec="seconds"))])
        judged = Judged(
            delivery_id=delivery_id, profile="p", scope="s", version=version, content=content
        )
        entered.settle([judged], at=at)
    return entered


def test_a_ledger_of_then_knows_nothing_of_what_came_later(ledger, tmp_path):
    earlier = ledger.as_of(moment_of(BETWEEN), tmp_path / "earlier.sqlite")
    assert [(row["file_name"], row["status"]) for row in earlier.rows()] == [("v1.csv", "active")]
    assert earlier.events() == ledger.events()[:4]
    assert earlier.active("core.attendance") == ["1" * 64]
    assert ledger.active("core.attendance") == ["2" * 64]
    assert earlier.pending()["month"] == ["2012-03"]
    assert ledger.as_of(moment_of("2012-12-31"), tmp_path / "empty.sqlite").rows() == []


@pytest.mark.parametrize("text", ["2016-02-30", "yesterday", "2999-01-01", "2010-01-01"])
def test_a_date_that_cannot_be_gone_back_to_is_refused(tmp_path, text):
    with pytest.raises(AsOfError):
        workspace_as_of(new_workspace(tmp_path), text)
    shutil.rmtree(tmp_path / "as-of", ignore_errors=True)


def test_a_day_is_known_up_to_its_last_second():
    assert moment_of("2016-07-31") == dt.datetime(2016, 7, 31, 23, 59, 59, tzinfo=dt.UTC)
    assert moment_of("2016-07-31T12:00Z") == dt.datetime(2016, 7, 31, 12, tzinfo=dt.UTC)
    assert moment_of("2016-07-31T12:00+02:00").hour == 10
