"""Apart: which records of an archived file are about pupils whose rows the vault keeps.

For whoever shows records read again from the archive, such as an export of what is held back.
"""

import datetime as dt
from collections.abc import Iterator

import numpy as np

from pipelines.ingest.blocks import Block, Delivery, Judges, Span, judge_block
from pipelines.ingest.formats.registry import load_containers
from pipelines.ingest.records import NotPlainError, Records
from pipelines.ingest.vault import Vault


def records_apart(vault: Vault, delivery: Delivery) -> set[int]:
    """Numbers of the records that nobody but the vault may show.

    Args:
        vault: Knows the pupils.
        delivery: The archived file and its layout.

    Raises:
        UnreadableError: If the file cannot be read any more.
    """
    if delivery.profile.protection is None and not vault.register.protected():
        return set()
    judges = Judges.of(vault, today=dt.datetime.now(dt.UTC).date())
    try:
        return set(_found(delivery, judges, strictly=False))
    except NotPlainError:
        return set(_found(delivery, judges, strictly=True))


def _found(delivery: Delivery, judges: Judges, *, strictly: bool) -> Iterator[int]:
    first_no = 1
    for records in _read(delivery, strictly=strictly):
        span = Span(delivery, 0, len(records), first_no)
        judged = judge_block(Block(records, (span,)), judges)
        yield from (first_no + np.flatnonzero(judged.apart)).tolist()
        first_no += len(records)


def _read(delivery: Delivery, *, strictly: bool) -> Iterator[Records]:
    container = load_containers()[delivery.profile.container]
    return container.records(delivery.path, delivery.profile, strictly=strictly)
