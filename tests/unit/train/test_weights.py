"""bf16 on the way through a model, fp32 where parameters are kept, summed up and saved."""

from __future__ import annotations

import pytest
from tests.unit.train.staged import boundaries, events, run

pytestmark = pytest.mark.train


@pytest.fixture
def plan(write_phase, texts):
    return write_phase(texts[:200])


@pytest.fixture
def coarse(make_spec, plan):
    """A spec that computes in bf16, and the same one in fp32."""
    fine = make_spec(plan).settings.model_copy(update={"checkpoint_steps": 8})
    return make_spec(plan, settings=fine.model_copy(update={"precision": "bfloat16"})), make_spec(plan, settings=fine)


def mean(rows) -> float:
    return sum(row["loss_sum"] for row in rows) / sum(row["n_tok"] for row in rows)


def test_passes_are_summed_up_exactly():
    import torch

    from resonance.core.settings import TrainSettings
    from resonance.train.weights import Weights

    model = torch.nn.Linear(1, 1, bias=False)
    weights = Weights.of(model, TrainSettings(precision="bfloat16"))
    for _ in range(2000):
        model(torch.ones(1, 1).bfloat16()).sum().backward()
        weights.gather()
    (gradient,) = weights.gradient()
    assert (gradient.dtype, gradient.item()) == (torch.float32, 2000.0), "in bf16 the sum stays at 256"


def test_what_is_frozen_is_saved_as_it_was():
    import torch

    from resonance.core.settings import TrainSettings
    from resonance.train.weights import Weights

    model = torch.nn.Sequential(torch.nn.Linear(7, 7), torch.nn.Linear(7, 1))
    model[0].requires_grad_(False)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    weights = Weights.of(model, TrainSettings(precision="bfloat16"))
    assert {tensor.dtype for tensor in model.state_dict().values()} == {torch.bfloat16}
    with weights.within():
        assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert {tensor.dtype for tensor in model.state_dict().values()} == {torch.bfloat16}


def test_small_steps_are_not_lost_in_coarse_numbers():
    import torch

    from resonance.core.settings import TrainSettings
    from resonance.train.weights import Weights

    model = torch.nn.Linear(1, 1, bias=False)
    model.weight.data.fill_(1.0)
    weights = Weights.of(model, TrainSettings(precision="bfloat16"))
    for _ in range(1000):
        weights.exact[0] += 1e-4
        weights.moved()
    assert model.weight.dtype == torch.bfloat16
    assert model.weight.item() == torch.tensor(1.1).bfloat16().item()
    alone = torch.ones(1).bfloat16()
    for _ in range(1000):
        alone += 1e-4
    assert alone.item() == 1.0, "bf16 alone would not have moved"


def test_it_learns_as_fp32_does_and_the_wire_is_fp32(coarse, monkeypatch):
    import torch

    from resonance.train import loop
    from resonance.train.collective import LocalCollective

    wire, used = set(), set()
    usual, step = LocalCollective.allreduce, loop.step

    def allreduce(self, tensor):
        wire.add((tensor.dtype, tensor.numel() > 1))
        return usual(self, tensor)

    def stepped(weights, *rest):
        used.update(p.dtype for p in weights.used)
        return step(weights, *rest)

    monkeypatch.setattr(LocalCollective, "allreduce", allreduce)
    monkeypatch.setattr(loop, "step", stepped)
    spec, exact = coarse
    run(spec)
    assert used == {torch.bfloat16}
    assert wire == {(torch.float32, True), (torch.float64, False)}, "gradients, and the count of targets"
    run(exact)
    mine, theirs = events(spec), events(exact)
    assert [row["doc_id"] for row in mine] == [row["doc_id"] for row in theirs]
    assert mean(mine[-50:]) == pytest.approx(mean(theirs[-50:]), abs=0.05)
    assert mean(mine[-50:]) < mean(mine[:50]) - 0.3
    assert [row["loss_sum"] for row in mine] != [row["loss_sum"] for row in theirs]


def test_checkpoints_hold_fp32_and_a_resumed_training_is_the_undisturbed_one(coarse, make_spec):
    import torch
    from safetensors.torch import load_file

    whole, _ = coarse
    run(whole)
    folder, first = boundaries(whole)[0]
    saved = load_file(folder / "checkpoint" / "model.safetensors")
    assert {tensor.dtype for tensor in saved.values()} == {torch.float32}
    assert any((tensor != tensor.bfloat16()).any() for tensor in saved.values())
    again = make_spec(*whole.phases, settings=whole.settings, start=folder / "checkpoint", resume=True)
    run(again)
    after = [row for row in events(whole) if row["place"] >= first.last]
    assert events(again) == after
    last, again_last = boundaries(whole)[-1][0], boundaries(again)[-1][0]
    ends = [load_file(place / "checkpoint" / "model.safetensors") for place in (last, again_last)]
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])


def test_scores_are_those_of_fp32(coarse, make_spec, write_phase, texts):
    _, exact = coarse
    run(exact)
    start = boundaries(exact)[-1][0] / "checkpoint"
    heldout = write_phase(texts[200:260], name="heldout")
    specs = [
        make_spec(heldout, settings=exact.settings.model_copy(update={"precision": precision}), start=start)
        for precision in ("float32", "bfloat16")
    ]
    for spec in specs:
        run(spec)
    fine, rough = (events(spec, "heldout") for spec in specs)
    assert rough == fine, "differences of two models' losses need exact ones"


def test_on_a_gpu_it_trains_in_bf16_there(make_spec, plan):
    import torch

    if not torch.cuda.is_available():
        pytest.skip("no GPU on this machine")
    spec = make_spec(plan)
    run(spec)
    assert torch.cuda.max_memory_allocated() > 0
    assert mean(events(spec)[-50:]) < mean(events(spec)[:50]) - 0.3
