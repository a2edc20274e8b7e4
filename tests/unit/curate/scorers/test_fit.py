"""A scorer's file, whole or not at all, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from resonance.core.errors import InputError
from resonance.core.scorer import Scorer, name_content, unpack_scorer
from resonance.curate.scorers.fit import Fitted, describe, write_scorer
from resonance.curate.scorers.sample import Sample
from resonance.curate.scorers.verdict import Verdict

SCORER = Scorer("classifier", {"slope": 1.0, "bias": 0.0}, {"weights": np.array([1], "<i2")})


def test_a_file_is_named_by_what_is_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = write_scorer(SCORER, None)
    assert path.name == f"classifier-{name_content(SCORER.pack())}.scorer"
    assert unpack_scorer(path.read_bytes(), "x").about == SCORER.about
    assert write_scorer(SCORER, "mine.scorer") == Path("mine.scorer")
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted([path.name, "mine.scorer"])


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^score fit: cannot write .*: No such file or directory; name another file by --out$"):
        write_scorer(SCORER, tmp_path / "none" / "x.scorer")


@pytest.mark.parametrize(("auc", "warns"), [(0.9, False), (0.55, True)])
def test_what_was_found_is_said(auc: float, warns: bool) -> None:
    measures = {"auc": auc, "calibration_error": 0.02, "texts": 30.0, "good": 10.0}
    good, general = Sample(["abc"], [1], 5, 3_000_000, 2), Sample(["x"], [2], 1, 1, 0)
    said = describe(
        Fitted(SCORER, Verdict(measures, "held out: 30", "title", ("texts",), (("30",),)), good, general), Path("mine.scorer"), True
    )
    text = " ".join(part for part in said if isinstance(part, str))
    assert "good: 1 different texts, 0.0 MB, sampled from 5 of 3.0 MB; 2 rows cannot be read and were left out" in text
    assert "held out: 30" in text
    assert ("hardly better than chance" in text) == warns
    assert text.endswith("recorded in MLflow. Measure with: resonance curate … --set clean.classifier=mine.scorer")
