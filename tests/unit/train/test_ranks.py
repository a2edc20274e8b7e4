"""Horovod, torch and the group of one keep the same promises, and two or three ranks train the same model as one."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.unit.train import conformance

from resonance.core.settings import TrainSettings
from resonance.train.collective import LocalCollective
from resonance.train.spec import Phase, Spec

pytestmark = pytest.mark.train
WAYS = ["horovodrun", "torchrun"]
BATCH = 9
STEPS = 50
BOUND = 1e-5


@pytest.fixture(scope="module")
def specs(texts, shard_rows, small, tokenizer_file, tmp_path_factory):
    """Makes the specs that a group of ranks runs, by name."""
    settings = small.model_copy(update={"documents_per_step": BATCH, "checkpoint_steps": 1_000})
    rows = shard_rows(texts[: BATCH * STEPS - 2], [1.0 + place % 3 / 2 for place in range(BATCH * STEPS - 2)])
    jobs = {"train": rows, "control": rows, "single": rows[:1], "broken": rows[: 2 * BATCH], "skipping": rows[: 2 * BATCH]}

    def make(size: int, names: tuple[str, ...]) -> tuple[Path, dict[str, Spec]]:
        folder = tmp_path_factory.mktemp(f"ranks-{size}")
        found = {}
        for name in names:
            (folder / name).mkdir()
            pq.write_table(pa.Table.from_pylist(jobs[name]), folder / name / "part-0.parquet")
            phase = Phase(name="train", shards=str(folder / name), places=len(jobs[name]))
            most = {"max_skipped_steps": 0 if name == "broken" else 10}
            own = settings.model_copy(update=most)
            found[name] = Spec(
                settings=own, seed=7, tokenizer=str(tokenizer_file), staging=str(folder / f"out-{name}"), phases=(phase,)
            )
        return folder, found

    return make


@pytest.fixture(scope="module")
def run(specs):
    """Runs named specs on as many ranks and returns what each rank said, with the folder of its specs."""
    from resonance.runtime.ranks.local_ranks import WAYS as ALL
    from resonance.runtime.ranks.local_ranks import LocalLaunch

    done = {}

    def once(way: str, size: int, *names: str):
        if (way, size) not in done:
            folder, found = specs(size, names)
            plan = folder / "plan.json"
            plan.write_text(json.dumps({name: spec.model_dump(mode="json") for name, spec in found.items()}))
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parents[3]), os.environ.get("PYTHONPATH", "")]))
                launch = LocalLaunch(TrainSettings(ranks=size), ALL[way])
                ranks = launch.start("tests.unit.train.program", str(plan), folder / "launch.txt")
                while not ranks.poll():
                    time.sleep(0.1)
            assert ranks.error is None
            launch.close()
            told = [json.loads(path.read_text()) for path in sorted(folder.glob("told-*.json"))]
            assert [rank["size"] for rank in told] == [size] * size
            done[way, size] = folder, told
        return done[way, size]

    def of(size: int, way: str = "horovodrun"):
        more = ("single", "broken", "skipping", "control") if size == 2 else ()
        return once(way, size, *(("train", *more) if size > 1 else ()))

    return of


@pytest.fixture(scope="module")
def alone(specs):
    """The same training in this process, without Horovod."""
    from resonance.train import worker

    folder, found = specs(0, ("train",))
    (end,) = worker.run(found["train"], LocalCollective())
    assert end.step == STEPS
    return folder


def test_the_group_of_one_conforms():
    assert {name: error for name, error in conformance.run_all(LocalCollective()) if error} == {}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("size", [1, 2, 3])
def test_launched_ranks_conform(run, size, way):
    _, told = run(size, way)
    for rank in told:
        assert set(rank["checks"]) == {check.__name__ for check in conformance.CHECKS}
        assert {name: error for name, error in rank["checks"].items() if error} == {}


def test_the_suite_sees_a_collective_that_averages():
    class Averages(LocalCollective):
        def allreduce(self, tensor):
            return tensor.div_(2)

    failed = {name for name, error in conformance.run_all(Averages()) if error}
    assert {"sums_in_place", "sums_keep_the_type"} <= failed


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("size", [2, 3])
def test_ranks_train_the_same_model_as_one(run, alone, size, way):
    folder, told = run(size, way)
    assert all(rank["train"][0]["step"] == STEPS for rank in told)
    by_rank = [sum(tokens) for tokens in tokens_by_rank(folder / "out-train", size)]
    assert max(by_rank) > 1.05 * min(by_rank), "the ranks saw almost equally many tokens, so this test proves little"
    assert furthest(parameters(alone / "out-train"), start(alone)) > 1e-2
    assert furthest(parameters(alone / "out-train"), parameters(folder / "out-train")) < BOUND


def test_averaging_the_means_of_ranks_trains_another_model(run, alone):
    folder, _ = run(2)
    assert furthest(parameters(alone / "out-train"), parameters(folder / "out-control")) > 100 * BOUND


def test_fewer_documents_than_ranks_train_all_the_same(run):
    folder, told = run(2)
    assert [(rank["single"][0]["step"], rank["single"][0]["final"]) for rank in told] == [(1, True)] * 2
    assert [len(tokens) for tokens in tokens_by_rank(folder / "out-single", 2)] == [1, 0]


def test_a_loss_broken_on_one_rank_stops_all_with_the_same_words(run, texts, shard_rows):
    _, told = run(2)
    doc_id = shard_rows(texts[:2])[1]["doc_id"].hex()
    advice = "lower train.learning_rate, or raise train.max_skipped_steps"
    assert [rank["broken"] for rank in told] == [f"the loss of document {doc_id} is no finite number; {advice}"] * 2


def test_steps_with_a_loss_broken_on_one_rank_are_skipped_by_all_and_counted(run):
    folder, told = run(2)
    assert [(rank["skipping"][0]["step"], rank["skipping"][0]["skipped"]) for rank in told] == [(2, 2)] * 2
    (boundary,) = (folder / "out-skipping" / "train").glob("[0-9]*")
    losses = [row["loss_sum"] for rank in range(2) for row in pq.read_table(boundary / f"rank-{rank}.parquet").to_pylist()]
    assert (len(losses), losses.count(None)) == (2 * BATCH, 2), "each document has its event, the broken ones without a loss"
    assert furthest(parameters(folder / "out-skipping"), start(folder, "out-skipping")) == 0, "skipped steps move nothing"


def tokens_by_rank(staging: Path, size: int) -> list[list[int]]:
    (boundary,) = (staging / "train").glob("[0-9]*")
    return [pq.read_table(boundary / f"rank-{rank}.parquet").column("n_tok").to_pylist() for rank in range(size)]


def parameters(staging: Path):
    from resonance.train.checkpoint import load

    (boundary,) = (staging / "train").glob("[0-9]*")
    return list(load(boundary / "checkpoint").parameters())


def start(folder: Path, name: str = "out-train"):
    from resonance.train.model import build

    state = json.loads(next((folder / name).glob("train/*/checkpoint/config.json")).read_text())
    settings = TrainSettings(
        vocabulary=state["vocab_size"],
        hidden=state["hidden_size"],
        window=state["max_position_embeddings"],
        layers=state["num_hidden_layers"],
        heads=state["num_attention_heads"],
    )
    return list(build(settings, 7).parameters())


def furthest(left, right) -> float:
    """The largest difference of one parameter."""
    return max(float((a - b).detach().abs().max()) for a, b in zip(left, right, strict=True))
