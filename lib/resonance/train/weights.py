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
from resonance.train.model import Model, list_trained


def device(local_rank: int) -> torch.device:
    """The GPU of a rank, by its number on its machine; the processor where there is none."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    gpus = torch.cuda.device_count()
    torch.cuda.set_device(local_rank % gpus)
    return torch.device("cuda", local_rank % gpus)


def dtype(model: Model, settings: TrainSettings) -> torch.dtype:
    """What the model computes in while it trains."""
    if settings.precision == "auto":
        return torch.bfloat16 if next(model.parameters()).is_cuda else torch.float32
    return torch.bfloat16 if settings.precision == "bfloat16" else torch.float32


@dataclass(frozen=True)
class Weights:
    """The parameters of a model that trains.

    Args:
        exact: those that training moves, in fp32, for the optimizer, the wire and checkpoints.
        used: the same ones as the model holds them: the same tensors, or coarser copies.
        frozen: the others where the model holds coarser copies, each with its fp32 values in the processor's memory.
    """

    exact: list[Tensor]
    used: list[Tensor]
    frozen: list[tuple[Tensor, Tensor]]

    @classmethod
    def of(cls, model: Model, settings: TrainSettings) -> Weights:
        """Those of a model in fp32, which computes in the numbers of the settings from then on; its buffers stay fp32."""
        used = list_trained(model)
        if dtype(model, settings) == torch.float32:
            return cls(used, used, [])
        exact = [parameter.detach().clone() for parameter in used]
        frozen = [(p, p.detach().cpu().clone()) for p in model.parameters() if not p.requires_grad]
        for parameter in model.parameters():
            parameter.data = parameter.data.to(dtype(model, settings))
        return cls(exact, used, frozen)

    def gather(self) -> None:
        """Add what one pass left to the gradients of the exact parameters."""
        for exact, used in zip(self.exact, self.used, strict=True):
            if exact is not used and used.grad is not None:
                exact.grad = used.grad.float() if exact.grad is None else exact.grad.add_(used.grad)
                used.grad = None

    def gradient(self) -> list[Tensor]:
        """Gradients of the exact parameters, flat; zeros where no pass left any."""
        return [torch.zeros_like(p).reshape(-1) if p.grad is None else p.grad.reshape(-1) for p in self.exact]

    @torch.no_grad()
    def moved(self) -> None:
        """Show the model what the optimizer made of the parameters, and forget all gradients."""
        for exact, used in zip(self.exact, self.used, strict=True):
            used.copy_(exact)
            exact.grad = used.grad = None

    @contextmanager
    def within(self) -> Iterator[None]:
        """The model holds the exact parameters for a while, to be saved."""
        pairs = [*zip(self.used, self.exact, strict=True), *self.frozen]
        coarse = [held.data for held, _ in pairs]
        for held, exact in pairs:
            held.data = exact.data
        try:
            yield
        finally:
            for (held, _), data in zip(pairs, coarse, strict=True):
                held.data = data
