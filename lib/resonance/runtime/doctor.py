"""Looks at the machine and says what works for us and what to do where something does not."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

JAVA_VERSIONS = (17, 21)
FREE_BYTES = 2 << 30
MEMORY_BYTES = 6 << 30
GIB = 1 << 30
PATIENCE = 120
TRAINER = """
import json, torch
said = {"torch": torch.__version__, "gpus": [torch.cuda.get_device_name(n) for n in range(torch.cuda.device_count())]}
try:
    import horovod, horovod.torch as hvd
    built = {"gloo": hvd.gloo_built(), "nccl": hvd.nccl_built(), "mpi": hvd.mpi_built()}
    said |= {"horovod": horovod.__version__, "built": [name for name, there in built.items() if there]}
except Exception as error:
    said["error"] = f"{type(error).__name__}: {error}".splitlines()[0]
print(json.dumps(said))
"""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: whether it works, what was found, and what to do (empty where there is nothing to do)."""

    name: str
    works: bool
    found: str
    advice: str = ""


def examine() -> tuple[Finding, ...]:
    """What works on this machine, from the engine to the trainer; takes a few seconds to load torch in a process of its own."""
    return (java(), spark(), delta(), *trainer(), disk(Path.cwd()), machine())


def java() -> Finding:
    """Whether the Java that Spark will start is one that it runs on."""
    home = os.environ.get("JAVA_HOME")
    said = answer([str(Path(home) / "bin" / "java") if home else "java", "-version"])
    version = re.search(r'version "(\d+)[^"]*"', said)
    if version is None:
        return Finding(
            "Java", False, f"none under JAVA_HOME={home}" if home else "none", "install JDK 17, or point JAVA_HOME at one"
        )
    works = int(version[1]) in JAVA_VERSIONS
    return Finding("Java", works, version[0].split('"')[1], "" if works else "point JAVA_HOME at JDK 17")


def spark() -> Finding:
    """Whether pyspark is there: installed by us, or brought by the platform."""
    if find_spec("pyspark") is None:
        return Finding("Spark", False, "no pyspark", "run `make setup-data`, or install resonance-factory[spark]")
    return Finding("Spark", True, f"pyspark {installed('pyspark') or 'of the platform'}")


def delta() -> Finding:
    """Whether sessions find Delta without a network: its Python package and its jars, or a platform that has both built in."""
    if "DATABRICKS_RUNTIME_VERSION" in os.environ:
        return Finding("Delta", True, "built into the platform")
    if find_spec("pyspark") is None or find_spec("delta") is None:
        return Finding("Delta", False, "no delta-spark", "run `make setup-data`, or install resonance-factory[spark]")
    from resonance.runtime.engines.spark import jar_folder

    package = installed("delta-spark")
    jars = sorted(path.name for path in jar_folder().glob("*.jar"))
    if not jars:
        return Finding(
            "Delta",
            False,
            f"delta-spark {package}, no jars in {jar_folder()}",
            "run `make setup-data`; until then sessions download them",
        )
    return Finding("Delta", True, f"delta-spark {package}, {len(jars)} jars")


def trainer() -> tuple[Finding, Finding, Finding]:
    """Whether torch and Horovod load, which of Horovod's back ends are built, and which GPUs torch sees."""
    if not installed("torch"):
        advice = "only training needs it: `make setup`"
        return Finding("torch", False, "none", advice), Finding("Horovod", False, "none", advice), gpu((), ())
    said = [line for line in answer([sys.executable, "-c", TRAINER]).splitlines() if line.startswith("{")]
    if not said:
        broken = Finding("torch", False, f"{installed('torch')} does not load", "run `make clean setup`")
        return broken, Finding("Horovod", False, "not tried, torch does not load"), gpu((), ())
    facts = json.loads(said[-1])
    return Finding("torch", True, facts["torch"]), horovod(facts), gpu(facts["gpus"], facts.get("built", ()))


def horovod(facts: dict[str, object]) -> Finding:
    """Whether Horovod loads and can reduce over the network of this machine."""
    if "error" in facts:
        found = "none" if not installed("horovod") else str(facts["error"])
        return Finding("Horovod", False, found, "run `make setup`, which builds it for the installed torch")
    built = facts["built"]
    assert isinstance(built, list)
    found = f"{facts['horovod']} with {', '.join(built) or 'no back end'}"
    return Finding("Horovod", "gloo" in built, found, "" if "gloo" in built else "build it with HOROVOD_WITH_GLOO=1")


def gpu(names: Sequence[str], built: Sequence[str]) -> Finding:
    """Which GPUs torch sees, and whether ranks can reduce between them."""
    if not names:
        return Finding("GPU", True, "none", "none is needed: training runs on the processor")
    if len(names) > 1 and "nccl" not in built:
        return Finding(
            "GPU",
            True,
            ", ".join(names),
            "for fast reduction: `HOROVOD_GPU_OPERATIONS=NCCL make setup` with a CUDA toolkit and NCCL",
        )
    return Finding("GPU", True, ", ".join(names))


def disk(folder: Path) -> Finding:
    """Whether a workspace in this folder has room."""
    free = shutil.disk_usage(folder).free
    works = free >= FREE_BYTES
    return Finding(
        "disk", works, f"{free / GIB:.0f} GiB free under {folder}", "" if works else f"free {FREE_BYTES / GIB:.0f} GiB or more"
    )


def machine() -> Finding:
    """Whether cores and memory carry Spark and two training ranks."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    works = memory >= MEMORY_BYTES
    advice = "" if works else "set spark.driver_memory lower and train with one rank"
    return Finding("machine", works, f"{cores} cores, {memory / GIB:.0f} GiB memory", advice)


def installed(package: str) -> str:
    """Version of an installed distribution, or nothing; the package itself is not imported."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def answer(command: Sequence[str]) -> str:
    """What a command printed, or nothing where it cannot be run or does not end."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
