"""The server of the tests keeps to the specification, and its slips are there as we say."""

import json
from copy import deepcopy
from urllib.parse import urlencode

import pytest
import urllib3
import yaml
from jsonschema import Draft202012Validator, FormatChecker

from pipelines.connectors.entities import DELETED_AS, KEPT, entity_of
from pipelines.connectors.properties import CLASS
from pipelines.connectors.source import DELIVERED
from pipelines.connectors.ss12000 import Asked, _deleted
from tests.pipelines.connectors.ss12000_city import MONTH
from tests.pipelines.connectors.ss12000_server import DELETED_KEYS, FILTERS

FILE = "openapi_ss12000_version2_1_0.yaml"


@pytest.fixture(scope="module")
def specification(shared):
    """The official OpenAPI file, read as it is."""
    return yaml.safe_load((shared / "specs" / FILE).read_text("utf-8"))


@pytest.fixture(scope="module")
def components(specification):
    """Its schemas in the words of JSON Schema, without the property that does not exist."""
    changed = _without_nullable(deepcopy(specification["components"]))
    changed["schemas"]["Grade"]["required"].remove("schoolUnit")
    return changed


def _without_nullable(schema):
    if isinstance(schema, list):
        return [_without_nullable(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _without_nullable(value) for name, value in schema.items() if name != "example"}
    if found.pop("nullable", False) is True:
        found["type"] = [found["type"], "null"]
    return found


def get(url, query):
    answer = urllib3.request(
        "GET", f"{url}?{urlencode(query)}", headers={"Authorization": "Bearer first-token"}
    )
    assert answer.status == 200
    return json.loads(answer.data)


def parameters(specification, kind):
    return {one["name"] for one in specification["paths"][f"/{kind}"]["get"]["parameters"]}


@pytest.mark.shared_data
@pytest.mark.parametrize("kind", sorted(KEPT))
def test_every_page_of_the_server_is_of_the_specification(
    quiet, open_site, specification, components, kind
):
    asked = Asked(source=open_site(quiet).endpoint().source, month=MONTH)
    query = asked.query(kind, expanded=kind == "calendarEvents")
    page = get(f"{quiet.url}/{kind}", [*query, ("limit", "40")])
    answers = specification["paths"][f"/{kind}"]["get"]["responses"]["200"]
    schema = answers["content"]["application/json"]["schema"] | {"components": components}
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(page)
    assert page["data"]


@pytest.mark.shared_data
def test_the_server_takes_no_parameter_that_the_specification_does_not_have(specification):
    for kind, names in FILTERS.items():
        assert names <= parameters(specification, kind)
        assert {"limit", "pageToken"} <= parameters(specification, kind)


@pytest.mark.shared_data
def test_a_pull_asks_by_parameters_of_the_specification_alone(served, open_site, specification):
    tables = [name for name in DELIVERED if name != "attendance"]
    site = open_site(served, deliver=tables, district_type="Verksamhetsområde", page_size=500)
    site.pull()
    site.pull()
    for path, query in served.asked:
        kind, _, key = path.strip("/").partition("/")
        assert key or set(query) <= parameters(specification, kind)


@pytest.mark.shared_data
def test_every_property_that_is_kept_is_one_of_the_specification(specification):
    schemas = specification["components"]["schemas"]
    names = {
        "organisations": "Organisation",
        "syllabuses": "Syllabus",
        "activities": "Activity",
        "groups": "GroupFragment",
        "persons": "Person",
        "calendarEvents": "CalendarEvent",
        "attendances": "Attendance",
        "aggregatedAttendance": "AggregatedAttendance",
        "grades": "Grade",
    }
    assert set(names) == set(KEPT)
    properties = {kind: set(schemas[name]["properties"]) for kind, name in names.items()}
    properties["groups"] |= set(schemas["Group_allOf"]["properties"])
    for kind in names:
        assert set(KEPT[kind]) <= properties[kind]
    assert set(KEPT["groups"]["groupMemberships"]) <= set(schemas["GroupMembership"]["properties"])
    assert CLASS in schemas["GroupTypesEnum"]["enum"]


@pytest.mark.shared_data
def test_the_slips_of_the_specification_are_the_ones_tolerated(specification):
    schemas = specification["components"]["schemas"]
    grade, deleted = schemas["Grade"], schemas["DeletedEntities_data"]["properties"]
    assert "schoolUnit" in grade["required"]
    assert "schoolUnit" not in grade["properties"]
    assert "adaptedStudyPlan" in grade["required"]
    assert "attendanceMinutes" not in schemas["Attendance"]["required"]
    assert "activitites" in deleted  # codespell:ignore
    assert "activities" not in deleted
    types = schemas["EndPointsEnum"]["enum"]
    assert {name for name, _ in DELETED_AS.values()} <= set(types)
    assert set(DELETED_KEYS.values()) <= set(deleted)


def test_both_spellings_of_a_misspelt_key_are_read():
    for key in ("activitites", "activities"):  # codespell:ignore
        found = list(_deleted({"data": {key: ["a"], "rooms": ["b"]}}, ["activities", "persons"]))
        assert found == [("activities", "a")]


@pytest.mark.parametrize("name", ["organisation", "schoolUnit"])
def test_a_grade_says_its_school_under_either_name(name):
    entity = entity_of("grades", {"id": "g", name: {"id": "s"}, "adaptedStudyPlan": None})
    assert json.loads(entity.body) == {"id": "g", "organisation": {"id": "s"}}


def test_an_entity_without_date_of_change_and_with_null_everywhere_is_read():
    entity = entity_of("grades", {"id": "g", "meta": None, "organisation": None, "year": None})
    assert (entity.modified, entity.body) == ("", '{"id":"g"}')
