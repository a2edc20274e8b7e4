"""How a kernel is compiled: once for one signature, and kept on disk for every later worker.

Numba looks at a kernel's own file alone to see whether its cached code is old. Kernels call kernels of other files, so a
cache lies in a folder named by the sources of a module and of all kernel modules that it imports.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba

HERE = Path(__file__).parent
IMPORTS = re.compile(r"^\s*from resonance\.curate\.kernels(?:\.(\w+))? import (.+)", re.MULTILINE)


def compiled(signature: Any, *, allocates: bool = False) -> Callable[[Callable[..., Any]], Any]:
    """A decorator that compiles a function for ``signature`` when its module is imported, or loads it from the cache.

    The cache lies beside the module or, where that cannot be written, in the user's cache folder; workers that may write
    to neither share a private folder under the machine's temporary one.

    ``allocates`` says whether the function makes arrays. Where it does not, numba's counting of references is left out, which
    else takes as long as the work of a small function (its option is ``_nrt``).
    """

    def compile_now(function: Callable[..., Any]) -> Any:
        before = numba.config.CACHE_DIR  # type: ignore[attr-defined]
        numba.config.CACHE_DIR = cache_folder(Path(function.__code__.co_filename).stem)  # type: ignore[attr-defined]
        try:
            return numba.njit(signature, cache=True, _nrt=allocates)(function)  # type: ignore[call-overload]
        finally:
            numba.config.CACHE_DIR = before  # type: ignore[attr-defined]

    return compile_now


@cache
def cache_folder(module: str) -> str:
    """A folder that this process can write, for the compiled code of one module as its sources are now."""
    name = hashlib.sha256(b"\0".join((HERE / f"{held}.py").read_bytes() for held in sources(module))).hexdigest()[:16]
    for base in (HERE / "__pycache__", Path.home() / ".cache" / "resonance" / "kernels"):
        place = base / f"{module}-{name}"
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(place, os.W_OK):
            if base.parent == HERE:  # older code of this very installation
                for old in base.glob(f"{module}-????????????????"):
                    if old != place:
                        shutil.rmtree(old, ignore_errors=True)
            return str(place)
    return private_folder()


def sources(module: str) -> list[str]:
    """The kernel modules that a module's compiled code is made of, itself among them, by name."""
    found, waiting = set(), [module]
    while waiting:
        name = waiting.pop()
        path = HERE / f"{name}.py"
        if name in found or not path.is_file():
            continue
        found.add(name)
        for inner, names in IMPORTS.findall(path.read_text(encoding="utf-8")):
            waiting += [inner] if inner else [held.strip() for held in names.split(",")]
    return sorted(found)


def private_folder() -> str:
    """A folder under the temporary one that this user alone can write; a fresh one if another user took its name."""
    folder = Path(tempfile.gettempdir()) / f"resonance-kernels-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    about = folder.lstat()
    if about.st_uid == os.getuid() and not folder.is_symlink() and not about.st_mode & 0o022:
        return str(folder)
    return tempfile.mkdtemp(prefix="resonance-kernels-")
