"""The interim report 2016: computed from a small data set typed from the documents."""

import datetime as dt

import pytest

from pipelines.ambitions.figures import figures
from pipelines.ambitions.interim import interim_page, interim_tables
from pipelines.ambitions.outcomes import outcomes
from pipelines.ambitions.stated import stated_and_computed
from pipelines.engine import engine
from pipelines.lake import empty
from schemas.ambitions import ALL_PROJECTS, Figures, Outcomes, StatedAndComputed, Targets
from tests.pipelines import invented
from tests.pipelines.ambitions import small_city


def made(contract, rows):
    """A table held to its contract, as rows by its grain; dates as text."""
    table = engine().create_table(contract.table().replace(".", "_"), rows, overwrite=True)
    contract.validate(table)
    found = table.execute()
    for name in ("as_of", "compared_as_of"):
        if name in found:
            found[name] = found[name].astype(str).str.slice(0, 10)
    found = found.astype(object).where(found.notna(), None)
    return {tuple(row[n] for n in contract.grain()): row for row in found.to_dict("records")}


@pytest.fixture(scope="module")
def found():
    days = [dt.date(2015, 11, 1)]
    rows = figures(small_city.registers(), days)
    return made(Figures, rows)


@pytest.fixture(scope="module")
def documents():
    rows = figures(small_city.registers(), [dt.date(2015, 11, 1)])
    told = made(StatedAndComputed, stated_and_computed(small_city.stated(), rows))
    return {(key[1], key[3], key[4]): row for key, row in told.items()}


def test_127_pupils_are_59_per_cent_more_than_the_80_of_the_whole_year_before(found):
    row = found[ALL_PROJECTS, "pupils", "2016-07-31"]
    assert (row["value"], row["previous_whole_year"]) == (127, 80)
    assert row["percent_since_whole_year"] == pytest.approx(58.75)
    assert round(row["percent_since_whole_year"]) == 59
    assert (row["lower"], row["denominator"]) == (None, None)
    assert row["definition"].startswith("Olika elever med minst en dag av stöd")
    assert row["population"] == "Elever i projektens deltaganderegister"


def test_schools_went_from_16_to_22_in_fact_and_in_the_applications(found):
    row = found[ALL_PROJECTS, "schools", "2016-07-31"]
    assert (row["value"], row["previous"], row["change"]) == (22, 16, 6)
    assert row["percent_since_whole_year"] == pytest.approx(37.5)
    planned = found[ALL_PROJECTS, "schools_planned", "2016-12-31"]
    assert (planned["value"], planned["previous_whole_year"]) == (22, 16)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (("enrolled", "pupils", "value"), (127, "agrees", "registers")),
        (("enrolled", "pupils", "change_percent"), (58.75, "agrees", "registers")),
        (("applied", "schools_planned", "change"), (6, "agrees", "registers")),
        (("applied", "schools_planned", "change_percent"), (37.5, "agrees", "registers")),
        (("applied", "pupils_planned", "change"), (70, "agrees", "registers")),
        (("applied", "pupils_planned", "change_percent"), (43.75, "agrees", "registers")),
        (("funds", "funds_distributed", "percent_of_whole"), (98, "agrees", "documents")),
        (("funds", "funds_available", "change"), (3_000_000, "agrees", "documents")),
        (("funds", "funds_available", "change_percent"), (30, "differs", "documents")),
        (("answer", "pupils", "value"), (80, "differs", "registers")),
        (("answer", "pupils_indirect", "value"), (None, "cannot_be_computed", None)),
        (("funds", "funds_available", "value"), (None, "cannot_be_computed", None)),
    ],
)
def test_a_stated_figure_stands_beside_the_one_computed(documents, key, expected):
    row = documents[key]
    computed, *told = expected
    assert row["computed"] == (None if computed is None else pytest.approx(computed))
    assert [row["agreement"], row["basis"]] == told


def test_the_stated_33_per_cent_is_three_above_the_computed_30(documents):
    row = documents["funds", "funds_available", "change_percent"]
    assert (row["stated"], row["computed"], row["difference"]) == (33, 30, -3)


def test_by_july_the_ambition_of_230_pupils_is_not_reached_and_that_of_22_schools_is():
    targets = invented.table(Targets, small_city.TARGETS)
    rows = figures(small_city.registers())
    told = made(Outcomes, outcomes(targets, small_city.no_answers(), rows))
    pupils = told[ALL_PROJECTS, "pupils", "2016-07-31"]
    schools = told[ALL_PROJECTS, "schools", "2016-07-31"]
    assert (pupils["target"], pupils["outcome"], pupils["state"]) == (230, 127, "not_reached")
    assert (pupils["previous_stated"], pupils["previous_whole_year"]) == (160, 80)
    assert (schools["target"], schools["outcome"], schools["state"]) == (22, 22, "reached")
    assert set(told) == {
        (ALL_PROJECTS, "pupils", "2016-07-31"),
        (ALL_PROJECTS, "schools", "2016-07-31"),
    }


def test_the_projects_add_up_to_the_city_where_no_pupil_is_in_two(found):
    single = [found[p, "pupils", "2016-07-31"]["value"] for p in small_city.DISTRICTS]
    assert single == list(small_city.PUPILS[2016])
    assert sum(single) == 127


def test_the_page_says_the_figures_in_swedish_with_definition_population_and_date():
    rows = figures(small_city.registers(), [dt.date(2015, 11, 1)])
    targets = invented.table(Targets, small_city.TARGETS)
    tables = interim_tables(
        rows,
        outcomes(targets, small_city.no_answers(), rows),
        stated_and_computed(small_city.stated(), rows),
        2016,
    )
    by_measure = {row[1]: dict(zip(tables[0].headings, row, strict=True))
                  for row in reversed(tables[0].rows) if row[0] == "Alla projekt"}  # fmt: skip
    pupils = by_measure["Elever som fått stöd"]
    assert pupils["Utfall"] == "127"
    assert pupils["Hela året före"] == "80"
    assert pupils["Mot hela året före, %"] == "+59"
    assert pupils["Till och med"] == "2016-07-31"
    assert pupils["Definition"].startswith("Olika elever")
    assert by_measure["Elever enligt ansökan"]["Mot hela året före, %"] == "+44"
    assert by_measure["Skolor enligt ansökan"]["Mot hela året före, %"] == "+38"
    promised = {row[1]: row for row in tables[1].rows}
    assert promised["Elever som fått stöd"][3:7] == ["230", "127", ".", "inte nått"]
    assert promised["Skolor som omfattas"][6] == "nått"
    told = {tuple(row[3:5]): row for row in tables[2].rows if row[0] == "d5"}
    funds = told["Avsatta medel, kronor", "förändring i procent"]
    assert funds[7:11] == ["33", "30", "\N{MINUS SIGN}3", "stämmer inte"]
    shared = told["Fördelade medel, kronor", "procent av det hela"]
    assert shared[7:11] == ["98", "98", "0", "stämmer"]
    page = interim_page(tables, 2016, is_simulated=False).decode()
    assert "Delredovisning 2016" in page
    assert "Simulerade uppgifter" not in page
    assert page.count("<table>") == 3


def test_a_year_of_which_nothing_is_known_has_empty_tables():
    nothing = [empty(one) for one in (Figures, Outcomes, StatedAndComputed)]
    tables = interim_tables(*nothing, 2016)
    assert [table.rows for table in tables] == [[], [], []]
    assert "Inga uppgifter" in interim_page(tables, 2016, is_simulated=True).decode()
