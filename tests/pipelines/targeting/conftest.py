"""Tables of the target group drawn by hand."""

import pytest

from pipelines.documentation import examples


@pytest.fixture
def drawn():
    """Build a table of a contract from text; see :func:`pipelines.documentation.examples.drawn`."""
    return examples.drawn


@pytest.fixture
def told():
    """Rows of a table as dicts, in order of some of their columns."""

    def rows(table, *keys):
        return sorted(table.to_pyarrow().to_pylist(), key=lambda row: [row[key] for key in keys])

    return rows
