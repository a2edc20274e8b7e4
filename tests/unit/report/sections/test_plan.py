from __future__ import annotations

from dataclasses import replace

from pyspark.sql import Row
from tests.unit.report.loop import NAMES, change_rows, loop_facts

from resonance.core.settings import ReportSettings
from resonance.report.facts.shared import Facts
from resonance.report.language import speak
from resonance.report.sections.plan import draw_plan

SETTINGS = ReportSettings()


def make_plans(names: tuple[str, ...]) -> tuple[Row, ...]:
    """Equal shares in round 1; later every other slice has a tenth more, the others a tenth less."""
    share = 1 / len(names)
    return tuple(
        Row(
            round=round_, slice=name, weight=share + (0 if round_ == 1 else share / 10 if at % 2 else -share / 10), previous=share,
            bpb=2.5 if round_ > 1 else None, mean_bpb=2.0 if round_ > 1 else None, reason=f"why {name}",
            policy="above_mean@1", cost="reads losses",
        )
        for round_ in (1, 2, 3)
        for at, name in enumerate(names)
    )  # fmt: skip


def make_facts(names: tuple[str, ...] = NAMES) -> Facts:
    return loop_facts(names, plans=make_plans(names))


def test_what_another_room_wrote_is_said_in_the_language_of_the_report() -> None:
    facts = make_facts()
    cost = "reads slice_state.bpb; costs no model and no forward pass beyond those of every round"
    reason = "0.50 bits per byte above the mean of 2.00: asked for 1.1×, raised to 1.05× for shares to sum to one"
    with speak("zh"):
        block = draw_plan(replace(facts, plans=change_rows(facts.plans, cost=cost, reason=reason)), SETTINGS)
    assert block is not None
    assert block.text[1] == "加权方式 above_mean@1：读取 slice_state.bpb；代价：除各轮固有的以外，没有额外的模型和前向计算。"
    assert block.grids[0].rows[0][-1] == "每字节比特数比均值 2.00 高 0.50：要求 1.1×，升至 1.05×，使份额之和为一"


def test_reasons_and_history_are_shown() -> None:
    block = draw_plan(make_facts(), SETTINGS)
    assert block is not None
    assert block.title == "The plan of round 3"
    reasons, history = block.grids
    assert reasons.rows[0] == ("two", "50.0%", "55.0%", "2.500", "why two")
    assert history.columns == ("slice", "round 1", "round 2", "round 3")
    assert history.rows[0] == ("two", "50.0%", "55.0%", "55.0%")


def test_the_first_plan_has_shares_only() -> None:
    facts = make_facts()
    block = draw_plan(replace(facts, plans=tuple(row for row in facts.plans if row["round"] == 1)), SETTINGS)
    assert block is not None
    assert [chart.title for chart in block.charts] == ["Shares of round 1"]
    assert block.grids[0].rows[0] == ("one", "50.0%", "50.0%", "–", "why one")


def test_of_two_hundred_slices_the_heaviest_are_listed() -> None:
    block = draw_plan(make_facts(tuple(f"slice-{n:03}" for n in range(200))), SETTINGS)
    assert block is not None
    reasons, history = block.grids
    assert (len(reasons.shown), len(reasons.folded)) == (14, 10)
    assert "176 other slices" in reasons.note
    assert history.rows[-1][0] == "176 other slices"


def test_the_weighting_is_named_with_what_it_costs() -> None:
    facts = make_facts()
    block = draw_plan(facts, SETTINGS)
    assert block is not None
    assert block.text == (
        "Of 2 slices, 1 get more weight than in round 2 and 1 get less. The mean of slices is 2.000 bits per byte.",
        "Weighting above_mean@1 reads losses.",
    )
    older = draw_plan(replace(facts, plans=change_rows(facts.plans, cost=None)), SETTINGS)
    assert older is not None
    assert older.text[1] == "Weighting above_mean@1."


def test_the_default_says_why_it_is_the_default() -> None:
    facts = make_facts()
    block = draw_plan(replace(facts, plans=change_rows(facts.plans, policy="stratified@1", mean_bpb=None)), SETTINGS)
    assert block is not None
    assert block.text[1] == (
        "Weighting stratified@1 reads losses. Equal shares are the default: no weighting that follows losses has been shown to "
        "give a better model for the same tokens, and what is hard is often junk."
    )
