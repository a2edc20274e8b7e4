"""How fast rank 0 goes, told in a small file now and then."""

from __future__ import annotations

import time

from resonance.core.objects import is_elsewhere
from resonance.core.places import open_place
from resonance.train.collective import Collective
from resonance.train.spec import PROGRESS, Pace, Phase, Spec

SECONDS, SECONDS_ELSEWHERE = 0.5, 5.0
"""Between two of them. Ranks wait for each, which an address makes a request."""


class Pacer:
    """Counts tokens and writes the pace now and then, on rank 0 only."""

    def __init__(self, spec: Spec, phase: Phase, collective: Collective) -> None:
        self._files = open_place(spec.staging)
        self._pause = SECONDS_ELSEWHERE if is_elsewhere(spec.staging) else SECONDS
        self._phase = phase
        self._speaks = collective.rank == 0
        self._size = collective.size
        self._begun = self._told = time.monotonic()
        self._tokens = 0.0

    def tick(self, step: int, place: int, loss: float, tokens: float, ranks: int = 1) -> None:
        """Count one batch; ``loss`` and ``tokens`` are sums over ``ranks`` ranks."""
        self._tokens += tokens * self._size / ranks
        now = time.monotonic()
        if not self._speaks or now - self._told < self._pause:
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
        self._files.put(PROGRESS, pace.model_dump_json().encode())
