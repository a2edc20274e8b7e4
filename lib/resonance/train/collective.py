"""How ranks add up, agree and wait. This module owns every ``import horovod`` of training."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from torch import Tensor


class Collective(Protocol):
    """A group of ranks; each call is made by all of them, in the same order."""

    @property
    def rank(self) -> int:
        """The number of this process, from 0."""
        ...

    @property
    def size(self) -> int:
        """How many there are."""
        ...

    @property
    def local_rank(self) -> int:
        """The number of this process among those of its machine, from 0."""
        ...

    def allreduce(self, tensor: Tensor) -> Tensor:
        """The sum over ranks, in place."""
        ...

    def broadcast(self, tensor: Tensor) -> Tensor:
        """What rank 0 holds, in place."""
        ...

    def gather(self, value: Any) -> list[Any]:
        """The values of all ranks, in order of rank, on each rank."""
        ...

    def barrier(self) -> None:
        """Return when all ranks have come here."""
        ...


class LocalCollective:
    """A group of one, without native code."""

    rank = 0
    size = 1
    local_rank = 0

    def allreduce(self, tensor: Tensor) -> Tensor:
        """The tensor itself."""
        return tensor

    def broadcast(self, tensor: Tensor) -> Tensor:
        """The tensor itself."""
        return tensor

    def gather(self, value: Any) -> list[Any]:
        """The value alone."""
        return [value]

    def barrier(self) -> None:
        """Nobody to wait for."""


class HorovodCollective:
    """The ranks that Horovod started."""

    def __init__(self) -> None:
        import horovod.torch as hvd

        hvd.init()
        self._hvd = hvd
        self.rank = int(hvd.rank())
        self.size = int(hvd.size())
        self.local_rank = int(hvd.local_rank())
        self._nccl = hvd.nccl_built() and _gpu_each(int(hvd.local_size()))

    def allreduce(self, tensor: Tensor) -> Tensor:
        """The sum over ranks, in place; by the processor's memory where NCCL was not built, or ranks share a GPU."""
        wire = tensor if self._nccl else tensor.cpu()
        self._hvd.allreduce_(wire, op=self._hvd.Sum, name="allreduce")
        return tensor.copy_(wire)

    def broadcast(self, tensor: Tensor) -> Tensor:
        """What rank 0 holds, in place."""
        self._hvd.broadcast_(tensor, root_rank=0, name="broadcast")
        return tensor

    def gather(self, value: Any) -> list[Any]:
        """The values of all ranks, in order of rank, on each rank."""
        return list(self._hvd.allgather_object(value, name="gather"))

    def barrier(self) -> None:
        """Return when all ranks have come here."""
        self._hvd.barrier()


class TorchCollective:
    """The ranks that ``torchrun`` started, with gloo; with NCCL for what lies on GPUs where each rank has one of its own."""

    def __init__(self) -> None:
        import torch.distributed as dist

        dist.init_process_group("cpu:gloo,cuda:nccl" if _gpu_each(int(os.environ["LOCAL_WORLD_SIZE"])) else "gloo")
        self._dist = dist
        self.rank = dist.get_rank()
        self.size = dist.get_world_size()
        self.local_rank = int(os.environ["LOCAL_RANK"])

    def allreduce(self, tensor: Tensor) -> Tensor:
        """The sum over ranks, in place."""
        self._dist.all_reduce(tensor)
        return tensor

    def broadcast(self, tensor: Tensor) -> Tensor:
        """What rank 0 holds, in place."""
        self._dist.broadcast(tensor, src=0)
        return tensor

    def gather(self, value: Any) -> list[Any]:
        """The values of all ranks, in order of rank, on each rank."""
        values: list[Any] = [None] * self.size
        self._dist.all_gather_object(values, value)
        return values

    def barrier(self) -> None:
        """Return when all ranks have come here."""
        self._dist.barrier()


def _gpu_each(ranks: int) -> bool:
    """Whether so many ranks of this machine have a GPU each: NCCL refuses ranks that share one."""
    import torch

    return torch.cuda.is_available() and ranks <= torch.cuda.device_count()


@cache
def connect() -> Collective:
    """The group that this process belongs to, until it ends: that of the launcher which left it a rank, else a group of one."""
    if "HOROVOD_RANK" in os.environ:
        return HorovodCollective()
    return TorchCollective() if "TORCHELASTIC_RUN_ID" in os.environ else LocalCollective()
