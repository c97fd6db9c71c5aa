"""Corrections: what they change in rows and in figures, and which of them wait for a person."""

import csv
import datetime as dt
import io

import pandas as pd
import pytest

from pipelines.core import core_table
from pipelines.effects import KEYS
from pipelines.indicators.registry import load_indicators
from pipelines.ingest import weighing
from pipelines.ingest.inbox import ingest, ready_files
from pipelines.ingest.ledger import outdated_by
from pipelines.ingest.register import OFFICER
from pipelines.ingest.revision_pages import effects_of, revisions_of, write_pages
from pipelines.ingest.revisions import contract_of, known_rows
from pipelines.simulation.city import Parameters, simulate
from pipelines.workspace import Workspace
from tests.pipelines.ingest.deliveries import (
    ATTENDANCE_NAME,
    SCHOOL,
    attendance,
    drop,
    month_row,
    number,
)

FIRST = dt.datetime(2016, 4, 3, 8, tzinfo=dt.UTC)
LATER = dt.datetime(2016, 4, 20, 8, tzinfo=dt.UTC)
CORRECTED = ATTENDANCE_NAME.replace(".csv", "_v2.csv")
AWAY = "Ogiltig frånvaro, minuter"
MANY = 40


def deliver(workspace, name, content, at):
    """One file at a time; what the ledger says of it."""
    drop(workspace, name, content)
    ingest(workspace, ready_files(workspace.inbox), at=at)
    return next(row for row in workspace.ledger.rows() if row["file_name"] == name)


def rows(**changed):
    """A month of many pupils, some with other minutes of unauthorised absence."""
    return [month_row(n, **{AWAY: changed.get(f"p{n}", "120")}) for n in range(MANY)]


def numbers_of(workspace, entry):
    found = revisions_of(workspace.lake, entry["delivery_id"])
    names = ("rows_before", "rows_after", "rows_new", "rows_changed", "rows_gone")
    return tuple(found[name].item() for name in names)


def test_changed_new_removed_and_invalid_rows_of_one_correction_are_counted(workspace):
    deliver(workspace, ATTENDANCE_NAME, attendance(rows()), FIRST)
    corrected = rows(p0="180", p1="60")[:-2]
    corrected += [month_row(MANY), month_row(MANY - 1, **{AWAY: "x"})]
    entry = deliver(workspace, CORRECTED, attendance(corrected), LATER)
    assert (entry["status"], entry["accepted"], entry["quarantined"]) == ("active", 39, 1)
    assert numbers_of(workspace, entry) == (40, 39, 1, 2, 2)
    found = effects_of(workspace.lake, entry["delivery_id"]).set_index("indicator")
    assert set(found.school_id) == {SCHOOL}
    hours = found.loc["unauthorised_absence_hours"]
    assert (hours.students_before, hours.students_after) == (40, 39)
    assert hours[["numerator_before", "numerator_after"]].to_list() == [80.0, 78.0]
    assert hours.value_after == pytest.approx(78 / 39)
    rate = found.loc["unauthorised_absence_rate"]
    assert rate.value_before == pytest.approx(100 * 40 * 120 / (40 * 7000))
    assert rate[["numerator_after", "denominator_after"]].to_list() == [39 * 120.0, 39 * 7000.0]


def test_a_large_change_waits_and_nothing_in_force_changes(workspace):
    first = deliver(workspace, ATTENDANCE_NAME, attendance(rows()), FIRST)
    every = {f"p{n}": "125" for n in range(MANY)}
    entry = deliver(workspace, CORRECTED, attendance(rows(**every)), LATER)
    assert entry["status"] == "held"
    assert entry["cause"].startswith("large_change: 40 rows of core.attendance differ from the 40")
    assert workspace.ledger.active("core.attendance") == [first["delivery_id"]]
    assert not effects_of(workspace.lake, entry["delivery_id"]).empty
    workspace.ledger.release(entry["delivery_id"], "checked", at=LATER)
    assert workspace.ledger.active("core.attendance") == [entry["delivery_id"]]
    workspace.ledger.reject(entry["delivery_id"], "was wrong", at=LATER)
    assert workspace.ledger.active("core.attendance") == [first["delivery_id"]]


