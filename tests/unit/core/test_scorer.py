"""The file of a scorer: what is packed is read again, and what is broken is told in one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from resonance.core.errors import InputError
from resonance.core.scorer import Scorer, load_scorer, name_content, unpack_scorer

SCORER = Scorer("classifier", {"slope": 0.5, "seed": 1}, {"weights": np.array([1, -2], "<i2"), "keys": np.array([2**63], "<u8")})


def test_what_is_packed_is_read_again() -> None:
    found = unpack_scorer(SCORER.pack(), "x")
    assert (found.kind, found.about) == (SCORER.kind, SCORER.about)
    assert {name: array.tolist() for name, array in found.arrays.items()} == {"weights": [1, -2], "keys": [2**63]}
    assert found.pack() == SCORER.pack()


@pytest.mark.parametrize("cut", [0, 5, 19, 30, 190, -1])
def test_a_part_of_a_file_is_refused(cut: int) -> None:
    with pytest.raises(
        InputError, match=r"^scorer mine: this is no file that `resonance score fit` wrote, or a part of it is gone$"
    ):
        unpack_scorer(SCORER.pack()[:cut], "mine")


@pytest.mark.parametrize(
    ("old", "new"), [(b'"classifier"', b'"something!"'), (b'"<i2"', b'"|O8"'), (b"scorer 1", b"scorer 2"), (b"{", b"[")]
)
def test_other_content_is_refused(old: bytes, new: bytes) -> None:
    with pytest.raises(InputError, match="this is no file"):
        unpack_scorer(SCORER.pack().replace(old, new, 1), "mine")


def test_a_file_that_changed_since_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.scorer"
    path.write_bytes(SCORER.pack())
    name = name_content(SCORER.pack())
    assert load_scorer(str(path), name).about == SCORER.about
    with pytest.raises(InputError, match="it holds .* now, not other as when the run began"):
        load_scorer(str(path), "other")
    with pytest.raises(InputError, match="cannot be read: No such file"):
        load_scorer(str(tmp_path / "none"), name)
