"""Every contract says what it means, and its code lists hold together."""

import re

import pandera.errors
import pytest

from schemas import codes
from schemas.codes import Code, of_group, values
from schemas.contract import Contract, Delivered, load_contracts
from schemas.deliveries import Deliveries
from schemas.grading import SUBJECT_PATTERN, SUBJECTS
from schemas.indicators import IndicatorValues
from schemas.results import Results
from tests.pipelines import invented

CONTRACTS = [*load_contracts().values(), IndicatorValues, Results]
LISTS = {name: value for name, value in vars(codes).items() if name.isupper()}
NAMES = [contract.__name__ for contract in CONTRACTS]


@pytest.fixture(params=CONTRACTS, ids=NAMES)
def contract(request):
    return request.param


def test_every_table_is_found_by_its_name():
    assert len(load_contracts()) >= 16
    for name, contract in load_contracts().items():
        layers = "raw|core|quarantine|checks|attention|baseline|interview|pilot|release|result"
        layers = f"{layers}|survey"
        assert re.fullmatch(rf"({layers})\.[a-z_]+", name)
        assert contract.table() == name
    assert Delivered not in load_contracts().values()


def test_a_contract_says_what_a_row_is(contract):
    assert contract.__doc__
    assert "Grain: one row per" in contract.__doc__
    grain = contract.grain()
    assert grain
    assert set(grain) <= set(contract.columns())
    if contract.__doc__.count("``") and not issubclass(contract, Delivered):
        assert all(f"``{name}``" in contract.__doc__ for name in grain)


def test_every_column_has_a_swedish_heading_and_a_meaning(contract):
    dictionary = contract.data_dictionary()
    assert dictionary.column.to_list() == contract.columns()
    assert dictionary.description.str.endswith(tuple(".])")).all()
    assert dictionary.heading_sv.str.len().gt(0).all()
    assert not dictionary.heading_sv.isin(dictionary.column).any()
    assert dictionary.heading_sv.is_unique
    assert set(dictionary.type) <= {"string", "int64", "float64", "date", "boolean"}


def test_a_column_with_codes_takes_those_and_no_other(contract):
    for name, column in contract.to_schema().columns.items():
        allowed = [c.statistics["allowed_values"] for c in column.checks if c.name == "isin"]
        listed = contract.codes(name)
        if listed:
            assert [sorted(one) for one in allowed] == [sorted(values(listed))], name


def test_a_column_is_never_filled_in_silently(contract):
    schema = contract.to_schema()
    assert schema.strict
    assert schema.ordered
    assert not schema.coerce
    assert not any(column.coerce for column in schema.columns.values())


def test_a_divided_table_has_the_column_it_is_divided_by(contract):
    column = contract.month_of() or contract.partition()
    assert column is None or column in contract.columns()


def test_a_template_asks_only_for_what_nobody_else_can_tell():
    for contract in load_contracts().values():
        if issubclass(contract, Delivered):
            headings = contract.template_columns()
            assert len(headings) == len(set(headings))
            left_out = set(contract.delivered_columns()) - set(headings.values())
            assert left_out <= {"birth_year", "sex", "origin"}
            assert not {"delivery_id", "record_no"} & set(headings.values())


@pytest.mark.parametrize("name", LISTS)
def test_a_code_is_listed_once_and_said_in_both_languages(name):
    listed = LISTS[name]
    for part in ("code", "sv", "en"):
        texts = [getattr(code, part) for code in listed]
        assert len(set(texts)) == len(texts)
        assert all(texts)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", code.code) for code in listed)
    groups = {code.group for code in listed}
    assert sorted(c for g in groups for c in of_group(listed, g)) == sorted(values(listed))


def test_every_reason_to_end_is_planned_neutral_unplanned_or_unknown():
    assert {code.group for code in codes.END_REASONS} == {
        "planned", "neutral", "unplanned", "unknown",
    }  # fmt: skip
    assert of_group(codes.END_REASONS, "unknown") == ["unknown"]
    assert of_group([Code("a", "b", "c")], "") == ["a"]


@pytest.mark.parametrize("code", SUBJECTS)
def test_every_subject_is_written_by_its_code(code):
    assert re.match(SUBJECT_PATTERN, code)
    takes_language = code in ("M1", "M2", "ML")
    assert bool(re.match(SUBJECT_PATTERN, f"{code}FRA")) == takes_language
    assert not re.match(SUBJECT_PATTERN, code.lower())


@pytest.mark.parametrize(
    ("status", "accepted", "is_kept"),
    [("active", 7, True), ("active", 6, False), ("held", 6, True), ("rejected", 0, True)],
)
def test_the_records_of_a_delivery_lie_in_four_bins(status, accepted, is_kept):
    row = ("a" * 64, "a.csv", "2016-04-01", None, None, 1, status, None, 10, accepted, 2, 1, 0,
           "unproven")  # fmt: skip
    table = invented.table(Deliveries, [row])
    try:
        Deliveries.validate(table, lazy=True)
    except pandera.errors.SchemaErrors:
        assert not is_kept
    else:
        assert is_kept


def test_a_contract_without_partition_or_codes_says_so():
    class Bare(Contract):
        """One."""

        name: str

    assert Bare.partition() is None
    assert Bare.month_of() is None
    assert Bare.codes("name") == ()
    assert Bare.grain() == []
