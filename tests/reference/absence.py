"""Absence once more, slowly: patterns from single lessons, and every indicator of the family.

Written from the rules and not from the code. A function of an indicator takes lists of rows by
table name and returns ``{(pupil, school, period): (numerator, denominator)}``.
"""

from collections import defaultdict

TOTAL_LIMITS = (5, 15, 30, 50)
UNAUTHORISED_LIMITS = (5, 15)
REPEATED_PERCENT = 5
LONG_DAYS = 20
FIRST_TERM = (2011, 8)


def term_of(month):
    year, number = month.split("-")
    return year + ("HT" if int(number) >= 8 else "VT")


def is_in_force(term):
    return (int(term[:4]), 8 if term.endswith("HT") else 1) >= FIRST_TERM


def months_until(first, last):
    year, number = first
    while (year, number) <= last:
        yield f"{year}-{number:02d}"
        year, number = (year, number + 1) if number < 12 else (year + 1, 1)


def by_month(rows):
    """Rows by pupil, school and month."""
    return {(row["student_id"], row["school_id"], row["month"]): row for row in rows}


def of_enrolled(rows, enrolments):
    """Rows by pupil, school and month, without pupils that the school's register lacks then."""
    registers = {(row["school_id"], row["term"]) for row in enrolments}
    enrolled = set()
    for row in enrolments:
        end = row["end_date"]
        first = (row["start_date"].year, row["start_date"].month)
        last = (int(row["term"][:4]), 12) if end is None else (end.year, end.month)
        months = months_until(max(first, (int(row["term"][:4]), 1)), last)
        enrolled |= {
            (row["student_id"], row["school_id"], month)
            for month in months
            if term_of(month) == row["term"]
        }
    return {
        key: row
        for key, row in by_month(rows).items()
        if key in enrolled or (key[1], term_of(key[2])) not in registers
    }


def known(attendance, enrolments):
    return {
        key: row
        for key, row in of_enrolled(attendance, enrolments).items()
        if row["scheduled_minutes"] > 0 and row["reported_minutes"] > 0
    }


def away(row):
    return row["authorised_absence_minutes"] + row["unauthorised_absence_minutes"]


def unauthorised(row):
    return row["unauthorised_absence_minutes"]


def unauthorised_absence_hours(attendance, enrolments):
    months = known(attendance, enrolments)
    return {key: (unauthorised(row) / 60, 1) for key, row in months.items()}


def share_of_time(minutes):
    def compute(attendance, enrolments):
        months = known(attendance, enrolments)
        return {key: (minutes(row), row["scheduled_minutes"]) for key, row in months.items()}

    return compute


def register_coverage(attendance, enrolments):
    return {
        key: (row["reported_minutes"], row["scheduled_minutes"])
        for key, row in of_enrolled(attendance, enrolments).items()
        if row["scheduled_minutes"] != 0
    }


def patterns(lessons, days):
    """What the lessons, else the days, of a school say of each pupil and month."""
    told = {(row["school_id"], f"{row['lesson_date']:%Y-%m}") for row in lessons}
    found = defaultdict(list)
    for row in lessons:
        month = f"{row['lesson_date']:%Y-%m}"
        found[row["student_id"], row["school_id"], month, "lesson"].append(
            (row["lesson_date"], row["status"], row["absence_minutes"])
        )
    for row in days:
        month = f"{row['school_day']:%Y-%m}"
        if (row["school_id"], month) not in told:
            found[row["student_id"], row["school_id"], month, "day"].append(
                (row["school_day"], row["status"], row["absence_minutes"])
            )
    return [
        {"student_id": student, "school_id": school, "month": month, "origin": origin}
        | pattern(parts, is_told=origin == "lesson")
        for (student, school, month, origin), parts in found.items()
    ]


def pattern(parts, *, is_told):
    absent = school_days(parts)
    missed = [part for part in parts if is_absent(part)]
    late = [part for part in parts if part[1] == "late"]
    leading = absent.index(False) if False in absent else len(absent)
    trailing = absent[::-1].index(False) if False in absent else len(absent)
    return {
        "school_days": len(absent),
        "unauthorised_days": sum(absent),
        "unauthorised_occasions": len(missed) if is_told else None,
        "late_arrivals": len(late) if is_told else None,
        "longest_run": longest_run(absent),
        "leading_run": leading,
        "trailing_run": trailing,
    }


