"""Judging a finished table: the rules are pandera's, only the asking is ours."""

import ibis
import pandera.errors
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pandera.ibis import Field

from pipelines import judging
from pipelines.engine import engine
from pipelines.judging import GRAIN, broken_rules, verdict
from pipelines.lake import empty
from schemas.attendance import Attendance
from schemas.contract import Contract, load_contracts
from schemas.places import Districts
from schemas.pupils import Enrolments
from schemas.results import Results
from tests.pipelines import invented

GOOD = (invented.pupil(1), "12345678", "2016-03", 7000, 6900, 300, 120, 20, 0, "month")
FILE = "a" * 64
CELLS = st.tuples(
    st.sampled_from([invented.pupil(1), invented.pupil(2), "Hemlig", None]),
    st.sampled_from(["12345678", "x", None]),
    st.sampled_from(["2016-03", "2016-13"]),
    st.sampled_from([7000, -1, 99999, None]),
    st.sampled_from([6900, 7001]),
    st.sampled_from([300, 6800, None]),
    st.sampled_from([120, -1]),
    st.sampled_from([20, 121]),
    st.sampled_from([0, 5]),
    st.sampled_from(["month", "lesson", "Hemlig"]),
)


@pytest.fixture(
    scope="module", autouse=True, params=[judging.FEW, -1], ids=["as it is", "by distinct values"]
)
def _either_way(request):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judging, "FEW", request.param)
        yield


def attendance(*rows):
    return invented.table(Attendance, rows)


def changed(**cells):
    names = Attendance.columns()[2:]
    return tuple((dict(zip(names, GOOD, strict=True)) | cells).values())


def judged_by_pandera(table):
    """The columns and rules that pandera finds broken, and whether the grain is."""
    try:
        Attendance.validate(table, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        return {
            (error.schema.name if error.schema.name in table.columns else None, str(error.check))
            for error in errors.schema_errors
        }
    return set()


def test_a_good_table_breaks_nothing():
    assert broken_rules(attendance(GOOD, changed(month="2016-04")), Attendance) == []


@pytest.mark.parametrize("name", load_contracts())
def test_a_table_without_rows_breaks_nothing(name):
    engine()
    contract = load_contracts()[name]
    assert broken_rules(empty(contract), contract) == []


@pytest.mark.parametrize(
    ("cells", "rules"),
    [
        ({"student_id": "Hemlig"}, ["student_id: str_matches('^[0-9a-f]{32}$')"]),
        ({"month": None}, ["month: missing"]),
        ({"origin": "Hemlig"}, ["origin: isin(['month', 'lesson', 'day'])"]),
        ({"reported_minutes": 7001}, ["reported_within_scheduled"]),
        ({"late_minutes": 121}, ["late_within_unauthorised"]),
        ({"authorised_absence_minutes": 6800}, ["absence_within_reported"]),
        (
            {"scheduled_minutes": -1},
            ["reported_within_scheduled", "scheduled_minutes: greater_than_or_equal_to(0)"],
        ),
    ],
)
def test_a_broken_rule_is_named_and_no_value_quoted(cells, rules):
    found = broken_rules(attendance(GOOD, changed(**{"month": "2016-04"} | cells)), Attendance)
    assert found == rules
    assert not any("Hemlig" in rule for rule in found)


def test_a_repeated_grain_is_a_broken_rule():
    assert broken_rules(attendance(GOOD, GOOD), Attendance) == [GRAIN]
    assert broken_rules(attendance(GOOD, changed(scheduled_minutes=8000)), Attendance) == [GRAIN]


def test_columns_in_another_order_are_not_looked_into():
    table = attendance(changed(student_id="Hemlig"))
    for other in (table.select(*reversed(table.columns)), table.drop("origin"),
                  table.mutate(extra=ibis.literal(1))):  # fmt: skip
        assert broken_rules(other, Attendance) == [
            "columns: not those of the contract, in its order"
        ]


def test_a_column_of_another_type_is_named_with_the_right_one():
    table = attendance(changed(student_id="Hemlig"))
    other = table.mutate(month=table.scheduled_minutes, scheduled_minutes=table.month)
    assert broken_rules(other, Attendance) == ["month: not string", "scheduled_minutes: not int64"]


def test_a_column_that_cannot_be_empty_is_of_the_same_type():
    table = attendance(GOOD)
    schema = {name: kind.copy(nullable=False) for name, kind in table.schema().items()}
    assert broken_rules(table.cast(schema), Attendance) == []


def test_a_table_without_grain_is_judged_too():
    class Loose(Contract):
        """Anything."""

        name: str = Field()

    table = ibis.memtable({"name": ["a", "a"]})
    assert broken_rules(table, Loose) == []


@pytest.mark.parametrize(("series_break", "is_broken"), [(None, False), ("ny skala", True)])
def test_a_change_across_a_break_is_a_broken_rule(series_break, is_broken):
    row = ("x", "city", "all", "Staden", "2012/13", 12, 9.0, 12.0, 0.75, 0.5, 0.9, 0.1, 0.0, 0.2,
           None, None, None, None, series_break, False)  # fmt: skip
    expected = ["no_change_across_a_break"] if is_broken else []
    assert broken_rules(invented.table(Results, [row]), Results) == expected


def test_each_row_has_its_verdict():
    engine()
    check = next(c for c in Enrolments.to_schema().columns["term"].checks)
    terms = ibis.memtable({"term": ["2016VT", "2016", "2015HT"]})
    assert verdict(check, terms, "term").to_pyarrow().to_pylist() == [True, False, True]


@settings(max_examples=4, deadline=None, phases=[Phase.generate])
@given(st.lists(CELLS, min_size=1, max_size=5))
def test_our_judgement_is_panderas(rows):
    table = attendance(*rows)
    ours = set(broken_rules(table, Attendance))
    theirs = judged_by_pandera(table)
    assert bool(ours) == bool(theirs)
    rule_names = {check.name for check in Attendance.to_schema().checks}
    columns_of = {rule.split(":")[0] for rule in ours} - rule_names - {GRAIN}
    assert columns_of == {column for column, _ in theirs if column}
    assert not any("Hemlig" in rule for rule in ours)


def test_a_hundred_thousand_rows_are_counted_by_their_grain():
    numbers = ibis.range(100_000).unnest().name("n").as_table()
    engine()
    table = numbers.select(
        delivery_id=ibis.literal(FILE),
        record_no=numbers.n + 1,
        district_id="d" + numbers.n.cast("string"),
        district_name=ibis.literal("x"),
    ).cast({"record_no": "int64"})
    assert broken_rules(table, Districts) == []
    assert broken_rules(table.union(table.limit(1)), Districts) == [GRAIN]
