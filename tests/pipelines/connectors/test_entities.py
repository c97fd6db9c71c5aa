"""What is kept of an entity, and what is refused because nobody can say what it is."""

import json

import pytest

from pipelines.connectors.endpoint import PullError
from pipelines.connectors.entities import entity_of
from pipelines.connectors.properties import enrolled_at, local_time, reference

SUM = {"activity": {"id": "a"}, "student": {"id": "s"}, "startDate": "2016-03-01"}


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("persons", "a text"),
        ("persons", {"givenName": "Hemlig"}),
        ("persons", {"id": 7}),
        ("aggregatedAttendance", SUM | {"student": None}),
    ],
)
def test_what_is_no_entity_is_refused_without_a_word_of_it(kind, written):
    with pytest.raises(PullError) as caught:
        entity_of(kind, written)
    assert str(caught.value).startswith(f"/{kind}: ")
    assert "Hemlig" not in str(caught.value)


def test_only_what_is_read_is_kept_at_every_depth():
    enrolment = {"enroledAt": {"id": "u", "displayName": "Hemlig"}, "specification": "Hemlig"}
    person = {"id": "p", "familyName": "Hemlig", "enrolments": [enrolment, "Hemlig"]}
    body = json.loads(entity_of("persons", person | {"civicNo": "Hemlig"}).body)
    assert body == {"id": "p", "civicNo": {}, "enrolments": [{"enroledAt": {"id": "u"}}]}


def test_changes_are_compared_in_one_time_zone():
    moments = ("2016-03-07T08:00:00Z", "2016-03-07T08:30:00+01:00", "2016-03-07T09:00:00", "soon")
    found = [entity_of("grades", {"id": "g", "meta": {"modified": m}}).modified for m in moments]
    assert sorted(found) == [found[3], found[1], found[0], found[2]]


def test_a_sum_is_known_by_what_it_is_about():
    assert entity_of("aggregatedAttendance", SUM).key == "a s 2016-03-01 "


def test_a_pupil_is_enrolled_from_the_first_to_the_last_day():
    spells = [("2016-01-01", "2016-03-10", "one"), ("2016-03-10", None, "two")]
    person = {
        "enrolments": [
            {"enroledAt": {"id": unit}, "startDate": first, "endDate": last}
            for first, last, unit in spells
        ]
    }
    days = ("2015-12-31", "2016-01-01", "2016-03-10", "2016-03-11")
    assert [enrolled_at(person, day) for day in days] == [set(), {"one"}, {"one", "two"}, {"two"}]


@pytest.mark.parametrize("written", [None, "soon", "2016-03-07T08:00:00", 7])
def test_a_time_without_offset_is_no_time(written):
    assert local_time({"startTime": written}, "startTime") is None


def test_a_reference_that_is_none_is_empty():
    assert [reference({"a": one}, "a") for one in (None, "x", {}, {"id": 7})] == [""] * 4
