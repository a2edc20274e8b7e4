"""How fast deduplication is: ours, datatrove, Data-Juicer and Daft on the same machine, survivors, made signatures.

python -m tests.bench.dedup_speed [--sizes 64,508] [--documents 1000000,4000000,16000000] [--cores 2]
    [--only ours,default,delta,datatrove,rules,juicer,daft,survivors,synthetic,bucket,pairs,batch]

Whole processes are timed, start included; memory is the largest sum of PSS over all processes of a run. Megabytes are 10⁶
bytes of JSON lines; 5 % of the documents are exact copies of earlier ones, 10 % near copies with about three words changed.
``ours`` is `resonance curate --rules none --dedup minhash`; ``default`` is `resonance curate`, with rules and all;
``rules`` is datatrove's rules on the same texts, as its filters and MinHash together do what ``default`` does. ``delta`` is
`resonance run dedupe` of Spark on tables that stand already, with
the bytes that its stages shuffled; ``batch`` is a second batch of a hundredth of the largest size, and needs ``ours``. Peers have
equal parameters, 14 bands of 8 over 5 words; Daft signs alone. ``survivors`` compares connected clusters at the smallest size.
``synthetic``, ``bucket`` and ``pairs`` need no text: see dedup_synthetic.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from tests.bench import dedup_engines, dedup_report, event_log
from tests.bench.dedup_engines import PEERS, Synthetic, corpus_of
from tests.bench.speed_command import BOTH, LARGE, TINY, finish, options, out, say, started
from tests.bench.speed_engines import Run, peer

MADE = {"synthetic": "shared", "bucket": "bucket", "pairs": "pairs"}
PARTS = ("ours", "default", "delta", *PEERS, "rules", "survivors", *MADE, "batch")
DOCUMENTS = [1_000_000, 4_000_000, 16_000_000]


def numbers_of(given: str) -> list[int]:
    """Whole numbers between commas, small ones first."""
    return sorted(map(int, given.split(",")))


def starts(parts: Sequence[str], use: int, english: bool) -> Iterator[Run]:
    """Ours on next to no text; the first run warms the caches and is not counted."""
    if not {"ours", "delta"} & set(parts):
        return
    tiny = corpus_of(TINY, english)
    out.print("ours: once for the caches, then the start alone", highlight=False)
    dedup_engines.ours(TINY, tiny)
    if "ours" in parts:
        yield say(dedup_engines.ours(TINY, tiny))
    if "delta" in parts:
        yield say(dedup_engines.delta(TINY, tiny, use))


def runs(parts: Sequence[str], sizes: Sequence[float], peer_sizes: Sequence[float], use: int, english: bool) -> Iterator[Run]:
    """Every run of whole processes that is asked for."""
    yield from starts(parts, use, english)
    for size in sorted({*sizes, *peer_sizes}):
        if "ours" in parts and size in sizes:
            yield say(dedup_engines.ours(size, corpus_of(size, english)))
        if "default" in parts and size in peer_sizes:
            yield say(dedup_engines.default(size, corpus_of(size, english)))
        if "rules" in parts and size in peer_sizes:
            yield say(peer("datatrove", size, corpus_of(size, english), use))
        if "delta" in parts and size in peer_sizes:
            yield say(dedup_engines.delta(size, corpus_of(size, english), use))
        for name, engine in PEERS.items():
            if name in parts and size in peer_sizes:
                yield say(peer(engine, size, corpus_of(size, english), use))
    if "batch" in parts:
        largest = max(sizes)
        yield say(dedup_engines.batch(largest, dedup_engines.second_batch(largest, english, corpus_of(largest, english))))


def made(parts: Sequence[str], documents: Sequence[int], use: int) -> Iterator[Synthetic]:
    """Every run over made signatures that is asked for; buckets have a quarter of the smallest number, and all of it."""
    for part, kind in MADE.items():
        if part in parts:
            many = documents if kind == "shared" else (documents[0] // 4, documents[0])
            for found in dedup_engines.synthetic(kind, many, use):
                out.print(f"made signatures, {kind}, {found.documents:,}: {found.seconds:,.1f} s", highlight=False)
                yield found


def main() -> None:
    parser = options(__doc__, PARTS)
    parser.add_argument("--documents", type=numbers_of, default=DOCUMENTS, help="made signatures, between commas")
    asked = started(parser, PARTS)
    if "batch" in asked.only and "ours" not in asked.only:
        parser.error("batch needs ours: it is put on top of our largest run")
    english = not asked.mixed
    own, theirs = asked.sizes or [*BOTH, *LARGE], asked.sizes or list(BOTH)
    done = list(runs(asked.only, own, theirs, asked.cores, english))
    figures: dict[str, Any] = {"cores": asked.cores, "text": "English" if english else "all languages"}
    if "delta" in asked.only:
        stages = event_log.stages(dedup_engines.events(max(theirs)))
        figures["shuffled"] = {
            "megabytes": max(theirs),
            "steps": event_log.by_step(stages),
            "stages": [asdict(stage) for stage in stages],
        }
    if "survivors" in asked.only:
        figures["survivors"] = dedup_engines.survivors(min(own), corpus_of(min(own), english), asked.cores)
    clustered = list(made(asked.only, asked.documents, asked.cores))
    figures |= {"runs": [asdict(run) for run in done], "made": [asdict(one) for one in clustered]}
    figures |= dedup_report.figures(done, clustered, asked.cores)
    for table in dedup_report.shown(done, clustered, figures, asked.cores):
        out.print(table)
    finish("dedup-speed", "tests.bench.dedup_speed", asked, list(PEERS), figures)


if __name__ == "__main__":
    main()
