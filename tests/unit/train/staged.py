"""Runs a spec as a group of one, and reads what it staged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from resonance.core.turns import PhaseName
from resonance.train.collective import LocalCollective
from resonance.train.spec import DONE, Boundary, Spec


def run(spec: Spec) -> list[Boundary]:
    """The last boundary of each phase."""
    from resonance.train import worker

    return worker.run(spec, LocalCollective())


def boundaries(spec: Spec, phase: PhaseName = "train") -> list[tuple[Path, Boundary]]:
    """Each boundary's folder and state, in order."""
    folders = sorted(path.parent for path in (Path(spec.staging) / phase).glob(f"*/{DONE}"))
    return [(folder, Boundary.model_validate_json((folder / DONE).read_text())) for folder in folders]


def events(spec: Spec, phase: PhaseName = "train") -> list[dict[str, Any]]:
    """The events of all boundaries."""
    return [row for folder, _ in boundaries(spec, phase) for row in pq.read_table(folder / "rank-0.parquet").to_pylist()]


def ran(spec: Spec) -> tuple[list[dict[str, Any]], Path, Boundary]:
    """Events of the spec's only phase, once it ran, and the folder and state of its last boundary."""
    run(spec)
    (phase,) = spec.phases
    return events(spec, phase.name), *boundaries(spec, phase.name)[-1]
