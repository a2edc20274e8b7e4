"""Where benchmarks keep what they make, what machine they run on, and how a result is written down."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

TOP = Path(__file__).resolve().parents[2]
EXPERIMENTS = TOP / "lib/decisions/experiments"


def cache(*names: str) -> Path:
    """A folder outside the clone for what can be made again: ``$RESONANCE_BENCH_CACHE``, or one in the user's cache."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    top = Path(os.environ.get("RESONANCE_BENCH_CACHE") or Path(home, "resonance/bench"))
    folder = top.joinpath(*names)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0))


def machine() -> dict[str, Any]:
    """What a reader of a result has to know of the machine."""
    return {
        "cores": cores(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "processor": processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_at_start": round(os.getloadavg()[0], 2),
    }


def processor() -> str:
    """The processor's name, or its architecture where the system does not tell."""
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found.group(1) if found else platform.machine()


def cpu_seconds(pid: int | None = None) -> float:
    """Processor time of a process (this one), of what it started, and of theirs while they run: call it before Spark stops."""
    top = psutil.Process(pid)
    whole = 0.0
    for process in (top, *top.children(recursive=True)):
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            whole += times.user + times.system + times.children_user + times.children_system
    return round(whole, 1)


def write_result(name: str, command: str, figures: Mapping[str, Any]) -> Path:
    """Writes ``figures`` under the next free number of ``name``, and returns the file."""
    taken = [int(path.stem.rpartition("-")[2]) for path in EXPERIMENTS.glob(f"{name}-*.json")]
    number = max(taken, default=0) + 1
    about = {"id": f"{name}-{number}", "date": f"{datetime.now(UTC):%Y-%m-%d}", "machine": machine(), "command": command}
    path = EXPERIMENTS / f"{name}-{number}.json"
    path.write_text(json.dumps({**about, **figures}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
