"""One Spark session a process; a hook marks tests that ask for it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
os.environ["PYSPARK_PYTHON"] = sys.executable


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "spark" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.spark)


@pytest.fixture(scope="session")
def spark() -> Iterator[object]:
    from resonance.core.settings import SparkSettings
    from resonance.runtime.session import open_session

    session = open_session(SparkSettings(master="local[2]", driver_memory="2g"))
    yield session
    session.stop()


@pytest.fixture(scope="session")
def checkpoint() -> Callable[[object, str], object]:
    return lambda rows, name: rows.localCheckpoint()  # type: ignore[attr-defined]


SMALL = (
    "ingest.demo_documents=1500",
    "ingest.min_slice_documents=40",
    "rebalance.tokens=20000",
    "rebalance.heldout_share=0.1",
    "train.vocabulary=512",
    "train.hidden=32",
    "train.layers=1",
    "train.window=64",
    "train.documents_per_step=16",
    "train.checkpoint_steps=6",
    "evaluate.replicates=50",
)
"""Settings of a loop that ends within a minute or two."""


@pytest.fixture(scope="session")
def small_loop(spark: object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose ``workspace`` holds two rounds of the loop on a part of the demo text."""
    from resonance.cli import main

    home = tmp_path_factory.mktemp("loop")
    main(["demo", "--workspace", str(home / "workspace"), *(f"--set={setting}" for setting in SMALL)])
    return home
