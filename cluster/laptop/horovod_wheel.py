"""Install Horovod, built once against the installed torch and kept outside the clone for the next one; write down what it can do.

Usage: python horovod_wheel.py [--prefix FOLDER]    as pip's option of this name; PYTHONPATH then names the packages there

Run by the environment's own Python. Horovod is published as source only, and its last release names a C++ standard that the
headers of today's torch no longer accept: two lines of its build files are edited, nothing else. Variables that Horovod's build
reads may be set in the environment, such as HOROVOD_GPU_OPERATIONS=NCCL where a CUDA toolkit is installed.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from progress import Pulse, follow

HOROVOD = "0.28.1"
BUILD_FILES = ("CMakeLists.txt", "horovod/torch/CMakeLists.txt")
BYTES_PER_COMPILER = 2 << 30
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")
BACK_ENDS = {
    "HOROVOD_WITH_PYTORCH": "1",
    "HOROVOD_WITH_GLOO": "1",
    "HOROVOD_WITHOUT_MPI": "1",
    "HOROVOD_WITHOUT_TENSORFLOW": "1",
    "HOROVOD_WITHOUT_MXNET": "1",
}


def shelf(torch: str) -> Path:
    """Return the folder that keeps the wheel for this Python, torch and Horovod."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    device = os.environ.get("HOROVOD_GPU_OPERATIONS", "").lower()
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return cache / "resonance" / "wheels" / "-".join(filter(None, (python, f"torch{torch}", f"horovod{HOROVOD}", device)))


def cpp_standard(torch: str) -> int:
    """Return the C++ standard that the headers of a torch version need."""
    major, minor = (int(part) for part in torch.split(".")[:2])
    return 20 if (major, minor) >= (2, 14) else 17


def compilers() -> int:
    """Return how many compilers may run side by side: one a core, and each with memory enough."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, min(os.cpu_count() or 1, memory // BYTES_PER_COMPILER))


def fetch_source(folder: Path, standard: int) -> Path:
    """Download and unpack the source with its C++ standard raised; return its folder."""
    options = ("--quiet", "--no-deps", "--no-binary", "horovod", "--no-build-isolation", "--dest", str(folder))
    subprocess.run([*PIP, "download", *options, f"horovod=={HOROVOD}"], check=True)
    shutil.unpack_archive(folder / f"horovod-{HOROVOD}.tar.gz", folder)
    source = folder / f"horovod-{HOROVOD}"
    for name in BUILD_FILES:
        text, edits = re.subn(r"(?m)^(\s*set\(CMAKE_CXX_STANDARD) 14\)", rf"\1 {standard})", (source / name).read_text())
        if edits != 1:
            sys.exit(f"{name} of Horovod {HOROVOD} does not look as expected: {edits} lines name the C++ standard 14")
        (source / name).write_text(text)
    return source


def build(torch: str, home: Path) -> Path:
    """Build the wheel and return where it is kept; a build that fails leaves only its log."""
    home.mkdir(parents=True, exist_ok=True)
    log = home / "build.log"
    with tempfile.TemporaryDirectory(prefix="horovod-") as name:
        folder = Path(name)
        source = fetch_source(folder, cpp_standard(torch))
        search = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
        environment = BACK_ENDS | {"MAKEFLAGS": f"-j{compilers()}"} | os.environ | {"PATH": search}
        command = [
            *PIP,
            "wheel",
            "-v",
            "--no-deps",
            "--no-build-isolation",
            "--no-cache-dir",
            "--wheel-dir",
            str(folder / "wheel"),
            str(source),
        ]
        follow(Pulse(f"Horovod {HOROVOD} for torch {torch}, once", log, command, environment))
        wheel = next((folder / "wheel").glob("*.whl"))
        half = home / f"{wheel.name}.part"
        shutil.copyfile(wheel, half)
        return half.rename(home / wheel.name)


def look() -> dict[str, object]:
    """What loads here: versions, and the back ends that are built in. The doctor reads it, as to load torch takes seconds."""
    import horovod.torch as hvd

    built = {"gloo": hvd.gloo_built(), "nccl": hvd.nccl_built(), "mpi": hvd.mpi_built()}
    versions = {name: version(name) for name in ("torch", "horovod")}
    return {**versions, "built": [name for name, there in built.items() if there]}


def main(arguments: Sequence[str]) -> None:
    """Leave the environment, or the folder given, with a Horovod that fits its torch."""
    torch = version("torch")
    home = shelf(torch)
    wheel = next(home.glob("*.whl"), None) or build(torch, home)
    install = [*PIP, "install", "--quiet", "--no-deps", "--no-index", "--force-reinstall", *arguments, str(wheel)]
    subprocess.run(install, check=True)
    importlib.invalidate_caches()
    note = Path(arguments[1] if arguments else sys.prefix) / "share" / "resonance" / "horovod.json"
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(json.dumps(look()) + "\n", encoding="utf-8")
    print(f"Horovod {version('horovod')} installed from {wheel}")


if __name__ == "__main__":
    main(sys.argv[1:])
