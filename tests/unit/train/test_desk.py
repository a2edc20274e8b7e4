"""What the driver keeps in a bucket: copies for ranks, and what is removed of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from obstore.store import MemoryStore

from resonance.core import objects
from resonance.core.job import Site, Turn
from resonance.runtime.storage import files
from resonance.train.desk import Desk
from resonance.train.spec import Boundary

NAMES = ("config.json", "model.safetensors", "optimizer.pt", "state.json", "tokenizer.json")


@pytest.fixture(params=["folder", "bucket"])
def desk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk with two checkpoints of its run and one of another."""
    held = MemoryStore()
    for module in (objects, files):
        monkeypatch.setattr(module, "open_store", lambda bucket: held)
    kept = files.open_checkpoints("s3a://texts/kept" if request.param == "bucket" else "", tmp_path / "kept")
    nothing: Any = None
    for number, folder in enumerate(("run/0001", "run/0002", "run-2/0001")):
        source = tmp_path / f"source-{number}"
        source.mkdir()
        for name in NAMES:
            (source / name).write_text(name)
        (source / "state.json").write_text(Boundary(step=number + 1).model_dump_json())
        kept.publish(source, folder, "state.json")
    return Desk(Site("train", Turn("main", 1, run="run"), 0, nothing, nothing, tmp_path / "w", nothing, kept))


def test_ranks_get_a_folder_of_this_machine(desk: Desk) -> None:
    last = desk.last_checkpoint()
    assert last is not None
    whole, model, tokenizer = desk.bring(last, resumed=True), desk.bring(last), desk.bring_tokenizer(last)
    assert sorted(path.name for path in whole.iterdir()) == list(NAMES)
    assert tokenizer.read_text() == "tokenizer.json"
    if isinstance(desk.site.checkpoints, files.LocalFiles):
        assert whole == model == tokenizer.parent == Path(last) == desk.site.folder.parent / "kept" / "run" / "0002"
    else:
        assert last == "s3://texts/kept/run/0002"
        assert sorted(path.name for path in model.iterdir()) == [name for name in NAMES if name != "optimizer.pt"]
        assert [path.name for path in tokenizer.parent.iterdir()] == ["tokenizer.json"]
        desk.clean()
        assert not whole.exists()


def test_what_is_discarded_is_gone_and_no_more(desk: Desk) -> None:
    desk.site.checkpoints.put("run/0003/model.safetensors", b"of a publication that broke off")
    desk.discard()
    assert desk.last_checkpoint() is None
    assert desk.site.checkpoints.find("run", "") == []
    assert len(desk.site.checkpoints.find("run-2", "")) == len(NAMES)


def test_a_checkpoint_whose_removal_broke_off_is_none(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = desk.site.checkpoints.remove

    def breaks_off(paths: list[str]) -> None:
        usual(paths[:1])
        raise KeyboardInterrupt

    monkeypatch.setattr(desk.site.checkpoints, "remove", breaks_off)
    with pytest.raises(KeyboardInterrupt):
        desk._remove(["run/0002"])
    assert desk.site.checkpoints.find("run/0002", "model.safetensors") == ["run/0002/model.safetensors"]
    assert desk.last_checkpoint() == desk.site.checkpoints.locate("run/0001")
