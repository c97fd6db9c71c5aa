"""What was delivered and what became of it, record by record."""

import ibis
import pandera.ibis as pa
from pandera.api.ibis.types import IbisData

from schemas.codes import COMPLETENESS, DELIVERY_STATUSES, values
from schemas.contract import Contract

SHA256 = r"^[0-9a-f]{64}$"


class Deliveries(Contract):
    """Every file received: where it stands and where its records went.

    Grain: one row per ``delivery_id``. Origin: the delivery ledger.
    """

    delivery_id: str = pa.Field(str_matches=SHA256, title="Leverans", description="SHA-256.")
    file_name: str = pa.Field(title="Fil", description="Name as dropped in the inbox.")
    received_at: str = pa.Field(title="Mottagen", description="UTC, ISO 8601.")
    profile: str = pa.Field(
        nullable=True, title="Profil", description="Declared layout the file was read by."
    )
    scope: str = pa.Field(
        nullable=True,
        title="Omfattning",
        description="What the file is about; a correction has the scope of what it corrects.",
    )
    version: int = pa.Field(ge=1, title="Version", description="1, or as the file name says.")
    status: str = pa.Field(
        isin=values(DELIVERY_STATUSES),
        metadata={"codes": DELIVERY_STATUSES},
        title="Status",
        description="Where the delivery stands.",
    )
    cause: str = pa.Field(
        nullable=True,
        title="Orsak",
        description="Why it is rejected or held, with the line; or whose rows it repeats.",
    )
    records: int = pa.Field(
        ge=0, title="Poster", description="Records in the file, counted over its bytes."
    )
    accepted: int = pa.Field(ge=0, title="Godkända", description="Records accepted and in force.")
    quarantined: int = pa.Field(ge=0, title="I karantän", description="Records held back.")
    duplicates: int = pa.Field(ge=0, title="Dubbletter", description="Exact repeats, left out.")
    superseded: int = pa.Field(
        ge=0,
        title="Ersatta",
        description="Records accepted and no longer in force: a correction or a person decided.",
    )

    completeness: str = pa.Field(
        isin=values(COMPLETENESS),
        metadata={"codes": COMPLETENESS},
        title="Fullständighet",
        description="Whether the sender's own checksum or count says that the file is whole.",
    )

    class Config(Contract.Config):
        """Grain."""

        name = "raw.deliveries"
        unique = ["delivery_id"]

    @pa.dataframe_check
    @classmethod
    def rows_are_conserved(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """Every record of a readable file lies in exactly one of four bins."""
        rows = data.table
        bins = rows.accepted + rows.quarantined + rows.duplicates + rows.superseded
        return (rows.records == bins) | rows.status.isin(["rejected", "received", "held"])


class Quarantine(Contract):
    """A record held back, with every reason against it; its values stay in the archive.

    Grain: one row per ``delivery_id`` and ``record_no``. Origin: ingestion.
    """

    delivery_id: str = pa.Field(str_matches=SHA256, title="Leverans", description="SHA-256.")
    record_no: int = pa.Field(ge=1, title="Post", description="Record in the file, first is 1.")
    line_no: int = pa.Field(
        ge=1, title="Rad", description="Line of the file (row of the sheet) it starts on."
    )
    reasons: str = pa.Field(
        title="Orsaker", description="`column: rule`, separated by semicolons; never a value."
    )

    class Config(Contract.Config):
        """Grain."""

        name = "quarantine.records"
        unique = ["delivery_id", "record_no"]


class DeliveryEvents(Contract):
    """Every step in the life of a delivery, never changed once written.

    Grain: one row per ``event_no``. Origin: the delivery ledger.
    """

    event_no: int = pa.Field(ge=1, title="Händelse", description="In the order they happened.")
    delivery_id: str = pa.Field(str_matches=SHA256, title="Leverans", description="SHA-256.")
    at: str = pa.Field(title="Tidpunkt", description="UTC, ISO 8601.")
    status_from: str = pa.Field(
        nullable=True,
        isin=values(DELIVERY_STATUSES),
        metadata={"codes": DELIVERY_STATUSES},
        title="Från",
        description="Status before; none for a delivery that was just received.",
    )
    status_to: str = pa.Field(
        isin=values(DELIVERY_STATUSES),
        metadata={"codes": DELIVERY_STATUSES},
        title="Till",
        description="Status after.",
    )
    why: str = pa.Field(title="Varför", description="The layout, the counts or the decision.")

    class Config(Contract.Config):
        """Grain."""

        name = "raw.delivery_events"
        unique = ["event_no"]


class Revisions(Contract):
    """What a correction did to the rows of a table; a row that it lacks is a deletion.

    Two accepted rows are the same row if their grain is. Grain: one row per ``delivery_id`` and
    ``table_name``. Origin: ingestion, when the correction came.
    """

    delivery_id: str = pa.Field(str_matches=SHA256, title="Rättelse", description="SHA-256.")
    table_name: str = pa.Field(title="Tabell", description="Core table, `layer.table`.")
    supersedes: str = pa.Field(
        str_matches=SHA256, title="Rättar", description="The delivery it was compared with."
    )
    rows_before: int = pa.Field(ge=0, title="Rader före", description="Accepted before [count].")
    rows_after: int = pa.Field(ge=0, title="Rader efter", description="Accepted now [count].")
    rows_new: int = pa.Field(ge=0, title="Nya", description="Only in the correction [count].")
    rows_changed: int = pa.Field(
        ge=0, title="Ändrade", description="In both, with another value [count]."
    )
    rows_gone: int = pa.Field(
        ge=0, title="Borttagna", description="Deletions: not accepted from the correction [count]."
    )

    class Config(Contract.Config):
        """Grain."""

        name = "raw.revisions"
        unique = ["delivery_id", "table_name"]

    @pa.dataframe_check
    @classmethod
    def rows_add_up(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """What was there, less what is gone, with what is new, is what is there."""
        rows = data.table
        return rows.rows_before - rows.rows_gone + rows.rows_new == rows.rows_after


class RevisionEffects(Contract):
    """What a correction of a delivery in force did, or would do, to an indicator of a school.

    Only schools and periods whose sums it changes. Unsuppressed: for the warehouse only.
    Grain: one row per ``delivery_id``, ``indicator``, ``school_id`` and ``period``.
    """

    delivery_id: str = pa.Field(str_matches=SHA256, title="Rättelse", description="SHA-256.")
    indicator: str = pa.Field(title="Indikator", description="Name in the registry.")
    school_id: str = pa.Field(title="Skolenhetskod", description="School unit code.")
    period: str = pa.Field(title="Period", description="Month, term or school year.")
    students_before: int = pa.Field(ge=0, title="Elever före", description="Pupils [count].")
    students_after: int = pa.Field(ge=0, title="Elever efter", description="Pupils [count].")
    numerator_before: float = pa.Field(ge=0, title="Täljare före", description="Sum over pupils.")
    numerator_after: float = pa.Field(ge=0, title="Täljare efter", description="Sum over pupils.")
    denominator_before: float = pa.Field(ge=0, title="Nämnare före", description="Sum over pupils.")
    denominator_after: float = pa.Field(ge=0, title="Nämnare efter", description="Sum over pupils.")
    value_before: float = pa.Field(
        nullable=True,
        title="Värde före",
        description="Numerator over denominator, times the indicator's scale.",
    )
    value_after: float = pa.Field(
        nullable=True, title="Värde efter", description="The same with the correction."
    )

    class Config(Contract.Config):
        """Grain."""

        name = "result.revision_effects"
        unique = ["delivery_id", "indicator", "school_id", "period"]
