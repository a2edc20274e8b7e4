"""What several integration tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.object_storage import open_storage


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a command that may use a running server of S3 with one bucket, ``texts``."""
    with open_storage(tmp_path_factory.mktemp("storage")) as environment:
        yield environment
