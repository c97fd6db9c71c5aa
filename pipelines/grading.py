"""Marks as expressions: which can be judged and why others cannot, and what several indicators say.

A pupil's marks of a term at a school are a report. Its marks cannot be judged if they are of two
scales, if both svenska and svenska som andraspråk count, if NO or SO has one mark for all its
subjects in a grade level where that may not be, or if the school's register of the term does not
know the pupil. A school that sent no register for the term is believed. A pupil counts once in a
subject: svenska som andraspråk is svenska (SkolF 5 kap. 15 §), and old codes of a language are
that language.

The scales, subjects, levels and programmes themselves are data in :mod:`schemas.grading`.
"""

from collections.abc import Callable, Iterable
from itertools import pairwise

import ibis
from ibis import _

from pipelines.calendar import (
    first_month_of_term,
    in_force,
    latest_by_term,
    school_year_of_term,
    term_after,
)
from pipelines.sharing import shared
from schemas.calendar import months_of_term, school_year_of_month
from schemas.calendar import school_year_of_term as year_of
from schemas.grading import (
    ADAPTED,
    BLOCK_GRADES,
    CORE_SUBJECTS,
    FINAL_GRADE_LEVEL,
    FIRST_GRADE_LEVEL,
    GRADE_SCALES,
    LAST_BLOCK_LEVEL,
    OLD_LANGUAGES,
    PROGRAMMES,
    PROGRAMMES_BEFORE,
    SCALES,
    STREAK,
    SUBJECT_NAMES,
    SUBJECTS_FOR_VOCATIONAL,
    SWEDISH,
    Mark,
    Programme,
)
from schemas.rules import Rule

REPORT = ("student_id", "school_id", "term")

SWEDISH_SCALES = tuple(scale.scale_id for scale in SCALES if scale.is_swedish)
"""Scales that merit value, eligibility, streck and adapted study plans are defined for."""

VOCATIONAL = next(programme for programme in PROGRAMMES if programme.name == "vocational")

CORE = (SWEDISH[0], *CORE_SUBJECTS)
"""The core subjects as :func:`with_meaning` names them."""

_LANGUAGES = {
    subject.code + language.code: subject.code + language.today
    for subject in SUBJECT_NAMES
    if subject.takes_language
    for language in OLD_LANGUAGES
}
_REQUIRED = {code for programme in PROGRAMMES for code in programme.required}


def with_meaning(grades: ibis.Table) -> ibis.Table:
    """Add what each mark means.

    Returns:
        The rows with ``subject`` (of svenska, either kind, ``SV``; of a language its code of
        today), ``points``, ``is_passing``, ``is_counted``, ``is_streck`` and ``is_adapted``.
    """
    columns = dict(zip(Mark._fields, zip(*GRADE_SCALES, strict=True), strict=True))
    schema = {"scale_id": "string", "mark": "string", "points": "float64"}
    schema |= {"is_passing": "boolean", "is_counted": "boolean"}
    scales = ibis.memtable({k: list(v) for k, v in columns.items()}, schema=ibis.schema(schema))
    return grades.join(scales, ["scale_id", "mark"]).mutate(
        subject=_subject(_.subject_code),
        is_streck=_.mark == STREAK,
        is_adapted=_.mark == ADAPTED,
    )


