"""The simulated city as a whole: repeatable, conserved, and as its own files tell it."""

import hashlib
import re
from collections import Counter, defaultdict
from pathlib import Path

import pandas as pd
import pytest

from pipelines.simulation.city import Parameters, simulate

TINY = {"schools": 4, "years": 2, "pupils_per_grade": 12}
PASSING = {"A", "B", "C", "D", "E", "MVG", "VG", "G"}
FAILING = {"F", "IG", "-"}
POINTS = {"A": 20, "B": 17.5, "C": 15, "D": 12.5, "E": 10, "F": 0,
          "MVG": 20, "VG": 15, "G": 10, "IG": 0}  # fmt: skip


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_equal_choices_give_equal_bytes_and_another_seed_gives_another_city(tmp_path):
    for name, seed in (("first", 1), ("again", 1), ("other", 2)):
        simulate(tmp_path / name, parameters=Parameters(seed=seed, **TINY))
    first, again, other = (hashes(tmp_path / name) for name in ("first", "again", "other"))
    assert first == again
    assert any(name.endswith(".xlsx") for name in first)
    reports = [name for name in first if "narvaro" in name and name in other]
    assert reports
    assert all(first[name] != other[name] for name in reports)


def test_a_city_is_never_written_over_another(tmp_path):
    parameters = Parameters(**TINY | {"years": 1})
    simulate(tmp_path, parameters=parameters)
    with pytest.raises(FileExistsError):
        simulate(tmp_path, parameters=parameters)


def test_progress_ends_with_every_step_done(tmp_path):
    told = []
    simulate(
        tmp_path,
        parameters=Parameters(**TINY | {"years": 1}),
        progress=lambda stage, done, total: told.append((stage, done, total)),
    )
    last = {stage: (done, total) for stage, done, total in told}
    assert set(last) == {"terms", "files"}
    assert all(done == total for done, total in last.values())


def test_every_record_of_a_readable_file_is_in_one_of_four_places(small):
    sent = small.truth("deliveries")
    bins = sent[["accepted", "quarantined", "duplicates", "superseded"]].sum(axis=1)
    assert (sent.records == bins).all()
    assert small.city.files == len(sent) == len(list(small.city.deliveries.iterdir()))
    for file in sent[
        (sent.status != "rejected") & sent.file_name.str.endswith(".csv")
    ].itertuples():
        lines = small.city.deliveries.joinpath(file.file_name).read_bytes().count(b"\n")
        assert lines - (not file.file_name.startswith("slutbetyg")) == file.records


def test_each_trouble_occurs_and_what_is_wrong_is_sent_again_later(small):
    sent = small.truth("deliveries").set_index("file_name")
    assert sent.quarantined.sum() > 0
    assert sent.duplicates.sum() > 0
    day = small.truth("timetable").set_index("file_name").delivered_on
    assert set(day.index) == set(sent.index)
    replaced = sent[sent.status != "active"]
    assert Counter(replaced.status) >= Counter(rejected=3, superseded=1)
    for name in replaced.index:
        correction = name.replace(".csv", "_v2.csv")
        assert sent.status[correction] == "active"
        assert day[correction] > day[name]


def test_rejected_files_cannot_be_read(small):
    sent = small.truth("deliveries")
    for name in sent.file_name[sent.status == "rejected"]:
        content = small.city.deliveries.joinpath(name).read_bytes()
        first, good = (
            bytes_.split(b"\n")[0]
            for bytes_ in (
                content,
                small.city.deliveries.joinpath(name.replace(".csv", "_v2.csv")).read_bytes(),
            )
        )
        try:
            text = content.decode()
        except UnicodeDecodeError:
            continue
        assert first != good or text.count('"') % 2 == 1


