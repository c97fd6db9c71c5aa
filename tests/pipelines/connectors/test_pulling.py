"""A pull from a real HTTP server: what arrives is what the server holds, whatever goes wrong."""

import json
import logging
import os
import shutil
import zipfile
from collections import Counter

import pytest

from pipelines.connectors.delivery import read_entities, read_manifest
from pipelines.connectors.endpoint import PullError
from pipelines.connectors.journal import Journal
from pipelines.core import core_table, sum_of_lessons
from pipelines.ingest.inbox import ingest, ready_files
from pipelines.ingest.placing import archived
from pipelines.ingest.profiles import load_profiles
from pipelines.ingest.recognition import sha256_of
from schemas.attendance import Attendance, Lessons
from schemas.grades import Grades
from schemas.places import Schools
from schemas.pupils import Enrolments
from tests.pipelines.connectors.conftest import faulty, site_of
from tests.pipelines.connectors.ss12000_city import (
    CITY,
    MONTH,
    TERM,
    exported,
    sums_of,
    uuid,
)

LESSONS = ("lessons", "enrolments", "grades", "schools")
SUMS = ("attendance", "enrolments", "grades")
EVERYTHING = {"deliver": LESSONS, "district_type": "Verksamhetsområde"}
WHERE = ("delivery_id", "record_no")
NOT_TOLD = ("residence_district_id", "newly_arrived")


def ingested(workspace):
    ingest(workspace, ready_files(workspace.inbox))
    return {row["file_name"]: row for row in workspace.ledger.rows()}


def rows(table, *without):
    """Rows as a sorted list, without where they stood."""
    kept = [name for name in table.columns if name not in (*WHERE, *without)]
    return sorted(table.select(kept).to_pyarrow().to_pylist(), key=str)


def by_files(workspace):
    """The same month and term ingested from the schools' own files; what a source cannot tell.

    SS 12000 does not tell a late arrival from other absence without a valid reason.
    """
    for name, (header, text) in exported().items():
        (workspace.inbox / name).write_bytes(header + text.replace(b";S\n", b";O\n"))
    return ingested(workspace)


@pytest.fixture(scope="module")
def unhurt(quiet, tmp_path_factory):
    """What a pull without any fault drops, as lessons and as sums."""
    found = {}
    for name, settings in {"lessons": EVERYTHING, "attendance": {"deliver": SUMS}}.items():
        site = site_of(quiet, tmp_path_factory.mktemp(name) / "data", **settings)
        site.pull()
        found[name] = site.inbox()
    return found


def test_the_core_tables_are_those_of_the_schools_own_files(quiet, open_site):
    files, pulled = open_site(quiet), open_site(quiet, **EVERYTHING)
    entries = by_files(files.workspace).values()
    assert [(r["file_name"], r["cause"]) for r in entries if r["status"] != "active"] == []
    shutil.copytree(files.workspace.vault.folder, pulled.workspace.vault.folder, dirs_exist_ok=True)
    done = pulled.pull()
    assert done.dropped == (
        f"ss12000_stad_{MONTH}_v1.zip",
        f"ss12000_stad_{TERM}_v1.zip",
        "ss12000_stad_skolor_v1.zip",
    )
    entries = ingested(pulled.workspace)
    assert [(row["status"], row["quarantined"]) for row in entries.values()] == [("active", 0)] * 3
    for contract, without in ((Lessons, ()), (Enrolments, NOT_TOLD), (Schools, ())):
        found = rows(core_table(pulled.workspace, contract), *without)
        assert found == rows(core_table(files.workspace, contract), *without)
        assert found
    grades = core_table(files.workspace, Grades)
    found = rows(core_table(pulled.workspace, Grades))
    assert found == rows(grades.filter(grades.mark != "adapted"))
    assert found


def test_the_sums_of_the_month_are_the_sums_of_its_lessons(quiet, open_site):
    files, pulled = open_site(quiet), open_site(quiet, deliver=["attendance"])
    by_files(files.workspace)
    shutil.copytree(files.workspace.vault.folder, pulled.workspace.vault.folder, dirs_exist_ok=True)
    assert pulled.pull().dropped == (f"ss12000_stad_{MONTH}_v1.zip",)
    (entry,) = ingested(pulled.workspace).values()
    summed = sum_of_lessons(core_table(files.workspace, Lessons))
    found = rows(core_table(pulled.workspace, Attendance), "origin")
    assert found == rows(summed, "origin")
    assert entry["quarantined"] == 0
    assert entry["accepted"] == len(found) > CITY.schools


