"""Documents held against the registry: one pass over texts where they lie, on workers that map one index into memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.feather as feather
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.core.errors import ResonanceError
from resonance.core.frames import map_batches
from resonance.curate.signals.privacy import Masking, measure_and_mask

if TYPE_CHECKING:
    from pyarrow import RecordBatch

MOST_BYTES = 64 << 20
"""Bytes of items' texts that are indexed: the index takes about sixteen times as many, the driver thrice that while it makes it."""
KNOWN = ("doc_id", "bucket", "batch", "source", "slice")
FOUND = (
    "doc_id binary, bucket int, batch string, source string, slice string, "
    "`set` string, item_id string, method string, value double, threshold double"
)


def write_index(evaluation_items: DataFrame, folder: Path, masking: Masking) -> int:
    """Write the index of all items into ``folder``, which every worker can read, and return how many items it holds; none of none.

    An item that masking changes is indexed as it was registered and as documents would hold it, under the same name.

    Raises:
        ResonanceError: the registry is larger than ``MOST_BYTES``.
    """
    row = evaluation_items.agg(F.coalesce(F.sum(F.octet_length("text")), F.lit(0)).alias("bytes")).first()
    if row is not None and row["bytes"] > MOST_BYTES:
        raise ResonanceError(
            f"decontaminate: table evaluation_items holds {row['bytes'] >> 20} MB of text, more than the {MOST_BYTES >> 20} MB "
            "that are indexed at once; register smaller sets, for instance questions without their contexts"
        )
    items = evaluation_items.select("set", "item_id", "text").orderBy("set", "item_id").collect()
    if not items:
        return 0
    from resonance.curate.kernels.contamination.evaluation_index import index

    texts = pa.array([item["text"] for item in items], pa.large_string())
    masked, places = mask_items(texts, masking)
    index(pa.concat_arrays([texts, masked]), np.concatenate([np.arange(len(items)), places]).astype(np.int32)).save(folder)
    names = {name: pa.array([item[name] for item in items], pa.large_string()) for name in ("set", "item_id")}
    feather.write_feather(pa.table(names), str(folder / "names.arrow"), compression="uncompressed")
    return len(items)


def mask_items(texts: Any, masking: Masking) -> tuple[Any, NDArray[np.int64]]:
    """The texts that masking changes, masked as documents are once they are cleaned, and the place of each among all."""
    if masking.mode == "none":
        return texts.slice(0, 0), np.empty(0, np.int64)
    from resonance.curate.kernels.text.tidy import tidy

    cleaned = tidy(texts).cast(texts.type)
    masked = measure_and_mask(cleaned, masking)[2]
    places = np.flatnonzero(pc.not_equal(cleaned, masked).to_numpy(zero_copy_only=False))
    return masked.take(pa.array(places)), places


def look(documents: DataFrame, folder: Path, containment: float) -> DataFrame:
    """``FOUND``: a row for each document and item that it holds. Nothing is shuffled."""
    return map_batches(documents.select(*KNOWN, "text"), Look(str(folder), containment), FOUND)


@dataclass(frozen=True)
class Look:
    """Holds batches of documents against the index in a folder, on a worker."""

    folder: str
    containment: float

    def __call__(self, batches: Iterable[RecordBatch]) -> Iterator[RecordBatch]:
        """Rows of ``FOUND``. Kernels and index are loaded with the first batch: of no documents, they are not needed."""
        index = None
        for batch in batches:
            if index is None:
                from resonance.curate.kernels.contamination.contamination import METHODS, hits
                from resonance.curate.kernels.contamination.evaluation_index import Index

                index = Index.load(Path(self.folder))
                names = feather.read_table(f"{self.folder}/names.arrow", memory_map=True)
            found = hits(batch.column("text"), index, self.containment)
            rows, items = pa.array(found.rows), pa.array(found.items)
            fuzzy = found.methods == METHODS.index("fuzzy")
            columns = {
                **{name: batch.column(name).take(rows) for name in KNOWN},
                **{name: names.column(name).take(items).combine_chunks().cast(pa.string()) for name in ("set", "item_id")},
                "method": pa.array([METHODS[method] for method in found.methods], pa.string()),
                "value": pa.array(found.values),
                "threshold": pa.array(np.where(fuzzy, self.containment, 1.0)),
            }
            yield pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))
