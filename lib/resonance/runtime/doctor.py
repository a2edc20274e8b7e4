"""Looks at the machine and says what works for us and what to do where something does not.

It answers within a second or two: what takes longer to load, the trainer above all, is read from what set-up wrote down.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from resonance.core.settings import Config
from resonance.runtime.engines.engine import PLATFORM
from resonance.runtime.engines.session import SUBMITTED, choose_engine

JAVA_VERSIONS = (17, 21)
FREE_BYTES = 2 << 30
MEMORY_BYTES = 4 << 30
GIB = 1 << 30
PATIENCE = 20
"""Seconds until a program that was asked counts as broken."""
DRIVER = Path("/proc/driver/nvidia/gpus")
EMBEDDED = ("pysail", "deltalake", "pyspark-client")
SESSION = """
import os, sys
from pathlib import Path
from resonance.core.settings import SparkSettings
from resonance.runtime.engines.embedded import open_embedded
try:
    engine = open_embedded(SparkSettings(), Path(sys.argv[1]))
    print("computed", engine.session.sql("SELECT 41 + 1").collect()[0][0])
except Exception as error:
    print(f"{type(error).__name__}: {error}".splitlines()[0])
sys.stdout.flush()
os._exit(0)
"""
ONLY_SPARK = "needed for --engine spark alone: "
ONLY_ANNOTATING = "needed for annotations alone: `make setup-lts`"
ONLY_TRAINING = "needed for training alone: `make setup-train`"
ONLY_BUCKETS = "needed for tables or staging in object storage by --engine spark alone: `make setup-s3`"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: whether it works (None: nothing here needs it), what was found, and what to do about it."""

    name: str
    works: bool | None
    found: str
    advice: str = ""


def examine() -> tuple[Finding, ...]:
    """What works on this machine, from the engine to the trainer. Programs are asked side by side."""
    on_spark = choose_engine(Config()) == "spark"
    with ThreadPoolExecutor() as pool:
        session, jvm, devices = (
            pool.submit(check_embedded, needed=not on_spark),
            pool.submit(java, needed=on_spark),
            pool.submit(gpu),
        )
        rest = (spark(needed=on_spark), delta(needed=on_spark), buckets(), spark_nlp(), torch(), horovod())
        return (engine(), session.result(), jvm.result(), *rest, devices.result(), disk(Path.cwd()), machine())


def engine() -> Finding:
    """Which engine computes here where none is named, and why."""
    name = choose_engine(Config())
    given = next((variable for variable in SUBMITTED if variable in os.environ), "")
    if name == "embedded":
        return Finding("engine", True, "embedded: nothing here names a cluster", "--engine spark chooses the other one")
    return Finding("engine", True, f"spark: {f'{given} is set' if given else 'no pysail is installed'}")


def check_embedded(*, needed: bool) -> Finding:
    """Whether the engine that needs no Java is installed and computes."""
    absent = [name for name in EMBEDDED if not find_version(name)]
    if absent:
        advice = "run `make setup-data`, or install resonance-factory with its dependencies" if needed else ""
        return Finding("embedded engine", False if needed else None, f"no {', '.join(absent)}", advice)
    found = ", ".join(f"{name} {find_version(name)}" for name in EMBEDDED)
    with tempfile.TemporaryDirectory(prefix="resonance-doctor-") as scratch:
        said = answer([sys.executable, "-c", SESSION, scratch], quietly=True).strip()
    if said == "computed 42":
        return Finding("embedded engine", True, f"{found}; a session starts and computes")
    why = said.splitlines()[-1] if said else "it ends without a word"
    return Finding(
        "embedded engine", False, f"{found}; no session starts: {why}", "run `make clean setup-data`, or use --engine spark"
    )


def java(*, needed: bool) -> Finding:
    """Whether the Java that Spark would start is one that it runs on."""
    home = os.environ.get("JAVA_HOME")
    said = answer([str(Path(home) / "bin" / "java") if home else "java", "-version"])
    version = re.search(r'version "(\d+)[^"]*"', said)
    if version is not None and int(version[1]) in JAVA_VERSIONS:
        return Finding("Java", True, version[0].split('"')[1])
    if version is not None:
        return absent("Java", needed, version[0].split('"')[1], "point JAVA_HOME at JDK 17")
    return absent("Java", needed, f"none under JAVA_HOME={home}" if home else "none", "install JDK 17, or point JAVA_HOME at one")


def spark(*, needed: bool) -> Finding:
    """Whether pyspark with its JVM half is there: installed by us, or brought by the platform."""
    ours, client = find_version("pyspark"), find_version("pyspark-client")
    if ours and client and ours != client:
        mixed = f"pyspark {ours} beside pyspark-client {client}, which hold the same files"
        return Finding("Spark", False, mixed, "install the same version of both")
    if ours:
        return Finding("Spark", True, f"pyspark {ours}")
    if find_spec("pyspark") is not None and not client:
        return Finding("Spark", True, "pyspark of the platform")
    return absent("Spark", needed, "none", "`make setup-spark`, or install resonance-factory[spark]")


def delta(*, needed: bool) -> Finding:
    """Whether Spark's sessions find Delta without a network: its Python package and jars, or a platform that has both built in."""
    if PLATFORM in os.environ:
        return Finding("Delta for Spark", True, "built into the platform")
    package = find_version("delta-spark")
    if not package:
        return absent("Delta for Spark", needed, "none", "`make setup-spark`, or install resonance-factory[spark]")
    folder = jar_folder()
    jars = sorted(path.name for path in folder.glob("*.jar"))
    if jars:
        return Finding("Delta for Spark", True, f"delta-spark {package}, {len(jars)} jars")
    found = f"delta-spark {package}, no jars in {folder}"
    return absent("Delta for Spark", needed, found, "`make setup-spark`; until then sessions download them")


