"""How fast rank 0 goes, told in a small file now and then."""

from __future__ import annotations

import time

from resonance.train.collective import Collective
from resonance.train.spec import PROGRESS, Pace, Phase, Spec, write_atomically

SECONDS = 0.5


class Pacer:
    """Counts tokens and writes the pace at most twice a second, on rank 0 only."""

    def __init__(self, spec: Spec, phase: Phase, collective: Collective) -> None:
        self._path = spec.staging / PROGRESS
        self._phase = phase
        self._speaks = collective.rank == 0
        self._size = collective.size
        self._begun = self._told = time.monotonic()
        self._tokens = 0.0

    def tick(self, step: int, place: int, loss: float, tokens: float, ranks: int = 1) -> None:
        """Count one batch; ``loss`` and ``tokens`` are sums over ``ranks`` ranks."""
        self._tokens += tokens * self._size / ranks
        now = time.monotonic()
        if not self._speaks or now - self._told < SECONDS:
            return
        self._told = now
        rate = self._tokens / (now - self._begun)
        pace = Pace(
            phase=self._phase.name,
            step=step,
            place=place,
            places=self._phase.places,
            loss=loss / max(tokens, 1.0),
            tokens_per_second=rate,
        )
        write_atomically(self._path, pace.model_dump_json())
