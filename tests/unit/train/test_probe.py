"""What the models that tell causes apart are trained on, and which of them there are."""

from __future__ import annotations

import pytest

from resonance.app import choose_steps
from resonance.factory import attribution
from resonance.runtime.conf import load

LABELS = {"kind": "classification", "labels": ["a", "b"]}


def names(steps) -> list[str]:
    return [str(step) for step in steps]


def test_a_round_has_four_probe_models_and_a_pretrained_one_is_trained_longer_instead_of_wider():
    assert [step.arm for step in attribution(load(), 2) if step.job.name == "probe"] == ["again", "wide", "part-25", "part-50"]
    assert [step.arm for step in attribution(load(train__model="m"), 2) if step.job.name == "probe"][1] == "long"


def test_labels_are_judged_by_reference_models_first():
    assert names(attribution(load(task=LABELS), 2))[:3] == ["cross_fit 2 fold-0", "cross_fit 2 fold-1", "compare 2"]
    assert "compare 2" not in names(attribution(load(), 2))


@pytest.mark.parametrize("task", [{}, LABELS])
def test_probe_models_are_steps_only_where_they_are_asked_for(task):
    config = load(rounds=2, ingest__demo=True, **({"task": task} if task else {}))
    assert "probe 2 again" not in names(choose_steps(config, ()))
    assert "probe 2 again" not in names(choose_steps(config, ("cross_fit", "compare")))
    asked = names(choose_steps(config, ("probe",)))
    assert asked[-2:] == ["attribute 2", "propose 2"]
    assert ("compare 2" in asked) == bool(task)
    both = names(choose_steps(config, ("probe", "compare")))
    assert len(set(both)) == len(both)
    assert {"compare 2", "probe 2 again"} <= set(both)
