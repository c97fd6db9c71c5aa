"""Files that others published, read by declared layouts alone and held against known answers."""

from collections import Counter

import pytest

from pipelines.core import core_table
from pipelines.ingest.inbox import ingest, ready_files
from pipelines.workspace import Workspace
from schemas.attendance import AbsenceCounts
from schemas.benchmarks import Benchmarks
from schemas.grades import Grades
from tests.pipelines.ingest.deliveries import drop

pytestmark = pytest.mark.shared_data

COSTS = "Grundskola - Kostnader per kommun {} Kommun.csv"
GRADES = (
    "Grundskola - Betyg årskurs 6, andel som fått godkänt betyg (A-E), samtliga elever {} "
    "Kommun.csv"
)
COST_YEARS = range(2020, 2025)
GRADE_YEARS = range(2020, 2026)
SHARES = ("passed_all_percent", "failed_one_percent", "failed_several_percent")


@pytest.fixture(scope="module")
def read(shared, tmp_path_factory):
    """All these files in one lake: the ledger's entries by name, and the lake itself."""
    workspace = Workspace(tmp_path_factory.mktemp("public") / "data")
    workspace.make()
    pupils = [shared / f"data/uci_student/student-{course}.csv" for course in ("mat", "por")]
    folder = shared / "data/skolverket_kommun"
    costs = [folder / COSTS.format(year) for year in COST_YEARS]
    grades = [folder / GRADES.format(year) for year in GRADE_YEARS]
    for path in (*pupils, *costs, *grades):
        drop(workspace, path.name, path.read_bytes())
    ingest(workspace, ready_files(workspace.inbox))
    return {row["file_name"]: row for row in workspace.ledger.rows()}, workspace


@pytest.fixture(scope="module")
def benchmarks(read):
    """The published figures by report, year, area, provider and measure."""
    frame = core_table(read[1], Benchmarks).execute()
    return frame.set_index(Benchmarks.grain()).sort_index()


PUPILS = {
    "mat": ("MA", 395, 2255, 265, {"GP": 349, "MS": 46}),
    "por": ("MLPOR", 649, 2375, 549, {"GP": 423, "MS": 226}),
}


@pytest.mark.parametrize("course", PUPILS)
def test_real_pupils_are_all_accounted_for(read, course):
    subject, records, absences, passed, schools = PUPILS[course]
    entries, workspace = read
    entry = entries[f"student-{course}.csv"]
    assert (entry["records"], entry["accepted"], entry["status"]) == (records, records, "active")
    counts = core_table(workspace, AbsenceCounts).execute()
    counts = counts[counts.subject_code == subject]
    assert counts.occasions.sum() == absences
    grades = core_table(workspace, Grades, ["2006VT"]).execute()
    final = grades[grades.subject_code == subject]
    assert len(final) == final.student_id.nunique() == records
    assert (final.mark.astype(int) >= 10).sum() == passed
    assert final.school_id.value_counts().to_dict() == schools


def test_every_municipality_has_its_costs(read, benchmarks):
    for year in COST_YEARS:
        entry = read[0][COSTS.format(year)]
        assert (entry["records"], entry["accepted"]) == (290, 290)
    costs = benchmarks.loc["skolverket_municipal_costs"]
    assert costs.state.eq("reported").all()
    assert len(costs) == 290 * 10 * len(COST_YEARS)


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("pupils", [68462, 69281, 69594, 69593, 69140]),
        ("cost_total_thousand_sek", [9239058, 9575149, 10054109, 10867316, 11221841]),
        ("cost_per_pupil_sek", [135000, 138200, 144500, 156200, 162300]),
        ("teaching_per_pupil_sek", [76100, 75300, 77800, 85200, 87800]),
        ("premises_per_pupil_sek", [25600, 26600, 27500, 31800, 33600]),
    ],
)
def test_stockholms_costs_are_those_published(benchmarks, measure, expected):
    found = [
        benchmarks.loc["skolverket_municipal_costs", str(year), "0180", "Kommunal", measure].value
        for year in COST_YEARS
    ]
    assert found == expected


def test_the_costs_of_each_municipality_add_up(benchmarks):
    wide = benchmarks.loc["skolverket_municipal_costs"].value.unstack("measure")
    parts = ("teaching", "premises", "meals", "materials", "pupil_health", "other")
    added = sum(wide[f"{part}_per_pupil_sek"] for part in parts)
    assert (added - wide.cost_per_pupil_sek).abs().max() <= 240
    least = (wide.cost_total_thousand_sek - 0.5) * 1000 / (wide.pupils + 0.5)
    most = (wide.cost_total_thousand_sek + 0.5) * 1000 / (wide.pupils - 0.5)
    assert (wide.cost_per_pupil_sek >= least - 50).all()
    assert (wide.cost_per_pupil_sek <= most + 50).all()


SIGNS = {
    2020: (762, {"suppressed": 609, "not_applicable": 79, "masked_near_100": 39}),
    2021: (759, {"suppressed": 568, "not_applicable": 72, "masked_near_100": 48}),
    2022: (763, {"suppressed": 562, "not_applicable": 64, "masked_near_100": 36}),
    2023: (763, {"suppressed": 570, "not_applicable": 59, "masked_near_100": 26}),
    2024: (761, {"suppressed": 264, "not_applicable": 50, "masked_near_100": 39}),
    2025: (761, {"suppressed": 272, "not_applicable": 64, "masked_near_100": 46}),
}


@pytest.mark.parametrize("year", GRADE_YEARS)
def test_every_sign_of_the_publisher_is_a_state_and_never_a_number(read, benchmarks, year):
    records, signs = SIGNS[year]
    entry = read[0][GRADES.format(year)]
    assert (entry["records"], entry["accepted"]) == (records, records)
    rows = benchmarks.loc["skolverket_grade6", f"{year - 1}/{year % 100}"]
    assert len(rows) == records * 5
    states = Counter(rows.state)
    assert {state: states[state] for state in signs} == signs
    assert rows.value.isna().eq(rows.state != "reported").all()


def test_the_shares_of_a_grade_add_to_a_hundred(benchmarks):
    shares = benchmarks.loc["skolverket_grade6"].value.unstack("measure")[list(SHARES)].dropna()
    by_year = shares.groupby(level="year").size()
    assert by_year.to_list() == [480, 495, 512, 512, 626, 621]
    assert (shares.sum(axis=1) - 100).abs().max() <= 0.2 + 1e-9


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        ("Samtliga", [77.1, 77.4, 76.3, 76.3, 75.7, 76.6]),
        ("Kommunal", [76.2, 76.6, 75.7, 77.2, 77.3, 78.1]),
    ],
)
def test_stockholms_goal_attainment_is_that_published(benchmarks, provider, expected):
    years = [f"{year - 1}/{year % 100}" for year in GRADE_YEARS]
    found = [
        benchmarks.loc["skolverket_grade6", year, "0180", provider, SHARES[0]].value
        for year in years
    ]
    assert found == expected
