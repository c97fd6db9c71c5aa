"""A small invented city as core tables, straight from its history: no file, no ingestion."""

from dataclasses import dataclass, replace
from functools import cache

import ibis
import numpy as np
import pandas as pd

from pipelines.results import conforming
from pipelines.simulation.absence import MINUTES
from pipelines.simulation.days import term_bounds
from pipelines.simulation.history import live_through
from pipelines.simulation.marks import MARKS, NO_MARK, SUBJECTS
from pipelines.simulation.parameters import Parameters
from pipelines.simulation.pupils import CLASSES
from pipelines.simulation.world import build_world
from schemas.calendar import school_year_of_term
from schemas.contract import load_contracts

CONTRACTS = load_contracts()
RECEIVED = "2011-08-01T00:00:00+00:00"


@dataclass(frozen=True)
class Town:
    """Core tables as frames, and the registers they were made from."""

    attendance: pd.DataFrame
    enrolments: pd.DataFrame
    grades: pd.DataFrame
    schools: pd.DataFrame
    registers: list

    def but(self, **changes):
        """The same with other tables."""
        return replace(self, **changes)

    def tables(self):
        """Every table a judgement reads, but freshness."""
        frames = {
            "attendance": self.attendance,
            "enrolments": self.enrolments,
            "grades": self.grades,
            "schools": self.schools,
        }
        named = {f"core.{name}": frame for name, frame in frames.items()}
        lists = {
            "core.districts": pd.DataFrame({"district_id": ["d"], "district_name": ["D"]}),
            "raw.deliveries": self.ledger(),
        }
        empty = ("core.projects", "core.project_schools", "core.participation", "core.costs",
                 "core.applications", "core.grants", "core.payments", "core.grant_conditions",
                 "core.budgets", "core.accounts", "core.joint_costs",
                 "core.support_contacts", "core.unnamed_reach",
                 "core.target_group_estimates", "core.selection_criteria",
                 "core.design_cards", "core.targets", "core.form_answers", "core.stated_figures",
                 "core.survey_responses", "core.interview_segments",
                 "quarantine.records", "quarantine.mended")  # fmt: skip
        made = {name: as_table(name, frame) for name, frame in {**named, **lists}.items()}
        return made | {name: as_table(name, pd.DataFrame()) for name in empty}

    def ledger(self):
        """A delivery in force for each school and period, received on its due day."""
        frames = [self.attendance, self.enrolments, self.grades]
        ids = sorted({one for frame in frames for one in frame.delivery_id})
        rows = pd.DataFrame({"delivery_id": ids})
        return rows.assign(
            file_name="x", received_at=RECEIVED, version=1, status="active", records=1, accepted=1,
            quarantined=0, duplicates=0, superseded=0, scope=None,
        )  # fmt: skip


def as_table(name: str, frame: pd.DataFrame) -> ibis.Table:
    """A frame as a table of its contract; what it lacks is empty."""
    contract = CONTRACTS[name]
    lacking = [column for column in contract.columns() if column not in frame]
    full = frame.assign(**{column: pd.Series(dtype=object) for column in lacking})
    return conforming(full, contract)


def delivery(kind: str, school: str, period: str) -> str:
    """A key of a delivery that can be told from others by eye."""
    return f"{kind} {school} {period}"


@cache
def town(seed: int = 3, schools: int = 6, years: int = 2, pupils_per_grade: int = 25) -> Town:
    """The city of a seed; made once."""
    parameters = Parameters(
        seed=seed, schools=schools, years=years, pupils_per_grade=pupils_per_grade, lesson_years=0
    )
    world = build_world(parameters)
    history = live_through(world, lambda *_: None)
    codes = np.array(world.places.codes)
    listed = pd.DataFrame({"school_id": codes, "school_name": world.places.names})
    return Town(
        attendance=pd.concat([_month(codes, one) for one in history.registers]),
        enrolments=pd.concat([_register(world, codes, term) for term in parameters.terms]),
        grades=pd.concat([_marks(codes, marks) for marks in history.marks]),
        schools=listed.assign(district_id="d", valid_from="2008-07-01", valid_to=None),
        registers=history.registers,
    )


def _key(pupils):
    return [f"{pupil:032x}" for pupil in pupils]


def _month(codes, register):
    month = register.listed.period
    frame = pd.DataFrame(dict(zip(MINUTES, register.minutes.T, strict=True)))
    schools = codes[register.listed.school]
    return frame.assign(
        student_id=_key(register.listed.pupil),
        school_id=schools,
        month=month,
        origin="month",
        delivery_id=[delivery("narvaro", school, month) for school in schools],
    )


def _register(world, codes, term):
    first, last = term_bounds(term)
    spells = world.spells
    rows = spells.touching(first, last)
    pupil = spells.pupil[rows]
    grade = world.pupils.grade(pupil, int(school_year_of_term(term)[:4]))
    schools = codes[spells.school[rows]]
    ends = pd.Series(spells.last_day[rows]).where(spells.last_day[rows] < last)
    return pd.DataFrame(
        {
            "student_id": _key(pupil),
            "school_id": schools,
            "term": term,
            "grade_level": grade,
            "class_name": [
                f"{level}{CLASSES[letter]}"
                for level, letter in zip(grade, world.pupils.class_letter[pupil], strict=True)
            ],
            "start_date": pd.Series(spells.first_day[rows]).dt.date,
            "end_date": ends.dt.date.astype(object).where(ends.notna(), None),
            "newly_arrived": "no",
            "delivery_id": [delivery("elever", school, term) for school in schools],
        }
    )


def _marks(codes, marks):
    row, subject = np.nonzero(marks.codes != NO_MARK)
    schools = codes[marks.school[row]]
    return pd.DataFrame(
        {
            "student_id": _key(marks.pupil[row]),
            "school_id": schools,
            "term": marks.term,
            "subject_code": np.array(SUBJECTS)[subject],
            "scale_id": marks.scale,
            "mark": np.array(MARKS[marks.scale])[marks.codes[row, subject]],
            "is_final": np.where(marks.is_final[row], "yes", "no"),
            "delivery_id": [delivery("betyg", school, marks.term) for school in schools],
        }
    )
