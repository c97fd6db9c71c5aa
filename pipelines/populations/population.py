"""What a population is."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import ibis
from ibis import _

from pipelines.sharing import rows_once


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """The pupils of whom an indicator speaks, as rows that say why a value may be missing.

    Attributes:
        who_en: Who belongs, in a sentence.
        reads: Tables it is computed from, as ``layer.table``.
        expected: Those tables, as arguments named after the table, to one row per
            ``student_id``, ``school_id`` and ``period`` with ``missing``: the code in
            :data:`schemas.codes.MISSING_REASONS` that holds where the pupil has no value.
    """

    who_en: str
    reads: tuple[str, ...]
    expected: Callable[..., ibis.Table]

    def gaps(self, tables: Mapping[str, ibis.Table]) -> ibis.Table:
        """The rows of ``expected`` that may lack a value, from tables by their names."""
        read = named(self.reads, tables)

        def make() -> ibis.Table:
            return self.expected(**read).filter(_.missing.notnull())

        return rows_once(self.expected, read.values(), make)


def named(reads: Iterable[str], tables: Mapping[str, ibis.Table]) -> dict[str, ibis.Table]:
    """Some tables as arguments: ``core.grades`` is ``grades``."""
    return {name: tables[name] for name in (table.split(".")[1] for table in reads)}
