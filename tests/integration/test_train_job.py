"""Training and scoring as the loop runs them, in one process: events and plan agree, and each happens once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from pydoc_data.topics import topics

import numpy as np
import pyarrow.parquet as pq
import pytest
from obstore.store import MemoryStore
from pyspark.sql import functions as F
from scipy import stats

from resonance.core import objects
from resonance.core import places as files
from resonance.core.chance import is_logged
from resonance.core.errors import ConservationError, TrainError
from resonance.core.frames import rank_rows
from resonance.core.job import Site, Turn
from resonance.core.ledger import make_rejects
from resonance.core.settings import (
    AppraiseSettings,
    CrossFitSettings,
    FeedbackSettings,
    ScoreModelSettings,
    TaskSettings,
    TrainSettings,
    TuneSettings,
)
from resonance.core.storage import Files
from resonance.runtime.ranks.launch import InlineLaunch
from resonance.tables import CHECKPOINTS, EXAMPLES, SAMPLE_WEIGHTS, SIGNAL_EVENT, SLICE_SUMS
from resonance.testing import MemoryCatalog, documents_frame, hold
from resonance.train.spec import Spec

pytestmark = pytest.mark.train
SETTINGS = TrainSettings(
    launch="inline", vocabulary=512, window=64, hidden=32, layers=1, heads=2, documents_per_step=8, checkpoint_steps=10
)
HELDOUT = 30
DRAW = ["round", "arm", "epoch", "pos", "doc_id", "batch", "bucket", "content_hash", "slice", "copy", "n_bytes", "pi", "weight"]


def a_plan(documents, round: int, arm: str, rows: int, epochs: int = 1, pi: float = 1.5):
    """The first documents by a hash of the round, every third of them twice, in an order that the epoch chooses."""
    order = rank_rows(["batch"], [F.xxhash64("doc_id", F.lit(round)), "doc_id"])
    drawn = documents.withColumn("number", order).where(F.col("number") <= rows)
    copies = drawn.withColumn(
        "copy", F.explode(F.when(F.col("number") % 3 == 0, F.array(F.lit(0), F.lit(1))).otherwise(F.array(F.lit(0))))
    )
    passes = copies.withColumn("epoch", F.explode(F.array(*(F.lit(epoch) for epoch in range(epochs)))))
    place = rank_rows(["epoch"], [F.xxhash64("doc_id", "copy", "epoch"), "doc_id", "copy"]) - 1
    marks = {"round": round, "arm": arm, "pi": pi, "weight": 1.0}
    return passes.withColumn("pos", place).withColumns({name: F.lit(value) for name, value in marks.items()}).select(DRAW)


@pytest.fixture(scope="module")
def documents(spark):
    texts = sorted({part for topic in topics.values() for part in topic.split("\n\n") if 80 < len(part) < 600})[:400]
    rows = [(f"key-{number}", f"slice/{number % 3}", text) for number, text in enumerate(texts)]
    return hold(documents_frame(spark, rows))


@pytest.fixture(scope="module")
def plans(documents):
    heldout = a_plan(documents.where("slice = 'slice/2'"), 0, "heldout", HELDOUT + 10).where("copy = 0")
    place = rank_rows(["arm"], ["doc_id"]) - 1
    heldout = heldout.withColumns({"pos": place, "pi": F.lit(1.0)})
    pool = documents.where("slice != 'slice/2'")
    parts = (
        *(a_plan(pool, 1, "plan", 150), a_plan(pool, 2, "plan", 60, pi=0.5), a_plan(pool, 2, "control", 50)),
        a_plan(pool, 2, "candidates", 90).where("copy = 0").withColumn("pos", rank_rows(["arm"], ["doc_id"]) - 1),
    )
    for part in parts:
        heldout = heldout.unionByName(part)
    return hold(heldout)


class World:
    """A catalog and a folder on which steps of the loop run; ``runs`` are upstream of each."""

    def __init__(self, spark, folder: Path, plans, documents) -> None:
        self.spark, self.folder, self.plans, self.documents = spark, folder, plans, documents
        self.catalog = MemoryCatalog(spark)
        self.launch = InlineLaunch()
        self.settings = SETTINGS
        self.kept: Files = files.LocalFiles(folder / "checkpoints")
        self.staging: Files = files.LocalFiles(folder)

    def turn(self, job: str, round: int, arm: str) -> Turn:
        return Turn("main", round, arm, run=f"{job}-{round}-{arm}")

    def tools(self, job: str, round: int, arm: str) -> dict[str, object]:
        site = Site(job, self.turn(job, round, arm), 7, self.spark, self.catalog, self.folder, self.launch, self.kept, self.staging)
        return {"site": site, "settings": self.settings, "task": TaskSettings()}

    def frames(self):
        return self.plans, self.documents, self.catalog.read(EXAMPLES), self.catalog.read(CHECKPOINTS)

    def train(self, round: int = 1, arm: str = "plan") -> None:
        from resonance.train.job import train

        train(*self.frames(), self.catalog.read(SAMPLE_WEIGHTS), **self.tools("train", round, arm))

    def score(self, round: int = 1, arm: str = "plan") -> None:
        from resonance.train.job import score_model

        scoring = ScoreModelSettings(max_heldout_documents=HELDOUT)
        score_model(*self.frames(), scoring=scoring, **self.tools("score_model", round, arm))

    def appraise(self, round: int = 2) -> None:
        from resonance.train.job import appraise

        given = {"appraising": AppraiseSettings(characters=100), "scoring": ScoreModelSettings(max_heldout_documents=HELDOUT)}
        appraise(*self.frames(), **given, **self.tools("appraise", round, "plan"))

    def probe(self, arm: str, round: int = 1) -> None:
        from resonance.train.probe import probe

        scoring = ScoreModelSettings(max_heldout_documents=HELDOUT)
        probe(*self.frames(), self.catalog.read(SAMPLE_WEIGHTS), scoring=scoring, **self.tools("probe", round, arm))

    def events(self, run: str, phase: str = "train"):
        return self.catalog.read(SIGNAL_EVENT).where((F.col("run") == run) & (F.col("phase") == phase))

    def drawn(self, round: int = 1, arm: str = "plan"):
        return self.plans.where((F.col("round") == round) & (F.col("arm") == arm))

    def rows(self, run: str) -> list[tuple[object, ...]]:
        columns = ("epoch", "pos", "copy", "doc_id", "step", "loss_sum", "n_tok", "max_tok_loss", "tok_acc")
        return self.events(run).select(*columns).orderBy("epoch", "pos").collect()


@pytest.fixture
def world(spark, tmp_path, plans, documents) -> World:
    return World(spark, tmp_path, plans, documents)


@pytest.fixture(params=["folder", "bucket", pytest.param("between", marks=pytest.mark.engine("embedded"))])
def killed(request, world, monkeypatch) -> Iterator[World]:
    """A world whose checkpoints lie in its folder, or as objects of a bucket in memory; or whose ranks share a real bucket."""
    if request.param == "bucket":
        held = MemoryStore()
        for module in (objects, files):
            monkeypatch.setattr(module, "open_store", lambda bucket: held)
        world.kept = files.ObjectFiles("s3://texts/kept", "checkpoints")
    if request.param == "between":
        for name, value in request.getfixturevalue("storage").items():
            monkeypatch.setenv(name, value)
        world.staging = files.ObjectFiles(f"s3://texts/{world.folder.name}", "staging")
    yield world
    if request.param == "between":
        assert world.staging.find("", "") == [], "nothing is left of what ranks shared"


@pytest.fixture(scope="module")
def done(spark, tmp_path_factory, plans, documents) -> World:
    """Two rounds and the control arm, trained and scored."""
    whole = World(spark, tmp_path_factory.mktemp("workspace"), plans, documents)
    for round, arm in ((1, "plan"), (2, "plan"), (2, "control")):
        whole.train(round, arm)
        whole.score(round, arm)
    return whole


@pytest.mark.parametrize(("round", "arm"), [(1, "plan"), (2, "plan"), (2, "control")])
def test_each_draw_has_one_event_and_each_event_a_draw(done, round, arm):
    events, drawn = done.events(f"train-{round}-{arm}"), done.drawn(round, arm)
    assert events.count() == drawn.count() > 60
    keys = ["epoch", "pos", "copy", "doc_id", "bucket", "content_hash", "slice", "pi", "weight", "n_bytes", "round", "arm"]
    assert drawn.join(events, keys, "left_anti").count() == 0
    assert events.join(drawn, keys, "left_anti").count() == 0


def test_checkpoints_tell_what_was_trained(done):
    rows = done.catalog.read(CHECKPOINTS).orderBy("run", "step").collect()
    assert [(row["run"], row["step"], row["final"]) for row in rows] == [
        ("train-1-plan", 10, False),
        ("train-1-plan", 20, False),
        ("train-1-plan", 25, True),
        ("train-2-control", 10, True),  # as many as the plan, of fewer documents
        ("train-2-plan", 10, True),
    ]
    for row in rows:
        seen = done.events(row["run"]).where(F.col("step") <= row["step"]).agg(F.sum("n_tok")).collect()[0][0]
        assert (row["tokens"], row["round"]) == (seen, int(row["run"][6]))
        assert Path(row["uri"]).is_dir()
    assert len({row["tokenizer"] for row in rows}) == 1
    assert len({row["parameters"] for row in rows}) == 1


def test_both_arms_go_on_from_the_same_checkpoint(done):
    first = done.events("train-1-plan").where("step = 10")
    for run in ("train-2-plan", "train-2-control"):
        assert nats(done.events(run)) < nats(first) - 0.5


def nats(events) -> float:
    return events.agg(F.sum("loss_sum") / F.sum("n_tok")).collect()[0][0]


def test_scores_cover_the_drawn_documents_once(done):
    scores = done.events("score_model-1-plan", "score")
    drawn = done.drawn().select("doc_id", "content_hash", "slice", "pi").distinct()
    assert scores.count() == drawn.count() == 150
    assert scores.select("doc_id", "content_hash", "slice", "pi").exceptAll(drawn).count() == 0
    assert scores.select("step", "epoch", "copy", "round", "arm").distinct().collect() == [(25, 0, 0, 1, "plan")]
    assert scores.select("pos").distinct().count() == 150


def test_held_out_documents_are_scored_in_order_and_were_never_drawn(done):
    for run, step in (("score_model-1-plan", 25), ("score_model-2-plan", 10), ("score_model-2-control", 10)):
        events = done.events(run, "heldout")
        rows = events.select("pos", "doc_id", "pi", "step").orderBy("pos").collect()
        wanted = done.drawn(0, "heldout").orderBy("pos").limit(HELDOUT).collect()
        assert [(row["pos"], row["doc_id"]) for row in rows] == [(row["pos"], row["doc_id"]) for row in wanted]
        assert {(row["pi"], row["step"]) for row in rows} == {(None, step)}
        assert events.join(done.drawn(), "doc_id").count() == 0


def test_100_documents_scored_alone_from_the_published_files_agree(done):
    """One document at a time, unpacked, unpadded, with nothing but transformers and tokenizers."""
    import torch
    from tokenizers import Tokenizer
    from transformers import LlamaForCausalLM

    uri = Path(done.catalog.read(CHECKPOINTS).where("run = 'train-1-plan' AND final").collect()[0]["uri"])
    tokenizer = Tokenizer.from_file(str(uri / "tokenizer.json"))
    model = LlamaForCausalLM.from_pretrained(uri, attn_implementation="eager").eval()
    scored = done.events("score_model-1-plan", "score").join(done.documents.select("doc_id", "text"), "doc_id")
    rows = scored.orderBy("doc_id").limit(100).collect()
    assert len(rows) == 100
    assert max(row["n_tok"] for row in rows) > 2 * SETTINGS.window
    for row in rows:
        ids = [model.config.bos_token_id, *tokenizer.encode(row["text"]).ids, model.config.eos_token_id]
        total = 0.0
        for begin in range(0, len(ids) - 1, SETTINGS.window):
            window = torch.tensor(ids[begin : begin + SETTINGS.window + 1])
            with torch.no_grad():
                logits = model(input_ids=window[None, :-1]).logits[0]
            total += float(torch.nn.functional.cross_entropy(logits, window[1:], reduction="sum"))
        assert row["n_tok"] == len(ids) - 1
        assert row["n_bytes"] == len(row["text"].encode())
        assert row["loss_sum"] == pytest.approx(total, rel=1e-4, abs=1e-4)


def test_nothing_is_left_of_shards_and_staging(done):
    assert list((done.folder / "staging").iterdir()) == list((done.folder / "shards").iterdir()) == []


class NoLaunch:
    ranks = 1

    def start(self, module: str, spec: str, log: Path):
        raise AssertionError("ranks were started")


def test_a_rerun_starts_no_ranks_and_adds_nothing(done):
    before = done.catalog.read(SIGNAL_EVENT).count(), done.catalog.read(CHECKPOINTS).count()
    usual, done.launch = done.launch, NoLaunch()
    try:
        done.train(2, "plan")
        done.score(2, "plan")
    finally:
        done.launch = usual
    assert (done.catalog.read(SIGNAL_EVENT).count(), done.catalog.read(CHECKPOINTS).count()) == before


def test_a_training_that_failed_goes_on_from_its_last_checkpoint(done, killed, monkeypatch):
    from resonance.train import loop

    usual = loop.step

    def fails_at_17(model, optimizer, sums, settings, state):
        if state.step == 16:
            raise TrainError("the loss of document 00ff is no finite number")
        return usual(model, optimizer, sums, settings, state)

    monkeypatch.setattr(loop, "step", fails_at_17)
    with pytest.raises(TrainError, match="^train 1 plan: the loss of document 00ff is no finite number; what is committed stays"):
        killed.train()
    assert {row["step"] for row in killed.rows("train-1-plan")} == {10}
    monkeypatch.setattr(loop, "step", usual)
    killed.train()
    assert killed.rows("train-1-plan") == done.rows("train-1-plan")
    assert list((killed.folder / "shards").glob("*")) == [], "no copy is left of what lies in a bucket"


@pytest.mark.parametrize("moment", ["before the row", "before the rename"])
def test_what_was_appended_is_published_and_not_appended_again(done, killed, monkeypatch, moment):
    from resonance.train.desk import Desk

    name = {"before the row": "_record", "before the rename": "_publish"}[moment]
    usual = getattr(Desk, name)

    def dies(self, folder):
        raise KeyboardInterrupt

    monkeypatch.setattr(Desk, name, dies)
    with pytest.raises(KeyboardInterrupt):
        killed.train()
    assert killed.catalog.committed(SIGNAL_EVENT, "train-1-plan/plan/train") == 10
    assert killed.catalog.read(CHECKPOINTS).count() == 0
    monkeypatch.setattr(Desk, name, usual)
    killed.train()
    assert killed.rows("train-1-plan") == done.rows("train-1-plan")
    assert [row["step"] for row in killed.catalog.read(CHECKPOINTS).orderBy("step").collect()] == [10, 20, 25]


def test_a_checkpoint_without_events_is_trained_again(done, killed):
    killed.train()
    killed.catalog = MemoryCatalog(killed.spark)
    killed.train()
    assert killed.rows("train-1-plan") == done.rows("train-1-plan")
    assert [row["step"] for row in killed.catalog.read(CHECKPOINTS).orderBy("step").collect()] == [10, 20, 25]
    kept = [path.removeprefix("train-1-plan/") for path in killed.kept.find("train-1-plan", "/model.safetensors")]
    assert kept == [f"{step:012d}/model.safetensors" for step in (10, 20, 25)]


def test_checkpoints_outlive_a_history_that_was_cut(done, world, monkeypatch):
    world.train()
    monkeypatch.setattr(world.catalog, "committed", lambda *_: None)
    world.launch = NoLaunch()
    world.train()
    assert [row["step"] for row in world.catalog.read(CHECKPOINTS).orderBy("step").collect()] == [10, 20, 25]


def drop_a_row(table):
    return table.slice(1)


def double_a_row(table):
    import pyarrow as pa

    return pa.concat_tables([table, table.slice(0, 1)])


def take_the_id_of_another(table):
    ids = table.column("doc_id").to_pylist()
    return table.set_column(table.schema.get_field_index("doc_id"), "doc_id", [[b"\x00" * 16, *ids[1:]]])


@pytest.mark.parametrize(
    ("tamper", "message"),
    [
        (drop_a_row, "of 80 draws 1 have no event and 0 more than one; 0 events belong to no draw"),
        (double_a_row, "of 80 draws 0 have no event and 1 more than one; 0 events belong to no draw"),
        (take_the_id_of_another, "of 80 draws 1 have no event and 0 more than one; 1 events belong to no draw"),
    ],
)
def test_events_that_do_not_match_the_plan_are_not_appended(world, tamper: Callable, message):
    class Tampers(InlineLaunch):
        def start(self, module: str, spec: str, log: Path):
            ranks = super().start(module, spec, log)
            path = Path(spec).parent / "train" / f"{10:012d}" / "rank-0.parquet"
            pq.write_table(tamper(pq.read_table(path)), path)
            return ranks

    world.launch = Tampers()
    with pytest.raises(ConservationError, match=message):
        world.train()
    assert world.catalog.read(SIGNAL_EVENT).count() == world.catalog.read(CHECKPOINTS).count() == 0


def test_a_changed_or_missing_text_is_named(world):
    one = world.drawn().select("doc_id").orderBy("doc_id").limit(1)
    world.documents = world.documents.join(one, "doc_id", "left_anti")
    with pytest.raises(ConservationError, match="table documents: it holds .* texts that sample_plan draws for train"):
        world.train()


def test_a_plan_with_gaps_or_without_draws_is_refused(world):
    usual = world.plans
    world.plans = usual.where("pos != 3")
    with pytest.raises(TrainError, match="table sample_plan: 199 draws at 200 places"):
        world.train()
    world.plans = usual.where("round = 0")
    with pytest.raises(TrainError, match="train 1 plan: the plan draws nothing; raise rebalance.tokens"):
        world.train()


def test_a_later_round_needs_the_checkpoint_before(world):
    with pytest.raises(TrainError, match="no final checkpoint of round 1, arm plan; run train for it first"):
        world.train(2)
    with pytest.raises(TrainError, match="no final checkpoint of round 1, arm plan"):
        world.score()


def test_epochs_follow_each_other_and_count_once_each(world, documents):
    world.plans = a_plan(documents, 1, "plan", 24, epochs=3).unionByName(world.plans.where("round = 0").limit(0))
    world.train()
    events = world.events("train-1-plan")
    assert events.count() == world.plans.count() == 96
    assert events.select("epoch", "pos").distinct().count() == 96
    losses = [nats(events.where(F.col("epoch") == epoch)) for epoch in range(3)]
    assert losses[0] > losses[1] > losses[2]
    world.score()
    assert world.events("score_model-1-plan", "score").select("pos", "epoch").distinct().count() == 24
    assert world.events("score_model-1-plan", "heldout").count() == 0


def test_early_stop_ends_with_the_draws_that_were_seen(world):
    stuck = {"learning_rate": 1e-12, "checkpoint_steps": 1, "early_stop_patience": 1}
    world.settings = SETTINGS.model_copy(update=stuck)
    world.train()
    seen = world.events("train-1-plan").count()
    assert 16 <= seen < 200
    last = world.catalog.read(CHECKPOINTS).where("final").collect()
    assert [row["step"] for row in last] == [math.ceil(seen / 8)]


def test_a_part_of_the_events_is_kept_and_slices_sum_up_all(done, world, monkeypatch):
    from resonance.train import export

    monkeypatch.setattr(export, "SHARD_ROWS", 40)
    world.settings = SETTINGS.model_copy(update={"log_share": 0.3})
    world.train()
    world.score()
    for run, whole_run, phase in (("train-1-plan", "train-1-plan", "train"), ("score_model-1-plan", "score_model-1-plan", "score")):
        kept, whole = world.events(run, phase), done.events(whole_run, phase)
        ids = {bytes(row["doc_id"]) for row in kept.collect()}
        chosen = {bytes(row["doc_id"]) for row in whole.where(is_logged(0.3)).collect()}
        assert 0 < kept.count() < 0.5 * whole.count()
        assert ids == chosen
        assert {row["log_pi"] for row in kept.collect()} == {0.3}
        sums = world.catalog.read(SLICE_SUMS).where((F.col("run") == run) & (F.col("phase") == phase)).groupBy("slice")
        totals = {r["slice"]: tuple(r)[1:] for r in sums.agg(*map(F.sum, ("n_events", "n_tok", "n_bytes", "nats"))).collect()}
        parts = whole.groupBy("slice").agg(F.count("*"), F.sum("n_tok"), F.sum("n_bytes"), F.sum("loss_sum")).collect()
        assert totals == {r["slice"]: pytest.approx(tuple(r)[1:], rel=1e-4) for r in parts}
    assert world.events("score_model-1-plan", "heldout").count() == HELDOUT
    sums = world.catalog.read(SLICE_SUMS)
    assert sums.where("phase = 'score'").select("place").distinct().count() == 4, "each shard has its own sums"
    assert sums.select(*SLICE_SUMS.key).distinct().count() == sums.count()
    events = world.catalog.read(SIGNAL_EVENT)
    assert events.select(*SIGNAL_EVENT.key).distinct().count() == events.count()


def test_estimates_from_a_kept_part_agree_in_expectation(spark):
    """Two hundred groups of ids: what is kept of each, over its chance, against the whole group."""
    share, groups = 0.2, 200
    value = F.pmod(F.xxhash64("id", F.lit("value")), F.lit(1000)) / 1000
    ids = spark.range(groups * 500).select(
        (F.col("id") % groups).alias("group"),
        F.unhex(F.substring(F.sha2(F.col("id").cast("string"), 256), 1, 32)).alias("doc_id"),
        value.alias("y"),
    )
    estimate = F.sum(F.when(is_logged(share), F.col("y") / share).otherwise(0.0))
    spread = F.sqrt(F.sum(F.col("y") ** 2) * (1 - share) / share)
    rows = ids.groupBy("group").agg(((estimate - F.sum("y")) / spread).alias("z")).collect()
    z = np.array([row["z"] for row in rows])
    assert abs(z.mean()) < 4 / math.sqrt(groups)
    assert stats.kstest(z, "norm").pvalue > 0.01


def test_scoring_goes_on_from_the_first_shard_without_events(done, world, monkeypatch):
    from resonance.train import export, score

    monkeypatch.setattr(export, "SHARD_ROWS", 40)
    usual, places = score.forward, []

    def fails(model, task, documents):
        if documents and documents[0].place >= 120:
            raise TrainError("the power is gone")
        return usual(model, task, documents)

    world.train()
    monkeypatch.setattr(score, "forward", fails)
    with pytest.raises(TrainError, match="^score_model 1 plan: the power is gone; what is committed stays"):
        world.score()
    stood = world.catalog.committed(SIGNAL_EVENT, "score_model-1-plan/plan/score")
    assert 100 <= stood < 120, "the second of four shards of 50 places was not the last one that was done"
    assert world.events("score_model-1-plan", "score").agg(F.max("pos")).collect()[0][0] < stood

    def counts(model, task, documents):
        places.extend(document.place for document in documents)
        return usual(model, task, documents)

    monkeypatch.setattr(score, "forward", counts)
    world.score()
    scored = world.events("score_model-1-plan", "score")
    assert min(places) == 0, "held-out documents begin anew"
    assert len(places) == HELDOUT + scored.where(F.col("pos") >= stood).count()
    told = ("pos", "doc_id", "step", "epoch", "copy", "loss_sum", "n_tok")
    for phase in ("score", "heldout"):
        mine, whole = (w.events("score_model-1-plan", phase).select(*told).orderBy("pos").collect() for w in (world, done))
        assert mine == whole


class Starts(InlineLaunch):
    """Remembers what each group of ranks begins with."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[str | None] = []

    def start(self, module: str, spec: str, log: Path):
        self.places.append(Spec.model_validate_json(Path(spec).read_text()).start)
        return super().start(module, spec, log)


