"""What the driver keeps in a bucket: what ranks begin with, and what is removed of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from obstore.store import MemoryStore

from resonance.core import objects, places
from resonance.core.job import Site, Turn
from resonance.core.objects import is_elsewhere
from resonance.core.places import LocalFiles, ObjectFiles, open_named
from resonance.core.settings import TrainSettings
from resonance.train.desk import Desk
from resonance.train.spec import Boundary, Spec
from resonance.train.worker import bring_beginnings

NAMES = ("config.json", "model.safetensors", "optimizer.pt", "state.json", "tokenizer.json")


WAYS = {"folders": ("", ""), "models in a bucket": ("s3a://texts/kept", ""), "ranks by a bucket": ("", "s3://texts/staging")}
WAYS["buckets"] = ("s3a://texts/kept", "s3://texts/staging")


@pytest.fixture(params=WAYS)
def desk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk with two checkpoints of its run and one of another."""
    held = MemoryStore()
    for module in (objects, places):
        monkeypatch.setattr(module, "open_store", lambda bucket: held)
    at, by = WAYS[request.param]
    kept, staging = open_named("checkpoints", at, tmp_path / "kept"), open_named("staging", by, tmp_path / "w")
    nothing: Any = None
    for number, folder in enumerate(("run/0001", "run/0002", "run-2/0001")):
        source = tmp_path / f"source-{number}"
        source.mkdir()
        for name in NAMES:
            (source / name).write_text(name)
        (source / "state.json").write_text(Boundary(step=number + 1).model_dump_json())
        kept.publish(source, folder, "state.json")
    return Desk(Site("train", Turn("main", 1, run="run"), 0, nothing, nothing, tmp_path / "w", nothing, kept, staging))


def test_ranks_find_what_they_begin_with(desk: Desk, small: TrainSettings, tmp_path: Path) -> None:
    last = desk.last_checkpoint()
    assert last is not None
    for resumed in (True, False):
        start, tokenizer = desk.offer_checkpoint(last, resumed=resumed), desk.offer_file(f"{last}/tokenizer.json")
        by = desk.site.staging.locate("")
        spec = Spec(settings=small, seed=0, tokenizer=tokenizer, staging=by, phases=(), start=start, resume=resumed)
        copies = tmp_path / f"host-{resumed}"
        brought = bring_beginnings(spec, copies)
        found = {path.name for path in Path(brought.start or "").iterdir()}
        if isinstance(desk.site.staging, LocalFiles) and isinstance(desk.site.checkpoints, LocalFiles):
            assert (brought, Path(start)) == (spec, Path(last)), "nothing is copied in folders"
        else:
            assert found == {name for name in NAMES if resumed or name != "optimizer.pt"}
        assert Path(brought.tokenizer).read_text() == "tokenizer.json"
        assert copies.exists() == isinstance(desk.site.staging, ObjectFiles), "ranks that share a folder copy nothing"
        assert is_elsewhere(start) == is_elsewhere(by)
    desk.clean()
    assert desk.site.staging.find("shards", "") == [], "no copy is left"
    assert desk.last_checkpoint() == last


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
