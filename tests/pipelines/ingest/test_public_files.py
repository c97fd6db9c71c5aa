"""Files that others published, read by declared layouts alone and held against known answers.

The figures and identities are those of the README beside the files.
"""

import csv
import json
import re
from collections import Counter
from dataclasses import replace

import pytest

from pipelines.core import core_table
from pipelines.ingest.formats.json import CONTAINER as JSON
from pipelines.ingest.inbox import ingest, ready_files
from pipelines.ingest.profiles import load_profiles
from pipelines.workspace import Workspace
from schemas.attendance import AbsenceCounts
from schemas.benchmarks import Benchmarks
from schemas.grades import Grades
from tests.pipelines.ingest.deliveries import drop

pytestmark = pytest.mark.shared_data

COSTS = "Grundskola - Kostnader per kommun {} Kommun.csv"
UPPER = "Gymnasieskola - Kostnader per kommun {} Kommun.csv"
GRADES = (
    "Grundskola - Betyg årskurs 6, andel som fått godkänt betyg (A-E), samtliga elever {} "
    "Kommun.csv"
)
BY_SEX = "Grundskola - Betyg årskurs 6, andel som fått godkänt betyg (A-E), per kön 2025 Kommun.csv"
ENROLLED = "Grundskola - Antal elever per årskurs {} Kommun.csv"
SCHOOLS = "Grundskola - Antal elever per årskurs 2025 Skolnivå.csv"
TEACHERS = "Grundskola - Personalstatistik med lärarlegitimation och behörighet {} Kommun.csv"
REGISTER = "skolenhetsregister_2020_grundskola.csv"
YEAR_TO_DATE = "EES_ytd_data.csv"
EXCLUSIONS = "exclusions_by_reason.csv"
COST_YEARS = range(2020, 2025)
UPPER_YEARS = range(2020, 2024)
GRADE_YEARS = range(2020, 2026)
SHARES = ("passed_all_percent", "failed_one_percent", "failed_several_percent")
REGIONS = {"stockholm": 373, "vastra-gotaland": 241, "halland": 56}
WITHOUT_LAYOUT = (
    "assessments.csv", "courses.csv", "studentAssessment.csv", "studentInfo.csv",
    "studentRegistration.csv", "vle.csv", "student-dropout.csv", "xAPI-Edu-Data.csv",
)  # fmt: skip


def new_workspace(tmp_path_factory, name):
    """An empty data folder."""
    workspace = Workspace(tmp_path_factory.mktemp(name) / "data")
    workspace.make()
    return workspace


def table_of(workspace):
    """The published figures of a lake by report, year, area, provider and measure."""
    frame = core_table(workspace, Benchmarks).execute()
    return frame.set_index(Benchmarks.grain()).sort_index()


@pytest.fixture(scope="module")
def read(shared, tmp_path_factory):
    """Every text file in one lake: the ledger's entries by name, and the lake itself."""
    workspace = new_workspace(tmp_path_factory, "public")
    for path in sorted((shared / "data").rglob("*.csv")):
        drop(workspace, path.name, path.read_bytes())
    for region in REGIONS:
        path = shared / f"data/skolverket_ak9_api/{region}-grade9-schools.json"
        drop(workspace, path.name, path.read_bytes())
        drop(workspace, f"{region}-grade9-schools_2024-25.json", path.read_bytes() + b"\n")
    ingest(workspace, ready_files(workspace.inbox))
    return {row["file_name"]: row for row in workspace.ledger.rows()}, workspace


@pytest.fixture(scope="module")
def benchmarks(read):
    """All published figures of the text files."""
    return table_of(read[1])


def report_in(benchmarks, report, year):
    """One report of one year, a column per measure."""
    return benchmarks.loc[report, year].value.unstack("measure")


def signs_in(benchmarks, report, year=slice(None)):
    """How often each state occurs in a report."""
    counts = Counter(benchmarks.loc[(report, year), "state"])
    del counts["reported"]
    return dict(counts)


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


@pytest.mark.parametrize(
    ("name", "records", "held"),
    [
        *(
            (ENROLLED.format(y), n, 0)
            for y, n in zip(COST_YEARS, (779, 780, 777, 778, 778), strict=True)
        ),
        *(
            (TEACHERS.format(y), n, 0)
            for y, n in zip(COST_YEARS, (767, 767, 770, 770, 769), strict=True)
        ),
        *((UPPER.format(y), n, 0) for y, n in zip((2020, 2021), (300, 299), strict=True)),
        *((UPPER.format(y), 299, 9) for y in (2022, 2023)),
        *((f"{region}-grade9-schools_2024-25.json", n, 0) for region, n in REGIONS.items()),
        (BY_SEX, 761, 0),
        (SCHOOLS, 4628, 0),
        (REGISTER, 4894, 0),
        (YEAR_TO_DATE, 647, 0),
        (EXCLUSIONS, 7004, 0),
    ],
)
def test_every_row_of_a_published_table_is_accounted_for(read, name, records, held):
    entry = read[0][name]
    assert (entry["status"], entry["cause"]) == ("active", None)
    assert (entry["records"], entry["quarantined"]) == (records, held)
    assert entry["accepted"] == records - held