def minutes_of_months(small) -> dict[tuple[str, str, str], list[int]]:
    """Scheduled, reported, authorised, unauthorised by pupil, school and month."""
    sums: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for row in small.rows("narvaro"):
        key, minutes = list(row.values())[:3], [int(v) for v in list(row.values())[3:7]]
        sums[key[0], key[1], key[2]] = minutes
    for row in small.rows("lektioner"):
        of_month = sums[row["personnummer"], row["skolenhetskod"], row["datum"][:7]]
        kind, away = row["franvarotyp"], int(row["franvaro_min"])
        of_month[0] += int(row["minuter"])
        of_month[1] += int(row["minuter"]) * (kind != "R")
        of_month[2] += away * (kind == "G")
        of_month[3] += away * (kind in "OS" and kind != "")
    return sums


def marks_of_terms(small) -> dict[tuple[str, str, str], dict[str, str]]:
    """Marks by subject of each pupil, school and term."""
    marks: dict[tuple[str, str, str], dict[str, str]] = defaultdict(dict)
    for row in small.rows("betyg"):
        key = row["Personnummer"], row["Skolenhetskod"], row["Termin"]
        marks[key][row["Ämne"]] = row["Betyg"]
    for row in small.rows("slutbetyg"):
        key = row["PersonNr"], row["Skolenhetskod"], f"{row['Datum'][:4]}VT"
        for column, value in list(row.items())[8:]:
            if value in {"A", "B", "C", "D", "E", "F", "9", "3"} and not column.endswith("språk"):
                subject = column.split()[0].upper() + (row.get(f"{column[:2]} språk") or "")
                marks[key][subject] = {"9": "-", "3": "adapted"}.get(value, value)
    return marks


def is_eligible(marks: dict[str, str]) -> bool:
    """Eligible for vocational programmes, as the law is told in words."""
    core = ("SV", "SVA"), ("EN",), ("MA",)
    has_core = all(any(marks.get(subject) in PASSING for subject in one) for one in core)
    others = [s for s, m in marks.items() if m in PASSING and s not in {"SV", "SVA", "EN", "MA"}]
    return has_core and len(others) >= 5


@pytest.fixture(scope="module")
def minutes(small):
    return minutes_of_months(small)


@pytest.fixture(scope="module")
def marks(small):
    return marks_of_terms(small)


def before(term: str) -> str:
    year = int(term[:4])
    return f"{year - 1}HT" if term.endswith("VT") else f"{year}VT"


def term_of(month: str) -> str:
    return month[:4] + ("HT" if month[5:] >= "08" else "VT")


@pytest.fixture(scope="module")
def groups(small, minutes, marks) -> dict[tuple[str, str], set[str]]:
    """The target group by school and term, worked out pupil by pupil from the files."""
    absence: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for (pupil, _, month), (scheduled, reported, authorised, unauthorised) in minutes.items():
        if reported:
            absence[pupil, term_of(month)][0] += authorised + unauthorised
            absence[pupil, term_of(month)][1] += scheduled
    low = {
        (pupil, term)
        for (pupil, _, term), of_pupil in marks.items()
        if any(mark in FAILING for mark in of_pupil.values()) and not is_eligible(of_pupil)
    }
    groups: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in small.rows("elever"):
        pupil, school, term = row["Personnummer"], row["Skolenhetskod"], row["Termin"]
        day = f"{term[:4]}-{'09' if term.endswith('HT') else '02'}-01"
        away, scheduled = absence.get((pupil, before(term)), (0, 0))
        is_there = row["Från"] <= day and (not row["Till"] or row["Till"] >= day)
        if is_there and scheduled and away / scheduled >= 0.15 and (pupil, before(term)) in low:
            groups[school, term].add(pupil)
    return groups


def test_the_planted_absence_is_what_the_files_sum_to(small, minutes):
    found: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    for (_, school, month), of_pupil in minutes.items():
        found[school, month] = [
            a + b for a, b in zip(found[school, month], [1, *of_pupil], strict=True)
        ]
    planted = small.truth("attendance").set_index(["school_id", "month"])
    assert {key: tuple(sums) for key, sums in found.items()} == {
        key: tuple(row) for key, row in zip(planted.index, planted.to_numpy().tolist(), strict=True)
    }


