"""How the kinds of file in this folder are found."""

from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules

from pipelines.ingest.records import Container


@lru_cache(maxsize=1)
def load_containers() -> dict[str, Container]:
    """Every ``CONTAINER`` in this folder by the name of its module."""
    package = import_module("pipelines.ingest.formats")
    names = sorted(module.name for module in iter_modules(package.__path__))
    modules = {name: import_module(f"{package.__name__}.{name}") for name in names}
    return {n: m.CONTAINER for n, m in modules.items() if hasattr(m, "CONTAINER")}
