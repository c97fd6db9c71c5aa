"""Definitions: a page per indicator for who reads its figures, and an index of them."""

from types import ModuleType

from ibis.expr.operations import Literal

from pipelines.documentation.examples import cells_of, worked
from pipelines.documentation.markdown import WRITTEN, grid, linked, titled
from pipelines.documentation.vocabulary import (
    code_lists,
    plain,
    records_grid,
    rule_lists,
    rule_named,
)
from pipelines.families import families, meaning, modules_referred_to
from pipelines.indicators.registry import Example, Indicator, load_indicators
from pipelines.lake import empty
from pipelines.populations.population import Population
from pipelines.releases.disclosure import SMALL_GROUP, THRESHOLD
from pipelines.releases.report import texts, unit_of
from pipelines.releases.sections import definition
from schemas.codes import MISSING_REASONS, Code
from schemas.contract import load_contracts

INDEX = "README.md"
LEAD = (
    "One page per indicator: what it means, how it is computed, who counts, when a value is "
    "missing or hidden, and a pupil worked through by hand. *Published* figures leave in the "
    "report and its tables, small cells hidden; the others are for research inside the warehouse."
)
ELSEWHERE = (
    "Codes, dated rules and tables are in the [reference](../reference/codes.md), terms in the "
    "[glossary](../glossary.md), how to read a report in [for evaluators](../evaluator.md)."
)
SIGNS = (
    "Printed as `..`: figures of {small}; and figures that such a one could be worked out from. "
    "Printed as `.`: there is nobody to count, or no year to compare with. "
    "See [the signs](../evaluator.md#the-signs)."
)
NEVER_ZERO = (
    "Who counts but cannot be judged has no number and one of these reasons; never 0. How many "
    "there are stands in the report under data quality."
)
PERIODS = {
    "month": "One value per pupil, school and month.",
    "term": "One value per pupil, school and term.",
    "school_year": "One value per pupil, school and school year.",
}
YEARLY = {
    "sum": "The numerators of the periods are added up, and so are the denominators.",
    "spring": "The school year has the values of its spring term.",
    "any": "A pupil who counts in any period of the school year counts for the year.",
}
KINDS = {
    "share": "Each pupil counts 0 or 1; of a school or a year, the share of the pupils.",
    "ratio": "Of a school or a year, the sum of the numerators over the sum of the denominators.",
    "mean": "Of a school or a year, the mean over pupils and periods.",
}


def definition_pages() -> dict[str, str]:
    """Markdown of every definition by file name, and of their index."""
    found = families(load_indicators().values())
    pages = {INDEX: _index(found)}
    for module, indicators in found.items():
        pages |= {f"{one.name}.md": _page(one, module) for one in indicators}
    return pages


def reasons_of(population: Population) -> list[Code]:
    """The reasons that a population may give, found in the expression that gives them."""
    contracts = load_contracts()
    tables = {name.split(".")[1]: empty(contracts[name]) for name in population.reads}
    nodes = population.expected(**tables).op().find(Literal)
    written = {node.value for node in nodes if isinstance(node.value, str)}
    return [code for code in MISSING_REASONS if code.code in written]


def _index(found: dict[ModuleType, list[Indicator]]) -> str:
    lines = ["# Definitions", WRITTEN, LEAD, "", ELSEWHERE, ""]
    for module, indicators in found.items():
        lines += [f"## {titled(meaning(module))[0]}", ""]
        lines += [*grid(("indicator", "på svenska", "period", "use"), map(_row, indicators)), ""]
    return "\n".join(lines)


def _row(indicator: Indicator) -> list[str]:
    return [
        f"[{indicator.name}]({indicator.name}.md)",
        indicator.title_sv,
        indicator.period.replace("_", " "),
        _use(indicator),
    ]


def _use(indicator: Indicator) -> str:
    if not indicator.is_published:
        return "warehouse only"
    return "published" if indicator.is_drawn else "published, in tables only"


