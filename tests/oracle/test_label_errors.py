"""What is planted in the experiment on label errors reaches no job: what they are handed stays the same whatever the truth is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from tests.bench import label_errors

pytestmark = pytest.mark.train


def handed(monkeypatch: pytest.MonkeyPatch, true: np.ndarray, given: np.ndarray) -> list[dict[str, object]]:
    """The rows that jobs get where these labels are given and those are true."""
    rows: list[dict[str, object]] = []

    def judged(_: object, events: list[dict[str, object]]) -> tuple[np.ndarray, ...]:
        rows.extend(events)
        return np.linspace(0, 1, len(given)), np.arange(len(given)) % 2 == 0, np.zeros(len(given))

    monkeypatch.setattr(label_errors, "planted", lambda *_: given)
    monkeypatch.setattr(label_errors, "judged", judged)
    features = csr_matrix(np.random.default_rng(1).random((len(given), 12)))
    label_errors.one(None, features, true, "sym", 0.1, seed=0)  # type: ignore[arg-type]
    return rows


def test_the_truth_reaches_no_job(monkeypatch: pytest.MonkeyPatch) -> None:
    given = np.repeat(np.arange(8), 12)
    one, other = np.where(np.arange(96) % 2 == 0, given, (given + 1) % 8), np.where(np.arange(96) % 3 == 0, given, (given + 5) % 8)
    first, second = handed(monkeypatch, one, given), handed(monkeypatch, other, given)
    assert len(first) == 96 * (1 + label_errors.PASSES)
    assert first == second
    relabelled = handed(monkeypatch, one, np.where(np.arange(96) % 4 == 0, given, (given + 3) % 8))
    assert relabelled != first, "given labels do reach them"
