"""Data-Juicer's operators over a folder of JSON lines, to a file of them.

PYTHON juicer_recipes.py INPUT_FOLDER OUTPUT_FOLDER WORKERS filters|minhash

``filters`` are those that come nearest to FineWeb's chain: words and lines that are too few, too short, too often repeated or of
too little text: eight filters, none with a model. It has no counterpart of C4's line rules, and its stop words would have to be
downloaded. ``minhash`` is its deduplication by 14 bands of 8 over 5 words; one document of each cluster stays.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from data_juicer.config import init_configs  # type: ignore[import-not-found]
from data_juicer.core import DefaultExecutor  # type: ignore[import-not-found]

FILTERS = [
    {"words_num_filter": {"min_num": 50, "max_num": 100_000}},
    {"word_repetition_filter": {"rep_len": 10, "max_ratio": 0.1}},
    {"character_repetition_filter": {"rep_len": 10, "max_ratio": 0.5}},
    {"alphanumeric_filter": {"min_ratio": 0.25}},
    {"special_characters_filter": {"max_ratio": 0.5}},
    {"average_line_length_filter": {"min_len": 10}},
    {"maximum_line_length_filter": {"min_len": 30}},
    {"text_length_filter": {"min_len": 50}},
]
MINHASH = [
    {
        "document_minhash_deduplicator": {
            "tokenization": "space",
            "window_size": 5,
            "lowercase": True,
            "num_permutations": 14 * 8,
            "num_bands": 14,
            "num_rows_per_band": 8,
        }
    }
]
RECIPES = {"filters": FILTERS, "minhash": MINHASH}


def main() -> None:
    source, target, workers, name = sys.argv[1:]
    recipe = {
        "project_name": "bench",
        "dataset_path": source,
        "export_path": f"{target}/documents.jsonl",
        "work_dir": target,
        "ds_cache_dir": f"{target}/cache",
        "temp_dir": f"{target}/temp",
        "np": int(workers),
        "text_keys": "text",
        "open_tracer": False,
        "process": RECIPES[name],
    }
    for folder in (target, f"{target}/temp"):
        Path(folder).mkdir(parents=True, exist_ok=True)
    path = Path(target, "recipe.yaml")
    path.write_text(json.dumps(recipe))
    DefaultExecutor(init_configs(["--config", str(path)])).run()


if __name__ == "__main__":
    main()
