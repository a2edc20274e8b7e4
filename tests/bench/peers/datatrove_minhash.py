"""datatrove's MinHash deduplication in its four stages, from a folder of JSON lines to a folder of the documents that stay.

PYTHON datatrove_minhash.py INPUT_FOLDER OUTPUT_FOLDER WORKERS

As its examples/minhash_deduplication.py: 14 bands of 8 over 5 words, sha1 of 64 bits; one document of each cluster stays.
"""

from __future__ import annotations

import sys
from typing import Any

from datatrove.executor import LocalPipelineExecutor  # type: ignore[import-not-found]
from datatrove.pipeline.dedup import MinhashDedupSignature  # type: ignore[import-not-found]
from datatrove.pipeline.dedup.minhash import (  # type: ignore[import-not-found]
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
)
from datatrove.pipeline.readers import JsonlReader  # type: ignore[import-not-found]
from datatrove.pipeline.writers import JsonlWriter  # type: ignore[import-not-found]
from datatrove.utils.hashing import HashConfig  # type: ignore[import-not-found]


def main() -> None:
    source, target, workers = sys.argv[1:]
    config = MinhashConfig(hash_config=HashConfig(precision=64, hash_fc="sha1"), num_buckets=14, hashes_per_bucket=8, n_grams=5)
    signatures, buckets, gone = (f"{target}/work/{name}" for name in ("signatures", "buckets", "gone"))
    many = int(workers)
    stages: list[tuple[str, int, list[Any]]] = [
        ("signatures", many, [JsonlReader(source), MinhashDedupSignature(output_folder=signatures, config=config)]),
        ("buckets", 14, [MinhashDedupBuckets(input_folder=signatures, output_folder=buckets, config=config)]),
        ("clusters", 1, [MinhashDedupCluster(input_folder=buckets, output_folder=gone, config=config)]),
        (
            "filter",
            many,
            [JsonlReader(source), MinhashDedupFilter(input_folder=gone), JsonlWriter(f"{target}/documents", compression=None)],
        ),
    ]
    for name, tasks, pipeline in stages:
        LocalPipelineExecutor(pipeline=pipeline, tasks=tasks, workers=many, logging_dir=f"{target}/logs/{name}").run()


if __name__ == "__main__":
    main()
