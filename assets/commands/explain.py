"""`explain`: why a figure is what it is, down to the files; or one pupil's path, with consent."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from assets.commands.terminal import app, console, stop
from pipelines.workspace import Workspace

if TYPE_CHECKING:
    from pipelines.explaining import Definition, Explanation, Input
    from pipelines.pupil_paths import PupilValue
    from pipelines.telling import Figure

HIDDEN = "hidden"
SHORT = 12


@app.command()
def explain(  # noqa: PLR0913 - one option per thing to choose by
    indicator: Annotated[str, typer.Argument(help="Name of the indicator.")],
    *,
    school: Annotated[str | None, typer.Option(help="School, by its code or name.")] = None,
    unit: Annotated[
        str | None,
        typer.Option(help="Another unit: LEVEL:ID, 'class:12345678 8A', city."),
    ] = None,
    period: Annotated[str | None, typer.Option(help="2016-03, 2016VT or 2015/16.")] = None,
    rows: Annotated[bool, typer.Option("--rows", help="Also record numbers and lines.")] = False,
    internal: Annotated[
        bool, typer.Option("--internal", help="Also small numbers; needs --reason.")
    ] = False,
    pupil: Annotated[
        str | None, typer.Option(help="One pupil's path, by student_id; needs --reason.")
    ] = None,
    identity: Annotated[
        bool, typer.Option("--identity", help="The same; asks for the identity number.")
    ] = False,
    reason: Annotated[
        str | None, typer.Option(help="Why, for the audit log; about no person.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Walk from a figure to numerator and denominator, rules, deliveries and lines in files."""
    asked = [named for named in (school, unit, pupil, identity or None) if named is not None]
    if len(asked) != 1:
        stop("ask for one of --school, --unit, --pupil and --identity", 2)
    if (internal or pupil or identity) and not reason:
        stop("say why with --reason: it is entered in the audit log", 2)
    if pupil or identity:
        _tell_pupil(indicator, period, pupil, str(reason), as_json=as_json)
        return
    if period is None:
        stop("say which period with --period", 2)
    level, _, unit_id = (unit or f"school:{school}").partition(":")
    question = {"indicator": indicator, "level": level, "unit_id": unit_id or level}
    why = reason if internal else None
    _tell_unit({**question, "period": period}, why, with_records=rows, as_json=as_json)


def _tell_unit(
    question: dict[str, str], why: str | None, *, with_records: bool, as_json: bool
) -> None:
    """Explain a unit's figure; with a reason, its small numbers as well."""
    from pipelines.audit import AuditError, record
    from pipelines.explaining import INTERNAL, Question, UnknownError
    from pipelines.explaining import explain as explained
    from pipelines.indicators.registry import load_indicators

    workspace = Workspace.from_environment()
    try:
        if why is not None:
            record(workspace, action=INTERNAL, subject=question, reason=why)
        asked = Question(**question, is_internal=why is not None, with_records=with_records)
        found = explained(workspace, asked, load_indicators())
    except UnknownError as error:
        stop(str(error), 2)
    except AuditError as error:
        stop(str(error), 1)
    if as_json:
        _print_json(asdict(found))
    else:
        _print_explanation(found)


def _tell_pupil(
    name: str, period: str | None, pupil: str | None, why: str, *, as_json: bool
) -> None:
    """Explain what an indicator says of one pupil, if the vault consents."""
    from pipelines.audit import AuditError
    from pipelines.explaining import UnknownError, known_indicator
    from pipelines.indicators.registry import load_indicators
    from pipelines.ingest.identity import IdentityError
    from pipelines.ingest.vault import VaultError
    from pipelines.pupil_paths import ConsentError, consented_pupil, pupil_path

    workspace = Workspace.from_environment()
    about = {"indicator": name, "period": period or "all"}
    try:
        indicator = known_indicator(name, load_indicators())
        asked = pupil or str(typer.prompt("identity number", hide_input=True, err=True))
        student_id = consented_pupil(
            workspace, asked, is_identity=pupil is None, about=about, reason=why
        )
        found = pupil_path(workspace, student_id, indicator, period)
    except (UnknownError, IdentityError) as error:
        stop(str(error), 2)
    except (AuditError, ConsentError, VaultError) as error:
        stop(str(error), 1)
    if as_json:
        _print_json([asdict(one) for one in found])
    else:
        _print_path(found)


