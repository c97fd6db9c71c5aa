"""Design cards against cards laid side by side by hand."""

from itertools import pairwise

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.designs.cards import cards, side_by_side
from pipelines.designs.comparing import changes, likeness, pairs
from pipelines.designs.matrix import in_swedish, matrix_sv
from pipelines.engine import engine
from pipelines.judging import broken_rules
from pipelines.lake import empty
from schemas.codes import of_group, values
from schemas.designs import (
    ALL_FACETS,
    DESIGN_CODES,
    FACET_OF_KEY,
    FACETS,
    Cards,
    DesignCards,
    DesignChanges,
    Likeness,
    Pairs,
    SideBySide,
)
from schemas.form_answers import FormAnswers
from schemas.forms import WORK_PLAN
from tests.pipelines import invented

CARDS = [
    ("p0", 2016, "team_professions", "teacher", None),
    ("p0", 2016, "team_professions", "counsellor", None),
    ("p0", 2016, "caseload", None, 12.0),
    ("p0", 2016, "link_sip", "yes", None),
    ("p0", 2016, "home_visits", "yes", None),
    ("p1", 2016, "team_professions", "social_worker", None),
    ("p1", 2016, "team_professions", "teacher", None),
    ("p1", 2016, "caseload", None, 7.5),
    ("p1", 2016, "link_sip", "yes", None),
    ("p1", 2016, "link_bus", "no", None),
    ("p2", 2016, "link_sip", "yes", None),
    ("p2", 2016, "team_professions", "teacher", None),
    ("p2", 2016, "link_bus", "unknown", None),
]
ANSWERS = [
    ("p0", 2016, "work_plan", "method_home", "no"),
    ("p0", 2016, "work_plan", "fte_school", "1.5"),
    ("p0", 2016, "work_plan", "fte_social", "2"),
    ("p0", 2016, "work_plan", "method_sip", "yes"),
    ("p0", 2016, "work_plan", "method_bus", None),
    ("p0", 2016, "work_plan", "pupils_planned", "30"),
    ("p0", 2016, "annual_report", "network", "yes"),
    ("p3", 2016, "work_plan", "basis", "residence"),
]


def made(contract, rows):
    """A table stored and held to its contract, as rows by its grain."""
    table = engine().create_table(contract.table().replace(".", "_"), rows, overwrite=True)
    contract.validate(table)
    found = table.execute().astype(object).where(lambda frame: frame.notna(), None)
    return {tuple(row[name] for name in contract.grain()): row for row in found.to_dict("records")}


def laid(card_rows=CARDS, answers=ANSWERS):
    said = cards(invented.table(DesignCards, card_rows), invented.table(FormAnswers, answers))
    return said, side_by_side(said)


def test_a_card_is_its_codes_in_order_and_its_numbers_and_tells_where_they_stand():
    found = made(Cards, laid()[0])
    assert found["p0", 2016, "team_professions"]["answer"] == "counsellor; teacher"
    assert found["p1", 2016, "caseload"]["answer"] == "7.5"
    assert found["p0", 2016, "caseload"]["answer"] == "12"
    assert found["p0", 2016, "caseload"]["value"] == 12.0
    assert found["p0", 2016, "fte_school"]["source"] == "work_plan"
    assert found["p0", 2016, "fte_school"]["value"] == 1.5
    assert found["p0", 2016, "fte_social"]["answer"] == "2"
    assert found["p3", 2016, "basis"]["answer"] == "residence"
    assert ("p0", 2016, "link_bus") not in found
    assert found["p0", 2016, "link_sip"]["facet_group"] == "links"


def test_the_card_wins_over_the_plan_and_a_contradiction_is_told():
    found = made(Cards, laid()[0])
    home = found["p0", 2016, "home_visits"]
    assert (home["answer"], home["source"], home["is_contradicted"]) == ("yes", "card", True)
    agreed = found["p0", 2016, "link_sip"]
    assert (agreed["source"], agreed["is_contradicted"]) == ("card", False)


def test_every_facet_of_every_project_of_the_year_is_there_known_or_not():
    found = made(SideBySide, laid()[1])
    assert len(found) == 4 * len(ALL_FACETS)
    assert found[2016, "link_bus", "p0"]["answer"] is None
    assert not found[2016, "link_bus", "p0"]["is_known"]
    assert found[2016, "link_bus", "p2"]["answer"] == "unknown"
    assert not found[2016, "link_bus", "p2"]["is_known"]
    assert found[2016, "link_bus", "p1"]["is_known"]


def test_what_projects_share_and_where_they_differ():
    found = made(Likeness, likeness(laid()[1]))
    assert set(found) == {(2016, facet) for facet in values(FACETS)}
    sip, team = found[2016, "link_sip"], found[2016, "team_professions"]
    assert (sip["projects"], sip["known"], sip["answers"]) == (4, 3, 1)
    assert (sip["likeness"], sip["in_all"]) == ("alike_where_known", "yes")
    assert (team["likeness"], team["answers"], team["in_all"]) == ("differs", 3, "teacher")
    assert found[2016, "caseload"]["likeness"] == "differs"
    assert found[2016, "caseload"]["in_all"] is None
    assert found[2016, "link_bus"]["likeness"] == "too_few_known"
    both = [row for row in CARDS if row[0] in ("p0", "p1")]
    two = made(Likeness, likeness(laid(both, [])[1]))
    assert two[2016, "link_sip"]["likeness"] == "alike"