@pytest.fixture(scope="module")
def tuned(spark, tmp_path_factory):
    """Two kinds of text, one of them the target: what models gain on either, all of it unseen, by tuning on that."""
    from resonance.states.excess import measure_excess
    from resonance.train.job import cross_fit, tune

    prose = sorted({part for topic in topics.values() for part in topic.split("\n\n") if 150 < len(part) < 400})[:90]
    tables = [" | ".join(f"{(7 * n + k) % 97}.{k}" for k in range(40)) for n in range(90)]
    rows = [(f"p{n}", "prose", text) for n, text in enumerate(prose)] + [(f"t{n}", "table", text) for n, text in enumerate(tables)]
    documents = hold(documents_frame(spark, rows))
    world = World(spark, tmp_path_factory.mktemp("tuned"), hold(a_plan(documents, 1, "plan", 180)), documents)
    world.train()
    fitting = CrossFitSettings(folds=2)
    world.launch = starts = Starts()
    for fold in (1, 0):
        cross_fit(*world.frames(), fitting=fitting, **world.tools("cross_fit", 1, f"fold-{fold}"))
    tuning = TuneSettings(slices=("table",))
    tune(*world.frames(), fitting=fitting, tuning=tuning, **world.tools("tune", 1, "target-0"))
    assert [place and Path(place).parent.name for place in starts.places[-2:]] == ["cross_fit-1-fold-0", "tune-1-target-0"]
    scores = world.catalog.read(SIGNAL_EVENT).where("phase = 'reference'")
    as_scored = scores.withColumns({"phase": F.lit("score"), "arm": F.lit("plan")})
    events = world.catalog.read(SIGNAL_EVENT).unionByName(as_scored)
    return world, measure_excess(events, settings=fitting, turn=Turn("main", 1)).where("fold = 'fold-0'").collect()


