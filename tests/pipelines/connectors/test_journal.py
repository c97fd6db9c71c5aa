"""The journal keeps the newest of everything, in whatever order and however often it comes."""

from contextlib import suppress
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.connectors.journal import Entity, Journal

ENTITIES = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.integers(1, 30)), max_size=40, unique=True
)


def entity(key, version):
    return Entity("persons", key, f"2016-03-{version:02d}", f"{key}{version}")


def newest(entities):
    """The same counted the slow way."""
    keys = sorted({one.key for one in entities})
    return [(k, max(one for one in entities if one.key == k).body) for k in keys]


@given(entities=ENTITIES, cuts=st.lists(st.integers(0, 40), max_size=5), again=st.integers(0, 40))
@settings(max_examples=30, deadline=None)
def test_pages_in_any_order_and_repeated_leave_the_newest(tmp_path_factory, entities, cuts, again):
    versions = [entity(*one) for one in entities]
    edges = [0, *sorted(cuts), len(versions)]
    pages = [versions[first:last] for first, last in pairwise(edges)]
    with Journal.open(tmp_path_factory.mktemp("journal")) as journal:
        for page in [*pages, versions[:again]]:
            journal.land("persons", page, "next")
        assert list(journal.bodies("persons")) == newest(versions)


def test_a_page_lands_with_the_token_of_the_next_or_not_at_all(tmp_path):
    def breaking_off():
        yield entity("a", 1)
        raise ConnectionError

    with Journal.open(tmp_path) as journal:
        journal.land("persons", [entity("b", 1)], "second")
        with suppress(ConnectionError):
            journal.land("persons", breaking_off(), "third")
        assert journal.keys("persons") == {"b"}
        assert journal.place("persons") == ("second", 1, False)


def test_what_is_deleted_is_counted_once_over_interruptions(tmp_path):
    with Journal.open(tmp_path) as journal:
        journal.land("persons", [entity("a", 1), entity("b", 1)], None)
        journal.land("deletedEntities", (), "next", gone=[("persons", "a"), ("persons", "x")])
    with Journal.open(tmp_path) as journal:
        journal.land("deletedEntities", (), None, gone=[("persons", "a")])
        assert journal.removed() == {"persons": 1}
        assert journal.keys("persons") == {"b"}
        journal.clear()
        assert journal.keys("persons") == set()
        assert journal.said("anything") is None
