"""Closed vocabularies: every code, what it is called in Swedish and English, what it means."""

from collections.abc import Iterable
from typing import NamedTuple


class Code(NamedTuple):
    """One value of a closed vocabulary.

    Attributes:
        code: The value in every table.
        sv: What a school writes and a Swedish reader sees.
        en: What an English reader sees.
        group: The coarser kind the code is counted as, if the list has any.
    """

    code: str
    sv: str
    en: str
    group: str = ""


def values(codes: Iterable[Code]) -> list[str]:
    """The codes themselves, in order."""
    return [code.code for code in codes]


def of_group(codes: Iterable[Code], group: str) -> list[str]:
    """The codes that are counted as ``group``."""
    return [code.code for code in codes if code.group == group]


LESSON_STATUSES = (
    Code("present", "närvarande", "present"),
    Code("authorised", "giltig frånvaro", "authorised absence"),
    Code("unauthorised", "ogiltig frånvaro", "unauthorised absence"),
    Code("late", "sen ankomst", "late arrival"),
    Code("other_activity", "annan skolaktivitet", "other school activity"),
    Code("unreported", "ej rapporterad", "not reported"),
)
"""Status of a lesson for one pupil (domain: Attendance, concepts). A late arrival's minutes
are unauthorised in most systems; an unreported lesson is unknown, not present."""

END_REASONS = (
    Code("completed", "slutförd enligt plan", "completed as planned", "planned"),
    Code("graduated", "lämnat grundskolan", "left compulsory school", "neutral"),
    Code("moved", "flyttat", "moved away", "neutral"),
    Code("transferred", "överförd till annan insats", "transferred to other support", "neutral"),
    Code(
        "ended_by_family", "avbruten av elev eller vårdnadshavare", "ended by family", "unplanned"
    ),
    Code("did_not_attend", "uteblivit", "did not attend", "unplanned"),
    Code("ended_by_project", "avslutad av projektet i förtid", "ended early by team", "unplanned"),
    Code("unknown", "okänd", "unknown", "unknown"),
)
"""Why support ended. ``group`` decides what counts as an unplanned dropout (oplanerat avhopp);
an unknown reason is never counted as planned."""

COST_CATEGORIES = (
    Code("staff", "personal", "staff"),
    Code("premises", "lokaler", "premises"),
    Code("training", "utbildning", "training"),
    Code("supervision", "handledning", "supervision"),
    Code("materials", "material", "materials"),
    Code("other", "övrigt", "other"),
)

SEXES = (Code("female", "flicka", "girl"), Code("male", "pojke", "boy"))

YES_NO = (Code("yes", "ja", "yes"), Code("no", "nej", "no"), Code("unknown", "okänt", "unknown"))

VALUE_STATES = (
    Code("reported", "redovisad", "reported"),
    Code("suppressed", "för få elever (..)", "too few pupils (..)"),
    Code("not_applicable", "uppgift saknas eller är inte tillämplig (.)", "missing or n/a (.)"),
    Code("masked_near_100", "nära 100 procent (~100)", "masked near 100 (~100)"),
    Code("confidential", "skyddas av sekretess (c)", "confidential (c)"),
    Code("not_available", "uppgiften finns inte (x)", "not available (x)"),
    Code("questioned", "ifrågasatt: kan inte vara uppmätt", "questioned: cannot be measured"),
)
"""What a cell of a public table is: a number, or one of the publisher's signs.

``..``, ``.`` and ``~100`` are Skolverket's (footers of its reports). ``c``, ``z`` and ``x`` are
those of the Department for Education's tables: confidential, not applicable, not available; in its
series of exclusions ``x`` is a suppressed count. ``s`` of New York City's tables is a suppressed
group. ``questioned`` is no sign but our own: a number that the publisher cannot have measured."""

PROJECT_BASES = (
    Code("school", "skola", "school"),
    Code("residence", "boende", "residence"),
)

LEVELS = (
    Code("city", "Hela staden", "Whole city"),
    Code("sex", "Hela staden efter kön", "Whole city by sex"),
    Code("grade_level", "Hela staden efter årskurs", "Whole city by grade level"),
    Code("newly_arrived", "Hela staden, nyanlända", "Whole city, newly arrived"),
    Code("group", "Pilotskolor och jämförelseskolor", "Pilot and comparison schools"),
    Code("project", "Projektets skolor", "Schools of a project"),
    Code("participants", "Elever i projektet", "Pupils in a project"),
    Code("school", "Skola", "School"),
)
"""What a result is about. ``project`` is all pupils at the schools of a project;
``participants`` the pupils who had its support; ``sex``, ``grade_level`` and ``newly_arrived`` the
groups of :data:`schemas.groups.GROUPINGS` in the city."""

DELIVERY_STATUSES = (
    Code("received", "mottagen", "received"),
    Code("recognised", "igenkänd", "recognised"),
    Code("judged", "granskad", "judged"),
    Code("active", "gällande", "active"),
    Code("superseded", "ersatt av en rättelse", "superseded by a correction"),
    Code("held", "väntar på beslut", "held until somebody decides"),
    Code("rejected", "kan inte läsas eller har avvisats", "cannot be read or was refused"),
)
"""The life of a delivery: received, recognised by a layout, judged, and then one of the last
four. It passes the first three in one run, so between runs it stands in one of the others."""

COMPLETENESS = (
    Code("proven", "bekräftad", "proven"),
    Code("unproven", "obekräftad", "unproven"),
)
"""Whether the sender said what the file holds (a checksum beside it, a last line with the number
of records) and it does. Without, a file cut off inside its last value looks whole."""

MISSING_REASONS = (
    Code("no_enrolment", "inte inskriven vid skolan", "not enrolled at the school"),
    Code("no_attendance", "ingen närvarorapport", "no attendance report"),
    Code("no_scheduled_time", "ingen schemalagd tid", "no scheduled time"),
    Code("no_register", "frånvaron är inte registrerad", "register not filled in"),
    Code("no_lessons", "bara summor redovisade, inte lektioner", "sums only, no lessons"),
    Code("too_few_months", "för få månader i följd", "too few months in a row"),
    Code("no_grades", "inga betyg", "no grades"),
    Code("no_final_grades", "inget slutbetyg", "no final grades"),
    Code("no_term_before", "ingen jämförbar termin före", "no comparable term before"),
    Code("nothing_counted", "inget ämne räknas", "no subject counts"),
    Code("swedish_twice", "både svenska och svenska som andraspråk", "both SV and SVA"),
    Code("block_grade", "blockbetyg i årskurs 7-9", "block grade in grades 7-9"),
    Code("two_scales", "två betygsskalor i samma termin", "two grade scales in one term"),
    Code("other_scale", "annan betygsskala", "another grade scale"),
    Code("not_yet_valid", "regeln gällde inte än", "rule not in force yet"),
)
"""Why a pupil who belongs to an indicator's population has no value: unknown is never 0."""

RESULT_STATES = (
    Code("shown", "redovisad", "shown"),
    Code("suppressed", "för få elever (..)", "too few pupils (..)"),
    Code("protected", "dold för att skydda en annan cell (..)", "hidden to protect another (..)"),
    Code("empty", "inga elever (.)", "no pupils (.)"),
)