def test_no_model_scores_what_it_was_tuned_on(tuned):
    world, rows = tuned
    seen = world.catalog.read(SIGNAL_EVENT).where("phase IN ('tune', 'target')").collect()
    tuned_on, scored = ({(row["arm"], row["doc_id"]) for row in seen if row["phase"] == phase} for phase in ("tune", "target"))
    assert not tuned_on & scored
    fitted = {row["doc_id"] for row in world.catalog.read(SIGNAL_EVENT).where("phase = 'fit' AND arm = 'fold-0'").collect()}
    assert not fitted & {doc for _, doc in scored}, "the model that was tuned had seen what it scored"
    assert {row["slice"] for row in seen if row["phase"] == "tune"} == {"table"}
    assert {doc for _, doc in scored} == {row["doc_id"] for row in rows}
    assert 60 < len(rows) < 120


def test_texts_like_the_target_gain(tuned):
    _, rows = tuned
    gains = {name: [row["target_gain"] for row in rows if row["slice"] == name] for name in ("prose", "table")}
    assert min(gains["table"]) > max(gains["prose"])
    assert min(gains["table"]) > 0


def test_a_target_that_nothing_is_drawn_of_is_named(tuned):
    from resonance.train.job import tune

    world, _ = tuned
    tuning = TuneSettings(slices=("table", "poems"))
    more = {"fitting": CrossFitSettings(), "tuning": tuning, **world.tools("tune", 1, "target-0")}
    with pytest.raises(
        TrainError, match="tune 1 target-0: nothing outside the fold is drawn of poems, named in tune.slices; resonance"
    ):
        tune(*world.frames(), **more)


