"""The indicators of marks once more, slowly: dicts and loops, written from the rules.

Points, passing marks, levels and eligibility are written out here, so that a slip in the dated
data of :mod:`schemas` shows as well.
"""

from collections import defaultdict
from datetime import date

POINTS = {"A": 20, "B": 17.5, "C": 15, "D": 12.5, "E": 10, "F": 0}
POINTS |= {"MVG": 20, "VG": 15, "G": 10, "IG": 0}
PASSING = set("ABCDE") | {"MVG", "VG", "G"} | {str(mark) for mark in range(10, 21)}
NOT_READ, STRECK = "adapted", "-"
SAME_LANGUAGE = {"FRE": "FRA", "GER": "DEU", "CHI": "ZHO", "PER": "FAS", "RUM": "RON", "ARM": "HYE"}


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


def name_of(code):
    """The subject a code stands for: the second kind of Swedish is Swedish."""
    if code == "SVA":
        return "SV"
    if code[:2] in {"M1", "M2", "ML"} and code[2:] in SAME_LANGUAGE:
        return code[:2] + SAME_LANGUAGE[code[2:]]
    return code


def at_best(rows):
    """The marks of each subject together."""
    marks = defaultdict(list)
    for row in rows:
        marks[name_of(row["subject_code"])].append(row["mark"])
    return dict(marks)


def is_passed(marks):
    return any(mark in PASSING for mark in marks)


def is_counted(marks):
    return any(mark != NOT_READ for mark in marks)


def attainment(report):
    """Subjects passed and subjects counted."""
    counted = [marks for marks in report.values() if is_counted(marks)]
    return sum(map(is_passed, counted)), len(counted)


def levels_of(enrolments):
    """Grade levels by pupil, school and term, and the schools and terms with a register."""
    levels, registers = defaultdict(set), set()
    for row in enrolments:
        levels[row["student_id"], row["school_id"], row["term"]].add(row["grade_level"])
        registers.add((row["school_id"], row["term"]))
    return levels, registers


def documents(grades, enrolments, *, other_stages=False):
    """Rows by pupil, school and term, of those documents that can be judged."""
    levels, registers = levels_of(enrolments)
    rows = defaultdict(list)
    for row in grades:
        rows[row["student_id"], row["school_id"], row["term"]].append(row)
    return {
        key: found
        for key, found in rows.items()
        if fault_of(found, levels.get(key), has_register=key[1:] in registers) is None
        and (other_stages or key not in levels or levels[key] & {7, 8, 9})
    }


def fault_of(rows, levels, *, has_register):
    """Why a document cannot be judged."""
    counting = {row["subject_code"] for row in rows if row["mark"] != NOT_READ}
    if len({row["scale_id"] for row in rows}) > 1:
        return "two_scales"
    if {"SV", "SVA"} <= counting:
        return "swedish_twice"
    is_younger = levels is not None and not levels & {7, 8, 9} and max(levels) <= 6
    if {"NO", "SO"} & counting and not is_younger:
        return "block_grade"
    return "no_enrolment" if levels is None and has_register else None


def is_swedish(rows):
    return rows[0]["scale_id"] in {"A-F", "G-MVG"}


def is_final(rows):
    return any(row["is_final"] == "yes" for row in rows)


def term_reports(grades, enrolments):
    """Subjects by pupil, school and term where something counts."""
    found = {key: at_best(rows) for key, rows in documents(grades, enrolments).items()}
    return {key: report for key, report in found.items() if attainment(report)[1]}


def goal_attainment(grades, enrolments):
    return {key: attainment(report) for key, report in term_reports(grades, enrolments).items()}


def all_subjects_passed(grades, enrolments):
    shares = goal_attainment(grades, enrolments)
    return {key: (int(passed == counted), 1) for key, (passed, counted) in shares.items()}


