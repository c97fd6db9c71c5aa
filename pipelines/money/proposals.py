"""Proposals for a decision on a pool: applications as delivered or in a file, the table, the steps.

The rule itself is :mod:`pipelines.money.allocation`. A project stands for its district: a district
with its schools runs one.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Self

from pipelines.core import core_table
from pipelines.money.allocation import (
    AllocationError,
    Allotment,
    Application,
    Terms,
    allocate,
    explained,
    left_over,
)
from pipelines.schools.sheets import (
    book_bytes,
    new_workbook,
    print_wide,
    put_header,
    put_rows,
    set_widths,
)
from pipelines.workspace import Workspace
from schemas.money import GRANT_KINDS, OPERATION, Applications

HEADINGS = (
    "Projekt, kod", "Skolor", "Sökt, kronor", "Tak i första steget, kronor",
    "Första steget, kronor", "Del av återstoden, kronor", "Föreslaget, kronor",
)  # fmt: skip
TOTAL = "Summa"
OERE = 2
"""Decimals of an amount that has not been rounded to whole kronor."""

Row = tuple[str | int | float, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """How a pool is proposed to be divided.

    Attributes:
        terms: What the decision sets.
        allotments: What each project gets, in order of its key.
    """

    terms: Terms
    allotments: tuple[Allotment, ...]

    @classmethod
    def of(cls, applications: Sequence[Application], terms: Terms) -> Self:
        """Divide the pool.

        Raises:
            AllocationError: If the applications or terms cannot be, or nobody who is excluded has
                applied.
        """
        strangers = terms.excluded - {one.district_id for one in applications}
        if strangers:
            raise AllocationError(f"excluded, but not applied: {', '.join(sorted(strangers))}")
        found = allocate(sorted(applications, key=lambda one: one.district_id), terms)
        return cls(terms, tuple(found))

    @property
    def left_sek(self) -> int:
        """What stays in the pool [SEK]."""
        return left_over(self.allotments, self.terms)

    def rows(self) -> list[Row]:
        """A row for each project and the sums, with the columns of :data:`HEADINGS`."""
        asked = [one.application for one in self.allotments]
        sums = (
            TOTAL,
            sum(one.schools for one in asked),
            sum(one.applied_sek for one in asked),
            _shown(sum((one.cap_sek for one in self.allotments), Fraction(0))),
            _shown(sum((one.first_step_sek for one in self.allotments), Fraction(0))),
            _shown(sum((one.rest_sek for one in self.allotments), Fraction(0))),
            sum(one.proposed_sek for one in self.allotments),
        )
        return [*(_row(one) for one in self.allotments), sums]

    def steps(self) -> list[tuple[str, list[str]]]:
        """Each project with the steps to its amount, in words."""
        return [(one.application.district_id, explained(one)) for one in self.allotments]

    def as_csv(self) -> bytes:
        """The table as a file, semicolons between, decimal comma, for a Swedish spreadsheet."""
        text = io.StringIO()
        lines = csv.writer(text, delimiter=";", lineterminator="\r\n")
        lines.writerow(HEADINGS)
        for row in self.rows():
            lines.writerow(str(v).replace(".", ",") if isinstance(v, float) else v for v in row)
        return text.getvalue().encode("utf-8-sig")

    def as_xlsx(self) -> bytes:
        """The table as a workbook, with the steps on a sheet of their own."""
        book, sheet = new_workbook("Fördelning")
        put_header(sheet, 1, HEADINGS)
        put_rows(sheet, 2, self.rows())
        set_widths(sheet, [26, 9, *([20] * (len(HEADINGS) - 2))])
        print_wide(sheet, header_row=1)
        steps = book.create_sheet("Steg")
        put_header(steps, 1, ("Projekt, kod", "Steg"))
        put_rows(steps, 2, [(name, step) for name, all_ in self.steps() for step in all_])
        set_widths(steps, [26, 100])
        return book_bytes(book)


def cap_of(pool_sek: int, applications: Sequence[Application]) -> Fraction:
    """The cap that divides the pool evenly over all the schools applied for [SEK]."""
    return Fraction(pool_sek, max(1, sum(one.schools for one in applications)))


def delivered_applications(workspace: Workspace, year: int) -> list[Application]:
    """The applications of a year for operation, as delivered."""
    rows = core_table(workspace, Applications)
    mine = rows.filter(rows.year == year, rows.kind == OPERATION).to_pyarrow().to_pylist()
    return [Application(one["project_id"], one["schools"], one["applied_sek"]) for one in mine]


def applications_in(path: Path) -> list[Application]:
    """The applications for operation in a CSV file with the headings of the template.

    Columns of other headings are left out of account, so a column of the project, one of the
    schools and one of the amount are enough.

    Raises:
        AllocationError: If the file is no such table, or a number in it is none.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise AllocationError(f"{path.name} cannot be read: {error}") from None
    by_column = {name: heading for heading, name in Applications.template_columns().items()}
    needed = {name: by_column[name] for name in ("project_id", "schools", "applied_sek")}
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    lines = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    lacking = set(needed.values()) - set(lines.fieldnames or ())
    if lacking:
        raise AllocationError(f"{path.name} has no column {', '.join(sorted(lacking))}")
    kind = by_column["kind"]
    operation = next(code.sv for code in GRANT_KINDS if code.code == OPERATION)
    return [
        _application(line, needed, at)
        for at, line in enumerate(lines, 2)
        if (line.get(kind) or operation) == operation
    ]


def _application(line: Mapping[str, str], headings: Mapping[str, str], at: int) -> Application:
    try:
        schools, applied = (
            int("".join((line[headings[name]] or "").split()))
            for name in ("schools", "applied_sek")
        )
    except ValueError:
        raise AllocationError(f"line {at}: schools and amount are whole numbers") from None
    return Application((line[headings["project_id"]] or "").strip(), schools, applied)


def _row(one: Allotment) -> Row:
    asked = one.application
    amounts = (_shown(amount) for amount in (one.cap_sek, one.first_step_sek, one.rest_sek))
    return (asked.district_id, asked.schools, asked.applied_sek, *amounts, one.proposed_sek)


def _shown(amount: Fraction) -> int | float:
    """Whole kronor, or with öre where there are any."""
    return int(amount) if amount.denominator == 1 else round(float(amount), OERE)
