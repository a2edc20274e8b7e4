"""A model that was trained elsewhere: loaded from a folder with its tokenizer, and trained whole or through low-rank adapters."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from resonance.core.errors import TrainError
from resonance.core.settings import TrainSettings
from resonance.train.model import Model, token_losses
from resonance.train.tokenizer import TOKENIZER, Codec
from resonance.train.windows import arrange

ALPHA = 2
"""What adapters are scaled by: alpha over rank. Hu et al. 2021, LoRA (arXiv 2106.09685)."""
ALIKE = 1e-3


def load(settings: TrainSettings, seed: int, labels: Sequence[str] = ()) -> Model:
    """The model of ``settings.model`` with fp32 parameters, with a new head for ``labels`` if any, and adapters if asked for.

    Raises:
        TrainError: the folder holds no model that transformers knows, or one whose window is shorter.
    """
    import transformers

    head: dict[str, Any] = {"num_labels": len(labels), "id2label": dict(enumerate(labels))} if labels else {}
    kind = transformers.AutoModelForSequenceClassification if labels else transformers.AutoModelForCausalLM
    torch.manual_seed(seed)
    try:
        model = kind.from_pretrained(settings.model, local_files_only=True, dtype=torch.float32, **head)
    except (OSError, ValueError) as error:
        raise TrainError(f"train.model {settings.model}: {error}") from error
    most = getattr(model.config, "max_position_embeddings", None)
    if most and settings.window > most:
        raise TrainError(f"train.model {settings.model}: reads at most {most} tokens; lower train.window ({settings.window})")
    model.config.update({"use_cache": False, "architectures": [type(model).__name__], "lora_rank": settings.lora_rank})
    if labels and model.config.pad_token_id is None:
        model.config.pad_token_id = model.config.eos_token_id
    return adapt_model(model)


def adapt_model(model: Model) -> Model:
    """The model itself, or with adapters of the rank that its configuration names: then nothing else but a new head is trained."""
    rank = getattr(model.config, "lora_rank", 0)
    if not rank:
        return model
    from peft import LoraConfig, TaskType, get_peft_model

    task = TaskType.SEQ_CLS if type(model).__name__.endswith("SequenceClassification") else TaskType.CAUSAL_LM
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft asks transformers for names that go out of use
        return get_peft_model(model, LoraConfig(r=rank, lora_alpha=ALPHA * rank, target_modules="all-linear", task_type=task))


def codec(folder: Path, tokenizer: Path) -> Codec:
    """The folder's tokenizer, with the marks of its model; ``tokenizer`` is the file, which checkpoints carry along.

    Raises:
        TrainError: there is no model, or no ``tokenizer.json``: only fast tokenizers are read.
    """
    from transformers import AutoConfig

    if not tokenizer.is_file():
        raise TrainError(f"train.model {folder}: no {TOKENIZER} there; save the tokenizer with transformers' fast tokenizers")
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError) as error:
        raise TrainError(f"train.model {folder}: {error}") from error
    end = _first(config.eos_token_id, config.bos_token_id, 0)
    return Codec(tokenizer, start=_first(config.bos_token_id, end), end=end, blank=_first(config.pad_token_id, end), folder=folder)


def keeps_apart(model: Model) -> bool:
    """Whether packed windows cost what they cost alone: tried once on two made ones, since not every model heeds such a mask."""
    draw = np.random.default_rng(0)
    pieces = [(at, *draw.integers(1, 50, (2, width), dtype=np.int32)) for at, width in enumerate((5, 7))]
    was = model.training
    model.eval()
    try:
        with torch.no_grad():
            packed, _, _ = token_losses(model, arrange(pieces, 12), packed=True)
            alone, _, _ = token_losses(model, arrange(pieces, 12, together=False), packed=False)
    except (TypeError, ValueError, RuntimeError):
        return False
    finally:
        model.train(was)
    return bool(torch.allclose(packed, alone, rtol=ALIKE, atol=ALIKE))


def _first(*ids: int | list[int] | None) -> int:
    """The first id that is known; of several end marks the first."""
    found = next(id for id in ids if id is not None)
    return found[0] if isinstance(found, list) else found
