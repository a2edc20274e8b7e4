"""How fast curation is: ours, datatrove and Data-Juicer on the same machine, kernels alone, verdicts of another policy.

python -m tests.bench.curation_speed [--sizes 64,508] [--only ours,every,datatrove,juicer,kernels,judge] [--cores 2]

Whole processes are timed, start included; memory is the largest sum of PSS over all processes of a run. Megabytes are 10⁶
bytes of JSON lines, for kernels of UTF-8 text. ``ours`` is `resonance run ingest judge`, what the peers do; ``every`` is
`resonance curate` with all profiles measured. ``judge`` alone needs the workspaces of an earlier run of ``ours``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from tests.bench import speed_engines, speed_report
from tests.bench.corpus import sized_corpus
from tests.bench.speed_command import BOTH, LARGE, TINY, finish, options, out, say, started
from tests.bench.speed_engines import Run
from tests.bench.speed_kernels import kernels

PARTS = ("ours", "every", "datatrove", "juicer", "kernels", "judge")
PEERS = ("datatrove", "juicer")
KERNEL_MEGABYTES = 64.0


def runs(parts: Sequence[str], sizes: Sequence[float], peer_sizes: Sequence[float], use: int, english: bool) -> Iterable[Run]:
    """Every run of whole processes that is asked for; the first of ours warms the caches and is not counted."""
    if "ours" in parts:
        tiny = sized_corpus(TINY, english)
        out.print("ours: once for the caches, then the start alone", highlight=False)
        speed_engines.ours(TINY, tiny)
        yield say(speed_engines.ours(TINY, tiny))
    for size in sorted({*sizes, *peer_sizes}):
        corpus = sized_corpus(size, english)
        if "ours" in parts and size in sizes:
            yield say(speed_engines.ours(size, corpus))
        if "every" in parts and size in peer_sizes:
            yield say(speed_engines.ours(size, corpus, speed_engines.EVERY))
        for engine in PEERS:
            if engine in parts and size in peer_sizes:
                yield say(speed_engines.peer(engine, size, corpus, use))


def main() -> None:
    asked = started(options(__doc__, PARTS), PARTS)
    english = not asked.mixed
    own, theirs = asked.sizes or [*BOTH, *LARGE], asked.sizes or list(BOTH)
    figures: dict[str, Any] = {"cores": asked.cores, "text": "English" if english else "all languages"}
    if "kernels" in asked.only:
        figures["kernels_mb_per_s_core"] = measure_kernels(min(KERNEL_MEGABYTES, max(own)), english)
    done = list(runs(asked.only, own, theirs, asked.cores, english))
    if {"ours", "datatrove"} <= set(asked.only):
        figures["kept"] = speed_engines.agreement(min(own), sized_corpus(min(own), english))
        out.print(f"kept at {min(own):g} MB: {figures['kept']}", highlight=False)
    if "judge" in asked.only:
        done += [say(speed_engines.judge(size)) for size in (TINY, max(own))]
    kernel_speeds = figures.get("kernels_mb_per_s_core", {})
    figures |= {"runs": [asdict(run) for run in done], **speed_report.figures(done, asked.cores, kernel_speeds)}
    for table in speed_report.tables(done, figures["derived"], speed_report.GOALS, asked.cores, speed_report.TITLE):
        out.print(table)
    finish("curation-speed", "tests.bench.curation_speed", asked, PEERS, figures)


def measure_kernels(megabytes: float, english: bool) -> dict[str, float]:
    """The kernels alone, with a line on each."""
    found = kernels(sized_corpus(megabytes, english), megabytes)
    for name, speed in found.items():
        out.print(f"kernels, {name}: {speed} MB/s per core", highlight=False)
    return found


if __name__ == "__main__":
    main()