def test_a_few_rows_that_move_a_figure_far_wait_too(workspace):
    deliver(workspace, ATTENDANCE_NAME, attendance(rows()), FIRST)
    entry = deliver(workspace, CORRECTED, attendance(rows(p0="3000", p1="3000")), LATER)
    assert entry["status"] == "held"
    assert entry["cause"].startswith("large_effect: moves ")
    assert "unauthorised_absence_hours, unauthorised_absence_rate of 1 schools" in entry["cause"]


APRIL = ATTENDANCE_NAME.replace("2016-03", "2016-04")


def break_off(*_args, **_kwargs):
    raise ZeroDivisionError("Hemligt")  # what an engine could quote, and nobody may read


@pytest.mark.parametrize("step", ["known_rows", "row_changes", "effects"])
def test_a_correction_that_cannot_be_weighed_waits_and_the_others_go_on(
    workspace, monkeypatch, step
):
    first = deliver(workspace, ATTENDANCE_NAME, attendance(rows()), FIRST)
    drop(workspace, CORRECTED, attendance(rows(p0="180")))
    drop(workspace, APRIL, attendance([month_row(0, Månad="2016-04")]))
    with monkeypatch.context() as patch:
        patch.setattr(weighing, step, break_off)
        ingest(workspace, ready_files(workspace.inbox), at=LATER)
    found = {row["file_name"]: row for row in workspace.ledger.rows()}
    assert found[CORRECTED]["status"] == "held"
    why = "not_weighed: what it changes could not be computed (ZeroDivisionError); report it"
    assert found[CORRECTED]["cause"].startswith(why)
    assert found[APRIL]["status"] == "active"
    assert first["delivery_id"] in workspace.ledger.active("core.attendance")
    workspace.ledger.release(found[CORRECTED]["delivery_id"], "looked at", at=LATER)
    assert found[CORRECTED]["delivery_id"] in workspace.ledger.active("core.attendance")


def test_the_report_of_a_correction_that_could_not_be_weighed_says_so(workspace, monkeypatch):
    deliver(workspace, ATTENDANCE_NAME, attendance(rows()), FIRST)
    with monkeypatch.context() as patch:
        patch.setattr(weighing, "effects", break_off)
        entry = deliver(workspace, CORRECTED, attendance(rows(p0="180")), LATER)
    assert numbers_of(workspace, entry) == (40, 40, 0, 1, 0)
    workspace.ledger.release(entry["delivery_id"], "looked at", at=LATER)
    _, page = write_pages(workspace, entry["delivery_id"])
    text = page.read_text("utf-8")
    assert "Status: active. not_weighed: what it changes could not be computed" in text
    assert "kunde inte räknas ut och är inte känt" in text
    assert "Hemligt" not in text


def test_a_correction_that_could_not_be_weighed_is_weighed_when_it_comes_again(
    workspace, monkeypatch
):
    deliver(workspace, ATTENDANCE_NAME, attendance(rows()), FIRST)
    content = attendance(rows(p0="180"))
    with monkeypatch.context() as patch:
        patch.setattr(weighing, "effects", break_off)
        deliver(workspace, CORRECTED, content, LATER)
    entry = deliver(workspace, CORRECTED, content, LATER)
    assert entry["status"] == "active"
    assert weighing.why_unknown(workspace, entry["delivery_id"]) is None


