"""Files to a registered evaluation set: each item once, with a text that can be looked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from resonance.core.errors import InputError
from resonance.core.frames import make_frame, map_batches
from resonance.core.job import Checkpoint
from resonance.core.printable import escape_hidden
from resonance.core.settings import IngestSettings
from resonance.curate.sources.read import read_files

if TYPE_CHECKING:
    from pyarrow import RecordBatch

VERSION = "register@1"
NAME = re.compile(r"[A-Za-z0-9_.-]+")
ITEMS = "item_id string, text string"
KINDS = f"{ITEMS}, method string"
SIZES = "item_id string, short boolean, n_words bigint"
SHOWN = 5
DEMO = "demo"
DEMO_EVERY, DEMO_WORDS = 4, slice(40, 100)


def read_items(name: str, spark: SparkSession, settings: IngestSettings, checkpoint: Checkpoint) -> DataFrame:
    """``ITEMS`` of the files that ``settings.inputs`` names, read as ``ingest`` reads: own ids where there are any, else places.

    Raises:
        InputError: a row cannot be read; nothing is registered then, since what is left out would not be kept from training.
    """
    rows = checkpoint(read_files(spark, settings).rows(), "read")
    bad = rows.where("rule IS NOT NULL").orderBy("path", "line").first()
    if bad is not None:
        place = bad["path"] if bad["line"] is None else f"{bad['path']}, row {bad['line']}"
        raise InputError(f"evaluation set {name}: {place}: {bad['rule']}, {bad['detail']}; nothing was registered")
    return rows.select(F.coalesce("key", F.concat_ws(":", "name", "line")).alias("item_id"), "text")


def demo_items(spark: SparkSession) -> DataFrame:
    """``ITEMS`` of the demo's own set: a passage of every fourth help topic of the language, which its documents hold too."""
    from pydoc_data.topics import topics

    long = [(name, text.split()) for name, text in sorted(topics.items()) if len(text.split()) >= DEMO_WORDS.stop]
    return make_frame(spark, [(name, " ".join(words[DEMO_WORDS])) for name, words in long[::DEMO_EVERY]], ITEMS)


def register(name: str, items: DataFrame, checkpoint: Checkpoint) -> DataFrame:
    """Rows of ``evaluation_items``: the set ``name`` as ``items`` (``ITEMS``) have it, each with how it is looked for.

    Raises:
        InputError: the name is none, an item has no word or no id of its own, or there are no items.
    """
    if not NAME.fullmatch(name):
        raise InputError(f"evaluation set {name!r}: a name is made of letters, digits and _.-")
    known = checkpoint(map_batches(items, _with_kind, KINDS), "items")
    if known.isEmpty():
        raise InputError(f"evaluation set {name}: the files hold no item; nothing was registered")
    if empty := known.where("method = ''").orderBy("item_id").first():
        raise InputError(f"evaluation set {name}: item {empty['item_id']} has no word; take it out, nothing was registered")
    if twice := known.groupBy("item_id").count().where("count > 1").orderBy("item_id").first():
        raise InputError(f"evaluation set {name}: {twice['count']} items have the id {twice['item_id']}; nothing was registered")
    made = known.agg(F.hex(F.bit_xor(F.xxhash64("item_id", "text"))).alias("hash"))
    version = F.concat(F.lit(f"{VERSION}/"), F.lower("hash"))
    return known.crossJoin(F.broadcast(made)).select(F.lit(name).alias("set"), *known.columns, version.alias("version"))


def describe_items(name: str, items: DataFrame) -> list[str]:
    """What is looked for of the items of a registered set, and a warning where some are a single word. One pass over them."""
    sizes = map_batches(items.where(F.col("set") == name).select("item_id", "text"), _with_size, SIZES)
    some = F.slice(F.sort_array(F.collect_list(F.when(F.col("n_words") == 1, F.col("item_id")))), 1, SHOWN)
    count, short = F.count(F.lit(1)), F.count_if(F.col("short"))
    row = sizes.agg(count.alias("items"), short.alias("short"), F.count_if(F.col("n_words") == 1).alias("one"), some.alias("some"))
    found = row.collect()[0]
    lines = [f"evaluation set {name}: {found['items']:,} items registered; run again to hold documents against them"]
    if found["short"]:
        lines.append(
            f"{found['short']:,} of them have fewer than 8 words (19 Chinese characters): these are sought as whole documents, not "
            "inside longer texts"
        )
    if found["one"]:
        named = ", ".join(map(escape_hidden, found["some"])) + (", …" if found["one"] > SHOWN else "")
        lines.append(
            f"WARNING: {found['one']:,} items are a single word ({named}), which keeps no longer text from training; register each "
            "question together with its answer"
        )
    return lines


def _with_size(batches: Iterable[RecordBatch]) -> Iterator[RecordBatch]:
    from resonance.curate.kernels.contamination.evaluation_index import PART, weigh_items

    for batch in batches:
        weights, words = weigh_items(batch.column("text"))
        columns = [batch.column("item_id"), pa.array(weights < PART), pa.array(words, pa.int64())]
        yield pa.RecordBatch.from_arrays(columns, names=["item_id", "short", "n_words"])


def _with_kind(batches: Iterable[RecordBatch]) -> Iterator[RecordBatch]:
    from resonance.curate.kernels.contamination.evaluation_index import kinds

    for batch in batches:
        columns = [batch.column("item_id"), batch.column("text"), pa.array(kinds(batch.column("text")), pa.string())]
        yield pa.RecordBatch.from_arrays(columns, names=["item_id", "text", "method"])
