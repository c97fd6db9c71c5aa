"""How each kind of delivery is laid out, and the faults a sender may make in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.ambitions import StatedFigures, Targets
from schemas.attendance import Attendance
from schemas.contract import Delivered
from schemas.designs import DesignCards
from schemas.grades import Grades
from schemas.interviews import InterviewSegments
from schemas.money import (
    Accounts,
    Applications,
    Budgets,
    GrantConditions,
    Grants,
    JointCosts,
    Payments,
    PriceIndex,
)
from schemas.participation import SupportContacts, UnnamedReach
from schemas.places import Districts, Projects, ProjectSchools, Schools
from schemas.pupils import Enrolments
from schemas.support import Costs, Participation
from schemas.surveys import SurveyResponses
from schemas.target_group import SelectionCriteria, TargetGroupEstimates

Fields = dict[str, str]
"""One record, by column."""

DELIMITER = ";"
BYTE_ORDER_MARK = "\ufeff"
LESSON_COLUMNS = (
    "personnummer", "skolenhetskod", "datum", "start", "amne", "minuter", "franvaro_min",
    "franvarotyp",
)  # fmt: skip
SCB_COLUMNS = (
    "System", "Datum", "Version", "PersonNr", "Skolenhetskod", "Klass", "Fornamn", "Efternamn",
    "Bl", "En", "Hkk", "Idh", "Ma", "M1 språk", "M1 betyg", "M2 språk", "M2 betyg", "ML språk",
    "ML betyg", "Mu", "Bi", "Fy", "Ke", "Ge", "Hi", "Re", "Sh", "Sl", "Sv", "Sva", "Tn", "Tk",
    "OVR",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A kind of delivered file.

    Attributes:
        kind: First word of the file name.
        columns: Columns in order; those of the contract where the file is a template.
        header: First line as bytes, with its line end; empty where the file has none.
        encoding: How the records are encoded.
        identity: Column of the identity number; empty where nobody is named.
        faults: Values that no reader may accept, by column, one fault each.
        misprint: Turns a record into one that is wrong but can be accepted.
    """

    kind: str
    columns: tuple[str, ...]
    header: bytes
    encoding: str = "utf-8"
    identity: str = ""
    faults: tuple[Mapping[str, str], ...] = ()
    misprint: Callable[[Fields], Fields] | None = field(default=None)


@dataclass(frozen=True, slots=True)
class Lines:
    """Records as text: one buffer and where each record starts in it.

    Attributes:
        text: All records, each with its line end, UTF-8.
        offsets: Start of each record and the end of the last, shape [records + 1].
    """

    text: bytes
    offsets: npt.NDArray[np.int32]

    def between(self, first: int, end: int) -> bytes:
        """Records ``first`` to ``end``, the latter left out."""
        return self.text[self.offsets[first] : self.offsets[end]]


def lines_of(layout: Layout, columns: Mapping[str, pa.Array | str]) -> Lines:
    """Write records of a layout; an empty field where a value is missing.

    Args:
        layout: Names the columns and their order.
        columns: Values by column; one text for all records where it does not vary.
    """
    texts = [_as_text(columns[name]) for name in layout.columns]
    joined = pc.binary_join_element_wise(
        *texts, DELIMITER, null_handling="replace", null_replacement=""
    )
    return joined_lines(joined, "\n")


def joined_lines(*parts: pa.Array | str) -> Lines:
    """Put the parts of each record beside each other."""
    joined = pc.binary_join_element_wise(*parts, "")
    _, offsets, text = joined.buffers()
    places = np.frombuffer(offsets, dtype=np.int32)[: len(joined) + 1]
    return Lines(text.to_pybytes()[: places[-1]] if len(joined) else b"", places)


def _as_text(values: pa.Array | str) -> pa.Array | str:
    if isinstance(values, str) or pa.types.is_string(values.type):
        return values
    return pc.cast(values, pa.string())


def _template(kind: str, contract: type[Delivered], *faults: Mapping[str, str]) -> Layout:
    headings = contract.template_columns()
    columns = tuple(headings.values())
    return Layout(
        kind=kind,
        columns=columns,
        header=f"{BYTE_ORDER_MARK}{DELIMITER.join(headings)}\n".encode(),
        identity="student_id" if "student_id" in columns else "",
        faults=faults,
        misprint=MISPRINTS.get(kind),
    )


def _fewer_minutes(record: Fields) -> Fields:
    away = int(record["unauthorised_absence_minutes"]) // 2
    late = min(away, int(record["late_minutes"]))
    return {**record, "unauthorised_absence_minutes": f"{away}", "late_minutes": f"{late}"}


