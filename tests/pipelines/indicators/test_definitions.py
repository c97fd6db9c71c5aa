"""Promises about what every indicator says of itself, and its example worked out again."""

import re
from random import Random

import pytest

from pipelines.documentation.definitions import reasons_of
from pipelines.documentation.examples import cells_of, worked
from pipelines.documentation.vocabulary import rule_named
from pipelines.engine import engine
from pipelines.families import meaning, module_of
from pipelines.indicators.registry import load_indicators
from schemas.codes import MISSING_REASONS, values
from schemas.contract import load_contracts
from tests.reference.histories import invented

HISTORY = invented(Random(11), 120)  # noqa: S311  a seed, not a secret
CONTRACTS = load_contracts()


@pytest.fixture(params=load_indicators().values(), ids=lambda indicator: indicator.name)
def indicator(request):
    return request.param


def test_the_example_comes_out_as_worked_by_hand(indicator):
    rows = worked(indicator)
    assert [(row["numerator"], row["denominator"]) for row in rows] == [
        (pytest.approx(indicator.example.numerator), pytest.approx(indicator.example.denominator))
    ]


def test_the_example_draws_columns_of_tables_that_are_read(indicator):
    for name, drawing in indicator.example.tables.items():
        table = f"core.{name.split('.')[-1]}"
        assert table in indicator.reads
        header, *rows = cells_of(drawing)
        assert set(header) <= set(CONTRACTS[table].columns())
        assert rows
        assert {len(row) for row in rows} == {len(header)}


def test_the_example_has_one_pupil_and_says_what_it_shows(indicator):
    assert len(indicator.example.says.split()) > 4
    assert len({row["student_id"] for row in worked(indicator)}) == 1


@pytest.mark.parametrize("part", ["numerator_en", "denominator_en", "limits_en"])
def test_says_in_words_what_is_counted_and_what_it_cannot_tell(indicator, part):
    assert len(getattr(indicator, part).split()) > 1


def test_its_module_says_what_it_means_and_what_it_is_called_in_swedish(indicator):
    assert re.match(r"[A-Z][^:]+ \([a-zåäö][^)]*\)[^:]*: ", meaning(module_of(indicator)))


def test_its_rules_are_constants_that_say_what_they_are(indicator):
    assert all(all(rule_named(rule)) for rule in indicator.rules)


@pytest.mark.parametrize(
    "indicator",
    [one for one in load_indicators().values() if one.population],
    ids=lambda one: one.name,
)
def test_every_reason_it_gives_is_told(indicator):
    arrow = HISTORY.tables()
    tables = {
        name: engine().create_table(f"told_{name}", arrow[name], overwrite=True)
        for name in (table.split(".")[1] for table in indicator.sources)
    }
    told = {code.code for code in reasons_of(indicator.population)}
    given = indicator.values(**tables).missing.value_counts().to_pyarrow().to_pylist()
    found = {row["missing"] for row in given} - {None}
    assert found <= told <= set(values(MISSING_REASONS))
    assert told
