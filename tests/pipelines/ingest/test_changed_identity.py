"""Cases 64 and 68: two numbers are one pupil if a file says so, and never otherwise."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.core import core_contracts, core_table
from pipelines.ingest.blocks import contract_of
from pipelines.ingest.checking import check_file
from pipelines.ingest.inbox import ingest
from pipelines.ingest.register import ChangeError, Register
from pipelines.ingest.vault import at_school
from pipelines.ingest.verdicts import NOBODYS
from pipelines.protection import protect
from tests.pipelines.ingest.deliveries import (
    ATTENDANCE_NAME,
    MONTH,
    SCHOOL,
    attendance,
    check_digit,
    csv_text,
    drop,
    ingested,
    month_row,
    number,
    one,
    workbook,
)
from tests.pipelines.ingest.pupils import (
    CHANGE_HEADINGS,
    CHANGE_NAME,
    changes,
    core_students,
    files_that_tell,
    outside,
    raw_students,
    student_of,
)

NEXT = "2016-04"
OTHER_SCHOOL = "87654321"
TEMPORARY = "20010115TF11"
OTHER_NAME = CHANGE_NAME.replace("04-01", "04-02")


def coordination(n) -> str:
    """The samordningsnummer (day + 60) of nobody."""
    nine = f"010175{n + 1:03d}"
    return f"20{nine}{check_digit(nine)}"


def months(*numbers, month=MONTH, school=SCHOOL) -> dict[str, bytes]:
    """A month of attendance at a school, by the number of each pupil."""
    rows = [month_row(0, Personnummer=one, Månad=month, Skolenhetskod=school) for one in numbers]
    return {f"narvaro_{school}_{month}.csv": attendance(rows)}


def month_by_month(workspace) -> dict[str, list[str]]:
    """Pupils of each month in the core table that is made now."""
    rows = core_table(workspace, core_contracts()["core.attendance"]).to_pyarrow().to_pylist()
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["month"], []).append(row["student_id"])
    return {month: sorted(students) for month, students in found.items()}


def histories(workspace) -> int:
    """How many pupils the core table tells apart."""
    return len(core_students(workspace, "core.attendance"))


def test_without_a_declaration_two_numbers_are_two_pupils(workspace):
    ingested(workspace, {**months(coordination(0)), **months(number(0), month=NEXT)})
    assert histories(workspace) == 2


def test_case_68_a_declared_change_joins_what_came_before_and_what_comes_after(workspace):
    ingested(workspace, months(coordination(0), number(5)))
    old = core_students(workspace, "core.attendance")
    entry = ingested(workspace, changes((coordination(0), number(0))))[CHANGE_NAME]
    assert (entry["status"], entry["records"], entry["accepted"]) == ("active", 1, 1)
    ingested(workspace, months(number(0), number(5), month=NEXT))
    found = month_by_month(workspace)
    assert found[MONTH] == found[NEXT]
    assert len(found[MONTH]) == 2
    assert len(raw_students(workspace, "attendance") & old) == 1


@pytest.mark.parametrize("first", ["old", "new", "change"])
def test_case_68_the_order_of_the_files_makes_no_difference(workspace, first):
    files = {
        "old": months(coordination(0)),
        "new": months(number(0), month=NEXT),
        "change": changes((coordination(0), number(0))),
    }
    ingested(workspace, files.pop(first))
    for later in files.values():
        ingested(workspace, later)
    assert histories(workspace) == 1


def test_case_68_all_at_once_by_confined_processes(workspace, with_children):
    del with_children
    files = {**months(coordination(0)), **months(number(0), month=NEXT)}
    ingested(workspace, {**files, **changes((coordination(0), number(0)))})
    assert histories(workspace) == 1


def test_both_numbers_of_a_pupil_in_one_file_are_the_same_pupil_twice(workspace):
    ingested(workspace, changes((coordination(0), number(0))))
    rows = [month_row(0), month_row(0, Personnummer=coordination(0)), month_row(1)]
    rows[1][4] = "6800"
    entry = ingested(workspace, {ATTENDANCE_NAME: attendance(rows)})[ATTENDANCE_NAME]
    assert (entry["accepted"], entry["quarantined"]) == (1, 2)


def test_a_chain_of_changes_leads_to_its_end(workspace):
    ingested(
        workspace,
        {
            **months(coordination(0)),
            **months(number(1), month=NEXT),
            **months(number(2), month="2016-05"),
        },
    )
    ingested(workspace, changes((number(1), number(2))))
    ingested(workspace, changes((coordination(0), number(1)), name=OTHER_NAME))
    assert histories(workspace) == 1


def test_two_old_numbers_may_have_one_new_one(workspace):
    ingested(workspace, {**months(coordination(0)), **months(TEMPORARY, month=NEXT)})
    ingested(workspace, changes((coordination(0), number(0)), (TEMPORARY, number(0))))
    assert histories(workspace) == 1


def refused(workspace, *pairs, name=CHANGE_NAME, **choices) -> str:
    """The cause that a declaration is refused for."""
    entry = ingested(workspace, changes(*pairs, name=name, **choices))[name]
    assert entry["status"] == "rejected"
    assert entry["accepted"] == 0
    assert not any(one in entry["cause"] for pair in pairs for one in pair if one)
    return entry["cause"]


def test_a_circle_is_refused(workspace):
    cause = refused(workspace, (number(0), number(1)), (number(1), number(0)))
    assert cause == "identity_change: line 3: the changes lead in a circle back to the old number"
    assert histories(workspace) == 0


def test_a_circle_over_several_files_is_refused_and_the_first_ones_stay(workspace):
    ingested(workspace, {**months(number(0)), **months(number(1), month=NEXT)})
    ingested(workspace, changes((number(0), number(1))))
    assert "circle" in refused(workspace, (number(1), number(0)), name=OTHER_NAME)
    assert histories(workspace) == 1


def test_a_number_that_is_its_own_new_one_is_refused(workspace):
    assert "circle" in refused(workspace, (number(0), number(0)))


@pytest.mark.parametrize("is_one_file", [True, False])
def test_two_new_numbers_for_one_old_one_are_refused(workspace, is_one_file):
    pairs = [(coordination(0), number(0)), (coordination(0), number(1))]
    if is_one_file:
        cause = refused(workspace, *pairs)
    else:
        ingested(workspace, changes(pairs[0]))
        cause = refused(workspace, pairs[1], name=OTHER_NAME)
    assert cause.endswith("the old number was declared changed to another new number")


def test_the_same_change_twice_is_one(workspace):
    pair = (coordination(0), number(0))
    ingested(workspace, changes(pair, pair))
    found = ingested(workspace, changes(pair, (number(3), number(4)), name=OTHER_NAME))
    entry = found[CHANGE_NAME]
    assert (entry["records"], entry["accepted"], entry["duplicates"]) == (2, 1, 1)
    assert found[OTHER_NAME]["status"] == "active"


@pytest.mark.parametrize(
    ("pair", "school", "says"),
    [
        (("200101", number(0)), SCHOOL, "line 2: not an identity number"),
        ((number(0), ""), SCHOOL, "line 2: not an identity number"),
        ((TEMPORARY, number(0)), "", "line 2: a temporary number needs its school's code"),
        ((TEMPORARY, number(0)), "skolan", "line 2: a temporary number needs its school's code"),
    ],
)
def test_a_record_that_is_no_change_refuses_the_file(workspace, pair, school, says):
    assert refused(workspace, pair, school=school) == f"identity_change: {says}"


def test_a_file_with_a_header_alone_is_refused(workspace):
    assert refused(workspace).startswith("no_records")


def test_a_file_with_another_header_is_refused(workspace):
    content = csv_text(("Gammalt", "Nytt nummer"), [[number(0), number(1)]]).encode()
    entry = ingested(workspace, {CHANGE_NAME: content})[CHANGE_NAME]
    assert entry["cause"].startswith("missing_column")


def test_a_record_of_another_length_refuses_the_file(workspace):
    content = csv_text(CHANGE_HEADINGS, [[SCHOOL, number(0)]]).encode()
    entry = ingested(workspace, {CHANGE_NAME: content})[CHANGE_NAME]
    assert entry["cause"] == "identity_change: line 2: record: 2 fields instead of 3"


def test_a_workbook_declares_changes_too(workspace, tmp_path):
    pair = [SCHOOL, coordination(0), number(0)]
    book = workbook(tmp_path / "book.xlsx", CHANGE_HEADINGS, [pair])
    name = CHANGE_NAME.replace(".csv", ".xlsx")
    assert ingested(workspace, {name: book.read_bytes()})[name]["status"] == "active"
    assert len(set(workspace.vault.student_ids(pair[1:]))) == 1


def test_a_declaration_that_is_rejected_tells_the_pupils_apart_again(workspace):
    ingested(workspace, {**months(coordination(0)), **months(number(0), month=NEXT)})
    apart = month_by_month(workspace)
    entry = ingested(workspace, changes((coordination(0), number(0))))[CHANGE_NAME]
    assert histories(workspace) == 1
    workspace.ledger.reject(entry["delivery_id"], "it was another pupil")
    ingest(workspace, [])
    assert month_by_month(workspace) == apart
    assert len(apart) == 2


def test_everything_judged_anew_gives_the_same(workspace):
    ingested(workspace, {**months(coordination(0)), **months(number(0), month=NEXT)})
    ingested(workspace, changes((coordination(0), number(0))))
    before = month_by_month(workspace)
    workspace.ledger.forget_verdicts()
    ingest(workspace, [])
    assert month_by_month(workspace) == before
    assert workspace.vault.register.pending() == frozenset()


def test_no_number_of_a_declaration_leaves_the_vault(workspace):
    ingested(workspace, months(coordination(0)))
    ingested(workspace, changes((coordination(0), number(0)), (TEMPORARY, number(1))))
    numbers = (coordination(0), number(0), number(1), TEMPORARY)
    shortened = [given[2:] for given in numbers]
    assert not files_that_tell(outside(workspace), *numbers, *shortened)


def test_a_check_before_sending_judges_a_declaration(tmp_path):
    path = tmp_path / CHANGE_NAME
    path.write_bytes(changes((coordination(0), number(0)))[CHANGE_NAME])
    assert check_file(path).is_accepted
    path.write_bytes(changes((coordination(0), "1"))[CHANGE_NAME])
    assert check_file(path).status == "unreadable"


def test_a_pupil_protected_under_one_number_is_protected_under_both(workspace):
    ingested(workspace, {**months(coordination(0)), **months(number(0), month=NEXT)})
    protect(workspace, [coordination(0)], reason="as decided")
    assert histories(workspace) == 1
    entry = ingested(workspace, changes((coordination(0), number(0))))[CHANGE_NAME]
    assert histories(workspace) == 0
    assert raw_students(workspace, "attendance") == set()
    workspace.ledger.reject(entry["delivery_id"], "it was another pupil")
    ingest(workspace, [])
    assert raw_students(workspace, "attendance") == set()


def test_case_64_a_temporary_number_is_one_pupil_within_a_school_and_another_elsewhere(workspace):
    ingested(
        workspace,
        {
            **months(TEMPORARY),
            **months(TEMPORARY, month=NEXT),
            **months(TEMPORARY, school=OTHER_SCHOOL),
        },
    )
    found = month_by_month(workspace)
    assert len(found[MONTH]) == 2
    assert set(found[NEXT]) < set(found[MONTH])


def test_case_64_temporary_numbers_of_several_schools_in_one_block_are_told_apart(workspace):
    rows = [
        [TEMPORARY, school, "2016-03-07", "08:10", "MA", "60", "0", ""]
        for school in (SCHOOL, OTHER_SCHOOL)
    ]
    for row in rows:
        name = f"lektioner_{row[1]}_{MONTH}.csv"
        headings = "personnummer skolenhetskod datum start amne minuter franvaro_min franvarotyp"
        drop(workspace, name, csv_text(headings.split(), [row]).encode())
    ingest(workspace, sorted(workspace.inbox.iterdir()))
    assert len(raw_students(workspace, "lessons")) == 2


def test_case_64_a_temporary_number_is_linked_by_a_declaration_for_its_school_alone(workspace):
    ingested(workspace, {**months(TEMPORARY), **months(TEMPORARY, school=OTHER_SCHOOL)})
    ingested(workspace, changes((TEMPORARY, number(0))))
    ingested(workspace, months(number(0), month=NEXT))
    found = month_by_month(workspace)
    assert set(found[NEXT]) < set(found[MONTH])
    asked = [at_school(TEMPORARY, SCHOOL), at_school(TEMPORARY, OTHER_SCHOOL), number(0)]
    own, elsewhere, real = workspace.vault.student_ids(asked)
    assert own == real != elsewhere


def test_a_temporary_number_in_a_file_that_names_no_school_is_held_back(workspace):
    headings = contract_of("core.support_contacts").template_columns()
    rows = [[pupil, "p1", MONTH, "annat", "direkt", "1", "30"] for pupil in (TEMPORARY, number(1))]
    found = one(workspace, f"kontakter_p1_{MONTH}.csv", csv_text(headings, rows).encode())
    assert [row["line_no"] for row in found.held] == [2]
    assert found.held[0]["reasons"] == f"student_id: {NOBODYS}"
    assert [row["student_id"] for row in found.accepted["support_contacts"]] == [
        student_of(workspace, 1)
    ]


def test_a_temporary_number_with_a_bad_school_is_held_back_for_the_school_alone(workspace):
    row = month_row(0, Personnummer=TEMPORARY, Skolenhetskod="?")
    content = attendance([row, month_row(1)])
    entry = ingested(workspace, {ATTENDANCE_NAME: content})[ATTENDANCE_NAME]
    assert (entry["accepted"], entry["quarantined"]) == (1, 1)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    files=st.lists(st.lists(st.tuples(*[st.sampled_from("abcdef")] * 2), max_size=4), max_size=5)
)
def test_changes_that_are_entered_agree_with_a_walk_along_them(tmp_path_factory, files):
    register = Register(tmp_path_factory.mktemp("vault") / "register.sqlite")
    known: dict[str, str] = {}
    for number_of_file, pairs in enumerate(files):
        try:
            register.declare(str(number_of_file), pairs)
        except ChangeError:
            assert not is_consistent([*known.items(), *pairs])
        else:
            assert is_consistent([*known.items(), *pairs])
            known |= dict(pairs)
    assert register.same_as() == {old: walked(known, old) for old in known}


def is_consistent(pairs) -> bool:
    """Whether every old one has one new one, and no walk along them comes back."""
    targets: dict[str, set[str]] = {}
    for old, new in pairs:
        targets.setdefault(old, set()).add(new)
    if any(len(new) > 1 for new in targets.values()):
        return False
    for start in targets:
        at, seen = start, set()
        while at in targets:
            if at in seen:
                return False
            seen.add(at)
            (at,) = targets[at]
    return True


def walked(targets, start) -> str:
    while start in targets:
        start = targets[start]
    return start


def test_a_workspace_without_a_register_is_not_given_one(workspace):
    ingested(workspace, months(number(0)))
    assert not workspace.vault.register.path.exists()
