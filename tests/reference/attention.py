"""The attention list once more, slowly: one pupil at a time, with fractions, from the rules."""

from collections import defaultdict
from fractions import Fraction

from tests.reference.grades import (
    at_best,
    attainment,
    documents,
    eligible,
    final_reports,
    following,
    is_passed,
    school_year,
)
from tests.reference.indicators import latest, limits, members

LIMIT = Fraction(15, 100)
RISE = Fraction(5, 100)
FIRST = "2011HT"
RUNGS = ("all_three", "one_short", "one_and_sign", "sign_only", "group_only")


def place(term):
    return int(term[:4]) * 2 + term.endswith("HT")


def before(term):
    return f"{int(term[:4]) - 1}HT" if term.endswith("VT") else f"{term[:4]}VT"


def term_of(month):
    return month[:4] + ("HT" if month[5:] >= "08" else "VT")


def is_judged(term):
    """Whether the next term has limits to judge by."""
    return place(following(term)) >= place(FIRST)


def marks_of(grades, enrolments):
    """By pupil and term: failed subjects, whether eligible, core subjects and others lacking."""
    merged = defaultdict(list)
    for (student, _, term), rows in documents(grades, enrolments, other_stages=True).items():
        if attainment(at_best(rows))[1]:
            merged[student, term] += rows
    found = defaultdict(dict)
    for (student, term), rows in merged.items():
        report = at_best(rows)
        passed, counted = attainment(report)
        passing = {subject for subject, marks in report.items() if is_passed(marks)}
        found[student][term] = {
            "failed": counted - passed,
            "low_attainment": counted - passed >= 1 if is_judged(term) else None,
            "not_eligible": not eligible(report, school_year(term))["vocational"],
            "missing_core": " ".join(s for s in ("SV", "EN", "MA") if s not in passing),
            "short": max(0, 5 - len(passing - {"SV", "EN", "MA"})),
        }
    return found


def months_of(attendance):
    """By pupil and month with a register: minutes away, unauthorised and scheduled."""
    found = defaultdict(lambda: defaultdict(lambda: [0, 0, 0]))
    for row in attendance:
        if row["scheduled_minutes"] and row["reported_minutes"]:
            sums = found[row["student_id"]][row["month"]]
            unauthorised = row["unauthorised_absence_minutes"]
            sums[0] += row["authorised_absence_minutes"] + unauthorised
            sums[1] += unauthorised
            sums[2] += row["scheduled_minutes"]
    return found


def share(sums, at=0):
    total = [sum(column) for column in zip(*sums, strict=True)]
    return Fraction(total[at], total[2])


def is_high(term, sums):
    return share(sums) >= LIMIT if is_judged(term) else None


def since(periods, present):
    """First of the unbroken run that lasts to ``present``; periods are pairs, in order."""
    first = present
    for period, is_met in reversed(periods):
        if is_met is False:
            break
        if is_met:
            first = period
    return first


def absence_of(months, term, until):
    """What the months up to the list's say, of this term or else of the one before."""
    shown = {month: sums for month, sums in sorted(months.items()) if month <= until}
    by_term = defaultdict(list)
    for month, sums in shown.items():
        by_term[term_of(month)].append(sums)
    known = next((t for t in (term, before(term)) if t in by_term), None)
    if known is None:
        return None
    terms = sorted(by_term, key=place)
    earlier = [(t, is_high(t, by_term[t])) for t in terms if place(t) < place(known)]
    met = is_high(known, by_term[known])
    facts = {
        "absence_term": known,
        "absence_share": share(by_term[known]),
        "unauthorised_share": share(by_term[known], 1),
        "high_absence": met,
        "high_absence_since": since(earlier, known) if met else None,
    }
    return facts | recent_of(shown, known)


