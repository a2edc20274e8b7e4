"""What extra models cost is told before they are paid for, in shares of what the round's own model took."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from resonance.core.settings import TrainSettings
from resonance.factory import attribution
from resonance.runtime.conf import load
from resonance.runtime.run.costs import (
    Cost,
    Measured,
    estimate_cost,
    estimate_trainings,
    find_growth,
    measure_round,
    read_seconds,
    show_costs,
)
from resonance.runtime.run.schedule import Forecast

MEASURED = Measured(tokens=1000, parameters=900, drawn=80, heldout=20, training=100.0, scoring=50.0)


def costs(**settings: Any) -> dict[str, Cost]:
    config = load(**settings)
    return {step.arm: estimate_cost(step, MEASURED, config) for step in attribution(config, 1) if step.job.starts_ranks}


def test_each_model_takes_its_share_of_the_tokens_and_scores_what_is_held_out():
    found = costs()
    assert {arm: (cost.tokens, cost.passes) for arm, cost in found.items()} == {
        "again": (1000, 20),
        "wide": (1000, 20),
        "part-25": (250, 20),
        "part-50": (500, 20),
    }
    assert found["again"].seconds == pytest.approx(100 + 50 * 20 / 100)
    assert found["part-25"].seconds == pytest.approx(25 + 10)
    assert costs(train__model="somewhere")["long"].tokens == 4000


def test_a_reference_model_trains_on_all_folds_but_one_and_scores_that():
    found = costs(task={"kind": "classification", "labels": ["a", "b"]}, cross_fit__folds=4)
    assert (found["fold-3"].tokens, found["fold-3"].passes) == (750, 20)


def test_a_wide_model_has_the_parameters_that_it_is_said_to_have():
    pytest.importorskip("torch")
    from resonance.train.model import build, parameters

    narrow, wide = TrainSettings(hidden=48, heads=4), TrainSettings(hidden=96, heads=8)
    there = parameters(build(wide, 1)) / parameters(build(narrow, 1))
    assert find_growth(parameters(build(narrow, 1)), narrow) == pytest.approx(there, rel=0.01)


def test_a_training_takes_its_start_and_three_passes_over_its_texts():
    """80 drawn and 20 held-out documents; a pass over one takes .2 s, ranks 3 s to start: 3 + .2 * 240 = 51, 3 + .2 * 100 = 23."""
    measured = Measured(tokens=1000, parameters=900, drawn=80, heldout=20, training=51.0, scoring=23.0)
    expected = 4 * 2 * 3 + 0.2 * (3 * 160 + 4 * 10)
    assert estimate_trainings(measured, 4, 2000, 10) == pytest.approx(expected)
    assert estimate_trainings(Measured(1000, 900, 80, 20), 4, 2000, 10) is None
    odd = estimate_trainings(Measured(1000, 900, 50, 100, training=30.0, scoring=30.0), 1, 1000, 100)
    assert odd == pytest.approx(0.2 * (150 + 100)), "where texts that were scored are as many, all of it is passes"


def test_seconds_are_those_of_the_last_run_of_a_step():
    rows = [
        {
            "job": "probe",
            "round": 1,
            "arm": "again",
            "run": str(n),
            "seconds": float(n),
            "finished_at": datetime(2026, 1, n, tzinfo=UTC),
        }
        for n in (3, 1, 2)
    ]
    assert read_seconds(rows) == {("probe", 1, "again"): 3.0}


class Rows:
    """A catalog of rows."""

    def __init__(self, **rows: list[dict[str, Any]]) -> None:
        self.held = rows

    def rows(self, table: Any, columns: tuple[str, ...] = ()) -> list[dict[str, Any]]:
        return self.held.get(table.name, [])


def test_a_round_that_was_not_trained_has_no_cost():
    assert measure_round(Rows(), load(), 1) is None
    assert show_costs([], load(), Rows(), 1) == ()


def test_the_sum_says_what_runs_and_what_is_not_known(spark):
    from resonance.testing import MemoryCatalog

    catalog = MemoryCatalog(spark)
    step = attribution(load(), 1)[0]

    class Trained(Rows):
        read = catalog.read

    last = {
        "round": 1,
        "arm": "plan",
        "final": True,
        "tokens": 1000,
        "parameters": 900,
        "published_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    rows = Trained(checkpoints=[last])
    forecasts = [Forecast(step, "run", "has not run yet", due=True)]
    table, said = show_costs(forecasts, load(), rows, 1)
    assert said == "1 of 1 steps would run: they train on 1,000 tokens and score 0 documents, for how long was never measured here"
    assert [column.header for column in table.columns][3] == "trains on tokens"
    _, said = show_costs([Forecast(step, "run", "up to date: …")], load(), rows, 1)
    assert said == "none of 1 steps would run: what they found stands"
