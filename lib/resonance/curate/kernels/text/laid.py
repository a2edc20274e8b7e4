"""Arrays that kernels read and that take long to make: made once, and kept beside the compiled code for every later worker."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from resonance.curate.kernels.text.compiled import cache_folder


def keep_arrays(module: str, name: str, make: Callable[[], Mapping[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """The arrays of ``make``, from the cache where they are there.

    Args:
        module: the kernel module whose sources say what they hold, as ``cache_folder`` names it.
        name: what else they depend on.
        make: makes them.
    """
    path = Path(cache_folder(module)) / f"{name}.npz"
    with suppress(OSError, ValueError, EOFError, BadZipFile), np.load(path) as held:
        return dict(held)
    made = dict(make())
    draft = path.with_name(f".{uuid.uuid4().hex}.npz")
    with suppress(OSError):  # they are made again by the next one then
        np.savez(draft, **made)  # type: ignore[arg-type]
        draft.replace(path)
    return made