def spark_nlp() -> Finding:
    """Whether Spark's sessions find Spark NLP: its package, and jars, which are published for Spark 3 alone."""
    package, version = find_version("spark-nlp"), find_version("pyspark") or find_version("pyspark-client")
    if version.startswith("4"):
        found = f"none for Spark {version}: no jar for it is published"
        return Finding("Spark NLP", None, found, f"{ONLY_ANNOTATING}: Spark 3.5 on the same workspace")
    if not package:
        return Finding("Spark NLP", None, "none", ONLY_ANNOTATING)
    folder = jar_folder() / "nlp"
    jars = sorted(path.name for path in folder.glob("*.jar"))
    if jars:
        return Finding("Spark NLP", True, f"spark-nlp {package}, {len(jars)} jars")
    return Finding("Spark NLP", None, f"spark-nlp {package}, no jars in {folder}", ONLY_ANNOTATING)


def buckets() -> Finding:
    """Whether Spark's sessions reach object storage: Hadoop's file system of buckets and its client."""
    folder = jar_folder() / "s3"
    jars = sorted(path.name for path in folder.glob("*.jar"))
    if jars or PLATFORM in os.environ:
        return Finding("S3 for Spark", True, f"{len(jars)} jars" if jars else "built into the platform")
    return Finding("S3 for Spark", None, f"no jars in {folder}", ONLY_BUCKETS)


def absent(name: str, needed: bool, found: str, advice: str) -> Finding:
    """What Spark lacks: to be mended where Spark computes by default, else only worth a word."""
    return Finding(name, False, found, advice) if needed else Finding(name, None, found, ONLY_SPARK + advice)


def jar_folder() -> Path:
    """Where set-up leaves the Delta jars. As ``engines.spark`` says, which cannot be asked without loading pyspark."""
    return Path(sys.prefix) / "share" / "resonance" / "jars"


def torch() -> Finding:
    """Which torch is installed; it is not loaded."""
    version = find_version("torch")
    return Finding("torch", True, version) if version else Finding("torch", None, "none", ONLY_TRAINING)


def horovod() -> Finding:
    """Whether Horovod was built for the torch that is installed, and can reduce over the network of this machine."""
    version = find_version("horovod")
    if not version:
        return Finding("Horovod", None, "none", ONLY_TRAINING)
    facts = horovod_facts()
    if facts.get("horovod") != version:
        return Finding("Horovod", None, f"{version}, not built by our set-up", "`make setup-train` builds one and tries it")
    if facts["torch"] != find_version("torch"):
        found = f"{version} for torch {facts['torch']}, while {find_version('torch') or 'none'} is installed"
        return Finding("Horovod", False, found, "run `make clean setup-train`, which builds it for the installed torch")
    built = facts["built"]
    assert isinstance(built, list)
    works = "gloo" in built
    advice = "" if works else "build it with HOROVOD_WITH_GLOO=1"
    return Finding("Horovod", works, f"{version} with {', '.join(built) or 'no back end'}", advice)


def horovod_facts() -> dict[str, object]:
    """What set-up found when it loaded the Horovod that it had installed (``cluster/laptop/horovod_wheel.py``)."""
    try:
        facts: dict[str, object] = json.loads((Path(sys.prefix) / "share" / "resonance" / "horovod.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return facts


def gpu() -> Finding:
    """Which GPUs the machine's driver names, and whether ranks can reduce between them."""
    names = gpu_names()
    if not names:
        return Finding("GPU", None, "none", "none is needed: training runs on the processor")
    built = horovod_facts().get("built", ())
    assert isinstance(built, Sequence)
    slow = len(names) > 1 and "nccl" not in built
    advice = "for fast reduction: `HOROVOD_GPU_OPERATIONS=NCCL make setup-train` with a CUDA toolkit and NCCL"
    return Finding("GPU", True, ", ".join(names), advice if slow else "")


def gpu_names() -> list[str]:
    """Models of NVIDIA GPUs, as the kernel's driver tells at once; where it does not, as ``nvidia-smi`` does."""
    told = [path.read_text(errors="replace") for path in sorted(DRIVER.glob("*/information"))]
    found = [model[1].strip() for text in told if (model := re.search(r"^Model:(.*)$", text, re.MULTILINE))]
    if found or shutil.which("nvidia-smi") is None:
        return found
    return re.findall(r"^GPU \d+: (.*?)(?: \(UUID.*)?$", answer(["nvidia-smi", "-L"]), re.MULTILINE)


def disk(folder: Path) -> Finding:
    """Whether a workspace in this folder has room."""
    free = shutil.disk_usage(folder).free
    works = free >= FREE_BYTES
    advice = "" if works else f"free {FREE_BYTES / GIB:.0f} GiB or more"
    return Finding("disk", works, f"{free / GIB:.0f} GiB free under {folder}", advice)


def machine() -> Finding:
    """Whether cores and memory carry an engine and two training ranks."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    works = memory >= MEMORY_BYTES
    advice = "" if works else "train with one rank, and give --engine spark less: spark.driver_memory"
    return Finding("machine", works, f"{cores} cores, {memory / GIB:.0f} GiB memory", advice)


def find_version(package: str) -> str:
    """Version of an installed distribution, or nothing; the package itself is not imported."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def answer(command: Sequence[str], *, quietly: bool = False) -> str:
    """What a command printed, ``quietly`` without its errors; nothing where it cannot be run or does not end."""
    errors = subprocess.DEVNULL if quietly else subprocess.STDOUT
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=errors, text=True, timeout=PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
