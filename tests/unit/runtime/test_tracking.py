"""MLflow's store lies in the workspace, whatever that is called, unless the configuration names another."""

from __future__ import annotations

from pathlib import Path

import pytest

from resonance.core.settings import Config, TrackingSettings
from resonance.runtime.tracking import store_uri


@pytest.mark.parametrize("name", ["w", "what?x", "a%20b", "a#b", "run [v2]", "数据"])
def test_it_lies_in_the_workspace(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    place = Path(store_uri(Config(), tmp_path / name).removeprefix("sqlite:///"))
    place.write_bytes(b"")
    assert (tmp_path / name / "mlflow.db").exists()
    assert not set("?%#[ ") & set(str(place))


def test_another_one_is_taken_as_it_is(tmp_path: Path) -> None:
    config = Config(tracking=TrackingSettings(uri="http://tracker:5000/?a=%20"))
    assert store_uri(config, tmp_path) == "http://tracker:5000/?a=%20"
