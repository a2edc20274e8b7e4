"""The model: a small decoder from a transformers configuration, and the loss of each token that it must say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from resonance.core.settings import TrainSettings
from resonance.train.windows import Rows

Model = Any
"""``transformers.LlamaForCausalLM``, which comes without types."""


def build(settings: TrainSettings, seed: int) -> Model:
    """A new model; equal settings and seed give equal parameters."""
    from transformers.models.llama import LlamaConfig, LlamaForCausalLM

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
        tie_word_embeddings=True,
        use_cache=False,
    )
    torch.manual_seed(seed)
    return LlamaForCausalLM(config)


def from_config(folder: Path) -> Model:
    """A model of the configuration in ``folder``; its parameters are still to be loaded."""
    from transformers.models.llama import LlamaConfig, LlamaForCausalLM

    return LlamaForCausalLM(LlamaConfig.from_pretrained(folder, use_cache=False))


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


def _attention(segments: Tensor) -> Tensor:
    """Who may look at whom: within a segment, back only. Blank positions see blank ones, so that no softmax is empty."""
    width = segments.shape[1]
    back = torch.ones(width, width, dtype=torch.bool).tril()
    return ((segments[:, :, None] == segments[:, None, :]) & back)[:, None]
