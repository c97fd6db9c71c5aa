"""The command line: every command is a thin call, with words for the person who reads it.

One module per command or group of commands; adding a command is adding a module. Exit status:
0 done; 1 a file, a run or a check failed; 2 the call itself was wrong.
"""

import os
import warnings
from importlib import import_module
from pkgutil import iter_modules

from assets.commands.terminal import app


def main() -> None:
    """Entry point of the command ``samverkan``."""
    os.umask(0o077)
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    app()


for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

__all__ = ["app", "main"]