@shared
def reports(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Each pupil's marks of a term at a school, and why they cannot be judged.

    Args:
        grades: :class:`schemas.grades.Grades`.
        enrolments: :class:`schemas.pupils.Enrolments`.

    Returns:
        ``student_id``, ``school_id``, ``term``, ``scale_id``, ``has_counted``, ``is_final``
        (whether some mark is a final grade), ``grade_level`` (NULL where no register tells),
        ``is_of_stage`` (whether the register does not say that the pupil is in another stage than
        högstadiet) and ``fault`` (a code of :data:`schemas.codes.MISSING_REASONS`; NULL if it can
        be judged).
    """
    swedish = [(_.is_counted & (_.subject_code == code)).any() for code in SWEDISH]
    found = (
        with_meaning(grades)
        .group_by(*REPORT)
        .agg(
            scale_id=_.scale_id.min(),
            other_scale_id=_.scale_id.max(),
            has_counted=_.is_counted.any(),
            is_final=(_.is_final == "yes").any(),
            is_twice=ibis.and_(*swedish),
            has_block=(_.is_counted & _.subject_code.isin(BLOCK_GRADES)).any(),
        )
    )
    known = _with_register(found, enrolments)
    may_have_block = known.grade_level <= _level(LAST_BLOCK_LEVEL, known.term)
    fault = ibis.cases(
        (known.scale_id != known.other_scale_id, "two_scales"),
        (known.is_twice, "swedish_twice"),
        (known.has_block & ~may_have_block.fill_null(False), "block_grade"),  # noqa: FBT003
        (known.has_register & ~known.is_listed, "no_enrolment"),
    )
    columns = ("scale_id", "has_counted", "is_final", "grade_level")
    is_of_stage = known.grade_level.isnull() | is_in_stage(known)
    return known.select(*REPORT, *columns, is_of_stage=is_of_stage, fault=fault)


def judged(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """The reports of högstadiet that can be judged, on any scale, in which something counts."""
    found = reports(grades, enrolments)
    return found.filter(_.fault.isnull(), _.is_of_stage, _.has_counted)


def subjects(grades: ibis.Table, some_reports: ibis.Table) -> ibis.Table:
    """The subjects of some reports, once each at their best.

    Args:
        grades: :class:`schemas.grades.Grades`.
        some_reports: Rows of :func:`reports`.

    Returns:
        ``student_id``, ``school_id``, ``term``, ``scale_id``, ``grade_level``, ``is_final``
        (of the report), ``subject``, ``points``, ``is_passing``, ``is_counted``, ``is_streck``
        and ``is_adapted``.
    """
    columns = (*REPORT, "scale_id", "grade_level", "is_final")
    marks = with_meaning(grades).drop("is_final", "scale_id")
    return _at_best(marks.join(some_reports.select(columns), REPORT), *columns)


def final_reports(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """The reports of högstadiet with final grades (slutbetyg), the last of each school year.

    A final grade is given once, at the end of the last grade level (SkolF 6 kap. 14 §). Where a
    school gives one in both terms of a school year, the later replaces the earlier.
    """
    final = reports(grades, enrolments).filter(_.is_final, _.is_of_stage)
    dated = final.mutate(school_year=school_year_of_term(final.term))
    return latest_by_term(dated, "student_id", "school_id", "school_year")


def final_subjects(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Subjects with a final mark, of the final reports that can be judged on a Swedish scale."""
    reported = on_swedish_scale(final_reports(grades, enrolments).filter(_.fault.isnull()))
    columns = (*REPORT, "school_year")
    marks = with_meaning(grades.filter(_.is_final == "yes")).join(reported.select(columns), REPORT)
    return _at_best(marks, *columns)


def on_swedish_scale(some_reports: ibis.Table) -> ibis.Table:
    """Those on a scale that merit value and eligibility are defined for."""
    return some_reports.filter(_.scale_id.isin(SWEDISH_SCALES))


def counted_subjects() -> ibis.Deferred:
    """Subjects with a mark or a streck [count], over rows that hold a subject once."""
    return _.is_counted.sum()


def passed_subjects() -> ibis.Deferred:
    """Subjects passed [count], over rows that hold a subject once."""
    return _.is_passing.sum()


def standing(subjects_once: ibis.Table, *keys: str) -> ibis.Table:
    """What eligibility rests on, for each combination of ``keys``.

    Returns:
        The keys; ``passed_sv`` and the like for every core and required subject; ``others``,
        passed subjects besides the core ones [count], språkval, elevens val and modersmål among
        them; ``has_counted``; ``term`` if it is no key.
    """
    named = sorted({*CORE, *_REQUIRED})
    passes = {_passed(code): (_.is_passing & (_.subject == code)).any() for code in named}
    others = (_.is_passing & ~_.subject.isin(CORE)).sum()
    has_counted = _.is_counted.any()
    return subjects_once.group_by(*keys).agg(others=others, has_counted=has_counted, **passes)


@shared
def standing_of_reports(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """:func:`standing` of each report judged on a Swedish scale, and whether it ``is_final``."""
    marks = subjects(grades, on_swedish_scale(judged(grades, enrolments)))
    return standing(marks, *REPORT, "is_final")


@shared
def final_standing(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """:func:`standing` of each pupil's final grades, by ``school_year``."""
    final = final_subjects(grades, enrolments)
    return standing(final, "student_id", "school_id", "school_year", "term")


def is_eligible(programme: Programme, rows: ibis.Table) -> ibis.ir.BooleanValue:
    """Whether :func:`standing` reaches what ``programme`` asked for in the row's term.

    The dispensation from English (16 kap. 32 §) is decided at admission and not known here.

    Source:
        SkolL (2010:800) 16 kap. 30-31 §§.
    """

    def reached(version: Programme) -> ibis.ir.BooleanValue:
        needed = [rows[_passed(code)] for code in (*CORE, *version.required)]
        return ibis.and_(*needed, rows.others >= version.other_subjects)

    return _by_version(programme, rows.term, reached)


def lacking_for_vocational(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """What each pupil's marks of a term lack for the vocational programmes.

    A core subject without a passing mark is lacking, whether failed, without basis or not read.
    Reports that cannot be judged, of another scale or in which nothing counts are left out.

    Args:
        grades: :class:`schemas.grades.Grades`.
        enrolments: :class:`schemas.pupils.Enrolments`.

    Returns:
        ``student_id``, ``school_id``, ``term``, ``is_final`` (final grades), ``lacks_sv``,
        ``lacks_en``, ``lacks_ma`` (booleans), ``other_subjects_short`` [count] and
        ``subjects_short``, all of them together [count].
    """
    pupils = standing_of_reports(grades, enrolments)
    needed = _by_version(VOCATIONAL, pupils.term, lambda version: version.other_subjects)
    short = ibis.greatest(needed - pupils.others, 0)
    lacks = {f"lacks_{code.lower()}": ~pupils[_passed(code)] for code in CORE}
    core_short = sum((lack.cast("int64") for lack in lacks.values()), start=ibis.literal(0))
    return pupils.select(
        *REPORT, "is_final", **lacks, other_subjects_short=short, subjects_short=short + core_short
    )


@shared
def counts(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Subjects passed, counted, withheld by a streck and not read, of the reports judged.

    Returns:
        ``student_id``, ``school_id``, ``term``, ``scale_id`` and ``passed``, ``counted``,
        ``streck``, ``adapted`` [count].
    """
    found = reports(grades, enrolments)
    marks = subjects(grades, found.filter(_.fault.isnull(), _.is_of_stage))
    return marks.group_by(*REPORT, "scale_id").agg(
        passed=passed_subjects(),
        counted=counted_subjects(),
        streck=_.is_streck.sum(),
        adapted=_.is_adapted.sum(),
    )


def across_schools(grades: ibis.Table, some_reports: ibis.Table) -> ibis.Table:
    """The subjects of some reports, those of a pupil's schools together, at their best.

    Returns:
        ``student_id``, ``term``, ``scale_id``, ``subject``, ``is_passing`` and ``is_counted``.
    """
    once = subjects(grades, some_reports).group_by("student_id", "term", "scale_id", "subject")
    return once.agg(is_passing=_.is_passing.any(), is_counted=_.is_counted.any())


@shared
def failed_before_summer(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Subjects not passed at the end of a spring term, of levels that go on in autumn.

    Returns:
        ``student_id``, ``term``, the autumn after, ``scale_id`` and ``subject``.
    """
    found = judged(grades, enrolments).filter(_.term.endswith("VT"), ~_.is_final)
    goes_on = found.grade_level.isnull() | ~is_final_level(found)
    marks = across_schools(grades, found.filter(goes_on))
    failed = marks.filter(_.is_counted, ~_.is_passing)
    return failed.select("student_id", "scale_id", "subject", term=term_after(failed.term))


def enrolled_at_end(enrolments: ibis.Table) -> ibis.Table:
    """Pupils of högstadiet whom a school is to give marks at the end of a term.

    Marks are set in the last month of teaching; who left before it began is not expected.

    Returns:
        ``student_id``, ``school_id``, ``term`` and the highest ``grade_level``, once each.
    """
    is_autumn = enrolments.term.endswith("HT")
    year, month = enrolments.term.left(4).cast("int64"), is_autumn.ifelse(12, 6)
    first, last = ibis.date(year, month, 1), ibis.date(year, month, is_autumn.ifelse(31, 30))
    is_there = (enrolments.start_date <= last) & (
        enrolments.end_date.isnull() | (enrolments.end_date >= first)
    )
    there = enrolments.filter(is_there, is_in_stage(enrolments))
    return there.group_by(*REPORT).agg(grade_level=_.grade_level.max())


def is_in_stage(rows: ibis.Table) -> ibis.ir.BooleanValue:
    """Whether ``grade_level`` is one of högstadiet in the row's ``term``."""
    first, final = (_level(rule, rows.term) for rule in (FIRST_GRADE_LEVEL, FINAL_GRADE_LEVEL))
    return rows.grade_level.between(first, final)


def is_final_level(rows: ibis.Table) -> ibis.ir.BooleanValue:
    """Whether ``grade_level`` is the last of compulsory school in the row's ``term``."""
    return rows.grade_level == _level(FINAL_GRADE_LEVEL, rows.term)


def breaks_of(*rules: tuple[Rule, ...], sv: str, en: str) -> tuple[tuple[str, str, str], ...]:
    """A break where each version of a dated rule but its first takes effect.

    Args:
        rules: The rules.
        sv: Why, in Swedish; ``{value}`` is the number.
        en: The same in English.

    Returns:
        The first school year, and why in Swedish and English, of each.
    """
    return tuple(
        (
            school_year_of_month(version.valid_from),
            sv.format(value=version.value),
            en.format(value=version.value),
        )
        for rule in rules
        for version in sorted(rule)[1:]
    )


def _scale_breaks() -> Iterable[tuple[str, str, str]]:
    used = [scale for scale in SCALES if scale.valid_from]
    for old, new in pairwise(used):
        term = str(new.valid_from)
        sv, en = ("hösten", "autumn") if term.endswith("HT") else ("våren", "spring")
        sv = f"Betygsskalan {new.scale_id} ersatte {old.scale_id} från {sv} {term[:4]}"
        en = f"Grade scale {new.scale_id} replaced {old.scale_id} from {en} {term[:4]}"
        yield year_of(term), sv, en


SCALE_BREAKS = tuple(_scale_breaks())
"""First school year of every new scale, and why the year before is no comparison."""

ELIGIBILITY_BREAKS = breaks_of(
    SUBJECTS_FOR_VOCATIONAL,
    sv="Behörighet kräver fler godkända ämnen från avgångseleverna våren 2011",
    en="Eligibility takes more passed subjects from the leavers of spring 2011",
)
"""First school year of every new rule of eligibility; all programmes changed at once."""


def _subject(code: ibis.Deferred) -> ibis.Deferred:
    kinds = [(kind, SWEDISH[0]) for kind in SWEDISH[1:]]
    return code.cases(*kinds, *_LANGUAGES.items(), else_=code)


def _at_best(marks: ibis.Table, *columns: str) -> ibis.Table:
    """A subject with several rows once: counted, passed and with points if one of them is.

    Only a few codes can stand for the subject of another row; the rest is passed through.
    """
    said = ("subject", "points", "is_passing", "is_counted", "is_streck", "is_adapted")
    has_two_codes = marks.subject_code.isin([*SWEDISH, *_LANGUAGES, *_LANGUAGES.values()])
    alone = marks.filter(~has_two_codes).select(*columns, *said)
    once = (
        marks.filter(has_two_codes)
        .group_by(*columns, "subject")
        .agg(
            points=_.points.max(),
            is_passing=_.is_passing.any(),
            is_counted=_.is_counted.any(),
            has_mark=(_.is_counted & ~_.is_streck).any(),
        )
    )
    is_streck = once.is_counted & ~once.has_mark
    whole = once.mutate(is_streck=is_streck, is_adapted=~once.is_counted)
    return alone.union(whole.select(*columns, *said))


def _with_register(found: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Add the pupil's level, of högstadiet if any, whether it is listed, and if a register came."""
    level = enrolments.grade_level
    of_stage = level.max(where=is_in_stage(enrolments))
    listed = enrolments.group_by(*REPORT).agg(grade_level=ibis.coalesce(of_stage, level.max()))
    came = enrolments.select("school_id", "term").distinct().mutate(came_from=_.school_id)
    joined = found.left_join(listed, REPORT).select(found, "grade_level")
    joined = joined.left_join(came, ["school_id", "term"]).select(joined, "came_from")
    has_register = joined.came_from.notnull()
    return joined.mutate(is_listed=joined.grade_level.notnull(), has_register=has_register)


def _by_version(
    programme: Programme,
    term: ibis.ir.StringValue,
    said: Callable[[Programme], ibis.ir.Value | int],
) -> ibis.ir.Value:
    """What the version of a programme's rules that is in force in each term says."""
    known = (*PROGRAMMES, *PROGRAMMES_BEFORE)
    versions = sorted((v for v in known if v.name == programme.name), key=_month, reverse=True)
    month = first_month_of_term(term)
    *later, first = versions
    return ibis.cases(*((month >= _month(v), said(v)) for v in later), else_=said(first))


def _month(programme: Programme) -> str:
    return months_of_term(programme.valid_from)[0]


def _level(rule: tuple[Rule, ...], term: ibis.ir.StringValue) -> ibis.ir.FloatingValue:
    return in_force(rule, first_month_of_term(term))


def _passed(code: str) -> str:
    return f"passed_{code.lower()}"