@pytest.mark.parametrize("fault", ["429", "503", "500", "dropped", "broken JSON", "page again"])
@pytest.mark.parametrize("number", [1, 3, 6])
def test_a_passing_fault_ends_in_the_same_bytes(quiet, open_site, unhurt, fault, number):
    site = open_site(quiet, deliver=list(SUMS))
    with faulty(quiet, {number: fault}):
        site.pull()
    assert site.inbox() == unhurt["attendance"]
    assert len(quiet.asked) > number
    assert site.waited == {"429": [7.0], "page again": []}.get(fault, [1.0])


def test_many_passing_faults_in_a_month_of_lessons_end_in_the_same_bytes(quiet, open_site, unhurt):
    faults = {2: "429", 5: "503", 9: "dropped", 10: "dropped", 13: "page again", 17: "broken JSON"}
    site = open_site(quiet, **EVERYTHING)
    with faulty(quiet, faults):
        site.pull()
    assert site.inbox() == unhurt["lessons"]
    assert len(quiet.asked) > max(faults)
    assert site.waited == [7.0, 1.0, 1.0, 2.0, 1.0]


def test_a_token_that_runs_out_between_pages_is_read_anew_from_its_file(served, open_site, unhurt):
    """The file is renewed while the request that is refused is already on its way."""
    site = open_site(served, deliver=list(SUMS))

    def run_out(number):
        if number == 3:
            served.tokens = {"second-token"}
            site.renew("second-token")

    served.before = run_out
    site.pull()
    assert site.inbox() == unhurt["attendance"]
    assert site.waited == [0]


def test_a_token_that_ran_out_for_good_is_said_and_the_next_pull_goes_on(served, open_site, unhurt):
    site = open_site(served, deliver=list(SUMS))

    def run_out(number):
        if number == 4:
            served.tokens = {"second-token"}

    served.before = run_out
    with pytest.raises(PullError, match="401: it does not take the token; put a fresh one into"):
        site.pull()
    assert site.inbox() == {}
    site.renew("second-token")
    site.pull()
    assert site.inbox() == unhurt["attendance"]
    questions = [(path, str(query)) for path, query in served.asked]
    assert len(questions) - len(set(questions)) == 1


class KilledError(BaseException):
    """The process is killed."""


@pytest.mark.parametrize("page", [1, 2, 5, 8])
def test_a_pull_that_is_killed_goes_on_from_its_last_page(
    quiet, open_site, unhurt, monkeypatch, page
):
    site = open_site(quiet, deliver=list(SUMS))
    landed = []
    known = Journal.land

    def land(journal, task, entities, token, **more):
        if len(landed) == page:
            raise KilledError
        known(journal, task, entities, token, **more)
        landed.append(task)

    quiet.asked.clear()
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "land", land)
        with pytest.raises(KilledError):
            site.pull()
    assert site.inbox() == {}
    site.pull()
    assert site.inbox() == unhurt["attendance"]
    questions = [(path, str(query)) for path, query in quiet.asked]
    again = len(questions) - len(set(questions))
    assert again == 1, "only the page that was asked for and not kept is asked for twice"


def test_a_whole_pull_goes_on_with_a_whole_pull_and_drops_one_of_what_changed(
    quiet, open_site, unhurt
):
    site = open_site(quiet, deliver=list(SUMS))
    with faulty(quiet, {5: "403"}), pytest.raises(PullError):
        site.pull(whole=True)
    with faulty(quiet, {}):
        site.pull(whole=True)
        assert quiet.asked[0][0] == "/persons"
    with faulty(quiet, {}):
        site.pull(whole=True)
        assert quiet.asked[0] == ("/organisations", {})
    with faulty(quiet, {5: "403"}), pytest.raises(PullError):
        site.pull()
    assert site.pull(whole=True).since is None
    assert site.inbox() == unhurt["attendance"]


