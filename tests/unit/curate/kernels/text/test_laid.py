"""Arrays that take long to make are made once, and anew where the cache does not hold them whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from resonance.curate.kernels.privacy.patterns import GROUPS
from resonance.curate.kernels.privacy.tables import build_plan, lay_tables
from resonance.curate.kernels.text import laid
from resonance.curate.kernels.text.laid import keep_arrays


def test_arrays_are_made_once_and_anew_where_the_cache_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(laid, "cache_folder", lambda module: str(tmp_path / module))
    (tmp_path / "room").mkdir()
    made = []

    def make() -> dict[str, np.ndarray]:
        made.append(1)
        return {"wide": np.arange(6, dtype=np.uint16).reshape(2, 3), "none": np.empty(0, np.int64)}

    def ask(module: str) -> None:
        found = keep_arrays(module, "name", make)
        assert {name: (array.dtype, array.tolist()) for name, array in found.items()} == {
            "wide": (np.uint16, [[0, 1, 2], [3, 4, 5]]),
            "none": (np.int64, []),
        }

    ask("room")
    ask("room")
    assert (len(made), [path.name for path in (tmp_path / "room").iterdir()]) == (1, ["name.npz"])
    for broken in (b"", b"PK\x03\x04 no archive"):
        (tmp_path / "room" / "name.npz").write_bytes(broken)
        ask("room")
        ask("room")
    assert len(made) == 3
    ask("folder that is not there")
    assert len(made) == 4


def test_what_is_kept_is_what_would_be_laid_out() -> None:
    build_plan.cache_clear()
    kept, fresh = build_plan().tables, lay_tables(GROUPS)
    for name, one, other in zip(kept._fields, kept, fresh, strict=True):
        assert one.dtype == other.dtype, name
        assert np.array_equal(one, other), name