def test_the_planted_hours_count_only_months_with_a_register(small, minutes):
    found: Counter[tuple[str, str]] = Counter()
    for (_, school, month), (_, reported, _, unauthorised) in minutes.items():
        autumn = int(month[:4]) - (month[5:] < "08")
        if reported:
            found[school, f"{autumn}/{(autumn + 1) % 100}"] += unauthorised
    planted = small.truth("absence_hours").set_index(["school_id", "school_year"])
    assert dict(found) == planted.unauthorised_minutes.to_dict()


def test_the_planted_target_group_follows_from_the_files(small, groups):
    planted = small.truth("target_group").set_index(["school_id", "term"]).pupils
    assert planted.sum() > 20
    assert {key: len(pupils) for key, pupils in groups.items()} == planted[planted > 0].to_dict()


def test_the_planted_reach_follows_from_the_files(small, groups):
    planted = small.truth("reach").set_index(["school_id", "term"])
    supported: dict[str, set[str]] = defaultdict(set)
    for row in small.rows("deltagande"):
        supported[row["Termin"]].add(row["Personnummer"])
    reached = {
        (school, term): len(pupils & supported[term])
        for (school, term), pupils in groups.items()
        if term >= "2013HT" and term != "2013VT"
    }
    assert sum(reached.values()) > 5
    assert reached == planted.reached[planted.target > 0].to_dict()


def test_the_planted_merit_values_follow_the_rule_in_words(small, marks):
    found: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0, 0.0, 0.0])
    final = {(row["Personnummer"], row["Termin"]) for row in small.rows("betyg")
             if row["Slutbetyg"] == "ja"}  # fmt: skip
    final |= {(row["PersonNr"], f"{row['Datum'][:4]}VT") for row in small.rows("slutbetyg")}
    for (pupil, school, term), of_pupil in marks.items():
        points = {s: POINTS[m] for s, m in of_pupil.items() if m in POINTS}
        if (pupil, term) not in final or not points:
            continue
        language = max((p for s, p in points.items() if s.startswith("M2")), default=0)
        others = sorted((p for s, p in points.items() if not s.startswith("M2")), reverse=True)
        year = f"{int(term[:4]) - 1}/{term[2:4]}"
        both = sum(sorted(points.values())[-16:]), sum(others[:16]) + language
        found[school, year] = [a + b for a, b in zip(found[school, year], (1, *both), strict=True)]
    planted = small.truth("merit").set_index(["school_id", "school_year"])
    assert found == dict(zip(planted.index, planted.to_numpy().tolist(), strict=True))


def test_the_planted_eligibility_follows_the_rule_in_words(small, marks):
    planted = small.truth("eligibility").query("programme == 'vocational'")
    term = planted.school_year.map(lambda year: f"20{year[-2:]}VT")
    final = {row["PersonNr"] for row in small.rows("slutbetyg")}
    found = Counter(
        (school, of_term)
        for (pupil, school, of_term), of_pupil in marks.items()
        if pupil in final and of_term == leaving_term(marks, pupil) and is_eligible(of_pupil)
    )
    later = term != "2012VT"
    keys = zip(planted.school_id[later], term[later], strict=True)
    assert dict(found) == dict(zip(keys, planted.eligible[later], strict=True))


def leaving_term(marks: dict[tuple[str, str, str], dict[str, str]], pupil: str) -> str:
    """The last term a pupil was marked in: the one of the final grades."""
    return max((t for p, _, t in marks if p == pupil), key=lambda t: (t[:4], t[4:] == "HT"))