def _print_json(found: Any) -> None:  # noqa: ANN401 - whatever JSON holds
    typer.echo(json.dumps(found, ensure_ascii=False, indent=2, default=str))


def _print_explanation(found: "Explanation") -> None:
    from pipelines.explaining import MEANINGS

    definition = found.definition
    _say(f"{definition.title} ({definition.name}) [{definition.unit}]")
    _say(f"{found.unit_name} ({found.level} {found.unit_id}), {found.figure.period}")
    in_force = f", release {found.release}" if found.release else ""
    _say(f"published: {MEANINGS[found.state]}{in_force}")
    if found.result is not None:
        value, lower, upper = (_number(found.result[name]) for name in ("value", "lower", "upper"))
        _say(f"result: {value} ({lower} to {upper})")
    _say(f"figure: {_sum(found.figure)}")
    _print_definition(definition)
    if found.parts:
        _print_figures("summed from", found.parts)
    _print_inputs(found.inputs)
    if found.outdated:
        _say(f"older than the deliveries: {', '.join(found.outdated)}; run `samverkan run`")


def _print_definition(definition: "Definition") -> None:
    words = {
        "numerator": definition.numerator,
        "denominator": definition.denominator,
        "who": definition.who,
        "school year": definition.yearly,
        "limits": definition.limits,
        "source": definition.source,
    }
    for heading, text in words.items():
        if text:
            _say(f"{heading}: {text}")
    for school_year, why in definition.breaks:
        _say(f"break in {school_year}: {why}")
    if definition.rules:
        table = Table("rule", "from", "value", "in force", "source")
        for rule in definition.rules:
            mark = "yes" if rule.is_in_force else ""
            table.add_row(rule.rule, rule.valid_from, f"{rule.value:g}", mark, rule.source)
        console.print(table, markup=False, highlight=False)


def _print_figures(title: str, figures: Sequence["Figure"]) -> None:
    table = Table("period", "pupils", "numerator", "denominator", "value", "no value", title=title)
    for one in figures:
        numbers = (one.numerator, one.denominator, one.value)
        cells = [HIDDEN if one.numerator is None else _number(number) for number in numbers]
        table.add_row(one.period, str(one.students), *cells, _lacking(one))
    console.print(table, markup=False, highlight=False)


def _print_inputs(inputs: Sequence["Input"]) -> None:
    headings = ("table", "file", "received", "version", "status", "accepted", "complete", "used")
    with_lines = any(one.record_numbers for one in inputs)
    table = Table(*headings, *(["records", "lines"] if with_lines else []), title="computed from")
    for one in inputs:
        cells = (one.table, one.file_name, one.received_at[:16], one.version, one.status)
        more = (one.accepted, one.completeness, one.records)
        places = (", ".join(one.record_numbers), ", ".join(one.lines)) if with_lines else ()
        table.add_row(*map(str, (*cells, *more, *places)))
    console.print(table, markup=False, highlight=False)


def _print_path(found: Sequence["PupilValue"]) -> None:
    for one in found:
        value = f"{_number(one.numerator)} / {_number(one.denominator)} = {_number(one.value)}"
        told = f"no value: {one.missing}" if one.missing else value
        _say(f"{one.period} at {one.school_id}: {told}")
        table = Table("table", "figures", "file", "received", "version", "status", "record", "line")
        for row in one.rows:
            figures = ", ".join(f"{name} {value}" for name, value in row.figures.items())
            file = (row.file_name, row.received_at[:16], str(row.version), row.status)
            line = "" if row.line_no is None else str(row.line_no)
            table.add_row(row.table, figures, *file, str(row.record_no), line)
        console.print(table, markup=False, highlight=False)


def _say(line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def _sum(figure: "Figure") -> str:
    if figure.numerator is None:
        told = f"{HIDDEN}; pupils: {figure.students}"
    else:
        parts = [_number(one) for one in (figure.numerator, figure.denominator, figure.value)]
        told = f"{parts[0]} / {parts[1]} = {parts[2]}; pupils: {figure.students}"
    lacking = _lacking(figure)
    return f"{told}; without a value: {lacking}" if lacking else told


def _lacking(figure: "Figure") -> str:
    from pipelines.pupil_paths import WORDS

    return ", ".join(f"{WORDS[reason]} {count}" for reason, count in figure.missing.items())


def _number(number: float | None) -> str:
    return "." if number is None else f"{number:.10g}"