def test_candidates_and_held_out_documents_are_read_twice_before_the_draw(world):
    """By the model of the round before: each beginning as it stands, and with its words in another order."""
    world.train()
    world.appraise()
    run = "appraise-2-plan"
    candidates = {row.doc_id for row in world.drawn(2, "candidates").collect()}
    heldout = {row.doc_id for row in world.drawn(0, "heldout").where(F.col("pos") < HELDOUT).collect()}
    assert len(heldout) == HELDOUT
    texts = {row.doc_id: row.text for row in world.documents.collect()}
    read = {phase: {row.doc_id: row for row in world.events(run, phase).collect()} for phase in ("appraise", "reorder")}
    for rows in read.values():
        assert set(rows) == candidates | heldout
        assert {row.step for row in rows.values()} == {25}, "the last checkpoint of round 1"
        assert all(row.pi is None and row.n_bytes == len(texts[doc][:100].encode()) for doc, row in rows.items())
    gains = [read["reorder"][doc].loss_sum - read["appraise"][doc].loss_sum for doc in candidates]
    assert np.mean(np.array(gains) > 0) > 0.6, "these are sound texts: most lose by another order"
    before = world.events(run).count(), world.catalog.read(SIGNAL_EVENT).count()
    world.appraise()
    assert (world.events(run).count(), world.catalog.read(SIGNAL_EVENT).count()) == before, "a second run adds nothing"


