"""The base every table contract extends, and what a contract can tell about itself."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pandas as pd
import pandera.ibis as pa
from pandera.backends.ibis.register import register_ibis_backends

from schemas.codes import Code

MONTH_PATTERN = r"^\d{4}-(0[1-9]|1[0-2])$"
TERM_PATTERN = r"^\d{4}(HT|VT)$"
SCHOOL_YEAR_PATTERN = r"^\d{4}/\d{2}$"
SCHOOL_PATTERN = r"^[0-9A-Z]{2,12}$"
NAME_PATTERN = r"^[0-9a-z][0-9a-z_-]*$"

register_ibis_backends()  # before any schema is made: a check looks its function up only then


class Contract(pa.DataFrameModel):
    """A table contract: exact columns, exact types, no silent repair.

    Validation never coerces. A step casts on purpose, a contract only judges; so a type
    that drifts in an export is an error at the door and not a rounding somewhere later.
    ``Config.name`` is the table's name in the lake and in the warehouse, ``layer.table``;
    ``Config.metadata["partition"]`` is the column its files are divided by, if any.
    """

    class Config:
        """Strict about columns, their order and their types."""

        strict = True
        ordered = True
        coerce = False

    @classmethod
    def table(cls) -> str:
        """The table's name, ``layer.table``."""
        return str(cls.Config.name)  # type: ignore[attr-defined]

    @classmethod
    def columns(cls) -> list[str]:
        """Column names in contract order."""
        return list(cls.to_schema().columns)

    @classmethod
    def grain(cls) -> list[str]:
        """The columns that together name a row once."""
        return list(cls.to_schema().unique or [])

    @classmethod
    def partition(cls) -> str | None:
        """The column the table's files are divided by; None for a table in one file."""
        metadata = getattr(cls.Config, "metadata", None) or {}
        return metadata.get("partition")

    @classmethod
    def month_of(cls) -> str | None:
        """The date column that tells a row's month, in a table without a month column."""
        metadata = getattr(cls.Config, "metadata", None) or {}
        return metadata.get("month_of")

    @classmethod
    def is_released(cls) -> bool:
        """Whether releases hold the table; ``Config.metadata["is_released"]``, true if not said."""
        metadata = getattr(cls.Config, "metadata", None) or {}
        return bool(metadata.get("is_released", True))

    @classmethod
    def codes(cls, column: str) -> tuple[Code, ...]:
        """The closed vocabulary of a column; empty where values are open."""
        metadata: dict[str, Any] = cls.to_schema().columns[column].metadata or {}
        return tuple(metadata.get("codes", ()))

    @classmethod
    def data_dictionary(cls) -> pd.DataFrame:
        """One row per column: name, type, whether it may be empty, rules, heading, meaning."""
        return pd.DataFrame(
            [
                (
                    name,
                    str(c.dtype),
                    c.nullable,
                    "; ".join(str(k.error) for k in c.checks),
                    c.title or name,
                    c.description,
                )
                for name, c in cls.to_schema().columns.items()
            ],
            columns=["column", "type", "nullable", "rules", "heading_sv", "description"],
        )


class Delivered(Contract):
    """A row that stood in a delivered file, and where it stood.

    ``delivery_id`` and ``record_no`` lead from any figure back to the line in the file.
    """

    delivery_id: str = pa.Field(
        str_matches=r"^[0-9a-f]{64}$",
        title="Leverans",
        description="SHA-256 of the delivered file.",
    )
    record_no: int = pa.Field(
        ge=1, nullable=True, title="Post", description="Record in that file, the first one is 1."
    )

    @classmethod
    def delivered_columns(cls) -> list[str]:
        """Columns a sender fills in: all but where the row stood."""
        return [name for name in cls.columns() if name not in ("delivery_id", "record_no")]

    @classmethod
    def template_columns(cls) -> dict[str, str]:
        """Columns of the project's own template by heading: what nobody else can fill in.

        Left out are what the identity number tells (``from_identity`` other than the pupil
        itself) and what is the same in every row (``constant``).
        """
        columns = cls.to_schema().columns
        return {
            str(columns[name].title): name
            for name in cls.delivered_columns()
            if not _is_derived(columns[name].metadata or {})
        }


@cache
def load_contracts() -> dict[str, type[Contract]]:
    """Every contract in this package by table name: adding a class is adding a table."""
    package = import_module("schemas")
    modules = [import_module(f"schemas.{module.name}") for module in iter_modules(package.__path__)]
    found = [value for module in modules for value in vars(module).values() if _is_table(value)]
    return {contract.table(): contract for contract in sorted(found, key=lambda c: c.table())}


def _is_derived(metadata: dict[str, Any]) -> bool:
    return "constant" in metadata or metadata.get("from_identity", "student_id") != "student_id"


def _is_table(value: object) -> bool:
    return (
        isinstance(value, type)
        and issubclass(value, Contract)
        and "Config" in vars(value)
        and "." in str(getattr(value.Config, "name", ""))
    )