def final_reports(grades, enrolments):
    """The last final document of each pupil, school and school year, if it can be judged."""
    levels, _ = levels_of(enrolments)
    last = {}
    for row in grades:
        known = levels.get((row["student_id"], row["school_id"], row["term"]), {9})
        if row["is_final"] == "yes" and known & {7, 8, 9}:
            key = row["student_id"], row["school_id"], school_year(row["term"])
            if key not in last or is_before(last[key], row["term"]):
                last[key] = row["term"]
    judged = documents(grades, enrolments)
    found = {}
    for (student, school, year), term in last.items():
        rows = judged.get((student, school, term), [])
        if rows and is_swedish(rows):
            final = [row for row in rows if row["is_final"] == "yes"]
            found[student, school, year] = (term, at_best(final))
    return found


def merit(report):
    """The sum of the best 16 with språkval among them, and of språkval and the best 16 others."""
    points = {
        subject: max(POINTS[mark] for mark in marks if mark in POINTS)
        for subject, marks in report.items()
        if any(mark in POINTS for mark in marks)
    }
    if not points:
        return None
    choices = [points.pop(subject) for subject in list(points) if subject.startswith("M2")]
    others = sorted(points.values(), reverse=True)
    choice = sorted(choices)[-1:]
    return sum(sorted(others + choice, reverse=True)[:16]), sum(others[:16]) + sum(choice)


def merit_value_16(grades, enrolments):
    found = final_reports(grades, enrolments).items()
    values = {key: merit(report) for key, (_, report) in found}
    return {key: (value[0], 1) for key, value in values.items() if value is not None}


def merit_value_17(grades, enrolments):
    found = final_reports(grades, enrolments).items()
    values = {key: merit(report) for key, (term, report) in found if term[:4] >= "2014"}
    return {key: (value[1], 1) for key, value in values.items() if value is not None}


def passed_of(report):
    return {subject for subject, marks in report.items() if is_passed(marks)}


def eligible(report, year):
    """For which groups of programmes the marks are enough in a school year."""
    passed = passed_of(report)
    core = {"SV", "EN", "MA"} <= passed
    others = len(passed - {"SV", "EN", "MA"})
    if year < "2010/11":
        return dict.fromkeys(("vocational", "arts", "social_science", "natural_science"), core)
    arts = core and others >= 9
    return {
        "vocational": core and others >= 5,
        "arts": arts,
        "social_science": arts and {"GE", "HI", "RE", "SH"} <= passed,
        "natural_science": arts and {"BI", "FY", "KE"} <= passed,
    }


def eligibility(programme):
    def compute(grades, enrolments):
        return {
            key: (int(eligible(report, key[2])[programme]), 1)
            for key, (_, report) in final_reports(grades, enrolments).items()
            if attainment(report)[1]
        }

    return compute


def swedish_reports(grades, enrolments):
    judged = documents(grades, enrolments)
    reports = term_reports(grades, enrolments)
    return {key: report for key, report in reports.items() if is_swedish(judged[key])}


def outlook(programme):
    def compute(grades, enrolments):
        judged = documents(grades, enrolments)
        return {
            key: (int(eligible(report, school_year(key[2]))[programme]), 1)
            for key, report in swedish_reports(grades, enrolments).items()
            if not is_final(judged[key])
        }

    return compute


def subjects_missing(grades, enrolments):
    found = {}
    for key, report in swedish_reports(grades, enrolments).items():
        passed = passed_of(report)
        needed = 5 if school_year(key[2]) >= "2010/11" else 0
        core = {"SV", "EN", "MA"} - passed
        found[key] = (len(core) + max(0, needed - len(passed - {"SV", "EN", "MA"})), 1)
    return found


def not_passed(code):
    def compute(grades, enrolments):
        reports = swedish_reports(grades, enrolments).items()
        return {key: (int(code not in passed_of(report)), 1) for key, report in reports}

    return compute


def is_withheld(marks):
    return STRECK in marks and set(marks) <= {STRECK, NOT_READ}


