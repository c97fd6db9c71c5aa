"""The pilot's participants: spells of support, months, reach, completion, flow, schools."""

from collections.abc import Callable

import dagster as dg
import ibis

from assets.contracts import contract_check, described, meaning
from pipelines.participation import completion as of_completion
from pipelines.participation import flow as of_flow
from pipelines.participation import leavers as of_leavers
from pipelines.participation import months as of_months
from pipelines.participation import project_terms as of_terms
from pipelines.participation import reach as of_reach
from pipelines.participation import spells as of_spells
from schemas.contract import Contract, load_contracts
from schemas.participation import (
    Completion,
    Flow,
    Leavers,
    PilotReach,
    ProjectSchoolsAt,
    PupilMonths,
    Spells,
)

TARGET_GROUP = "indicator.target_group"


def _asset(
    contract: type[Contract], *reads: str
) -> Callable[[Callable[..., ibis.Table]], dg.AssetsDefinition]:
    """An undivided table of the pilot, made of all periods of some others."""
    return dg.asset(
        key=contract.table().split("."),
        ins={name.split(".")[1]: _whole(name) for name in reads},
        description=meaning(contract),
        metadata=described(contract),
        kinds={"parquet"},
    )


def _whole(name: str) -> dg.AssetIn:
    """All periods of a table."""
    contract = load_contracts().get(name)
    is_divided = contract is None or contract.partition() is not None
    mapping = dg.AllPartitionMapping() if is_divided else None
    return dg.AssetIn(name.split("."), partition_mapping=mapping)


@_asset(
    Spells,
    "core.participation",
    "core.enrolments",
    TARGET_GROUP,
    "core.projects",
    "core.support_contacts",
)
def spells(
    participation: ibis.Table,
    enrolments: ibis.Table,
    target_group: ibis.Table,
    projects: ibis.Table,
    support_contacts: ibis.Table,
) -> ibis.Table:
    """Each participation once."""
    members = of_reach.members(target_group)
    return of_spells.spells(participation, enrolments, members, projects, support_contacts)


@_asset(PupilMonths, "pilot.spells")
def pupil_months(spells: ibis.Table) -> ibis.Table:
    """The project each supported pupil is counted in, month by month."""
    return of_months.pupil_months(spells)


@_asset(
    PilotReach,
    "pilot.spells",
    TARGET_GROUP,
    "core.support_contacts",
    "core.unnamed_reach",
    "core.project_schools",
    "core.projects",
    "core.enrolments",
    "core.participation",
)
def reach(spells: ibis.Table, project_schools: ibis.Table, **tables: ibis.Table) -> ibis.Table:
    """Reach against both target groups."""
    terms = of_terms.terms_of(tables["enrolments"], tables["participation"])
    groups = _groups(project_schools, **tables)
    given = {name: tables[name] for name in ("support_contacts", "unnamed_reach")}
    return of_reach.reach(spells, groups, project_schools, terms, **given)


@_asset(Completion, "pilot.spells")
def completion(spells: ibis.Table) -> ibis.Table:
    """Starts, ends and dropouts by school year."""
    return of_completion.completion(spells)


@_asset(
    Flow,
    "pilot.spells",
    TARGET_GROUP,
    "core.project_schools",
    "core.projects",
    "core.enrolments",
    "core.participation",
)
def flow(spells: ibis.Table, project_schools: ibis.Table, **tables: ibis.Table) -> ibis.Table:
    """From the target group to how support ended."""
    terms = of_terms.terms_of(tables["enrolments"], tables["participation"])
    return of_flow.flow(spells, _groups(project_schools, **tables), project_schools, terms)


@_asset(Leavers, "pilot.spells", "core.enrolments", "core.attendance")
def leavers(spells: ibis.Table, enrolments: ibis.Table, attendance: ibis.Table) -> ibis.Table:
    """Who leaves unplanned."""
    return of_leavers.leavers(spells, enrolments, attendance)


@_asset(
    ProjectSchoolsAt,
    "core.project_schools",
    "core.schools",
    "pilot.spells",
    "core.enrolments",
    "core.participation",
)
def project_schools_at(
    project_schools: ibis.Table,
    schools: ibis.Table,
    spells: ibis.Table,
    enrolments: ibis.Table,
    participation: ibis.Table,
) -> ibis.Table:
    """The number of schools of each project."""
    return of_terms.project_schools_at(project_schools, schools, spells, enrolments, participation)


def _groups(project_schools: ibis.Table, **tables: ibis.Table) -> ibis.Table:
    members = of_reach.members(tables["target_group"])
    return of_reach.target_groups(
        project_schools, tables["projects"], members, tables["enrolments"]
    )


spells_keep_contract = contract_check(spells, Spells)
pupil_months_keep_contract = contract_check(pupil_months, PupilMonths)
reach_keeps_contract = contract_check(reach, PilotReach)
completion_keeps_contract = contract_check(completion, Completion)
flow_keeps_contract = contract_check(flow, Flow)
leavers_keep_contract = contract_check(leavers, Leavers)
project_schools_keep_contract = contract_check(project_schools_at, ProjectSchoolsAt)
