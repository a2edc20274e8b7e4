"""Models from folders: the same losses as transformers alone gives, whatever the architecture; adapters move nothing else."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from tests.unit.train.staged import ran

from resonance.core.errors import TrainError
from resonance.core.settings import TaskSettings, TrainSettings
from resonance.train.spec import CHECKPOINT

pytestmark = pytest.mark.train
TINY = {"vocab_size": 512, "bos_token_id": 510, "eos_token_id": 511}
SMALL = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
KINDS = {
    "gpt2": ("GPT2", {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 64}),
    "llama": ("Llama", SMALL),
    "qwen2": ("Qwen2", SMALL | {"num_key_value_heads": 1}),
    "bloom": ("Bloom", {"hidden_size": 32, "n_layer": 2, "n_head": 2}),
    "bert": ("Bert", SMALL | {"pad_token_id": 509}),
}
HEADS = {"gpt2": "GPT2LMHeadModel", "bert": "BertForMaskedLM"}


@pytest.fixture
def folder(tokenizer_file, tmp_path):
    """Makes the folder of a tiny model with random parameters, of the sort that a hub would give."""

    def make(kind):
        import torch
        import transformers

        name, sizes = KINDS[kind]
        torch.manual_seed(5)
        config = getattr(transformers, f"{name}Config")(**TINY, **sizes)
        model = getattr(transformers, HEADS.get(kind, f"{name}ForCausalLM"))(config)
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.ndim > 1:
                    parameter.mul_(4.0)  # an untrained model hardly looks at its context
        place = tmp_path / kind
        model.save_pretrained(place)
        shutil.copyfile(tokenizer_file, place / "tokenizer.json")
        return place

    return make


def of(folder, small, **more):
    return TrainSettings.model_validate(small.model_dump() | {"model": str(folder), **more})


@pytest.mark.parametrize("kind", ["gpt2", "llama", "qwen2", "bloom"])
def test_losses_are_those_of_the_model_alone(folder, kind, small, make_spec, write_phase, texts):
    import torch
    import transformers

    from resonance.train.pretrained import codec, keeps_apart
    from resonance.train.windows import windows

    place = folder(kind)
    rows, _, _ = ran(make_spec(write_phase(texts[:40], "score"), settings=of(place, small)))
    model = transformers.AutoModelForCausalLM.from_pretrained(place).eval()
    held = codec(place, place / "tokenizer.json")
    for row, tokens in zip(rows, held.encode(texts[:40]), strict=True):
        alone = 0.0
        for inputs, targets in windows(tokens, held.start, small.window):
            with torch.no_grad():
                logits = model(input_ids=torch.from_numpy(inputs.astype(np.int64))[None]).logits[0].float()
            alone += float(torch.nn.functional.cross_entropy(logits, torch.from_numpy(targets.astype(np.int64)), reduction="sum"))
        assert row["loss_sum"] == pytest.approx(alone, rel=1e-4)
    if kind == "llama":
        assert keeps_apart(model)
    if kind == "bloom":
        assert not keeps_apart(model), "its positions come from the mask, so that packed windows would see others' places"


def test_adapters_move_and_nothing_else(folder, small, make_spec, write_phase, texts):
    import torch
    import transformers

    from resonance.train.checkpoint import load

    place = folder("llama")
    settings = of(place, small, lora_rank=4, learning_rate=0.01)
    spec = make_spec(write_phase(texts[:290]), settings=settings)
    rows, last, end = ran(spec)
    whole = transformers.AutoModelForCausalLM.from_pretrained(place)
    assert 0 < end.parameters < 0.5 * sum(p.numel() for p in whole.parameters())
    mean = [sum(row["loss_sum"] for row in part) / sum(row["n_tok"] for row in part) for part in (rows[:60], rows[-60:])]
    assert mean[1] < mean[0] - 0.1
    after = load(last / CHECKPOINT)
    base = {name.replace(".base_layer", "").removeprefix("base_model.model."): p for name, p in after.named_parameters()}
    for name, parameter in whole.named_parameters():
        assert torch.equal(base[name], parameter), name
    assert any(p.abs().max() > 0 for name, p in after.named_parameters() if "lora_B" in name)

    half = make_spec(
        write_phase(texts[:290]),
        settings=settings,
        start=sorted((Path(spec.staging) / "train").glob("*"))[0] / CHECKPOINT,
        resume=True,
    )
    again, _, _ = ran(half)
    assert [row["loss_sum"] for row in again] == [row["loss_sum"] for row in rows[-len(again) :]]


def test_dropout_resumes_as_it_would_have_gone_on(folder, small, make_spec, write_phase, texts):
    import torch

    from resonance.train.checkpoint import load

    phase, settings = write_phase(texts[:290]), of(folder("gpt2"), small)
    whole = make_spec(phase, settings=settings)
    assert json.loads((folder("gpt2") / "config.json").read_text())["resid_pdrop"] > 0
    torch.manual_seed(1)
    rows, last, _ = ran(whole)
    first = sorted((Path(whole.staging) / "train").glob("*"))[0]
    torch.manual_seed(2)  # another process stands elsewhere in its chance
    resumed = make_spec(phase, settings=settings, start=first / CHECKPOINT, resume=True)
    again, end, _ = ran(resumed)
    assert again == rows[-len(again) :]
    assert all(
        torch.equal(a, b) for a, b in zip(load(last / CHECKPOINT).parameters(), load(end / CHECKPOINT).parameters(), strict=True)
    )
    other, _, _ = ran(make_spec(phase, settings=settings).model_copy(update={"seed": 8}))
    assert [row["loss_sum"] for row in other[:12]] != [row["loss_sum"] for row in rows[:12]], "dropout draws by the seed"


def test_training_leaves_the_chance_of_the_process_alone(small):
    import torch

    from resonance.train.loop import fix_chance
    from resonance.train.model import build
    from resonance.train.weights import Weights

    weights = Weights.of(build(small, 7), small)
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    drawn = []
    for seed, step, rank in ((1, 2, 0), (1, 2, 0), (1, 2, 1), (1, 3, 0), (2, 2, 0)):
        with fix_chance(weights, seed, step, rank):
            drawn.append(torch.rand(4).tolist())
    assert torch.equal(torch.rand(4), expected)
    assert drawn[0] == drawn[1]
    assert len({tuple(one) for one in drawn}) == 4


@pytest.mark.parametrize("kind", ["bert", "gpt2"])
def test_a_head_for_labels_is_learnt(folder, kind, small, make_spec, texts, shard_rows, shard_schema, tmp_path):
    import pyarrow as pa

    from resonance.train.spec import Phase

    (tmp_path / "shards").mkdir()
    rows = [row | {"label": "class" if "class" in row["text"] else "other"} for row in shard_rows(texts[:500])]
    pq.write_table(pa.Table.from_pylist(rows, shard_schema), tmp_path / "shards/part-0.parquet")
    task = TaskSettings(kind="classification", labels=("class", "other"))
    spec = make_spec(Phase(name="train", shards=str(tmp_path / "shards"), places=500), settings=of(folder(kind), small), task=task)
    events, _, end = ran(spec)
    assert (end.skipped, len(events)) == (0, 500)
    assert {row["label"] for row in events} == {"class", "other"}
    assert all(0 < row["p_label"] < 1 for row in events)


def test_a_chat_template_is_the_tokenizers_own(folder, small):
    from resonance.train.pretrained import codec

    place = folder("llama")
    held = codec(place, place / "tokenizer.json")
    messages = [[{"role": "user", "content": "Hi"}]]
    with pytest.raises(TrainError, match=r"no chat template; set task\.template to plain"):
        held.prompts(messages, "tokenizer")
    template = (
        "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"
    )
    own = {"tokenizer_class": "PreTrainedTokenizerFast", "chat_template": template}
    (place / "tokenizer_config.json").write_text(json.dumps(own))
    (found,) = held.prompts(messages, "tokenizer")
    (expected,) = held.encode(["<user>Hi<assistant>"])
    assert found.tolist() == expected[:-1].tolist()


@pytest.mark.parametrize(
    ("template", "said"),
    [
        (
            "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}{{ messages }}",
            "System role not supported",
        ),
        ("{% for m in messages %}{{ m.content }}{% endfo %}", "Encountered unknown tag 'endfo'"),
        ("{{ messages[0].parts.text }}", "has no attribute 'parts'"),
        ("{{ messages[0].content + 1 }}", "can only concatenate str"),
    ],
    ids=["refuses", "syntax", "undefined", "type"],
)
def test_a_chat_template_that_fails_is_named(folder, template, said):
    from resonance.train.pretrained import codec

    place = folder("llama")
    own = {"tokenizer_class": "PreTrainedTokenizerFast", "chat_template": template}
    (place / "tokenizer_config.json").write_text(json.dumps(own))
    held = codec(place, place / "tokenizer.json")
    with pytest.raises(TrainError) as caught:
        held.prompts([[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]], "tokenizer")
    message = str(caught.value)
    assert message.startswith(f"task.template tokenizer: the chat template in {place} fails: ")
    assert said in message
    assert "set task.template to plain" in message
    assert "Be brief." not in message
    assert "\n" not in message


def test_what_a_folder_must_hold(folder, small, make_spec, write_phase, texts, tmp_path):
    phase = write_phase(texts[:12])
    with pytest.raises(TrainError, match="reads at most 64 tokens; lower train.window"):
        ran(make_spec(phase, settings=of(folder("gpt2"), small, window=128)))
    bare = folder("llama")
    (bare / "tokenizer.json").unlink()
    spec = make_spec(phase, settings=of(bare, small)).model_copy(update={"tokenizer": str(bare / "tokenizer.json")})
    with pytest.raises(TrainError, match=r"no tokenizer\.json there"):
        ran(spec)
    (tmp_path / "empty").mkdir()
    with pytest.raises(TrainError, match=r"train\.model .*empty"):
        ran(make_spec(phase, settings=of(tmp_path / "empty", small)))
    with pytest.raises(ValueError, match=r"train\.lora_rank adapts a pretrained model"):
        TrainSettings(lora_rank=4)
