"""Monthly absence by way of a table of pupil and day, as such systems are often built.

Two programs, each what its tool does well. Both join the register to the days of the month, sum
the lessons of each pupil and day beside it, give each day a status, write that table of facts to
Parquet, and read the eight monthly indicators of absence from it. Pupils without a value and
the reasons are left out, which is less than ours does.
"""

from pathlib import Path

from city import MONTH, TERM

from pipelines.lake import Lake

INDICATORS = {
    "authorised_absence_rate": ("authorised", "scheduled", "reported > 0"),
    "total_absence_rate": ("authorised + unauthorised", "scheduled", "reported > 0"),
    "register_coverage": ("reported", "scheduled", "scheduled > 0"),
    "unauthorised_absence_hours": ("unauthorised / 60", "1", "reported > 0"),
    "unauthorised_absence_rate": ("unauthorised", "scheduled", "reported > 0"),
    "unauthorised_absence_occasions": ("occasions", "1", "school_days > 0"),
    "unauthorised_absence_days": ("absent_days", "1", "school_days > 0"),
    "late_arrivals": ("late_arrivals", "1", "school_days > 0"),
}
"""Numerator, denominator and who has a value, in the words of the table of months."""

FACTS = """
COPY (
    WITH days AS (
        SELECT CAST(day AS DATE) AS day
        FROM generate_series(DATE '{first}', DATE '{last}', INTERVAL 1 DAY) AS days (day)
    ),
    enrolled AS (
        SELECT DISTINCT student_id, school_id, day
        FROM read_parquet('{enrolments}') JOIN days
            ON day >= start_date AND (end_date IS NULL OR day <= end_date)
    ),
    taught AS (
        SELECT
            student_id,
            school_id,
            lesson_date AS day,
            sum(scheduled_minutes) AS scheduled,
            sum(scheduled_minutes) FILTER (status != 'unreported') AS reported,
            sum(absence_minutes) FILTER (status = 'authorised') AS authorised,
            sum(absence_minutes) FILTER (status IN ('unauthorised', 'late')) AS unauthorised,
            count(*) FILTER (status = 'unauthorised' AND absence_minutes > 0) AS occasions,
            count(*) FILTER (status = 'late') AS late_arrivals
        FROM read_parquet('{lessons}') GROUP BY ALL
    )
    SELECT
        student_id,
        school_id,
        day,
        coalesce(scheduled, 0) AS scheduled,
        coalesce(reported, 0) AS reported,
        coalesce(authorised, 0) AS authorised,
        coalesce(unauthorised, 0) AS unauthorised,
        coalesce(occasions, 0) AS occasions,
        coalesce(late_arrivals, 0) AS late_arrivals,
        CASE
            WHEN scheduled IS NULL THEN 'no_school'
            WHEN reported IS NULL THEN 'unreported'
            WHEN occasions > 0 THEN 'unauthorised'
            WHEN authorised > 0 THEN 'authorised'
            ELSE 'present'
        END AS status
    FROM enrolled LEFT JOIN taught USING (student_id, school_id, day)
) TO '{facts}' (FORMAT parquet)
"""
MONTHS = """
CREATE TEMP TABLE months AS
SELECT
    student_id,
    school_id,
    sum(scheduled) AS scheduled,
    sum(reported) AS reported,
    sum(authorised) AS authorised,
    sum(unauthorised) AS unauthorised,
    sum(occasions) AS occasions,
    sum(late_arrivals) AS late_arrivals,
    count(*) FILTER (status = 'unauthorised') AS absent_days,
    count(*) FILTER (status NOT IN ('no_school', 'unreported')) AS school_days
FROM read_parquet('{facts}') GROUP BY ALL
"""
VALUES = """
COPY (
    SELECT
        student_id,
        school_id,
        '{month}' AS period,
        CAST({numerator} AS DOUBLE) AS numerator,
        CAST({denominator} AS DOUBLE) AS denominator
    FROM months WHERE {who}
) TO '{target}' (FORMAT parquet)
"""