def test_pages_of_the_day_before_yesterday_are_not_gone_on_with(quiet, open_site):
    site = open_site(quiet, deliver=list(SUMS))
    with faulty(quiet, {5: "403"}), pytest.raises(PullError):
        site.pull()
    (journal,) = site.workspace.root.rglob("journal.sqlite")
    long_ago = journal.stat().st_mtime - 48 * 3600
    os.utime(journal, (long_ago, long_ago))
    with faulty(quiet, {}):
        site.pull()
        assert quiet.asked[0][0] == "/organisations"


def test_a_token_of_a_page_that_is_no_longer_taken_starts_that_collection_again(
    quiet, open_site, unhurt
):
    site = open_site(quiet, deliver=list(SUMS), page_size=20)
    with faulty(quiet, {5: "403"}), pytest.raises(PullError, match="403"):
        site.pull()
    with faulty(quiet, {1: "400"}):
        site.pull()
        first, again, *_ = quiet.asked
    assert site.inbox() == unhurt["attendance"]
    assert first[0] == again[0]
    assert "pageToken" in first[1]
    assert "pageToken" not in again[1]


def test_pages_that_go_round_in_a_circle_end_in_an_error(served, open_site):
    site = open_site(served, deliver=["grades"], page_size=100)
    known = served.page

    def page(kind, query):
        found = known(kind, query)
        is_last = kind == "grades" and found["pageToken"] is None
        return found | {"pageToken": first_token[-1]} if is_last else _kept(found, kind)

    first_token = []

    def _kept(found, kind):
        if kind == "grades" and not first_token:
            first_token.append(found["pageToken"])
        return found

    served.page = page
    for _ in range(2):
        with pytest.raises(PullError, match="/grades: the endpoint's pages go round in a circle"):
            site.pull()
    assert site.inbox() == {}


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        (dict.fromkeys(range(1, 20), "503"), "/organisations: the endpoint answers 503, 6 times"),
        (dict.fromkeys(range(1, 20), "dropped"), "the connection broke off, 6 times"),
        (dict.fromkeys(range(1, 20), "broken JSON"), "the answer is no JSON, 6 times"),
        ({1: "403"}, "ask the owner of the system for access"),
        ({1: "404"}, "look at url and deliver in sources/stad.toml"),
        ({1: "418"}, "the endpoint answers 418"),
        ({1: "not of the specification"}, "the answer is not of SS 12000; look at url"),
    ],
    ids=["unavailable", "dropped", "broken", "forbidden", "absent", "odd", "foreign"],
)
def test_a_lasting_fault_ends_in_words_that_say_what_to_do(quiet, open_site, faults, words):
    site = open_site(quiet, deliver=["attendance"])
    with faulty(quiet, faults), pytest.raises(PullError) as caught:
        site.pull()
    assert words in str(caught.value)
    assert site.inbox() == {}


def test_a_wait_longer_than_the_patience_of_the_source_is_not_waited(quiet, open_site):
    site = open_site(quiet, deliver=["attendance"], patience=5)
    words = "asks to wait 7 s, more than patience in sources/stad"
    with faulty(quiet, {1: "429"}), pytest.raises(PullError, match=words):
        site.pull()
    assert site.waited == []


def changed(city):
    """Pupils, lessons, sums and grades change, come and go after the first pull."""
    lessons = list(city.entities["attendances"].values())
    first, second, third = lessons[0], lessons[1], lessons[2]
    city.change("attendances", first["id"], isReported=False)
    city.delete("attendances", "Attendance", second["id"])
    city.change("calendarEvents", third["calendarEvent"]["id"], cancelled=True)
    person = next(iter(city.entities["persons"].values()))
    (enrolment, *_) = person["enrolments"]
    city.change("persons", person["id"], enrolments=[enrolment | {"endDate": "2012-10-12"}])
    grades = list(city.entities["grades"].values())
    city.change("grades", grades[0]["id"], gradeValue="F", correctionType="Rättelse")
    city.delete("grades", "Grade", grades[1]["id"])
    event = city.entities["calendarEvents"][lessons[-1]["calendarEvent"]["id"]]
    city.change("calendarEvents", event["id"], startTime="2012-11-05T09:00:00+01:00")
    city.entities["aggregatedAttendance"] = {str(n): s for n, s in enumerate(sums_of(city))}


