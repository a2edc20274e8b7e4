"""How many like pairs share a bucket, and how many that share one are alike: against all pairs of real documents, beside theory.

python -m tests.bench.recall [--documents N] [--no-result]

Like is an exact Jaccard similarity of .7, .8 or .9 or more. A pair of similarity s is expected to share a bucket with
probability 1 - (1 - s^rows)^bands; what is expected of recall and precision follows from the similarities of all pairs.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from rich.console import Console
from scipy.sparse import csr_array, tril

from resonance.curate.kernels.duplicates.minhash import bands, signatures
from resonance.curate.kernels.duplicates.shingles import sets
from tests.bench.corpus import real_corpus
from tests.bench.places import write_result

DOCUMENTS, BANDS, ROWS, WORDS, MOST_CHARS = 4_000, 14, 8, 5, 20_000
LEAST = (0.7, 0.8, 0.9)


def all_pairs(texts: list[str]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Every pair of texts that shares a shingle, with its exact Jaccard similarity."""
    held = sets(pa.array(texts), WORDS)
    values, columns = np.unique(held.flatten().to_numpy(), return_inverse=True)
    bounds = held.offsets.to_numpy()
    whole = csr_array((np.ones(len(columns), np.int32), columns, bounds), shape=(len(texts), len(values)))
    both = tril(whole @ whole.T, -1).tocoo()
    one, other = both.coords
    sizes = np.diff(bounds)
    return one, other, both.data / (sizes[one] + sizes[other] - both.data)


def figures(texts: list[str]) -> dict[str, object]:
    """Recall and precision at each similarity, found and expected."""
    one, other, alike = all_pairs(texts)
    hashes = bands(signatures(pa.array(texts), BANDS * ROWS, WORDS)[0], ROWS)
    found = (hashes[one] == hashes[other]).any(axis=1)
    likely = 1 - (1 - alike**ROWS) ** BANDS
    return {"documents": len(texts), "pairs": len(one), "at": [_at(least, alike, found, likely) for least in LEAST]}


def _at(least: float, alike: NDArray[np.float64], found: NDArray[np.bool_], likely: NDArray[np.float64]) -> Mapping[str, float]:
    near = alike >= least
    spread = float(np.sqrt((likely[near] * (1 - likely[near])).sum()))
    return {
        "jaccard": least,
        "pairs": int(near.sum()),
        "found": int(found[near].sum()),
        "expected": round(float(likely[near].sum()), 1),
        "three_sigma": round(3 * spread, 1),
        "recall": round(float(found[near].mean()), 4),
        "recall_expected": round(float(likely[near].mean()), 4),
        "precision": round(float(near[found].mean()), 4),
        "precision_expected": round(float(likely[near].sum() / likely.sum()), 4),
    }


def long_enough(texts: Iterable[str]) -> list[str]:
    """Different texts, cut, that have a shingle."""
    cut = list(dict.fromkeys(text[:MOST_CHARS] for text in texts))
    sizes = np.diff(sets(pa.array(cut), WORDS).offsets.to_numpy())
    return [text for text, size in zip(cut, sizes, strict=True) if size]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=DOCUMENTS)
    parser.add_argument("--no-result", action="store_true", help="write no file under lib/decisions/experiments")
    asked = parser.parse_args()
    texts = [json.loads(line)["text"] for line in real_corpus(asked.documents).read_text(encoding="utf-8").splitlines()]
    han = [text for text in texts if sum("\u4e00" <= c <= "\u9fff" for c in text[:500]) > 100]
    kept = set(han)
    results = {
        "parameters": {"bands": BANDS, "rows": ROWS, "shingle_words": WORDS},
        "words": figures(long_enough(text for text in texts if text not in kept)),
        "chinese_characters": figures(long_enough(han)),
    }
    Console().print(results)
    if not asked.no_result:
        print(write_result("recall", f"python -m tests.bench.recall --documents {asked.documents}", results))


if __name__ == "__main__":
    main()
