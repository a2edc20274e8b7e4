"""A virtual environment for each engine that we are compared with, made when first asked for."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from tests.bench.places import cache

PEERS = Path(__file__).parent / "peers"
ENGINES = ("datatrove", "juicer", "dolma", "daft", "presidio", "faker", "expectations", "deequ")


def python_of(engine: str) -> Path:
    """The interpreter of ``engine``'s environment, which is made anew whenever ``peers/<engine>.txt`` changes.

    Raises:
        subprocess.CalledProcessError: pip could not install what the file asks for.
    """
    wanted = PEERS / f"{engine}.txt"
    version = hashlib.sha256(wanted.read_bytes()).hexdigest()[:12]
    folder = cache("environments") / f"{engine}-{version}"
    python = folder / "bin/python"
    done = folder / "installed"
    if not done.exists():
        print(f"environment of {engine}: pip install -r {wanted.name}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--requirement", wanted], check=True)
        done.touch()
    return python


def versions_of(engine: str) -> dict[str, str]:
    """The versions of the packages that ``peers/<engine>.txt`` names, as installed."""
    lines = (PEERS / f"{engine}.txt").read_text().splitlines()
    names = [line.partition("==")[0].partition("[")[0] for line in lines if line and not line.startswith("#")]
    ask = "import importlib.metadata as m, sys; print(*map(m.version, sys.argv[1:]))"
    found = subprocess.run([python_of(engine), "-c", ask, *names], check=True, capture_output=True, text=True)
    return dict(zip(names, found.stdout.split(), strict=True))


if __name__ == "__main__":
    for engine in sys.argv[1:] or ENGINES:
        print(engine, python_of(engine), versions_of(engine))
