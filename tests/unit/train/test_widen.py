"""A model that is made twice as wide says what it said, and its halves learn apart."""

from __future__ import annotations

import pytest
import torch

from resonance.core.settings import TrainSettings
from resonance.train.model import build, parameters
from resonance.train.widen import widen_model

pytestmark = pytest.mark.train
SETTINGS = TrainSettings(vocabulary=300, window=16, hidden=24, layers=2, heads=4)
TEXTS = torch.arange(64).reshape(4, 16) * 7 % 298


def trained(labels: tuple[str, ...]):
    """A model that is not as it was built: each norm has values of its own."""
    model = build(SETTINGS, 3, labels)
    draw = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=draw) * 0.1)
    return model


@pytest.mark.parametrize("labels", [(), ("good", "bad", "odd")])
def test_a_wide_model_says_what_the_narrow_one_said(labels):
    narrow = trained(labels)
    wide = widen_model(narrow, 5)
    assert wide.config.hidden_size == 2 * SETTINGS.hidden
    assert wide.config.num_attention_heads == 2 * SETTINGS.heads
    assert wide.config.head_dim == narrow.config.head_dim
    assert parameters(wide) > 2 * parameters(narrow)
    with torch.no_grad():
        before, after = narrow(input_ids=TEXTS).logits, wide(input_ids=TEXTS).logits
    assert before.std() > 0.1
    torch.testing.assert_close(after, before, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("labels", [(), ("good", "bad", "odd")])
def test_copies_of_a_state_get_gradients_of_their_own(labels):
    """From the second step on: what writes the last state gets the same for both copies until those of the embedding differ."""
    wide = widen_model(trained(labels), 5)
    wide(input_ids=TEXTS).logits.square().sum().backward()
    with torch.no_grad():
        for parameter in wide.parameters():
            parameter -= parameter.grad * (0.1 * parameter.norm() / parameter.grad.norm())
    wide.zero_grad()
    wide(input_ids=TEXTS).logits.square().sum().backward()
    for name, parameter in wide.named_parameters():
        if parameter.ndim < 2 or name == "score.weight":
            continue
        one, other = parameter.grad.chunk(2, 0 if "proj" in name else 1)
        assert (one - other).norm() > 1e-3 * one.norm() > 0, name


def test_equal_seeds_give_equal_models_and_others_do_not():
    narrow = trained(())
    one, same, other = (widen_model(narrow, seed).state_dict() for seed in (5, 5, 6))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert any(not torch.equal(one[name], other[name]) for name in one)
