"""Every planted figure of the simulated city comes out of the warehouse as it was put in."""

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from pipelines.core import core_contracts
from schemas.grading import PROGRAMMES

BINS = ["status", "records", "accepted", "quarantined", "duplicates", "superseded"]
PERIOD_OF_17_SUBJECTS = "2013/14"
UNKNOWN_END = """
    SELECT student_id, project_id, school_id, start_date, end_date, end_reason, term,
        coalesce(end_date, CASE WHEN term LIKE '%HT' THEN make_date(left(term, 4)::INT, 12, 31)
                           ELSE make_date(left(term, 4)::INT, 7, 31) END) AS last_day
    FROM core.participation
    QUALIFY row_number() OVER (
        PARTITION BY student_id, project_id, start_date
        ORDER BY left(term, 4)::INT * 2 + (term LIKE '%HT')::INT DESC
    ) = 1
"""
"""Each participation as its latest register has it, written anew for the test."""


def by_unit(frame, keys):
    """Rows in the order of their keys."""
    ordered = frame.astype(dict.fromkeys(keys, "string")).sort_values(keys, ignore_index=True)
    return ordered.set_index(keys).astype("float64")


def require_equal(found, planted, keys):
    """Equal rows and equal figures: integers exactly, sums of fractions to 1e-9."""
    assert len(planted) > 0
    assert_frame_equal(
        by_unit(found, keys), by_unit(planted, keys)[found.columns.drop(keys)], rtol=1e-9, atol=1e-9
    )


def sums_of(job, indicator, period):
    """An indicator summed over the pupils of each school and period who have a value."""
    return job.published(f"""
        SELECT school_id, period AS {period}, count(*)::BIGINT AS pupils,
            sum(numerator) AS numerator, sum(denominator) AS denominator
        FROM indicator.{indicator} WHERE missing IS NULL GROUP BY ALL
    """)


def test_every_file_is_accounted_for_record_by_record(job):
    planted = job.planted("deliveries").set_index("file_name").sort_index()
    ledger = pd.DataFrame(job.workspace.ledger.rows()).set_index("file_name").sort_index()
    assert set(planted.status) == {"active", "superseded", "rejected"}
    assert (planted[BINS[1:]].sum() > 0).all()
    assert_frame_equal(ledger[BINS], planted[BINS], check_dtype=False)


def test_the_published_ledger_is_the_ledger(job):
    published = job.published("SELECT * FROM raw.deliveries ORDER BY delivery_id")
    ledger = pd.DataFrame(job.workspace.ledger.rows()).sort_values("delivery_id")
    columns = ["delivery_id", "file_name", *BINS]
    assert_frame_equal(
        published[columns], ledger[columns].reset_index(drop=True), check_dtype=False
    )


def test_minutes_of_every_school_and_month_are_the_planted_ones(job):
    found = job.published("""
        SELECT school_id, month, count(*)::BIGINT AS pupils,
            sum(scheduled_minutes)::BIGINT AS scheduled, sum(reported_minutes)::BIGINT AS reported,
            sum(authorised_absence_minutes)::BIGINT AS authorised,
            sum(unauthorised_absence_minutes)::BIGINT AS unauthorised
        FROM core.attendance GROUP BY ALL
    """)
    require_equal(found, job.planted("attendance"), ["school_id", "month"])


def test_the_last_year_was_summed_from_lessons(job):
    origins = job.published(
        "SELECT DISTINCT origin, month >= '2013-08' AS last FROM core.attendance"
    )
    assert set(origins.itertuples(index=False, name=None)) == {("month", False), ("lesson", True)}


def test_absence_of_every_school_and_year_is_the_planted_one(job):
    first = "left(period, 4)::INT - (right(period, 2) < '08')::INT"
    found = job.published(f"""
        SELECT school_id, format('{{}}/{{:02d}}', {first}, ({first} + 1) % 100) AS school_year,
            count(DISTINCT student_id)::BIGINT AS students, count(*)::BIGINT AS pupil_months,
            sum(rate.numerator) AS unauthorised_minutes,
            sum(rate.denominator) AS scheduled_minutes, sum(hours.numerator) * 60 AS minutes
        FROM indicator.unauthorised_absence_rate AS rate
        JOIN indicator.unauthorised_absence_hours AS hours USING (student_id, school_id, period)
        WHERE rate.missing IS NULL
        GROUP BY ALL
    """)
    planted = job.planted("absence_hours")
    planted["minutes"] = planted.unauthorised_minutes
    require_equal(found, planted, ["school_id", "school_year"])


