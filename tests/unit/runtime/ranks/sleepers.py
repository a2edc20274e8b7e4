"""What a rank of a test runs: it tells its process id and threads, then ends, fails or sleeps as its spec says."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path


def main(arguments: list[str]) -> None:
    spec = Path(arguments[0])
    rank = os.environ.get("HOROVOD_RANK") or os.environ.get("RANK", "alone")
    spec.with_name(f"pid-{rank}").write_text(str(os.getpid()))
    spec.with_name(f"threads-{rank}").write_text(os.environ.get("OMP_NUM_THREADS", ""))
    order = spec.read_text()
    if order == "fail" and rank in ("1", "alone"):
        while rank == "1" and not spec.with_name("threads-0").exists():
            time.sleep(0.05)
        raise ValueError("rank says no")
    if order != "end":
        time.sleep(600)


if __name__ == "__main__":
    main(sys.argv[1:])
