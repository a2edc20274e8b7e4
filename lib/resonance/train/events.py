"""What a rank stages: one row for each document that it saw, hidden until the boundary is reached."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import torch
from torch import Tensor

from resonance.train.shards import Document

SCHEMA = pa.schema(
    [
        ("place", pa.int64()),
        ("epoch", pa.int32()),
        ("pos", pa.int64()),
        ("copy", pa.int32()),
        ("doc_id", pa.binary()),
        ("rank", pa.int32()),
        ("loss_sum", pa.float64()),
        ("n_tok", pa.int32()),
        ("n_bytes", pa.int32()),
        ("max_tok_loss", pa.float64()),
        ("tok_acc", pa.float64()),
    ]
)
FLUSH = 20_000
"""Rows held in memory before they go to the file."""


class Tally:
    """Sums of token losses by document, over the passes of one batch."""

    def __init__(self, documents: int) -> None:
        self.loss = torch.zeros(documents, dtype=torch.float64)
        self.peak = torch.zeros(documents, dtype=torch.float64)
        self.right = torch.zeros(documents, dtype=torch.float64)
        self.tokens = torch.zeros(documents, dtype=torch.float64)

    def add(self, losses: Tensor, right: Tensor, owners: Tensor) -> None:
        """Count tokens in."""
        exact = losses.detach().double()
        self.loss.index_add_(0, owners, exact)
        self.peak.scatter_reduce_(0, owners, exact, "amax")
        self.right.index_add_(0, owners, right.double())
        self.tokens.index_add_(0, owners, torch.ones_like(exact))

    def broken(self) -> int | None:
        """The number of the first document whose loss is no finite number."""
        bad = (~torch.isfinite(self.loss)).nonzero()
        return int(bad[0]) if len(bad) else None


class StagedEvents:
    """A Parquet file of a rank's events that takes its name only when it is complete."""

    def __init__(self, folder: Path, rank: int) -> None:
        self._partial = folder / f".rank-{rank}"
        self._name = f"rank-{rank}.parquet"
        self._rank = rank
        self._rows: list[dict[str, Any]] = []
        self._writer: Any = None
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, documents: Sequence[Document], tally: Tally) -> None:
        """One event a document."""
        sums = zip(tally.loss.tolist(), tally.peak.tolist(), tally.right.tolist(), tally.tokens.tolist(), strict=True)
        for document, (loss, peak, right, tokens) in zip(documents, sums, strict=True):
            self._rows.append(
                {
                    "place": document.place,
                    "epoch": document.epoch,
                    "pos": document.pos,
                    "copy": document.copy,
                    "doc_id": document.doc_id,
                    "rank": self._rank,
                    "loss_sum": loss,
                    "n_tok": int(tokens),
                    "n_bytes": len(document.text.encode()),
                    "max_tok_loss": peak,
                    "tok_acc": right / tokens,
                }
            )
        if len(self._rows) >= FLUSH:
            self._flush()

    def publish(self, folder: Path) -> None:
        """Complete the file and move it into ``folder``; what comes next goes to a new one."""
        self._flush()
        self._writer.close()
        self._writer = None
        folder.mkdir(parents=True, exist_ok=True)
        self._partial.replace(folder / self._name)

    def _flush(self) -> None:
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._partial, SCHEMA)
        self._writer.write_table(pa.Table.from_pylist(self._rows, schema=SCHEMA))
        self._rows = []
