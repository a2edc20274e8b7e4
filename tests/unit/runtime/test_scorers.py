"""Configuration names a scorer by its file; what is in the file counts, not where it lies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from resonance.core.errors import ConfigError, InputError
from resonance.core.job import Step
from resonance.core.scorer import Scorer, name_content
from resonance.core.settings import Config
from resonance.factory import CLEAN
from resonance.runtime.conf import load
from resonance.runtime.run.origins import find_origins
from resonance.runtime.scorers import refuse_unscored


def write(path: Path, slope: float = 1.0) -> str:
    path.write_bytes(Scorer("classifier", {"slope": slope, "bias": 0.0}, {"weights": np.zeros(2, "<i2")}).pack())
    return str(path)


def configure(*assignments: str) -> Config:
    return load(assignments=assignments)


def test_a_file_is_named_by_its_content_and_its_set_is_measured(tmp_path: Path) -> None:
    file = write(tmp_path / "a.scorer")
    clean = configure(f"clean.classifier={file}").clean
    assert clean.scorers["classifier"].name == name_content(Path(file).read_bytes())
    assert set(clean.sets) - set(configure().clean.sets) == {"classifier"}
    assert configure().clean.scorers == {}
    refuse_unscored(clean)


def test_another_scorer_concerns_its_own_table_alone(tmp_path: Path) -> None:
    files = {"same": write(tmp_path / "a"), "moved": write(tmp_path / "b"), "other": write(tmp_path / "c", slope=2.0)}
    origins = {name: find_origins(Step(CLEAN), configure(f"clean.classifier={file}"), []) for name, file in files.items()}
    assert origins["same"] == origins["moved"], "where it lies is no matter"
    assert {t for t in origins["same"] if origins["same"][t] != origins["other"][t]} == {"signals_classifier"}
    without = find_origins(Step(CLEAN), configure(), [])
    assert without == {table: origins["same"][table] for table in without}


def test_a_set_without_a_scorer_is_refused_before_anything_runs() -> None:
    config = configure("clean.sets=[basics,classifier]")
    with pytest.raises(
        ConfigError, match=r"`resonance score fit --kind classifier` wrote: name its file by --set clean.classifier=FILE"
    ):
        refuse_unscored(config.clean)


def test_what_is_no_scorer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^scorer .*none.scorer: cannot be read: No such file"):
        configure(f"clean.classifier={tmp_path / 'none.scorer'}")
    (tmp_path / "text").write_text("no scorer")
    with pytest.raises(InputError, match=r"^scorer .*text: this is no file that `resonance score fit` of this version wrote"):
        configure(f"clean.classifier={tmp_path / 'text'}")
    with pytest.raises(ConfigError, match=r"clean.classifier: Input should be a valid dictionary"):
        configure("clean.classifier=5")
