"""Disclosure control (röjandekontroll): which cells may be printed. It fails closed.

Primary: a cell that rests on fewer than ten pupils, or a share that tells of fewer than ten who
are, or who are not, what it counts. Complementary: further cells, the smallest first, until no
primary cell can be worked out from the sums that are printed; where no part is left to hide, the
whole is. A project less its participants is a cell as well, though it is never printed. The groups
of the city (girls and boys, grade levels, newly arrived or not) add up to it too.

Indicators on the same pupils hide the same cells for want of pupils, so that none shows the
pupils that another hides. Not covered: two indicators on almost the same pupils, and two releases
of the same year.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.comparisons.intervals import FloatArray
from pipelines.indicators.registry import Indicator
from pipelines.releases.attack import Mask, System
from pipelines.releases.cover import covered
from pipelines.results import (
    CHANGES,
    CITY,
    PILOT,
    SINCE_BASELINE,
    Places,
    memberships,
    school_year_before,
)
from schemas.groups import GROUPINGS
from schemas.results import BASELINE, PublishedResults
from schemas.rules import SUPPRESSION_THRESHOLD

THRESHOLD = int(max(SUPPRESSION_THRESHOLD).value)
LOWEST_THRESHOLD = 5

SMALL_GROUP = 30
"""In a group smaller than this, "all" or "none" tells of each of its pupils (trust D.2)."""

DOUBT = 0.2
"""Narrowest interval to leave around a hidden amount that is no count, of the amount."""

FIGURES = ["students", "numerator", "denominator", "value", "lower", "upper"]

Cell = tuple[str, str]
Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class _Table:
    """One indicator and school year; arrays are in the order of ``cells``.

    Attributes:
        cells: (level, unit_id); level ``remainder`` is a project less its participants.
        system: Amounts and sums. Amounts: pupils; numerator; denominator, or in a share the
            pupils it does not count.
        is_small: Cells of too few pupils.
        is_telling: Shares that tell of too few.
        width: Doubt to leave around a primary cell, shape (q, c).
    """

    cells: list[Cell]
    system: System
    is_small: Mask
    is_telling: Mask
    width: FloatArray


def published(
    results: pd.DataFrame,
    places: Places,
    indicators: Mapping[str, Indicator],
    *,
    threshold: int = THRESHOLD,
) -> pd.DataFrame:
    """Results as they may leave: a hidden row keeps its names and loses every figure.

    A change goes too where the year it counts from is hidden, or it would tell that year's value.

    Args:
        results: Rows of :class:`schemas.results.Results`, all indicators together.
        places: Which schools the groups and the projects are sums of.
        indicators: The registry, which says what is a share.
        threshold: Fewest pupils a cell may rest on [count].

    Returns:
        Rows of :class:`schemas.results.PublishedResults`, in the same order.

    Raises:
        ValueError: If ``threshold`` is below 5.
    """
    if threshold < LOWEST_THRESHOLD:
        raise ValueError(f"a threshold is never below {LOWEST_THRESHOLD}, got {threshold}")
    seen = results.loc[results.level == "school", ["unit_id", "school_year"]].drop_duplicates()
    members = memberships(places, seen.rename(columns={"unit_id": "school_id"}))
    states: dict[Key, str] = {}
    for year, rows in results.groupby("school_year"):
        parts = _schools(members[members.school_year == year])
        tables = {
            str(name): _table(
                cells, parts, is_share=indicators[str(name)].kind == "share", threshold=threshold
            )
            for name, cells in rows.groupby("indicator")
        }
        for (name, level, unit_id), state in _states(tables).items():
            states[name, level, unit_id, str(year)] = state
    return _bare(results, states)


def _bare(results: pd.DataFrame, states: Mapping[Key, str]) -> pd.DataFrame:
    """The rows with their states, and no figure where the state is not ``shown``."""
    keys = results[["indicator", "level", "unit_id", "school_year"]].to_numpy().tolist()
    rows = results.assign(state=[states[tuple(key)] for key in keys])
    is_hidden = (rows.state != "shown").to_numpy()
    was_hidden = _hidden(states, [(i, v, u, school_year_before(y)) for i, v, u, y in keys])
    began_hidden = _hidden(states, [(i, v, u, BASELINE) for i, v, u, _ in keys])
    rows["students"] = rows.students.astype("Int64")
    rows.loc[is_hidden, FIGURES] = None
    rows.loc[is_hidden | was_hidden, list(CHANGES)] = None
    rows.loc[is_hidden | began_hidden, list(SINCE_BASELINE)] = None
    rows.loc[began_hidden, "baseline"] = None
    return rows[PublishedResults.columns()]


def _hidden(states: Mapping[Key, str], keys: Sequence[Key]) -> Mask:
    return np.array([states.get(key, "shown") != "shown" for key in keys], dtype=bool)


def _states(tables: Mapping[str, _Table]) -> dict[tuple[str, str, str], str]:
    """The state of every cell of every indicator in one school year."""
    states: dict[tuple[str, str, str], str] = {}
    for names in _on_the_same_pupils(tables):
        first = tables[names[0]]
        demand = np.where(first.is_small, first.width, 0.0)
        demand[1:] = 0.0
        small = covered(first.system, first.is_small | _remainders(first), demand)
        for name in names:
            states |= {(name, *cell): word for cell, word in _words(tables[name], small).items()}
    return states


def _words(table: _Table, small: Mask) -> dict[Cell, str]:
    """The state of each printed cell; ``small`` is hidden for want of pupils, here or beside."""
    primary = table.is_small | table.is_telling
    hidden = covered(table.system, small | primary, np.where(primary, table.width, 0.0))
    words = np.where(primary, "suppressed", np.where(hidden, "protected", "shown"))
    cells = zip(table.cells, words, strict=True)
    return {cell: str(word) for cell, word in cells if cell[0] != "remainder"}


def _on_the_same_pupils(tables: Mapping[str, _Table]) -> list[list[str]]:
    """Names of the indicators, together where every cell has as many pupils in each."""
    alike: dict[tuple[object, ...], list[str]] = {}
    for name, table in tables.items():
        pupils = tuple(zip(table.cells, table.system.amounts[0], strict=True))
        alike.setdefault(pupils, []).append(name)
    return list(alike.values())


def _remainders(table: _Table) -> Mask:
    return np.array([level == "remainder" for level, _ in table.cells], dtype=bool)


def _schools(members: pd.DataFrame) -> dict[Cell, list[str]]:
    """The schools of every unit in one school year."""
    schools: dict[Cell, list[str]] = {}
    for level, unit_id, school_id in zip(
        members.level, members.unit_id, members.school_id, strict=True
    ):
        schools.setdefault((level, unit_id), []).append(school_id)
    return schools


def _table(
    rows: pd.DataFrame, schools: Mapping[Cell, list[str]], *, is_share: bool, threshold: int
) -> _Table:
    """One indicator and school year, its primary cells found."""
    third = rows.denominator - rows.numerator if is_share else rows.denominator
    columns = np.stack([rows.students, rows.numerator, third]).astype("float64")
    printed = dict(zip(zip(rows.level, rows.unit_id, strict=True), columns.T.tolist(), strict=True))
    amounts = _with_remainders({cell: np.array(column) for cell, column in printed.items()})
    cells = sorted(amounts)
    judged = np.stack([amounts[cell] for cell in cells], axis=1)
    system = _system(cells, amounts, schools)
    counts = np.full_like(judged, threshold / 2)
    width = counts if is_share else np.vstack([counts[:1], _doubt(system.amounts[1:])])
    return _Table(
        cells=cells,
        system=system,
        is_small=(judged[0] > 0) & (judged[0] < threshold),
        is_telling=_is_telling(judged, threshold) if is_share else np.zeros(len(cells), dtype=bool),
        width=width,
    )


def _doubt(amounts: FloatArray) -> FloatArray:
    return np.asarray(np.maximum(DOUBT * amounts, 1e-3))


def _is_telling(amounts: FloatArray, threshold: int) -> Mask:
    """Shares of too few pupils counted, or not counted; "all" and "none" in a small group."""
    pupils, counted, others = amounts
    few = np.minimum(counted, others)
    return np.asarray(
        (few > 0) & (few < threshold) | (few == 0) & (pupils > 0) & (counted + others < SMALL_GROUP)
    )


def _with_remainders(amounts: Mapping[Cell, FloatArray]) -> dict[Cell, FloatArray]:
    """The cells, and what each project has besides its participants, where that makes sense."""
    whole = {
        unit_id: amounts["project", unit_id] - participants
        for (level, unit_id), participants in amounts.items()
        if level == "participants" and ("project", unit_id) in amounts
    }
    rest = {("remainder", unit_id): left for unit_id, left in whole.items() if (left >= 0).all()}
    return {**amounts, **rest}


def _system(
    cells: list[Cell], printed: Mapping[Cell, FloatArray], schools: Mapping[Cell, list[str]]
) -> System:
    """The sums between the cells, and amounts that obey them.

    A pupil at two schools is printed twice among the schools and once in the city. The system
    takes the city to be the sum of its schools, which is the best a reader can do.
    """
    amounts = {cell: _additive(cell, printed, schools) for cell in cells}
    for one in GROUPINGS:
        _fit(amounts, [cell for cell in cells if cell[0] == one.name])
    for level, unit_id in cells:
        if level == "remainder":
            whole, part = amounts["project", unit_id], amounts["participants", unit_id]
            amounts[level, unit_id] = whole - part
    sums, is_tree = _sums(cells, schools)
    least = np.zeros((3, len(cells)))
    least[0] = [level != "remainder" for level, _ in cells]
    stacked = np.stack([amounts[cell] for cell in cells], axis=1)
    return System(sums=_signs(cells, sums), amounts=stacked, least=least, is_tree=is_tree)


def _additive(
    cell: Cell, printed: Mapping[Cell, FloatArray], schools: Mapping[Cell, list[str]]
) -> FloatArray:
    """The sum of a unit's schools; what is printed, where a unit is not made of schools."""
    own = [printed["school", s] for s in schools.get(cell, []) if ("school", s) in printed]
    return np.sum(own, axis=0, dtype="float64") if own else printed[cell]


