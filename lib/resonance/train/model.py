"""The model: a small decoder from a transformers configuration, and what it makes of tokens: their losses, or logits of labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from resonance.core.settings import TrainSettings
from resonance.train.tokenizer import Tokens
from resonance.train.windows import Rows

Model = Any
"""``transformers.LlamaForCausalLM`` or ``LlamaForSequenceClassification``, which come without types."""


def build(settings: TrainSettings, seed: int, labels: Sequence[str] = ()) -> Model:
    """A new model, with a head for ``labels`` if any; equal settings and seed give equal parameters."""
    from transformers.models.llama import LlamaConfig

    config = LlamaConfig(
        vocab_size=settings.vocabulary,
        hidden_size=settings.hidden,
        intermediate_size=settings.hidden * 8 // 3,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        num_key_value_heads=settings.heads,
        max_position_embeddings=settings.window,
        bos_token_id=settings.vocabulary - 2,
        eos_token_id=settings.vocabulary - 1,
        tie_word_embeddings=not labels,
        use_cache=False,
    )
    if labels:  # no text begins with the start mark here, so that it can mark what is blank
        config.update({"pad_token_id": config.bos_token_id, "id2label": dict(enumerate(labels))})
    torch.manual_seed(seed)
    return _model(config, with_head=bool(labels))


def from_config(folder: Path) -> Model:
    """A model of the configuration in ``folder``; its parameters are still to be loaded."""
    from transformers.models.llama import LlamaConfig

    config = LlamaConfig.from_pretrained(folder, use_cache=False)
    return _model(config, with_head=config.pad_token_id is not None)


def _model(config: Any, *, with_head: bool) -> Model:
    from transformers.models.llama import LlamaForCausalLM, LlamaForSequenceClassification

    return (LlamaForSequenceClassification if with_head else LlamaForCausalLM)(config)


def parameters(model: Model) -> int:
    """How many numbers are trained; tied ones count once."""
    return sum(p.numel() for p in model.parameters())


def token_losses(model: Model, rows: Rows) -> tuple[Tensor, Tensor, Tensor]:
    """Of each target: its loss in nats (fp32), whether the best guess was right, its document. Other positions get no logits."""
    segments, targets = torch.from_numpy(rows.segments), torch.from_numpy(rows.targets)
    hidden = model.model(
        input_ids=torch.from_numpy(rows.inputs),
        attention_mask=_attention(segments),
        position_ids=torch.from_numpy(rows.positions),
        use_cache=False,
    ).last_hidden_state
    real = targets >= 0
    logits = model.lm_head(hidden[real]).float()
    losses = torch.nn.functional.cross_entropy(logits, targets[real], reduction="none")
    return losses, logits.detach().argmax(-1) == targets[real], torch.from_numpy(rows.owners)[real]


def label_logits(model: Model, rows: Sequence[Tokens], blank: int) -> Tensor:
    """Logits (fp32) of all labels, one row for each row of tokens, at its last token."""
    width = max(map(len, rows))
    inputs = torch.full((len(rows), width), blank)
    for at, row in enumerate(rows):
        inputs[at, : len(row)] = torch.from_numpy(row)
    mask = torch.arange(width)[None] < torch.tensor([len(row) for row in rows])[:, None]
    logits: Tensor = model(input_ids=inputs, attention_mask=mask.long(), use_cache=False).logits
    return logits.float()


def _attention(segments: Tensor) -> Tensor:
    """Who may look at whom: within a segment, back only. Blank positions see blank ones, so that no softmax is empty."""
    width = segments.shape[1]
    back = torch.ones(width, width, dtype=torch.bool).tril()
    return ((segments[:, :, None] == segments[:, None, :]) & back)[:, None]