def test_before_round_1_there_is_no_model_to_read_candidates_with(world):
    with pytest.raises(TrainError, match=r"appraise 1 plan: before round 1 there is a model only where train.model names one"):
        world.appraise(1)


def round_row(row):
    """Values of a row; sums of losses differ in the last digits with the order in which they are added."""
    return tuple(float(f"{value:.9g}") if isinstance(value, float) else value for value in row)


def test_what_rules_cut_alone_is_scored_once_and_no_state_reads_it(done):
    from resonance.states.feedback import feedback
    from resonance.train.job import score_shadow

    cut = done.documents.join(done.plans.select("doc_id"), "doc_id", "left_anti").where("slice = 'slice/0'")
    rejects = hold(make_rejects(cut, "judge", "mine@1", rule="short", value=F.lit(1.0)))
    plans, documents, examples, checkpoints = done.frames()
    for _ in range(2):
        score_shadow(plans, documents, examples, rejects, checkpoints, **done.tools("score_shadow", 2, "plan"))
    events = done.events("score_shadow-2-plan", "shadow").collect()
    held = {bytes(row["doc_id"]) for row in plans.where("arm = 'heldout'").collect()}
    drawn = {bytes(row["doc_id"]) for row in plans.where("arm = 'plan'").collect()}
    assert {bytes(row["doc_id"]) for row in events} == {bytes(row["doc_id"]) for row in cut.collect()} | held - drawn
    assert len(events) == len({bytes(row["doc_id"]) for row in events})
    assert all(row["pi"] is None and row["loss_sum"] > 0 for row in events)

    sums, everything = done.catalog.read(SLICE_SUMS), done.catalog.read(SIGNAL_EVENT)
    states = [
        [
            rows.orderBy(*rows.columns[:3]).collect()
            for rows in feedback(
                given, sums, documents, examples, settings=FeedbackSettings(), turn=done.turn("feedback", 2, "plan")
            )
        ]
        for given in (everything, everything.where("phase <> 'shadow'"))
    ]
    for one, other in zip(*states, strict=True):
        assert list(map(round_row, one)) == list(map(round_row, other))
    nothing = plans.where("arm <> 'heldout'"), documents, examples, rejects.limit(0), checkpoints
    with pytest.raises(TrainError, match="nothing to compare"):
        score_shadow(*nothing, **done.tools("score_shadow", 1, "plan"))


