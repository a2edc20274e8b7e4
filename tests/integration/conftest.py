"""What several integration tests share."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.object_storage import open_storage, write_texts


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a command that may use a running server of S3 with one bucket, ``texts``."""
    with open_storage(tmp_path_factory.mktemp("storage")) as environment:
        yield environment


@pytest.fixture
def every_format(tmp_path: Path) -> Path:
    """A folder of every format, some of them broken, in folders and under odd names."""
    from resonance.testing import tiny_corpus
    from tests.integration.test_formats import FILES

    folder = tmp_path / "in"
    (folder / "web" / "b c").mkdir(parents=True)
    for name, data in FILES.items():
        if not name.endswith("no.docx"):
            (folder / "web" / name.replace("\n", " ")).write_bytes(data)
    write_texts(folder / "web" / "b c" / "50%+#数据.jsonl", tiny_corpus(30, 5))
    lines = (folder / "web" / "b c" / "50%+#数据.jsonl").read_bytes().replace(b'"row-', b'"more-')
    (folder / "more.jsonl.gz").write_bytes(gzip.compress(lines))
    (folder / "_SUCCESS").touch()
    return folder
