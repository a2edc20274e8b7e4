"""How a kernel is compiled: once for one signature, and kept on disk for every later worker.

Numba looks at a kernel's own file alone to see whether its cached code is old. Kernels call kernels of other files, so a
cache lies in a folder named by the sources of a module and of all kernel modules that it imports.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numba

HERE = Path(__file__).parents[1]
"""The folder of all kernels."""
RUN = "RESONANCE_RUN"
"""Names the command that this process works for, in its environment and in that of its workers."""
SAYS = "compiling text kernels for this machine, once: about a minute"
IMPORTS = re.compile(r"^\s*from resonance\.curate\.kernels((?:\.\w+)*) import (.+)", re.MULTILINE)


def compiled(signature: Any, *, allocates: bool = False) -> Callable[[Callable[..., Any]], Any]:
    """A decorator that compiles a function for ``signature`` when its module is imported, or loads it from the cache.

    The cache lies beside the module or, where that cannot be written, in the user's cache folder; workers that may write
    to neither share a private folder under the machine's temporary one. What is compiled beside the module is taken from there.

    ``allocates`` says whether the function makes arrays. Where it does not, numba's counting of references is left out, which
    else takes as long as the work of a small function (its option is ``_nrt``).
    """

    def compile_now(function: Callable[..., Any]) -> Any:
        code, before = function.__code__, numba.config.CACHE_DIR  # type: ignore[attr-defined]
        place = Path(cache_folder(name_module(Path(code.co_filename))))
        if not any(place.rglob(f"*.{code.co_name}-{code.co_firstlineno}.*.nbi")):
            tell_once()
        numba.config.CACHE_DIR = str(place)  # type: ignore[attr-defined]
        try:
            made = numba.njit(signature, cache=True, _nrt=allocates)(function)  # type: ignore[call-overload]
        finally:
            numba.config.CACHE_DIR = before  # type: ignore[attr-defined]
        if made.stats.cache_misses:  # what is there was compiled for another processor
            tell_once()
        return made

    return compile_now


def tell_once() -> None:
    """Say on the console that kernels are compiled: once for a command, whichever of its processes comes first."""
    run = os.environ.setdefault(RUN, uuid.uuid4().hex)
    try:
        os.close(os.open(Path(private_folder()) / f"told-{run}", os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    except OSError:
        pass
    print(SAYS, file=sys.stderr, flush=True)


@cache
def cache_folder(module: str) -> str:
    """A folder that this process can write, for the compiled code of one module as its sources are now."""
    code = hashlib.sha256(b"\0".join(find_source(held).read_bytes() for held in sources(module))).hexdigest()[:16]
    name, near = f"{module}-{code}", HERE / "__pycache__"
    for base in (near, *_user_caches()):
        place = base / name
        try:
            base.mkdir(parents=True, exist_ok=True)
            if base != near and not place.exists():
                _copy_compiled(near / name, place)
            place.mkdir(exist_ok=True)
        except OSError:
            continue
        if os.access(place, os.W_OK):
            if base == near:  # older code of this very installation
                for old in base.glob(f"{module}-????????????????"):
                    if old != place:
                        shutil.rmtree(old, ignore_errors=True)
            return str(place)
    return private_folder()


def name_module(path: Path) -> str:
    """A kernel module's name below the folder of all kernels, such as ``text.words``; of a file elsewhere, the file's own name."""
    return ".".join(path.relative_to(HERE).with_suffix("").parts) if path.is_relative_to(HERE) else path.stem


def find_source(module: str) -> Path:
    """The file of a kernel module, by its name."""
    return HERE / f"{module.replace('.', '/')}.py"


def _user_caches() -> Iterator[Path]:
    with suppress(RuntimeError):  # a user whom the machine does not know has no home
        yield Path.home() / ".cache" / "resonance" / "kernels"
    yield Path(private_folder())


def _copy_compiled(made: Path, place: Path) -> None:
    """Take what an installation holds compiled, whole or not at all: where it is closed, numba would not even read it."""
    if not made.is_dir():
        return
    draft = place.with_name(f".{uuid.uuid4().hex}")
    try:
        shutil.copytree(made, draft)
        draft.rename(place)
    except (OSError, shutil.Error):
        shutil.rmtree(draft, ignore_errors=True)


def sources(module: str) -> list[str]:
    """The kernel modules that a module's compiled code is made of, itself among them, by name."""
    found, waiting = set(), [module]
    while waiting:
        name = waiting.pop()
        path = find_source(name)
        if name in found or not path.is_file():
            continue
        found.add(name)
        for room, names in IMPORTS.findall(path.read_text(encoding="utf-8")):
            inner = room.removeprefix(".")
            waiting += [inner, *(f"{inner}.{held.split(' as ')[0].strip()}".removeprefix(".") for held in names.split(","))]
    return sorted(found)


def private_folder() -> str:
    """A folder under the temporary one that this user alone can write; a fresh one if another user took its name."""
    folder = Path(tempfile.gettempdir()) / f"resonance-kernels-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    about = folder.lstat()
    if about.st_uid == os.getuid() and not folder.is_symlink() and not about.st_mode & 0o022:
        return str(folder)
    return tempfile.mkdtemp(prefix="resonance-kernels-")
