"""The embedded engine: one in-memory DuckDB per process, with limits of our own."""

import os
from functools import lru_cache

import ibis
from ibis.backends.duckdb import Backend

MEMORY_LIMIT = os.environ.get("SAMVERKAN_MEMORY", "1GB")


@lru_cache(maxsize=1)
def engine() -> Backend:
    """The process's engine; tables of different origin can be joined on it.

    It keeps no file, spills only where ``TMPDIR`` says and loads no extension.
    """
    backend = ibis.duckdb.connect(memory_limit=MEMORY_LIMIT)
    backend.raw_sql("SET autoinstall_known_extensions = false")
    backend.raw_sql("SET autoload_known_extensions = false")
    ibis.set_backend(backend)
    return backend