@pytest.fixture(scope="module")
def probed(spark, tmp_path_factory, plans, documents) -> World:
    """Round 1 and its probe models, then round 2 and those that cannot start from nothing."""
    whole = World(spark, tmp_path_factory.mktemp("probed"), plans, documents)
    whole.train()
    whole.score()
    for arm in ("again", "wide", "part-25", "part-50"):
        whole.probe(arm)
    whole.train(2)
    for arm in ("again", "wide", "long"):
        whole.probe(arm, 2)
    return whole


def ids(events) -> set[bytes]:
    return {bytes(row["doc_id"]) for row in events.select("doc_id").collect()}


@pytest.mark.parametrize("place", ["1-again", "1-wide", "1-part-25", "1-part-50", "2-again", "2-wide", "2-long"])
def test_each_probe_model_scores_the_held_out_documents_once(probed, place):
    events = probed.events(f"probe-{place}", "probe")
    wanted = probed.drawn(0, "heldout").where(F.col("pos") < HELDOUT)
    assert events.count() == HELDOUT
    assert ids(events) == ids(wanted)
    assert [row["pi"] for row in events.select("pi").distinct().collect()] == [None]
    assert 0 < nats(events) < math.log(SETTINGS.vocabulary) + 0.5


def test_probe_models_see_the_rounds_draws_and_parts_lie_in_each_other(probed):
    draws = probed.drawn().select("epoch", "pos", "copy", "doc_id").collect()
    seen = {arm: probed.events(f"probe-1-{arm}", "probe_fit") for arm in ("again", "wide", "part-25", "part-50")}
    key = ["epoch", "pos", "copy", "doc_id"]
    assert sorted(seen["wide"].select(key).collect()) == sorted(draws)
    again = seen["again"].select(key).collect()
    assert sorted((row.copy, row.doc_id) for row in again) == sorted((row.copy, row.doc_id) for row in draws)
    assert sorted(row.pos for row in again) == list(range(len(draws)))
    assert sorted(again) != sorted(draws)
    quarter, half = ids(seen["part-25"]), ids(seen["part-50"])
    assert quarter < half < ids(seen["wide"])
    assert abs(len(quarter) - 150 / 4) < 3 * math.sqrt(150 * 3 / 16)
    assert abs(len(half) - 75) < 3 * math.sqrt(150 / 4)
    assert set(seen["part-25"].select(key).collect()) <= set(draws), "what is drawn of a part keeps its places"


