"""The model learns from the order of tokens, and the measure can tell: bits per byte on held-out text against two controls."""

from __future__ import annotations

import math
import random
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from resonance.core.settings import TrainSettings
from resonance.train.collective import LocalCollective
from resonance.train.spec import CHECKPOINT

pytestmark = pytest.mark.train
HELDOUT = 150


@pytest.fixture(scope="module")
def settings(small) -> TrainSettings:
    return small.model_copy(
        update={"documents_per_step": 8, "rows_per_pass": 64, "learning_rate": 6e-3, "checkpoint_steps": 10_000, "hidden": 64}
    )


def unigram_bits_per_byte(texts, tokenizer_file, vocabulary: int) -> float:
    """Of the held-out texts, with add-one counts of the others: what can be known without any context."""
    from resonance.train.tokenizer import Codec

    codec = Codec.learnt(tokenizer_file, vocabulary)
    counts = np.ones(vocabulary)
    for tokens in codec.encode(texts[HELDOUT:]):
        np.add.at(counts, tokens, 1)
    nats = -np.log(counts / counts.sum())
    held = texts[:HELDOUT]
    return sum(nats[tokens].sum() for tokens in codec.encode(held)) / bytes_of(held) / math.log(2)


def bytes_of(texts) -> int:
    return sum(len(text.encode()) for text in texts)


def shuffled(text: str, seed: int) -> str:
    words = text.split(" ")
    random.Random(seed).shuffle(words)
    return " ".join(words)


def test_held_out_text_is_told_better_than_by_a_unigram_and_not_after_shuffling(
    texts, settings, tokenizer_file, write_phase, make_spec
):
    from resonance.train import worker

    held = write_phase(texts[:HELDOUT], "heldout")

    def bits_per_byte(training) -> float:
        trained = make_spec(write_phase(training), settings=settings)
        (end,) = worker.run(trained, LocalCollective())
        assert end.final
        (boundary,) = (Path(trained.staging) / "train").glob("[0-9]*")
        scored = make_spec(held, settings=settings, start=boundary / CHECKPOINT)
        worker.run(scored, LocalCollective())
        (path,) = Path(scored.staging).glob("heldout/*/rank-0.parquet")
        rows = pq.read_table(path).to_pylist()
        assert sum(row["n_bytes"] for row in rows) == bytes_of(texts[:HELDOUT])
        return sum(row["loss_sum"] for row in rows) / bytes_of(texts[:HELDOUT]) / math.log(2)

    unigram = unigram_bits_per_byte(texts, tokenizer_file, settings.vocabulary)
    margin = unigram - bits_per_byte(texts[HELDOUT:])
    control = unigram - bits_per_byte([shuffled(text, seed) for seed, text in enumerate(texts[HELDOUT:])])
    assert margin > 0.2, f"bits per byte better than a unigram by {margin:.3f} only"
    assert control < 0.7 * margin, f"shuffled text teaches {control:.3f} of {margin:.3f} bits per byte"