def _fit(amounts: dict[Cell, FloatArray], groups: Sequence[Cell]) -> None:
    """Let the groups of the city add up to it; the largest takes what pupils at two schools add."""
    if groups:
        largest = max(groups, key=lambda cell: float(amounts[cell][0]))
        rest = np.sum([amounts[cell] for cell in groups if cell != largest], axis=0)
        amounts[largest] = amounts["city", CITY] - rest


def _sums(
    cells: Collection[Cell], schools: Mapping[Cell, list[str]]
) -> tuple[list[tuple[Cell, list[Cell]]], bool]:
    """Wholes and their parts, and whether they form a tree: no school is in two projects."""
    present = set(cells)
    own = {
        cell: [("school", s) for s in schools.get(cell, []) if ("school", s) in present]
        for cell in cells
        if cell[0] in ("city", "group", "project")
    }
    projects = [cell for cell in own if cell[0] == "project"]
    in_projects = [school for cell in projects for school in own[cell]]
    is_tree = len(in_projects) == len(set(in_projects))
    pilot = ("group", PILOT.code)
    if is_tree and pilot in own:
        outside = [school for school in own[pilot] if school not in set(in_projects)]
        own[pilot] = projects + outside
    groups = [cell for cell in own if cell[0] == "group"]
    if groups:
        own["city", CITY] = groups
    rest = [
        (("project", unit_id), [("participants", unit_id), ("remainder", unit_id)])
        for level, unit_id in cells
        if level == "remainder"
    ]
    by_group = [
        (("city", CITY), [cell for cell in cells if cell[0] == one.name]) for one in GROUPINGS
    ]
    return [*own.items(), *rest, *(pair for pair in by_group if pair[1])], is_tree


def _signs(cells: list[Cell], sums: list[tuple[Cell, list[Cell]]]) -> FloatArray:
    """One row per sum, -1 for the whole and 1 for each part."""
    place = {cell: number for number, cell in enumerate(cells)}
    signs = np.zeros((len(sums), len(cells)))
    for row, (whole, parts) in enumerate(sums):
        signs[row, place[whole]] = -1
        signs[row, [place[part] for part in parts]] = 1
    return signs
