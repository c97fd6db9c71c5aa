"""Districts, schools and projects, each with the dates it is valid."""

import pandera.ibis as pa

from schemas.codes import PROJECT_BASES, values
from schemas.columns import school_key
from schemas.contract import NAME_PATTERN, SCHOOL_PATTERN, Delivered


class Districts(Delivered):
    """City districts (stadsdelsområden).

    Grain: one row per ``district_id``. Origin: the city's own register.
    """

    district_id: str = pa.Field(
        str_matches=NAME_PATTERN, title="Stadsdel, kod", description="District key."
    )
    district_name: str = pa.Field(title="Stadsdel", description="Name as printed.")

    class Config(Delivered.Config):
        """Grain."""

        name = "core.districts"
        unique = ["district_id"]


class Schools(Delivered):
    """School units (skolenheter); a unit that changed code or closed keeps its dates.

    Grain: one row per ``school_id``. Origin: the city's own register.
    """

    school_id: str = pa.Field(
        str_matches=SCHOOL_PATTERN,
        title="Skolenhetskod",
        description="Skolenhetskod: school unit code, eight digits from 2012.",
    )
    school_name: str = pa.Field(title="Skola", description="Name as printed.")
    district_id: str = pa.Field(
        str_matches=NAME_PATTERN, title="Stadsdel, kod", description="District the unit lies in."
    )
    valid_from: str = pa.Field(
        str_matches=r"^\d{4}-\d{2}-\d{2}$", title="Gäller från", description="First day, ISO date."
    )
    valid_to: str = pa.Field(
        str_matches=r"^\d{4}-\d{2}-\d{2}$",
        nullable=True,
        title="Gäller till",
        description="Last day, ISO date; empty while the unit is open.",
    )

    class Config(Delivered.Config):
        """Grain."""

        name = "core.schools"
        unique = ["school_id"]


class Projects(Delivered):
    """Local projects of the pilot: one per district.

    Grain: one row per ``project_id``. Origin: the project register.
    """

    project_id: str = pa.Field(
        str_matches=NAME_PATTERN, title="Projekt, kod", description="Project key."
    )
    project_name: str = pa.Field(title="Projekt", description="Name as printed.")
    district_id: str = pa.Field(
        str_matches=NAME_PATTERN, title="Stadsdel, kod", description="District that runs it."
    )

    class Config(Delivered.Config):
        """Grain."""

        name = "core.projects"
        unique = ["project_id"]


class ProjectSchools(Delivered):
    """Which schools a project covers, term by term: a project is not a list of schools.

    Grain: one row per ``project_id``, ``school_id`` and ``first_term``.
    Origin: the project register.
    """

    project_id: str = pa.Field(
        str_matches=NAME_PATTERN, title="Projekt, kod", description="Project key."
    )
    school_id: str = school_key()
    first_term: str = pa.Field(
        str_matches=r"^\d{4}(HT|VT)$", title="Första termin", description="First term covered."
    )
    last_term: str = pa.Field(
        str_matches=r"^\d{4}(HT|VT)$",
        nullable=True,
        title="Sista termin",
        description="Last term covered; empty while it lasts.",
    )
    basis: str = pa.Field(
        isin=values(PROJECT_BASES),
        metadata={"codes": PROJECT_BASES},
        title="Grund",
        description="Whether pupils are served by school or by where they live.",
    )

    class Config(Delivered.Config):
        """Grain."""

        name = "core.project_schools"
        unique = ["project_id", "school_id", "first_term"]
