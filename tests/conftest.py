"""One engine a process, chosen by ``--engine``; a hook marks tests that ask for its session."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# Every run of the tests takes the same examples; `make fuzz` looks for new ones.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("new", deadline=None, max_examples=300)
settings.load_profile("same")
# Tests run in as many processes as there are cores: torch's own threads would only wait for each other.
os.environ["OMP_NUM_THREADS"] = "1"
# Ranks and drivers that tests start find the tests: a Spark session keeps the current folder off the path of its children.
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH")]))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--engine", choices=("embedded", "spark"), default="embedded", help="what computes frames in this run")
    parser.addoption("--dist-folder", type=Path, help="wheel and sdist that the tests of both take instead of building them")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if "spark" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.spark)
    other = [item for item in items if _engine_of(item) not in (None, config.getoption("--engine"))]
    if other:
        config.hook.pytest_deselected(items=other)
        items[:] = [item for item in items if item not in other]


def _engine_of(item: pytest.Item) -> str | None:
    """The one engine that a test is about, where it is about one."""
    mark = item.get_closest_marker("engine")
    return None if mark is None else str(mark.args[0])


@pytest.fixture(scope="session")
def engine_name(request: pytest.FixtureRequest) -> str:
    """What computes in this run; processes that a test starts are told by ``--engine``."""
    name: str = request.config.getoption("--engine")
    return name


@pytest.fixture(scope="session")
def spark(engine_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    from resonance.core.settings import SparkSettings
    from resonance.runtime.engines.session import open_engine
    from tests.rows import give_bytes

    settings = SparkSettings(master="local[2]", driver_memory="2g")
    engine = open_engine(engine_name, settings, tmp_path_factory.mktemp("spill"))
    with give_bytes():
        yield engine.session
    engine.stop()


@pytest.fixture(scope="session")
def checkpoint() -> Callable[[object, str], object]:
    from resonance.testing import hold

    return lambda rows, name: hold(rows)


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
