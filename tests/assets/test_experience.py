"""Surveys and interviews on the graph: from delivered files, and of a city that has none."""

import dagster as dg
import pytest

from assets import experience
from assets.core import core_assets
from assets.groups import student_terms
from assets.lake import LakeIOManager, table_name
from pipelines.core import core_table, partition_of
from pipelines.indicators.registry import load_indicators
from pipelines.judging import broken_rules
from pipelines.releases.contents import sources
from pipelines.releases.warehouse import build_warehouse, extents, open_release
from schemas.contract import load_contracts
from schemas.instruments import load_instruments
from schemas.interviews import InterviewSegments
from schemas.surveys import SurveyResponses
from tests.pipelines.ingest.deliveries import csv_text, ingested, number

SCHOOL, TERM, NAME = "00000001", "2016VT", "skolsituation-1"
SAID = "Vi träffas varje vecka på biblioteket"
FREE = "Detta får citeras"
MADE = [one for one in vars(experience).values() if isinstance(one, dg.AssetsDefinition)]
READ = ("survey_responses", "interview_segments", "attendance", "participation")
CONTRACTS = load_contracts()


def survey():
    headings = SurveyResponses.template_columns()
    rows = [
        [NAME, TERM, SCHOOL, "p1", number(n), item.code, "" if n == 3 else 1 + (n + place) % 5]
        for n in range(4)
        for place, item in enumerate(load_instruments()[NAME].items)
    ]
    return csv_text(headings, rows).encode()


def interviews(coder):
    headings = InterviewSegments.template_columns()
    rows = [
        ["p1", SCHOOL, "vid start", "i1", "kurator", part, coder, "joint_team",
         "ja" if part % 2 else "nej", SAID if part == 1 else FREE if part == 3 else "",
         "ja" if part == 3 else ""]
        for part in range(1, 23)
    ]  # fmt: skip
    return csv_text(headings, rows).encode()


def materialise(workspace):
    """Make every table of surveys and interviews from what lies in the lake."""
    read = [one for one in core_assets if one.key.path[1] in READ]
    needed = [
        dg.AssetSpec(one.key, partitions_def=one.partitions_def) for one in (*read, student_terms)
    ]
    manager = LakeIOManager(root=str(workspace.root))
    done = dg.materialize([*MADE, *needed], selection=MADE, resources={"io_manager": manager})
    assert done.success
    names = [table_name(one.key) for one in MADE]
    return {name: workspace.lake.read(name, CONTRACTS[name]) for name in names}


@pytest.fixture
def delivered(workspace):
    """A workspace with a survey and an interview coded by two, as core tables."""
    files = {
        f"enkat_{NAME}_{SCHOOL}_{TERM}.csv": survey(),
        "intervjuer_p1_kodare-1.csv": interviews("kodare-1"),
        "intervjuer_p1_kodare-2.csv": interviews("kodare-2"),
    }
    entries = ingested(workspace, files)
    assert {(row["status"], row["quarantined"]) for row in entries.values()} == {("active", 0)}
    for contract in (SurveyResponses, InterviewSegments):
        rows = core_table(workspace, contract)
        if contract.partition():
            period = partition_of(rows, contract)
            workspace.lake.write_partitions(contract.table(), rows, period, [TERM])
        else:
            workspace.lake.write(contract.table(), rows)
    return workspace


def test_what_was_delivered_is_in_every_table_and_keeps_its_contract(delivered):
    tables = materialise(delivered)
    for name, rows in tables.items():
        assert broken_rules(rows, CONTRACTS[name]) == [], name
    frames = {name: rows.execute() for name, rows in tables.items()}
    rate = frames["survey.response_rates"].set_index("project_id").loc["all"]
    assert (rate.asked, rate.answered) == (4, 3)
    assert len(frames["survey.answers"]) == 40
    assert len(frames["survey.scores"]) == 8
    coders = frames["interview.agreement"]
    assert (coders.units.item(), coders.agreement.item(), coders.kappa.item()) == (22, 1, 1)
    assert list(frames["interview.quotations"].quotation) == [FREE]
    assert not [name for name, frame in frames.items() if frame.empty]
    held = sources(delivered.lake, load_indicators())
    few = {name: one for name, one in held.items() if name.startswith(("survey.", "interview."))}
    assert set(frames) - set(few) == {"interview.quotations"}
    path = delivered.root / "research.duckdb"
    origin = {"is_simulated": True}
    build_warehouse(path, few, expected=extents(few), origin=origin, indicators=[])
    for words in (SAID, FREE):
        assert words.encode() not in path.read_bytes()
    with open_release(path) as release:
        told = [str(release.rows(f"FROM {name}").to_dict()) for name in few]
    assert not [text for text in told if SAID in text or FREE in text]


def test_a_city_without_surveys_and_interviews_has_empty_tables(workspace):
    for name, rows in materialise(workspace).items():
        assert broken_rules(rows, CONTRACTS[name]) == [], name
        assert rows.count().execute() == 0