def streck_share(grades, enrolments):
    return {
        key: (sum(map(is_withheld, report.values())), attainment(report)[1])
        for key, report in swedish_reports(grades, enrolments).items()
    }


def adapted_share(grades, enrolments):
    found = {}
    for key, rows in documents(grades, enrolments).items():
        if is_swedish(rows):
            report = at_best(rows)
            found[key] = (len(report) - attainment(report)[1], len(report))
    return found


def of_pupils(grades, enrolments, wanted=lambda _key: True):
    """Subjects of each pupil, term and scale, all schools together."""
    judged = documents(grades, enrolments)
    merged = defaultdict(lambda: defaultdict(list))
    for key, report in term_reports(grades, enrolments).items():
        if wanted(key):
            student, _, term = key
            for subject, marks in report.items():
                merged[student, term, judged[key][0]["scale_id"]][subject] += marks
    return merged


def compared(sign):
    def compute(grades, enrolments):
        judged = documents(grades, enrolments)
        before = {
            (student, following(term), scale): attainment(report)
            for (student, term, scale), report in of_pupils(grades, enrolments).items()
        }
        found = {}
        for key, report in term_reports(grades, enrolments).items():
            earlier = before.get((key[0], key[2], judged[key][0]["scale_id"]))
            if earlier is not None:
                passed, counted = attainment(report)
                difference = passed * earlier[1] - earlier[0] * counted
                found[key] = (int(difference * sign > 0), 1)
        return found

    return compute


def passed_after_summer(grades, enrolments):
    judged = documents(grades, enrolments)
    levels, _ = levels_of(enrolments)

    def goes_on(key):
        known = levels.get(key, set()) & {7, 8, 9}
        return key[2].endswith("VT") and not is_final(judged[key]) and 9 not in known

    spring = of_pupils(grades, enrolments, goes_on)
    found = {}
    for key, report in term_reports(grades, enrolments).items():
        student, _, term = key
        before = spring.get((student, f"{term[:4]}VT", judged[key][0]["scale_id"]), {})
        failed = {s for s, marks in before.items() if is_counted(marks) and not is_passed(marks)}
        if term.endswith("HT") and failed:
            found[key] = (len(failed & passed_of(report)), len(failed))
    return found


def in_grades_7_to_9(enrolments):
    found = set()
    for row in enrolments:
        year = int(row["term"][:4])
        day = date(year, 9 if row["term"].endswith("HT") else 2, 1)
        has_left = row["end_date"] is not None and row["end_date"] < day
        if 7 <= row["grade_level"] <= 9 and row["start_date"] <= day and not has_left:
            found.add((row["student_id"], row["school_id"], row["term"]))
    return found


def failing(grades, enrolments):
    """Pupils and terms with a failed subject who are not eligible, at whatever schools."""
    merged = defaultdict(lambda: defaultdict(list))
    for (student, _, term), rows in documents(grades, enrolments, other_stages=True).items():
        for subject, marks in at_best(rows).items():
            merged[student, term][subject] += marks
    found = set()
    for (student, term), report in merged.items():
        passed, counted = attainment(report)
        if counted > passed and not eligible(report, school_year(term))["vocational"]:
            found.add((student, term))
    return found


REFERENCES = {
    "goal_attainment": goal_attainment,
    "all_subjects_passed": all_subjects_passed,
    "merit_value_16": merit_value_16,
    "merit_value_17": merit_value_17,
    **{
        f"{kind}_{name}": made(name)
        for kind, made in (("eligibility", eligibility), ("outlook", outlook))
        for name in ("vocational", "arts", "social_science", "natural_science")
    },
    "subjects_missing_for_vocational": subjects_missing,
    "not_passed_swedish": not_passed("SV"),
    "not_passed_english": not_passed("EN"),
    "not_passed_mathematics": not_passed("MA"),
    "streck_share": streck_share,
    "adapted_share": adapted_share,
    "goal_attainment_rose": compared(1),
    "goal_attainment_fell": compared(-1),
    "passed_after_summer": passed_after_summer,
}