def is_absent(part):
    return part[1] == "unauthorised" and part[2] > 0


def school_days(parts):
    """Whether the pupil was away, for each day with a part reported, in order."""
    reported = sorted({part[0] for part in parts if part[1] != "unreported"})
    missed = {part[0] for part in parts if is_absent(part)}
    return [day in missed for day in reported]


def longest_run(absent):
    longest = running = 0
    for is_away in absent:
        running = running + 1 if is_away else 0
        longest = max(longest, running)
    return longest


def count_of(name):
    def compute(absence_patterns, enrolments):
        return {
            key: (row[name], 1)
            for key, row in of_enrolled(absence_patterns, enrolments).items()
            if row["school_days"] and row[name] is not None
        }

    return compute


def longest_unauthorised_streak(absence_patterns, enrolments):
    """The longest run of each term: a stand-in for each month's days, one after the other."""
    terms = defaultdict(list)
    for key, row in sorted(of_enrolled(absence_patterns, enrolments).items()):
        if row["school_days"]:
            terms[key[0], key[1], term_of(key[2])] += stand_in(row)
    return {key: (longest_run(absent), 1) for key, absent in terms.items()}


def stand_in(row):
    """Days with the same first, last and longest run as the month's."""
    if row["leading_run"] == row["school_days"]:
        return [True] * row["school_days"]
    first, last = [True] * row["leading_run"], [True] * row["trailing_run"]
    return [*first, False, *[True] * row["longest_run"], False, *last]


def long_absence(absence_patterns, enrolments):
    streaks = longest_unauthorised_streak(absence_patterns, enrolments)
    return {
        key: (int(days >= LONG_DAYS), 1)
        for key, (days, _) in streaks.items()
        if is_in_force(key[2])
    }


def above(minutes, percent):
    def compute(attendance, enrolments):
        terms = defaultdict(lambda: [0, 0])
        for (student, school, month), row in known(attendance, enrolments).items():
            term = terms[student, school, term_of(month)]
            term[0] += minutes(row)
            term[1] += row["scheduled_minutes"]
        return {
            key: (int(100 * absent > percent * scheduled), 1)
            for key, (absent, scheduled) in terms.items()
            if is_in_force(key[2])
        }

    return compute


def repeated_absence(attendance, enrolments):
    months = known(attendance, enrolments)
    found = {}
    for (student, school, month), row in months.items():
        year, number = month.split("-")
        after = f"{year}-{int(number) + 1:02d}"
        later = months.get((student, school, after))
        if later is None or term_of(after) != term_of(month) or not is_in_force(term_of(month)):
            continue
        absent = unauthorised(row) + unauthorised(later)
        scheduled = row["scheduled_minutes"] + later["scheduled_minutes"]
        key = student, school, term_of(month)
        reaches = 100 * absent >= REPEATED_PERCENT * scheduled
        found[key] = (int(reaches or found.get(key) == (1, 1)), 1)
    return found


REFERENCES = {
    "unauthorised_absence_hours": unauthorised_absence_hours,
    "unauthorised_absence_rate": share_of_time(unauthorised),
    "authorised_absence_rate": share_of_time(lambda row: row["authorised_absence_minutes"]),
    "total_absence_rate": share_of_time(away),
    "register_coverage": register_coverage,
    "unauthorised_absence_occasions": count_of("unauthorised_occasions"),
    "unauthorised_absence_days": count_of("unauthorised_days"),
    "late_arrivals": count_of("late_arrivals"),
    "longest_unauthorised_streak": longest_unauthorised_streak,
    **{f"total_absence_above_{limit}": above(away, limit) for limit in TOTAL_LIMITS},
    **{
        f"unauthorised_absence_above_{limit}": above(unauthorised, limit)
        for limit in UNAUTHORISED_LIMITS
    },
    "repeated_absence": repeated_absence,
    "long_absence": long_absence,
}
