"""A key that no list has: it would vanish silently from every table joined with the list."""

import ibis
from ibis import _

from pipelines.crosschecks.registry import Crosscheck, found
from schemas.ambitions import ALL_PROJECTS

REFERENCES = (
    ("schools", "district_id", "districts", None),
    ("projects", "district_id", "districts", None),
    ("enrolments", "residence_district_id", "districts", "term"),
    ("project_schools", "project_id", "projects", None),
    ("participation", "project_id", "projects", "term"),
    ("support_contacts", "project_id", "projects", "month"),
    ("unnamed_reach", "project_id", "projects", "term"),
    ("costs", "project_id", "projects", "school_year"),
    ("applications", "project_id", "projects", "year"),
    ("grants", "project_id", "projects", "year"),
    ("payments", "project_id", "projects", "year"),
    ("grant_conditions", "project_id", "projects", "year"),
    ("budgets", "project_id", "projects", "year"),
    ("accounts", "project_id", "projects", "year"),
    ("design_cards", "project_id", "projects", "year"),
    ("targets", "project_id", "projects", "year"),
    ("form_answers", "project_id", "projects", "year"),
    ("stated_figures", "project_id", "projects", None),
)
"""Table, its column, the list that must have the key, and the column of the period."""


def unknown_code(**tables: ibis.Table) -> ibis.Table:
    """Rows whose district or project is in no list.

    A missing value is no unknown one, nor is what stands for all projects.
    """
    return ibis.union(*(_unlisted(tables, *reference) for reference in REFERENCES))


def _unlisted(
    tables: dict[str, ibis.Table], name: str, column: str, listed: str, period: str | None
) -> ibis.Table:
    rows, known = tables[name], tables[listed]
    key = column.removeprefix("residence_")
    named = rows.filter(rows[column].notnull(), rows[column] != ALL_PROJECTS)
    strange = named.anti_join(known.select(**{column: known[key]}), column)
    keys = [one for one in ("school_id", period) if one and one in rows.columns]
    by = strange.group_by(keys) if keys else strange
    counted = by.agg(count=_.count(), delivery_id=_.delivery_id.max())
    counted = counted.filter(counted["count"] > 0)
    when = {"period": _[period]} if period else {}
    return found(
        counted,
        table_name=f"core.{name}",
        part=column,
        expected=0.0,
        measure=_["count"],
        basis=1,
        **when,
    )


CROSSCHECKS = (
    Crosscheck(
        name="unknown_code",
        title_sv="Nycklar som inte finns i någon lista",
        title_en="Keys that no list has",
        advice_sv="Lägg till stadsdelen eller projektet i listan, eller be avsändaren rätta "
        "nyckeln.",
        advice_en="Add the district or project to its list, or ask the sender to correct the key.",
        table="checks.findings",
        period="whole",
        reads=tuple(
            dict.fromkeys(
                f"core.{name}" for name, _c, listed, _p in REFERENCES for name in (name, listed)
            )
        ),
        judge=unknown_code,
    ),
)