@pytest.mark.parametrize("deliver", [LESSONS, SUMS], ids=["lessons", "sums"])
def test_a_pull_of_what_changed_gives_the_bytes_of_a_whole_pull(served, open_site, deliver):
    settings = {"deliver": list(deliver), "district_type": "Verksamhetsområde"}
    again, anew = open_site(served, **settings), open_site(served, **settings)
    first = [site.pull() for site in (again, anew)]
    changed(served.city)
    served.asked.clear()
    after = again.pull()
    asked = [query for path, query in served.asked if path == "/persons"]
    whole = anew.pull(whole=True)
    assert again.inbox() == anew.inbox()
    assert [one.since for one in first] == [None, None]
    assert after.since is not None
    assert whole.since is None
    assert asked == [{"meta.modified.after": [after.since]}]
    assert after.dropped == (f"ss12000_stad_{MONTH}_v2.zip", f"ss12000_stad_{TERM}_v2.zip")
    assert after.unchanged == (("ss12000_stad_skolor_v1.zip",) if "schools" in deliver else ())
    gone = {"grades": 1} | ({"attendances": 1} if "lessons" in deliver else {})
    assert after.removed == gone
    assert whole.removed == dict.fromkeys(gone, 0)


def test_a_pull_after_ingestion_goes_on_from_the_archive(served, open_site):
    site = open_site(served, deliver=list(SUMS))
    first = site.pull()
    ingested(site.workspace)
    nothing = site.pull()
    assert nothing.dropped == ()
    assert nothing.unchanged == first.dropped
    assert nothing.since is not None
    changed(served.city)
    second = site.pull()
    profiles = [p for p in load_profiles() if p.name in ("ss12000_month", "ss12000_register")]
    names = zip(profiles, first.dropped, second.dropped, strict=True)
    for profile, before, after in names:
        scope, version = profile.scope(before)
        assert profile.scope(after) == (scope, version + 1)


def test_a_later_month_replaces_the_register_of_the_term_and_not_the_month_before(
    served, open_site
):
    site = open_site(served, deliver=list(SUMS))
    site.pull()
    before = ingested(site.workspace)
    changed(served.city)
    later = [s | {"startDate": "2012-11-01", "endDate": "2012-11-30"} for s in sums_of(served.city)]
    served.city.entities["aggregatedAttendance"] |= {f"later {n}": s for n, s in enumerate(later)}
    assert site.pull(month="2012-11").dropped == (
        "ss12000_stad_2012-11_v1.zip",
        f"ss12000_stad_{TERM}_v2.zip",
    )
    entries = ingested(site.workspace)
    assert {name: entries[name]["status"] for name in before} == {
        f"ss12000_stad_{MONTH}_v1.zip": "active",
        f"ss12000_stad_{TERM}_v1.zip": "superseded",
    }
    pupils = core_table(site.workspace, Enrolments)
    grain = pupils.select(Enrolments.grain()).distinct().count().execute()
    assert grain == pupils.count().execute() > 0


def test_a_month_without_teaching_gives_no_delivery_and_is_read_whole_next_time(served, open_site):
    site = open_site(served, deliver=["attendance", "grades"])
    for _ in range(2):
        pulled = site.pull(month="2012-12")
        assert pulled.empty == ("month",)
        assert pulled.since is None
    assert list(site.inbox()) == [f"ss12000_stad_{TERM}_v1.zip"]


def test_an_event_that_moves_into_the_month_brings_attendances_that_did_not_change(
    served, open_site
):
    city = served.city
    event = next(iter(city.entities["calendarEvents"].values()))
    at = event["startTime"]
    event["startTime"] = "2012-11-05T09:00:00+01:00"
    site = open_site(served, deliver=["lessons"])
    before = site.pull()
    city.change("calendarEvents", event["id"], startTime=at)
    after = site.pull()
    own = [
        a for a in city.entities["attendances"].values() if a["calendarEvent"]["id"] == event["id"]
    ]
    assert after.since is not None
    assert after.entities["calendarEvents"] == before.entities["calendarEvents"] + 1
    assert after.entities["attendances"] == before.entities["attendances"] + len(own)


def test_events_that_bring_no_attendances_are_read_beside_them(served, open_site, unhurt):
    served.expands = False
    site = open_site(served, **EVERYTHING)
    site.pull()
    assert site.inbox() == unhurt["lessons"]
    assert "/attendances" in [path for path, _ in served.asked]


