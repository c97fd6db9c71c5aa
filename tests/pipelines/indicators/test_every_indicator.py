"""Promises every indicator keeps: a new one is held to them from its first commit."""

from importlib import import_module
from inspect import getmembers, isfunction, signature
from pathlib import Path
from pkgutil import iter_modules
from random import Random

import pytest
from pandera.config import ValidationDepth, config_context

import pipelines.indicators
from pipelines.engine import engine
from pipelines.indicators.registry import Indicator, load_indicators
from pipelines.lake import empty
from schemas.calendar import school_year_of_term
from schemas.contract import MONTH_PATTERN, SCHOOL_YEAR_PATTERN, TERM_PATTERN, load_contracts
from schemas.indicators import IndicatorValues
from tests.reference.histories import invented
from tests.reference.indicators import REFERENCES

MODULES = {
    module.name: import_module(f"pipelines.indicators.{module.name}")
    for module in iter_modules(pipelines.indicators.__path__)
    if module.name != "registry"
}
DECLARED = [indicator for module in MODULES.values() for indicator in module.INDICATORS]
INDICATORS = load_indicators()
CONTRACTS = load_contracts()
PATTERNS = {"month": MONTH_PATTERN, "term": TERM_PATTERN, "school_year": SCHOOL_YEAR_PATTERN}
TERM = "2012VT"
HISTORY = invented(Random(7), 60)  # noqa: S311  a seed, not a secret


@pytest.fixture(params=DECLARED, ids=lambda indicator: indicator.name)
def indicator(request):
    return request.param


@pytest.fixture(params=MODULES)
def module(request):
    return MODULES[request.param]


def test_a_name_is_given_once():
    names = [indicator.name for indicator in DECLARED]
    assert sorted(names) == sorted(set(names)) == sorted(INDICATORS)


def test_a_module_has_worked_examples_and_a_definition(module):
    name = module.__name__.rsplit(".", 1)[-1]
    assert Path(__file__).with_name(f"test_{name}.py").exists()
    assert len(module.__doc__) > 80


def test_every_function_of_a_module_is_explained(module):
    ours = [f for _, f in getmembers(module, isfunction) if f.__module__ == module.__name__]
    public = [function for function in ours if not function.__name__.startswith("_")]
    assert public
    assert all(function.__doc__ for function in public)


def test_has_a_slow_reference(indicator):
    assert indicator.name in REFERENCES


def test_has_titles_and_units_in_both_languages_and_a_source(indicator):
    assert indicator.title_sv != indicator.title_en
    assert indicator.unit_sv != indicator.unit_en
    assert all([indicator.title_sv, indicator.title_en, indicator.unit_sv, indicator.source])


def test_a_share_is_named_as_one(indicator):
    assert (indicator.kind == "share") <= indicator.unit_en.startswith("share of")


def test_reads_known_tables_and_takes_them_by_name(indicator):
    assert set(indicator.reads) <= set(CONTRACTS)
    taken = list(signature(indicator.compute).parameters)
    assert taken == [table.split(".")[-1] for table in indicator.reads]


def test_breaks_are_school_years_with_a_reason_in_both_languages(indicator):
    for series_break in indicator.breaks:
        assert school_year_of_term(f"{series_break.school_year[:4]}HT") == series_break.school_year
        assert series_break.sv != series_break.en


def test_keeps_its_contract_on_tables_without_a_row(indicator):
    tables = {table.split(".")[1]: empty(CONTRACTS[table]) for table in indicator.sources}
    values = engine().create_table("no_values", indicator.values(**tables), overwrite=True)
    with config_context(validation_depth=ValidationDepth.SCHEMA_ONLY):
        IndicatorValues.validate(values)
    assert values.count().to_pyarrow().as_py() == 0


def test_keeps_its_contract_on_histories_of_pupils(indicator):
    arrow = HISTORY.tables()
    names = [table.split(".")[1] for table in indicator.sources]
    tables = {
        name: engine().create_table(f"some_{name}", arrow[name], overwrite=True) for name in names
    }
    values = engine().create_table("some_values", indicator.values(**tables), overwrite=True)
    IndicatorValues.validate(values)
    assert values.period.re_search(PATTERNS[indicator.period]).all().to_pyarrow().as_py()
    if indicator.kind == "share":
        known = values.filter(values.missing.isnull()).select("numerator", "denominator")
        found = known.distinct().to_pyarrow().to_pylist()
        assert all(row["numerator"] in (0, 1) and row["denominator"] == 1 for row in found)


def test_the_invented_histories_keep_the_contracts_of_the_core_tables():
    for name, rows in HISTORY.tables().items():
        table = engine().create_table("some_rows", rows, overwrite=True)
        CONTRACTS[f"core.{name}"].validate(table)


def test_an_indicator_is_frozen():
    with pytest.raises(AttributeError):
        DECLARED[0].name = "other"
    assert isinstance(DECLARED[0], Indicator)
