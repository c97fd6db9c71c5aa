"""Support that was paid for once more, slowly: every pupil and every day, one at a time."""

from collections import defaultdict
from datetime import timedelta

from tests.reference.indicators import limits


def as_last_told(participation):
    """First and last day and reason of each time of support, as its latest register has it."""
    latest = {}
    for row in participation:
        key = row["student_id"], row["project_id"], row["start_date"]
        order = row["term"][:4], row["term"][4:] == "HT"
        if key not in latest or order > latest[key][0]:
            latest[key] = order, row
    for (student, project, first), (_, row) in latest.items():
        last = row["end_date"] or max(limits(row["term"])[1], first)
        yield student, project, first, last, row["end_reason"]


def school_year(day):
    autumn = day.year if day.month >= 8 else day.year - 1
    return f"{autumn}/{(autumn + 1) % 100:02d}"


def used(participation, target):
    """How many of each unit, by unit of the follow-up, school year and what is counted.

    Args:
        participation: Rows of the register.
        target: Project, pupil and school year, for each pupil of a project's target group.
    """
    found = defaultdict(set)
    for project, student, year in target:
        found[project, year, "target_group"].add(student)
    for student, project, first, last, reason in as_last_told(participation):
        found[project, school_year(first), "started"].add(student)
        if reason == "completed":
            found[project, school_year(last), "completed"].add(student)
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            found[project, school_year(day), "supported"].add(student)
            found[project, school_year(day), "pupil_month"].add((student, day.year, day.month))
    for (_, year, per), who in list(found.items()):
        found["city", year, per] |= who
    return {key: len(who) for key, who in found.items()}
