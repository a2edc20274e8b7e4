"""Clusters of made signatures in a Spark session of its own; seconds beyond its start, and how even its tasks were.

python -m tests.bench.dedup_synthetic shared|bucket|pairs DOCUMENTS CORES FOLDER

``shared``: a tenth of the documents shares about half of its bands with an earlier one. ``bucket``: all signatures are equal, so
that each band has one bucket. Both go from signatures in files through star edges and components to clusters. ``pairs`` takes the
signatures of ``bucket`` to the candidates that verified deduplication compares.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from dataclasses import asdict
from pathlib import Path

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from resonance.core.settings import DedupeSettings, SparkSettings
from resonance.curate.duplicates.clusters import clusters
from resonance.curate.duplicates.components import components
from resonance.curate.duplicates.minhash import buckets, buckets_in_passes, star_edges
from resonance.curate.duplicates.verified import candidates
from resonance.curate.identity import content_hash
from resonance.runtime.conf import load
from resonance.runtime.engines.session import open_engine
from resonance.runtime.run.scratch import Scratch
from tests.bench import event_log

NEAR, OF = 1, 10
"""A tenth of the documents is near to an earlier one."""
WARM = 20_000
PARTITIONS = 16
APART = {"spark.sql.adaptive.coalescePartitions.enabled": "false"}
"""Where all signatures are equal: enough partitions, and none joined, for one overlong task to stand out."""


def signatures(spark: SparkSession, kind: str, documents: int, bands: int) -> DataFrame:
    """``doc_id``, ``n_bytes``, ``bands`` and ``priority`` as ``minhash.signed`` gives them, from hashes of their numbers alone."""
    number = F.col("id")
    near = drawn("near") % OF < NEAR
    earlier = drawn("origin") % F.greatest(number, F.lit(1))

    def band(place: int) -> Column:
        if kind != "shared":
            return F.lit(place).cast("bigint")
        return F.xxhash64(F.when(near & (drawn(f"band {place}") % 2 == 0), earlier).otherwise(number), F.lit(place))

    name = content_hash(number.cast("string"))
    size = (1_000 + drawn("size") % 5_000).cast("int")
    bands_of = F.array(*map(band, range(bands)))
    return spark.range(documents).select(
        name.alias("doc_id"), size.alias("n_bytes"), bands_of.alias("bands"), F.lit(0).alias("priority")
    )


def drawn(what: str) -> Column:
    """A number from 0 on that depends on the document's and on ``what`` alone."""
    return F.xxhash64("id", F.lit(what)).bitwiseAND(F.lit((1 << 62) - 1))


def cluster(signed: DataFrame, checkpoint: Scratch, settings: DedupeSettings) -> None:
    """What ``dedupe`` does with signatures up to near clusters."""
    shared = buckets_in_passes(signed, signed.count(), settings.bands, checkpoint)
    alike = checkpoint(components(star_edges(shared), checkpoint=checkpoint, max_rounds=settings.max_rounds), "components")
    checkpoint(clusters(alike.join(signed.select("doc_id", "n_bytes", "priority"), "doc_id"), "component"), "near-clusters")


def timed(spark: SparkSession, kind: str, documents: int, folder: Path) -> tuple[float, float]:
    """When it began, and seconds from signatures in files to clusters, or to candidates."""
    settings = DedupeSettings()
    checkpoint = Scratch(spark, folder)
    signed = checkpoint(signatures(spark, kind, documents, settings.bands), "signatures")
    at, began = time.time(), time.monotonic()
    if kind == "pairs":
        checkpoint(candidates(buckets(signed)), "candidates")
    else:
        cluster(signed, checkpoint, settings)
    taken = time.monotonic() - began
    checkpoint.remove()
    return at, taken


def settings_of(kind: str, use: str, log: Path) -> SparkSettings:
    """Of Spark, whose log tells how long each task takes; the embedded engine, which sorts many signatures, has no tasks."""
    settings = load("local", "curate", assignments=[f"spark.master=local[{use}]"]).spark
    own = {} if kind == "shared" else {"shuffle_partitions": PARTITIONS, "conf": event_log.conf(log) | APART}
    return settings.model_copy(update=own)


def main() -> None:
    kind, documents, use, place = sys.argv[1:]
    folder = Path(place)
    shutil.rmtree(folder, ignore_errors=True)
    log = folder / "log"
    log.mkdir(parents=True)
    engine = open_engine("embedded" if kind == "shared" else "spark", settings_of(kind, use, log), folder / "spill")
    timed(engine.session, kind, WARM, folder / "scratch")
    began, taken = timed(engine.session, kind, int(documents), folder / "scratch")
    engine.stop()
    found = event_log.stages(log, since=began) if kind != "shared" else []
    told = {
        "seconds": round(taken, 2),
        "longest_over_median": max((one.longest_over_median for one in found if one.tasks > 1), default=0.0),
        "stages": [asdict(one) for one in found],
    }
    (folder / "result.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main()
