"""Which kinds of file there are, and that every layout asks for one of them."""

import pytest

from pipelines.ingest.formats.registry import load_containers
from pipelines.ingest.profiles import load_profiles


def test_each_kind_of_file_is_one_module():
    assert {"csv", "xlsx", "xml", "json", "edfi", "oneroster"} <= set(load_containers())


@pytest.mark.parametrize("layout", load_profiles(), ids=lambda layout: layout.name)
def test_a_layout_has_a_container_that_knows_its_settings(layout):
    container = load_containers()[layout.container]
    assert set(layout.settings) <= getattr(container, "settings", frozenset())
