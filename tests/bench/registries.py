"""Sources of packages as their authors publish them, tests included, unpacked into the cache; nothing is installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.bench import debian
from tests.bench.places import cache

ASK = {
    "pypi": (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary"),
    "npm": ("npm", "pack", "--silent"),
}
"""What fetches the archive of a package with its version into the current folder."""


def unpacked(package: str) -> Path | None:
    """The folder of ``debian:NAME``, ``pypi:NAME==VERSION`` or ``npm:NAME@VERSION``; None, with a message, where none is served."""
    kind, _, name = package.partition(":")
    if kind == "debian":
        return debian.unpacked(name)
    folder = cache(kind) / name.replace("/", "-").lstrip("@")
    if folder.exists():
        return folder
    fresh = folder.with_name(f"{folder.name}.fresh")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    try:
        alone = [name.partition("==")[0]] if kind == "pypi" else []  # what it is built with may come built
        subprocess.run([*ASK[kind], *alone, name], cwd=fresh, check=True, capture_output=True)
        (archive,) = fresh.iterdir()
        subprocess.run(["tar", "xzf", archive.name], cwd=fresh, check=True)
        archive.unlink()
    except (OSError, subprocess.CalledProcessError, ValueError) as error:
        print(f"{package}: left out, it is not served here ({type(error).__name__})", flush=True)
        shutil.rmtree(fresh)
        return None
    fresh.rename(folder)
    return folder
