"""Steps that many tables have in common, made once within a run.

By itself a shared step is the expression it returns. Once a run is named (:func:`share_within`)
its rows stay in the engine until the next run, and whoever asks for the same step of the same
tables gets them. Files are told apart by name, size and time, so what is written anew is read anew.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from itertools import count
from pathlib import Path
from typing import TypeVar

import ibis

from pipelines.engine import engine

Step = TypeVar("Step", bound=Callable[..., ibis.Table])


@dataclass(slots=True)
class _Shelf:
    """What the current run shares.

    Attributes:
        run: Its name; None outside any.
        tables: By step and input, or by files.
        made: Names of the tables kept in the engine.
    """

    run: str | None = None
    tables: dict[Hashable, ibis.Table] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)


_SHELF = _Shelf()
_NUMBERS = count(1)


def share_within(run: str | None) -> None:
    """Share steps within a run; what another one shared is dropped. None ends sharing."""
    if run == _SHELF.run:
        return
    for name in _SHELF.made:
        engine().drop_table(name, force=True)
    _SHELF.tables.clear()
    _SHELF.made.clear()
    _SHELF.run = run


def shared(step: Step) -> Step:
    """A function from tables to a table whose rows are made once for the same tables in a run.

    For steps of few rows, as many as there are pupils and periods: they stay in memory.
    """

    @wraps(step)
    def once(*tables: ibis.Table, **options: Hashable) -> ibis.Table:
        return rows_once(step, tables, lambda: step(*tables, **options), **options)

    return once  # type: ignore[return-value]


def rows_once(
    step: Callable[..., ibis.Table],
    tables: Iterable[ibis.Table],
    make: Callable[[], ibis.Table],
    **options: Hashable,
) -> ibis.Table:
    """What ``make`` makes of some tables, kept under the name of a step."""
    if _SHELF.run is None:
        return make()
    key = (step, *sorted(options.items()), *(table.op() for table in tables))
    if key not in _SHELF.tables:
        name = f"shared_{next(_NUMBERS)}"
        _SHELF.tables[key] = engine().create_table(name, make(), temp=True)
        _SHELF.made.append(name)
    return _SHELF.tables[key]


def read_once(paths: Sequence[Path], read: Callable[[], ibis.Table]) -> ibis.Table:
    """The table that ``read`` makes of some files; the same one again while they are the same."""
    if _SHELF.run is None:
        return read()
    stats = ((path, path.stat()) for path in paths)
    key = tuple((str(path), s.st_mtime_ns, s.st_size, s.st_ino) for path, s in stats)
    if key not in _SHELF.tables:
        _SHELF.tables[key] = read()
    return _SHELF.tables[key]