def test_goal_attainment_of_every_school_and_term_is_the_planted_one(job):
    found = sums_of(job, "goal_attainment", "term")
    planted = job.planted("goal_attainment").rename(
        columns={"passed": "numerator", "counted": "denominator"}
    )
    require_equal(found, planted, ["school_id", "term"])


def test_merit_values_of_every_school_and_year_are_the_planted_ones(job):
    keys, planted = ["school_id", "school_year"], job.planted("merit")
    found = sums_of(job, "merit_value_16", "school_year").drop(columns="denominator")
    require_equal(found, planted.rename(columns={"merit_16_sum": "numerator"}), keys)
    found = sums_of(job, "merit_value_17", "school_year").drop(columns="denominator")
    counting = planted[planted.school_year >= PERIOD_OF_17_SUBJECTS]
    require_equal(found, counting.rename(columns={"merit_17_sum": "numerator"}), keys)


@pytest.mark.parametrize("programme", [programme.name for programme in PROGRAMMES])
def test_eligible_pupils_of_every_school_and_year_are_the_planted_ones(job, programme):
    found = sums_of(job, f"eligibility_{programme}", "school_year").drop(columns="denominator")
    planted = job.planted("eligibility").rename(columns={"eligible": "numerator"})
    planted = planted[planted.programme == programme].drop(columns="programme")
    require_equal(found, planted, ["school_id", "school_year"])


def test_the_target_group_of_every_school_and_term_is_the_planted_one(job):
    found = sums_of(job, "target_group", "term").set_index(["school_id", "term"]).numerator
    planted = job.planted("target_group").set_index(["school_id", "term"]).pupils
    assert planted.sum() > 0
    assert found[found > 0].to_dict() == planted[planted > 0].to_dict()


def test_the_frozen_group_and_the_rule_among_other_limits_are_the_planted_ones(job):
    planted = job.planted("target_group").set_index(["school_id", "term"]).pupils
    for table, chosen in (("terms", ""), ("sensitivity", "AND varied = 'rule'")):
        found = job.published(f"""
            SELECT unit_id AS school_id, term, in_group FROM pilot.target_group_{table}
            WHERE level = 'school' AND in_group > 0 {chosen}
        """).set_index(["school_id", "term"])
        assert found.in_group.to_dict() == planted[planted > 0].to_dict()


def test_those_of_the_group_without_support_are_the_planted_ones(job):
    found = job.published("""
        SELECT school_id, term, in_group AS target, in_group - in_group_without AS reached
        FROM pilot.selection WHERE is_covered AND in_group > 0
    """)
    planted = job.planted("reach")
    covered = planted[(planted.is_covered == 1) & (planted.target > 0)]
    require_equal(found, covered, ["school_id", "term"])


def test_reach_of_every_covered_school_and_term_is_the_planted_one(job):
    found = sums_of(job, "reach", "term").rename(
        columns={"denominator": "target", "numerator": "reached"}
    )
    planted = job.planted("reach")
    assert planted[["reached", "served_outside"]].sum().min() > 0
    covered = planted[(planted.is_covered == 1) & (planted.target > 0)]
    assert (covered.target > covered.reached).any()
    require_equal(found.drop(columns="pupils"), covered, ["school_id", "term"])


def test_pupils_served_outside_the_target_group_are_the_planted_ones(job):
    found = job.published(f"""
        SELECT school_id, term.term, count(DISTINCT student_id)::BIGINT AS served
        FROM ({UNKNOWN_END}) AS support
        JOIN (SELECT DISTINCT period AS term,
                make_date(left(period, 4)::INT, if(period LIKE '%HT', 8, 1), 1) AS opens,
                make_date(left(period, 4)::INT, if(period LIKE '%HT', 12, 7), 31) AS closes
              FROM indicator.reach) AS term
            ON support.start_date <= closes AND last_day >= opens
        ANTI JOIN (FROM indicator.target_group WHERE numerator = 1) AS member
            ON member.student_id = support.student_id AND member.period = term.term
        GROUP BY ALL
    """)
    planted = job.planted("reach")
    planted = planted[planted.served_outside > 0].rename(columns={"served_outside": "served"})
    require_equal(found, planted[["school_id", "term", "served"]], ["school_id", "term"])


