"""Every indicator once more, slowly: dicts and loops, written from the rules and not the code.

A function takes lists of rows by table name and returns ``{(pupil, school, period):
(numerator, denominator)}``. Points, passing marks and eligibility are written out here, so
that a slip in the dated data of :mod:`schemas` shows as well.
"""

from collections import defaultdict
from datetime import date

from tests.reference import absence



POINTS = {"A": 20, "B": 17.5, "C": 15, "D": 12.5, "E": 10, "F": 0}
POINTS |= {"MVG": 20, "VG": 15, "G": 10, "IG": 0}
PASSING = set("ABCDE") | {"MVG", "VG", "G"} | {str(mark) for mark in range(10, 21)}
NOT_COUNTED = "adapted"
UNPLANNED = {"ended_by_family", "did_not_attend", "ended_by_project"}


def school_year(term):
    year = int(term[:4])
    first = year if term.endswith("HT") else year - 1
    return f"{first}/{str(first + 1)[2:]}"


def following(term):
    year = int(term[:4])
    return f"{year}HT" if term.endswith("VT") else f"{year + 1}VT"


def is_before(term, other):
    """Whether ``term`` is earlier: VT comes before HT in a calendar year."""
    return (term[:4], term[4:] == "HT") < (other[:4], other[4:] == "HT")


def limits(term):
    year = int(term[:4])
    if term.endswith("HT"):
        return date(year, 8, 1), date(year, 12, 31)
    return date(year, 1, 1), date(year, 7, 31)


def unauthorised_absence_hours(attendance):
    return {
        (row["student_id"], row["school_id"], row["month"]): (
            row["unauthorised_absence_minutes"] / 60,
            1,
        )
        for row in attendance
        if row["scheduled_minutes"] != 0 and row["reported_minutes"] != 0
    }


def unauthorised_absence_rate(attendance):
    return {
        (row["student_id"], row["school_id"], row["month"]): (
            row["unauthorised_absence_minutes"],
            row["scheduled_minutes"],
        )
        for row in attendance
        if row["scheduled_minutes"] != 0 and row["reported_minutes"] != 0
    }


def reports(grades, *keys):
    """Marks by subject for each combination of ``keys``; a subject may have several."""
    found = defaultdict(lambda: defaultdict(list))
    for row in grades:
        found[tuple(row[key] for key in keys)][row["subject_code"]].append(row["mark"])
    return found


def attainment(report):
    """Subjects passed and subjects counted; SV and SVA are one."""
    merged = defaultdict(list)
    for subject, marks in report.items():
        merged["SV" if subject == "SVA" else subject] += marks
    counted = [marks for marks in merged.values() if any(mark != NOT_COUNTED for mark in marks)]
    return sum(any(mark in PASSING for mark in marks) for marks in counted), len(counted)


def goal_attainment(grades):
    shares = {}
    for key, report in reports(grades, "student_id", "school_id", "term").items():
        passed, counted = attainment(report)
        if counted:
            shares[key] = (passed, counted)
    return shares


def all_subjects_passed(grades):
    return {
        key: (int(passed == counted), 1)
        for key, (passed, counted) in goal_attainment(grades).items()
    }


def final_reports(grades):
    """The last final report of each pupil, school and school year, with its term."""
    finals = [row for row in grades if row["is_final"] == "yes" and row["scale_id"] != "0-20"]
    last = {}
    for key, report in reports(finals, "student_id", "school_id", "term").items():
        student, school, term = key
        kept = last.get((student, school, school_year(term)))
        if kept is None or is_before(kept[0], term):
            last[student, school, school_year(term)] = (term, report)
    return last


def merit(report):
    """The sum of the best 16 with språkval among them, and of språkval and the best 16 others."""
    points = {
        subject: max(POINTS[mark] for mark in marks if mark in POINTS)
        for subject, marks in report.items()
        if any(mark in POINTS for mark in marks)
    }
    if not points:
        return None
    swedish = [points.pop(subject) for subject in ("SV", "SVA") if subject in points]
    choices = [points.pop(subject) for subject in list(points) if subject.startswith("M2")]
    others = sorted([*points.values(), *sorted(swedish)[-1:]], reverse=True)
    choice = sorted(choices)[-1:]
    return sum(sorted(others + choice, reverse=True)[:16]), sum(others[:16]) + sum(choice)


def merit_value_16(grades):
    values = {key: merit(report) for key, (_, report) in final_reports(grades).items()}
    return {key: (value[0], 1) for key, value in values.items() if value is not None}


def merit_value_17(grades):
    reports_of_years = final_reports(grades).items()
    values = {key: merit(report) for key, (term, report) in reports_of_years if term[:4] >= "2014"}
    return {key: (value[1], 1) for key, value in values.items() if value is not None}


def eligible(report):
    """For which groups of programmes the marks are enough."""
    passed = {subject for subject, marks in report.items() if any(m in PASSING for m in marks)}
    core = bool(passed & {"SV", "SVA"}) and {"EN", "MA"} <= passed
    others = len(passed - {"SV", "SVA", "EN", "MA"})
    arts = core and others >= 9
    return {
        "vocational": core and others >= 5,
        "arts": arts,
        "social_science": arts and {"GE", "HI", "RE", "SH"} <= passed,
        "natural_science": arts and {"BI", "FY", "KE"} <= passed,
    }


def eligibility(programme):
    def compute(grades):
        return {
            key: (int(eligible(report)[programme]), 1)
            for key, (_, report) in final_reports(grades).items()
            if attainment(report)[1] and key[2] >= "2010/11"
        }

    return compute


def in_grades_7_to_9(enrolments):
    found = set()
    for row in enrolments:
        year = int(row["term"][:4])
        day = date(year, 9 if row["term"].endswith("HT") else 2, 1)
        has_left = row["end_date"] is not None and row["end_date"] < day
        if 7 <= row["grade_level"] <= 9 and row["start_date"] <= day and not has_left:
            found.add((row["student_id"], row["school_id"], row["term"]))
    return found


def members(enrolments, grades, attendance):
    away, scheduled = defaultdict(int), defaultdict(int)
    for row in attendance:
        if row["reported_minutes"]:
            year, month = row["month"].split("-")
            key = row["student_id"], year + ("HT" if int(month) >= 8 else "VT")
            away[key] += row["authorised_absence_minutes"] + row["unauthorised_absence_minutes"]
            scheduled[key] += row["scheduled_minutes"]

    concerned = set()
    for key, report in reports(grades, "student_id", "term").items():
        passed, counted = attainment(report)
        is_failing = counted - passed >= 1 and not eligible(report)["vocational"]
        if is_failing and scheduled[key] and 100 * away[key] >= 15 * scheduled[key]:
            concerned.add((key[0], following(key[1])))
    concerned = {key for key in concerned if not is_before(key[1], "2011HT")}
    return {key for key in in_grades_7_to_9(enrolments) if (key[0], key[2]) in concerned}


def target_group(enrolments, grades, attendance):
    group = members(enrolments, grades, attendance)
    return {key: (int(key in group), 1) for key in in_grades_7_to_9(enrolments)}


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
    **absence.REFERENCES,
    "goal_attainment": goal_attainment,
    "all_subjects_passed": all_subjects_passed,
    "merit_value_16": merit_value_16,
    "merit_value_17": merit_value_17,
    "eligibility_vocational": eligibility("vocational"),
    "eligibility_arts": eligibility("arts"),
    "eligibility_social_science": eligibility("social_science"),
    "eligibility_natural_science": eligibility("natural_science"),
    "target_group": target_group,
    "reach": reach,
    "unplanned_dropouts": unplanned_dropouts,
}
