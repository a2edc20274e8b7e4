"""Deduplication by each engine: our commands over corpora with copies, survivors compared, made signatures clustered."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from tests.bench import event_log
from tests.bench.corpus import SEED, sized_corpus
from tests.bench.places import cache
from tests.bench.sizes import Copies
from tests.bench.speed_engines import RESONANCE, Run, log, output, peer, place, texts, workspace
from tests.bench.speed_process import run

OURS, CONNECTED, DELTA, BATCH, DEFAULT = "dedup", "dedup connected", "dedup Delta", "dedup batch", "curate by default"
PEERS = {"datatrove": "datatrove minhash", "juicer": "juicer minhash", "daft": "daft signing"}
SECOND_SEED = SEED + 100
KNOWN = 10
"""Each document of so many in a second batch is one of the first batch under another id."""


@dataclass(frozen=True)
class Synthetic:
    """One run over made signatures: seconds beyond the start, and the longest task over the median one where it was worst."""

    kind: str
    documents: int
    seconds: float
    peak_gb: float
    longest_over_median: float
    stages: list[dict[str, Any]]


def corpus_of(megabytes: float, english: bool) -> Path:
    """Documents of which fixed shares are copies."""
    return sized_corpus(megabytes, english, copies=Copies())


def second_batch(megabytes: float, english: bool, of: Path) -> Path:
    """A folder with a hundredth of ``megabytes``: fresh documents, copies of these, and some of the batch in ``of``."""
    fresh = sized_corpus(megabytes / 100, english, seed=SECOND_SEED, copies=Copies())
    folder = cache("corpora", "second") / of.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for part in sorted(fresh.iterdir()):
        with part.open(encoding="utf-8") as lines, (of / part.name).open(encoding="utf-8") as first:
            rows = [json.loads(line) for line in lines]
            for row, known in zip(rows[::KNOWN], first, strict=False):
                row["text"] = json.loads(known)["text"]
        (folder / part.name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


def ours(megabytes: float, corpus: Path, engine: str = OURS, *more: object) -> Run:
    """``resonance curate --rules none --dedup minhash`` into a fresh workspace."""
    shutil.rmtree(workspace(megabytes, engine), ignore_errors=True)
    return Run.of(engine, megabytes, run((*curate(corpus), *place(megabytes, engine), *more), log(engine, megabytes)))


def curate(corpus: Path) -> tuple[object, ...]:
    """The whole of ``curate`` without rules, so that nothing is measured that no rule asks for."""
    return (RESONANCE, "curate", corpus, "--rules", "none", "--dedup", "minhash")


def default(megabytes: float, corpus: Path) -> Run:
    """``resonance curate`` as a user types it: rules, verified near duplicates, score, report."""
    shutil.rmtree(workspace(megabytes, DEFAULT), ignore_errors=True)
    command = (RESONANCE, "curate", corpus, *place(megabytes, DEFAULT))
    return Run.of(DEFAULT, megabytes, run(command, log(DEFAULT, megabytes)))


def batch(megabytes: float, corpus: Path) -> Run:
    """``curate`` of a second batch into the workspace of our run of that size."""
    command = (*curate(corpus), *place(megabytes, OURS), "--set", "batch=second")
    return Run.of(BATCH, megabytes, run(command, log(BATCH, megabytes)))


def delta(megabytes: float, corpus: Path, cores: int) -> Run:
    """``resonance run dedupe`` where ``documents`` and what rules cut stand in tables already; Spark's log is kept."""
    shutil.rmtree(workspace(megabytes, DELTA), ignore_errors=True)
    own = ("--set", f"ingest.inputs=[{corpus}]", "--set", "ingest.keep_raw=false", "--set", "judge.policy=none")
    options = (*place(megabytes, DELTA), "--engine", "spark", "--set", f"spark.master=local[{cores}]", *own)
    run((RESONANCE, "run", "ingest", "judge", *options), log(f"{DELTA} before", megabytes))
    logs = ("--set", f"spark.conf={json.dumps(event_log.conf(events(megabytes)))}")
    return Run.of(DELTA, megabytes, run((RESONANCE, "run", "dedupe", *options, *logs), log(DELTA, megabytes)))


def events(megabytes: float) -> Path:
    """The folder with Spark's log of the newest ``delta`` run of that size, made when it is not there."""
    folder = workspace(megabytes, DELTA) / "events"
    folder.mkdir(exist_ok=True)
    return folder


def survivors(megabytes: float, corpus: Path, cores: int) -> dict[str, int]:
    """How many documents each engine's connected clusters leave of a corpus, and how many each two of them both do."""
    target = cache("speed") / "dedup-export"
    shutil.rmtree(target, ignore_errors=True)
    ours(megabytes, corpus, CONNECTED, "--set", "dedupe.near=connected", "--export", target)
    kept = {"ours": texts(target, "source_key").keys()}
    for name in ("datatrove", "juicer"):
        peer(PEERS[name], megabytes, corpus, cores)
        kept[name] = texts(documents_of(name, megabytes), "id").keys()
    both = {f"{one} and {other}": len(kept[one] & kept[other]) for one, other in combinations(kept, 2)}
    return {"documents": len(texts(corpus, "id")), **{name: len(ids) for name, ids in kept.items()}, **both}


def documents_of(name: str, megabytes: float) -> Path:
    """The folder that holds the documents that a peer left, and no other JSON."""
    folder = output(PEERS[name], megabytes)
    if name == "datatrove":
        return folder / "documents"
    alone = folder / "kept"
    alone.mkdir()
    (folder / "documents.jsonl").rename(alone / "documents.jsonl")
    return alone


def synthetic(kind: str, documents: Sequence[int], cores: int) -> list[Synthetic]:
    """One process for each number of documents."""
    found = []
    for many in documents:
        folder = cache("speed", f"synthetic-{kind}-{many}")
        command = (sys.executable, "-m", "tests.bench.dedup_synthetic", kind, many, cores, folder)
        usage = run(command, log(f"synthetic {kind} {many}", 0))
        told = json.loads((folder / "result.json").read_text())
        found.append(Synthetic(kind, many, told["seconds"], usage.peak_gb, told["longest_over_median"], told["stages"]))
    return found