def test_participants_of_every_project_and_year_are_the_planted_ones(job):
    planted = job.planted("participants")
    found = [
        job.published(f"""
            SELECT count(DISTINCT student_id) AS active,
                count(DISTINCT CASE WHEN start_date >= '{opens}' THEN student_id END) AS started
            FROM ({UNKNOWN_END}) WHERE project_id = '{project}'
                AND start_date <= '{closes}' AND last_day >= '{opens}'
        """).iloc[0]
        for project, opens, closes in (
            (
                row.project_id,
                f"{row.school_year[:4]}-08-01",
                f"{int(row.school_year[:4]) + 1}-07-31",
            )
            for row in planted.itertuples()
        )
    ]
    assert planted.active.sum() > 0
    assert [row.active for row in found] == planted.active.tolist()
    assert [row.started for row in found] == planted.started.tolist()


def test_dropouts_of_every_project_and_year_are_the_planted_ones(job):
    found = job.published(f"""
        WITH ended AS (
            SELECT DISTINCT student_id, school_id, project_id, year(end_date) AS calendar_year,
                if(month(end_date) >= 8, year(end_date), year(end_date) - 1) AS first
            FROM ({UNKNOWN_END}) WHERE end_date IS NOT NULL
        )
        SELECT project_id, period AS school_year, sum(denominator) AS ended,
            sum(numerator) AS unplanned
        FROM indicator.unplanned_dropouts
        JOIN ended USING (student_id, school_id)
        WHERE left(period, 4)::INT = first
        GROUP BY ALL
    """)
    planted = job.planted("dropouts")
    assert planted.unplanned.sum() > 0
    require_equal(found, planted[planted.ended > 0], ["project_id", "school_year"])


def test_reach_of_every_project_by_either_target_group_is_the_planted_one(job):
    found = job.published("""
        SELECT unit_id AS project_id, term, basis, target_group AS target, reached, served,
            served_outside
        FROM pilot.reach WHERE unit = 'project'
    """)
    planted = job.planted("project_reach")
    sums = planted.groupby("basis")[["target", "reached", "served_outside"]].sum()
    assert sums.min().min() > 0
    assert sums.reached.school != sums.reached.residence
    require_equal(found, planted, ["project_id", "term", "basis"])


def test_starts_and_ends_of_every_project_and_year_are_the_planted_ones(job):
    kinds = ["planned", "neutral", "unplanned", "unknown"]
    ends = ", ".join(f"ended_{kind} AS {kind}" for kind in kinds)
    found = job.published(f"SELECT unit_id, school_year, started, {ends} FROM pilot.completion")
    planted = job.planted("project_ends").drop(columns="incidence")
    assert (planted[["planned", "unplanned", "started"]].sum() > 0).all()
    lived = planted[planted[[*kinds, "started"]].any(axis=1)]
    require_equal(found, lived, ["unit_id", "school_year"])


def test_dropouts_of_the_pilots_own_table_are_the_planted_ones(job):
    found = job.published("""
        SELECT unit_id AS project_id, school_year, pupils_ended AS ended, dropouts AS unplanned
        FROM pilot.completion WHERE unit = 'project' AND pupils_ended > 0
    """)
    planted = job.planted("dropouts")
    require_equal(found, planted[planted.ended > 0], ["project_id", "school_year"])


def test_costs_are_the_planted_ones(job):
    keys = ["project_id", "school_year", "category"]
    found = job.published("SELECT project_id, school_year, category, amount_sek FROM core.costs")
    require_equal(found, job.planted("costs"), keys)


def test_what_costs_are_divided_by_is_what_was_planted(job):
    found = job.published("""
        SELECT unit_id, school_year, per, denominator FROM money.unit_costs
        WHERE scenario = 'own' AND prices = 'nominal'
    """)
    planted = job.planted("support_use").melt(
        ["unit_id", "school_year"], var_name="per", value_name="denominator"
    )
    assert planted.denominator.sum() > 0
    require_equal(found, planted, ["unit_id", "school_year", "per"])


def test_the_cost_of_each_pupil_who_started_is_the_planted_one(job):
    found = job.published("""
        SELECT unit_id, school_year, numerator, value FROM money.unit_costs
        WHERE scenario = 'own' AND prices = 'nominal' AND per = 'started' AND level = 'project'
    """)
    costs = job.planted("costs").groupby(["project_id", "school_year"]).amount_sek.sum()
    started = job.planted("participants").set_index(["project_id", "school_year"]).started
    planted = pd.DataFrame({"numerator": costs, "value": costs / started.where(started > 0)})
    planted = planted.rename_axis(["unit_id", "school_year"]).reset_index()
    require_equal(found, planted, ["unit_id", "school_year"])


