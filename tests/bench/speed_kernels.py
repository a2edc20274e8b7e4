"""How fast each profile measures texts on one core, nothing else around it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from resonance.curate.kernels.datatrove import c4_lines
from resonance.curate.signals import SETS
from tests.bench.speed_engines import ALL

BATCH_BYTES = 8 << 20
REPEATS = 3


def kernels(corpus: Path, megabytes: float) -> dict[str, float]:
    """MB of UTF-8 text per second of one core: of each profile, of C4's rewriting, and of all profiles together."""
    batches = list(arrays(corpus, megabytes))
    size = sum(text_bytes(batch) for batch in batches) / 1e6
    steps = {
        **{declared.name: declared.measure for declared in SETS if declared.name in ALL},
        "rewriting c4_lines": c4_lines.rewrite,
    }
    seconds = {name: fastest(step, batches) for name, step in steps.items()}
    together = sum(seconds[name] for name in ALL)
    return {**{name: round(size / taken, 1) for name, taken in seconds.items()}, "all profiles": round(size / together, 1)}


def fastest(step: Any, batches: list[Any]) -> float:
    """Processor seconds of the fastest of ``REPEATS`` passes over all batches, after one over the first to load the kernels."""
    step(batches[0])
    taken = []
    for _ in range(REPEATS):
        began = time.process_time()
        for batch in batches:
            step(batch)
        taken.append(time.process_time() - began)
    return min(taken)


def arrays(corpus: Path, megabytes: float) -> Iterator[Any]:
    """The first ``megabytes`` of texts of a folder of JSON lines, as Arrow arrays."""
    left, held, size = megabytes * 1e6, list[str](), 0
    for path in sorted(corpus.iterdir()):
        for line in path.open(encoding="utf-8"):
            held.append(json.loads(line)["text"])
            size += len(line.encode())
            if size > min(BATCH_BYTES, left):
                yield pa.array(held)
                left, held, size = left - size, [], 0
                if left <= 0:
                    return
    if held:
        yield pa.array(held)


def text_bytes(texts: Any) -> int:
    """Bytes of UTF-8 text in an Arrow string array."""
    return int(pa.compute.sum(pa.compute.binary_length(texts)).as_py() or 0)
