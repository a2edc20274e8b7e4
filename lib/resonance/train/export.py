"""What ranks read, written from pinned frames: the drawn texts in the order of their places."""

from __future__ import annotations

from itertools import accumulate

import pyarrow.parquet as pq
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.core.errors import ConservationError, TrainError
from resonance.core.frames import group_rows, map_batches, rank_rows
from resonance.core.storage import Files
from resonance.core.turns import PHASE_TRAIN, PhaseName
from resonance.core.versions import VERSION_KEY
from resonance.train.shard_writer import WRITTEN, ShardWriter
from resonance.train.spec import SHARD_ROWS, Phase

SHARDS = 256
"""At most so many are written."""
DRAW = ("epoch", "pos", "copy", "doc_id", "batch", "bucket", "content_hash", "slice", "pi", "weight")
COLUMNS = ("place", *(name for name in DRAW if name != "batch"), "exposure", "prompt", "text", "label")
"""What a shard holds of each draw."""
COMPLETE = "_complete"
"""The mark of a folder whose shards are all there."""


def places(draws: DataFrame) -> tuple[DataFrame, int, int]:
    """The draws with their ``place`` in the order of all epochs, their number, and one more than the last place.

    One aggregation; the number of epochs comes to the driver, nothing else.
    """
    found = (
        draws.groupBy("epoch").agg(F.count(F.lit(1)).alias("rows"), (F.max("pos") + 1).alias("places")).orderBy("epoch").collect()
    )
    begins = [0, *accumulate(row["places"] for row in found)]
    offset = F.lit(0).cast("long")
    for row, begin in zip(found, begins, strict=False):
        offset = F.when(F.col("epoch") == row["epoch"], F.lit(begin).cast("long")).otherwise(offset)
    placed = draws.select((F.col("pos") + offset).alias("place"), *DRAW)
    return placed, sum(row["rows"] for row in found), begins[-1]


def first_draws(draws: DataFrame) -> DataFrame:
    """One row for each drawn document, whose position is its first place in the plan. Shuffles ids by document, no text."""
    placed, _, _ = places(draws)
    first = placed.withColumn("nth", rank_rows(["doc_id"], ["place"])).where("nth = 1")
    return first.withColumns({"pos": F.col("place"), "epoch": F.lit(0), "copy": F.lit(0)}).select(*DRAW)


def write_shards(name: PhaseName, draws: DataFrame, samples: DataFrame, files: Files, folder: str, first: int = 0) -> Phase:
    """Leave the samples of the draws at ``folder``, sorted by place, where any lie at ``first`` or later; what is complete stays.

    Numbers the exposures of each document, which shuffles ids; joins samples by version and content hash, then shuffles those that
    are drawn once, and sorts those of each shard.

    Raises:
        TrainError: places have gaps where each must be trained on.
        ConservationError: a drawn document is gone, or has another text now.
    """
    placed, rows, last = places(draws)
    if name == PHASE_TRAIN and rows != last:
        raise TrainError(f"table sample_plan: {rows} draws at {last} places; run rebalance again")
    place = files.locate(folder)
    if first >= last:
        return Phase(name=name, shards=place, places=last, first=first)
    count = min(SHARDS, -(-rows // SHARD_ROWS))
    if not files.find(folder, COMPLETE):
        files.remove([folder])
        exposure = rank_rows(["doc_id"], ["place"]).cast("int")
        held = placed.withColumn("exposure", exposure).join(samples, [*VERSION_KEY, "content_hash"])
        shard = F.floor(F.col("place") * count / last).cast("int")
        sharded = held.withColumns({"content_hash": F.col("sample_hash"), "shard": shard}).select("shard", *COLUMNS)
        written = map_batches(group_rows(sharded, "shard", "place"), ShardWriter(place, COLUMNS), WRITTEN).collect()
        _check_texts(name, sum(row["rows"] for row in written), rows)
        files.put(f"{folder}/{COMPLETE}", b"")
    if (held_rows := count_rows(files, folder)) != rows:
        raise ConservationError(f"shards at {place} hold {held_rows} rows of {rows}; remove the folder and run again")
    return Phase(name=name, shards=place, places=last, shard_places=-(-last // count), first=first)


def count_rows(files: Files, folder: str) -> int:
    """The rows of all shards of a folder, as their footers say."""
    return sum(pq.read_metadata(files.open(path)).num_rows for path in files.find(folder, ".parquet"))


def _check_texts(name: PhaseName, found: int, rows: int) -> None:
    if found != rows:
        raise ConservationError(
            f"table documents: it holds {found} of the {rows} texts that sample_plan draws for {name}; run rebalance again"
        )