def test_an_endpoint_that_tells_no_deletions_is_read_whole_each_time(served, open_site, unhurt):
    served.lacks = {"deletedEntities"}
    site = open_site(served, deliver=list(SUMS))
    for _ in range(2):
        assert site.pull().since is None
        assert site.inbox() == unhurt["attendance"]


def test_a_source_that_asks_for_something_else_is_read_whole(served, open_site):
    site = open_site(served, deliver=list(SUMS))
    site.pull()
    site.declare(deliver=["enrolments"])
    assert site.pull().since is None


@pytest.mark.parametrize("answer", [404, 403])
def test_an_endpoint_without_groups_leaves_the_classes_unknown_and_says_so(
    served, open_site, answer
):
    site = open_site(served, deliver=["enrolments"])
    if answer == 404:
        served.lacks.add("groups")
        site.pull()
    else:
        with faulty(served, {2: "403"}):
            site.pull()
    assert site.told == [f"/groups: the endpoint answers {answer}; the pupils' classes stay empty"]
    ingested(site.workspace)
    names = core_table(site.workspace, Enrolments).class_name.to_pyarrow().to_pylist()
    assert set(names) == {None}


def test_a_class_that_changes_changes_the_register(served, open_site):
    site = open_site(served, deliver=["enrolments"])
    site.pull()
    key = next(iter(served.city.entities["groups"]))
    served.city.change("groups", key, displayName="Ny 7X")
    assert site.pull().since is not None
    entry = ingested(site.workspace)[f"ss12000_stad_{TERM}_v2.zip"]
    names = core_table(site.workspace, Enrolments).class_name.to_pyarrow().to_pylist()
    assert entry["status"] in ("active", "held")
    with zipfile.ZipFile(archived(site.workspace, entry["delivery_id"])) as archive:
        assert "Ny 7X" in archive.read("groups.jsonl").decode()
    assert entry["status"] == "held" or "Ny 7X" in names


@pytest.mark.parametrize("deliver", ["lessons", "attendance"])
def test_pupils_of_whom_nothing_is_told_are_counted_by_school(served, open_site, deliver):
    kind = {"lessons": "attendances", "attendance": "aggregatedAttendance"}[deliver]
    told = {one["student"]["id"] for one in served.city.entities[kind].values()}
    silenced = sorted(told)[:3]
    served.city.entities[kind] = {
        key: one
        for key, one in served.city.entities[kind].items()
        if one["student"]["id"] not in silenced
    }
    site = open_site(served, deliver=[deliver])
    expected = Counter()
    for key, person in served.city.entities["persons"].items():
        if key in silenced or key not in told:
            expected.update(schools_in_month(served.city, person))
    pulled = site.pull()
    assert pulled.silent == dict(expected)
    assert sum(expected.values()) >= len(silenced)
    (name,) = pulled.dropped
    manifest = read_manifest(site.workspace.inbox / name)
    assert manifest.silent == pulled.silent


def schools_in_month(city, person):
    """Codes of the school units a person is enrolled at in the month."""
    units = {key: one.get("schoolUnitCode") for key, one in city.entities["organisations"].items()}
    return {
        units[one["enroledAt"]["id"]]
        for one in person.get("enrolments", ())
        if one["startDate"] <= f"{MONTH}-31" and one.get("endDate", "9999") >= f"{MONTH}-01"
    }


def test_only_one_pull_of_a_month_at_a_time(quiet, open_site):
    site = open_site(quiet, deliver=list(SUMS))
    folder = site.workspace.root / "pulls" / f"stad_{MONTH}.part"
    with (
        Journal.open(folder),
        pytest.raises(PullError, match="another pull of this month is under way"),
    ):
        site.pull()


def test_no_page_is_asked_for_with_a_filter_beside_its_token(served, open_site):
    site = open_site(served, page_size=100, **EVERYTHING)
    site.pull()
    changed(served.city)
    site.pull()
    tokens = [set(query) for _, query in served.asked if "pageToken" in query]
    assert len(tokens) > 10
    assert all(names == {"pageToken", "limit"} for names in tokens)


