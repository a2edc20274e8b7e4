"""resonance: a data engine that tunes data and models to each other.

``w = resonance.open("workspace")`` opens a workspace; its methods are the commands of the command line.
"""

import sys as _sys
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

if _TYPE_CHECKING:
    from resonance.app import OpenWorkspace

__version__ = "0.1.0"


def open(workspace: "str | None" = None, **options: _Any) -> "OpenWorkspace":
    """Open a workspace: a folder of tables, which is made when something is first written into it.

    Args:
        workspace: the folder; None for that of the configuration.
        **options: ``settings`` (by ``section.key``), ``conf`` (YAML files), ``env``, ``engine`` and ``console``, as
            `resonance.app.OpenWorkspace` takes them.
    """
    from resonance.app import OpenWorkspace

    return OpenWorkspace(workspace, **options)


def _pass_current_folder() -> None:
    """Have ``python -m resonance.…`` take no module from the current folder: a random.py there would stand in for Python's own."""
    given, here = _sys.orig_argv, _sys.path[0] if _sys.path else ""
    asked = given[given.index("-m") + 1] if _sys.argv[:1] == ["-m"] and "-m" in given[:-1] else ""
    if asked.partition(".")[0] == __name__ and not _sys.flags.safe_path and f"{here}/{__name__}" != __path__[0]:
        del _sys.path[0]


_pass_current_folder()
