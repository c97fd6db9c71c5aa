"""Layouts: the shipped ones, the project's own templates, and a new sender's as text alone."""

import datetime as dt
import re

import pytest

from pipelines.ingest import recognition
from pipelines.ingest.profiles import (
    TEMPLATE_NAMES,
    ProfileError,
    load_profiles,
    parse_profile,
    template_profiles,
)
from schemas.contract import load_contracts
from tests.pipelines.ingest.deliveries import (
    ATTENDANCE_NAME,
    SCHOOL,
    csv_text,
    number,
    one,
    profile,
    reasons,
    workbook,
)

SUPPLIER = """
name = "other_system"
container = "csv"
dataset = "attendance"
file_name = 'frv-(?P<school_id>\\d{8})-(?P<month>\\d{4}-\\d{2})(_v(?P<version>\\d))?\\.txt'
encoding = "cp1252"
delimiter = "|"
header_line = 3
columns = ["Elev", "Namn", "Tim", "Rapp", "Giltig", "Ogiltig"]
ignored = ["Namn"]
[[tables]]
table = "core.attendance"
[tables.cells]
student_id = {column = "Elev"}
school_id = {from_name = "school_id"}
month = {from_title = '^Period (\\d{4}-\\d{2})$'}
scheduled_minutes = {column = "Tim", thousands = " "}
reported_minutes = {column = "Rapp"}
authorised_absence_minutes = {column = "Giltig"}
unauthorised_absence_minutes = {column = "Ogiltig", values = {"ingen" = "0", "en dag" = "300"}}
late_minutes = {constant = "0"}
other_activity_minutes = {constant = "0"}
"""