def by_duckdb(lake: Lake, folder: Path) -> None:
    """SQL throughout: nothing passes through Python."""
    import duckdb

    paths = {
        "lessons": lake.path("core.lessons", MONTH),
        "enrolments": lake.path("core.enrolments", TERM),
        "facts": folder / "facts.parquet",
    }
    with duckdb.connect() as connection:
        connection.execute(FACTS.format(first=f"{MONTH}-01", last=f"{MONTH}-31", **paths))
        connection.execute(MONTHS.format(**paths))
        for name, (numerator, denominator, who) in INDICATORS.items():
            parts = {"numerator": numerator, "denominator": denominator, "who": who}
            target = folder / f"{name}.parquet"
            connection.execute(VALUES.format(month=MONTH, target=target, **parts))


def by_pandas(lake: Lake, folder: Path) -> None:
    """Columns throughout: no row is looked at by Python; keys are categories."""
    import pandas as pd

    keys = ["student_id", "school_id"]
    facts = _facts_of_pandas(lake, [*keys, "day"])
    facts.to_parquet(folder / "facts.parquet")
    is_school_day = ~facts["status"].isin(["no_school", "unreported"])
    facts = facts.assign(absent_days=facts["status"] == "unauthorised", school_days=is_school_day)
    months = facts.drop(columns=["day", "status"]).groupby(keys, observed=True, sort=False).sum()
    for name, (numerator, denominator, who) in INDICATORS.items():
        rows = months.query(who)
        values = {"numerator": rows.eval(numerator), "denominator": rows.eval(denominator)}
        found = pd.DataFrame({"period": MONTH, **values}, index=rows.index).reset_index()
        found = found.astype({**dict.fromkeys(keys, str), **dict.fromkeys(values, float)})
        found.to_parquet(folder / f"{name}.parquet")


def _facts_of_pandas(lake: Lake, keys: list[str]) -> "pd.DataFrame":  # noqa: F821
    import numpy as np
    import pandas as pd

    columns = [*keys[:2], "lesson_date", "status", "scheduled_minutes", "absence_minutes"]
    lessons = pd.read_parquet(lake.path("core.lessons", MONTH), columns=columns)
    lessons = lessons.rename(columns={"lesson_date": "day"})
    lessons["day"] = pd.to_datetime(lessons["day"])
    lessons = lessons.astype(dict.fromkeys([*keys[:2], "status"], "category"))
    status, away = lessons["status"], lessons["absence_minutes"]
    parts = lessons[keys].assign(
        scheduled=lessons["scheduled_minutes"],
        reported=lessons["scheduled_minutes"].where(status != "unreported", 0),
        authorised=away.where(status == "authorised", 0),
        unauthorised=away.where(status.isin(["unauthorised", "late"]), 0),
        occasions=((status == "unauthorised") & (away > 0)).astype("int64"),
        late_arrivals=(status == "late").astype("int64"),
    )
    taught = parts.groupby(keys, observed=True, sort=False).sum().reset_index()
    register = pd.read_parquet(lake.path("core.enrolments", TERM))
    days = pd.DataFrame({"day": pd.date_range(f"{MONTH}-01", f"{MONTH}-31")})
    dates = register[[*keys[:2], "start_date", "end_date"]].merge(days, how="cross")
    begun = dates["day"] >= pd.to_datetime(dates["start_date"])
    ended = dates["day"] > pd.to_datetime(dates["end_date"])
    enrolled = dates.loc[begun & ~ended, keys].drop_duplicates()
    taught = taught.astype(dict.fromkeys(keys[:2], enrolled["student_id"].dtype))
    facts = enrolled.merge(taught, on=keys, how="left")
    states = {
        "no_school": facts["scheduled"].isna(),
        "unreported": facts["reported"] == 0,
        "unauthorised": facts["occasions"] > 0,
        "authorised": facts["authorised"] > 0,
    }
    facts["status"] = np.select(list(states.values()), list(states), default="present")
    return facts.fillna(dict.fromkeys(parts.columns[3:], 0))
