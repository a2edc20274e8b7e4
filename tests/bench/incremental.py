"""How much work a second ingest of a folder is, by seconds of the processor: all of it, 1 % of its files changed, and none.

`python -m tests.bench.incremental [--files 1000] [--documents 50]`; one process, warm, the embedded engine.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from random import Random

from rich.console import Console

from resonance.core import frames
from resonance.factory import curation
from resonance.runtime.conf import load
from resonance.runtime.workspace import Workspace
from resonance.testing import tiny_corpus


def write_file(path: Path, seed: int, documents: int) -> int:
    """A file of documents of about 2 KB, and its bytes."""
    random, texts = Random(seed), [row["text"] for row in tiny_corpus(40)]
    rows = ({"id": f"{path.stem}-{n}-{seed}", "text": "\n".join(random.sample(texts, 3))} for n in range(documents))
    return path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def ingest(workspace: Path, texts: Path) -> float:
    """Seconds of the processor that one run of the job takes, the engine being warm."""
    own = {"workspace": str(workspace), "ingest__inputs": [str(texts)], "spark__engine": "embedded"}
    config = load("local", "curate", **own)
    opened = Workspace(config, create=True)
    _ = opened.spark
    frames.carry = frames.run_here
    events = opened.events(Console(quiet=True), 1)
    start = time.process_time()
    opened.run(curation(config), ["ingest"], events)
    seconds = time.process_time() - start
    events.close()
    opened.close()
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=1_000)
    parser.add_argument("--documents", type=int, default=50)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        warm, texts = Path(folder, "warm"), Path(folder, "texts")
        warm.mkdir()
        texts.mkdir()
        write_file(warm / "a.jsonl", 0, 20)
        ingest(Path(folder, "warm-workspace"), warm)
        paths = [texts / f"{n:05d}.jsonl" for n in range(given.files)]
        size = sum(write_file(path, n, given.documents) for n, path in enumerate(paths))
        first = ingest(Path(folder, "workspace"), texts)
        for path in paths[::100]:
            write_file(path, -1, given.documents)
        second = ingest(Path(folder, "workspace"), texts)
        os.utime(paths[1])
        third = ingest(Path(folder, "workspace"), texts)
    said = f"everything {first:.1f} s, 1 % changed {second:.1f} s, one touched {third:.1f} s"
    print(f"{given.files:,} files, {size / 1e6:,.0f} MB: {said}")


if __name__ == "__main__":
    main()
