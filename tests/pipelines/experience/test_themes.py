"""Informants counted, not mentions; start against six months; sources of the framework."""

from pipelines.experience.codings import codings
from pipelines.experience.themes import framework, interview_themes, school_methods
from schemas.codebooks import load_themes
from schemas.interviews import Framework, InterviewThemes, SchoolMethods
from tests.pipelines.experience.invented_answers import kept
from tests.pipelines.experience.invented_interviews import said, segments

THEMES = load_themes()
ROWS = [
    *(said("i1", "joint_team", segment=n) for n in range(1, 6)),
    said("i1", "joint_team", coder="k2"),
    said("i2", "joint_team", present="no", role="project_lead"),
    said("i2", "joint_team", round="six_months", segment=4, role="project_lead"),
    said("i2", "sip_used", role="project_lead"),
    said("i2", "short_funding", round="six_months", role="project_lead"),
    said("i3", "luck"),
    said("i4", "joint_team", project="p2"),
    said("i5", "home_visits", project="p2", school="A1"),
]


def compared(*rows):
    found = kept(interview_themes(codings(segments(*rows), THEMES), THEMES), InterviewThemes)
    return {(row["project_id"], row["theme"]): row for row in found}


def matrix(*rows):
    found = kept(framework(codings(segments(*rows), THEMES), THEMES), Framework)
    return {(row["project_id"], row["theme"]): row for row in found}


def by_school(*rows):
    found = kept(school_methods(codings(segments(*rows), THEMES), THEMES), SchoolMethods)
    return {(row["school_id"], row["theme"]): row for row in found}


def test_an_informant_counts_once_however_often_and_by_how_many_coders():
    found = compared(*ROWS)["p1", "joint_team"]
    assert (found["informants_start"], found["said_start"]) == (3, 1)
    assert (found["informants_six_months"], found["said_six_months"]) == (1, 1)


def test_a_theme_appeared_remained_or_went():
    found = compared(*ROWS)
    states = {t: found["p1", t]["state"] for t in ("joint_team", "sip_used", "short_funding")}
    assert states == {
        "joint_team": "remained", "sip_used": "gone", "short_funding": "appeared",
    }  # fmt: skip
    assert found["p1", "clear_roles"]["state"] == "not_mentioned"
    assert {row["state"] for key, row in found.items() if key[0] == "p2"} == {"one_round"}


def test_every_theme_has_a_row_in_every_project_and_an_unknown_one_none():
    assert set(compared(*ROWS)) == {
        (project, theme) for project in ("p1", "p2") for theme in THEMES
    }


def test_a_statement_is_supported_by_two_sources_and_says_where_they_are():
    found = matrix(*ROWS)
    team = found["p1", "joint_team"]
    assert (team["sources"], team["roles"], team["is_supported"]) == (2, 2, True)
    assert (
        team["references"]
        == "start:1:1; start:1:2; start:1:3; start:1:4; start:1:5; six_months:2:4"
    )
    sip = found["p1", "sip_used"]
    assert (sip["sources"], sip["is_supported"], sip["structure"]) == (1, False, "sip")
    none = found["p1", "clear_roles"]
    assert (none["sources"], none["informants"], none["references"]) == (0, 3, None)
    kinds = {"success_factor", "obstacle"}
    assert {theme for _, theme in found} == {c for c, one in THEMES.items() if one.kind in kinds}


def test_methods_are_alike_or_differ_between_schools():
    rows = [
        said("i1", "home_visits", school="A1"),
        said("i1", "study_support", school="A1", project="p2"),
        said("i2", "home_visits", school="B2"),
        said("i2", "family_work", school="B2"),
        said("i3", "home_visits", school="C3"),
        said("i3", "family_work", school="C3"),
        said("i3", "select_by_grades", school="C3", present="no"),
        said("i4", "select_by_grades"),
    ]
    found = by_school(*rows)
    likeness = {theme: row["likeness"] for (school, theme), row in found.items() if school == "A1"}
    assert likeness["home_visits"] == "all"
    assert likeness["family_work"] == "some"
    assert likeness["study_support"] == "one"
    assert likeness["select_by_grades"] == "none"
    assert (found["A1", "home_visits"]["informants"], found["A1", "home_visits"]["said"]) == (2, 1)
    assert found["B2", "home_visits"]["schools"] == 3
    assert not {theme for _, theme in found} & {"joint_team", "short_funding"}


def test_no_interviews_are_no_rows():
    assert compared() == {}
    assert matrix() == {}
    assert by_school() == {}