def test_what_waits_is_judged_again_and_waits_again(workspace):
    deliver(workspace, ATTENDANCE_NAME, attendance(rows()), FIRST)
    content = attendance(rows(**{f"p{n}": "125" for n in range(MANY)}))
    held = deliver(workspace, CORRECTED, content, LATER)
    for kind, periods in workspace.ledger.pending().items():
        workspace.ledger.done(kind, periods)
    events = workspace.ledger.events()
    assert deliver(workspace, CORRECTED, content, LATER) == held
    workspace.ledger.forget_verdicts()
    ingest(workspace, [], at=LATER)
    assert [row["status"] for row in workspace.ledger.rows()] == ["active", "held"]
    assert workspace.ledger.events()[: len(events)] == events


def test_a_correction_that_comes_with_what_it_corrects_waits_for_nobody(workspace):
    drop(workspace, ATTENDANCE_NAME, attendance(rows()))
    every = {f"p{n}": "125" for n in range(MANY)}
    entry = deliver(workspace, CORRECTED, attendance(rows(**every)), FIRST)
    assert entry["status"] == "active"
    assert numbers_of(workspace, entry) == (40, 40, 0, 40, 0)
    assert effects_of(workspace.lake, entry["delivery_id"]).empty


def test_the_same_rows_in_another_order_and_under_another_name_are_no_correction(workspace):
    first = deliver(workspace, ATTENDANCE_NAME, attendance(rows()), FIRST)
    for kind, periods in workspace.ledger.pending().items():
        workspace.ledger.done(kind, periods)
    entry = deliver(workspace, CORRECTED, attendance(rows()[::-1]), LATER)
    assert entry["status"] == "superseded"
    assert entry["cause"].startswith(f"the same rows as {first['delivery_id'][:12]}")
    assert set(workspace.ledger.pending()) == {"release"}
    assert revisions_of(workspace.lake).empty


def test_only_files_of_as_many_rows_are_compared_as_a_whole(workspace, monkeypatch):
    compared = []

    def known(lake, delivery_id, tables):
        compared.append(delivery_id)
        return known_rows(lake, delivery_id, tables)

    monkeypatch.setattr(weighing, "known_rows", known)
    first = deliver(workspace, ATTENDANCE_NAME, attendance(rows()), FIRST)
    deliver(workspace, CORRECTED, attendance(rows()[:-1]), LATER)
    assert compared == []
    again = deliver(workspace, CORRECTED.replace("v2", "v3"), attendance(rows()[::-1]), LATER)
    assert compared == [first["delivery_id"], again["delivery_id"]]
    assert again["status"] == "active"


def test_rows_that_only_the_vault_keeps_are_not_taken_for_the_same(workspace):
    student = workspace.vault.student_ids([number(0)])[0]
    workspace.vault.register.mark([student], OFFICER)
    deliver(workspace, ATTENDANCE_NAME, attendance(rows()), FIRST)
    entry = deliver(workspace, CORRECTED, attendance(rows(p0="60")), LATER)
    assert entry["status"] == "active"
    assert numbers_of(workspace, entry) == (39, 39, 0, 0, 0)


def test_an_earlier_version_that_comes_later_is_kept_and_not_in_force(workspace):
    second = deliver(workspace, CORRECTED, attendance(rows(p0="60")), FIRST)
    entry = deliver(workspace, ATTENDANCE_NAME, attendance(rows()), LATER)
    assert entry["status"] == "superseded"
    assert workspace.ledger.active("core.attendance") == [second["delivery_id"]]
    assert revisions_of(workspace.lake).empty


def test_the_report_of_a_correction_lies_in_the_outbox_for_the_operator_alone(workspace):
    deliver(workspace, ATTENDANCE_NAME, attendance(rows()), FIRST)
    entry = deliver(workspace, CORRECTED, attendance(rows(p0="60")), LATER)
    paths = write_pages(workspace, entry["delivery_id"])
    assert {path.parent.parent for path in paths} == {workspace.outbox}
    assert {path.stat().st_mode & 0o777 for path in paths} == {0o600}
    page = paths[1].read_text(encoding="utf-8")
    assert "unauthorised_absence_rate" in page
    assert "Rader efter" in page


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """A small city, ingested."""
    folder = tmp_path_factory.mktemp("effects")
    parameters = Parameters(seed=3, schools=4, years=2, pupils_per_grade=20)
    made = simulate(folder / "city", parameters=parameters)
    workspace = Workspace(folder / "workspace")
    workspace.make()
    for path in made.deliveries.iterdir():
        workspace.inbox.joinpath(path.name).write_bytes(path.read_bytes())
    ingest(workspace, ready_files(workspace.inbox), at=FIRST)
    return made.deliveries, workspace