def test_every_fund_is_told_from_application_to_repayment_as_it_was_planted(job):
    keys = ["project_id", "year", "kind"]
    planted = job.planted("funds")
    amounts = planted.columns.drop(keys)
    assert (planted[["applied_sek", "granted_sek", "paid_sek", "outcome_sek"]].sum() > 0).all()
    found = job.published(f"SELECT {', '.join([*keys, *amounts])} FROM money.balances")
    require_equal(found, planted, keys)


def test_contacts_and_the_unnamed_of_every_project_are_the_planted_ones(job):
    found = job.published("""
        SELECT project_id, sum(contacts)::BIGINT AS contacts,
            round(60 * sum(hours))::BIGINT AS minutes, any_value(reached_unnamed) AS reached_unnamed
        FROM pilot.spells JOIN (
            SELECT unit_id AS project_id, sum(reached_unnamed)::BIGINT AS reached_unnamed
            FROM pilot.reach WHERE unit = 'project' AND basis = 'school' GROUP BY ALL
        ) USING (project_id)
        GROUP BY ALL
    """)
    planted = job.planted("contacts")
    assert (planted.drop(columns="project_id").min() > 0).all()
    require_equal(found, planted, ["project_id"])


def test_what_informants_speak_of_is_what_they_were_made_to_say(job):
    keys = ["project_id", "theme"]
    found = job.published("""
        SELECT project_id, theme, said_start, said_six_months FROM interview.themes
        WHERE said_start + said_six_months > 0
    """)
    require_equal(found, job.planted("interviews"), keys)
    coded = job.published("SELECT DISTINCT units, is_enough_coded_twice FROM interview.agreement")
    assert coded.is_enough_coded_twice.all()
    assert len(coded) == 1


def test_the_figure_that_a_report_states_wrongly_is_found_and_no_other(job):
    keys = ["document", "measure", "statistic"]
    planted = job.planted("stated_figures")
    assert set(planted.agreement) == {"agrees", "differs", "cannot_be_computed"}
    found = job.published("SELECT * FROM ambition.stated_figures")
    assert found.set_index(keys).agreement.to_dict() == planted.set_index(keys).agreement.to_dict()


def city_sums(job, indicator):
    """What the results say of the whole city, by school year."""
    return job.published(f"""
        SELECT school_year, numerator, denominator FROM result.{indicator}
        WHERE level = 'city' ORDER BY school_year
    """).set_index("school_year")


def planted_sums(planted, numerator, denominator):
    """The same, summed over the planted figures of all schools or projects."""
    columns = {numerator: "numerator", denominator: "denominator"}
    sums = planted.groupby("school_year")[list(columns)].sum()
    return sums.rename(columns=columns).astype("float64")


def planted_of_city(job):
    """Indicator, and its planted sums for the city."""
    absence, merit = job.planted("absence_hours"), job.planted("merit")
    absence["hours"] = absence.unauthorised_minutes / 60
    spring = job.planted("goal_attainment").query("term.str.endswith('VT')")
    year = spring.term.str[:4].astype(int)
    spring["school_year"] = [f"{y - 1}/{y % 100:02d}" for y in year]
    yield "unauthorised_absence_hours", planted_sums(absence, "hours", "pupil_months")
    yield (
        "unauthorised_absence_rate",
        planted_sums(absence, "unauthorised_minutes", "scheduled_minutes"),
    )
    yield "goal_attainment", planted_sums(spring, "passed", "counted")
    yield "merit_value_16", planted_sums(merit, "merit_16_sum", "pupils")
    late = merit[merit.school_year >= PERIOD_OF_17_SUBJECTS]
    yield "merit_value_17", planted_sums(late, "merit_17_sum", "pupils")
    for programme in PROGRAMMES:
        pupils = job.planted("eligibility").query("programme == @programme.name")
        yield f"eligibility_{programme.name}", planted_sums(pupils, "eligible", "pupils")
    yield "unplanned_dropouts", planted_sums(job.planted("dropouts"), "unplanned", "ended")


def test_results_of_the_city_are_the_sums_of_what_was_planted(job):
    for indicator, planted in planted_of_city(job):
        assert_frame_equal(
            city_sums(job, indicator), planted, rtol=1e-9, atol=1e-5, obj=indicator,
            check_index_type=False,
        )  # fmt: skip


def test_every_kind_of_delivery_was_accepted_by_a_core_table(job):
    empty = {
        "core.absence_counts", "core.benchmarks", "core.days", "core.form_answers",
        "core.school_absence",
    }  # fmt: skip
    counts = {
        name: job.published(f"SELECT count(*) AS n FROM {name}").n.item()
        for name, contract in core_contracts().items()
        if contract.is_released()
    }
    assert {name for name, count in counts.items() if count == 0} == empty
