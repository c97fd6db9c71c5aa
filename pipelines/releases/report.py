"""The report (rapport): one self-contained page per language, from published rows alone."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from matplotlib.axes import Axes

from pipelines.closing import closes_on
from pipelines.indicators.registry import Indicator
from pipelines.releases.disclosure import THRESHOLD
from pipelines.releases.drawing import Paper, inline_svg
from pipelines.releases.figures.caterpillar import Schools, draw_caterpillar
from pipelines.releases.figures.series import draw_series, line_of
from pipelines.releases.heat import MOST_OWED, heat_years, legend, owed
from pipelines.releases.numbers import Language, counts, is_per_cent
from pipelines.releases.sections import (
    SUPPORT,
    UNITS,
    Printed,
    Quality,
    TextRow,
    Texts,
    bin_rows,
    coverage_rows,
    definition,
    existing_units,
    missing_sections,
    project_rows,
    status_rows,
    summary_lead,
    support_rows,
    unread_files,
    year_rows,
)
from pipelines.results import CITY, COMPARISON, PILOT

LANGUAGES: dict[Language, str] = {"sv": "report.html", "en": "report.en.html"}
TEMPLATES = Path(__file__).parent / "templates"

_SERIES = Paper(width=7.2, height=3.1, left=0.6, right=1.4, bottom=0.35, top=0.35)
_SCHOOLS = Paper(width=7.2, height=1.0, left=0.3, right=0.2, bottom=0.5, top=0.4)
_INCHES_PER_SCHOOL = 0.19
_INCHES_PER_LETTER = 0.075
_MOST_INCHES_OF_NAME = 3.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a report is made of: nothing here may hold a figure that is hidden.

    Attributes:
        release_id: Name of the release.
        made_at: UTC, ISO 8601.
        code_version: Version of this program.
        is_simulated: Whether to mark the pages as simulated.
        results: Rows of :class:`schemas.results.PublishedResults`.
        indicators: The registry; the order of the sections.
        pilot_schools: ``school_id`` of the schools some project covers.
        quality: What was delivered.
    """

    release_id: str
    made_at: str
    code_version: str
    is_simulated: bool
    results: pd.DataFrame
    indicators: Mapping[str, Indicator]
    pilot_schools: frozenset[str]
    quality: Quality


@lru_cache(maxsize=1)
def texts() -> Mapping[Language, Texts]:
    """Every word of the pages, by language."""
    with (TEMPLATES / "texts.toml").open("rb") as file:
        return tomllib.load(file)  # type: ignore[return-value]


def render_report(report: Report, language: Language) -> str:
    """The page in one language: no script, no font, no picture from elsewhere."""
    words = texts()[language]
    of_indicator = dict(tuple(report.results.groupby("indicator", sort=False)))
    printed = [
        Printed(indicator, of_indicator[name], words, language)
        for name, indicator in report.indicators.items()
        if name in of_indicator and indicator.is_drawn
    ]
    return _environment().get_template("report.html.j2").render(
        t=words,
        language=language,
        release_id=report.release_id,
        made_at=report.made_at,
        code_version=report.code_version,
        is_simulated=report.is_simulated,
        threshold=THRESHOLD,
        summary=_summary(printed, words, language),
        sections=[_section(one, report, words, language) for one in printed],
        support=[_support(one, language) for one in printed if one.indicator.name in SUPPORT],
        quality=_quality(report, language),
    )  # fmt: skip


def title_of(indicator: Indicator, language: Language) -> str:
    """The indicator's title."""
    return indicator.title_sv if language == "sv" else indicator.title_en


def unit_of(indicator: Indicator, language: Language) -> str:
    """The unit as printed: a share of a whole is read as per cent."""
    unit = indicator.unit_sv if language == "sv" else indicator.unit_en
    return f"{unit}, %" if is_per_cent(indicator) else unit


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(("j2", "html")),
        undefined=StrictUndefined,
        trim_blocks=True,
    )


def _summary(printed: Sequence[Printed], words: Texts, language: Language) -> Mapping[str, object]:
    units = [unit for unit in UNITS if any(not one.of(*unit).empty for one in printed)]
    rows = [
        {
            "name": one.indicator.name,
            "title": title_of(one.indicator, language),
            "unit": unit_of(one.indicator, language),
            "school_year": one.latest,
            "cells": [
                cell
                for unit in units
                for cell in (one.value(*unit, one.latest), one.change(*unit, one.latest))
            ],
        }
        for one in printed
    ]
    names = [words[unit_id] for _, unit_id in units]
    return {"lead": summary_lead(printed, words), "units": names, "rows": rows}


