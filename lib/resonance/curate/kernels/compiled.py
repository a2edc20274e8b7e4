"""How a kernel is compiled: once for one signature, and kept on disk for every later worker.

Numba looks at the file of the kernel alone to see whether its cached code is old: after a change in ``scan``, touch the
modules that call it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba


def compiled(signature: Any) -> Callable[[Callable[..., Any]], Any]:
    """A decorator that compiles a function for ``signature`` when its module is imported, or loads it from the cache.

    The cache lies beside the module or, where that cannot be written, in the user's cache folder; workers that may write
    to neither share a private folder under the machine's temporary one.
    """

    def compile_now(function: Callable[..., Any]) -> Any:
        try:
            return numba.njit(signature, cache=True)(function)
        except RuntimeError as error:
            if "no locator available" not in str(error):
                raise
            numba.config.CACHE_DIR = private_folder()  # type: ignore[attr-defined]
            return numba.njit(signature, cache=True)(function)

    return compile_now


def private_folder() -> str:
    """A folder under the temporary one that this user alone can write; a fresh one if another user took its name."""
    folder = Path(tempfile.gettempdir()) / f"resonance-kernels-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    about = folder.lstat()
    if about.st_uid == os.getuid() and not folder.is_symlink() and not about.st_mode & 0o022:
        return str(folder)
    return tempfile.mkdtemp(prefix="resonance-kernels-")
