"""Makes a model twice as wide that computes what it did before: Chen et al. 2015, "Net2Net" (arXiv 1511.05641)."""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import Tensor

from resonance.train.model import Model

WIDTHS = ("hidden_size", "intermediate_size", "num_attention_heads", "num_key_value_heads")
EMBEDDING = "embed_tokens.weight"
LAST_NORM = "model.norm.weight"


def widen_model(model: Model, seed: int) -> Model:
    """A model of twice the width and twice the heads with the same outputs, but for rounding. Of models that are built here.

    Each state stands twice. A matrix W becomes [W/2 + R, W/2 - R] over [W/2 + S, W/2 - S], where R and S are random: on states that
    stand twice they cancel, yet the copies have gradients of their own, so that training tells them apart.

    Args:
        model: a small decoder, for texts or with a head for labels.
        seed: what the random parts follow from.
    """
    config = deepcopy(model.config)
    config.update({name: 2 * getattr(model.config, name) for name in WIDTHS})
    wide = type(model)(config)
    draw = torch.Generator().manual_seed(seed)
    tied = bool(config.tie_word_embeddings)
    held = {name: _widen_tensor(name, value, draw, tied=tied) for name, value in model.state_dict().items()}
    wide.load_state_dict(held)
    return wide


def _widen_tensor(name: str, value: Tensor, draw: torch.Generator, *, tied: bool) -> Tensor:
    """A norm or embedding doubles; where the embedding gives the logits too, the last norm halves what it then doubles."""
    if value.ndim == 1:
        return torch.cat([value, value]) / (2 if tied and name == LAST_NORM else 1)
    if name.endswith(EMBEDDING) or (tied and name == "lm_head.weight"):
        return torch.cat([value, value], 1)
    halves = [_split_columns(value, draw) for _ in range(1 if name == "score.weight" else 2)]
    return torch.cat(halves, 0)


def _split_columns(value: Tensor, draw: torch.Generator) -> Tensor:
    """[W/2 + R, W/2 - R], where R spreads half as far as W."""
    spread = torch.randn(value.shape, generator=draw) * (value.std() / 2)
    return torch.cat([value / 2 + spread, value / 2 - spread], 1)