def _page(indicator: Indicator, module: ModuleType) -> str:
    sections = {
        "Meaning": _meaning(module),
        "Formula": _formula(indicator),
        "Who counts": _who(indicator),
        "Period": [PERIODS[indicator.period], *_yearly(indicator)],
        "No value": _missing(indicator),
        "Hidden figures": _hidden(indicator),
        "Source": [indicator.source],
        "Dated rules": _rules(indicator),
        "Breaks": [f"- {cut.school_year}: {cut.en}." for cut in indicator.breaks],
        "Worked example": _example(indicator, indicator.example) if indicator.example else [],
        "Known limits": [indicator.limits_en] if indicator.limits_en else [],
        "In Swedish": _in_swedish(indicator),
    }
    lines = [f"# {indicator.title_en}", WRITTEN, *_heading(indicator), ""]
    for name, text in sections.items():
        if text:
            lines += [f"## {name}", "", *text, ""]
    return "\n".join(lines)


def _heading(indicator: Indicator) -> list[str]:
    facts = [
        ("name", f"`{indicator.name}`"),
        ("på svenska", indicator.title_sv),
        ("unit", indicator.unit_en),
        ("higher is", indicator.higher_is),
        ("use", _use(indicator)),
        ("computed from", ", ".join(f"`{table}`" for table in indicator.sources)),
    ]
    return grid(("", ""), facts)


def _meaning(module: ModuleType) -> list[str]:
    """What the module says, and below it what those say that it leaves a part to."""
    lines = _text_of(module)
    for other in modules_referred_to([module]):
        heading = plain(other.__name__.rsplit(".", 1)[-1])
        lines += ["", f"### {heading}", "", *_text_of(other)]
    return lines


def _text_of(module: ModuleType) -> list[str]:
    listed = code_lists().keys() | rule_lists().keys()
    return linked(titled(meaning(module))[1], listed).splitlines()


def _formula(indicator: Indicator) -> list[str]:
    times = f"{indicator.per:g} times " if indicator.per != 1 else ""
    parts = [("numerator", indicator.numerator_en), ("denominator", indicator.denominator_en)]
    return [
        f"Value = {times}numerator ÷ denominator. {KINDS[indicator.kind]}",
        "",
        *grid(("part", "what it is"), parts),
    ]


def _who(indicator: Indicator) -> list[str]:
    if indicator.population is None:
        return ["Every pupil in the denominator; nobody who counts lacks a value."]
    return [indicator.population.who_en]


def _yearly(indicator: Indicator) -> list[str]:
    if indicator.period == "school_year":
        return []
    return ["", f"Over a school year: {YEARLY[indicator.yearly]}"]


def _missing(indicator: Indicator) -> list[str]:
    if indicator.population is None:
        return []
    rows = [(f"`{c.code}`", c.en, c.sv) for c in reasons_of(indicator.population)]
    return [NEVER_ZERO, "", *grid(("reason", "in words", "på svenska"), rows)]


def _hidden(indicator: Indicator) -> list[str]:
    if not indicator.is_published:
        return ["Nothing is published: the values stay in the warehouse."]
    small = [f"fewer than {THRESHOLD} pupils"]
    if indicator.kind == "share":
        small += [
            f"fewer than {THRESHOLD} pupils who are, or are not, what is counted",
            f"all or none of a group of fewer than {SMALL_GROUP}",
        ]
    return [SIGNS.format(small="; of ".join(small))]


def _rules(indicator: Indicator) -> list[str]:
    lines = []
    for rule in indicator.rules:
        name, meant = rule_named(rule)
        lines += [f"**{name}.** {meant}", "", *records_grid(rule), ""]
    return lines[:-1]


def _example(indicator: Indicator, example: Example) -> list[str]:
    lines = [example.says, ""]
    for name, drawing in example.tables.items():
        header, *rows = cells_of(drawing)
        lines += [f"`{name}`", "", *grid(header, rows), ""]
    results = [
        (
            *(str(row[key]) for key in ("student_id", "school_id", "period")),
            f"{row['numerator']:g}",
            f"{row['denominator']:g}",
            f"{indicator.per * float(row['numerator']) / float(row['denominator']):.4g}",
        )
        for row in worked(indicator)
    ]
    heading = ("pupil", "school", "period", "numerator", "denominator", "value")
    return [*lines, "gives", "", *grid(heading, results)]


def _in_swedish(indicator: Indicator) -> list[str]:
    unit = unit_of(indicator, "sv")
    return [f"> **{indicator.title_sv}**, {unit}. {definition(indicator, texts()['sv'])}"]