def more_absence(row, headings):
    """A third of the scheduled time away without leave, as far as the register allows."""
    place = {name: n for n, name in enumerate(headings)}
    known = sum(int(row[place[name]]) for name in headings if name.startswith(("Giltig", "Annan")))
    away = min(int(row[place["Schemalagd tid, minuter"]]) // 3,
               int(row[place["Rapporterad tid, minuter"]]) - known)  # fmt: skip
    return [*row[: place[AWAY]], str(max(away, int(row[place[AWAY]]))), *row[place[AWAY] + 1 :]]


def fail(row, headings):
    """The lowest mark."""
    place = list(headings).index("Betyg")
    return [*row[:place], "F" if row[place] in "ABCDE" else row[place], *row[place + 1 :]]


def corrected(path, change, share):
    """A file with every so many records changed."""
    found = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig")), delimiter=";"))
    headings, *records = found
    made = [change(r, headings) if n % share == 0 else r for n, r in enumerate(records)]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";", lineterminator="\n").writerows([headings, *made])
    return text.getvalue().encode()


def every_sum(workspace, periods):
    """Every published indicator of every school from all rows, the long way."""
    outdated = {period for _, period in outdated_by(periods)}
    found = []
    for indicator in (one for one in load_indicators().values() if one.is_published):
        tables = {t.split(".")[1]: core_table(workspace, contract_of(t)) for t in indicator.reads}
        values = indicator.compute(**tables).execute()
        values = values[values.period.isin(outdated)]
        sums = values.groupby(KEYS).agg(
            students=("numerator", "size"), n=("numerator", "sum"), d=("denominator", "sum")
        )
        found.append(sums.reset_index().assign(indicator=indicator.name))
    return pd.concat(found).set_index(["indicator", *KEYS])


@pytest.mark.parametrize(
    ("name", "change", "indicators"),
    [
        ("narvaro_*_2011-11.csv", more_absence, {"unauthorised_absence_rate"}),
        ("betyg_*_2012HT.csv", fail, {"goal_attainment"}),
    ],
)
def test_the_effect_of_a_correction_is_what_computing_everything_anew_gives(
    city, name, change, indicators
):
    deliveries, workspace = city
    path = next(p for p in sorted(deliveries.glob(name)))
    periods = {path.stem.split("_")[-1]}
    before = every_sum(workspace, periods)
    entry = deliver(workspace, f"{path.stem}_v8.csv", corrected(path, change, 3), LATER)
    if entry["status"] == "held":
        workspace.ledger.release(entry["delivery_id"], "tested", at=LATER)
    after = every_sum(workspace, periods)
    both = before.join(after, how="outer", suffixes=("_before", "_after")).fillna(0)
    moved = both[((both.n_before - both.n_after).abs() > 1e-9)
                 | ((both.d_before - both.d_after).abs() > 1e-9)].sort_index()  # fmt: skip
    told = effects_of(workspace.lake, entry["delivery_id"]).set_index(["indicator", *KEYS])
    told = told.sort_index()
    assert indicators <= set(told.reset_index().indicator)
    assert list(told.index) == list(moved.index)
    for when in ("before", "after"):
        for ours, theirs in (("students", "students"), ("numerator", "n"), ("denominator", "d")):
            expected = moved[f"{theirs}_{when}"].astype(float).to_list()
            assert told[f"{ours}_{when}"].astype(float).to_list() == pytest.approx(expected)
