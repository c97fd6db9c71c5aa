"""What was done about records held back: which were mended, and which rules were waived."""

from typing import NamedTuple

import pandera.ibis as pa

from schemas.codes import DELIVERY_STATUSES, values
from schemas.contract import Contract
from schemas.deliveries import SHA256
from schemas.rules import MOST_LESSON_MINUTES, MOST_SCHEDULED_MINUTES_A_MONTH


class Waivable(NamedTuple):
    """A rule that may be waived for named records.

    Attributes:
        table: Core table whose contract has it.
        rule: As judging words it.
        sv: When it may be waived, in Swedish.
        en: The same in English.
    """

    table: str
    rule: str
    sv: str
    en: str


WAIVABLE = (
    Waivable(
        "core.attendance",
        f"scheduled_minutes: less_than_or_equal_to({MOST_SCHEDULED_MINUTES_A_MONTH})",
        "Ovanligt mycket undervisning en månad, som skolan har bekräftat.",
        "Unusually much teaching in a month, confirmed by the school.",
    ),
    Waivable(
        "core.lessons",
        f"scheduled_minutes: less_than_or_equal_to({MOST_LESSON_MINUTES})",
        "Ovanligt långt lektionspass, som en friluftsdag eller en lägerskola.",
        "An unusually long session, such as a day outdoors or a camp.",
    ),
    Waivable(
        "core.lessons",
        f"absence_minutes: less_than_or_equal_to({MOST_LESSON_MINUTES})",
        "Frånvaro från ett ovanligt långt lektionspass.",
        "Absence from an unusually long session.",
    ),
    Waivable(
        "core.absence_counts",
        "occasions: less_than_or_equal_to(2000)",
        "Ovanligt många frånvarotillfällen, som skolan har bekräftat.",
        "Unusually many absences, confirmed by the school.",
    ),
    Waivable(
        "core.costs",
        "amount_sek: less_than_or_equal_to(1000000000)",
        "Ovanligt stort belopp, som ekonomiavdelningen har bekräftat.",
        "An unusually large amount, confirmed by the accounts.",
    ),
    *(
        Waivable(
            table,
            f"{column}: less_than_or_equal_to(1000000000)",
            "Ovanligt stort belopp, som ekonomiavdelningen har bekräftat.",
            "An unusually large amount, confirmed by the accounts.",
        )
        for table, column in (
            ("core.joint_costs", "amount_sek"),
            ("core.applications", "applied_sek"),
            ("core.grants", "granted_sek"),
            ("core.payments", "amount_sek"),
            ("core.budgets", "amount_sek"),
            ("core.accounts", "amount_sek"),
        )
    ),
)
"""Rules of plausibility: a value outside is odd, not impossible. No other rule can be waived: not a
missing key, a type, a code, an identity number or a contradiction between columns."""


class Waivers(Contract):
    """A rule that does not count against a record, by an operator's decision.

    Grain: one row per ``delivery_id``, ``record_no`` and ``rule``. Origin: the audit log.
    """

    delivery_id: str = pa.Field(str_matches=SHA256, title="Leverans", description="SHA-256.")
    record_no: int = pa.Field(ge=1, title="Post", description="Record in the file, first is 1.")
    rule: str = pa.Field(title="Regel", description="As judging words it; never a value.")
    waived_at: str = pa.Field(title="Beslutat", description="UTC, ISO 8601.")
    audit_entry: int = pa.Field(
        ge=1, title="Händelse i loggen", description="Entry of the audit log that says who and why."
    )

    class Config(Contract.Config):
        """Grain."""

        name = "quarantine.waivers"
        unique = ["delivery_id", "record_no", "rule"]


class Mended(Contract):
    """A record held back whose corrected values came in a delivery of their own.

    It stays counted as quarantined in its own file. Grain: one row per ``mended_by`` and
    ``mended_record_no``. Origin: the audit log and the delivery ledger.
    """

    delivery_id: str = pa.Field(str_matches=SHA256, title="Leverans", description="SHA-256.")
    record_no: int = pa.Field(ge=1, title="Post", description="Record in the file, first is 1.")
    mended_by: str = pa.Field(
        str_matches=SHA256, title="Rättad genom", description="Delivery with the corrected values."
    )
    mended_record_no: int = pa.Field(
        ge=1, title="Post där", description="Record in that delivery, first is 1."
    )
    status: str = pa.Field(
        isin=values(DELIVERY_STATUSES),
        metadata={"codes": DELIVERY_STATUSES},
        title="Status",
        description="Where that delivery stands; in force only while the one it mends is.",
    )
    mended_at: str = pa.Field(title="Rättad", description="UTC, ISO 8601.")
    audit_entry: int = pa.Field(
        ge=1, title="Händelse i loggen", description="Entry of the audit log that says who and why."
    )

    class Config(Contract.Config):
        """Grain."""

        name = "quarantine.mended"
        unique = ["mended_by", "mended_record_no"]
