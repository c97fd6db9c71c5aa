"""Reference pages: tables, indicators, codes and dated rules."""

import inspect

from pipelines.documentation.markdown import WRITTEN, grid, markdown, titled
from pipelines.documentation.vocabulary import code_lists, rule_lists, vocabulary_page
from pipelines.families import families, meaning, modules_referred_to
from pipelines.indicators.registry import Indicator, load_indicators
from schemas.contract import Contract, load_contracts
from schemas.indicators import IndicatorValues
from schemas.results import Results

KINDS = {
    "share": "share: each pupil counts 0 or 1",
    "ratio": "ratio of sums; one pupil's amounts belong together",
    "mean": "mean per pupil",
}
YEARLY = {
    "sum": "numerators and denominators are summed",
    "spring": "only the spring term",
    "any": "the largest of its periods",
}


def reference_pages() -> dict[str, str]:
    """Markdown of every reference page by file name."""
    return {
        "tables.md": _tables_page(),
        "indicators.md": _indicators_page(),
        "codes.md": vocabulary_page("Codes", code_lists()),
        "rules.md": vocabulary_page("Dated rules and scales", rule_lists()),
    }


def _tables_page() -> str:
    contracts = load_contracts()
    named = [(f"`{name}`", contract) for name, contract in contracts.items()]
    named += [("`indicator.<name>`", IndicatorValues), ("`result.<name>`", Results)]
    return "\n".join(
        [
            "# Tables",
            WRITTEN,
            "A table is named `layer.table` in the lake, in Dagster and in `research.duckdb`.",
            "",
            *(line for name, contract in named for line in _contract_section(name, contract)),
        ]
    )


def _contract_section(name: str, contract: type[Contract]) -> list[str]:
    rows = [
        (
            f"`{row['column']}`",
            row["heading_sv"],
            row["type"],
            "yes" if row["nullable"] else "",
            f"`{row['rules']}`" if row["rules"] else "",
            row["description"],
        )
        for row in contract.data_dictionary().to_dict("records")
    ]
    heading = ("column", "Swedish heading", "type", "may be empty", "rule", "meaning")
    partition = contract.partition()
    return [
        f"## {name}",
        "",
        markdown(inspect.getdoc(contract) or ""),
        "",
        f"One file per `{partition}`." if partition else "One file.",
        "",
        *grid(heading, rows),
        *_row_rules(contract),
        "",
    ]


def _row_rules(contract: type[Contract]) -> list[str]:
    names = [str(check.name) for check in contract.to_schema().checks]
    rules = [f"- `{name}`: {inspect.getdoc(getattr(contract, name))}" for name in names]
    return ["", "Rules within a row:", "", *rules] if rules else []


def _indicators_page() -> str:
    lines = ["# Indicators", WRITTEN]
    lines += ["A value is numerator ÷ denominator, kept per pupil, school and period.", ""]
    modules = families(load_indicators().values())
    for module, indicators in modules.items():
        lines += [*_titled_section(meaning(module)), ""]
        lines += [line for one in indicators for line in _indicator_section(one)]
    for module in modules_referred_to(modules):
        lines += [*_titled_section(meaning(module)), ""]
    return "\n".join(lines)


def _titled_section(docstring: str) -> list[str]:
    title, text = titled(docstring)
    return [f"## {title}", "", markdown(text)]


def _indicator_section(indicator: Indicator) -> list[str]:
    facts = [
        ("Swedish", indicator.title_sv),
        ("unit", f"{indicator.unit_en} ({indicator.unit_sv})"),
        ("kind", KINDS[indicator.kind]),
        ("higher is", indicator.higher_is),
        ("period", indicator.period.replace("_", " ")),
        ("over a school year", YEARLY[indicator.yearly]),
        ("scale", f"times {indicator.per:g}" if indicator.per != 1 else ""),
        ("computed from", ", ".join(f"`{table}`" for table in indicator.reads)),
        ("source", indicator.source),
        ("definition", f"[{indicator.name}](../definitions/{indicator.name}.md)"),
        *(("break", f"{b.school_year}: {b.en}") for b in indicator.breaks),
    ]
    rows = [(fact, text) for fact, text in facts if text]
    return [f"### {indicator.title_en} (`{indicator.name}`)", "", *grid(("", ""), rows), ""]