@pytest.mark.parametrize("name", [*WITHOUT_LAYOUT, *(f"{r}-grade9-schools.json" for r in REGIONS)])
def test_a_file_that_no_layout_reads_is_refused_and_says_so(read, name):
    entry = read[0][name]
    assert entry["status"] == "rejected"
    assert entry["cause"].startswith("unknown: no layout has files of this name")


MISSING, FEW, NEAR = "not_applicable", "suppressed", "masked_near_100"
PUPIL_SIGNS = {
    "2020/21": {MISSING: 232, FEW: 52},
    "2021/22": {MISSING: 238, FEW: 63},
    "2022/23": {MISSING: 216, FEW: 52, NEAR: 2},
    "2023/24": {MISSING: 215, FEW: 53, NEAR: 3},
    "2024/25": {MISSING: 217, FEW: 52, NEAR: 2},
}
TEACHER_SIGNS = {
    "2020/21": {MISSING: 90},
    "2021/22": {MISSING: 86},
    "2022/23": {MISSING: 84},
    "2023/24": {MISSING: 76},
    "2024/25": {MISSING: 86, FEW: 72, "questioned": 717},
}


@pytest.mark.parametrize(
    ("report", "year", "signs"),
    [
        *(("skolverket_pupils", year, signs) for year, signs in PUPIL_SIGNS.items()),
        *(("skolverket_teachers", year, signs) for year, signs in TEACHER_SIGNS.items()),
        ("skolverket_grade6_by_sex", "2024/25", {FEW: 959, MISSING: 240, NEAR: 113}),
        ("skolverket_pupils_by_school", "2025/26", {MISSING: 16075, FEW: 757, NEAR: 95}),
        ("skolverket_upper_secondary_costs", "2020", {MISSING: 546}),
        ("skolverket_upper_secondary_costs", "2021", {MISSING: 550}),
        ("skolverket_municipal_costs", "2024", {}),
        ("skolverket_merit_api", "2024/25", {}),
        ("dfe_attendance", "2025/26", {"confidential": 216}),
        ("dfe_exclusions", slice(None), {FEW: 21790}),
    ],
)
def test_each_sign_is_counted_as_its_state(benchmarks, report, year, signs):
    assert signs_in(benchmarks, report, year) == signs


def test_no_cell_with_a_sign_has_a_number(benchmarks):
    assert benchmarks.value.isna().eq(benchmarks.state != "reported").all()


def test_rows_without_a_code_are_held_back_and_nothing_else(shared, read, benchmarks):
    for year, signs in ((2022, 529), (2023, 541)):
        text = (shared / "data/skolverket_kommun" / UPPER.format(year)).read_text("utf-8-sig")
        without = [line.split(";") for line in text.splitlines() if re.match("[^;]+;;.*;$", line)]
        assert len(without) == read[0][UPPER.format(year)]["quarantined"]
        hidden = sum(cells.count(".") for cells in without)
        found = signs_in(benchmarks, "skolverket_upper_secondary_costs", str(year))
        assert found == {MISSING: signs - hidden}


def test_stockholms_upper_secondary_costs_are_those_published(benchmarks):
    costs = benchmarks.loc["skolverket_upper_secondary_costs"].value
    place = ("0180", "Kommunal", "cost_per_pupil_sek")
    found = [costs[(str(year), *place)] for year in UPPER_YEARS]
    assert found == [120400, 119800, 124500, 130600]


OCTOBERS = [f"{year}/{year % 100 + 1}" for year in COST_YEARS]
ALL_PUPILS = [1097180, 1106258, 1111580, 1110078, 1104634]


def test_pupils_are_those_published(benchmarks):
    pupils = benchmarks.loc["skolverket_pupils"].value
    found = [pupils[year, "0180", "Samtliga", "pupils"] for year in OCTOBERS]
    assert found == [98594, 99138, 98677, 98025, 97109]
    found = [pupils[year, "0180", "Kommunal", "pupils"] for year in OCTOBERS]
    assert found == [68656, 69024, 69267, 69032, 68350]
    every = pupils.xs(("Samtliga", "pupils"), level=("provider_type", "measure"))
    assert every.groupby(level="year").sum().to_list() == ALL_PUPILS


GRADE_COUNTS = [f"pupils_grade_{n}" for n in range(1, 10)]


