"""What was delivered and what became of it, record by record."""

import ibis
import pandera.ibis as pa
from pandera.api.ibis.types import IbisData

from schemas.codes import DELIVERY_STATUSES, values
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
        nullable=True, title="Orsak", description="Why it is rejected or held, with the line."
    )
    records: int = pa.Field(
        ge=0, title="Poster", description="Records in the file, counted over its bytes."
    )
    accepted: int = pa.Field(ge=0, title="Godkända", description="Records accepted and in force.")
    quarantined: int = pa.Field(ge=0, title="I karantän", description="Records held back.")
    duplicates: int = pa.Field(ge=0, title="Dubbletter", description="Exact repeats, left out.")
    superseded: int = pa.Field(
        ge=0, title="Ersatta", description="Records no longer in force: a correction took over."
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
