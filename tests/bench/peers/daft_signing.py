"""MinHash signatures of 14 × 8 hashes over 5 words as Daft makes them: normalised and signed, no duplicate is looked for.

PYTHON daft_signing.py INPUT_FOLDER OUTPUT_FOLDER WORKERS
"""

from __future__ import annotations

import sys

import daft  # type: ignore[import-not-found]
from daft.functions import minhash, normalize  # type: ignore[import-not-found]


def main() -> None:
    source, target, workers = sys.argv[1:]
    daft.set_runner_native(num_threads=int(workers))
    text = normalize(daft.col("text"), remove_punct=True, lowercase=True, nfd_unicode=True, white_space=True)
    signature = minhash(text, num_hashes=14 * 8, ngram_size=5, hash_function="xxhash3_64")
    daft.read_json(f"{source}/*.jsonl").select("id", signature.alias("signature")).write_parquet(target)


if __name__ == "__main__":
    main()