def test_a_longer_model_meets_each_draw_four_times(probed):
    events = probed.events("probe-2-long", "probe_fit")
    assert events.count() == 4 * probed.drawn(2).count()
    counts = {row["count"] for row in events.groupBy("copy", "doc_id").count().collect()}
    assert counts == {4}


def test_a_wide_model_has_four_times_the_matrices_and_starts_where_the_plan_does(probed):
    rows = probed.catalog.read(CHECKPOINTS).where("final").collect()
    sizes = {row["run"]: row["parameters"] for row in rows}
    table = SETTINGS.vocabulary * SETTINGS.hidden
    assert sizes["probe-1-again"] == sizes["train-1-plan"]
    for run in ("probe-1-wide", "probe-2-wide"):
        matrices = sizes["train-1-plan"] - table - 3 * SETTINGS.hidden
        assert sizes[run] == pytest.approx(2 * table + 4 * matrices + 6 * SETTINGS.hidden, rel=0.01)
    first = {
        run: nats(probed.events(run, phase).where("pos < 8"))
        for run, phase in (("train-2-plan", "train"), ("probe-2-wide", "probe_fit"))
    }
    assert first["probe-2-wide"] == pytest.approx(first["train-2-plan"], rel=1e-3), "the first batch, before any step"


def test_a_probe_that_ran_starts_nothing_and_adds_nothing(probed):
    before = probed.catalog.read(SIGNAL_EVENT).count(), probed.catalog.read(CHECKPOINTS).count()
    usual, probed.launch = probed.launch, NoLaunch()
    try:
        probed.probe("part-25")
    finally:
        probed.launch = usual
    assert (probed.catalog.read(SIGNAL_EVENT).count(), probed.catalog.read(CHECKPOINTS).count()) == before