def test_the_grades_of_a_municipality_add_up_to_its_pupils(benchmarks):
    for year in OCTOBERS:
        rows = report_in(benchmarks, "skolverket_pupils", year)
        states = benchmarks.loc["skolverket_pupils", year].state.unstack("measure")
        is_open = ~states[[*GRADE_COUNTS, "pupils"]].eq(FEW).any(axis=1)
        added = rows[GRADE_COUNTS].sum(axis=1)
        assert (added - rows.pupils)[is_open].eq(0).all()
        assert (~is_open).sum() <= 3


def test_the_types_of_provider_add_up_to_all_pupils(benchmarks):
    gaps = []
    for year in OCTOBERS:
        rows = report_in(benchmarks, "skolverket_pupils", year).pupils.unstack("provider_type")
        parts = rows.drop(columns="Samtliga").sum(axis=1)
        gaps.append((rows.Samtliga != parts).sum())
        if year == "2022/23":
            assert list(rows.index[rows.Samtliga != parts]) == ["0428"]
            assert (rows.Samtliga["0428"], parts["0428"]) == (902, 846 + 44)
    assert gaps == [0, 0, 1, 1, 1]


def test_the_pupils_of_each_school_are_those_published(shared, benchmarks):
    rows = report_in(benchmarks, "skolverket_pupils_by_school", "2025/26")
    assert rows.pupils.sum() == 1094731
    assert (rows[GRADE_COUNTS].sum(axis=1) == rows.pupils).all()
    assert rows[GRADE_COUNTS].isin([1, 2, 3, 4]).sum().sum() == 996
    with (shared / "data/skolverket_skolniva" / SCHOOLS).open(encoding="utf-8-sig") as file:
        here = [row[1] for row in csv.reader(file, delimiter=";") if row[3:4] == ["0180"]]
    stockholm = rows.loc[here]
    municipal = stockholm.xs("Kommunal", level="provider_type")
    assert (len(stockholm), len(municipal)) == (245, 142)
    assert (stockholm.pupils.sum(), municipal.pupils.sum()) == (95805, 67629)
    ninth = stockholm.pupils_grade_9
    assert (ninth.sum(), municipal.pupils_grade_9.sum(), ninth.count()) == (11569, 7281, 150)


def test_girls_and_boys_are_those_published_and_add_up_to_all(benchmarks):
    by_sex = report_in(benchmarks, "skolverket_grade6_by_sex", "2024/25")
    whole = report_in(benchmarks, "skolverket_grade6", "2024/25")
    stockholm = by_sex.loc["0180", "Samtliga"]
    assert (stockholm.pupils_girls, stockholm.passed_all_percent_girls) == (5168, 78.4)
    assert (stockholm.pupils_boys, stockholm.passed_all_percent_boys) == (5349, 74.8)
    added = (by_sex.pupils_girls + by_sex.pupils_boys).dropna()
    compared = added.to_frame("added").join(whole.pupils).dropna()
    assert len(compared) == 713
    assert compared.added.eq(compared.pupils).all()


def test_a_zero_that_was_not_measured_is_questioned(benchmarks):
    latest = benchmarks.loc["skolverket_teachers", "2024/25"].xs(
        "lead_teachers_full_time", level="measure"
    )
    assert not latest.state.eq("reported").any()
    persons = benchmarks.loc["skolverket_teachers", "2020/21", "0180"].value
    of = {kind: persons[kind, "teachers"] for kind in ("Samtliga", "Kommunal", "Enskild")}
    assert of == {"Samtliga": 6431, "Kommunal": 4879, "Enskild": 1562}


def test_merit_values_are_those_published(shared, benchmarks):
    merit = benchmarks.loc["skolverket_merit_api", "2024/25"].value.droplevel(
        ["provider_type", "measure"]
    )
    assert (len(merit), merit["86597125"]) == (sum(REGIONS.values()), 255.5)
    schools = benchmarks.loc["skolverket_pupils_by_school", "2025/26"]
    assert set(merit.index) <= set(schools.index.get_level_values("area_code"))
    labelled = layout_of_labels()
    for region, (examined, without) in EXAMINED.items():
        path = shared / f"data/skolverket_ak9_api/{region}-grade9-schools.json"
        (records,) = JSON.records(path, labelled, strictly=False)
        found = {name: column.to_pylist() for name, column in records.columns.items()}
        numbers = [f"{float(text):.1f}".replace(".", ",") for text in found["averageMeritGrade9"]]
        assert numbers == found["averageMeritGrade9Label"]
        stated = json.loads(path.read_text("utf-8"))["metadata"]
        assert (stated["schoolUnitsExamined"], stated["noMeritCount"]) == (examined, without)
        assert len(numbers) + without == examined


EXAMINED = {"stockholm": (423, 50), "vastra-gotaland": (274, 33), "halland": (66, 10)}