FILLED = {
    "core.districts": ("stadsdelar", {}, [["d1", "Älvstaden"]]),
    "core.schools": ("skolor", {}, [[SCHOOL, "Åskolan", "d1", "2012-08-01", ""]]),
    "core.projects": ("projekt", {}, [["p1", "Örnen", "d1"]]),
    "core.project_schools": (
        "projektskolor",
        {"basis": "school"},
        [["p1", SCHOOL, "2013HT", "", "skola"]],
    ),
    "core.enrolments": (
        f"elever_{SCHOOL}_2015HT",
        {"newly_arrived": "no", "birth_year": 2001, "sex": "female"},
        [[number(1), SCHOOL, "2015HT", 8, "8B", "2015-08-17", "", "", "nej"]],
    ),
    "core.attendance": (
        f"narvaro_{SCHOOL}_2016-03",
        {"origin": "month", "late_minutes": 20},
        [[number(1), SCHOOL, "2016-03", 7000, 6900, 300, 120, 20, 0]],
    ),
    "core.school_absence": (
        f"skolfranvaro_{SCHOOL}_2016-03",
        {"grade_level": None, "pupils": 310, "unauthorised_absence_minutes": 9000},
        [[SCHOOL, "2016-03", "", 310, 2000000, 1990000, 90000, 9000]],
    ),
    "core.survey_responses": (
        f"enkat_trivsel-2016_{SCHOOL}_2016VT",
        {"instrument": "trivsel-2016", "item_code": "q01", "answer": 4, "project_id": None},
        [["trivsel-2016", "2016VT", SCHOOL, "", number(1), "q01", 4]],
    ),
    "core.grades": (
        f"betyg_{SCHOOL}_2016VT",
        {"mark": "-", "is_final": "yes"},
        [[number(1), SCHOOL, "2016VT", "SVA", "A-F", "-", "ja"]],
    ),
    "core.participation": (
        "deltagande_p1_2015HT",
        {"end_reason": "ended_by_family"},
        [[number(1), "p1", SCHOOL, "2015HT", "2015-09-01", "2016-06-01", "2015-11-02",
          "avbruten av elev eller vårdnadshavare"]],
    ),
    "core.support_contacts": (
        "kontakter_p1_2016-03",
        {"kind": "talk", "way": "direct", "contacts": 4},
        [[number(1), "p1", "2016-03", "samtal med eleven", "direkt", 4, 180]],
    ),
    "core.unnamed_reach": (
        "indirekt_p1_2016VT",
        {"pupils": 40},
        [["p1", "2016VT", 40]],
    ),
    "core.target_group_estimates": (
        f"malgrupp_{SCHOOL}_2016VT",
        {"low": 8, "mid": 12, "high": 20},
        [[SCHOOL, "2016VT", 8, 12, 20]],
    ),
    "core.selection_criteria": (
        f"urval_{SCHOOL}_2016VT",
        {"criterion": "social_worry"},
        [[SCHOOL, "2016VT", "social oro"]],
    ),
    "core.design_cards": (
        "designkort_p1_2016",
        {"facet": "caseload", "value": 12.5, "year": 2016, "code": None},
        [["p1", "2016", "Elever per årsarbetare", "", "12.5"]],
    ),
    "core.targets": (
        "ambitioner_staden_2016",
        {"project_id": "staden", "measure": "pupils", "target": 230.0, "previous_value": 160.0},
        [["staden", "2016", "Elever som fått stöd", "230", "160"]],
    ),
    "core.stated_figures": (
        "uppgifter_d5",
        {"statistic": "change_percent", "stated": 33.0, "rounding": 1.0},
        [["d5", "sidan 2", "staden", "Avsatta medel, kronor", "förändring i procent",
          "2016-12-31", "2015-12-31", "33", "1", "", ""]],
    ),
    "core.interview_segments": (
        "intervjuer_p1_kodare-1",
        {"interview_round": "six_months", "informant_role": "counsellor", "may_be_quoted": None},
        [["p1", SCHOOL, "efter sex månader", "i1", "kurator", 3, "kodare-1", "joint_team", "ja",
          "Vi ses varje vecka.", ""]],
    ),
    "core.costs": (
        "kostnader_p1_2015-16",
        {"category": "other", "school_year": "2015/16"},
        [["p1", "2015/16", "övrigt", 1200000]],
    ),
    "core.joint_costs": (
        "gemensamma_kostnader_2015-16",
        {"category": "training", "school_year": "2015/16", "amount_sek": 300000},
        [["2015/16", "utbildning", 300000]],
    ),
    "core.price_index": (
        "prisindex",
        {"school_year": "2015/16", "price_level": 104.5},
        [["2015/16", 104.5]],
    ),
    "core.applications": (
        "ansokningar_2014",
        {"year": 2014, "kind": "operation", "schools": 3, "pupils": None, "applied_sek": 1134896},
        [["p1", 2014, "verksamhet", 3, "", 1134896]],
    ),
    "core.grants": (
        "bidragsbeslut_2014",
        {"kind": "supervision", "decided_on": dt.date(2014, 1, 30), "granted_sek": 25000},
        [["p1", 2014, "handledning", "2014-01-30", 25000]],
    ),
    "core.payments": (
        "utbetalningar_2014",
        {"movement": "repayment", "paid_on": dt.date(2014, 12, 15), "amount_sek": 4711},
        [["p1", 2014, "verksamhet", "återbetalning", "2014-12-15", 4711]],
    ),
    "core.grant_conditions": (
        "bidragsvillkor_2014",
        {"condition": "plan", "met_on": None},
        [["p1", 2014, "plan beslutad av styrgruppen", ""]],
    ),
    "core.budgets": (
        "budget_p1_2014",
        {"project_id": "p1", "year": 2014, "category": "staff", "amount_sek": 900000},
        [["p1", 2014, "verksamhet", "personal", 900000]],
    ),
    "core.accounts": (
        "redovisning_p1_2014",
        {"kind": "operation", "category": "other", "amount_sek": 0},
        [["p1", 2014, "verksamhet", "övrigt", 0]],
    ),
}  # fmt: skip


def test_every_layout_has_a_name_of_its_own():
    names = [profile.name for profile in load_profiles()]
    assert len(set(names)) == len(names)
    shipped = {"lesson_export", "scb_grade9", "skolverket_grade6", "skolverket_municipal_costs"}
    assert {*shipped, "uci_student", "attendance_template_xlsx"} <= set(names)


