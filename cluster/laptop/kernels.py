"""Compile the text kernels now, in as many processes as there are cores: else the first texts that are cleaned wait for it.

Usage: python kernels.py [default]    all of them, or what `resonance curate` runs by default; others are compiled when first used

Needs numba, numpy and pyarrow alone, so that it runs while other packages are still installed.
"""

import os
import sys
from importlib import import_module
from multiprocessing import Pool
from pkgutil import walk_packages

from resonance.curate import kernels

LONGEST = ("contamination.contamination", "datatrove.datatrove_kernel", "dclm.dclm")
"""These take half of the time, with what they import: they come first."""
DEFAULT = (
    "any_language.any_language",
    "basics.basics",
    "chinese.chinese",
    "datatrove.datatrove_kernel",
    "duplicates.joined",
    "duplicates.minhash",
    "duplicates.shingles",
    "english.urls",
    "text.prose",
    "text.tidy",
)


def compile_kernel(name: str) -> str:
    """Import a module: it compiles what is not in its cache yet."""
    import_module(f"{kernels.__name__}.{name}")
    return name


if __name__ == "__main__":
    every = {module.name.removeprefix(f"{kernels.__name__}.") for module in walk_packages(kernels.__path__, f"{kernels.__name__}.")}
    names = set(DEFAULT) if sys.argv[1:] == ["default"] else every
    with Pool(min(os.cpu_count() or 1, len(LONGEST))) as pool:
        for name in pool.imap_unordered(compile_kernel, sorted(names, key=lambda name: (name not in LONGEST, name))):
            print(f"Compiled {name}", flush=True)