def layout_of_labels():
    """The layout of merit values, with the label that it does not store."""
    declared = next(one for one in load_profiles() if one.name == "skolverket_merit_api")
    return replace(declared, ignored=declared.ignored - {"averageMeritGrade9Label"})


POSSIBLE = {
    "Total": 2445419687,
    "Primary": 1299079364,
    "Secondary": 1093892081,
    "Special": 52448242,
}
UNAUTHORISED = {"Total": 57748222, "Primary": 20102512, "Secondary": 35757700, "Special": 1888010}
RATES = {"Total": 2.3615, "Primary": 1.5474, "Secondary": 3.2689, "Special": 3.5998}
PERSISTENT = {"Total": 18.7818, "Primary": 13.7726, "Secondary": 23.7680, "Special": 36.0617}


def test_englands_attendance_is_that_published(benchmarks):
    rows = report_in(benchmarks, "dfe_attendance", "2025/26")
    nation = rows.loc["E92000001"]
    assert nation.possible_sessions.to_dict() == POSSIBLE
    assert nation.unauthorised_absence.to_dict() == UNAUTHORISED
    assert nation.unauthorised_absence_perc.round(4).to_dict() == RATES
    assert nation.pa_perc.round(4).to_dict() == PERSISTENT
    areas = rows.xs("Total", level="provider_type").possible_sessions
    is_local = ~areas.index.str.startswith(("E12", "E92"))
    assert areas[is_local].sum() == 2449797518


def test_the_reasons_of_englands_absence_add_up(benchmarks):
    rows = report_in(benchmarks, "dfe_attendance", "2025/26").dropna()
    assert len(rows) == 643
    gone = rows.authorised_absence + rows.unauthorised_absence
    assert (rows.overall_absence == gone).all()
    assert (rows.possible_sessions == rows.overall_attendance + rows.overall_absence).all()
    there = rows.present_sessions + rows.approved_educational_activity
    assert (rows.overall_attendance == there).all()
    reasons = [f"reason_{one}" for one in UNAUTHORISED_REASONS]
    assert (rows.unauthorised_absence == rows[reasons].sum(axis=1)).all()
    seen = rows.reason_present_am + rows.reason_present_pm
    late = rows.reason_l_present_late_before_registers_closed
    assert (rows.present_sessions == seen + late).all()
    rate = 100 * rows.overall_absence / rows.possible_sessions
    assert (rate - rows.overall_absence_perc).abs().max() < 1e-9


UNAUTHORISED_REASONS = (
    "g_unauthorised_holiday", "u_unauthorised_late_after_registers_closed",
    "o_other_unauthorised", "n_no_reason_yet",
)  # fmt: skip


def test_englands_exclusions_are_those_published(benchmarks):
    rows = report_in(benchmarks, "dfe_exclusions", "2016/17")
    nation = rows.loc["E92000001"]
    total = nation.loc["Total"]
    assert total.perm_persistent_disruptive == 2755
    assert (total.perm_physical_pupils, total.perm_physical_adult) == (1025, 745)
    assert total.perm_drug_alcohol == 565
    counts = benchmarks.loc["dfe_exclusions"].value
    assert (counts % 1 > 0).sum() == 3546
    for year in counts.index.get_level_values("year").unique():
        of_year = counts[year].unstack("measure")
        here = of_year.loc["E92000001"]
        parts = here.drop(index="Total")
        is_open = parts.notna().all()
        assert ((parts.sum() - here.loc["Total"])[is_open]).abs().max() <= 5
        regions = of_year[
            of_year.index.get_level_values("area_code").str.startswith(("E12", "E13"))
        ]
        summed = regions.xs("Total", level="provider_type")
        is_open = summed.notna().all()
        assert (summed.sum() - here.loc["Total"])[is_open].abs().max() <= 15


@pytest.fixture(scope="module")
def workbooks(shared, tmp_path_factory):
    """The two reports that were published as workbooks too, in a lake of their own."""
    workspace = new_workspace(tmp_path_factory, "workbooks")
    for path in sorted((shared / "data/skolverket_kommun").glob("*.xlsx")):
        drop(workspace, path.name, path.read_bytes())
    ingest(workspace, ready_files(workspace.inbox))
    assert {row["status"] for row in workspace.ledger.rows()} == {"active"}
    return table_of(workspace)


@pytest.mark.parametrize("report", ["skolverket_grade6", "skolverket_grade6_by_sex"])
def test_the_same_report_as_text_and_as_workbook_is_the_same_table(benchmarks, workbooks, report):
    seen = ["area_name", "value", "state"]
    text = benchmarks.loc[[report], seen].xs("2024/25", level="year", drop_level=False)
    assert len(text) > 3000
    assert text.equals(workbooks.loc[[report], seen])
