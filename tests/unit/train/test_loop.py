"""The loop as one rank sees it: boundaries, events, resume, rate, stop and errors."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from tests.unit.train.staged import boundaries, events, run

from resonance.core.errors import TrainError
from resonance.train.spec import CHECKPOINT, PROGRESS, Pace

pytestmark = pytest.mark.train


@pytest.fixture
def plan(texts, write_phase):
    return write_phase(texts[:290])


def test_each_boundary_holds_the_events_since_the_last_one(plan, make_spec, texts):
    spec = make_spec(plan)
    (end,) = run(spec)
    found = [state for _, state in boundaries(spec)]
    assert [(s.step, s.first, s.last, s.final) for s in found] == [(20, 0, 240, False), (25, 240, 290, True)]
    assert found[-1].tokens == found[-1].total == end.tokens
    rows = events(spec)
    assert [row["place"] for row in rows] == list(range(290))
    assert sum(row["n_tok"] for row in rows) == end.tokens
    assert [row["n_bytes"] for row in rows] == [len(text.encode()) for text in texts[:290]]
    assert all(0 < row["max_tok_loss"] <= row["loss_sum"] and 0 <= row["tok_acc"] <= 1 for row in rows)
    late, early = rows[-50:], rows[:50]
    assert mean(late) < mean(early) - 0.3


def mean(rows):
    return sum(row["loss_sum"] for row in rows) / sum(row["n_tok"] for row in rows)


def test_a_resumed_training_ends_as_an_undisturbed_one(plan, make_spec):
    from resonance.train.checkpoint import load

    whole = make_spec(plan)
    run(whole)
    (first, _), (last, state) = boundaries(whole)
    resumed = make_spec(plan, start=first / CHECKPOINT, resume=True)
    assert run(resumed) == [state.model_copy(update={"first": 290})]
    assert events(resumed) == events(whole)[240:]
    pairs = zip(load(last / CHECKPOINT).parameters(), load(boundaries(resumed)[0][0] / CHECKPOINT).parameters(), strict=True)
    assert all((a == b).all() for a, b in pairs)


def test_a_start_without_resume_takes_the_model_only(plan, make_spec):
    first = make_spec(plan)
    run(first)
    folder, _ = boundaries(first)[-1]
    again = make_spec(plan, start=folder / CHECKPOINT)
    (end,) = run(again)
    assert end.step == 25
    assert mean(events(again)[:50]) < mean(events(first)[:50]) - 0.3


def test_scores_stand_at_the_checkpoint(plan, make_spec, write_phase, texts):
    trained = make_spec(plan)
    run(trained)
    folder, _ = boundaries(trained)[-1]
    phases = write_phase(texts[300:330], "score"), write_phase(texts[330:340], "heldout")
    spec = make_spec(*phases, start=folder / CHECKPOINT)
    assert [(end.step, end.last, end.final) for end in run(spec)] == [(25, 30, True), (25, 10, True)]
    assert [row["place"] for row in events(spec, "score")] == list(range(30))
    once = make_spec(*phases, start=folder / CHECKPOINT, settings=spec.settings.model_copy(update={"documents_per_step": 1}))
    run(once)
    for packed, alone in zip(events(spec, "heldout"), events(once, "heldout"), strict=True):
        assert packed["loss_sum"] == pytest.approx(alone["loss_sum"], rel=1e-5)


def test_weight_zero_is_seen_but_not_learnt(make_spec, write_phase, texts):
    from resonance.train.checkpoint import load
    from resonance.train.model import build

    spec = make_spec(write_phase(texts[:12], weights=[0.0] * 12))
    spec = spec.model_copy(update={"settings": spec.settings.model_copy(update={"weight_decay": 0.0})})
    (end,) = run(spec)
    assert end.tokens == sum(row["n_tok"] for row in events(spec)) > 0
    trained = load(boundaries(spec)[0][0] / CHECKPOINT)
    fresh = build(spec.settings, spec.seed)
    assert all((a == b).all() for a, b in zip(trained.parameters(), fresh.parameters(), strict=True))


def test_rate_rises_then_falls_to_zero_at_the_budget(small):
    from resonance.train.loop import learning_rate

    rates = [learning_rate(small, share / 100) for share in range(101)]
    assert (rates[0], rates[100]) == (0.0, 0.0)
    assert rates[:6] == sorted(rates[:6])
    assert rates[5] == pytest.approx(small.learning_rate)
    assert rates[5:] == sorted(rates[5:], reverse=True)
    assert max(rates) <= small.learning_rate


def test_patience_ends_a_training_that_no_longer_learns(make_spec, write_phase, texts):
    phase = write_phase(texts[:120])
    stuck = {"learning_rate": 1e-12, "checkpoint_steps": 1, "documents_per_step": 12}
    spec = make_spec(phase)
    patient = spec.model_copy(update={"settings": spec.settings.model_copy(update={**stuck, "early_stop_patience": 2})})
    (end,) = run(patient)
    assert end.final
    assert end.last < phase.places
    losses = [state.loss for _, state in boundaries(patient)]
    assert min(losses[:-2]) < min(losses[-2:])
    endless = make_spec(phase, settings=spec.settings.model_copy(update=stuck))
    assert run(endless)[0].last == phase.places


def test_a_broken_batch_is_no_part_of_the_loss_that_patience_waits_for():
    from resonance.core.settings import TrainSettings
    from resonance.train.loop import Sums, _judge, _Since
    from resonance.train.spec import Boundary

    since = _Since()
    since.add(Sums(10.0, 10.0, 50.0))
    since.add(Sums(10.0, 10.0, 0.0, ("00ff",)))
    state = _judge(Boundary(step=2), since, TrainSettings(), ended=False)
    assert (state.loss, state.best) == (5.0, 5.0)
    none = _judge(state, _Since(), TrainSettings(early_stop_patience=1), ended=False)
    assert (none.loss, none.best, none.waited, none.final) == (5.0, 5.0, 0, False)


@pytest.fixture
def overflowing(monkeypatch):
    """The gradient of every step is infinite."""
    from resonance.train import loop

    exact = loop.reduce

    def overflow(weights, *rest):
        sums = exact(weights, *rest)
        weights.exact[0].grad[0, 0] = math.inf
        return sums

    monkeypatch.setattr(loop, "reduce", overflow)


def test_gradients_that_are_no_number_move_nothing_up_to_a_limit(plan, make_spec, overflowing):
    spec = make_spec(plan)
    at_most = [spec.settings.model_copy(update={"max_skipped_steps": most}) for most in (25, 24)]
    (end,) = run(spec.model_copy(update={"settings": at_most[0]}))
    assert (end.step, end.skipped) == (25, 25)
    assert abs(mean(events(spec)[-50:]) - mean(events(spec)[:50])) < 0.1, "the model has not moved"
    with pytest.raises(TrainError, match="gradient of step 25 is no finite number at step 25, and 24 steps were skipped before"):
        run(make_spec(plan, settings=at_most[1]))


def test_pace_is_told(plan, make_spec, monkeypatch):
    from resonance.train import pace

    monkeypatch.setattr(pace, "SECONDS", 0.0)
    spec = make_spec(plan)
    run(spec)
    told = Pace.model_validate_json((Path(spec.staging) / PROGRESS).read_text())
    assert (told.phase, told.step, told.place, told.places) == ("train", 25, 290, 290)
    assert told.tokens_per_second > 0
    assert 0 < told.loss < 10
