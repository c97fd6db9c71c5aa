"""Which delivery is in force, decided from what is known of all about the same thing."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ingest.standing import Candidate, standings

SCOPE = "attendance 12345678 2016-03"


def candidate(name, version=1, **known):
    return Candidate(delivery_id=name, version=version, **known)


def statuses(*candidates):
    return {one: standing.status for one, standing in standings(SCOPE, candidates).items()}


CANDIDATES = st.lists(
    st.tuples(st.integers(1, 4), st.sampled_from([None, "a", "b"]), st.booleans(), st.booleans()),
    max_size=6,
).map(
    lambda drawn: [
        candidate(
            str(n), v, same_rows=same, hold="wait" if h else None, picked="yes" if p else None
        )
        for n, (v, same, h, p) in enumerate(drawn)
    ]
)


@given(CANDIDATES)
@settings(max_examples=200, deadline=None)
def test_at_most_one_is_in_force_and_every_one_stands_somewhere(candidates):
    found = standings(SCOPE, candidates)
    assert set(found) == {one.delivery_id for one in candidates}
    assert {s.status for s in found.values()} <= {"active", "superseded", "held"}
    active = [c for c in candidates if found[c.delivery_id].status == "active"]
    assert len(active) <= 1
    assert all(found[c.delivery_id].cause for c in candidates
               if found[c.delivery_id].status == "held")  # fmt: skip
    if not active:
        assert all(s.status == "held" for s in found.values())


@given(CANDIDATES)
@settings(max_examples=200, deadline=None)
def test_nothing_that_waits_for_a_person_is_in_force(candidates):
    for one in candidates:
        if statuses(*candidates)[one.delivery_id] == "active":
            assert one.hold is None or one.picked is not None


def test_the_same_rows_under_another_name_change_nothing():
    both = candidate("first", same_rows="r"), candidate("second", same_rows="r")
    assert statuses(*both) == {"first": "active", "second": "superseded"}
    assert "the same rows as first" in standings(SCOPE, both)["second"].cause


def test_a_correction_with_the_same_rows_leaves_the_first_in_force():
    found = statuses(candidate("v1", same_rows="r"), candidate("v2", 2, same_rows="r"))
    assert found == {"v1": "active", "v2": "superseded"}


def test_a_correction_back_to_the_first_rows_takes_the_wrong_one_out_of_force():
    found = statuses(
        candidate("v1", 1, same_rows="r"),
        candidate("v2", 2, same_rows="wrong"),
        candidate("v3", 3, same_rows="r"),
    )
    assert found == {"v1": "superseded", "v2": "superseded", "v3": "active"}


def test_a_large_correction_waits_and_the_one_below_stays_until_it_is_released():
    waiting = candidate("v2", 2, hold="large_change")
    assert statuses(candidate("v1"), waiting) == {"v1": "active", "v2": "held"}
    released = candidate("v2", 2, hold="large_change", picked="checked")
    assert statuses(candidate("v1"), released) == {"v1": "superseded", "v2": "active"}


def test_a_version_above_one_that_waits_settles_it():
    found = statuses(candidate("v1"), candidate("v2", 2, hold="large"), candidate("v3", 3))
    assert found == {"v1": "superseded", "v2": "superseded", "v3": "active"}


def test_of_two_rivals_the_one_a_person_picks_is_in_force():
    found = statuses(candidate("a", same_rows="a"), candidate("b", same_rows="b", picked="checked"))
    assert found == {"a": "superseded", "b": "active"}
