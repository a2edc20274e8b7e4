"""Real text from the standard library as shards and specs, as the driver would leave them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from pydoc_data.topics import topics

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from resonance.core.settings import TrainSettings
from resonance.train import tokenizer
from resonance.train.spec import Phase, Spec

SCHEMA = pa.schema(
    [
        *((name, pa.int64()) for name in ("place", "epoch", "pos", "copy")),
        ("doc_id", pa.binary()),
        ("weight", pa.float64()),
        *((name, pa.string()) for name in ("prompt", "text", "label")),
    ]
)
SMALL = TrainSettings(
    launch="inline", vocabulary=512, window=64, hidden=48, heads=4, documents_per_step=12, rows_per_pass=8, checkpoint_steps=20
)


@pytest.fixture(scope="session")
def texts() -> list[str]:
    """About 1,500 paragraphs of 80 to 4,000 characters, in an order of hashes."""
    found = [part for topic in topics.values() for part in topic.split("\n\n") if len(part) > 80]
    return sorted(set(found), key=lambda text: hashlib.sha256(text.encode()).digest())


@pytest.fixture(scope="session")
def tokenizer_file(texts: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "tokenizer.json"
    tokenizer.learn(texts, SMALL.vocabulary, path)
    return path


@pytest.fixture(scope="session")
def small() -> TrainSettings:
    return SMALL


@pytest.fixture(scope="session")
def shard_schema() -> pa.Schema:
    """What shards hold."""
    return SCHEMA


@pytest.fixture(scope="session")
def shard_rows() -> Callable[..., list[dict[str, object]]]:
    """Makes the rows that shards hold, one a text."""

    def make(texts: Sequence[str], weights: Sequence[float] | None = None) -> list[dict[str, object]]:
        return [
            {
                "place": place,
                "epoch": 0,
                "pos": place,
                "copy": 0,
                "doc_id": hashlib.sha256(text.encode()).digest()[:16],
                "weight": weights[place] if weights else 1.0,
                "prompt": None,
                "text": text,
                "label": None,
            }
            for place, text in enumerate(texts)
        ]

    return make


@pytest.fixture
def write_phase(tmp_path: Path, shard_rows: Callable[..., list[dict[str, object]]]) -> Callable[..., Phase]:
    def write(texts: Sequence[str], name: str = "train", files: int = 1, weights: Sequence[float] | None = None) -> Phase:
        folder = tmp_path / f"shards-{name}-{len(list(tmp_path.glob('shards-*')))}"
        folder.mkdir()
        rows = shard_rows(texts, weights)
        for part in range(files):
            mine = rows[part * len(rows) // files : (part + 1) * len(rows) // files]
            pq.write_table(pa.Table.from_pylist(mine, SCHEMA), folder / f"part-{part:03d}.parquet")
        return Phase(name=name, shards=str(folder), places=len(rows))

    return write


@pytest.fixture
def make_spec(tmp_path: Path, tokenizer_file: Path) -> Callable[..., Spec]:
    def make(*phases: Phase, settings: TrainSettings = SMALL, start: Path | None = None, **more: object) -> Spec:
        staging = tmp_path / f"staging-{len(list(tmp_path.glob('staging-*')))}"
        staging.mkdir()
        given = {"start": str(start) if start else None, "tokenizer": str(tokenizer_file), "staging": str(staging)}
        return Spec(settings=settings, seed=7, phases=phases, **given, **more)

    return make
