"""What a rank stages: one row for each document that it saw, hidden until the boundary is reached."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import torch
from torch import Tensor

from resonance.core.places import open_place
from resonance.core.storage import Files
from resonance.train.checkpoint import STATE
from resonance.train.collective import Collective
from resonance.train.shards import Document
from resonance.train.spec import CHECKPOINT, DONE, Boundary, Phase, Spec, boundary_folder
from resonance.train.tasks import Batch, Seen

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
        ("n_cut", pa.int32()),
        ("label", pa.string()),
        ("prediction", pa.string()),
        ("p_label", pa.float64()),
        ("margin", pa.float64()),
        ("entropy", pa.float64()),
        ("el2n", pa.float64()),
        ("probabilities", pa.map_(pa.string(), pa.float64())),
    ]
)
FLUSH = 20_000
"""Rows held in memory before they go to the file."""


class Tally:
    """What the passes of a batch say of each document: sums over its targets; where those are labels, the logits of all labels."""

    def __init__(self, batch: Batch) -> None:
        documents = len(batch.n_bytes)
        self.n_bytes = batch.n_bytes
        self.n_cut = batch.n_cut
        self.loss = torch.zeros(documents, dtype=torch.float64)
        self.peak = torch.zeros(documents, dtype=torch.float64)
        self.right = torch.zeros(documents, dtype=torch.float64)
        self.tokens = torch.zeros(documents, dtype=torch.float64)
        self.logits: list[Tensor] = []

    def add(self, seen: Seen) -> None:
        """Count targets in."""
        exact = seen.losses.detach().double().cpu()
        self.loss.index_add_(0, seen.owners, exact)
        self.peak.scatter_reduce_(0, seen.owners, exact, "amax")
        self.right.index_add_(0, seen.owners, seen.right.double().cpu())
        self.tokens.index_add_(0, seen.owners, torch.ones_like(exact))
        if seen.logits is not None:
            self.logits.append(seen.logits.detach().double().cpu())

    def broken(self, documents: Sequence[Document]) -> list[str]:
        """The ids of the documents whose loss is no finite number."""
        return [documents[at].doc_id.hex() for at in (~torch.isfinite(self.loss)).nonzero()[:, 0].tolist()]


class StagedEvents:
    """A Parquet file of a rank's events that takes its name only when it is complete.

    Args:
        files: where boundaries are staged.
        draft: a folder of this machine for what is not.
    """

    def __init__(self, files: Files, draft: Path, rank: int, labels: Sequence[str] = (), *, probabilities: bool = False) -> None:
        self.files, self.draft = files, draft
        self._partial = draft / f".rank-{rank}"
        self._name = f"rank-{rank}.parquet"
        self._rank = rank
        self._labels = tuple(labels)
        self._probabilities = probabilities
        self._rows: list[dict[str, Any]] = []
        self._writer: Any = None

    def add(self, documents: Sequence[Document], tally: Tally) -> None:
        """One event a document."""
        sums = zip(tally.loss.tolist(), tally.peak.tolist(), tally.right.tolist(), tally.tokens.tolist(), strict=True)
        sizes = zip(tally.n_bytes, tally.n_cut, strict=True)
        figures = self._of_labels(documents, tally) if tally.logits else [{}] * len(documents)
        for document, (loss, peak, right, tokens), (n_bytes, n_cut), more in zip(documents, sums, sizes, figures, strict=True):
            finite = math.isfinite(loss)
            self._rows.append(
                {
                    "place": document.place,
                    "epoch": document.epoch,
                    "pos": document.pos,
                    "copy": document.copy,
                    "doc_id": document.doc_id,
                    "rank": self._rank,
                    "loss_sum": loss if finite else None,
                    "n_tok": int(tokens),
                    "n_bytes": n_bytes,
                    "max_tok_loss": peak if finite else None,
                    "tok_acc": right / tokens,
                    "n_cut": n_cut,
                    "label": document.label,
                    **(more if finite else {}),
                }
            )
        if len(self._rows) >= FLUSH:
            self._flush()

    def _of_labels(self, documents: Sequence[Document], tally: Tally) -> list[dict[str, Any]]:
        """Figures of each document's label among all labels."""
        logits = torch.cat(tally.logits)
        given = torch.tensor([self._labels.index(document.label or "") for document in documents])
        p = logits.softmax(-1)
        own = torch.nn.functional.one_hot(given, len(self._labels)).bool()
        margin = logits[own] - logits.masked_fill(own, -torch.inf).amax(-1)
        columns = {
            "prediction": [self._labels[best] for best in logits.argmax(-1).tolist()],
            "p_label": p[own].tolist(),
            "margin": margin.tolist(),
            "entropy": torch.special.entr(p).sum(-1).tolist(),
            "el2n": (p - own.double()).norm(dim=-1).tolist(),
        }
        if self._probabilities:
            columns["probabilities"] = [list(zip(self._labels, row, strict=True)) for row in p.tolist()]
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    def publish(self, folder: str) -> None:
        """Complete the file and put it into ``folder``; what comes next goes to a new one."""
        self._flush()
        self._writer.close()
        self._writer = None
        self.files.put(f"{folder}/{self._name}", self._partial)

    def _flush(self) -> None:
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._partial, SCHEMA)
        self._writer.write_table(pa.Table.from_pylist(self._rows, schema=SCHEMA))
        self._rows = []


@contextmanager
def stage_events(spec: Spec, rank: int, *, probabilities: bool = False) -> Iterator[StagedEvents]:
    """What a rank stages of one phase, until the end of the ``with`` statement."""
    files = open_place(spec.staging)
    with files.draft() as draft:
        yield StagedEvents(files, draft, rank, spec.task.labels, probabilities=probabilities)


def stage(
    phase: Phase,
    state: Boundary,
    events: StagedEvents,
    collective: Collective,
    keep: Callable[[Path], None] | None = None,
) -> None:
    """Leave a boundary to the driver: events of all ranks, what rank 0 keeps beside them, and last the mark that it is whole."""
    folder = boundary_folder(phase.name, state)
    events.publish(folder)
    if keep is not None and collective.rank == 0:
        kept = events.draft / f".{CHECKPOINT}"
        keep(kept)
        events.files.publish(kept, f"{folder}/{CHECKPOINT}", STATE)
    collective.barrier()
    if collective.rank == 0:
        events.files.put(f"{folder}/{DONE}", state.model_dump_json().encode())