def test_a_killed_probe_goes_on_and_ends_with_the_same_losses(probed, world, monkeypatch):
    from resonance.train import loop

    usual = loop.step

    def dies(model, optimizer, sums, settings, state):
        if state.step == 11:
            raise TrainError("the power is gone")
        return usual(model, optimizer, sums, settings, state)

    world.train()
    monkeypatch.setattr(loop, "step", dies)
    with pytest.raises(TrainError, match="^probe 1 wide: the power is gone; what is committed stays"):
        world.probe("wide")
    assert world.catalog.committed(SIGNAL_EVENT, "probe-1-wide/wide/probe_fit") == 10
    monkeypatch.setattr(loop, "step", usual)
    world.probe("wide")
    told = ("pos", "doc_id", "step", "loss_sum", "n_tok")
    for phase in ("probe_fit", "probe"):
        mine, whole = (w.events("probe-1-wide", phase).select(*told).orderBy("pos").collect() for w in (world, probed))
        assert mine == whole


def test_a_probe_without_the_rounds_model_names_it(world):
    with pytest.raises(TrainError, match="no final checkpoint of round 1, arm plan; run train for it first"):
        world.probe("again")


def test_states_evaluations_and_trends_are_the_same_with_and_without_probe_models(probed):
    from resonance.benchmark.evaluate import evaluate
    from resonance.core.settings import EvaluateSettings, FeedbackSettings
    from resonance.states.feedback import feedback
    from resonance.states.trend import subtract_trend
    from resonance.tables import APPRAISALS

    every = probed.catalog.read(SIGNAL_EVENT)
    without = every.where("phase NOT IN ('probe', 'probe_fit')")
    assert every.count() > without.count() > 0
    sums, examples = probed.catalog.read(SLICE_SUMS), probed.catalog.read(EXAMPLES)

    def follow(events):
        turn = Turn("main", 1)
        states, slices = feedback(events, sums, probed.documents, examples, settings=FeedbackSettings(min_documents=1), turn=turn)
        rows = evaluate(events, probed.catalog.read(APPRAISALS), settings=EvaluateSettings(replicates=20), turn=turn, seed=7)
        trend = subtract_trend(events.where("arm = 'plan'"), 0.9)
        return [sorted((tuple(map(rounded, row)) for row in frame.collect()), key=repr) for frame in (states, slices, rows, trend)]

    def rounded(value):
        """Sums of numbers of other partitions differ in their last digits."""
        return float(f"{value:.9g}") if isinstance(value, float) else value

    assert follow(every) == follow(without)
