"""What each sender was told of each file: to whom, and whether something is to be corrected."""

import pandera.ibis as pa

from schemas.codes import YES_NO, Code, values
from schemas.contract import Contract
from schemas.deliveries import SHA256

ANSWERS = (
    Code("accepted", "godkänd", "accepted"),
    Code("to_correct", "rader att rätta", "records to correct"),
    Code("unreadable", "kunde inte läsas", "cannot be read"),
    Code("held", "väntar på beslut", "held until somebody decides"),
    Code("superseded", "ersatt av en rättad fil", "superseded by a correction"),
)
"""The answer on a file; the same before and after it is sent."""


class Feedback(Contract):
    """The answer on each delivery, and who is to correct it.

    Grain: one row per ``delivery_id``. Origin: the delivery ledger; the feedback files in the
    outbox say the same in words.
    """

    delivery_id: str = pa.Field(str_matches=SHA256, title="Leverans", description="SHA-256.")
    receiver: str = pa.Field(
        str_matches=r"^[0-9A-Za-z][0-9A-Za-z-]*$",
        title="Mottagare",
        description="School unit or project that sent it; `staden` for the city's own registers, "
        "`okand` where the file does not say.",
    )
    answer: str = pa.Field(
        isin=values(ANSWERS),
        metadata={"codes": ANSWERS},
        title="Svar",
        description="What the sender is told.",
    )
    to_correct: int = pa.Field(ge=0, title="Att rätta", description="Records held back [count].")
    is_open: str = pa.Field(
        isin=values(YES_NO),
        metadata={"codes": YES_NO},
        title="Öppen",
        description="Whether the sender has something to correct that no later file made good.",
    )

    class Config(Contract.Config):
        """Grain."""

        name = "quarantine.feedback"
        unique = ["delivery_id"]
