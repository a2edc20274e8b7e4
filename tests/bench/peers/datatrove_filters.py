"""FineWeb's chain of filters as datatrove runs it, from a folder of JSON lines to a folder of JSON lines.

PYTHON datatrove_filters.py INPUT_FOLDER OUTPUT_FOLDER WORKERS
"""

from __future__ import annotations

import sys

from datatrove.executor import LocalPipelineExecutor  # type: ignore[import-not-found]
from datatrove.pipeline.filters import (  # type: ignore[import-not-found]
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)
from datatrove.pipeline.readers import JsonlReader  # type: ignore[import-not-found]
from datatrove.pipeline.writers import JsonlWriter  # type: ignore[import-not-found]


def main() -> None:
    source, target, workers = sys.argv[1:]
    LocalPipelineExecutor(
        pipeline=[
            JsonlReader(source),
            GopherRepetitionFilter(),
            GopherQualityFilter(),
            C4QualityFilter(filter_no_terminal_punct=False),
            FineWebQualityFilter(),
            JsonlWriter(f"{target}/documents", compression=None),
        ],
        tasks=int(workers),
        workers=int(workers),
        logging_dir=f"{target}/logs",
    ).run()


if __name__ == "__main__":
    main()