def _section(
    printed: Printed, report: Report, words: Texts, language: Language
) -> Mapping[str, object]:
    indicator = printed.indicator
    schools, note = _schools(printed, report.pilot_schools, words)
    return {
        "name": indicator.name,
        "title": title_of(indicator, language),
        "unit": unit_of(indicator, language),
        "definition": definition(indicator, words),
        "source": indicator.source,
        "breaks": _breaks(printed, words, language),
        "latest": printed.latest,
        "units": [words[unit_id] for _, unit_id in existing_units(printed)],
        "years": year_rows(printed),
        "is_per_cent": is_per_cent(indicator),
        "projects": project_rows(printed),
        "series": _series_svg(printed, words, language),
        "schools": _schools_svg(printed, schools, words, language),
        "schools_note": note,
    }


def _breaks(printed: Printed, words: Texts, language: Language) -> list[str]:
    """Sentences on the breaks within the years shown, and on those that are not closed."""
    rows = printed.rows
    preliminary = [
        words["preliminary"].format(year=year, day=closes_on(year).isoformat())
        for year in sorted(set(rows.school_year[rows.is_preliminary.astype(bool)]))
    ]
    return preliminary + [
        words["series_break"].format(
            year=cut.school_year, reason=cut.sv if language == "sv" else cut.en
        )
        for cut in printed.indicator.breaks
        if cut.school_year in printed.school_years
    ]


def _series_svg(printed: Printed, words: Texts, language: Language) -> Markup:
    lines = [
        line_of(printed.of(*unit), words[unit[1]], printed.school_years)
        for unit in existing_units(printed)
    ]
    title = title_of(printed.indicator, language)

    def draw(axes: Axes) -> None:
        cuts = [cut.school_year for cut in printed.indicator.breaks]
        draw_series(axes, lines, breaks=cuts, numbers=printed.numbers, broken=words["broken"])
        axes.set_title(unit_of(printed.indicator, language), loc="left", fontsize=9)

    name = f"{printed.indicator.name}-series"
    return inline_svg(draw, _SERIES, name=name, title=words["series_alt"].format(title=title))


def _schools(printed: Printed, pilot: frozenset[str], words: Texts) -> tuple[Schools, str]:
    """The schools shown in the latest year, and a sentence on those that are not."""
    rows = printed.rows[printed.rows.level == "school"]
    rows = rows[rows.school_year == printed.latest]
    shown = rows[rows.state == "shown"]
    value, lower, upper = (
        shown[column].to_numpy(dtype="float64", na_value=np.nan)
        for column in ("value", "lower", "upper")
    )
    schools = Schools(
        names=list(shown.unit_name),
        is_pilot=shown.unit_id.isin(pilot).to_numpy(),
        value=value,
        lower=lower,
        upper=upper,
    )
    hidden = len(rows) - len(shown)
    note = words["hidden_schools"].format(n=hidden) if hidden else words["all_schools"]
    return schools, note if len(shown) else words["no_schools"]


def _schools_svg(printed: Printed, schools: Schools, words: Texts, language: Language) -> Markup:
    """The schools as a figure; nothing if none can be shown."""
    if not schools.names:
        return Markup()
    labels = (words[PILOT.code], words[COMPARISON.code], words[CITY])
    city = printed.of("city", CITY)
    values = city[city.school_year == printed.latest].value.to_numpy("float64", na_value=np.nan)

    def draw(axes: Axes) -> None:
        draw_caterpillar(axes, schools, labels=labels, city=values[0], numbers=printed.numbers)
        axes.set_xlabel(unit_of(printed.indicator, language))

    title = title_of(printed.indicator, language)
    return inline_svg(
        draw,
        _paper_for(schools.names),
        name=f"{printed.indicator.name}-schools",
        title=words["schools_alt"].format(title=title, year=printed.latest),
    )


def _paper_for(names: Sequence[str]) -> Paper:
    """Room for as many schools, and for the longest name."""
    longest = _INCHES_PER_LETTER * max(len(name) for name in names)
    return _SCHOOLS._replace(
        height=_SCHOOLS.height + _INCHES_PER_SCHOOL * len(names),
        left=_SCHOOLS.left + min(longest, _MOST_INCHES_OF_NAME),
    )


def _support(printed: Printed, language: Language) -> Mapping[str, object]:
    return {
        "title": title_of(printed.indicator, language),
        "unit": unit_of(printed.indicator, language),
        "school_years": printed.school_years,
        "rows": support_rows(printed),
    }


def _quality(report: Report, language: Language) -> Mapping[str, Sequence[TextRow] | object]:
    quality = report.quality
    lacking = missing_sections(quality, report.indicators, language)
    return {
        "statuses": status_rows(quality, language),
        "bins": bin_rows(quality, language),
        "unread": unread_files(quality, language),
        "coverage": coverage_rows(quality, language),
        "missing": [one for one in lacking if one["reasons"]],
        "whole": [one["title"] for one in lacking if not one["reasons"]],
        "heat": heat_years(quality.freshness, language),
        "legend": legend(language),
        "owed": owed(quality.freshness, language),
        "most_owed": MOST_OWED,
        "expected": counts(language).text(len(quality.freshness)),
    }
