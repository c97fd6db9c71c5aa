"""Tables of support drawn by hand."""

import ibis
import pytest

from pipelines.documentation.examples import drawn
from pipelines.participation.spells import spells
from schemas.contract import load_contracts

MEMBERS = "indicator.target_group"


def table(name, *lines):
    """A table of a contract from lines, the first its columns; empty without any."""
    contract = load_contracts()[name]
    return drawn(contract, "\n".join(lines or [contract.columns()[0]]))


def members(*lines):
    """Members of the target group: ``student_id | school_id | term``."""
    return drawn(
        load_contracts()["core.student_terms"],
        "\n".join(["student_id | school_id | term", *lines]),
    ).select("student_id", "school_id", "term")


SUPPORT = "student_id | project_id | school_id | term | start_date | end_date | end_reason"
CONTACTS = "student_id | project_id | month | kind | way | contacts | minutes"
REGISTER = "student_id | school_id | term | grade_level | start_date | end_date"


def as_spells(made):
    """Spells made once: who asks much of them reads rows and not an expression."""
    return ibis.memtable(made.to_pyarrow(), schema=made.schema())


@pytest.fixture
def lived():
    """The spells of some rows of registers, as a table."""

    def build(*support, enrolled=(), group=(), contacts=(), projects=("north", "south")):
        return spells(
            table("core.participation", SUPPORT, *support),
            table("core.enrolments", REGISTER, *enrolled),
            members(*group),
            table("core.projects", "project_id | district_id", *(f"{p} | {p}" for p in projects)),
            table("core.support_contacts", CONTACTS, *contacts),
        )

    return build


@pytest.fixture
def told():
    """Rows of a table as dicts, in order of some columns, cut down to some."""

    def rows(made, *columns, by):
        found = sorted(made.to_pyarrow().to_pylist(), key=lambda row: [str(row[k]) for k in by])
        return [tuple(row[name] for name in columns) for row in found]

    return rows
