"""Documents to examples: what each teaches besides its text, from the fields that it was read with."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pyarrow import RecordBatch
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.core.errors import ContractError
from resonance.core.frames import map_batches
from resonance.core.settings import CleanSettings, TaskSettings
from resonance.curate.prepare import NO_MASKING
from resonance.curate.signals.privacy import Masking, choose_masking, mask_strings
from resonance.curate.sources.example import Flaw, example_of
from resonance.curate.sources.row import arrow_schema, valid

SCHEMA = "doc_id binary, bucket int, batch string, text_hash binary, prompt string, answer string, label string"


def examples(raw: DataFrame, documents: DataFrame, *, settings: TaskSettings, cleaning: CleanSettings) -> DataFrame:
    """Rows of ``examples``, one a document, masked as its text is. ``ingest`` has quarantined what holds none.

    A new text, answer or label gives a new ``content_hash``, under which its signals start afresh. One join by doc_id, which
    shuffles the other fields of the rows, no text; one Python pass.
    """
    held = documents.select("doc_id", "bucket", "batch", F.col("content_hash").alias("text_hash"))
    parsed = map_batches(
        held.join(raw.select("doc_id", "metadata"), "doc_id"),
        Parse(settings, choose_masking(cleaning)),
        SCHEMA,
    )
    parts = [F.coalesce(F.col(name).cast("binary"), F.lit("").cast("binary")) for name in ("label", "prompt", "answer")]
    nul = F.unhex(F.lit("00"))
    said = F.concat("text_hash", *(part for value in parts for part in (nul, value)))
    return parsed.withColumns({"content_hash": F.unhex(F.substring(F.sha2(said, 256), 1, 32)), "kind": F.lit(settings.kind)})


@dataclass(frozen=True)
class Parse:
    """Puts the example in place of the fields, on a worker."""

    task: TaskSettings
    masking: Masking = NO_MASKING

    def __call__(self, batches: Iterable[RecordBatch]) -> Iterator[RecordBatch]:
        """The same rows."""
        for batch in batches:
            rows = [self._row(row.pop("metadata"), row["doc_id"]) | row for row in batch.to_pylist()]
            if self.masking.mode != "none":
                mask_rows(rows, self.masking)
            yield pa.RecordBatch.from_pylist(rows, schema=_SCHEMA)

    def _row(self, metadata: str | None, doc_id: bytes) -> dict[str, str | None]:
        found = example_of(json.loads(metadata or "{}"), self.task)
        if isinstance(found, Flaw):
            raise ContractError(f"table raw: document {doc_id.hex()} holds no example ({found.rule}); run ingest again")
        return {name: value and valid(value) for name, value in zip(PARTS, (found.prompt, found.answer, found.label), strict=True)}


def mask_rows(rows: list[dict[str, Any]], masking: Masking) -> None:
    """Masks what is said in prompts and answers; a label is one of those that the task declares."""
    prompts = [json.loads(row["prompt"] or "[]") for row in rows]
    messages = [message for prompt in prompts for message in prompt]
    for message, said in zip(messages, mask_strings([message["content"] for message in messages], masking), strict=True):
        message["content"] = said
    answers = mask_strings([row["answer"] for row in rows], masking)
    for row, prompt, answer in zip(rows, prompts, answers, strict=True):
        row["prompt"], row["answer"] = json.dumps(prompt, ensure_ascii=False) if prompt else row["prompt"], answer


PARTS = ("prompt", "answer", "label")
_SCHEMA = arrow_schema(SCHEMA)
