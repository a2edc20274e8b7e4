"""What each task asks of the model: which tokens count, what found no room, and what labels cost, against torch and NumPy alone."""

from __future__ import annotations

import json
import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.unit.train.staged import ran

from resonance.core.settings import TaskSettings
from resonance.train.shards import Document
from resonance.train.spec import CHECKPOINT, Phase

pytestmark = pytest.mark.train
LABELS = TaskSettings(kind="classification", labels=("class", "string", "other"))
ANSWERS = TaskSettings(kind="instruction")


def document(text, prompt=None, label=None, place=0):
    said = json.dumps([{"role": "user", "content": prompt}]) if prompt is not None else None
    return Document(place, 0, place, 0, place.to_bytes(16, "big"), 1.0, said, text, label)


@pytest.fixture
def codec(tokenizer_file, small):
    from resonance.train.tokenizer import Codec

    return Codec.learnt(tokenizer_file, small.vocabulary)


def test_only_the_answer_is_said_and_it_is_said_as_if_it_stood_alone(codec, small):
    import torch

    from resonance.train.model import build
    from resonance.train.tasks import Answers

    task, model = Answers(codec, small, ANSWERS), build(small, 3)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(5.0)
    documents = [document(f"It is {n * n}.", f"What is {n} times {n}?", place=n) for n in range(9)]
    batch = task.batch(documents)
    answers = codec.encode([one.text for one in documents])
    assert batch.targets == sum(map(len, answers))
    assert batch.n_bytes == [len(one.text) for one in documents]
    assert batch.n_cut == [0] * 9
    found = np.zeros(9)
    with torch.no_grad():
        for part in batch.parts:
            seen = task.seen(model, part)
            np.add.at(found, seen.owners.numpy(), seen.losses.double().numpy())
        for n, answer in enumerate(answers):
            prompt = codec.prompts([[{"role": "user", "content": f"What is {n} times {n}?"}]], "plain")[0]
            tokens = torch.tensor([[codec.start, *prompt, *answer[:-1]]])
            logits = model(input_ids=tokens).logits[0, len(prompt) :]
            alone = torch.nn.functional.cross_entropy(logits, torch.tensor(answer.astype(np.int64)), reduction="sum")
            assert found[n] == pytest.approx(float(alone), rel=1e-4)


@pytest.mark.parametrize(
    ("prompt", "answer", "read", "said"), [(20, 10, 20, 10), (100, 10, 54, 10), (10, 100, 0, 64), (3, 64, 0, 64)]
)
def test_what_finds_no_room_is_cut_off_and_counted(codec, small, monkeypatch, prompt, answer, read, said):
    from resonance.train.tasks import Answers

    monkeypatch.setattr(codec, "prompts", lambda given, template: [np.arange(1, prompt + 1, dtype=np.int32)])
    monkeypatch.setattr(codec, "encode", lambda texts: [np.arange(201, 201 + answer, dtype=np.int32)])
    batch = Answers(codec, small, ANSWERS).batch([document("x", "y")])
    (rows,) = batch.parts
    targets, inputs = rows.targets[rows.targets >= 0], rows.inputs[rows.segments >= 0]
    assert targets.tolist() == list(range(201, 201 + said))
    assert inputs.tolist() == [codec.start, *range(prompt - read + 1, prompt + 1), *range(201, 200 + said)]
    assert (batch.n_cut, batch.targets) == ([prompt + answer - read - said], said)


def label_of(text):
    return "class" if "class" in text else "string" if "string" in text else "other"


@pytest.fixture
def labelled(texts, tmp_path, make_spec, shard_rows, shard_schema):
    """Specs over texts whose label is a word that stands in them."""

    def make(name, part, **more):
        folder = tmp_path / f"labelled-{name}-{len(list(tmp_path.glob('labelled-*')))}"
        folder.mkdir()
        rows = [row | {"label": label_of(row["text"])} for row in shard_rows(part)]
        pq.write_table(pa.Table.from_pylist(rows, shard_schema), folder / "part-0.parquet")
        return make_spec(Phase(name=name, shards=str(folder), places=len(rows)), task=LABELS, **more)

    return make