def _lower_mark(record: Fields) -> Fields:
    lower = {"B": "C", "C": "D", "MVG": "VG", "VG": "G"}
    return {**record, "mark": lower.get(record["mark"], record["mark"])}


def _authorised_instead(record: Fields) -> Fields:
    status = record["franvarotyp"]
    return {**record, "franvarotyp": "G" if status == "O" else status}


MISPRINTS: Mapping[str, Callable[[Fields], Fields]] = {
    "narvaro": _fewer_minutes,
    "betyg": _lower_mark,
}
DISTRICT_LIST = _template("stadsdelar", Districts)
SCHOOL_LIST = _template("skolor", Schools)
PROJECT_LIST = _template("projekt", Projects)
PROJECT_SCHOOL_LIST = _template("projektskolor", ProjectSchools)
COST_ACCOUNT = _template("kostnader", Costs)
PUPIL_REGISTER = _template(
    "elever", Enrolments, {"newly_arrived": "kanske"}, {"grade_level": "sju"}
)
MONTH_REPORT = _template(
    "narvaro",
    Attendance,
    {"reported_minutes": "många"},
    {"unauthorised_absence_minutes": "12000"},
    {"month": "2009-10"},
)
GRADE_LIST = _template("betyg", Grades, {"mark": "H"}, {"subject_code": "XX"})
SUPPORT_REGISTER = _template(
    "deltagande", Participation, {"end_date": "2099-01-01", "end_reason": "slut"}
)
LESSON_REPORT = Layout(
    kind="lektioner",
    columns=LESSON_COLUMNS,
    header=f"{DELIMITER.join(LESSON_COLUMNS)}\n".encode("ascii"),
    encoding="ascii",
    identity="personnummer",
    faults=(
        {"minuter": "sextio"},
        {"franvaro_min": "500", "franvarotyp": "O"},
        {"datum": "2009-10-01"},
        {"franvarotyp": "X"},
    ),
    misprint=_authorised_instead,
)
FINAL_GRADES = Layout(
    kind="slutbetyg",
    columns=SCB_COLUMNS,
    header=b"",
    encoding="cp1252",
    identity="PersonNr",
    faults=({"Ma": "Q"},),
)
TOLD = {
    "core.support_contacts": (_template("kontakter", SupportContacts), ("project_id", "month")),
    "core.unnamed_reach": (_template("indirekt", UnnamedReach), ("project_id", "term")),
    "core.target_group_estimates": (
        _template("malgrupp", TargetGroupEstimates),
        ("school_id", "term"),
    ),
    "core.selection_criteria": (_template("urval", SelectionCriteria), ("school_id", "term")),
    "core.design_cards": (_template("designkort", DesignCards), ("project_id", "year")),
    "core.targets": (_template("ambitioner", Targets), ("project_id", "year")),
    "core.survey_responses": (
        _template("enkat", SurveyResponses),
        ("instrument", "school_id", "term"),
    ),
    "core.interview_segments": (
        _template("intervjuer", InterviewSegments),
        ("project_id", "coder"),
    ),
    "core.stated_figures": (_template("uppgifter", StatedFigures), ("document",)),
    "core.applications": (_template("ansokningar", Applications), ("year",)),
    "core.grants": (_template("bidragsbeslut", Grants), ("year",)),
    "core.payments": (_template("utbetalningar", Payments), ("year",)),
    "core.grant_conditions": (_template("bidragsvillkor", GrantConditions), ("year",)),
    "core.budgets": (_template("budget", Budgets), ("project_id", "year")),
    "core.accounts": (_template("redovisning", Accounts), ("project_id", "year")),
    "core.joint_costs": (_template("gemensamma_kostnader", JointCosts), ("school_year",)),
    "core.price_index": (_template("prisindex", PriceIndex), ()),
}
"""Layout of what is told of the pilot, by core table, and the columns its file's name states."""

LAYOUTS: Sequence[Layout] = (
    DISTRICT_LIST,
    SCHOOL_LIST,
    PROJECT_LIST,
    PROJECT_SCHOOL_LIST,
    PUPIL_REGISTER,
    MONTH_REPORT,
    LESSON_REPORT,
    GRADE_LIST,
    FINAL_GRADES,
    SUPPORT_REGISTER,
    COST_ACCOUNT,
)
"""Those that a sender may get wrong; what is told of the pilot comes as it should."""
