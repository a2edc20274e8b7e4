"""A checkpoint is a folder: model, tokenizer, optimizer and where training stood. It appears whole or not at all.

In a bucket or on HDFS its folder is an address, and it is there once ``STATE`` is.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from resonance.core.objects import find_object, is_elsewhere, open_bytes, parse_address
from resonance.train.spec import Boundary
from resonance.train.tokenizer import TOKENIZER

if TYPE_CHECKING:
    from torch.optim import Optimizer

    from resonance.train.model import Model

STATE = "state.json"
MODEL = "model.safetensors"
OPTIMIZER = "optimizer.pt"


def save(model: Model, optimizer: Optimizer, tokenizer: str, state: Boundary, folder: Path) -> None:
    """Leave a checkpoint in a folder, in place of what is there."""
    import torch
    from safetensors.torch import save_model

    shutil.rmtree(folder, ignore_errors=True)
    model.config.save_pretrained(folder)
    save_model(model, str(folder / MODEL), metadata={"format": "pt"})
    torch.save(optimizer.state_dict(), folder / OPTIMIZER)
    shutil.copyfile(tokenizer, folder / TOKENIZER)
    (folder / STATE).write_text(state.model_dump_json(), encoding="utf-8")


def state_of(folder: Path | str) -> Boundary:
    """Where training stood, by a folder or an address."""
    with open_bytes(f"{folder}/{STATE}") as file:
        return Boundary.model_validate_json(file.read())


def stands(place: str) -> bool:
    """Whether a checkpoint that tables tell of is there.

    Raises:
        StorageError: its bucket cannot be read.
    """
    return find_object(parse_address(f"{place}/{STATE}")) is not None if is_elsewhere(place) else Path(place).is_dir()


def load(folder: Path | str) -> Model:
    """The model that it holds."""
    from safetensors.torch import load_model

    from resonance.train.model import from_config
    from resonance.train.pretrained import adapt_model

    model = adapt_model(from_config(folder))
    load_model(model, f"{folder}/{MODEL}")
    return model


def restore(folder: Path | str, optimizer: Optimizer) -> None:
    """Give the optimizer its memory back."""
    import torch

    optimizer.load_state_dict(torch.load(f"{folder}/{OPTIMIZER}", map_location="cpu", weights_only=True))
