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
"""A model of transformers, which come without types."""
OWN = "LlamaForCausalLM"
"""What is built here; it gives its last states, so that only targets get logits."""


def build(settings: TrainSettings, seed: int, labels: Sequence[str] = ()) -> Model:
    """A new model, with a head for ``labels`` if any; equal settings and seed give equal parameters."""
    from transformers.models.llama import LlamaConfig, LlamaForCausalLM, LlamaForSequenceClassification

    kind = LlamaForSequenceClassification if labels else LlamaForCausalLM
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
        architectures=[kind.__name__],
    )
    if labels:  # no text begins with the start mark here, so that it can mark what is blank
        config.update({"pad_token_id": config.bos_token_id, "id2label": dict(enumerate(labels))})
    torch.manual_seed(seed)
    return kind(config)


def from_config(folder: Path | str) -> Model:
    """A model of the configuration in ``folder``; its parameters are still to be loaded."""
    import transformers

    config = transformers.AutoConfig.from_pretrained(folder, local_files_only=True)
    return getattr(transformers, config.architectures[0])(config)


def parameters(model: Model) -> int:
    """How many numbers are trained; tied ones count once."""
    return sum(p.numel() for p in list_trained(model))


def list_trained(model: Model) -> list[Tensor]:
    """The parameters that training moves."""
    return [p for p in model.parameters() if p.requires_grad]


def token_losses(model: Model, rows: Rows, *, packed: bool = True) -> tuple[Tensor, Tensor, Tensor]:
    """Of each target: its loss in nats (fp32), whether the best guess was right, its document.

    ``packed`` says that a row may hold several windows, which then see only themselves.
    """
    segments, targets = torch.from_numpy(rows.segments), torch.from_numpy(rows.targets)
    given: dict[str, Any] = {
        "input_ids": torch.from_numpy(rows.inputs),
        "attention_mask": (segments >= 0).long(),
        "use_cache": False,
    }
    if packed:
        given |= {"attention_mask": _attention(segments), "position_ids": torch.from_numpy(rows.positions)}
    given = {name: value.to(model.device) if isinstance(value, Tensor) else value for name, value in given.items()}
    real = targets >= 0
    if type(model).__name__ == OWN:
        logits = model.lm_head(model.model(**given).last_hidden_state[real]).float()
    else:
        logits = model(**given).logits[real].float()
    said = targets[real].to(logits.device)
    losses = torch.nn.functional.cross_entropy(logits, said, reduction="none")
    return losses, logits.detach().argmax(-1) == said, torch.from_numpy(rows.owners)[real]


def label_logits(model: Model, rows: Sequence[Tokens], blank: int) -> Tensor:
    """Logits (fp32) of all labels from the model's head, one row for each row of tokens."""
    inputs, mask = _pad_rows(model, rows, blank)
    logits: Tensor = model(input_ids=inputs, attention_mask=mask).logits
    return logits.float()


def word_logits(model: Model, rows: Sequence[Tokens], words: Sequence[int]) -> Tensor:
    """Logits (fp32) of ``words`` as the token that follows each row."""
    inputs, mask = _pad_rows(model, rows, 0)
    last = (torch.arange(len(rows)), mask.sum(-1).cpu() - 1)
    if type(model).__name__ == OWN:
        states = model.model(input_ids=inputs, attention_mask=mask, use_cache=False).last_hidden_state
        logits: Tensor = model.lm_head(states[last])
    else:
        logits = model(input_ids=inputs, attention_mask=mask, use_cache=False).logits[last]
    return logits[:, list(words)].float()


def _pad_rows(model: Model, rows: Sequence[Tokens], blank: int) -> tuple[Tensor, Tensor]:
    width = max(map(len, rows))
    inputs = torch.full((len(rows), width), blank)
    for at, row in enumerate(rows):
        inputs[at, : len(row)] = torch.from_numpy(row)
    mask = torch.arange(width)[None] < torch.tensor([len(row) for row in rows])[:, None]
    return inputs.to(model.device), mask.long().to(model.device)


def _attention(segments: Tensor) -> Tensor:
    """Who may look at whom: within a segment, back only. Blank positions see blank ones, so that no softmax is empty."""
    width = segments.shape[1]
    back = torch.ones(width, width, dtype=torch.bool).tril()
    return ((segments[:, :, None] == segments[:, None, :]) & back)[:, None]
