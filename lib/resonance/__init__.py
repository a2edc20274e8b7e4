"""resonance: a data engine that tunes data and models to each other."""

import sys as _sys

__version__ = "0.1.0"


def _pass_current_folder() -> None:
    """Have ``python -m resonance.…`` take no module from the current folder: a random.py there would stand in for Python's own."""
    given, here = _sys.orig_argv, _sys.path[0] if _sys.path else ""
    asked = given[given.index("-m") + 1] if _sys.argv[:1] == ["-m"] and "-m" in given[:-1] else ""
    if asked.partition(".")[0] == __name__ and not _sys.flags.safe_path and f"{here}/{__name__}" != __path__[0]:
        del _sys.path[0]


_pass_current_folder()
