"""The target group once more, slowly: one pupil, one month and one pair of limits at a time."""

from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction
from itertools import product

from tests.reference.grades import at_best, attainment, eligible, fault_of, levels_of, school_year
from tests.reference.indicators import is_covered, latest, limits, members

FAILED, ABSENCE = 1, Fraction(15, 100)
FIRST = "2011HT"
GRID = tuple(product((1, 2, 3, 4), (Fraction(n, 100) for n in (10, 15, 20, 25))))


def place(term):
    return int(term[:4]) * 2 + term.endswith("HT")


def before(term):
    return f"{int(term[:4]) - 1}HT" if term.endswith("VT") else f"{term[:4]}VT"


def term_of(month):
    return month[:4] + ("HT" if month[5:] >= "08" else "VT")


def last_of(month):
    year, number = int(month[:4]), int(month[5:])
    return date(year + number // 12, number % 12 + 1, 1) - timedelta(days=1)


def papers_of(grades, enrolments):
    """By pupil and term: the marks that can be judged, and why others cannot."""
    levels, registers = levels_of(enrolments)
    papers = defaultdict(list)
    for row in grades:
        papers[row["student_id"], row["school_id"], row["term"]].append(row)
    good, faults = defaultdict(list), defaultdict(set)
    for key, rows in papers.items():
        fault = fault_of(rows, levels.get(key), has_register=key[1:] in registers)
        if not fault and attainment(at_best(rows))[1]:
            good[key[0], key[2]] += rows
        else:
            faults[key[0], key[2]].add(fault or "nothing_counted")
    return good, faults


def marks_of(grades, enrolments):
    """By pupil and term: failed subjects and whether not eligible, or a reason."""
    good, faults = papers_of(grades, enrolments)
    found = defaultdict(dict)
    for (student, term), some in faults.items():
        named = sorted(some - {"nothing_counted"})
        found[student][term] = {"missing": named[0] if named else "nothing_counted"}
    for (student, term), rows in good.items():
        report = at_best(rows)
        passed, counted = attainment(report)
        found[student][term] = {
            "missing": None,
            "failed_subjects": counted - passed,
            "not_eligible": not eligible(report, school_year(term))["vocational"],
        }
    return found


def absence_of(rows):
    """Share, number of months and reason of some rows of attendance of one pupil."""
    known = [row for row in rows if row["scheduled_minutes"] and row["reported_minutes"]]
    if not known:
        has_time = any(row["scheduled_minutes"] for row in rows)
        return {"missing": "no_register" if has_time else "no_scheduled_time", "months": 0}
    away = sum(r["authorised_absence_minutes"] + r["unauthorised_absence_minutes"] for r in known)
    share = Fraction(away, sum(row["scheduled_minutes"] for row in known))
    return {"missing": None, "months": len({row["month"] for row in known}), "share": share}


def judged(marks, absence, term):
    """The criteria of one pupil, from the marks and the absence that hold, each with its term."""
    is_ruled = place(term) >= place(FIRST)
    facts = {
        "failed_subjects": marks and marks.get("failed_subjects"),
        "not_eligible": marks and marks.get("not_eligible"),
        "absence_share": absence and absence.get("share"),
        "low_attainment": None,
        "high_absence": None,
        "is_in_group": None,
    }
    if facts["failed_subjects"] is not None and is_ruled:
        facts["low_attainment"] = facts["failed_subjects"] >= FAILED
    if facts["absence_share"] is not None and is_ruled:
        facts["high_absence"] = facts["absence_share"] >= ABSENCE
    facts["missing"] = _missing(marks, absence, is_ruled)
    if facts["missing"] is None:
        names = ("low_attainment", "not_eligible", "high_absence")
        facts["is_in_group"] = all(facts[name] for name in names)
    return facts


def _missing(marks, absence, is_ruled):
    if not is_ruled:
        return "not_yet_valid"
    if marks is None and absence is None:
        return "no_term_before"
    if marks is None:
        return "no_grades"
    if marks["missing"]:
        return marks["missing"]
    return "no_attendance" if absence is None else absence["missing"]


def _by_term(attendance):
    rows = defaultdict(lambda: defaultdict(list))
    for row in attendance:
        rows[row["student_id"]][term_of(row["month"])].append(row)
    return rows


def residence(rows):
    """District of the enrolment that began last."""
    return max(rows, key=lambda row: (row["start_date"], row["school_id"]))["residence_district_id"]


def pupils(enrolments, grades, attendance):
    """Frozen: by pupil, school and term."""
    marks, absences = marks_of(grades, enrolments), _by_term(attendance)
    here = defaultdict(list)
    for row in enrolments:
        day = date(int(row["term"][:4]), 9 if row["term"].endswith("HT") else 2, 1)
        is_there = row["start_date"] <= day <= (row["end_date"] or day)
        if row["grade_level"] in (7, 8, 9) and is_there:
            here[row["student_id"], row["term"]].append(row)
    found = {}
    for (student, term), rows in here.items():
        was = before(term)
        months = absences[student].get(was)
        facts = judged(marks[student].get(was), months and absence_of(months), term)
        facts["residence_district_id"] = residence(rows)
        for school in {row["school_id"] for row in rows}:
            levels = [row["grade_level"] for row in rows if row["school_id"] == school]
            found[student, school, term] = facts | {"grade_level": max(levels)}
    return found


def months(enrolments, grades, attendance):
    """Month by month: by pupil, school and month."""
    marks, absences = marks_of(grades, enrolments), _by_term(attendance)
    found = {}
    for (student, month), rows in _there(enrolments, {row["month"] for row in attendance}).items():
        facts = _at(month, marks[student], absences[student])
        facts["residence_district_id"] = residence(rows)
        for school in {row["school_id"] for row in rows}:
            found[student, school, month] = facts
    return found


def _there(enrolments, known):
    """Rows of the register by pupil and month with a day of enrolment."""
    by_term, here = defaultdict(list), defaultdict(list)
    for month in sorted(known):
        by_term[term_of(month)].append(month)
    for row in enrolments:
        for month in by_term[row["term"]] if row["grade_level"] in (7, 8, 9) else ():
            first, last = date(int(month[:4]), int(month[5:]), 1), last_of(month)
            if row["start_date"] <= last and (row["end_date"] or last) >= first:
                here[row["student_id"], month].append(row)
    return here


def _at(month, marks, absences):
    """What was known of a pupil after a month."""
    term = term_of(month)
    was = before(term)
    is_given = month[5:] in ("06", "07", "12")
    papers = [(term, marks.get(term) if is_given else None), (was, marks.get(was))]
    so_far = [row for row in absences.get(term, []) if row["month"] <= month]
    times = [
        (t, absence_of(rows)) for t, rows in ((term, so_far), (was, absences.get(was))) if rows
    ]
    marks_term, paper = _first_known(papers)
    absence_term, time = _first_known(times)
    facts = judged(paper, time, term)
    count = time and time["months"]
    return facts | {
        "marks_term": marks_term, "absence_term": absence_term, "absence_months": count,
    }  # fmt: skip


def _first_known(candidates):
    there = [(term, facts) for term, facts in candidates if facts is not None]
    good = [one for one in there if one[1]["missing"] is None]
    return next(iter(good or there), (None, None))


def units(frozen):
    """Sets of pupils and what is known of them, by term, level and unit."""
    found = defaultdict(dict)
    for (student, school, term), facts in frozen.items():
        found[term, "school", school][student] = facts
        found[term, "district", facts["residence_district_id"] or "unknown"][student] = facts
        found[term, "city", "city"][student] = facts
    return found


def sensitivity(frozen):
    """By term, level, unit and limits: size, who enters, who leaves."""
    found = {}
    for (term, level, unit), people in units(frozen).items():
        known = [facts for facts in people.values() if facts["missing"] is None]
        if level == "district" or not known:
            continue
        for failed, absence in GRID:
            sides = [
                (
                    one["failed_subjects"] >= failed
                    and one["not_eligible"]
                    and one["absence_share"] >= absence,
                    one["is_in_group"],
                )
                for one in known
            ]
            found[term, level, unit, failed, float(absence)] = (
                len(known),
                sum(new for new, _ in sides),
                sum(new and not old for new, old in sides),
                sum(old and not new for new, old in sides),
            )
    return found


def selection(frozen, history):
    """By school and term: kinds of those taken in, size of the group, those of it without."""
    terms = {term for _, _, term in frozen}
    by_pupil = {(student, term): facts for (student, _, term), facts in frozen.items()}
    kinds = defaultdict(lambda: defaultdict(set))
    for row in history["participation"]:
        day = row["start_date"]
        term = f"{day.year}{'HT' if day.month >= 8 else 'VT'}"
        if term in terms:
            kind = _kind(by_pupil.get((row["student_id"], term)))
            kinds[row["school_id"], term][kind].add(row["student_id"])
    spans = defaultdict(list)
    for row in latest(history["participation"]):
        end = row["end_date"] or limits(row["term"])[1]
        spans[row["student_id"]].append((row["start_date"], end))
    group, without = defaultdict(int), defaultdict(int)
    tables = (history[name] for name in ("enrolments", "grades", "attendance"))
    for student, school, term in members(*tables):
        group[school, term] += 1
        opens, closes = limits(term)
        is_helped = any(first <= closes and last >= opens for first, last in spans[student])
        without[school, term] += not is_helped
    return {
        key: (
            {kind: len(people) for kind, people in kinds[key].items()},
            group[key],
            without[key],
            is_covered(*key, history["project_schools"]),
        )
        for key in {*kinds, *group}
    }


def _kind(facts):
    if facts is None:
        return "not_counted"
    if facts["missing"]:
        return "unknown"
    if facts["is_in_group"]:
        return "group"
    if facts["low_attainment"] and facts["not_eligible"]:
        return "marks_only"
    return "absence_only" if facts["high_absence"] else "neither"
