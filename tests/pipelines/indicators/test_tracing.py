"""What every indicator rests on, read off the registry."""

import re

import pytest

from pipelines.indicators.registry import load_indicators
from pipelines.tracing import LOOKS_BACK, OWN_PERIOD, steps
from schemas.calendar import term_of_month, term_order
from schemas.contract import Delivered, load_contracts

INDICATORS = load_indicators().values()


@pytest.mark.parametrize("indicator", INDICATORS, ids=lambda one: one.name)
def test_an_indicator_leads_to_every_delivered_table_it_is_computed_from(indicator):
    contracts = load_contracts()
    delivered = {name for name in indicator.sources if issubclass(contracts[name], Delivered)}
    found = {step.table: step for step in steps(indicator)}
    assert delivered <= found.keys()
    assert all(issubclass(contracts[table], Delivered) for table in found)
    assert ("core.lessons" in found) == ("core.attendance" in delivered)


LOOKING_BACK = [one for one in INDICATORS if one.period == "term" and one.looks_back]


@pytest.mark.parametrize("indicator", LOOKING_BACK, ids=lambda one: one.name)
def test_the_latest_term_an_example_draws_is_the_one_its_value_is_about(indicator, drawn):
    """So the example says which tables are read for the term before."""
    contracts = load_contracts()
    tables = {
        name.split(".")[1]: drawn(contracts[name], indicator.example.tables.get(name, "student_id"))
        for name in indicator.reads
    }
    (value,) = indicator.compute(**tables).to_pyarrow().to_pylist()
    text = "\n".join(indicator.example.tables.values())
    terms = re.findall(r"\b\d{4}[HV]T\b", text)
    terms += map(term_of_month, re.findall(r"\b\d{4}-\d{2}\b(?!-)", text))
    assert value["period"] == max(terms, key=term_order)


@pytest.mark.parametrize(
    ("name", "table", "offsets"),
    [
        ("target_group", "core.grades", (-1,)),
        ("target_group", "core.attendance", (-1,)),
        ("target_group", "core.enrolments", OWN_PERIOD),
        ("goal_attainment", "core.grades", OWN_PERIOD),
        ("goal_attainment_rose", "core.grades", LOOKS_BACK),
        ("unauthorised_absence_rate", "core.attendance", OWN_PERIOD),
        ("merit_value_17", "core.grades", OWN_PERIOD),
    ],
)
def test_which_terms_a_value_rests_on(name, table, offsets):
    found = {step.table: step.offsets for step in steps(load_indicators()[name])}
    assert found[table] == offsets
