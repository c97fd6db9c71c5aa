"""Public sets beyond published tables of Sweden and England: students, and New York's districts."""

import re
from dataclasses import replace

import pandas as pd
import pytest

from pipelines.core import core_table
from pipelines.ingest.formats.csv import CONTAINER
from pipelines.ingest.inbox import ingest, ready_files
from pipelines.ingest.profiles import Profile
from pipelines.workspace import Workspace
from schemas.benchmarks import Benchmarks
from tests.pipelines.ingest.deliveries import drop, profile

pytestmark = pytest.mark.shared_data


def plain(path, delimiter=","):
    """A delimited file without a layout of its own, read by its header alone: texts."""
    header = path.read_text("utf-8").splitlines()[0].split(delimiter)
    layout = Profile(
        name="plain", container="csv", file_name=re.compile("x"), dataset="x",
        columns=tuple(header), tables=(), delimiter=delimiter,
    )  # fmt: skip
    blocks = list(CONTAINER.records(path, layout, strictly=True))
    return pd.concat(
        [pd.DataFrame({n: c.to_pylist() for n, c in one.columns.items()}) for one in blocks]
    )


def test_university_students_are_read_and_joined_whole(shared):
    folder = shared / "data/oulad_subset"
    names = ("studentInfo", "studentRegistration", "studentAssessment", "assessments",
             "courses", "vle")  # fmt: skip
    read = {name: plain(folder / f"{name}.csv") for name in names}
    assert [len(frame) for frame in read.values()] == [12489, 12489, 36184, 37, 12, 3219]
    info, registration = read["studentInfo"], read["studentRegistration"]
    results = info.final_result.value_counts().to_dict()
    assert results == {"Pass": 7310, "Fail": 3572, "Distinction": 1607}
    key = ["code_module", "code_presentation", "id_student"]
    assert not info.duplicated(key).any()
    assert info.id_student.nunique() == 12400
    assert len(info.merge(registration, on=key, validate="1:1")) == 12489
    assert registration.date_unregistration.ne("").sum() == 9
    assert info.imd_band.eq("").sum() == 422
    registered = registration.date_registration[registration.date_registration.ne("")].astype(int)
    assert (registered.min(), registered.max()) == (-205, 110)
    handed_in = read["studentAssessment"]
    assert handed_in.score.eq("").sum() == 18
    assert handed_in.id_assessment.isin(read["assessments"].id_assessment).all()
    assert not handed_in.duplicated(["id_assessment", "id_student"]).any()


SHARED = [
    "school", "sex", "age", "address", "famsize", "Pstatus", "Medu", "Fedu", "Mjob", "Fjob",
    "reason", "nursery", "internet",
]  # fmt: skip
PUPILS = {"mat": (395, 2255, 75, 38, 10.4152, 4), "por": (649, 2375, 32, 15, 11.9060, 12)}


def test_pupils_of_two_courses_cannot_be_told_apart_by_what_they_share(shared):
    read = {}
    for course, (records, absences, most, none, mean, repeats) in PUPILS.items():
        frame = plain(shared / f"data/uci_student/student-{course}.csv", ";")
        frame = frame.astype({"absences": int, "G3": int})
        assert frame.shape == (records, 33)
        assert (frame.absences.sum(), frame.absences.max()) == (absences, most)
        assert (frame.G3.eq(0).sum(), round(frame.G3.mean(), 4)) == (none, mean)
        assert frame.duplicated(SHARED).sum() == repeats
        read[course] = frame
    assert len(read["mat"].merge(read["por"], on=SHARED)) == 382


def test_the_register_of_2020_has_stockholms_schools(shared):
    declared = profile("skolverket_register")
    layout = replace(declared, ignored=declared.ignored - {"KOMMUN"})
    (path,) = (shared / "data/skolenhetsregister_2020").glob("*.csv")
    (records,) = CONTAINER.records(path, layout, strictly=True)
    assert records.columns["KOMMUN"].to_pylist().count("0180") == 257
    assert len(set(records.columns["SKOLENHETSKOD"].to_pylist())) == len(records) == 4894


def test_portuguese_students_are_read_whole(shared):
    frame = plain(shared / "data/uci697_dropout/student-dropout.csv").astype(float)
    assert frame.shape == (4424, 36)
    for term, enrolled, passed, zeros in (("1st", 27741, 20822, 718), ("2nd", 27571, 19624, None)):
        units = {k: frame[f"Curricular units {term} sem ({k})"]
                 for k in ("enrolled", "approved", "grade")}  # fmt: skip
        assert (units["enrolled"].sum(), units["approved"].sum()) == (enrolled, passed)
        assert (units["approved"] <= units["enrolled"]).all()
        assert (units["grade"].eq(0) == units["approved"].eq(0)).all()
        assert zeros is None or units["grade"].eq(0).sum() == zeros