def test_two_projects_are_compared_where_both_are_known():
    found = made(Pairs, pairs(laid()[1]))
    assert len(found) == 6
    one = found[2016, "p0", "p1"]
    assert (one["compared"], one["alike"]) == (3, 1)
    assert found[2016, "p0", "p3"]["compared"] == 0


def test_a_year_is_compared_with_the_latest_card_before():
    rows = [
        ("p0", 2014, "link_sip", "no", None),
        ("p0", 2014, "link_bus", "yes", None),
        ("p0", 2014, "caseload", None, 10.0),
        ("p0", 2016, "link_sip", "yes", None),
        ("p0", 2016, "caseload", None, 10.0),
        ("p0", 2016, "home_visits", "yes", None),
        ("p1", 2016, "link_sip", "yes", None),
    ]
    found = made(DesignChanges, changes(laid(rows, [])[1]))
    told = {facet: row["change"] for (_, _, facet), row in found.items()}
    assert told == {
        "link_sip": "changed",
        "link_bus": "no_longer_known",
        "caseload": "unchanged",
        "home_visits": "became_known",
    }
    sip = found["p0", 2016, "link_sip"]
    assert (sip["previous_year"], sip["before"], sip["after"]) == (2014, "no", "yes")


def test_no_cards_and_no_plans_are_empty_tables():
    said, side = laid([], [])
    for contract, rows in (
        (Cards, said),
        (SideBySide, side),
        (Likeness, likeness(side)),
        (Pairs, pairs(side)),
        (DesignChanges, changes(side)),
    ):
        assert rows.schema() == empty(contract).schema()
        assert rows.count().execute() == 0
    assert (matrix_sv(side, 2016).columns == ["Del", "Egenskap"]).all()


def test_the_matrix_says_facets_down_and_projects_across_in_swedish():
    wide = matrix_sv(laid()[1], 2016).set_index("Egenskap")
    assert list(wide.columns) == ["Del", "p0", "p1", "p2", "p3"]
    assert wide.loc["Yrken i teamet", "p1"] == "socialsekreterare, lärare"
    assert wide.loc["Elever per årsarbetare", "p1"] == "7,5"
    assert wide.loc["Elever tas emot efter", "p3"] == "boende"
    assert wide.loc["Hembesök", "p3"] == ""
    assert len(wide) == len(ALL_FACETS)
    assert in_swedish(None) == ""


@pytest.mark.parametrize(
    ("facet", "code", "value", "is_kept"),
    [
        ("link_sip", "yes", None, True),
        ("link_sip", "teacher", None, False),
        ("link_sip", None, None, False),
        ("link_sip", "yes", 1.0, False),
        ("caseload", None, 12.5, True),
        ("caseload", None, None, False),
        ("caseload", None, 1001.0, False),
        ("caseload", "yes", 1.0, False),
        ("tidier_dose", "partly_described", None, True),
    ],
)
def test_a_fact_must_belong_to_its_facet(facet, code, value, is_kept):
    rows = invented.table(DesignCards, [("p0", 2016, facet, code, value)])
    assert (broken_rules(rows, DesignCards) == []) == is_kept


def test_a_key_of_the_plan_says_the_same_as_its_facet():
    facets = {one.facet: one for one in ALL_FACETS}
    questions = {question.key: question for question in WORK_PLAN.questions}
    for key, facet in FACET_OF_KEY.items():
        assert set(questions[key].codes) == set(facets[facet].codes)
        assert bool(questions[key].codes) == (questions[key].kind == "choice")
    assert len(of_group(FACETS, "tidier")) == 12
    for part in ("code", "sv", "en"):
        for listed in (FACETS, DESIGN_CODES):
            texts = [getattr(code, part) for code in listed]
            assert len(set(texts)) == len(texts)


FACTS = st.tuples(
    st.sampled_from(["p0", "p1", "p2"]),
    st.sampled_from([2014, 2015, 2016]),
    st.sampled_from(["link_sip", "link_bus", "work_level"]),
    st.sampled_from(["a", "b", "unknown"]),
)


@settings(max_examples=15, deadline=None)
@given(st.lists(FACTS, unique_by=lambda fact: fact[:3], max_size=20))
def test_changes_are_those_that_a_slow_loop_finds(facts):
    known = {fact[:3]: fact[3] for fact in facts}
    years = {p: sorted({y for q, y, _ in known if q == p}) for p, _, _ in known}
    expected = {}
    for project, own in years.items():
        for before, after in pairwise(own):
            for facet in ("link_sip", "link_bus", "work_level"):
                old, new = known.get((project, before, facet)), known.get((project, after, facet))
                is_old, is_new = (one not in (None, "unknown") for one in (old, new))
                if is_old or is_new:
                    expected[project, after, facet] = (
                        "became_known" if not is_old
                        else "no_longer_known" if not is_new
                        else "unchanged" if old == new
                        else "changed"
                    )  # fmt: skip
    engine()
    rows = invented.table(
        Cards, [(*fact[:3], "links", fact[3], None, "card", False) for fact in facts]
    )
    found = changes(side_by_side(rows))
    assert {
        (row["project_id"], row["year"], row["facet"]): row["change"]
        for row in found.execute().to_dict("records")
    } == expected
    assert isinstance(found, ibis.Table)
