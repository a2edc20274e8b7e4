"""Compiled kernels find a cache that they can write, and that is as new as the code."""

from __future__ import annotations

from pathlib import Path

import pytest
from numba.core import types

from resonance.curate.kernels.text import compiled as module
from resonance.curate.kernels.text.compiled import cache_folder, compiled, private_folder, sources


def twice(number):  # type: ignore[no-untyped-def]
    return 2 * number


@pytest.fixture
def kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of kernel sources in place of the package's."""
    folder = tmp_path / "kernels"
    folder.mkdir()
    (folder / "low.py").write_text("LOW = 1\n")
    (folder / "high.py").write_text("from resonance.curate.kernels.low import LOW\n")
    (folder / "test_compiled.py").write_text("from resonance.curate.kernels import low\n")
    monkeypatch.setattr(module, "HERE", folder)
    cache_folder.cache_clear()
    yield folder
    cache_folder.cache_clear()


def test_compiled_code_lies_beside_the_sources(kernels: Path) -> None:
    assert compiled(types.int64(types.int64))(twice)(21) == 42
    assert list(kernels.rglob("*twice*.nbi"))


def test_a_change_in_an_imported_kernel_asks_for_new_code(kernels: Path) -> None:
    assert sources("high") == ["high", "low"]
    assert sources("test_compiled") == ["low", "test_compiled"]
    high, low = cache_folder("high"), cache_folder("low")
    (kernels / "high.py").write_text("from resonance.curate.kernels.low import LOW as low\n")
    cache_folder.cache_clear()
    assert cache_folder("low") == low
    assert cache_folder("high") != high
    (kernels / "low.py").write_text("LOW = 2\n")
    cache_folder.cache_clear()
    assert cache_folder("low") != low
    assert not Path(low).exists()
    assert not Path(high).exists()


def test_a_closed_installation_uses_the_users_cache(kernels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (kernels / "__pycache__").write_text("no folder")
    monkeypatch.setenv("HOME", str(kernels.parent))
    assert cache_folder("low").startswith(str(kernels.parent / ".cache"))


def test_workers_without_a_writable_folder_share_a_private_one(kernels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (kernels / "__pycache__").write_text("no folder")
    monkeypatch.setenv("HOME", str(kernels / "low.py"))
    monkeypatch.setattr("tempfile.tempdir", str(kernels.parent))
    assert compiled(types.int64(types.int64))(twice)(21) == 42
    (folder,) = kernels.parent.glob("resonance-kernels-*")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert list(folder.rglob("*twice*.nbi"))


def close(kernels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody write beside the sources."""
    writable = module.os.access
    monkeypatch.setattr(module.os, "access", lambda path, mode: kernels not in Path(path).parents and writable(path, mode))


def test_a_user_whom_the_machine_does_not_know_has_a_cache_too(kernels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> Path:
        raise RuntimeError("Could not determine home directory.")

    close(kernels, monkeypatch)
    monkeypatch.setattr(Path, "home", unknown)
    monkeypatch.setattr("tempfile.tempdir", str(kernels.parent))
    assert Path(cache_folder("low")).parent == Path(private_folder())


def test_what_a_closed_installation_holds_compiled_is_not_compiled_again(
    kernels: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(module.RUN, "first")
    monkeypatch.setattr("tempfile.tempdir", str(kernels.parent))
    compiled(types.int64(types.int64))(twice)
    assert capsys.readouterr().err == f"{module.SAYS}\n"
    close(kernels, monkeypatch)
    monkeypatch.setenv("HOME", str(kernels.parent))
    monkeypatch.setenv(module.RUN, "second")
    cache_folder.cache_clear()
    made = compiled(types.int64(types.int64))(twice)
    assert (made(21), sum(made.stats.cache_misses.values())) == (42, 0)
    assert list((kernels.parent / ".cache").rglob("*twice*.nbi"))
    assert capsys.readouterr().err == ""


def test_that_kernels_are_compiled_is_said_once_a_command(
    kernels: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(kernels.parent))
    said = []
    for run, kind in (("first", types.int64), ("first", types.int32), ("second", types.int64), ("third", types.int16)):
        monkeypatch.setenv(module.RUN, run)
        compiled(kind(kind))(twice)
        said.append(capsys.readouterr().err)
    assert said == [f"{module.SAYS}\n", "", "", f"{module.SAYS}\n"]


def test_a_folder_that_others_can_write_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    own = Path(private_folder())
    assert private_folder() == str(own)
    own.chmod(0o777)
    assert Path(private_folder()).stat().st_mode & 0o777 == 0o700
    assert private_folder() != str(own)
