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

    def allreduce(self, tensor: Tensor) -> Tensor:
        """The sum over ranks, in place."""
        self._hvd.allreduce_(tensor, op=self._hvd.Sum, name="allreduce")
        return tensor

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


@cache
def connect() -> Collective:
    """The group that this process belongs to, until it ends: Horovod's where its launcher left a rank, else a group of one."""
    return HorovodCollective() if "HOROVOD_RANK" in os.environ else LocalCollective()