def test_a_band_of_absence_stays_a_band(shared):
    frame = plain(shared / "data/xapi_edu/xAPI-Edu-Data.csv")
    assert frame.StudentAbsenceDays.value_counts().to_dict() == {"Under-7": 289, "Above-7": 191}
    assert frame.Class.value_counts().to_dict() == {"M": 211, "H": 142, "L": 127}
    crossed = pd.crosstab(frame.StudentAbsenceDays, frame.Class)[["H", "L", "M"]]
    assert crossed.loc["Above-7"].to_list() == [4, 116, 71]
    assert crossed.loc["Under-7"].to_list() == [138, 11, 140]
    assert frame.duplicated().sum() == 2


@pytest.fixture(scope="module")
def districts(shared, tmp_path_factory):
    """New York's three workbooks in one lake: the ledger's entries and the figures."""
    workspace = Workspace(tmp_path_factory.mktemp("districts") / "data")
    workspace.make()
    for path in sorted((shared / "data/nyc_district_attendance").glob("*.xlsx")):
        drop(workspace, path.name, path.read_bytes())
    ingest(workspace, ready_files(workspace.inbox))
    frame = core_table(workspace, Benchmarks).execute()
    entries = {row["file_name"]: row for row in workspace.ledger.rows()}
    return entries, frame.set_index(Benchmarks.grain()).sort_index()


def wide(figures, report, part):
    """One report, all years: a row per year and district, a column per measure."""
    chosen = figures.loc[report].xs(part, level="provider_type").value
    return chosen.reset_index().pivot_table(
        index=["year", "area_code"], columns="measure", values="value"
    )


def suppressed(figures, report):
    """How often a figure of a report is suppressed."""
    return figures.loc[report].state.eq("suppressed").sum()


def test_every_row_of_every_sheet_is_read(districts):
    entries, figures = districts
    found = {name: (row["records"], row["accepted"]) for name, row in entries.items()}
    assert found == {
        "public-district-attendance-results-2018-2022.xlsx": (38938, 38938),
        "district-ela-results-2013-2022.xlsx": (24416, 24416),
        "district-math-results-2013-2022.xlsx": (24384, 24384),
    }
    assert suppressed(figures, "nyc_attendance") == 540 + 1752 + 26
    assert suppressed(figures, "nyc_ela") == 968
    assert suppressed(figures, "nyc_math") == 946
    assert figures.value.isna().eq(figures.state != "reported").all()
    states = figures.loc["nyc_attendance"].state
    assert states.xs("days", level="measure").eq("reported").all()


TOTALS = {
    "days": [166672935, 164817248, 105723269, 155328266, 147585624],
    "days_absent": [14320146, 13959465, 8695850, 16312826, 17497061],
    "chronically_absent": [274976, 268160, 246259, 274436, 362291],
}


def test_days_in_new_york_are_those_published(districts):
    _, figures = districts
    rows = wide(figures, "nyc_attendance", "All Grades / All Students")
    for measure, expected in TOTALS.items():
        assert rows[measure].groupby(level="year").sum().to_list() == expected
    whole = figures.loc["nyc_attendance"].value
    is_all = whole.index.get_level_values("provider_type").str.endswith(" / All Students")
    every = (
        whole[is_all]
        .reset_index()
        .pivot_table(
            index=["year", "area_code", "provider_type"], columns="measure", values="value"
        )
    )
    assert len(every) == 2475
    assert (every.days_absent + every.days_present == every.days).all()
    assert (100 * every.days_present / every.days - every.attendance_percent).abs().max() < 1e-5
    share = 100 * every.chronically_absent / every.pupils_contributing
    assert (share - every.chronically_absent_percent).abs().max() < 1e-5


TESTED = {
    "nyc_ela": [415126, 411259, 403353, 400939, 397448, 396502, 392460, 322720],
    "nyc_math": [421810, 407484, 399122, 396980, 393744, 388307, 383235, 303456],
}


@pytest.mark.parametrize("report", TESTED)
def test_results_in_new_york_are_those_published(districts, report):
    rows = wide(districts[1], report, "All Grades / All Students")
    assert rows.pupils_tested.groupby(level="year").sum().to_list() == TESTED[report]
    levels = rows[[f"level_{n}_pupils" for n in range(1, 5)]]
    assert (levels.sum(axis=1) == rows.pupils_tested).all()
    assert (rows.level_3_pupils + rows.level_4_pupils == rows.level_3_4_pupils).all()
