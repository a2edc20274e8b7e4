"""Scoring: a boundary for each shard, and losses that are no finite number are staged without one, up to a limit."""

from __future__ import annotations

import pytest
from tests.unit.train.staged import boundaries, events, run

from resonance.core.errors import TrainError

pytestmark = pytest.mark.train


@pytest.fixture
def breaking(monkeypatch):
    """The losses at these places are broken."""
    from resonance.train import score

    usual, places = score.forward, set()

    def forward(model, task, documents):
        tally = usual(model, task, documents)
        for at, document in enumerate(documents):
            if document.place in places:
                tally.loss[at] = float("inf")
        return tally

    monkeypatch.setattr(score, "forward", forward)
    return places


def test_each_shard_is_staged_when_it_is_done_and_a_rest_goes_on_from_there(make_spec, write_phase, texts):
    phase = write_phase(texts[:50], name="score").model_copy(update={"shard_places": 20})
    spec = make_spec(phase)
    (end,) = run(spec)
    told = [(state.first, state.last, state.final) for _, state in boundaries(spec, "score")]
    size = spec.settings.documents_per_step
    assert [last for _, last, _ in told] == sorted({min(-(-at // size) * size, 50) for at in (20, 40, 50)})
    assert [first for first, _, _ in told] == [0, *(last for _, last, _ in told[:-1])]
    assert end.last == 50
    rest = make_spec(phase.model_copy(update={"first": told[0][1]}))
    run(rest)
    assert [(s.first, s.last, s.final) for _, s in boundaries(rest, "score")] == told[1:]
    assert events(rest, "score") == events(spec, "score")[told[0][1] :]


def test_a_broken_loss_is_staged_without_one_and_counted(make_spec, write_phase, texts, breaking):
    phase = write_phase(texts[:50], name="score").model_copy(update={"shard_places": 20})
    breaking |= {3, 45}
    spec = make_spec(phase)
    (end,) = run(spec)
    assert end.skipped == 2
    rows = events(spec, "score")
    assert [row["place"] for row in rows if row["loss_sum"] is None] == [3, 45]
    assert len(rows) == 50


def test_too_many_broken_losses_end_a_scoring_by_name(make_spec, write_phase, texts, breaking):
    breaking |= {3, 4, 5}
    phase = write_phase(texts[:50], name="score")
    spec = make_spec(phase)
    two = spec.model_copy(update={"settings": spec.settings.model_copy(update={"max_skipped_steps": 2})})
    third = "score: the loss of document [0-9a-f]{32} is no finite number at step 0, nor are those of 2 others"
    with pytest.raises(TrainError, match=third):
        run(two)
    assert boundaries(two, "score") == []