def test_labels_are_learnt_and_each_figure_is_that_of_numpy(labelled, texts):
    rows, folder, end = ran(labelled("train", texts[:600]))
    assert end.tokens == end.total == 600
    assert {row["n_tok"] for row in rows} == {row["n_bytes"] for row in rows} == {1}
    assert mean(rows[-150:], "loss_sum") < 0.8 * mean(rows[:150], "loss_sum")
    scored, _, _ = ran(labelled("reference", texts[600:700], start=folder / CHECKPOINT))
    for row in scored:
        p = dict(row["probabilities"])
        own, others = p[row["label"]], [v for name, v in p.items() if name != row["label"]]
        hot = np.array([name == row["label"] for name in p], float)
        assert list(p) == list(LABELS.labels)
        assert sum(p.values()) == pytest.approx(1)
        assert row["label"] == label_of(texts[600 + row["place"]])
        assert row["p_label"] == own
        assert row["loss_sum"] == pytest.approx(-math.log(own), rel=1e-4, abs=1e-6)
        assert row["prediction"] == max(p, key=p.get)
        assert row["tok_acc"] == (row["prediction"] == row["label"])
        assert row["margin"] == pytest.approx(math.log(own / max(others)), abs=1e-6)
        assert row["entropy"] == pytest.approx(-sum(v * math.log(v) for v in p.values()), abs=1e-6)
        assert row["el2n"] == pytest.approx(np.linalg.norm(np.array(list(p.values())) - hot), abs=1e-6)
    known, _, _ = ran(labelled("score", texts[600:620], start=folder / CHECKPOINT))
    assert {row["probabilities"] for row in known} == {None}, "probabilities belong to models that never saw the sample"
    assert [row["p_label"] for row in known] == pytest.approx([row["p_label"] for row in scored[:20]], abs=1e-5)


def test_words_name_labels_as_the_model_alone_would(codec, small, texts):
    import torch

    from resonance.train.model import build
    from resonance.train.tasks import CUE, Labels

    task, model = Labels(codec, small, LABELS.model_copy(update={"words": True})), build(small, 3)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(5.0)
        batch = task.batch([document(text, label=label_of(text), place=n) for n, text in enumerate(texts[:20])])
        logits = torch.cat([task.seen(model, part).logits for part in batch.parts])
        words = [int(codec.encode([f" {label}"])[0][0]) for label in LABELS.labels]
        cue = codec.encode([CUE])[0][:-1]
        for text, found in zip(texts[:20], logits, strict=True):
            tokens = np.concatenate((codec.encode([text])[0][:-1][: small.window - len(cue)], cue)).astype(np.int64)
            alone = model(input_ids=torch.from_numpy(tokens)[None]).logits[0, -1, words]
            assert found.tolist() == pytest.approx(alone.tolist(), abs=1e-3)


def test_words_are_learnt(labelled, texts):
    task = LABELS.model_copy(update={"words": True})
    rows, _, end = ran(labelled("train", texts[:600]).model_copy(update={"task": task}))
    assert end.tokens == 600
    assert mean(rows[-150:], "loss_sum") < 0.8 * mean(rows[:150], "loss_sum")
    assert {row["label"] for row in rows} == set(LABELS.labels)


def test_words_that_begin_alike_are_refused(codec, small):
    from resonance.core.errors import TrainError
    from resonance.train.tasks import Labels

    twins = TaskSettings(kind="classification", labels=("strings", "stringy", "z"), words=True)
    with pytest.raises(TrainError, match="begin with the same token; rename one, or use a head"):
        _ = Labels(codec, small, twins)._words


def test_padding_says_nothing(labelled, texts):
    spec = labelled("train", texts[:60])
    together, _, _ = ran(spec)
    alone, _, _ = ran(labelled("train", texts[:60], settings=spec.settings.model_copy(update={"rows_per_pass": 1})))
    assert [row["loss_sum"] for row in together[:12]] == pytest.approx([row["loss_sum"] for row in alone[:12]], rel=1e-4)


def test_texts_longer_than_the_window_are_cut_and_counted(codec, small, texts):
    from resonance.train.tasks import Labels

    held = [document(text, label=label_of(text)) for text in texts[:50]]
    batch = Labels(codec, small, LABELS).batch(held)
    lengths = [len(tokens) for tokens in codec.encode([one.text for one in held])]
    assert batch.n_cut == [max(length - small.window, 0) for length in lengths]
    assert max(batch.n_cut) > 0
    rows = [row for _, part, _ in batch.parts for row in part]
    assert [len(row) for row in rows] == [min(length, small.window) for length in lengths]
    assert {int(row[-1]) for row in rows} == {codec.end}


def mean(rows, name):
    return sum(row[name] for row in rows) / len(rows)