def recent_of(shown, known):
    """The last two months up to the end of ``known``, and the two before them."""
    names = [month for month in shown if place(term_of(month)) <= place(known)]
    last = names[-1]
    flags = [(month, is_high(term_of(month), [shown[month]])) for month in names]
    is_last_high = flags[-1][1]
    facts = {"high_months_since": since(flags[:-1], last) if is_last_high else None}
    near = [month for month in names[-4:] if place(known) - place(term_of(month)) <= 1]
    two, four = near[-2:], near[-4:]
    facts |= {"recent_months": None, "recent_share": None, "recent_unauthorised_share": None}
    facts |= {"recent_absence": None, "rising_absence": None}
    if len(two) == 2:
        sums = [shown[month] for month in two]
        facts["recent_months"] = " ".join(two)
        facts["recent_share"], facts["recent_unauthorised_share"] = share(sums), share(sums, 1)
        facts["recent_absence"] = is_high(known, sums)
        if len(four) == 4 and is_judged(known):
            rise = share(sums) - share([shown[month] for month in four[:2]])
            facts["rising_absence"] = rise >= RISE
    return facts


def marks_now(marks, term, until):
    """What the marks say: of the term once its last month has come, else of the one before."""
    last_month = term[:4] + ("-12" if term.endswith("HT") else "-06")
    terms = [term, before(term)] if until == last_month else [before(term)]
    known = next((t for t in terms if t in marks), None)
    if known is None:
        return None
    earlier = [t for t in sorted(marks, key=place) if place(t) < place(known)]
    now, past = marks[known], marks.get(before(known))
    facts = {
        "marks_term": known,
        "failed_subjects": now["failed"],
        "missing_core": now["missing_core"],
        "other_subjects_short": now["short"],
        "near_failing": False if is_judged(known) else None,
        "more_failed": now["failed"] > past["failed"] if past and is_judged(known) else None,
    }
    for name in ("low_attainment", "not_eligible"):
        facts[name] = now[name]
        flags = [(t, marks[t][name]) for t in earlier]
        facts[f"{name}_since"] = since(flags, known) if now[name] else None
    return facts


NO_MARKS = dict.fromkeys(
    (
        *("marks_term", "failed_subjects", "missing_core", "other_subjects_short"),
        *("near_failing", "more_failed", "low_attainment", "not_eligible"),
        *("low_attainment_since", "not_eligible_since"),
    )
)
NO_ABSENCE = dict.fromkeys(
    (
        *("absence_term", "absence_share", "unauthorised_share", "high_absence"),
        *("high_absence_since", "high_months_since", "recent_months", "recent_share"),
        *("recent_unauthorised_share", "recent_absence", "rising_absence"),
    )
)
CONDITIONS = ("low_attainment", "not_eligible", "high_absence")


def rung_of(row):
    met = sum(row[name] is True for name in CONDITIONS)
    is_near = bool(row["recent_absence"] or row["near_failing"])
    if met >= 2:
        return RUNGS[3 - met]
    if met == 1 and (is_near or row["more_failed"] or row["rising_absence"]):
        return RUNGS[2]
    if met == 0 and is_near:
        return RUNGS[3]
    return RUNGS[4] if row["in_target_group"] else None


def has_day(row, month):
    first, last = f"{month}-01", f"{month}-31"
    end = row["end_date"]
    return str(row["start_date"]) <= last and (end is None or str(end) >= first)


def stands(term, until):
    first, last = ("-08", "-12") if term.endswith("HT") else ("-01", "-06")
    return min(max(until, term[:4] + first), term[:4] + last)


def silent_months(enrolments, attendance, student, term, until):
    """Months of teaching enrolled, of which no register tells."""
    own = [r for r in enrolments if r["student_id"] == student and r["term"] == term]
    numbers = range(8, 13) if term.endswith("HT") else range(1, 7)
    months = [m for n in numbers if (m := f"{term[:4]}-{n:02d}") <= until]
    silent = 0
    for month in months:
        told = [r for r in attendance if r["student_id"] == student and r["month"] == month]
        is_told = any(r["reported_minutes"] for r in told)
        has_none = bool(told) and not any(r["scheduled_minutes"] for r in told)
        silent += any(has_day(r, month) for r in own) and not is_told and not has_none
    return silent


def coverage(attendance, term, until):
    here = [r for r in attendance if term_of(r["month"]) == term and r["month"] <= until]
    scheduled = sum(row["scheduled_minutes"] for row in here)
    return Fraction(sum(r["reported_minutes"] for r in here), scheduled) if scheduled else None


