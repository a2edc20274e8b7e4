"""What packing computes is what each document gives alone."""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.train


def test_default_model_is_small():
    from resonance.core.settings import TrainSettings
    from resonance.train.model import build, parameters

    model = build(TrainSettings(), 1)
    assert parameters(model) <= 500_000
    assert model.lm_head.weight is model.model.embed_tokens.weight


def test_equal_seed_gives_equal_parameters(small):
    from resonance.train.model import build

    first, second, other = build(small, 3), build(small, 3), build(small, 4)
    assert all((a == b).all() for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert any((a != b).any() for a, b in zip(first.parameters(), other.parameters(), strict=True))


def test_500_documents_alone_unpacked_and_unpadded_give_the_same_losses(texts, tokenizer_file, small):
    import torch

    from resonance.train.events import Tally
    from resonance.train.model import build, token_losses
    from resonance.train.tasks import Batch, Seen
    from resonance.train.tokenizer import Codec
    from resonance.train.windows import pack, windows

    model = build(small, 3)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(5.0)  # an untrained model hardly looks at its context
    codec = Codec.learnt(tokenizer_file, small.vocabulary)
    documents = codec.encode(texts[:500])
    tally = Tally(Batch((), 0, [0] * 500, [0] * 500))
    with torch.no_grad():
        for part in pack(documents, codec.start, small.window).passes(small.rows_per_pass):
            tally.add(Seen(*token_losses(model, part)))
        model.set_attn_implementation("eager")
        context = []
        for owner, tokens in enumerate(documents):
            parts = list(windows(tokens, codec.start, small.window))
            losses = [_alone(model, inputs, targets) for inputs, targets in parts]
            loss = np.concatenate([loss for loss, _ in losses])
            right = np.concatenate([right for _, right in losses])
            assert float(tally.loss[owner]) == pytest.approx(loss.sum(), rel=1e-4, abs=1e-4)
            assert float(tally.peak[owner]) == pytest.approx(loss.max(), rel=1e-4, abs=1e-4)
            assert (tally.tokens[owner], tally.right[owner]) == (len(tokens), right.sum())
            shuffled = [_alone(model, inputs[::-1].copy(), targets[::-1].copy())[0].sum() for inputs, targets in parts]
            context.append(abs(sum(shuffled) - loss.sum()))
    assert np.median(context) > 1.0, "the model ignores its context, so this test would not see a wrong mask"


def _alone(model, inputs, targets):
    import torch

    logits = model(input_ids=torch.from_numpy(inputs.astype(np.int64))[None]).logits[0]
    wanted = torch.from_numpy(targets.astype(np.int64))
    losses = torch.nn.functional.cross_entropy(logits, wanted, reduction="none")
    return losses.double().numpy(), (logits.argmax(-1) == wanted).numpy()
