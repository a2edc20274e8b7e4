"""One Spark session a run; tests that ask for it are marked by a hook."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator

import pytest

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
