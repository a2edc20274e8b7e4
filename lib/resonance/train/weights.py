"""Where a rank computes, and in which numbers: on a GPU in bf16, beside fp32 parameters that the optimizer moves.

Mixed precision with a master copy of the parameters: Micikevicius et al. 2018 (arXiv 1710.03740).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from resonance.core.settings import TrainSettings
from resonance.train.model import Model, trained


def device(local_rank: int) -> torch.device:
    """The GPU of a rank, by its number on its machine; the processor where there is none."""
    gpus = torch.cuda.device_count()
    if not gpus:
        return torch.device("cpu")
    torch.cuda.set_device(local_rank % gpus)
    return torch.device("cuda", local_rank % gpus)


def numbers(model: Model, settings: TrainSettings) -> torch.dtype:
    """What the model computes in."""
    if settings.precision == "auto":
        return torch.bfloat16 if next(model.parameters()).is_cuda else torch.float32
    return torch.bfloat16 if settings.precision == "bfloat16" else torch.float32


def settle(model: Model, settings: TrainSettings) -> None:
    """Give the model's parameters those numbers; buffers, positions among them, stay fp32."""
    for parameter in model.parameters():
        parameter.data = parameter.data.to(numbers(model, settings))


@dataclass(frozen=True)
class Weights:
    """The parameters that training moves.

    Args:
        exact: in fp32, for the optimizer, the wire and checkpoints.
        used: those of the model: the same tensors, or coarser copies.
    """

    exact: list[Tensor]
    used: list[Tensor]

    @classmethod
    def of(cls, model: Model, settings: TrainSettings) -> Weights:
        """Those of a model in fp32, which computes in the numbers of the settings from then on."""
        if numbers(model, settings) == torch.float32:
            return cls(trained(model), trained(model))
        exact = [parameter.detach().clone() for parameter in trained(model)]
        settle(model, settings)
        return cls(exact, trained(model))

    def gradient(self) -> list[Tensor]:
        """What the passes left, flat and fp32; zeros where they left nothing."""
        return [
            torch.zeros_like(exact).reshape(-1) if used.grad is None else used.grad.float().reshape(-1)
            for exact, used in zip(self.exact, self.used, strict=True)
        ]

    @torch.no_grad()
    def moved(self) -> None:
        """Show the model what the optimizer made of the parameters, and forget all gradients."""
        for exact, used in zip(self.exact, self.used, strict=True):
            used.copy_(exact)
            exact.grad = used.grad = None

    @contextmanager
    def within(self) -> Iterator[None]:
        """The model holds the exact parameters for a while, to be saved."""
        coarse = [used.data for used in self.used]
        for exact, used in zip(self.exact, self.used, strict=True):
            used.data = exact.data
        yield
        for used, data in zip(self.used, coarse, strict=True):
            used.data = data