def test_names_guardians_addresses_and_reasons_are_never_written(quiet, open_site, monkeypatch):
    site = open_site(quiet, **EVERYTHING)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", lambda *_, **__: None)
        site.pull()
    files = [path for path in site.workspace.root.rglob("*") if path.is_file()]
    assert any(path.suffix == ".sqlite" and "pulls" in path.parts for path in files)
    for path in files:
        texts = [path.read_bytes()]
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                texts = [archive.read(name) for name in archive.namelist()]
        for text in texts:
            assert b"Hemlig" not in text
            assert b"example.org" not in text
            assert b"first-token" not in text or path.name == "stad.token"


def test_neither_log_nor_error_tells_an_address_or_a_token(quiet, open_site, caplog):
    caplog.set_level(logging.DEBUG)
    site = open_site(quiet, deliver=list(SUMS), organisation=uuid("owner"))
    faults = {3: "dropped", 5: "503", **dict.fromkeys(range(9, 40), "dropped")}
    with faulty(quiet, faults), pytest.raises(PullError) as caught:
        site.pull()
    told = "\n".join([caplog.text, str(caught.value), repr(caught.value), *site.told])
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    for secret in ("first-token", uuid("owner"), "pageToken", "Hemlig", "?"):
        assert secret not in told
    assert site.told


def test_a_delivery_is_the_same_wherever_and_whenever_it_is_made(quiet, open_site, unhurt):
    site = open_site(quiet, page_size=37, deliver=list(SUMS))
    site.pull()
    assert site.inbox() == unhurt["attendance"]


def test_what_a_delivery_holds_can_be_read_back(unhurt, tmp_path):
    path = tmp_path / "delivery.zip"
    path.write_bytes(unhurt["attendance"][f"ss12000_stad_{TERM}_v1.zip"])
    with zipfile.ZipFile(path) as archive:
        lines = b"".join(archive.read(name) for name in archive.namelist()).splitlines()
        counts = json.loads(archive.read("manifest.json"))["entities"]
    for kind, count in counts.items():
        found = list(read_entities(path, kind))
        assert len(found) == count
        assert [json.loads(lines[line - 1]) for line, _ in found] == [one for _, one in found]


def test_who_is_referred_to_and_not_listed_is_read_alone(served, open_site, unhurt):
    """A pupil whose enrolment is gone is not among the enrolled, but has sums and grades."""
    person = next(iter(served.city.entities["persons"].values()))
    person["enrolments"] = []
    site = open_site(served, deliver=list(SUMS))
    site.pull()
    assert (f"/persons/{person['id']}", {}) in served.asked
    served.city.entities["persons"].pop(person["id"])
    assert site.pull(whole=True).dropped
    entries = ingested(site.workspace)
    month, term = f"ss12000_stad_{MONTH}_v2.zip", f"ss12000_stad_{TERM}_v2.zip"
    assert entries[month]["quarantined"] == 1
    assert entries[term]["quarantined"] > 1
    assert set(unhurt["attendance"]) <= set(entries)


def test_deletions_that_are_no_longer_told_ask_for_a_whole_pull(served, open_site):
    site = open_site(served, deliver=["grades"])
    site.pull()
    served.lacks = {"deletedEntities"}
    with pytest.raises(PullError, match="does not say what was deleted; pull --whole"):
        site.pull()
    assert site.pull(whole=True).unchanged


@pytest.mark.parametrize("lost", ["note", "delivery", "both halves"])
def test_without_what_an_earlier_pull_left_everything_is_read(served, open_site, lost):
    site = open_site(served, deliver=["grades"])
    site.pull()
    (note,) = site.workspace.root.joinpath("pulls").glob("*.json")
    (delivery,) = site.workspace.inbox.iterdir()
    if lost == "note":
        note.write_text("[", encoding="utf-8")
    elif lost == "delivery":
        delivery.unlink()
    else:
        delivery.write_bytes(delivery.read_bytes()[:500])
        said = json.loads(note.read_text("utf-8"))
        said["deliveries"] = [sha256_of(delivery)]
        note.write_text(json.dumps(said), encoding="utf-8")
    assert site.pull().since is None


def test_a_delivery_that_was_refused_is_dropped_again_as_it_was(served, open_site):
    site = open_site(served, deliver=["grades"])
    for grade in served.city.entities["grades"].values():
        grade["trial"] = True
    name = f"ss12000_stad_{TERM}_v1.zip"
    for _ in range(2):
        assert site.pull().dropped == (name,)
        assert ingested(site.workspace)[name]["status"] == "rejected"
