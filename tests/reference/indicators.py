"""Every indicator once more, slowly: dicts and loops, written from the rules and not the code.

A function takes lists of rows by table name and returns ``{(pupil, school, period):
(numerator, denominator)}``. Points, passing marks and eligibility are written out here, so
that a slip in the dated data of :mod:`schemas` shows as well.
"""

from collections import defaultdict
from datetime import date

from tests.reference import absence
from tests.reference.grades import REFERENCES as OF_GRADES
from tests.reference.grades import documents, failing, following, in_grades_7_to_9, is_before

UNPLANNED = {"ended_by_family", "did_not_attend", "ended_by_project"}


def limits(term):
    year = int(term[:4])
    if term.endswith("HT"):
        return date(year, 8, 1), date(year, 12, 31)
    return date(year, 1, 1), date(year, 7, 31)


def members(enrolments, grades, attendance):
    away, scheduled = defaultdict(int), defaultdict(int)
    for row in attendance:
        if row["reported_minutes"]:
            year, month = row["month"].split("-")
            key = row["student_id"], year + ("HT" if int(month) >= 8 else "VT")
            away[key] += row["authorised_absence_minutes"] + row["unauthorised_absence_minutes"]
            scheduled[key] += row["scheduled_minutes"]

    low = failing(grades, enrolments)
    concerned = {
        (student, following(term))
        for student, term in low
        if scheduled[student, term] and 100 * away[student, term] >= 15 * scheduled[student, term]
    }
    concerned = {key for key in concerned if not is_before(key[1], "2011HT")}
    return {key for key in in_grades_7_to_9(enrolments) if (key[0], key[2]) in concerned}


def target_group(enrolments, grades, attendance):
    group = members(enrolments, grades, attendance)
    known = known_of(enrolments, grades, attendance)
    return {
        key: (int(key in group), 1)
        for key in in_grades_7_to_9(enrolments)
        if (key[0], key[2]) in known
    }


def known_of(enrolments, grades, attendance):
    """Pupils and terms, since there is a limit, of whose term before marks and time are known."""
    marked = {
        (student, following(term))
        for (student, _, term), rows in documents(grades, enrolments, other_stages=True).items()
        if any(row["mark"] != "adapted" for row in rows)
    }
    reported = set()
    for row in attendance:
        if row["reported_minutes"] and row["scheduled_minutes"]:
            year, month = row["month"].split("-")
            term = year + ("HT" if int(month) >= 8 else "VT")
            reported.add((row["student_id"], following(term)))
    return {key for key in marked & reported if not is_before(key[1], "2011HT")}


def latest(participation):
    """Each participation as the latest register shows it."""
    rows = {}
    for row in participation:
        key = row["student_id"], row["project_id"], row["start_date"]
        if key not in rows or is_before(rows[key]["term"], row["term"]):
            rows[key] = row
    return list(rows.values())


def is_covered(school, term, project_schools):
    return any(
        row["school_id"] == school
        and not is_before(term, row["first_term"])
        and (row["last_term"] is None or not is_before(row["last_term"], term))
        for row in project_schools
    )


def reach(enrolments, grades, attendance, participation, project_schools):
    periods = defaultdict(list)
    for row in latest(participation):
        end = row["end_date"] or limits(row["term"])[1]
        periods[row["student_id"]].append((row["start_date"], end))

    def is_reached(student, term):
        first, last = limits(term)
        return any(start <= last and end >= first for start, end in periods[student])

    return {
        (student, school, term): (int(is_reached(student, term)), 1)
        for student, school, term in members(enrolments, grades, attendance)
        if is_covered(school, term, project_schools)
    }


def unplanned_dropouts(participation):
    reasons = defaultdict(set)
    for row in latest(participation):
        if row["end_date"] is not None:
            first = row["end_date"].year - (row["end_date"].month < 8)
            year = f"{first}/{str(first + 1)[2:]}"
            reasons[row["student_id"], row["school_id"], year].add(row["end_reason"])
    return {key: (int(bool(found & UNPLANNED)), 1) for key, found in reasons.items()}


REFERENCES = {
    **OF_GRADES,
    **absence.REFERENCES,
    "target_group": target_group,
    "reach": reach,
    "unplanned_dropouts": unplanned_dropouts,
}
