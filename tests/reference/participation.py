"""What the pilot's tables should say, written slowly and plainly: one pupil and day at a time."""

from collections import Counter, defaultdict
from datetime import date, timedelta

import pytest


def months_of(spells):
    """Pupil and month to the project counted and its days, from (pupil, project, first, last)."""
    days = defaultdict(Counter)
    for pupil, project, first, last in spells:
        day = first
        while day <= last:
            days[pupil, f"{day:%Y-%m}"][first, project] += 1
            day += timedelta(1)
    chosen = {}
    for key, counted in days.items():
        most = max(counted.values())
        latest = max(first for (first, _), n in counted.items() if n == most)
        project = min(p for (first, p), n in counted.items() if n == most and first == latest)
        chosen[key] = (project, most)
    return chosen


def incidence(days, outcomes, by=183):
    """Aalen and Johansen, pupil by pupil: 1 has dropped out, 2 ended otherwise, 0 is still there.

    Each day, of those not yet gone, the part who drop out that day.
    """
    still_here, dropped = 1.0, 0.0
    for day in range(1, by + 1):
        at_risk = [o for d, o in zip(days, outcomes, strict=True) if d >= day]
        today = [o for d, o in zip(days, outcomes, strict=True) if d == day]
        if not at_risk:
            break
        dropped += still_here * today.count(1) / len(at_risk)
        still_here *= 1 - (today.count(1) + today.count(2)) / len(at_risk)
    return dropped


def completion_of(pairs, autumn):
    """What a school year shows of ((pupil, project, first, last), outcome), one by one."""
    first, last = date(autumn, 8, 1), date(autumn + 1, 7, 31)
    here = [(r, o) for r, o in pairs if r[2] <= last and r[3] >= first]
    done = [(r, o) for r, o in here if r[3] <= last]
    began = [(r, o) for r, o in here if r[2] >= first]
    known = [(r, o) for r, o in done if o not in ("open", "vanished")]
    days = [(r[3] - r[2]).days + 1 for r, _ in began]
    cause = [{"unplanned": 1, "open": 0, "vanished": 0}.get(o, 2) for _, o in began]
    events = sum(c == 1 and d <= 183 for c, d in zip(cause, days, strict=True))
    is_given = len(began) >= 20 and events >= 5 and max(days) >= 183
    return {
        "pupils": len({r[0] for r, _ in here}),
        "pupils_started": len({r[0] for r, _ in began}),
        "open_before": len(here) - len(began),
        "started": len(began),
        **{f"ended_{k}": sum(o == k for _, o in done) for k in ("planned", "neutral")},
        **{f"ended_{k}": sum(o == k for _, o in done) for k in ("unplanned", "unknown")},
        "vanished": sum(o == "vanished" for _, o in done),
        "open_after": len(here) - len(known) - sum(o == "vanished" for _, o in done),
        "pupils_ended": len({r[0] for r, _ in known}),
        "dropouts": len({r[0] for r, o in known if o == "unplanned"}),
        "dropouts_in_six_months": events,
        "incidence": pytest.approx(incidence(days, cause)) if is_given else None,
    }


def reach(spells, members, homes, covered, districts):
    """(project, term, basis) to target, reached, served: sets of pupils, compared one by one.

    Args:
        spells: (pupil, project, first, last).
        members: (pupil, school, term).
        homes: (pupil, term) to the district the pupil lives in.
        covered: (project, school, term).
        districts: Project to district.
    """
    found = {}
    for project, term in {(project, term) for project, _, term in covered}:
        first, last = bounds(term)
        served = {
            pupil
            for pupil, of, start, end in spells
            if of == project and start <= last and end >= first
        }
        at_school = {p for p, school, t in members if t == term and (project, school, t) in covered}
        at_home = {
            p for p, _, t in members if t == term and homes.get((p, t)) == districts[project]
        }
        for basis, target in (("school", at_school), ("residence", at_home)):
            found[project, term, basis] = (len(target), len(target & served), len(served))
    return found


def bounds(term):
    year = int(term[:4])
    if term.endswith("HT"):
        return date(year, 8, 1), date(year, 12, 31)
    return date(year, 1, 1), date(year, 7, 31)
