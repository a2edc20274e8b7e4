"""The file of a scorer: what is packed is read again, and what is broken is told in one line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance.core.errors import InputError
from resonance.core.scorer import Scorer, load_scorer, name_content, unpack_scorer

GRAMS = {"keys": np.array([2**63], "<u8"), "costs": np.array([7], "<u4"), "backoffs": np.array([3], "<u4")}
SCORER = Scorer("perplexity", {"order": 2, "seed": 1, "thirds": {"": [1.5, 2.5], "zh": [3.0, 4.0]}}, GRAMS)
CLASSIFIER = Scorer("classifier", {"slope": 0.5, "bias": 0.0}, {"weights": np.array([1, -2], "<i2")})
REFUSED = r"^scorer mine: this is no file that `resonance score fit` of this version wrote, .* gone or changed; fit it again$"


@pytest.mark.parametrize("scorer", [SCORER, CLASSIFIER])
def test_what_is_packed_is_read_again(scorer: Scorer) -> None:
    found = unpack_scorer(scorer.pack(), "x")
    assert (found.kind, found.about) == (scorer.kind, scorer.about)
    assert {name: array.tolist() for name, array in found.arrays.items()} == {n: a.tolist() for n, a in scorer.arrays.items()}
    assert found.pack() == scorer.pack()


@given(st.data())
def test_a_file_of_which_a_byte_changed_or_is_gone_is_refused(data: st.DataObject) -> None:
    content = bytearray(SCORER.pack())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    for broken in (bytes(content), SCORER.pack()[:place]):
        with pytest.raises(InputError, match=REFUSED):
            unpack_scorer(broken, "mine")


@pytest.mark.parametrize(
    "scorer",
    [
        replace(CLASSIFIER, about={"bias": 0.0}),
        replace(CLASSIFIER, about={"slope": float("nan"), "bias": 0.0}),
        replace(CLASSIFIER, about={"slope": "steep", "bias": 0.0}),
        replace(CLASSIFIER, arrays={}),
        replace(CLASSIFIER, kind="something"),
        replace(SCORER, kind="classifier"),
        replace(SCORER, about={"order": 2}),
        replace(SCORER, about={"order": 2, "thirds": {"zh": [3.0, 4.0]}}),
        replace(SCORER, about={"order": 2, "thirds": 3}),
        replace(SCORER, arrays={**GRAMS, "costs": np.array([], "<u4")}),
        replace(SCORER, arrays={**GRAMS, "costs": np.array([1.5], "<f8")}),
    ],
)
def test_a_scorer_that_cannot_measure_is_refused_when_it_is_read(scorer: Scorer) -> None:
    with pytest.raises(InputError, match=REFUSED):
        unpack_scorer(scorer.pack(), "mine")


def test_a_file_that_changed_since_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.scorer"
    path.write_bytes(SCORER.pack())
    name = name_content(SCORER.pack())
    assert load_scorer(str(path), name).about == SCORER.about
    with pytest.raises(InputError, match="it holds .* now, not other as when the run began"):
        load_scorer(str(path), "other")
    with pytest.raises(InputError, match="cannot be read: No such file"):
        load_scorer(str(tmp_path / "none"), name)