def test_the_planted_goals_count_streck_but_no_adapted_subject(small, marks):
    found: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for (_, school, term), of_pupil in marks.items():
        counted = [mark for mark in of_pupil.values() if mark != "adapted"]
        passed = [mark for mark in counted if mark in PASSING]
        if counted:
            sums = found[school, term]
            found[school, term] = [sums[0] + 1, sums[1] + len(passed), sums[2] + len(counted)]
    planted = small.truth("goal_attainment").set_index(["school_id", "term"])
    assert found == dict(zip(planted.index, planted.to_numpy().tolist(), strict=True))


def test_the_planted_participants_and_dropouts_are_those_of_the_registers(small):
    latest = {}
    for row in sorted(
        small.rows("deltagande"), key=lambda r: (r["Termin"][:4], r["Termin"][4] == "H")
    ):
        latest[row["Projekt, kod"], row["Personnummer"], row["Från"]] = row
    unplanned = {
        "avbruten av elev eller vårdnadshavare",
        "uteblivit",
        "avslutad av projektet i förtid",
    }
    dropouts, participants = (small.truth(name) for name in ("dropouts", "participants"))
    for year in ("2013/14", "2014/15", "2015/16"):
        first, last = f"{year[:4]}-08-01", f"20{year[-2:]}-07-31"
        ended = [row for row in latest.values() if first <= (row["Till"] or "9") <= last]
        active = [r for r in latest.values() if r["Från"] <= last and (r["Till"] or "9") >= first]
        drop, part = (t[t.school_year == year] for t in (dropouts, participants))
        assert drop.ended.sum() == len(ended)
        assert drop.unplanned.sum() == sum(row["Avslutsorsak"] in unplanned for row in ended)
        assert part.active.sum() == len({row["Personnummer"] for row in active})
        assert part.started.sum() == sum(first <= row["Från"] <= last for row in latest.values())


def test_nobody_ends_support_twice_in_a_school_year(small):
    ends = {
        (row["Personnummer"], row["Från"], row["Till"])
        for row in small.rows("deltagande")
        if row["Till"]
    }
    years = Counter((pupil, int(end[:4]) - (end[5:7] < "08")) for pupil, _, end in ends)
    assert years
    assert max(years.values()) == 1


def test_costs_are_whole_kronor_for_every_year_of_the_pilot(small):
    costs = small.truth("costs")
    assert set(costs.school_year) == {"2013/14", "2014/15", "2015/16"}
    assert len(costs) == 6 * costs.project_id.nunique() * 3
    delivered = sum(int(row["Belopp, kronor"]) for row in small.rows("kostnader"))
    assert pd.api.types.is_integer_dtype(costs.amount_sek)
    assert costs.amount_sek.sum() == delivered


def test_one_project_serves_residents_from_spring_2016(small):
    rows = list(small.rows("projektskolor"))
    by_basis = {row["Grund"]: row for row in rows if row["Projekt, kod"] == "ekvallen-projekt"}
    assert by_basis["skola"]["Sista termin"] == "2015HT"
    assert by_basis["boende"]["Första termin"] == "2016VT"
    assert len({row["Projekt, kod"] for row in rows}) == 2


def test_every_place_says_that_it_is_simulated(small):
    assert all("(simulerad)" in row["Stadsdel"] for row in small.rows("stadsdelar"))
    assert all("(simulerad)" in row["Projekt"] for row in small.rows("projekt"))
    assert "simulerade data" in small.city.truth.joinpath("parameters.json").read_text("utf-8")
    assert all(re.fullmatch(r"99\d{6}", row["Skolenhetskod"]) for row in small.rows("skolor"))


def test_months_are_never_sent_twice_over_as_reports_and_as_lessons(small):
    names = small.truth("deliveries").file_name
    months = {
        kind: {name.split("_")[2][:7] for name in names if name.startswith(kind)}
        for kind in ("narvaro", "lektioner")
    }
    assert not months["narvaro"] & months["lektioner"]
    assert len(months["lektioner"]) == 11
