"""Compiled kernels find a cache that they can write, wherever they run."""

from pathlib import Path

import pytest
from numba.core import caching, config, types

from resonance.curate.kernels.compiled import compiled, private_folder


def twice(number):  # type: ignore[no-untyped-def]
    return 2 * number


def test_workers_without_a_writable_folder_share_a_private_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(config, "CACHE_DIR", "")
    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [caching.UserProvidedCacheLocator])
    assert compiled(types.int64(types.int64))(twice)(21) == 42
    (folder,) = tmp_path.iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert list(folder.rglob("*twice*.nbi"))


def test_a_folder_that_others_can_write_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    own = Path(private_folder())
    assert private_folder() == str(own)
    own.chmod(0o777)
    assert Path(private_folder()).stat().st_mode & 0o777 == 0o700
    assert private_folder() != str(own)
