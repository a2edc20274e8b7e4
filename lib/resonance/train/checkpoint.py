"""A checkpoint is a folder: model, tokenizer, optimizer and where training stood. It appears whole or not at all.

One that is published may lie in a bucket or on HDFS: its folder is then an address, and it is there once ``STATE`` is.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from resonance.core.objects import find_object, is_elsewhere, open_bytes, parse_address
from resonance.train.spec import CHECKPOINT, Boundary
from resonance.train.tokenizer import TOKENIZER

if TYPE_CHECKING:
    from torch.optim import Optimizer

    from resonance.train.model import Model

STATE = "state.json"
MODEL = "model.safetensors"
OPTIMIZER = "optimizer.pt"


def save(model: Model, optimizer: Optimizer, tokenizer: Path, state: Boundary, boundary: Path) -> None:
    """Leave a checkpoint in the folder of a boundary."""
    import torch
    from safetensors.torch import save_model

    folder = boundary / CHECKPOINT
    partial = folder.with_name(f".{folder.name}")
    shutil.rmtree(partial, ignore_errors=True)
    model.config.save_pretrained(partial)
    save_model(model, str(partial / MODEL), metadata={"format": "pt"})
    torch.save(optimizer.state_dict(), partial / OPTIMIZER)
    shutil.copyfile(tokenizer, partial / TOKENIZER)
    (partial / STATE).write_text(state.model_dump_json(), encoding="utf-8")
    partial.replace(folder)


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


def load(folder: Path) -> Model:
    """The model that it holds."""
    from safetensors.torch import load_model

    from resonance.train.model import from_config
    from resonance.train.pretrained import adapt_model

    model = adapt_model(from_config(folder))
    load_model(model, folder / MODEL)
    return model


def restore(folder: Path, optimizer: Optimizer) -> None:
    """Give the optimizer its memory back."""
    import torch

    optimizer.load_state_dict(torch.load(folder / OPTIMIZER, map_location="cpu", weights_only=True))
