"""The embedded engine: one in-memory DuckDB per process, with limits of our own."""

import atexit
import os
from functools import lru_cache
from shutil import rmtree
from tempfile import mkdtemp

import ibis
from ibis.backends.duckdb import Backend

MEMORY_LIMIT = os.environ.get("SAMVERKAN_MEMORY", "1GB")


@lru_cache(maxsize=1)
def _spill() -> str:
    """A folder nobody else may read, gone with the process; where ``TMPDIR`` says."""
    folder = mkdtemp(prefix="samverkan-")
    atexit.register(rmtree, folder, ignore_errors=True)
    return folder


def limits() -> dict[str, str]:
    """What every engine of this process is told: how much memory, and where to spill.

    Of itself an engine without a file spills into the working directory.
    """
    return {"memory_limit": MEMORY_LIMIT, "temp_directory": _spill()}


@lru_cache(maxsize=1)
def engine() -> Backend:
    """The process's engine; tables of different origin can be joined on it.

    It keeps no file and loads no extension.
    """
    backend = ibis.duckdb.connect(**limits())
    backend.raw_sql("SET autoinstall_known_extensions = false")
    backend.raw_sql("SET autoload_known_extensions = false")
    ibis.set_backend(backend)
    return backend
