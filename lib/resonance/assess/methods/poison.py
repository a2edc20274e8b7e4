"""Poison: what readers of a text do not see, what is said to a model instead of them, a rare run of words tied to one label."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.assess.arrays import read_texts
from resonance.assess.columns import Holds, Inverse, Matches
from resonance.assess.mappings import down
from resonance.assess.methods.shares import bind_share
from resonance.assess.ngrams import find_runs
from resonance.core.binding import Asked, Bound, Finding
from resonance.core.frames import make_frame, map_batches
from resonance.core.parts import Part, State

UNSEEN = r"[\x{200B}\x{2060}-\x{2064}\x{180E}\x{E0001}\x{E0020}-\x{E007F}]"
"""Zero-width signs that no script needs, and tags. Persian, Indic scripts and emoji need joiners (U+200C, U+200D)."""
HIDDEN = r"(?i)<[^<>]*\bstyle\s*=[^<>]*(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px|pt|em)?\s*[;\"'])"
"""Markup that is not shown."""
SAID = (
    r"(?i)\b(?:ignore|disregard|forget)\s+(?:all\s+|any\s+)?(?:of\s+)?(?:the\s+|your\s+)?(?:previous|prior|above|earlier|preceding)\s+"
    r"(?:instructions?|prompts?|directions?|rules)\b"
    r"|(?:忽略|无视|忘记)掉?(?:以上|之前|前面|上述|先前)的?(?:所有|全部|任何)?的?(?:指令|提示|指示|规则|要求)"
)
"""What is said to a model so that it leaves its task."""
POISON = f"{UNSEEN}|{HIDDEN}|{SAID}"
MOST_RUNS = 100_000
"""Tied runs that are looked for, those with the highest z."""


def bind_poison(asked: Asked) -> Bound:
    """How rare texts are that hold poison. Runs of words are tied to labels where a column plays that role."""
    column, label, given = asked.column("text"), asked.column_or_none("label"), asked.params
    shared = bind_share(asked, Inverse(Matches(column, POISON)), frozenset({column}))
    n, share, most = int(given["n"]), float(given["max_share"]), float(given["max_z"])

    def count_tied(rows: DataFrame) -> Mapping[str, Any]:
        texts = rows.select(F.col(f"`{column}`").cast("string").alias("text"), F.col(f"`{label}`").cast("string").alias("label"))
        texts = texts.where("text IS NOT NULL AND label IS NOT NULL")
        return {"tied": count_holding(texts, find_tied(texts, n, share, most), n)}

    def judge(state: State) -> Finding | None:
        if not state["texts"]:
            return None
        share = min(1.0, (state["rows"] - state["good"] + state.get("tied", 0)) / state["texts"])
        return Finding(down(share, given["lo"], given["hi"]), share, state["texts"])

    parts = {**shared.parts, "texts": Part("count", Holds(column))}
    return replace(shared, judge=judge, parts=parts, own=count_tied if label else None, whole=label is not None)


def find_tied(texts: DataFrame, n: int, share: float, most: float) -> frozenset[int]:
    """Runs of words in no more than a share of the texts that stand with one label far oftener than chance has it.

    The z of a run and a label is how many standard deviations its texts of that label lie above what the label's share lets
    expect. Shuffles the distinct runs of each text.
    """
    counts = {row["label"]: row["n"] for row in texts.groupBy("label").agg(F.count(F.lit(1)).alias("n")).collect()}
    whole = sum(counts.values())
    if len(counts) < 2:
        return frozenset()
    given = [(label, many / whole) for label, many in sorted(counts.items())]
    shares = make_frame(texts.sparkSession, given, "label string, p double")
    runs = map_batches(texts, Runs(n), "mark bigint, label string, n bigint")
    by_label = runs.groupBy("mark", "label").agg(F.sum("n").alias("n"))
    each = by_label.groupBy("mark").agg(F.sum("n").alias("whole")).where(F.col("whole") <= math.floor(share * whole))
    above, spread = F.col("n") - F.col("whole") * F.col("p"), F.col("whole") * F.col("p") * (1 - F.col("p"))
    seen = by_label.join(each, ["mark"]).join(shares, ["label"]).where(above > 0).withColumn("square", above * above / spread)
    tied = seen.where(F.col("square") > most * most).orderBy(F.desc("square"), "mark").limit(MOST_RUNS)
    return frozenset(row["mark"] for row in tied.select("mark").collect())


def count_holding(texts: DataFrame, runs: frozenset[int], n: int) -> int:
    """Texts that hold one of these runs, and nothing of ``POISON``: those are counted elsewhere."""
    if not runs:
        return 0
    found = map_batches(texts.select("text"), Holding(runs, n), "n bigint").agg(F.coalesce(F.sum("n"), F.lit(0)).alias("n"))
    return int(found.collect()[0]["n"])


@dataclass(frozen=True)
class Runs:
    """The distinct runs of ``n`` words of texts with their labels, on a worker."""

    n: int

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        """Of each batch, how many texts of each label hold each run."""
        import numpy as np
        import pyarrow as pa

        for batch in batches:
            lists = find_runs(read_texts(batch.column("text")), self.n)
            marks = lists.flatten().to_numpy(zero_copy_only=False)
            rows = np.repeat(np.arange(len(lists)), np.diff(lists.offsets.to_numpy()))
            labels = batch.column("label").cast(pa.string()).take(pa.array(rows))
            table = pa.table({"mark": pa.array(marks, pa.int64()), "label": labels})
            counted = table.group_by(["mark", "label"]).aggregate([([], "count_all")]).combine_chunks()
            columns = [counted.column(name).combine_chunks() for name in ("mark", "label", "count_all")]
            yield pa.RecordBatch.from_arrays(columns, names=["mark", "label", "n"])


@dataclass(frozen=True)
class Holding:
    """How many texts of a batch hold one of some runs of ``n`` words, and nothing of ``POISON``; on a worker."""

    runs: frozenset[int]
    n: int

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        """One number a batch."""
        import numpy as np
        import pyarrow as pa

        wanted = np.array(sorted(self.runs), np.int64)
        for batch in batches:
            lists = find_runs(read_texts(batch.column("text")), self.n)
            rows = np.repeat(np.arange(len(lists)), np.diff(lists.offsets.to_numpy()))
            held = np.zeros(len(lists), bool)
            held[rows[np.isin(lists.flatten().to_numpy(zero_copy_only=False), wanted)]] = True
            held &= ~Matches("text", POISON)(batch).to_numpy(zero_copy_only=False)
            yield pa.RecordBatch.from_pydict({"n": pa.array([int(held.sum())], pa.int64())})