@pytest.mark.parametrize("layout", load_profiles(), ids=lambda layout: layout.name)
def test_a_layout_fills_every_column_that_must_be_filled(layout):
    for mapping in layout.tables:
        contract = load_contracts()[mapping.table]
        by_identity = {"birth_year", "sex"} & set(contract.columns())
        filled = {*mapping.cells, *(name for one in mapping.unpivot for name in one.set)}
        needed = {
            name
            for name, column in contract.to_schema().columns.items()
            if not column.nullable and "constant" not in (column.metadata or {})
        }
        assert needed - by_identity - {"delivery_id", "record_no"} <= filled
        assert layout.ignored <= set(layout.columns)


@pytest.mark.parametrize("container", ["csv", "xlsx"])
@pytest.mark.parametrize("table", TEMPLATE_NAMES)
def test_a_filled_in_template_is_accepted_as_it_was_meant(workspace, tmp_path, table, container):
    stem, expected, rows = FILLED[table]
    contract = load_contracts()[table]
    headings = list(contract.template_columns())
    if container == "csv":
        content = csv_text(headings, rows).encode("utf-8-sig")
    else:
        content = workbook(tmp_path / "t.xlsx", headings, rows).read_bytes()
    found = one(workspace, f"{stem}.{container}", content)
    assert found.held == []
    assert (found.entry["status"], found.entry["accepted"]) == ("active", 1)
    (row,) = found.accepted[table.split(".")[1]]
    assert list(row) == contract.columns()
    assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize("layout", template_profiles(), ids=lambda layout: layout.name)
def test_a_correction_is_about_what_it_corrects(layout):
    stem = FILLED[layout.tables[0].table][0]
    first, version = layout.scope(f"{stem}.{layout.container}")
    assert version == 1
    assert layout.scope(f"{stem}_v12.{layout.container}") == (first, 12)
    assert first.startswith(layout.dataset)
    assert layout.named(f"{stem}_v0.{layout.container}") is None
    assert layout.named(f"../{stem}.{layout.container}") is None
    with pytest.raises(ProfileError, match=f"does not fit the names of {layout.name}"):
        layout.scope("something else.csv")


def test_a_school_year_in_a_name_is_written_as_in_the_tables():
    named = profile("costs_template_csv").named("kostnader_p1_2015-16.csv")
    assert named == {"project_id": "p1", "school_year": "2015/16"}


def test_a_name_in_decomposed_letters_is_the_same_name():
    name = "Grundskola - Betyg a\u030arskurs 6, andel som fa\u030att godka\u0308nt betyg (A-E), "
    assert profile("skolverket_grade6").named(f"{name}samtliga elever 2024 Kommun.csv") == {
        "year": "2024"
    }


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ('table = "core.attendance"', 'table = "core.weather"', "no table core.weather"),
        ('table = "core.attendance"', 'table = "core.students"', "no table core.students"),
        ("late_minutes =", "lateness =", r"not filled \['late_minutes'\].*\['lateness'\]"),
        ('column = "Rapp"', 'column = "Rap"', r"not in the file \['Rap'\]"),
        ('delimiter = "|"', 'separator = "|"', "profile other_system: .*separator"),
        ("thousands = ", "tousands = ", "profile other_system: .*tousands"),
    ],
)
def test_a_layout_that_names_what_does_not_exist_is_refused_by_name(old, new, names):
    with pytest.raises(ProfileError, match=names):
        parse_profile(SUPPLIER.replace(old, new))


@pytest.mark.parametrize("without", ["file_name", "columns", "dataset"])
def test_a_layout_that_lacks_a_setting_is_refused_by_name(without):
    lines = [line for line in SUPPLIER.splitlines() if not line.startswith(f"{without} =")]
    with pytest.raises(ProfileError, match=f"other_system.*{without}"):
        parse_profile("\n".join(lines))


def test_an_unpivoted_column_must_be_in_the_file():
    text = """
name = "wide"
container = "csv"
dataset = "wide"
file_name = 'wide\\.csv'
columns = ["Omr", "Antal"]
[[tables]]
table = "core.benchmarks"
unpivot = [{column = "Antalet", set = {measure = "pupils"}, append = {measure = "Enhet"}}]
[tables.cells]
report = {constant = "r"}
year = {constant = "2024"}
area_code = {column = "Omr"}
area_name = {column = "Omr"}
provider_type = {constant = "x"}
value = {column = "*"}
state = {constant = "reported"}
"""
    with pytest.raises(ProfileError, match=r"not in the file \['Antalet', 'Enhet'\]"):
        parse_profile(text)


