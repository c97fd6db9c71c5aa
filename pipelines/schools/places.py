"""The schools, projects and districts that the registers know, and whose a file is."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pipelines.core import delivered_rows
from pipelines.ingest.profiles import Profile, load_profiles
from pipelines.schools.answers import profile_named
from pipelines.workspace import Workspace
from schemas.calendar import term_order
from schemas.contract import Delivered
from schemas.places import Districts, Projects, ProjectSchools, Schools

UNKNOWN = "okand"
CITY = "staden"
SAFE = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]*")
OWNERS = ("school_id", "project_id")


@dataclass(frozen=True, slots=True)
class Places:
    """What the registers in force say.

    Attributes:
        schools: Rows of ``core.schools`` by code.
        projects: Names by code.
        districts: Names by code.
        covered: Rows of ``core.project_schools``.
    """

    schools: Mapping[str, Mapping[str, str | None]]
    projects: Mapping[str, str]
    districts: Mapping[str, str]
    covered: Sequence[Mapping[str, str | None]]

    @classmethod
    def of(cls, workspace: Workspace) -> "Places":
        """Read the registers."""
        schools = _rows(workspace, Schools)
        projects = _rows(workspace, Projects)
        districts = _rows(workspace, Districts)
        return cls(
            schools={row["school_id"]: row for row in schools},
            projects={row["project_id"]: row["project_name"] for row in projects},
            districts={row["district_id"]: row["district_name"] for row in districts},
            covered=_rows(workspace, ProjectSchools),
        )

    def schools_in(self, month: str) -> list[str]:
        """Codes of the schools that exist in a month, in order."""
        return sorted(
            school
            for school, row in self.schools.items()
            if str(row["valid_from"])[:7] <= month <= str(row["valid_to"] or "9999")[:7]
        )

    def schools_of(self, project_id: str, term: str) -> list[str]:
        """Codes of the schools that a project covers in a term, in order."""
        place = term_order(term)
        return sorted(
            str(row["school_id"])
            for row in self.covered
            if row["project_id"] == project_id
            and term_order(str(row["first_term"])) <= place
            and (row["last_term"] is None or place <= term_order(str(row["last_term"])))
        )

    def name_of(self, owner: str) -> str:
        """What a school or project is called; its code where no register says."""
        if owner in self.schools:
            return str(self.schools[owner]["school_name"])
        return self.projects.get(owner, owner)

    def owner_of(self, row: Mapping[str, object]) -> str:
        """Whose a delivery is: a school, a project, the city itself, or nobody known.

        Args:
            row: Its line of the ledger.
        """
        file_name = str(row["file_name"])
        own = profile_named(str(row["profile"])) if row["profile"] else None
        for profile in (own,) if own else load_profiles():
            named = profile.named(file_name)
            if named is not None:
                return _owner(named)
        words = re.split(r"[^0-9A-Za-z]+", file_name)
        return next((word for word in words if word in self.schools), UNKNOWN)


def scope_of(row: Mapping[str, object]) -> str | None:
    """What a delivery is about, also where it was refused; None if its name does not say."""
    if row["scope"]:
        return str(row["scope"])
    return _scope_by_name(str(row["file_name"]))


@lru_cache(maxsize=4096)
def _scope_by_name(file_name: str) -> str | None:
    fitting: list[Profile] = [p for p in load_profiles() if p.named(file_name) is not None]
    return fitting[0].scope(file_name)[0] if fitting else None


def _owner(named: Mapping[str, str]) -> str:
    owner = next((named[name] for name in OWNERS if name in named), CITY)
    return owner if SAFE.fullmatch(owner) else UNKNOWN


def _rows(workspace: Workspace, contract: type[Delivered]) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = delivered_rows(workspace, contract).to_pyarrow().to_pylist()
    return rows