def support(participation, term, month):
    """First day of the support that has a day in the month, by registers up to the term."""
    known = [row for row in participation if place(row["term"]) <= place(term)]
    starts = [
        row["start_date"]
        for row in latest(known)
        if has_day({**row, "end_date": row["end_date"] or limits(row["term"])[1]}, month)
    ]
    return min(starts, default=None)


def by_student(rows):
    found = defaultdict(list)
    for row in rows:
        found[row["student_id"]].append(row)
    return found


def everybody(rows, stand):
    """Every pupil of grades 7-9 in the month ``stand`` tells of a term, and what is known."""
    marks = marks_of(rows["grades"], rows["enrolments"])
    months = months_of(rows["attendance"])
    group = members(rows["enrolments"], rows["grades"], rows["attendance"])
    found = {}
    for row in rows["enrolments"]:
        key = (row["student_id"], row["school_id"], row["term"])
        student, _, term = key
        month = stand(term)
        if not 7 <= row["grade_level"] <= 9 or not has_day(row, month):
            continue
        level = max(row["grade_level"], found[key]["grade_level"] if key in found else 0)
        facts = {"month": month, "grade_level": level, "in_target_group": key in group}
        facts |= marks_now(marks[student], term, month) or NO_MARKS
        facts |= absence_of(months[student], term, month) or NO_ABSENCE
        facts["conditions"] = sum(facts[name] is True for name in CONDITIONS)
        begun = [t for name in CONDITIONS if (t := facts[f"{name}_since"])]
        facts["since"] = max(begun, key=place, default=None)
        found[key] = facts | {"rung": rung_of(facts)}
    return found


def attention_list(rows, until):
    """Rows of the list by pupil, school and term."""
    listed = {
        key: facts
        for key, facts in everybody(rows, lambda term: stands(term, until)).items()
        if facts["rung"]
    }
    by = {name: by_student(rows[name]) for name in ("enrolments", "attendance", "participation")}
    for (student, _, term), facts in listed.items():
        own = {name: by[name][student] for name in by}
        month = facts["month"]
        facts["register_coverage"] = coverage(own["attendance"], term, month)
        facts["months_unreported"] = silent_months(
            own["enrolments"], own["attendance"], student, term, month
        )
        facts["supported_since"] = support(own["participation"], term, month)
        facts["is_supported"] = facts["supported_since"] is not None
    return listed


def outcomes(grades, enrolments):
    """By pupil: the last term of final grades, and whether they open no vocational programme."""
    finals = defaultdict(lambda: defaultdict(list))
    for (student, _, _), (term, report) in final_reports(grades, enrolments).items():
        for subject, marks in report.items():
            finals[student, term][subject] += marks
    found = {}
    for (student, term), report in sorted(finals.items(), key=lambda one: place(one[0][1])):
        lacks = not eligible(report, school_year(term))["vocational"]
        is_known = attainment(report)[1] > 0
        found[student] = (place(term), lacks if is_known else None)
    return {student: one for student, one in found.items() if one[1] is not None}


def hit_rates(rows):
    """Pupils, unknown and not eligible by term, grade level and rung."""
    third = {"HT": "-10", "VT": "-03"}
    lists = everybody(rows, lambda term: term[:4] + third[term[4:]])
    once = {}
    for (student, _, term), facts in lists.items():
        at = RUNGS.index(facts["rung"]) if facts["rung"] else len(RUNGS)
        level, best = once.get((student, term), (0, len(RUNGS)))
        once[student, term] = (max(level, facts["grade_level"]), min(best, at))
    left = outcomes(rows["grades"], rows["enrolments"])
    ended = {term for term, _ in left.values()}
    counts = defaultdict(lambda: [0, 0, 0])
    for (student, term), (level, at) in once.items():
        due = place(term) + term.endswith("HT") + 2 * (9 - level)
        if due in ended:
            when, lacks = left.get(student, (0, False))
            is_known = when >= place(term)
            rung = RUNGS[at] if at < len(RUNGS) else "unmarked"
            for group in {rung, "marked" if rung in RUNGS else rung}:
                one = counts[term, level, group]
                one[0] += 1
                one[1] += not is_known
                one[2] += is_known and lacks
    return {key: tuple(one) for key, one in counts.items()}
