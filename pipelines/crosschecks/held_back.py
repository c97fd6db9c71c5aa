"""Records held back for one reason: a new code in a sender's system, or another month's rows."""

import ibis
from ibis import _

from pipelines.crosschecks.registry import Crosscheck, found

UNKNOWN_CODE = r"(\w+): (?:not one of the codes|isin)"
OTHER_MONTH = r"(\w+): not the one in the file name"


def codes_held_back(deliveries: ibis.Table, records: ibis.Table, mended: ibis.Table) -> ibis.Table:
    """Records of a delivery held back because a code is in no list; ``part`` is the column."""
    return _held_back(deliveries, _not_mended(records, mended), UNKNOWN_CODE)


def wrong_month(deliveries: ibis.Table, records: ibis.Table, mended: ibis.Table) -> ibis.Table:
    """Records of a delivery held back because they are of another period than its name says."""
    return _held_back(deliveries, _not_mended(records, mended), OTHER_MONTH)


def _not_mended(records: ibis.Table, mended: ibis.Table) -> ibis.Table:
    """Records whose corrected values are not in force."""
    return records.anti_join(mended.filter(_.status == "active"), ["delivery_id", "record_no"])


def _held_back(deliveries: ibis.Table, records: ibis.Table, reason: str) -> ibis.Table:
    named = records.filter(records.reasons.re_search(reason)).mutate(
        part=_.reasons.re_extract(reason, 1)
    )
    counted = named.group_by("delivery_id", "part").agg(count=_.count())
    in_force = deliveries.filter(_.status == "active", _.records > 0)
    rows = counted.join(in_force, ["delivery_id"])
    rows = rows.mutate(about=rows.scope.split(" "))
    return found(
        rows,
        table_name="raw.deliveries",
        school_id=_.about[1].re_extract("^[0-9A-Z]{2,12}$", 0).nullif(""),
        period=_.scope.re_extract(r"(\d{4}(-\d{2}|HT|VT|/\d{2}))$", 1).nullif(""),
        expected=0.0,
        measure=_["count"] / _.records,
        basis=_["count"],
    )


_READS = ("raw.deliveries", "quarantine.records", "quarantine.mended")

CROSSCHECKS = (
    Crosscheck(
        name="codes_held_back",
        title_sv="Poster i karantän för att en kod är okänd",
        title_en="Records held back because a code is unknown",
        advice_sv="Se kolumnen: har avsändaren fått en ny kod läggs den till i profilen, annars "
        "rättar skolan värdet.",
        advice_en="See the column: a new code of the sender's is added to the profile, otherwise "
        "the school corrects the value.",
        table="raw.deliveries",
        period="whole",
        reads=_READS,
        judge=codes_held_back,
    ),
    Crosscheck(
        name="wrong_month",
        title_sv="Poster från en annan period än filnamnet säger",
        title_en="Records of another period than the file's name says",
        advice_sv="Be skolan exportera rätt månad eller döpa om filen, och skicka den på nytt.",
        advice_en="Ask the school to export the right month or rename the file, and resend it.",
        table="raw.deliveries",
        period="whole",
        reads=_READS,
        judge=wrong_month,
    ),
)