def test_a_new_senders_files_are_read_by_a_declared_layout_alone(workspace, monkeypatch):
    layouts = (*load_profiles(), parse_profile(SUPPLIER))
    monkeypatch.setattr(recognition, "load_profiles", lambda: layouts)
    lines = [
        "Skolsystemet", "Period 2016-03", "Elev|Namn|Tim|Rapp|Giltig|Ogiltig",
        f"{number(1)}|Åsa Öst|7\u00a0000|6900|300|ingen",
        f"{number(2)}|Bo Ek|7 000|6900|300|en dag",
        f"{number(3)}|Cy Alm|7 000|6900|300|två dagar",
    ]  # fmt: skip
    content = "\r\n".join(lines).encode("cp1252")
    found = one(workspace, f"frv-{SCHOOL}-2016-03.txt", content)
    assert found.entry["scope"] == f"attendance {SCHOOL} 2016-03"
    rows = found.accepted["attendance"]
    assert [row["scheduled_minutes"] for row in rows] == [7000, 7000]
    assert [row["unauthorised_absence_minutes"] for row in rows] == [0, 300]
    assert reasons(found) == {3: "unauthorised_absence_minutes: not one of the codes"}
    assert found.held[0]["line_no"] == 6


def test_two_layouts_that_both_fit_read_nothing(workspace, monkeypatch):
    second = profile("attendance_template_csv")
    twin = parse_profile(SUPPLIER)
    twin = type(twin)(**{name: getattr(second, name) for name in second.__slots__} | {"name": "z"})
    layouts = (*load_profiles(), twin)
    monkeypatch.setattr(recognition, "load_profiles", lambda: layouts)
    headings = list(load_contracts()["core.attendance"].template_columns())
    found = one(workspace, ATTENDANCE_NAME, csv_text(headings, []).encode())
    assert found.entry["status"] == "rejected"
    assert found.entry["cause"] == ("ambiguous: several layouts fit: attendance_template_csv, z")


def test_two_layouts_of_one_name_are_told_apart_by_their_headers(workspace, monkeypatch):
    text = re.sub(r"(?m)^file_name = .*$", f"file_name = '{ATTENDANCE_NAME}'", SUPPLIER)
    layouts = (*load_profiles(), parse_profile(text))
    monkeypatch.setattr(recognition, "load_profiles", lambda: layouts)
    _, _, rows = FILLED["core.attendance"]
    headings = list(load_contracts()["core.attendance"].template_columns())
    found = one(workspace, ATTENDANCE_NAME, csv_text(headings, rows).encode())
    assert found.entry["profile"] == "attendance_template_csv"


REGISTER = """
name = "register_without_numbers"
container = "csv"
dataset = "register"
file_name = 'register_(?P<term>\\d{4}VT)_(?P<area>\\w+)\\.csv'
columns = ["Skola", "Årskurs"]
same_as_name = ["area", "term"]
[[tables]]
table = "core.enrolments"
[tables.cells]
student_id = {row_identity = true}
school_id = {column = "Skola"}
term = {from_name = "term"}
grade_level = {column = "Årskurs"}
class_name = {constant = ""}
start_date = {constant = "2016-01-11"}
end_date = {constant = ""}
residence_district_id = {from_name = "district"}
newly_arrived = {constant = "unknown"}
"""


def test_what_a_file_does_not_tell_is_left_empty(workspace, monkeypatch):
    layouts = (parse_profile(REGISTER),)
    monkeypatch.setattr(recognition, "load_profiles", lambda: layouts)
    found = one(workspace, "register_2016VT_norr.csv", f"Skola;Årskurs\n{SCHOOL};8\n".encode())
    (row,) = found.accepted["enrolments"]
    untold = ("birth_year", "sex", "class_name", "end_date", "residence_district_id")
    assert [row[name] for name in untold] == [None] * 5
    assert (row["term"], row["grade_level"]) == ("2016VT", 8)
